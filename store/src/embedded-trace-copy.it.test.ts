/** A copy of the trace files made while events come in and are folded: what it opens to. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { backupSqlite } from './embedded-backup.ts'
import { createEmbeddedTraceStore, type EmbeddedTraceStore } from './embedded-trace.ts'
import { createMemoryTraceStore } from './memory-trace.ts'
import { event, item, pallet, place } from './trace-suite-events.ts'
import type { TraceStore } from './trace-store.ts'

const root = await mkdtemp(join(tmpdir(), 'trace-copy-'))
after(() => rm(root, { recursive: true, force: true }))

const first = Array.from({ length: 200 }, (_, index) =>
  event({ id: `e${index}`, at: index, action: 'ADD', bizLocation: place(1), objects: [item(index), pallet(index % 3)] })
)
const later = [
  ...Array.from({ length: 200 }, (_, index) =>
    event({ id: `late${index}`, at: index, bizLocation: place(2), objects: [item(index), item(1_000 + index)] })
  ),
  event({ id: 'e5', at: 5, action: 'ADD', bizLocation: place(1), objects: [item(5), pallet(2)], declaredAt: 900 }),
  event({ id: 'late7', at: 7, bizLocation: place(2), objects: [item(7), item(1_007)], declaredAt: 901 })
]

async function answersOf(store: TraceStore): Promise<unknown> {
  const { json } = await store.events({ order: 'ascending', orderBy: 'eventTime', limit: 1_000 })
  return {
    json: json.toSorted(),
    counts: await store.counts(),
    stays: await Promise.all([5, 7, 100, 1_007].map((serial) => store.ask('stays', item(serial)))),
    ledger: (await store.ledger({ key: pallet(1) })).map(({ eventID }) => eventID),
    versions: await store.byId('e5'),
    upTo: await store.capturedUpTo('journal')
  }
}

async function remembered(...batches: (typeof first)[]): Promise<unknown> {
  const memory = createMemoryTraceStore()
  for (const [index, events] of batches.entries()) await memory.capture(events, { log: 'journal', upTo: index })
  return answersOf(memory)
}

describe('a copy of the embedded trace store', () => {
  for (const { name, limits } of [
    { name: 'everything recent', limits: {} },
    { name: 'everything merged, some cold', limits: { hotEventsMax: 50, mergeRefsMax: 1 } },
    { name: 'everything cold', limits: { hotEventsMax: 0, mergeRefsMax: 1 } }
  ]) {
    it(`whose index was copied later than its events holds what it had and takes the rest again: ${name}`, async () => {
      const [dataDir, copy] = [join(root, name, 'data'), join(root, name, 'copy')]
      const open = (folder: string): Promise<EmbeddedTraceStore> =>
        createEmbeddedTraceStore({ dataDir: folder, logger: silentLogger, metrics: createMetrics(), ...limits })
      const store = await open(dataDir)
      await store.capture(first, { log: 'journal', upTo: 0 })
      await store.settle()
      await mkdir(copy, { recursive: true })
      await backupSqlite({ path: join(dataDir, 'trace-recent.db'), target: join(copy, 'trace-recent.db') })
      await store.capture(later, { log: 'journal', upTo: 1 })
      // Only up to what is taken in: `settle` would move the later events into the index as a whole.
      if (name === 'everything cold') await store.counts()
      else await store.settle()
      await backupSqlite({ path: join(dataDir, 'trace.db'), target: join(copy, 'trace.db') })
      await store.close()
      const copied = await open(copy)
      // How much of the later events was cold when the index was copied is for the machine to say; all of what is not is forgotten.
      const { events } = await copied.counts()
      assert.ok(name === 'everything recent' ? events === first.length : events >= first.length)
      if (events === first.length) assert.deepEqual(await answersOf(copied), await remembered(first))
      await copied.capture(later, { log: 'journal', upTo: 1 })
      await copied.settle()
      assert.deepEqual(await answersOf(copied), await remembered(first, later))
      await copied.close()
    })
  }
})
