/** The tables of the dead letter within `collector.db` and the statements on them. Decides nothing. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Reason } from '@tracegate/model/errors'
import type { DeadLetter, DeadLetterGroup } from '@tracegate/model/http-dead-letters'
import type { DeadLetterFilter } from '@tracegate/service/dead-letter'
import { bytesOf, numberOf, textOf, type Row } from '@tracegate/store/embedded-sqlite'

/** State of a letter: 0 open, 1 replayed, 2 discarded. */
export const deadLetterMigration = `ALTER TABLE dead_letter ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE dead_letter ADD COLUMN closed_ms INTEGER;
   ALTER TABLE dead_letter ADD COLUMN closed_by TEXT;
   CREATE INDEX dead_letter_received ON dead_letter (received_ms);`

export interface DeadLetterEntry {
  readonly topic: string
  readonly payload: Uint8Array
  readonly receivedAtMs: number
  readonly device?: string
  readonly reason: Reason
}

export interface DeadLetterSize {
  readonly device: string | undefined
  readonly count: number
  readonly bytes: number
}

export interface Closing {
  readonly state: 'replayed' | 'discarded'
  readonly atMs: number
  readonly by: string
}

const stateNames = ['open', 'replayed', 'discarded'] as const

export type DeadLetterTables = ReturnType<typeof prepareDeadLetterTables>

export function prepareDeadLetterTables(database: DatabaseSync) {
  const insert = database.prepare(
    'INSERT INTO dead_letter (received_ms, topic, device, code, pointer, message, payload) VALUES (?, ?, ?, ?, ?, ?, ?)'
  )
  const sizes = database.prepare('SELECT device, count(*) AS count, sum(length(payload)) AS bytes FROM dead_letter GROUP BY device')
  // What somebody has dealt with goes before what still waits.
  const oldest = database.prepare('SELECT id, length(payload) AS bytes FROM dead_letter WHERE device IS ? ORDER BY state = 0, id LIMIT 1')
  const remove = database.prepare('DELETE FROM dead_letter WHERE id = ?')
  const get = database.prepare('SELECT * FROM dead_letter WHERE id = ?')
  const close = database.prepare('UPDATE dead_letter SET state = ?, closed_ms = ?, closed_by = ? WHERE id = ? AND state = 0')
  const expire = database.prepare(
    `DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter WHERE received_ms < ? ORDER BY received_ms LIMIT ?)
     RETURNING device, length(payload) AS bytes`
  )
  const groups = database.prepare(
    `SELECT code, device, count(*) AS count, sum(length(payload)) AS bytes, min(received_ms) AS first_ms, max(received_ms) AS last_ms
     FROM dead_letter WHERE state = 0 GROUP BY code, device ORDER BY count DESC, code, device LIMIT ?`
  )
  return {
    insert({ receivedAtMs, topic, device, reason, payload }: DeadLetterEntry): void {
      insert.run(receivedAtMs, topic, device ?? null, reason.code, reason.pointer, reason.message, payload)
    },
    sizes: (): DeadLetterSize[] =>
      sizes.all().map((row) => ({ device: deviceOf(row), count: numberOf(row, 'count'), bytes: numberOf(row, 'bytes') })),
    /** The oldest of a device, or of those that belong to none. Gives the bytes that went, or undefined when there was none. */
    dropOldest(device: string | undefined): number | undefined {
      const row = oldest.get(device ?? null)
      if (row === undefined) return undefined
      remove.run(numberOf(row, 'id'))
      return numberOf(row, 'bytes')
    },
    get(id: number): DeadLetter | undefined {
      const row = get.get(id)
      return row === undefined ? undefined : letterOf(row)
    },
    /** Newest first, below `before`; read one by one, so that whoever has enough can stop. */
    *list(filter: DeadLetterFilter, before: number, countMax: number): Generator<DeadLetter> {
      const { where, values } = conditionOf(filter)
      const rows = database.prepare(`SELECT * FROM dead_letter WHERE id < ? AND ${where} ORDER BY id DESC LIMIT ?`)
      for (const row of rows.iterate(before, ...values, countMax)) yield letterOf(row)
    },
    count(filter: DeadLetterFilter): number {
      const { where, values } = conditionOf(filter)
      return numberOf(database.prepare(`SELECT count(*) AS count FROM dead_letter WHERE ${where}`).get(...values), 'count')
    },
    groups: (countMax: number): DeadLetterGroup[] =>
      groups.all(countMax).map((row) => {
        const device = deviceOf(row)
        return {
          code: textOf(row, 'code'),
          ...(device === undefined ? {} : { device }),
          count: numberOf(row, 'count'),
          payloadBytes: numberOf(row, 'bytes'),
          firstMs: numberOf(row, 'first_ms'),
          lastMs: numberOf(row, 'last_ms')
        }
      }),
    /** False when the letter is not there or not open. */
    close: (id: number, { state, atMs, by }: Closing): boolean => close.run(stateNames.indexOf(state), atMs, by, id).changes > 0,
    /** Drops some of those that were received before; gives what went. */
    expire: (beforeMs: number, countMax: number): DeadLetterSize[] =>
      expire.all(beforeMs, countMax).map((row) => ({ device: deviceOf(row), count: 1, bytes: numberOf(row, 'bytes') }))
  }
}

function conditionOf(filter: DeadLetterFilter): { readonly where: string; readonly values: SQLInputValue[] } {
  const conditions: [string, ...SQLInputValue[]][] = []
  const { code, point, device, fromMs, toMs, text } = filter
  if (filter.state !== 'any') conditions.push(['state = ?', stateNames.indexOf(filter.state ?? 'open')])
  if (code !== undefined) conditions.push(['code = ?', code])
  if (point !== undefined) conditions.push(["substr(device, 1, length(?) + 1) = ? || '/'", point, point])
  if (device !== undefined) conditions.push(['device = ?', device])
  if (fromMs !== undefined) conditions.push(['received_ms >= ?', fromMs])
  if (toMs !== undefined) conditions.push(['received_ms <= ?', toMs])
  if (text !== undefined) conditions.push([`instr(lower(topic || ' ' || message || ' ' || pointer), lower(?)) > 0`, text])
  const where = conditions.map(([condition]) => condition).join(' AND ')
  return { where: where === '' ? '1' : where, values: conditions.flatMap(([, ...values]) => values) }
}

function letterOf(row: Row): DeadLetter {
  const payload = bytesOf(row, 'payload')
  const device = deviceOf(row)
  const closedAtMs = row['closed_ms']
  return {
    id: numberOf(row, 'id'),
    receivedAtMs: numberOf(row, 'received_ms'),
    topic: textOf(row, 'topic'),
    ...(device === undefined ? {} : { device }),
    code: textOf(row, 'code'),
    pointer: textOf(row, 'pointer'),
    message: textOf(row, 'message'),
    payloadBytes: payload.length,
    payloadBase64: Buffer.from(payload).toString('base64'),
    state: stateNames[numberOf(row, 'state')] ?? 'open',
    ...(typeof closedAtMs === 'number' ? { closedAtMs, closedBy: textOf(row, 'closed_by') } : {})
  }
}

function deviceOf(row: Row): string | undefined {
  const device = row['device']
  return typeof device === 'string' ? device : undefined
}
