/** A data folder of the first version of the trace files opens to what it held, also when the upgrade was broken off. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { createEmbeddedTraceStore, type EmbeddedTraceStore } from './embedded-trace.ts'
import { verifyTrace } from './embedded-verify-trace.ts'
import { encodeFact } from './embedded/trace/fact-codec.ts'
import { indexMigrations, recentMigrations } from './embedded/trace/schema.ts'
import { createMemoryTraceStore } from './memory-trace.ts'
import { event, item, pallet, place } from './trace-suite-events.ts'
import type { TraceStore } from './trace-store.ts'

const root = await mkdtemp(join(tmpdir(), 'trace-upgrade-'))
const opened: EmbeddedTraceStore[] = []
after(async () => {
  for (const store of opened) await store.close()
  await rm(root, { recursive: true, force: true })
})

const eventsPerBlock = 16
const cold = 47
const indexed = 90
const events = Array.from({ length: 100 }, (_, index) =>
  event({ id: `e${index}`, at: index, action: 'ADD', bizLocation: place(1), objects: [item(index), pallet(index % 3)] })
)
// One declaration among the cold events, one among the recent ones.
const wrong = event({ id: 'e5', at: 5, action: 'ADD', bizLocation: place(1), objects: [item(5), pallet(2)], declaredAt: 900 })
events[40] = { ...wrong, recordTimeMs: wrong.recordTimeMs + 1_000 }
events[80] = event({ id: 'e70', at: 70, action: 'ADD', bizLocation: place(1), objects: [item(70), pallet(1)], declaredAt: 901 })

function open(path: string, migrations: readonly string[]): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; ${migrations[0] ?? ''} PRAGMA user_version = 1`)
  return database
}

/** Counts, lengths, texts: as version 1 laid a block out before it compressed it. */
function blockOf(members: readonly { readonly seq: number; readonly event: TraceEvent }[]): Uint8Array {
  const texts = members.flatMap((member) => [Buffer.from(encodeFact(member.event)), Buffer.from(member.event.json)])
  const head = Buffer.alloc(4 + members.length * 12)
  head.writeUInt32LE(members.length, 0)
  for (const [index, { seq }] of members.entries()) {
    head.writeUInt32LE(seq % eventsPerBlock, 4 + index * 12)
    head.writeUInt32LE(texts[index * 2]?.length ?? 0, 8 + index * 12)
    head.writeUInt32LE(texts[index * 2 + 1]?.length ?? 0, 12 + index * 12)
  }
  return zstdCompressSync(Buffer.concat([head, ...texts]))
}

function makeFolder(name: string): string {
  const folder = join(root, name)
  mkdirSync(folder)
  const recent = open(join(folder, 'trace-recent.db'), recentMigrations)
  const index = open(join(folder, 'trace.db'), indexMigrations)
  const numbered = events.map((of, at) => ({ seq: at + 1, event: of }))
  const insert = recent.prepare('INSERT INTO recent (seq, event_id, declared_ms, facts, json) VALUES (?, ?, ?, ?, ?)')
  for (const { seq, event: of } of numbered.slice(cold)) {
    insert.run(seq, of.eventID, of.errorDeclaration?.declarationTimeMs ?? null, encodeFact(of), of.json)
  }
  recent.exec("INSERT INTO source VALUES ('journal', 99)")
  for (const [number, members] of Map.groupBy(numbered.slice(0, cold), ({ seq }) => Math.floor(seq / eventsPerBlock))) {
    index.prepare('INSERT INTO block (number, data) VALUES (?, ?)').run(number, blockOf(members))
  }
  const words = ['ObjectEvent', 'ADD', 'commissioning', place(1)]
  for (const word of words) index.prepare('INSERT OR IGNORE INTO term (text) VALUES (?)').run(word)
  const head = index.prepare('INSERT INTO event (seq, time_ms, record_ms, type, action, biz_location) VALUES (?, ?, ?, 1, 2, 4)')
  for (const { seq, event: of } of numbered.slice(0, indexed)) head.run(seq, of.eventTimeMs, of.recordTimeMs)
  index.exec("INSERT INTO declared VALUES ('e5'), ('e70')")
  index.exec(
    `INSERT INTO progress VALUES ('indexed', ${indexed}), ('merged', 60), ('cold', ${cold}), ('events', ${indexed}), ('keys', 103)`
  )
  // The ledger of version 1 is not read: what it said follows from the events.
  index.exec('INSERT INTO ledger VALUES (1, 2, 3, 4)')
  recent.close()
  index.close()
  return folder
}

async function answersOf(store: TraceStore): Promise<unknown> {
  const { json } = await store.events({ order: 'ascending', orderBy: 'eventTime', limit: 1_000 })
  return {
    json: json.toSorted(),
    counts: await store.counts(),
    ledger: (await store.ledger({ key: pallet(1) })).map(({ eventID }) => eventID),
    early: (await store.ledger({ key: item(5), knownAtMs: (events[40]?.recordTimeMs ?? 0) - 1 })).map(({ eventID }) => eventID),
    stays: await store.ask('stays', item(7)),
    versions: await store.byId('e5'),
    places: await store.vocabulary({ name: 'bizLocation', limit: 10 }),
    upTo: await store.capturedUpTo('journal'),
    again: (await store.capture(events)).map(({ outcome }) => outcome)
  }
}

async function openStore(dataDir: string): Promise<EmbeddedTraceStore> {
  const store = await createEmbeddedTraceStore({ dataDir, logger: silentLogger, metrics: createMetrics() })
  opened.push(store)
  return store
}

describe('trace files of version 1', () => {
  it('open to what they held', async () => {
    const memory = createMemoryTraceStore()
    await memory.capture(events, { log: 'journal', upTo: 99 })
    const folder = makeFolder('whole')
    const store = await openStore(folder)
    assert.deepEqual(await answersOf(store), { ...Object(await answersOf(memory)), early: ['e5'] })
    await store.settle()
    await store.close()
    assert.deepEqual((await verifyTrace({ folder })).findings, [])
  })

  it('are not read by who may not change them', async () => {
    const folder = makeFolder('unchanged')
    await assert.rejects(verifyTrace({ folder }), { code: 'STORE_VERSION' })
  })
})
