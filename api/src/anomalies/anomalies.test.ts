/** What people do about anomalies over HTTP: acknowledge, shelve, comment, filter, count. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import { AnomalyChatter, AnomalyCounts, AnomalyListPage, HandledAnswer } from '@tracegate/model/http-anomalies'
import {
  anomalyOf,
  authorization,
  chamber,
  createCheckedServer,
  createWorld,
  itemOf,
  raise,
  startMs,
  traceEvent,
  vaccine
} from '../harness.ts'
import { createTriggerEngine } from '../trigger.ts'
import { createShelfWatch } from './shelf-watch.ts'

const pages = compileValidator(AnomalyListPage)
const handled = compileValidator(HandledAnswer)
const countsAnswer = compileValidator(AnomalyCounts)
const chatterAnswer = compileValidator(AnomalyChatter)
const hourMs = 3_600_000

async function start() {
  const clock = { now: startMs + 2 * hourMs }
  const world = await createWorld({ withAccount: false, nowMs: () => clock.now })
  const app = await createCheckedServer(world)
  const post = (step: string, payload: object, id = 'a-1') =>
    app.inject({ method: 'POST', url: `/api/v1/anomalies/${id}/${step}`, payload, headers: { authorization } })
  const list = async (query: string) => {
    const read = pages.check((await app.inject({ url: `/api/v1/anomalies?${query}`, headers: { authorization } })).json())
    assert.ok(read.ok)
    return { ids: read.value.items.map(({ id }) => id), next: read.value.next }
  }
  return { clock, world, app, post, list }
}

test('an anomaly is acknowledged once, commented, shelved until a time and comes back by the clock alone', async () => {
  const { clock, world, app, post, list } = await start()
  await raise(world, anomalyOf())
  const acknowledged = handled.check((await post('acknowledge', { why: 'on my way' })).json())
  assert.ok(acknowledged.ok)
  assert.equal(acknowledged.value.anomaly.handling?.acknowledged?.by, 'bootstrap')
  assert.equal((await post('acknowledge', { why: 'again' })).statusCode, 409)
  assert.equal((await post('comment', { why: 'door was open', expectedLength: 1 })).statusCode, 409)
  assert.equal((await post('comment', { why: 'door was open', expectedLength: 2 })).statusCode, 200)
  assert.equal((await post('shelve', { why: 'repair', untilMs: clock.now })).statusCode, 422)
  assert.equal((await post('shelve', { why: 'repair', untilMs: clock.now + 30 * 24 * hourMs })).statusCode, 422)
  assert.equal((await post('shelve', { why: 'repair', untilMs: clock.now + hourMs })).statusCode, 200)
  assert.equal((await post('shelve', { untilMs: clock.now + hourMs })).statusCode, 400)
  assert.deepEqual((await list('shelved=true')).ids, ['a-1'])
  clock.now += hourMs
  assert.deepEqual((await list('shelved=true')).ids, [])
  assert.equal((await post('unshelve', { why: 'done' })).statusCode, 409)
  const journal = await world.cases.journal('anomaly', 'a-1')
  assert.deepEqual(
    journal.map(({ action }) => action),
    ['open', 'acknowledged', 'commented', 'shelved']
  )
  await world.accounts.ensureServiceKey('reader', 'reader-key-0123456789', ['read'])
  const reader = { authorization: 'Bearer reader-key-0123456789' }
  const refused = await app.inject({ method: 'POST', url: '/api/v1/anomalies/a-1/acknowledge', payload: { why: 'x' }, headers: reader })
  assert.equal(refused.statusCode, 403)
  await app.close()
})

test('whoever waits for the end of a shelving is told once, also after a start', async () => {
  const { clock, world, app, post } = await start()
  await raise(world, anomalyOf())
  await post('shelve', { why: 'repair', untilMs: clock.now + hourMs })
  const told: string[] = []
  world.bus.subscribe('anomaly', ({ anomaly }) => told.push(anomaly.id))
  const watch = () =>
    createShelfWatch({ cases: world.cases, bus: world.bus, nowMs: () => clock.now, onError: (error) => assert.fail(String(error)) })
  const first = watch()
  await first.look()
  assert.deepEqual(told, [])
  clock.now += hourMs
  await first.look()
  await first.look()
  assert.deepEqual(told, ['a-1'])
  await watch().look()
  assert.deepEqual(told, ['a-1', 'a-1'])
  await app.close()
})

test('anomalies are found by category, type, severity and state, page by page, and counted', async () => {
  const { clock, world, app, post, list } = await start()
  const kinds: Partial<Anomaly>[] = [
    { type: 'excursion', category: 'product' },
    { type: 'gap', category: 'device' },
    { type: 'clonedSerial', category: 'trace' }
  ]
  for (let index = 0; index < 12; index += 1)
    await raise(world, anomalyOf({ ...kinds[index % 3], id: `a-${index}`, detectedAtMs: clock.now - index * 60_000 }), clock.now + index)
  await raise(
    world,
    anomalyOf({
      id: 'closed',
      status: 'closed',
      closedMs: clock.now,
      returns: 7,
      type: 'rate',
      category: 'device',
      rule: { id: 'qartod:rate', version: 1 }
    })
  )
  assert.deepEqual((await list('category=trace')).ids, ['a-11', 'a-8', 'a-5', 'a-2'])
  const first = await list('category=trace&limit=3')
  assert.equal(first.ids.length, 3)
  assert.deepEqual((await list(`category=trace&limit=3&cursor=${first.next}`)).ids, ['a-2'])
  assert.equal((await list('severity=4')).ids.length, 8)
  assert.deepEqual((await list('state=closed')).ids, ['closed'])
  await post('acknowledge', { why: 'seen' }, 'a-3')
  assert.deepEqual((await list('acknowledged=true')).ids, ['a-3'])
  const counts = countsAnswer.check((await app.inject({ url: '/api/v1/anomalies/counts', headers: { authorization } })).json())
  assert.ok(counts.ok)
  assert.deepEqual(
    [counts.value.open, counts.value.closed, counts.value.unacknowledged, counts.value.byCategory['device'], counts.value.bySeverity['4']],
    [12, 1, 11, 4, 8]
  )
  const chatter = chatterAnswer.check((await app.inject({ url: '/api/v1/anomalies/chatter', headers: { authorization } })).json())
  assert.ok(chatter.ok)
  const rate = chatter.value.rules.find(({ name }) => name === 'qartod:rate')
  assert.deepEqual([rate?.returns, rate?.chattering], [7, true])
  assert.deepEqual(
    chatter.value.floods.map(({ point }) => point),
    ['port-1']
  )
  await app.close()
})

test('a shelved anomaly drafts no warning until its time is over', async () => {
  const { clock, world, app } = await start()
  await world.trace.capture([
    traceEvent({ id: 'urn:uuid:in', atMs: startMs, objects: [itemOf(vaccine, 1)], bizLocation: chamber, bizStep: 'storing' })
  ])
  const trigger = createTriggerEngine(world.context)
  const shelved = { atMs: startMs, untilMs: clock.now + hourMs, by: 'Li', why: 'repair' }
  await raise(world, anomalyOf({ handling: { shelved } }))
  await trigger.idle()
  assert.equal(await world.cases.count('warning'), 0)
  clock.now += hourMs
  await world.context.shelf.look()
  await trigger.idle()
  assert.equal(await world.cases.count('warning'), 1)
  await trigger[Symbol.asyncDispose]()
  await app.close()
})
