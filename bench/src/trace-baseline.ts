/** The baseline of the trace bench: events as JSON rows, EPCs as indexed text, one transaction a batch. It checks nothing. */
import { DatabaseSync } from 'node:sqlite'
import type { TraceEvent } from '@tracegate/model/trace-event'

export interface PlainTable {
  insert(events: readonly TraceEvent[]): void
  /** The events of one EPC as JSON text. */
  eventsOf(key: string): string[]
  /** All events of a unit and of everything packed into it, level by level. */
  descendants(key: string): string[]
  bytes(): number
  close(): void
}

export function openPlainTable(path: string): PlainTable {
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192;
    CREATE TABLE event (id INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, time_ms INTEGER NOT NULL, json TEXT NOT NULL);
    CREATE TABLE event_epc (epc TEXT NOT NULL, role TEXT NOT NULL, event INTEGER NOT NULL);
    CREATE INDEX event_epc_index ON event_epc (epc, event);
    CREATE INDEX event_epc_event ON event_epc (event);`)
  const insertEvent = database.prepare('INSERT INTO event (event_id, time_ms, json) VALUES (?, ?, ?)')
  const insertEpc = database.prepare('INSERT INTO event_epc (epc, role, event) VALUES (?, ?, ?)')
  const select = database.prepare('SELECT json FROM event JOIN event_epc ON event_epc.event = event.id WHERE epc = ? ORDER BY time_ms')
  const children = database.prepare(
    `SELECT DISTINCT child.epc FROM event_epc AS parent JOIN event_epc AS child ON child.event = parent.event AND child.role = 'child'
     WHERE parent.epc = ? AND parent.role = 'parent'`
  )
  const eventsOf = (key: string): string[] => select.all(key).map((row) => String(row['json']))
  const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
  return {
    insert(events) {
      database.exec('BEGIN IMMEDIATE')
      for (const event of events) {
        const { lastInsertRowid } = insertEvent.run(event.eventID, event.eventTimeMs, event.json)
        for (const { key, role } of event.subjects) insertEpc.run(key, role, lastInsertRowid)
      }
      database.exec('COMMIT')
    },
    eventsOf,
    descendants(key) {
      const found: string[] = []
      for (let level = [key]; level.length > 0; level = level.flatMap((unit) => children.all(unit).map((row) => String(row['epc'])))) {
        for (const unit of level) found.push(...eventsOf(unit))
      }
      return found
    },
    bytes: () => pragma('page_count') * pragma('page_size'),
    close: () => database.close()
  }
}
