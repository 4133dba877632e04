/** How far a migration has come, in a small file beside it, so that an interrupted one goes on where it was. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { storeError } from '../errors.ts'

const State = Type.Object({
  version: Type.Literal(1),
  /** Names this migration to the target, which drops an events batch that it has taken already. */
  log: Type.String(),
  from: Type.String(),
  to: Type.String(),
  /** The series under way, and up to when it is copied. */
  series: Type.Optional(Type.Object({ name: Type.String(), upToMs: Type.Number() })),
  events: Type.Object({ batches: Type.Integer({ minimum: 0 }), cursor: Type.Optional(Type.String()), done: Type.Boolean() })
})
export type MigrationState = Static<typeof State>
const validator = compileValidator(State)

/** Undefined when there is no such file. Throws `STORE_MIGRATION` for one of another migration or one that cannot be read. */
export function readMigrationState(path: string, between: { readonly from: string; readonly to: string }): MigrationState | undefined {
  const text = textOf(path)
  if (text === undefined) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = undefined
  }
  const checked = validator.check(parsed)
  if (!checked.ok) throw storeError('STORE_MIGRATION', { detail: `${path} holds no state of a migration (${checked.reason.message})` })
  const { from, to } = checked.value
  if (from !== between.from || to !== between.to)
    throw storeError('STORE_MIGRATION', { detail: `${path} is the state of a migration from ${from} to ${to}, expected another file` })
  return checked.value
}

/** The old file or the new one is there, whatever happens in between. */
export function writeMigrationState(path: string, state: MigrationState): void {
  const file = openSync(`${path}.new`, 'w', 0o600)
  try {
    writeSync(file, `${JSON.stringify(state)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.new`, path)
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
