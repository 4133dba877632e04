/**
 * When each credential was last used, written to the register once a minute in a few rows, so that 10,000 devices which come back at once
 * do not cost 10,000 commits. What was not written when a process is killed is lost; it is a hint for people, and decides nothing.
 */
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { CredentialRegister } from './credentials.ts'

const rowsCount = 64
/** Of one row; the oldest go. */
const usesPerRowMax = 4_096
export const usesWrittenEveryMs = 60_000

const UseRow = compileValidator(Type.Object({ uses: Type.Record(Type.String(), Type.Integer({ minimum: 0 })) }))

export interface CredentialUses {
  used(username: string, credential: string, atMs: number): void
  /** Writes what is not written yet. */
  flush(): Promise<void>
  close(): Promise<void>
}

export function createCredentialUses(register: CredentialRegister, onTrouble: (error: unknown) => void): CredentialUses {
  const pending = new Map<string, Map<string, number>>()
  let flushing: Promise<void> | undefined

  async function flushAll(): Promise<void> {
    for (const [row, uses] of pending) {
      pending.delete(row)
      try {
        await writeRow(register, row, uses)
      } catch (error) {
        onTrouble(error)
        // Another process wrote the row; what came since counts for more.
        pending.set(row, new Map([...uses, ...(pending.get(row) ?? [])]))
        return
      }
    }
  }
  const flush = () => (flushing ??= flushAll().finally(() => (flushing = undefined)))
  const timer = setInterval(() => void flush(), usesWrittenEveryMs)
  timer.unref()
  return {
    used(username, credential, atMs) {
      const row = rowOf(username)
      pending.set(row, (pending.get(row) ?? new Map<string, number>()).set(useKey(username, credential), atMs))
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    }
  }
}

/** By credential id, to the minute. */
export async function readUses(register: CredentialRegister, username: string): Promise<ReadonlyMap<string, number>> {
  const uses = await readRow(register, rowOf(username))
  const prefix = useKey(username, '')
  return new Map(
    Object.entries(uses.uses).flatMap(([key, atMs]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), atMs] as const] : []))
  )
}

async function readRow(register: CredentialRegister, row: string) {
  const kept = await register.get('credentials', row)
  const read = kept === undefined ? undefined : UseRow.check(kept.document)
  return { version: kept?.version ?? 0, uses: read?.ok === true ? read.value.uses : {} }
}

async function writeRow(register: CredentialRegister, row: string, pending: ReadonlyMap<string, number>): Promise<void> {
  const { version, uses } = await readRow(register, row)
  const newest = Object.entries({ ...uses, ...Object.fromEntries(pending) })
    .toSorted(([, left], [, right]) => left - right)
    .slice(-usesPerRowMax)
  await register.put('credentials', row, { uses: Object.fromEntries(newest) }, version)
}

/** No user name has a colon, so these rows are nobody's. */
function rowOf(username: string): string {
  return `used:${(createHash('sha256').update(username).digest()[0] ?? 0) % rowsCount}`
}

function useKey(username: string, credential: string): string {
  return `${username}#${credential}`
}
