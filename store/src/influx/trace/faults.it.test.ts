/** What becomes of trace events when the line, the server or the writer fails in between: a real InfluxDB 1.x behind a faulty line. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TraceEvent } from '@tracegate/model/trace-event'
import * as fc from 'fast-check'
import { createMemoryTraceStore } from '../../memory-trace.ts'
import { startFaultProxy, type Fault, type FaultProxy } from '../../testing/fault-proxy.ts'
import { openInfluxTrace } from '../../testing/influx-trace.ts'
import { startInfluxd, withoutInfluxd, type StartedInfluxd } from '../../testing/influxd.ts'
import { event, item, lot, pallet, place, startMs } from '../../trace-suite-events.ts'
import { filled, history, toEvents } from '../../trace-suite-history.ts'
import { coldChain } from '../../trace-suite-story.ts'
import type { EventQuery, TraceStore } from '../../trace-store.ts'

const skip = withoutInfluxd()
const all: EventQuery = { order: 'ascending', orderBy: 'eventTime', limit: 10_000 }
const outcomes = (captured: readonly { readonly outcome: string }[]): string[] => captured.map(({ outcome }) => outcome)
const itemsOf = (from: number, count: number): TraceEvent[] =>
  Array.from({ length: count }, (_, index) =>
    event({ id: `e${from + index}`, at: from + index, action: 'ADD', bizLocation: place(1), objects: [item(from + index)] })
  )

describe('trace events on InfluxDB 1.x', { skip }, () => {
  let influxd: StartedInfluxd
  let proxy: FaultProxy
  const opened: TraceStore[] = []
  const open = async (
    options: { readonly database?: string; readonly writer?: number; readonly timeoutMs?: number } = {}
  ): Promise<TraceStore> => {
    const store = await openInfluxTrace({ kind: 'influx1', origin: proxy.origin, ...options })
    opened.push(store)
    return store
  }
  before(async () => {
    influxd = await startInfluxd()
    proxy = await startFaultProxy(influxd.origin)
  })
  afterEach(async () => {
    proxy.decide = () => undefined
    for (const store of opened.splice(0)) await store.close()
  })
  after(async () => {
    await proxy.stop()
    await influxd.stop()
  })

  it('answers as the memory store does', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (made) => {
        const events = toEvents(made)
        const store = await open()
        await store.capture(events.slice(0, 10))
        assert.deepEqual(await filled(store, events.slice(10)), await filled(createMemoryTraceStore(), events))
      }),
      { numRuns: 4 }
    )
  })

  it('shows whole events or none, and has all once, wherever the line was cut', { timeout: 60_000 }, async () => {
    const faults: readonly Fault[] = [{ type: 'cutAfter' }, { type: 'answer', status: 503, headers: { 'retry-after': '0' } }]
    for (const fault of faults) {
      for (let cutAt = 1; cutAt <= 4; cutAt += 1) {
        const store = await open()
        let writes = 0
        proxy.decide = ({ path }) => {
          if (!path.startsWith('/write')) return undefined
          writes += 1
          return writes === cutAt ? fault : undefined
        }
        await assert.rejects(store.capture(coldChain(), { log: 'journal', upTo: 7 }), (error) => error instanceof Error && 'code' in error)
        assert.equal(writes, cutAt)
        proxy.decide = () => undefined
        const seen = await store.events(all)
        assert.ok(
          seen.json.length === 0 || seen.json.length === coldChain().length,
          `${seen.json.length} events after a cut at write ${cutAt}`
        )
        assert.deepEqual((await store.ask('stays', item(2))).length, seen.json.length === 0 ? 0 : 2)
        const again = outcomes(await store.capture(coldChain(), { log: 'journal', upTo: 7 }))
        const isStored = cutAt === 4 || (cutAt === 3 && fault.type === 'cutAfter')
        assert.deepEqual(
          new Set(again),
          new Set([cutAt === 4 && fault.type === 'cutAfter' ? 'duplicate' : isStored ? 'duplicate' : 'stored'])
        )
        assert.equal((await store.events(all)).json.length, coldChain().length)
        assert.deepEqual(await store.counts(), { events: coldChain().length, keys: 3 })
        assert.equal(await store.capturedUpTo('journal'), 7)
      }
    }
  })

  it('completes a declaration whose mark was lost', async () => {
    const store = await open()
    const [make] = coldChain()
    assert.ok(make !== undefined)
    await store.capture([make])
    const wrong = { ...make, errorDeclaration: { declarationTimeMs: startMs + 60_000, correctiveEventIDs: [] } }
    let writes = 0
    proxy.decide = ({ path }) => (path.startsWith('/write') && (writes += 1) === 3 ? { type: 'answer', status: 500 } : undefined)
    await assert.rejects(store.capture([wrong]), { code: 'STORE_SERVER' })
    proxy.decide = () => undefined
    assert.deepEqual(outcomes(await store.capture([wrong])), ['duplicate'])
    assert.deepEqual(await store.ask('stays', item(1)), [])
    assert.equal((await store.byId('make')).length, 2)
  })

  it('keeps every event of one millisecond, and of seats that others took', { timeout: 60_000 }, async () => {
    const store = await open()
    const events = Array.from({ length: 2_000 }, (_, index) =>
      event({ id: `e${index}`, at: 0, recordMs: startMs, objects: [item(index % 500)] })
    )
    for (let from = 0; from < events.length; from += 500) await store.capture(events.slice(from, from + 500))
    assert.deepEqual(await store.counts(), { events: 2_000, keys: 500 })
    assert.deepEqual(new Set(outcomes(await store.capture(events.slice(0, 300)))), new Set(['duplicate']))
    for (const orderBy of ['eventTime', 'recordTime'] as const) {
      const seen: string[] = []
      for (let cursor: string | undefined, page = 0; page < 10; page += 1) {
        const answer = await store.events({ ...all, orderBy, order: 'descending', limit: 700, ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...answer.json)
        cursor = answer.next
        if (cursor === undefined) break
      }
      assert.deepEqual(seen.toSorted(), events.map(({ json }) => json).sort())
    }
    assert.equal((await store.ledger({ key: item(7) })).length, 4)
  })

  it('gives large events and times beyond what InfluxDB holds back as they came', { timeout: 60_000 }, async () => {
    const store = await open()
    const large = event({
      id: 'large',
      at: 0,
      bizLocation: place(1),
      parent: pallet(1),
      children: Array.from({ length: 3_000 }, (_, index) => item(index))
    })
    const padded = { ...large, json: JSON.stringify({ eventID: 'large', note: '"\\ 正常 😀'.repeat(40_000) }) }
    const old = { ...event({ id: 'old', at: 0, objects: [lot('O')] }), eventTimeMs: -86_400_000 }
    const far = { ...event({ id: 'far', at: 0, objects: [lot('O')] }), eventTimeMs: 253_402_300_799_000 }
    await store.capture([padded, far, old])
    assert.deepEqual(await store.ledger({ key: item(2_999) }), [padded])
    assert.deepEqual(await store.ledger({ key: lot('O') }), [old, far])
    const exposed = await store.ask('exposure', { place: place(1), fromMs: startMs, toMs: startMs + 1, limit: 5_000 })
    assert.equal(exposed.goods.length, 3_001)
    assert.deepEqual((await store.events({ ...all, toMs: 0 })).json, [old.json])
    assert.deepEqual((await store.events({ ...all, fromMs: startMs + 1 })).json, [far.json])
    assert.deepEqual((await store.events({ ...all, limit: 2 })).json, [old.json, padded.json])
  })

  it('gives the newest events of keys with long and with short histories', { timeout: 60_000 }, async () => {
    const store = await open()
    await store.capture(Array.from({ length: 600 }, (_, index) => event({ id: `e${index}`, at: index, objects: [pallet(1), item(index)] })))
    const histories = await store.histories({ keys: [pallet(1), item(5), item(9_999)], newest: 3 })
    assert.deepEqual(
      [...histories].map(([key, facts]) => [key, facts.map(({ eventID }) => eventID)]),
      [
        [pallet(1), ['e597', 'e598', 'e599']],
        [item(5), ['e5']],
        [item(9_999), []]
      ]
    )
    assert.deepEqual(
      (await store.ledger({ key: pallet(1), fromMs: startMs + 60_000, limit: 2 })).map(({ eventID }) => eventID),
      ['e1', 'e2']
    )
  })

  it('lets several writers in, each under its own number, and refuses one whose number was taken', async () => {
    const database = `tracegate-${randomUUID()}`
    const [one, two] = [await open({ database, writer: 1 }), await open({ database, writer: 2 })]
    const both = await Promise.all([one.capture(itemsOf(0, 200)), two.capture(itemsOf(200, 200))])
    assert.deepEqual(new Set(both.flatMap(outcomes)), new Set(['stored']))
    assert.deepEqual(outcomes(await one.capture(itemsOf(399, 1))), ['duplicate'])
    // At the same instant neither can know of the other; a reader shows one.
    await Promise.all([one.capture(itemsOf(900, 1)), two.capture(itemsOf(900, 1))])
    assert.equal((await one.byId('e900')).length, 1)
    assert.equal((await two.ledger({ key: item(900) })).length, 1)
    const third = await open({ database, writer: 1 })
    await third.capture(itemsOf(500, 1))
    await assert.rejects(one.capture(itemsOf(501, 1)), { code: 'STORE_IN_USE' })
    assert.equal((await one.byId('e500')).length, 1)
  })

  it('waits for nobody when the server is away, and says so', async () => {
    const store = await open()
    await store.capture(itemsOf(0, 1))
    proxy.decide = () => ({ type: 'cutAfter' })
    await assert.rejects(store.capture(itemsOf(1, 1)), { code: 'STORE_UNREACHABLE' })
    await assert.rejects(store.ask('stays', item(0)), { code: 'STORE_UNREACHABLE' })
    proxy.decide = ({ path }) => (path.startsWith('/write') ? { type: 'answer', status: 429, headers: { 'retry-after': '7' } } : undefined)
    await assert.rejects(store.capture(itemsOf(1, 1)), { code: 'STORE_OVERLOADED' })
    assert.equal((await store.ask('stays', item(0))).length, 1)
  })

  it('refuses for good what the server refuses for good', async () => {
    const store = await open()
    proxy.decide = ({ path }) =>
      path.startsWith('/write')
        ? { type: 'answer', status: 400, body: '{"error":"partial write: points beyond retention policy dropped=1"}' }
        : undefined
    await assert.rejects(store.capture(itemsOf(1, 1)), { code: 'STORE_REFUSED_EVENTS' })
  })

  it('has every acknowledged event exactly once after the server was killed twice', { timeout: 120_000 }, async () => {
    const store = await open()
    let killing = Promise.resolve()
    let acknowledged = 0
    for (let from = 0; from < 800; from += 20) {
      if (from % 400 === 200) {
        killing = sleep(Math.random() * 30).then(async () => {
          await influxd.kill()
          await influxd.start()
        })
      }
      await untilTaken(() => store.capture(itemsOf(from, 20), { log: 'journal', upTo: from + 19 }))
      acknowledged = from + 20
    }
    await killing
    await untilTaken(() => store.counts())
    assert.equal(acknowledged, 800)
    await requireAll(store, 800)
  })

  it('has every acknowledged event exactly once after the writer was killed four times', { timeout: 120_000 }, async () => {
    const database = `tracegate-${randomUUID()}`
    let acknowledged = -1
    for (let round = 0; round < 4; round += 1) {
      acknowledged = Math.max(acknowledged, await captureUntilKilled([influxd.origin, database], 100 + round * 37))
    }
    const store = await open({ database })
    const upTo = await store.capturedUpTo('journal')
    assert.ok(acknowledged > 50 && upTo >= acknowledged, `captured up to ${upTo}, acknowledged up to ${acknowledged}`)
    // What the last one left without its offset is known all the same.
    const next = await store.capture(itemsOf(upTo + 1, 10), { log: 'journal', upTo: upTo + 10 })
    assert.equal(new Set(outcomes(next)).size, 1)
    await requireAll(store, upTo + 11)
  })
})

async function requireAll(store: TraceStore, count: number): Promise<void> {
  assert.deepEqual(await store.counts(), { events: count, keys: count })
  const { json } = await store.events(all)
  assert.deepEqual(
    json,
    itemsOf(0, count).map((one) => one.json)
  )
  for (let index = 0; index < count; index += 97) {
    assert.equal((await store.byId(`e${index}`)).length, 1)
    assert.equal((await store.ledger({ key: item(index) })).length, 1)
  }
  const exposed = await store.ask('exposure', { place: place(1), fromMs: startMs, toMs: startMs + count * 60_000, limit: 1_000_000 })
  assert.equal(exposed.goods.length, count)
}

async function untilTaken<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= 200) throw error
      await sleep(50)
    }
  }
}

/** Captures in a child process, from where its journal stood, and kills it after a while; gives the last acknowledged event. */
async function captureUntilKilled(args: readonly string[], killAfterMs: number): Promise<number> {
  const child = spawn(process.execPath, [new URL('../../testing/influx-trace-until-killed.ts', import.meta.url).pathname, ...args], {
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
