/** Webhook subscriptions against real receivers that answer, fail, hang, cut the line and want less. */
import assert from 'node:assert/strict'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { storeError } from '@tracegate/store/errors'
import { createWorld, startMs, traceEvent, vaccine } from '../../harness.ts'
import { startReceiver, type Received } from './receiver.ts'
import { subscriptionRows } from './rows.ts'
import { eventOf, idOf, startWorld, until } from './test-world.ts'

const secret = '13df38d8275b13f05704629e5f1cf3d45d6132d5'

/** What a receiver does; the same is in the README. */
function isSigned(headers: Received['headers'], body: string, token: string, nowS: number): boolean {
  const match = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['gs1-signature']))
  if (match === null || Math.abs(nowS - Number(match[1])) > 300) return false
  const wanted = createHmac('sha256', token).update(`${match[1]}.${body}`).digest()
  return timingSafeEqual(wanted, Buffer.from(match[2] ?? '', 'hex'))
}

test('a stream delivers what matches as a signed EPCISQueryDocument, and tells when it last did', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('shipped', { EQ_bizStep: ['shipping'] })
  const id = await world.subscribe('shipped', { dest: receiver.url, signatureToken: secret, stream: true })
  await world.capture(1)
  await world.captureEvent(eventOf(2, { bizStep: 'receiving' }))
  await world.capture(3)
  await until('both events', () => receiver.taken().length === 2)
  assert.deepEqual(receiver.taken(), [idOf(1), idOf(3)])
  const [first] = receiver.received
  assert.ok(first !== undefined)
  const document = JSON.parse(first.body)
  assert.equal(document.type, 'EPCISQueryDocument')
  assert.equal(document.epcisBody.queryResults.queryName, 'shipped')
  assert.equal(document.epcisBody.queryResults.subscriptionID, id)
  assert.equal(first.headers['content-type'], 'application/json')
  assert.equal(first.headers['gs1-epcis-version'], '2.0')
  assert.equal(document.id, `urn:uuid:${String(first.headers['idempotency-key'])}`)
  const nowS = Date.now() / 1_000
  assert.ok(isSigned(first.headers, first.body, secret, nowS))
  assert.ok(!isSigned(first.headers, first.body, 'another', nowS))
  assert.ok(!isSigned(first.headers, `${first.body} `, secret, nowS))
  await until('the success is kept', async () => (await world.statusOf(id)).delivered === 2)
  const shown = (await world.call('GET', `/queries/shipped/subscriptions/${id}`)).json
  assert.ok(Date.parse(shown.lastNotifiedAt) > 0)
  assert.ok(!JSON.stringify(shown).includes(secret))
  assert.ok(Date.parse(shown.minRecordTime) >= Date.parse(shown.createdAt))
})

test('a failing receiver gets the same delivery again until it takes it, and nothing overtakes it', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  receiver.behave(
    (_delivery, number) => ([500, 'close', 'hang', { status: 302, headers: { location: receiver.url } }, 404] as const)[number] ?? 200
  )
  const id = await world.subscribe('all', { dest: receiver.url, stream: true })
  await world.capture(1)
  await until('the first failure', () => receiver.received.length > 0)
  await world.capture(2, 3)
  await until('all events', () => receiver.taken().length === 3)
  assert.deepEqual(receiver.taken(), [1, 2, 3].map(idOf))
  const repeats = receiver.received.slice(0, 6)
  assert.equal(new Set(repeats.map(({ headers }) => headers['idempotency-key'])).size, 1, 'one key for all attempts')
  assert.equal(new Set(repeats.map(({ body }) => body)).size, 1, 'the same text each time')
  assert.deepEqual(repeats.at(-1)?.eventIDs, [idOf(1)])
  await until('the failures are over', async () => (await world.statusOf(id)).state === 'active')
})

test('413 halves the batch down to one event; that one goes to the dead letters and the rest goes on', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  const poison = idOf(5)
  receiver.behave(({ eventIDs }) => (eventIDs.includes(poison) || eventIDs.length > 4 ? 413 : 200))
  await world.capture(1, 2, 3, 4, 5, 6, 7, 8)
  const id = await world.subscribe('all', { dest: receiver.url, stream: true, initialRecordTime: '2000-01-01T00:00:00Z' })
  await until('all but one', () => receiver.taken().length === 7)
  assert.deepEqual(receiver.taken(), [1, 2, 3, 4, 6, 7, 8].map(idOf))
  const dead = (await world.call('GET', `/api/v1/dead-deliveries?subscriptionID=${id}`)).json.items
  assert.equal(dead.length, 1)
  assert.deepEqual([dead[0].kind, dead[0].eventIDs, dead[0].code], ['event', [poison], 'RECEIVER_TOO_LARGE'])
  const refused = await world.call('POST', `/api/v1/dead-deliveries/${dead[0].id}/resume`)
  assert.equal(refused.json.outcome, 'refused')
  receiver.behave(() => 200)
  const taken = await world.call('POST', `/api/v1/dead-deliveries/${dead[0].id}/resume`)
  assert.equal(taken.json.outcome, 'delivered')
  assert.equal(receiver.received.at(-1)?.headers['idempotency-key'], dead[0].id)
  assert.deepEqual((await world.call('GET', '/api/v1/dead-deliveries')).json.items, [])
})

test('Retry-After is obeyed', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  receiver.behave((_delivery, number) => (number === 0 ? { status: 503, headers: { 'retry-after': '1' } } : 200))
  const id = await world.subscribe('all', { dest: receiver.url, stream: true })
  const startedMs = Date.now()
  await world.capture(1)
  await until('the refusal', async () => (await world.statusOf(id)).state === 'retrying')
  const status = await world.statusOf(id)
  assert.ok(Date.parse(status.nextAttemptAt) >= startedMs + 1_000, 'a second, where the back-off is 60 ms at most')
  await until('the event', () => receiver.taken().length === 1)
})

test('a receiver that fails too long stops the subscription; resumed, it goes on where it stopped', async () => {
  await using world = await startWorld({ deadAfterMs: 150 })
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  receiver.behave(() => 500)
  const id = await world.subscribe('all', { dest: receiver.url, stream: true })
  await world.capture(1, 2)
  await until('it stopped', async () => (await world.statusOf(id)).state === 'stopped')
  const count = receiver.received.length
  await world.capture(3)
  const [dead] = (await world.call('GET', '/api/v1/dead-deliveries?queryName=all')).json.items
  assert.deepEqual([dead.kind, dead.subscriptionID, dead.code], ['stopped', id, 'RECEIVER_500'])
  assert.equal(receiver.received.length, count, 'left alone')
  receiver.behave(() => 200)
  assert.equal((await world.call('POST', `/api/v1/dead-deliveries/${dead.id}/resume`)).json.outcome, 'resumed')
  await until('everything', () => receiver.taken().length === 3)
  assert.deepEqual(receiver.taken(), [1, 2, 3].map(idOf))
  assert.deepEqual((await world.call('GET', '/api/v1/dead-deliveries')).json.items, [])
})

test('410 stops a subscription at once', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  receiver.behave(() => 410)
  const id = await world.subscribe('all', { dest: receiver.url, stream: true })
  await world.capture(1)
  await until('it stopped', async () => (await world.statusOf(id)).state === 'stopped')
  assert.equal(receiver.received.length, 1)
})

test('receivers that hang hold up nobody else', async () => {
  await using world = await startWorld({ deliveriesAtOnceMax: 3, retriesAtOnceMax: 1, timeoutMs: 200 })
  await using hanging = await startReceiver()
  await using healthy = await startReceiver()
  hanging.behave(() => 'hang')
  await world.makeQuery('all')
  for (let index = 0; index < 6; index += 1) await world.subscribe('all', { dest: hanging.url, stream: true })
  await world.subscribe('all', { dest: healthy.url, stream: true })
  await world.capture(1)
  await until('the first event', () => healthy.taken().length === 1)
  for (let number = 2; number <= 6; number += 1) {
    await world.capture(number)
    await until(`event ${number}`, () => healthy.taken().length === number)
  }
  assert.ok(hanging.received.length >= 6)
})

test('a schedule delivers everything since the last run, and an empty report where one is asked for', async () => {
  let nowMs = Date.UTC(2026, 10, 23, 8, 0, 30)
  await using world = await startWorld({ nowMs: () => nowMs })
  await using receiver = await startReceiver()
  await using quiet = await startReceiver()
  await world.makeQuery('all')
  const schedule = { minute: '[0-59]', second: '0' }
  const initialRecordTime = '2000-01-01T00:00:00Z'
  await world.subscribe('all', { dest: receiver.url, schedule, reportIfEmpty: true, initialRecordTime })
  await world.subscribe('all', { dest: quiet.url, schedule, initialRecordTime })
  await world.capture(1, 2)
  nowMs += 29_999
  await wait(120)
  assert.equal(receiver.received.length, 0, 'not due yet')
  nowMs += 1
  await until('the first run', () => receiver.taken().length === 2 && quiet.taken().length === 2)
  nowMs += 60_000
  await until('the empty report', () => receiver.received.length === 2)
  assert.deepEqual(receiver.received[1]?.eventIDs, [])
  await world.capture(3)
  await wait(120)
  assert.equal(receiver.received.length, 2, 'not before its time')
  nowMs += 60_000
  await until('the third run', () => receiver.taken().length === 3 && quiet.taken().length === 3)
  assert.deepEqual(receiver.taken(), [1, 2, 3].map(idOf))
  assert.equal(quiet.received.length, 2, 'no report of nothing')
})

test('a deleted query ends its deliveries, and a deleted subscription its own', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  const id = await world.subscribe('all', { dest: receiver.url, stream: true })
  await world.subscribe('all', { dest: receiver.url, stream: true })
  assert.equal((await world.call('DELETE', `/queries/all/subscriptions/${id}`)).status, 204)
  assert.equal((await world.call('GET', `/queries/all/subscriptions/${id}`)).status, 404)
  await world.capture(1)
  await until('one of the two', () => receiver.taken().length === 1)
  assert.equal((await world.call('DELETE', '/queries/all')).status, 204)
  await world.capture(2)
  assert.equal((await world.call('GET', '/queries/all/subscriptions')).status, 404)
  assert.deepEqual(await world.world.cases.list('subscriptions'), [])
  assert.equal(receiver.taken().length, 1)
})

test('identifiers are written as the subscriber asked for', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  await world.subscribe('all', { dest: receiver.url, stream: true }, { 'GS1-EPC-Format': 'Always_GS1_Digital_Link' })
  await world.capture(1)
  await until('the event', () => receiver.taken().length === 1)
  const [delivery] = receiver.received
  const { eventList } = JSON.parse(delivery?.body ?? '').epcisBody.queryResults.resultsBody
  assert.deepEqual(eventList[0].epcList, ['https://id.gs1.org/01/09506000134352/21/1'])
  assert.equal(delivery?.headers['gs1-epc-format'], 'Always_GS1_Digital_Link')
})

test('a restart goes on with what was owed, and removes what a deleted query left', async () => {
  const before = await startWorld()
  await using receiver = await startReceiver()
  receiver.behave(() => 503)
  await before.makeQuery('all')
  await before.makeQuery('other')
  const owing = await before.subscribe('all', { dest: receiver.url, stream: true })
  const orphan = await before.subscribe('other', { dest: receiver.url, stream: true })
  await before.capture(1)
  const isOwed = ({ body }: Received) => body.includes(owing)
  await until('an attempt', () => receiver.received.some(isOwed))
  await before[Symbol.asyncDispose]()
  const tried = receiver.received.find(isOwed)
  await before.world.cases.remove('queries', 'other')
  receiver.behave(() => 200)
  await using after = await startWorld({}, { stores: before.world })
  await after.capture(2)
  await until('both events', () => receiver.taken().length === 2)
  assert.deepEqual(receiver.taken(), [idOf(1), idOf(2)])
  const first = receiver.received.find(({ status }) => status === 200)
  assert.deepEqual([first?.headers['idempotency-key'], first?.body], [tried?.headers['idempotency-key'], tried?.body])
  assert.deepEqual(
    (await after.call('GET', '/api/v1/subscriptions')).json.items.map((one: { subscriptionID: string }) => one.subscriptionID),
    [owing]
  )
  assert.ok(!(await before.world.cases.list('subscriptions')).some(({ id }) => id === orphan))
})

test('what a deployment does not allow is refused when it is asked for, and again when its name is resolved', async () => {
  const allowedDestination = (_url: URL, address?: string) => (address === '127.0.0.1' ? 'it is a private address' : undefined)
  await using world = await startWorld({ allowedDestination })
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  const refused = await world.call('POST', '/queries/all/subscriptions', { dest: receiver.url, stream: true })
  assert.deepEqual([refused.status, refused.json.findings[0].pointer], [400, '/dest'])
  const id = await world.subscribe('all', { dest: receiver.url.replace('127.0.0.1', 'localhost'), stream: true })
  await world.capture(1)
  await until('the refusal', async () => (await world.statusOf(id)).state === 'retrying')
  assert.match((await world.statusOf(id)).lastFailure, /private address/)
  assert.equal(receiver.received.length, 0)
})

test('the metrics tell what was sent, retried, halved and given up', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  receiver.behave((_delivery, number) => ([500, 413] as const)[number] ?? 200)
  await world.subscribe('all', { dest: receiver.url, stream: true })
  await world.capture(1)
  await until('the refusals', () => receiver.received.length === 2)
  await world.capture(2)
  await until('the next event', () => receiver.taken().length === 1)
  await until('it is counted', async () => (await world.metrics.text()).includes('deliveries_total{outcome="sent"} 1'))
  const text = await world.metrics.text()
  for (const line of [
    'deliveries_total{outcome="retried"} 1',
    'deliveries_total{outcome="dead"} 1',
    'delivered_events_total{way="webhook"} 1'
  ])
    assert.ok(text.includes(`tracegate_api_${line}`), line)
  assert.ok(text.includes('tracegate_api_dead_deliveries 1'))
  assert.ok(text.includes('tracegate_api_subscriptions_active 1'))
  assert.ok(text.includes('tracegate_api_subscription_lag_seconds 0'))
})

test('what no bus told of is found by looking, and an answer without end is read to its bound only', async () => {
  await using world = await startWorld({ pollMs: 30 })
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  receiver.behave(() => 'flood')
  await world.subscribe('all', { dest: receiver.url, stream: true })
  for (const number of [1, 2]) {
    await world.world.trace.capture(
      [traceEvent({ id: idOf(number), atMs: startMs, objects: [vaccine] })].map((event) => ({ ...event, recordTimeMs: Date.now() }))
    )
    await until(`event ${number}`, () => receiver.taken().length === number)
  }
  assert.deepEqual(receiver.taken(), [idOf(1), idOf(2)])
})

test('batches are bounded by octets, too, and an event larger than the bound goes alone', async () => {
  await using world = await startWorld({ batchBytesMax: 1_000 })
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  await world.capture(1, 2, 3)
  await world.captureEvent(eventOf(4, { '@context': [{ ex: 'https://example.org/' }], 'ex:note': 'x'.repeat(3_000) }))
  await world.capture(5, 6)
  await world.subscribe('all', { dest: receiver.url, stream: true, initialRecordTime: '2000-01-01T00:00:00Z' })
  await until('all events', () => receiver.taken().length === 6)
  assert.deepEqual(receiver.taken(), [1, 2, 3, 4, 5, 6].map(idOf))
  const sizes = receiver.received.map(({ eventIDs }) => eventIDs.length)
  assert.ok(sizes.every((size) => size <= 3) && sizes.length >= 3, String(sizes))
  assert.deepEqual(receiver.received.find(({ eventIDs }) => eventIDs.includes(idOf(4)))?.eventIDs, [idOf(4)])
})

test('after a move to a store that does not know the place, everything since the last success comes again', async () => {
  const before = await startWorld()
  await using receiver = await startReceiver()
  await before.makeQuery('all')
  const id = await before.subscribe('all', { dest: receiver.url, stream: true })
  await before.capture(1)
  await until('the first', async () => (await before.statusOf(id)).delivered === 1)
  await before[Symbol.asyncDispose]()
  const kept = subscriptionRows.check((await before.world.cases.get('subscriptions', id))?.document)
  assert.ok(kept.ok)
  const { progress } = kept.value
  await before.world.cases.put('subscriptions', id, { ...kept.value, progress: { ...progress, cursor: 'of another store' } })
  await using after = await startWorld({}, { stores: before.world })
  await after.capture(2)
  await until('the second', () => receiver.taken().includes(idOf(2)))
  assert.deepEqual([...new Set(receiver.taken())], [idOf(1), idOf(2)])
})

test('a store that takes no rows for a while costs a repeat at most, and neither an event nor the order', async () => {
  const stores = await createWorld({ withAccount: false })
  let failing = 0
  const cases: typeof stores.cases = {
    ...stores.cases,
    put(register, id, document, expectedVersion) {
      if (register !== 'subscriptions' || failing === 0) return stores.cases.put(register, id, document, expectedVersion)
      failing -= 1
      return Promise.reject(storeError('STORE_FULL', { action: 'put document', path: 'cases.db' }))
    }
  }
  await using world = await startWorld({}, { stores: { ...stores, cases } })
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  await world.subscribe('all', { dest: receiver.url, stream: true })
  for (const number of [1, 2, 3]) {
    failing = number
    await world.capture(number)
    await until(`event ${number}`, () => receiver.taken().includes(idOf(number)))
  }
  assert.deepEqual([...new Set(receiver.taken())], [1, 2, 3].map(idOf))
  await until('everything is kept again', async () => {
    const [row] = await stores.cases.list('subscriptions')
    const read = subscriptionRows.check(row?.document)
    return read.ok && read.value.progress.delivered === 3 && read.value.progress.pending === undefined
  })
})

test('a kept connection that the receiver has closed is no failure of the receiver', async () => {
  await using world = await startWorld()
  await using receiver = await startReceiver()
  await world.makeQuery('all')
  // Those two come on a connection that an earlier one left.
  receiver.behave((_delivery, number) => (number === 1 || number === 4 ? 'close' : 200))
  const id = await world.subscribe('all', { dest: receiver.url, stream: true })
  for (const number of [1, 2, 3, 4]) {
    await world.capture(number)
    await until(`event ${number}`, () => receiver.taken().includes(idOf(number)))
  }
  assert.equal((await world.statusOf(id)).attempts, 0)
  assert.doesNotMatch(await world.metrics.text(), /outcome="retried"/)
})
