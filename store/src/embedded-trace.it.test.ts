/** The embedded trace store when its process is killed, its disk full and its blocks cold. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import * as fc from 'fast-check'
import { createEmbeddedTraceStore, type EmbeddedTraceStore, type EmbeddedTraceStoreOptions } from './embedded-trace.ts'
import { createMemoryTraceStore } from './memory-trace.ts'
import { event, item, pallet, place, startMs } from './trace-suite-events.ts'
import type { TraceStore } from './trace-store.ts'
import { filled, history, toEvents } from './trace-suite-history.ts'

const root = await mkdtemp(join(tmpdir(), 'trace-'))
const opened: EmbeddedTraceStore[] = []
after(async () => {
  for (const store of opened) await store.close()
  await rm(root, { recursive: true, force: true })
})

async function open(folder: string, limits: Partial<EmbeddedTraceStoreOptions> = {}): Promise<EmbeddedTraceStore> {
  const store = await createEmbeddedTraceStore({ dataDir: join(root, folder), logger: silentLogger, metrics: createMetrics(), ...limits })
  opened.push(store)
  return store
}

describe('embedded trace store', () => {
  it('answers as the memory store does, before and after folding', async () => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(history, fc.boolean(), async (made, fold) => {
        const events = toEvents(made)
        runs += 1
        const store = await open(`parity-${runs}`, fold ? { hotEventsMax: 0, mergeRefsMax: 1 } : {})
        await store.capture(events.slice(0, 10))
        if (fold) await store.settle()
        assert.deepEqual(await filled(store, events.slice(10)), await filled(createMemoryTraceStore(), events))
      }),
      { numRuns: 8 }
    )
  })

  it('reads events back identically when they are cold, and knows them as duplicates', async () => {
    const store = await open('cold', { hotEventsMax: 10 })
    const events = Array.from({ length: 100 }, (_, index) =>
      event({
        id: `e${index}`,
        at: index,
        action: 'ADD',
        bizLocation: place(1),
        parent: pallet(1),
        children: [{ key: item(index), quantity: index / 3 }]
      })
    )
    await store.capture(events)
    const before = await store.ledger({ key: pallet(1) })
    assert.deepEqual(before, events)
    await store.settle()
    assert.deepEqual(await store.ledger({ key: pallet(1) }), events)
    assert.deepEqual(await store.byId('e3'), [events[3]?.json])
    assert.deepEqual(
      (await store.capture(events)).map(({ outcome }) => outcome),
      events.map(() => 'duplicate')
    )
    await store.close()
    const again = await open('cold', { hotEventsMax: 10 })
    assert.deepEqual(await again.ledger({ key: pallet(1) }), events)
    assert.deepEqual(await again.capture(events.slice(0, 2)).then((all) => all.map(({ outcome }) => outcome)), ['duplicate', 'duplicate'])
    assert.deepEqual(await again.counts(), { events: 100, keys: 101 })
    await again.close()
  })

  it('refuses a second opener, and is free again when closed', async () => {
    const store = await open('claimed')
    await assert.rejects(open('claimed'), { code: 'STORE_IN_USE' })
    await store.close()
    await (await open('claimed')).close()
  })

  it('finds what was at a busy place without its whole past, and forgets a snapshot that a late event makes wrong', async () => {
    const store = await open('busy')
    const memory = createMemoryTraceStore()
    const events = Array.from({ length: 3_000 }, (_, index) => [
      event({ id: `in${index}`, at: index * 2, bizLocation: place(1), objects: [item(index)] }),
      event({
        id: `pack${index}`,
        at: index * 2 + 1,
        action: 'ADD',
        parent: pallet(index),
        children: [item(index)],
        bizLocation: place(1)
      }),
      ...(index % 100 === 0 ? [] : [event({ id: `out${index}`, at: index * 2 + 30, bizLocation: place(2), objects: [pallet(index)] })])
    ]).flat()
    const exposed = async (of: TraceStore, at: number): Promise<string[]> => {
      const answer = await of.ask('exposure', { place: place(1), fromMs: startMs + at * 60_000, toMs: startMs + (at + 5) * 60_000 })
      return answer.goods.map((stay) => JSON.stringify(stay)).sort()
    }
    const snapshots = (): unknown => {
      using database = new DatabaseSync(join(root, 'busy', 'trace.db'), { readOnly: true })
      return database.prepare('SELECT COUNT(*) AS count FROM presence').get()?.['count']
    }
    await store.capture(events)
    await memory.capture(events)
    assert.deepEqual(await exposed(store, 4_400), await exposed(memory, 4_400))
    assert.equal(snapshots(), 1)
    const before = await exposed(store, 4_400)
    assert.ok(before.length > 30)
    const late = event({ id: 'late', at: 4, action: 'DELETE', parent: pallet(1), children: [item(1)] })
    await store.capture([late])
    await memory.capture([late])
    await store.ledger({ key: item(1) })
    assert.equal(snapshots(), 0)
    const after = await exposed(store, 4_400)
    assert.deepEqual(after, await exposed(memory, 4_400))
    assert.equal(after.length, before.length + 1)
    await store.close()
  })

  it('stores all of a batch or nothing when the disk is full, and goes on reading', async () => {
    const store = await open('full', { recentPagesMax: 60 })
    const batch = (from: number) =>
      Array.from({ length: 20 }, (_, index) => event({ id: `e${from + index}`, at: from, objects: [item(from + index)] }))
    let stored = 0
    await assert.rejects(
      async () => {
        for (;;) {
          await store.capture(batch(stored), { log: 'journal', upTo: stored + 19 })
          stored += 20
        }
      },
      { code: 'STORE_FULL' }
    )
    assert.ok(stored > 20)
    assert.equal(await store.capturedUpTo('journal'), stored - 1)
    assert.equal((await store.counts()).events, stored)
    assert.deepEqual(await store.byId(`e${stored}`), [])
    assert.equal((await store.ask('stays', item(0))).length, 0)
    await store.close()
  })

  it('slows the sender down when the worker cannot fold, and says why', async () => {
    const store = await open('stuck', { indexPagesMax: 40 })
    const batch = (from: number) =>
      Array.from({ length: 2_000 }, (_, index) => event({ id: `e${from + index}`, at: from, objects: [item(from + index)] }))
    await assert.rejects(
      async () => {
        for (let from = 0; from < 60_000; from += 2_000) await store.capture(batch(from))
      },
      { code: 'STORE_FULL' }
    )
    await store.close()
  })

  it('has every acknowledged event exactly once after being killed ten times', { timeout: 120_000 }, async () => {
    let acknowledged = -1
    for (let round = 0; round < 10; round += 1) {
      acknowledged = Math.max(acknowledged, await captureUntilKilled(join(root, 'killed'), 150 + round * 40))
    }
    assert.ok(acknowledged > 100)
    const store = await open('killed')
    const upTo = await store.capturedUpTo('journal')
    assert.ok(upTo >= acknowledged, `captured up to ${upTo}, acknowledged up to ${acknowledged}`)
    assert.equal((await store.counts()).events, upTo + 1)
    for (let index = 0; index <= upTo; index += 97) {
      assert.equal((await store.byId(`e${index}`)).length, 1)
      assert.deepEqual(
        (await store.ledger({ key: item(index) })).map(({ eventID }) => eventID),
        [`e${index}`]
      )
    }
    const found = new Set<string>()
    for (let cursor: string | undefined, page = 0; page < 100; page += 1) {
      const answer = await store.events({
        order: 'ascending',
        orderBy: 'eventTime',
        limit: 10_000,
        ...(cursor === undefined ? {} : { cursor })
      })
      for (const json of answer.json) found.add(json)
      cursor = answer.next
      if (cursor === undefined) break
    }
    assert.equal(found.size, upTo + 1)
    const exposed = await store.ask('exposure', { place: place(1), fromMs: startMs, toMs: startMs + upTo * 60_000, limit: 1_000_000 })
    assert.equal(exposed.goods.length, upTo + 1)
    await store.close()
  })
})

/** Captures in a child process, from where its journal stood, and kills it after a while; gives the last acknowledged event. */
async function captureUntilKilled(dataDir: string, killAfterMs: number): Promise<number> {
  const child = spawn(process.execPath, [new URL('./trace-suite-child.ts', import.meta.url).pathname, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let acknowledged = -1
  let killing: NodeJS.Timeout | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    killing ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  }
  clearTimeout(killing)
  return acknowledged
}
