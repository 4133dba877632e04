/**
 * Sessions and retained messages on disk: `broker.db`. Changes are noted and written together; what was added and has gone again
 * before that costs nothing. It decides nothing about sessions, and holds no message that nobody queues or retains.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { brokerError } from '../errors.ts'
import { toQos, type Qos } from '../packets.ts'
import { createBody, createEntry, entryStates, type Body, type Entry, type Message } from './message.ts'

/** What a session is in the file beside its messages. */
export interface SessionRecord {
  readonly id: string
  readonly owner: string
  readonly filters: ReadonlyMap<string, Qos>
  readonly received: ReadonlySet<number>
  readonly lastSeenMs: number
  /** A client was connected: after a crash its messages may have been sent. */
  readonly online: boolean
}

export interface SessionFile {
  load(): {
    readonly sessions: readonly SessionRecord[]
    /** In order of arrival. */
    readonly entries: readonly Entry[]
    readonly retained: readonly Message[]
  }
  /** Writes all of these in one transaction. */
  write(changes: SessionChanges): void
  close(): void
}

interface SessionChanges {
  readonly sessions: Iterable<SessionRecord>
  readonly removed: Iterable<string>
  readonly entries: Iterable<Entry>
  /** undefined: no longer retained. */
  readonly retained: Iterable<readonly [topic: string, message: Message | undefined]>
}

/** A broker that is just ending lets the file go within it. */
const lockTimeoutMs = 2_000

/** Entry n brings version n to n + 1. */
const migrations = [
  `CREATE TABLE session (id TEXT PRIMARY KEY, owner TEXT NOT NULL, seen INTEGER NOT NULL, online INTEGER NOT NULL, received TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE filter (session TEXT NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, PRIMARY KEY (session, filter)) WITHOUT ROWID;
   CREATE TABLE body (key INTEGER PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL);
   CREATE TABLE entry (ordinal INTEGER PRIMARY KEY, session TEXT NOT NULL, body INTEGER NOT NULL, qos INTEGER NOT NULL,
     packet INTEGER NOT NULL, state TEXT NOT NULL);
   CREATE TABLE retained (topic TEXT PRIMARY KEY, payload BLOB NOT NULL, qos INTEGER NOT NULL) WITHOUT ROWID;`
]

export function openSessionFile(dataDir: string): SessionFile {
  const path = join(dataDir, 'broker.db')
  const claim = claimFile(dataDir, path)
  const database = openClaimed(claim, path)
  const statements = prepare(database)
  return {
    load() {
      try {
        return load(database)
      } catch (error) {
        throw brokerError('BROKER_SESSION_FILE', { path, detail: detailOf(error) }, error)
      }
    },
    write(changes) {
      const written: { entries: Entry[]; bodies: Body[] } = { entries: [], bodies: [] }
      database.exec('BEGIN IMMEDIATE')
      try {
        writeAll(statements, changes, written)
        database.exec('COMMIT')
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw brokerError('BROKER_SESSION_FILE', { path, detail: detailOf(error) }, error)
      }
      // Only now: what was rolled back must be written again.
      for (const entry of written.entries) entry.onDisk = !entry.done
      for (const body of written.bodies) body.onDisk = body.entries > 0
    },
    close() {
      database.close()
      claim.close()
    }
  }
}

/** One process at a time owns the file; others may read it, as a backup does. The lock on a file beside it ends with the process. */
function claimFile(dataDir: string, path: string): DatabaseSync {
  let claim: DatabaseSync | undefined
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    claim = new DatabaseSync(`${path}.claim`, { timeout: lockTimeoutMs })
    claim.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;')
    return claim
  } catch (error) {
    claim?.close()
    throw brokerError('BROKER_SESSION_FILE', { path, detail: detailOf(error) }, error)
  }
}

function openClaimed(claim: DatabaseSync, path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: lockTimeoutMs })
    // FULL: a commit that is reported survives a power loss.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;')
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (version > migrations.length)
      throw brokerError('BROKER_SESSION_FILE', { path, detail: `version is ${version}, expected at most ${migrations.length}` })
    database.exec('BEGIN IMMEDIATE')
    for (const statements of migrations.slice(version)) database.exec(statements)
    database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`)
    return database
  } catch (error) {
    database?.close()
    claim.close()
    throw brokerError('BROKER_SESSION_FILE', { path, detail: detailOf(error) }, error)
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text)
  return {
    putSession: sql('INSERT OR REPLACE INTO session (id, owner, seen, online, received) VALUES (?, ?, ?, ?, ?)'),
    dropSession: sql('DELETE FROM session WHERE id = ?'),
    putFilter: sql('INSERT OR REPLACE INTO filter (session, filter, qos) VALUES (?, ?, ?)'),
    dropFilters: sql('DELETE FROM filter WHERE session = ?'),
    putBody: sql('INSERT OR REPLACE INTO body (key, topic, payload) VALUES (?, ?, ?)'),
    dropBody: sql('DELETE FROM body WHERE key = ?'),
    putEntry: sql('INSERT OR REPLACE INTO entry (ordinal, session, body, qos, packet, state) VALUES (?, ?, ?, ?, ?, ?)'),
    dropEntry: sql('DELETE FROM entry WHERE ordinal = ?'),
    putRetained: sql('INSERT OR REPLACE INTO retained (topic, payload, qos) VALUES (?, ?, ?)'),
    dropRetained: sql('DELETE FROM retained WHERE topic = ?')
  } satisfies Record<string, StatementSync>
}

function writeAll(
  statements: ReturnType<typeof prepare>,
  changes: SessionChanges,
  written: { readonly entries: Entry[]; readonly bodies: Body[] }
): void {
  for (const id of changes.removed) {
    statements.dropSession.run(id)
    statements.dropFilters.run(id)
  }
  for (const session of changes.sessions) {
    const { id, owner, lastSeenMs, online } = session
    statements.putSession.run(id, owner, lastSeenMs, online ? 1 : 0, JSON.stringify([...session.received]))
    statements.dropFilters.run(id)
    for (const [filter, qos] of session.filters) statements.putFilter.run(id, filter, qos)
  }
  const put = new Set<Body>()
  for (const entry of changes.entries) {
    const { body, ordinal } = entry
    if (entry.done && entry.onDisk) statements.dropEntry.run(ordinal)
    if (body.entries > 0 && !body.onDisk && !put.has(body)) statements.putBody.run(body.key, body.topic, body.payload)
    if (body.entries === 0 && body.onDisk && !put.has(body)) statements.dropBody.run(body.key)
    put.add(body)
    if (!entry.done) statements.putEntry.run(ordinal, entry.session, body.key, entry.qos, entry.packetId, entry.state)
    written.entries.push(entry)
    written.bodies.push(body)
  }
  for (const [topic, message] of changes.retained)
    if (message === undefined) statements.dropRetained.run(topic)
    else statements.putRetained.run(topic, message.payload, message.qos)
}

type Row = Record<string, SQLOutputValue>

function load(database: DatabaseSync) {
  // Nothing of the kind is left by this code; a file that was repaired may hold it.
  database.exec(
    'DELETE FROM entry WHERE session NOT IN (SELECT id FROM session); DELETE FROM body WHERE key NOT IN (SELECT body FROM entry)'
  )
  const rows = (text: string): Row[] => database.prepare(text).all()
  const filters = new Map<string, Map<string, Qos>>()
  for (const row of rows('SELECT session, filter, qos FROM filter')) {
    const session = textOf(row['session'])
    const mine = filters.get(session) ?? new Map<string, Qos>()
    filters.set(session, mine.set(textOf(row['filter']), qosOf(row['qos'])))
  }
  const sessions = rows('SELECT id, owner, seen, online, received FROM session').map((row) => ({
    id: textOf(row['id']),
    owner: textOf(row['owner']),
    filters: filters.get(textOf(row['id'])) ?? new Map<string, Qos>(),
    received: new Set(packetIdsOf(textOf(row['received']))),
    lastSeenMs: Number(row['seen']),
    online: row['online'] === 1
  }))
  const bodies = new Map<number, Body>()
  for (const row of rows('SELECT key, topic, payload FROM body')) {
    const key = Number(row['key'])
    const payload = row['payload'] instanceof Uint8Array ? row['payload'] : new Uint8Array()
    bodies.set(key, Object.assign(createBody(key, textOf(row['topic']), payload), { onDisk: true }))
  }
  const entries = rows('SELECT ordinal, session, body, qos, packet, state FROM entry ORDER BY ordinal').flatMap((row) => {
    const body = bodies.get(Number(row['body']))
    if (body === undefined) return []
    const qos = row['qos'] === 2 ? 2 : 1
    const entry = createEntry({ session: textOf(row['session']), ordinal: Number(row['ordinal']), body, qos, retain: false })
    const state = entryStates.find((one) => one === row['state']) ?? 'waiting'
    return [Object.assign(entry, { packetId: Number(row['packet']), state, dup: state !== 'waiting', onDisk: true })]
  })
  const retained = rows('SELECT topic, payload, qos FROM retained').map((row) => ({
    topic: textOf(row['topic']),
    payload: row['payload'] instanceof Uint8Array ? row['payload'] : new Uint8Array(),
    qos: qosOf(row['qos']),
    retain: true
  }))
  return { sessions, entries, retained }
}

function textOf(value: SQLOutputValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function qosOf(value: SQLOutputValue | undefined): Qos {
  return toQos(Number(value)) ?? 0
}

function packetIdsOf(text: string): number[] {
  const parsed: unknown = JSON.parse(text)
  return Array.isArray(parsed) ? parsed.filter((id) => typeof id === 'number') : []
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
