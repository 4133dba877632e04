/** The case store in memory: for tests and tools. It keeps nothing beyond the process. */
import type { CaseHead, CaseKind, CaseStore, JournalStep, RegisterRow } from './case-store.ts'
import { conflict, decodeCursor, documentText, encodeCursor, pageLimit, parseDocument } from './case-limits.ts'
import { storeError } from './errors.ts'
import { chainStep, firstHashOf } from './journal.ts'

interface StoredCase {
  readonly steps: JournalStep[]
  head: Omit<CaseHead, 'state'> & { readonly state: string }
}

export function createMemoryCaseStore(): CaseStore {
  const registers = new Map<string, Map<string, { version: number; text: string }>>()
  const cases = new Map<CaseKind, Map<string, StoredCase>>()
  const numbers = new Map<string, number>()
  let closed = false
  const open = (action: string): void => {
    if (closed) throw storeError('STORE_CLOSED', { action })
  }
  const rowOf = (id: string, stored: { version: number; text: string }): RegisterRow => ({
    id,
    version: stored.version,
    document: parseDocument(stored.text)
  })
  const all = (kind: CaseKind): Map<string, StoredCase> => cases.get(kind) ?? new Map()

  return {
    async put(register, id, document, expectedVersion) {
      open('put')
      const rows = registers.get(register) ?? new Map()
      const version: number = rows.get(id)?.version ?? 0
      if (expectedVersion !== undefined && expectedVersion !== version) throw conflict(`${register}/${id}`, version, expectedVersion)
      const stored = { version: version + 1, text: documentText(document, `${register}/${id}`) }
      registers.set(register, rows.set(id, stored))
      return rowOf(id, stored)
    },
    async get(register, id) {
      open('get')
      const stored = registers.get(register)?.get(id)
      return stored === undefined ? undefined : rowOf(id, stored)
    },
    async list(register) {
      open('list')
      const rows = [...(registers.get(register) ?? [])].map(([id, stored]) => rowOf(id, stored))
      return rows.sort((left, right) => compareText(left.id, right.id))
    },
    async remove(register, id) {
      open('remove')
      return registers.get(register)?.delete(id) ?? false
    },
    async append({ kind, id, expectedLength, step, head }) {
      open('append')
      const known = all(kind).get(id)
      const length = known?.steps.length ?? 0
      if (length !== expectedLength) throw conflict(`${kind}/${id}`, length, expectedLength)
      documentText(step.data, `step of ${kind}/${id}`)
      const chained = chainStep(step, { index: length, previousHash: known?.steps.at(-1)?.hash ?? firstHashOf({ kind, id }) })
      const newHead = {
        kind,
        id,
        length: length + 1,
        updatedAtMs: step.atMs,
        open: head.open,
        ...(head.point === undefined ? {} : { point: head.point }),
        state: documentText(head.state, `head of ${kind}/${id}`)
      }
      cases.set(kind, all(kind).set(id, { steps: [...(known?.steps ?? []), chained], head: newHead }))
      return parsedHead(newHead)
    },
    async journal(kind, id) {
      open('journal')
      return structuredClone(all(kind).get(id)?.steps ?? [])
    },
    async head(kind, id) {
      open('head')
      const stored = all(kind).get(id)
      return stored === undefined ? undefined : parsedHead(stored.head)
    },
    async heads(query) {
      open('heads')
      const limit = pageLimit(query.limit)
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
      const found = [...all(query.kind).values()]
        .map((stored) => stored.head)
        .filter((head) => query.open === undefined || head.open === query.open)
        .filter((head) => query.point === undefined || head.point === query.point)
        .sort(newestFirst)
        .filter((head) => after === undefined || newestFirst(after, head) < 0)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return { heads: page.map(parsedHead), ...(found.length > limit && last !== undefined ? { next: encodeCursor(last) } : {}) }
    },
    async count(kind, isOpen) {
      open('count')
      return [...all(kind).values()].filter((stored) => isOpen === undefined || stored.head.open === isOpen).length
    },
    async nextNumber(series) {
      open('nextNumber')
      const next = (numbers.get(series) ?? 0) + 1
      numbers.set(series, next)
      return next
    },
    async close() {
      closed = true
    }
  }
}

function parsedHead(head: StoredCase['head']): CaseHead {
  return { ...head, state: parseDocument(head.state) }
}

function newestFirst(
  left: { readonly updatedAtMs: number; readonly id: string },
  right: { readonly updatedAtMs: number; readonly id: string }
): number {
  return right.updatedAtMs - left.updatedAtMs || compareText(left.id, right.id)
}

function compareText(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
