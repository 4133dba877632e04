/** The tables of the embedded case store and the synchronous statements on them. Transactions are the caller's matter. */
import type { DatabaseSync } from 'node:sqlite'
import type { CaseHead, CaseKind, JournalStep, RegisterRow } from '../case-store.ts'
import { conflict, documentText, parseDocument, type HeadPosition } from '../case-limits.ts'
import { chainStep, firstHashOf } from '../journal.ts'
import type { CaseStore } from '../case-store.ts'
import { numberOf, textOf, type Row } from './sqlite.ts'

export const caseMigrations = [
  `CREATE TABLE register (name TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (name, id)) STRICT;
   CREATE TABLE head (kind TEXT NOT NULL, id TEXT NOT NULL, length INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, open INTEGER NOT NULL,
     point TEXT, last_hash TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT;
   CREATE INDEX head_newest ON head (kind, updated_at_ms DESC, id);
   CREATE INDEX head_open ON head (kind, open, updated_at_ms DESC, id);
   CREATE TABLE step (kind TEXT NOT NULL, id TEXT NOT NULL, step INTEGER NOT NULL, at_ms INTEGER NOT NULL, by_whom TEXT NOT NULL,
     action TEXT NOT NULL, why TEXT NOT NULL, data TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL,
     PRIMARY KEY (kind, id, step)) STRICT;
   CREATE TABLE number (series TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT;`
]

export function prepareCaseTables(database: DatabaseSync) {
  return { ...prepareRegisters(database), ...prepareCases(database) }
}

function prepareRegisters(database: DatabaseSync) {
  const select = database.prepare('SELECT id, version, document FROM register WHERE name = ? AND id = ?')
  const selectAll = database.prepare('SELECT id, version, document FROM register WHERE name = ? ORDER BY id')
  const upsert = database.prepare(
    `INSERT INTO register (name, id, version, document) VALUES (?, ?, ?, ?)
     ON CONFLICT (name, id) DO UPDATE SET version = excluded.version, document = excluded.document`
  )
  const remove = database.prepare('DELETE FROM register WHERE name = ? AND id = ?')
  const take = database.prepare(
    'INSERT INTO number (series, last) VALUES (?, 1) ON CONFLICT (series) DO UPDATE SET last = last + 1 RETURNING last'
  )
  return {
    get(register: string, id: string): RegisterRow | undefined {
      const row = select.get(register, id)
      return row === undefined ? undefined : registerRowOf(row)
    },
    list: (register: string): RegisterRow[] => selectAll.all(register).map(registerRowOf),
    put(register: string, id: string, text: string, expectedVersion: number | undefined): RegisterRow {
      const row = select.get(register, id)
      const version = row === undefined ? 0 : numberOf(row, 'version')
      if (expectedVersion !== undefined && expectedVersion !== version) throw conflict(`${register}/${id}`, version, expectedVersion)
      upsert.run(register, id, version + 1, text)
      return { id, version: version + 1, document: parseDocument(text) }
    },
    remove: (register: string, id: string): boolean => Number(remove.run(register, id).changes) > 0,
    nextNumber: (series: string): number => numberOf(take.get(series), 'last')
  }
}

function prepareCases(database: DatabaseSync) {
  const selectHead = database.prepare('SELECT * FROM head WHERE kind = ? AND id = ?')
  const upsertHead = database.prepare(
    `INSERT INTO head (kind, id, length, updated_at_ms, open, point, last_hash, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (kind, id) DO UPDATE SET length = excluded.length, updated_at_ms = excluded.updated_at_ms, open = excluded.open,
       point = excluded.point, last_hash = excluded.last_hash, state = excluded.state`
  )
  const insertStep = database.prepare(
    `INSERT INTO step (kind, id, step, at_ms, by_whom, action, why, data, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const selectSteps = database.prepare('SELECT * FROM step WHERE kind = ? AND id = ? ORDER BY step')
  const countAll = database.prepare('SELECT count(*) AS count FROM head WHERE kind = ?')
  const countOpen = database.prepare('SELECT count(*) AS count FROM head WHERE kind = ? AND open = ?')
  return {
    head(kind: CaseKind, id: string): CaseHead | undefined {
      const row = selectHead.get(kind, id)
      return row === undefined ? undefined : headOf(kind, row)
    },
    journal: (kind: CaseKind, id: string): JournalStep[] => selectSteps.all(kind, id).map(stepOf),
    append({ kind, id, expectedLength, step, head }: Parameters<CaseStore['append']>[0]): CaseHead {
      const row = selectHead.get(kind, id)
      const length = row === undefined ? 0 : numberOf(row, 'length')
      if (length !== expectedLength) throw conflict(`${kind}/${id}`, length, expectedLength)
      const previousHash = row === undefined ? firstHashOf({ kind, id }) : textOf(row, 'last_hash')
      const chained = chainStep(step, { index: length, previousHash })
      const data = documentText(chained.data, `step of ${kind}/${id}`)
      const state = documentText(head.state, `head of ${kind}/${id}`)
      insertStep.run(kind, id, length, step.atMs, step.by, step.action, step.why, data, previousHash, chained.hash)
      upsertHead.run(kind, id, length + 1, step.atMs, head.open ? 1 : 0, head.point ?? null, chained.hash, state)
      const point = head.point === undefined ? {} : { point: head.point }
      return { kind, id, length: length + 1, updatedAtMs: step.atMs, open: head.open, ...point, state: parseDocument(state) }
    },
    heads(query: HeadsQuery): CaseHead[] {
      const { sql, values } = headsStatement(query)
      return database
        .prepare(sql)
        .all(...values)
        .map((row) => headOf(query.kind, row))
    },
    count: (kind: CaseKind, open: boolean | undefined): number =>
      numberOf(open === undefined ? countAll.get(kind) : countOpen.get(kind, open ? 1 : 0), 'count')
  }
}

interface HeadsQuery {
  readonly kind: CaseKind
  readonly open: boolean | undefined
  readonly point: string | undefined
  readonly after: HeadPosition | undefined
  readonly limit: number
}

function headsStatement({ kind, open, point, after, limit }: HeadsQuery): { sql: string; values: (string | number)[] } {
  const conditions = ['kind = ?']
  const values: (string | number)[] = [kind]
  const where = (condition: string, ...bound: (string | number)[]): void => {
    conditions.push(condition)
    values.push(...bound)
  }
  if (open !== undefined) where('open = ?', open ? 1 : 0)
  if (point !== undefined) where('point = ?', point)
  if (after !== undefined) where('updated_at_ms <= ? AND (updated_at_ms < ? OR id > ?)', after.updatedAtMs, after.updatedAtMs, after.id)
  return { sql: `SELECT * FROM head WHERE ${conditions.join(' AND ')} ORDER BY updated_at_ms DESC, id LIMIT ?`, values: [...values, limit] }
}

function registerRowOf(row: Row): RegisterRow {
  return { id: textOf(row, 'id'), version: numberOf(row, 'version'), document: parseDocument(textOf(row, 'document')) }
}

function headOf(kind: CaseKind, row: Row): CaseHead {
  return {
    kind,
    id: textOf(row, 'id'),
    length: numberOf(row, 'length'),
    updatedAtMs: numberOf(row, 'updated_at_ms'),
    open: numberOf(row, 'open') === 1,
    ...(row['point'] === null ? {} : { point: textOf(row, 'point') }),
    state: parseDocument(textOf(row, 'state'))
  }
}

function stepOf(row: Row): JournalStep {
  return {
    index: numberOf(row, 'step'),
    atMs: numberOf(row, 'at_ms'),
    by: textOf(row, 'by_whom'),
    action: textOf(row, 'action'),
    why: textOf(row, 'why'),
    data: parseDocument(textOf(row, 'data')),
    previousHash: textOf(row, 'previous_hash'),
    hash: textOf(row, 'hash')
  }
}
