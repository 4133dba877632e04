/** The feed of a real InfluxDB 1.x: several writers at once, rounds that a cut line ends early, and rounds that never end. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { startFaultProxy, type FaultProxy } from '../../testing/fault-proxy.ts'
import { openInfluxTrace } from '../../testing/influx-trace.ts'
import { startInfluxd, withoutInfluxd, type StartedInfluxd } from '../../testing/influxd.ts'
import { event, item } from '../../trace-suite-events.ts'
import type { TraceStore } from '../../trace-store.ts'
import { createInfluxDatabase } from '../client-open.ts'
import { createEventRows } from './event-rows.ts'
import { feedOf } from './feed.ts'
import { createSelector } from './select.ts'

const seen = (id: string): TraceEvent => event({ id, at: 1, objects: [item(1)] })
const idsOf = (json: readonly string[]): string[] => json.map((text) => /"eventID":"([^"]*)"/.exec(text)?.[1] ?? '')

/** What the feed gives from here until it says that there is no more. */
async function rest(store: TraceStore, from: string | undefined): Promise<{ readonly ids: string[]; readonly next: string }> {
  const ids: string[] = []
  let after = from
  for (let call = 0; call < 100; call += 1) {
    const page = await store.feed({ limit: 7, ...(after === undefined ? {} : { after }) })
    ids.push(...idsOf(page.json))
    after = page.next
    if (!page.more) return { ids, next: page.next }
  }
  return assert.fail('the feed does not end')
}

describe('the feed of InfluxDB 1.x', { skip: withoutInfluxd() }, () => {
  let influxd: StartedInfluxd
  let proxy: FaultProxy
  before(async () => {
    influxd = await startInfluxd()
    proxy = await startFaultProxy(influxd.origin)
  })
  after(async () => {
    await proxy.stop()
    await influxd.stop()
  })
  const open = (database: string, writer = 0): Promise<TraceStore> =>
    openInfluxTrace({ kind: 'influx1', origin: proxy.origin, database, writer })

  it('gives the events of several writers each once, and those of one writer in its order, to a reader that is always there', async () => {
    const database = `tracegate-${randomUUID()}`
    const writers = [await open(database, 0), await open(database, 3)]
    const reader = await open(database, 1)
    const ids: string[] = []
    let next: string | undefined
    const state = { isOpen: true }
    const writing = Promise.all(
      writers.map(async (store, writer) => {
        for (let round = 0; round < 12; round += 1)
          await store.capture(Array.from({ length: 1 + (round % 3) }, (_, index) => seen(`w${writer}-${round}-${index}`)))
      })
    ).finally(() => {
      state.isOpen = false
    })
    while (state.isOpen) {
      const page = await rest(reader, next)
      ids.push(...page.ids)
      next = page.next
    }
    await writing
    ids.push(...(await rest(reader, next)).ids)
    for (const writer of [0, 1]) {
      const wanted = Array.from({ length: 12 }, (_, round) =>
        Array.from({ length: 1 + (round % 3) }, (_one, index) => `w${writer}-${round}-${index}`)
      )
      assert.deepEqual(
        ids.filter((id) => id.startsWith(`w${writer}-`)),
        wanted.flat()
      )
    }
    for (const store of [...writers, reader]) await store.close()
  })

  it('gives an event once, however often the line was cut before it was stored', async () => {
    const store = await open(`tracegate-${randomUUID()}`)
    await store.capture([seen('first')])
    const got: string[] = []
    let next: string | undefined
    for (let cutAt = 1; cutAt <= 3; cutAt += 1) {
      let writes = 0
      proxy.decide = ({ path }) => (path.startsWith('/write') && (writes += 1) === cutAt ? { type: 'cutAfter' } : undefined)
      const events = [seen(`a${cutAt}`), seen(`b${cutAt}`)]
      await store.capture(events, { log: 'journal', upTo: cutAt }).catch(() => undefined)
      proxy.decide = () => undefined
      const between = await rest(store, next)
      got.push(...between.ids)
      await store.capture(events, { log: 'journal', upTo: cutAt })
      const afterwards = await rest(store, between.next)
      got.push(...afterwards.ids)
      next = afterwards.next
    }
    assert.deepEqual(got, ['first', 'a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
    assert.deepEqual((await rest(store, undefined)).ids, got)
    await store.close()
  })

  it('waits for a round that may still end, and goes on without one that cannot', async () => {
    const name = `tracegate-${randomUUID()}`
    const store = await open(name)
    await store.capture([seen('first')])
    let writes = 0
    proxy.decide = ({ path }) =>
      path.startsWith('/write') && (writes += 1) === 2 ? { type: 'answer', status: 400, body: '{"error":"no"}' } : undefined
    await assert.rejects(store.capture([seen('lost')]))
    proxy.decide = () => undefined
    await store.capture([seen('later')])
    const database = createInfluxDatabase({ kind: 'influx1', origin: influxd.origin, database: name })
    const read = async (nowMs: number): Promise<string[]> => {
      const selector = createSelector(database, { action: 'read', timeoutMs: 10_000 })
      return idsOf((await feedOf(selector, { events: createEventRows(), settleMs: 60_000, nowMs }, { limit: 10 })).json)
    }
    assert.deepEqual(await read(Date.now()), ['first'])
    assert.deepEqual(await read(Date.now() + 120_000), ['first', 'later'])
    database.close()
    await store.close()
  })
})
