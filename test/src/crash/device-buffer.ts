/**
 * The field device's own small memory: a SQLite file written with full synchronisation. What it has taken it never forgets (that
 * is what the judge asks for); what it still has to send is a second table. It does not send.
 */
import { DatabaseSync } from 'node:sqlite'
import { numberOf, textOf } from '@tracegate/store/embedded-sqlite'
import type { LaneName } from './content.ts'

export interface BufferedItem {
  readonly id: number
  readonly n: number
  readonly boot: string
  readonly seq: number
  readonly timeMs: number
}

export interface Place {
  readonly lane: LaneName
  readonly boot: string
  readonly seq: number
  /** Sent under so many sequence numbers, from `seq` on. */
  readonly numbers: number
  readonly timeMs: number
}

export interface DeviceBuffer extends Disposable {
  /** One item for each place, all or none; durable on return. Throws when the disk does not take it. */
  take(places: readonly Place[]): void
  read(lane: LaneName, afterId: number, countMax: number): BufferedItem[]
  /** Lets items go; throws when the disk does not take even that. */
  release(ids: readonly number[]): void
  taken(lane: LaneName): number
  waiting(lane: LaneName): number
  /** Time of every item taken, by its number. */
  times(lane: LaneName): number[]
}

const schema = `
  CREATE TABLE IF NOT EXISTS taken (lane TEXT NOT NULL, n INTEGER NOT NULL, time_ms INTEGER NOT NULL, PRIMARY KEY (lane, n)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, n INTEGER NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, time_ms INTEGER NOT NULL
  ) STRICT;`

export function openDeviceBuffer(path: string): DeviceBuffer {
  const database = new DatabaseSync(path, { timeout: 2_000 })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
  database.exec(schema)
  const count = database.prepare('SELECT count(*) AS count FROM taken WHERE lane = ?')
  const insertTaken = database.prepare('INSERT INTO taken (lane, n, time_ms) VALUES (?, ?, ?)')
  const insertWaiting = database.prepare('INSERT INTO waiting (lane, n, boot, seq, time_ms) VALUES (?, ?, ?, ?, ?)')
  const read = database.prepare('SELECT * FROM waiting WHERE lane = ? AND id > ? ORDER BY id LIMIT ?')
  const drop = database.prepare('DELETE FROM waiting WHERE id = ?')
  const left = database.prepare('SELECT count(*) AS count FROM waiting WHERE lane = ?')
  const times = database.prepare('SELECT time_ms FROM taken WHERE lane = ? ORDER BY n')

  const inTransaction = (work: () => void) => {
    database.exec('BEGIN IMMEDIATE')
    try {
      work()
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
  const taken = (lane: LaneName) => numberOf(count.get(lane), 'count')

  return {
    take: (places) =>
      inTransaction(() => {
        for (const { lane, boot, seq, numbers, timeMs } of places) {
          const n = taken(lane)
          insertTaken.run(lane, n, timeMs)
          for (let next = seq; next < seq + numbers; next += 1) insertWaiting.run(lane, n, boot, next, timeMs)
        }
      }),
    read: (lane, afterId, countMax) =>
      read.all(lane, afterId, countMax).map((row) => ({
        id: numberOf(row, 'id'),
        n: numberOf(row, 'n'),
        boot: textOf(row, 'boot'),
        seq: numberOf(row, 'seq'),
        timeMs: numberOf(row, 'time_ms')
      })),
    release(ids) {
      if (ids.length === 0) return
      inTransaction(() => {
        for (const id of ids) drop.run(id)
      })
    },
    taken,
    waiting: (lane) => numberOf(left.get(lane), 'count'),
    times: (lane) => times.all(lane).map((row) => numberOf(row, 'time_ms')),
    [Symbol.dispose]: () => database.close()
  }
}
