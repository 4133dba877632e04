/** What every adapter of `TraceStore` must do, as tests; an adapter's test file calls `runTraceSuite` and adds only its own. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { event, item, pallet, place, startMs } from './trace-suite-events.ts'
import { feedTests, vocabularyTests } from './trace-suite-feed.ts'
import { conditionTests } from './trace-suite-query.ts'
import { holderTests, lotTests, stayTests } from './trace-suite-places.ts'
import { coldChain, factory, minutes, port, shop, type SuiteContext } from './trace-suite-story.ts'
import { balanceTests } from './trace-suite-balance.ts'
import { knowledgeTests } from './trace-suite-knowledge.ts'
import { recallTests } from './trace-suite-recall.ts'
import { tracebackVectorTests } from './trace-suite-vectors.ts'
import type { EventQuery, TraceStore } from './trace-store.ts'

export interface TraceSuiteAdapter {
  readonly name: string
  /** An empty store each time. */
  readonly open: () => Promise<TraceStore>
  /** Gives the same content again; left out by adapters that keep nothing. */
  readonly reopen?: (store: TraceStore) => Promise<TraceStore>
}

export function runTraceSuite(adapter: TraceSuiteAdapter): void {
  describe(`TraceStore: ${adapter.name}`, () => {
    let store: TraceStore
    beforeEach(async () => {
      store = await adapter.open()
    })
    afterEach(() => store.close())
    const context: SuiteContext = {
      store: () => store,
      capture: async (...events) => (await store.capture(events)).map(({ outcome }) => outcome)
    }
    describe('capture', () => captureTests(context))
    describe('events', () => queryTests(context))
    describe('conditions', () => conditionTests(context))
    describe('vocabulary', () => vocabularyTests(context))
    describe('feed', () => feedTests(context))
    describe('trace', () => {
      traceTests(context)
      tracebackVectorTests(context.store)
    })
    describe('stays and exposure', () => stayTests(context))
    describe('lots', () => lotTests(context))
    describe('holders', () => holderTests(context))
    describe('recall', () => recallTests(context))
    describe('balance', () => balanceTests(context))
    describe('knowledge', () => knowledgeTests(context))
    const reopen = adapter.reopen
    if (reopen !== undefined) {
      it('finds after a new start what it stored before', async () => {
        await store.capture(coldChain(), { log: 'journal', upTo: 7 })
        const before = await snapshot(store)
        store = await reopen(store)
        assert.deepEqual(await snapshot(store), before)
        assert.equal(await store.capturedUpTo('journal'), 7)
        assert.deepEqual(
          await store.capture(coldChain(), { log: 'journal', upTo: 7 }).then(outcomes),
          coldChain().map(() => 'duplicate')
        )
      })
    }
  })
}

const outcomes = (captured: readonly { readonly outcome: string }[]): string[] => captured.map(({ outcome }) => outcome)
const keysOf = (answer: { readonly nodes: readonly { readonly key: string }[] }): string[] => answer.nodes.map(({ key }) => key).sort()
const all: EventQuery = { order: 'ascending', orderBy: 'eventTime', limit: 1_000 }

async function snapshot(store: TraceStore): Promise<unknown> {
  const { tookMs: backMs, ...back } = await store.ask('back', { of: item(1) })
  const { tookMs: exposureMs, ...exposure } = await store.ask('exposure', { place: place(3), fromMs: startMs, toMs: minutes(100) })
  assert.ok(backMs >= 0 && exposureMs >= 0)
  return { back, exposure, stays: await store.ask('stays', item(2)), page: await store.events(all), counts: await store.counts() }
}

function captureTests({ store, capture }: SuiteContext): void {
  it('stores new events and drops the ones it has', async () => {
    const [first, second] = coldChain()
    assert.ok(first !== undefined && second !== undefined)
    assert.deepEqual(await capture(first, second, first), ['stored', 'stored', 'duplicate'])
    assert.deepEqual(await capture(second), ['duplicate'])
    assert.deepEqual(await store().byId('make'), [first.json])
    assert.deepEqual(await store().byId('nothing'), [])
    assert.deepEqual(await store().counts(), { events: 2, keys: 3 })
  })

  it('takes a batch of a log once, by its offset', async () => {
    const [first, second, third] = coldChain()
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    assert.equal(await store().capturedUpTo('journal'), -1)
    assert.deepEqual(outcomes(await store().capture([first], { log: 'journal', upTo: 0 })), ['stored'])
    assert.deepEqual(outcomes(await store().capture([second], { log: 'journal', upTo: 0 })), ['duplicate'])
    assert.deepEqual(await store().byId('pack'), [])
    assert.deepEqual(outcomes(await store().capture([second], { log: 'other', upTo: 0 })), ['stored'])
    assert.deepEqual(outcomes(await store().capture([], { log: 'journal', upTo: 5 })), [])
    assert.equal(await store().capturedUpTo('journal'), 5)
  })

  it('keeps an error declaration beside the event and leaves both out of the trace', async () => {
    const [make, pack, ...rest] = coldChain()
    assert.ok(make !== undefined && pack !== undefined)
    const wrong = event({
      id: 'pack',
      at: 10,
      action: 'ADD',
      bizLocation: factory,
      parent: pallet(1),
      children: [item(1), item(2)],
      declaredAt: 90
    })
    assert.deepEqual(await capture(make, pack, ...rest, wrong), [...coldChain().map(() => 'stored'), 'stored'])
    assert.deepEqual(await capture(wrong), ['duplicate'])
    assert.deepEqual(await store().byId('pack'), [pack.json, wrong.json])
    assert.deepEqual(keysOf(await store().ask('forward', { of: item(2) })), [item(2)])
    assert.deepEqual(
      (await store().ledger({ key: item(2) })).map(({ eventID }) => eventID),
      ['make']
    )
    assert.deepEqual(
      (await store().ask('stays', item(2))).map(({ place, toMs }) => ({ place, toMs })),
      [{ place: factory, toMs: undefined }]
    )
  })

  it('leaves an event out that comes after its own declaration', async () => {
    const wrong = event({ id: 'make', at: 0, action: 'ADD', bizLocation: factory, objects: [item(1)], declaredAt: 90 })
    const late = event({ id: 'make', at: 0, action: 'ADD', bizLocation: factory, objects: [item(1)] })
    assert.deepEqual(await capture(wrong), ['stored'])
    assert.deepEqual(await capture(late), ['stored'])
    assert.deepEqual(await store().byId('make'), [late.json, wrong.json])
    assert.deepEqual(await store().ask('stays', item(1)), [])
  })

  it('gives the ledger of a key oldest first, with the JSON as it came', async () => {
    await capture(...coldChain().toReversed())
    const ledger = await store().ledger({ key: item(1) })
    assert.deepEqual(
      ledger.map(({ eventID }) => eventID),
      ['make', 'pack', 'deliver', 'sell']
    )
    assert.deepEqual(ledger[0], coldChain()[0])
    const part = await store().ledger({ key: item(1), fromMs: minutes(10), toMs: minutes(50), limit: 1 })
    assert.deepEqual(
      part.map(({ eventID }) => eventID),
      ['pack']
    )
  })
}

function queryTests({ store, capture }: SuiteContext): void {
  const idsOf = async (query: Partial<EventQuery>): Promise<string[]> => {
    const page = await store().events({ ...all, ...query })
    return page.json.map((json) => /"eventID":"([^"]*)"/.exec(json)?.[1] ?? '')
  }

  it('matches each member of the query', async () => {
    await capture(...coldChain())
    assert.deepEqual(await idsOf({ eventTypes: ['AggregationEvent'] }), ['pack', 'unpack'])
    assert.deepEqual(await idsOf({ eventTypes: ['ObjectEvent'], actions: ['ADD', 'DELETE'] }), ['make'])
    assert.deepEqual(await idsOf({ fromMs: minutes(10), toMs: minutes(20) }), ['pack'])
    assert.deepEqual(await idsOf({ recordFromMs: minutes(60), recordToMs: minutes(70) }), ['sell'])
    assert.deepEqual(await idsOf({ bizSteps: ['shipping', 'packing'] }), ['pack', 'ship'])
    assert.deepEqual(await idsOf({ dispositions: ['in_transit'] }), ['ship'])
    assert.deepEqual(await idsOf({ readPoints: [factory] }), ['ship'])
    assert.deepEqual(await idsOf({ bizLocations: [shop, port] }), ['deliver'])
    assert.deepEqual(await idsOf({ eventIDs: ['sell', 'make'] }), ['make', 'sell'])
    assert.deepEqual(await idsOf({ anyKeys: [pallet(1)] }), ['pack', 'ship', 'receive', 'unpack'])
    assert.deepEqual(await idsOf({ objectKeys: [item(2)] }), ['make', 'pack'])
    assert.deepEqual(await idsOf({ parentKeys: [pallet(1), item(1)] }), ['pack', 'unpack'])
    assert.deepEqual(await idsOf({ inputKeys: [item(1)] }), [])
    assert.deepEqual(await idsOf({ bizSteps: ['unheard_of'] }), [])
    assert.deepEqual(await idsOf({ anyKeys: [] }), [])
    assert.deepEqual(await idsOf({ order: 'descending', limit: 2 }), ['sell', 'deliver'])
  })

  it('pages through without losing or repeating events while others come in', async () => {
    const made = (from: number, count: number): TraceEvent[] =>
      Array.from({ length: count }, (_, index) => event({ id: `e${from + index}`, at: (from + index) % 5, objects: [item(1)] }))
    await capture(...made(0, 20))
    for (const order of ['ascending', 'descending'] as const) {
      const seen: string[] = []
      let cursor: string | undefined
      for (let page = 0; page < 20; page += 1) {
        const answer = await store().events({ ...all, order, limit: 3, ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...answer.json)
        await capture(event({ id: `${order}${page}`, at: order === 'ascending' ? -1 : 100, objects: [item(2)] }))
        cursor = answer.next
        if (cursor === undefined) break
      }
      const first = seen.filter((json) => /"e\d+"/.test(json))
      assert.equal(first.length, 20)
      assert.equal(new Set(seen).size, seen.length)
    }
  })

  it('refuses a cursor that is none', async () => {
    await assert.rejects(store().events({ ...all, cursor: 'no cursor' }), { code: 'STORE_QUERY' })
  })
}

function traceTests({ store, capture }: SuiteContext): void {
  it('follows inputs back and outputs forward, across events of one transformation', async () => {
    await capture(
      event({ id: 'in', at: 10, inputs: [item('a')], transformationID: 'mix' }),
      event({ id: 'out', at: 20, outputs: [item('b')], transformationID: 'mix' }),
      event({ id: 'next', at: 30, inputs: [item('b')], outputs: [item('c'), item('d')] }),
      event({ id: 'after', at: 40, bizStep: 'inspecting', objects: [item('a')] })
    )
    const back = await store().ask('back', { of: item('c') })
    assert.deepEqual(keysOf(back), [item('a'), item('b'), item('c')])
    assert.deepEqual(back.events, ['in', 'out', 'next'])
    assert.deepEqual(
      back.nodes.map(({ depth }) => depth),
      [0, 1, 2]
    )
    const forward = await store().ask('forward', { of: item('a') })
    assert.deepEqual(keysOf(forward), [item('a'), item('b'), item('c'), item('d')])
    assert.deepEqual(
      forward.edges.map(({ from, to, kind }) => `${kind} ${from.slice(-1)}${to.slice(-1)}`),
      ['becomes ab', 'becomes bc', 'becomes bd']
    )
  })

  it('does not let a reused pallet pull in strangers', async () => {
    const trip = (name: string, at: number): TraceEvent[] => [
      event({ id: `pack-${name}`, at, action: 'ADD', parent: pallet(1), children: [item(name)] }),
      event({ id: `move-${name}`, at: at + 1, bizStep: 'receiving', bizLocation: port, objects: [pallet(1)] }),
      event({ id: `unpack-${name}`, at: at + 2, action: 'DELETE', parent: pallet(1) })
    ]
    await capture(...trip('a', 0), ...trip('b', 10), event({ id: 'use', at: 20, inputs: [item('b')], outputs: [item('z')] }))
    assert.deepEqual(keysOf(await store().ask('forward', { of: item('a') })), [pallet(1), item('a')])
    const back = await store().ask('back', { of: item('z') })
    assert.deepEqual(keysOf(back), [pallet(1), item('b'), item('z')])
    assert.deepEqual(back.events, ['pack-b', 'move-b', 'unpack-b', 'use'])
    assert.deepEqual(
      back.edges.find(({ kind }) => kind === 'contains'),
      {
        from: pallet(1),
        to: item('b'),
        kind: 'contains',
        eventID: 'pack-b',
        fromMs: minutes(10),
        toMs: minutes(12)
      }
    )
  })

  it('goes no further than the time, the depth and the number of nodes asked for', async () => {
    await capture(
      event({ id: 'one', at: 10, inputs: [item('a')], outputs: [item('b')] }),
      event({ id: 'two', at: 20, inputs: [item('b')], outputs: [item('c')] })
    )
    const ask = (options: { atMs?: number; depthMax?: number; nodesMax?: number }) => store().ask('forward', { of: item('a'), ...options })
    assert.deepEqual(keysOf(await ask({ atMs: minutes(15) })), [item('a'), item('b')])
    const shallow = await ask({ depthMax: 1 })
    assert.deepEqual([keysOf(shallow), shallow.truncated], [[item('a'), item('b')], true])
    const few = await ask({ nodesMax: 2 })
    assert.deepEqual([few.nodes.length, few.truncated], [2, true])
    assert.equal((await ask({})).truncated, false)
  })

  it('knows nothing of a key that no event names', async () => {
    const answer = await store().ask('back', { of: item('x') })
    assert.deepEqual([answer.nodes.length, answer.events], [1, []])
    assert.deepEqual(await store().ask('stays', item('x')), [])
    assert.deepEqual(await store().ledger({ key: item('x') }), [])
  })
}
