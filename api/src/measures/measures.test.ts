/** Measures over HTTP: ordered, carried out, decided, and what reaches the scanners of them. */
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { signedControlText } from '@tracegate/model/control'
import type { MeasureDecision, MeasureRequest } from '@tracegate/model/http-measures'
import { keysOfGoods } from '@tracegate/model/control-goods'
import { createMetrics } from '@tracegate/service/metrics'
import { authorization, createCheckedServer, itemOf, minuteMs, startMs, traceEvent, vaccine, type World, yard } from '../harness.ts'
import { createMeasureDesk } from './measure-desk.ts'
import { createListener, createMeasureWorld, itemA, itemB, lot, pallet, putWarning } from './testing.ts'

const body: MeasureRequest = {
  type: 'sealDetain',
  warning: 'W-2026-000001',
  addressees: [{ type: 'point', point: 'port-1' }],
  instruction: { zh: '立即查封', en: 'Seal them at once' },
  why: 'the lot was too warm for an hour'
}
const keysAt = (listener: ReturnType<typeof createListener>, point: string, action?: string) =>
  new Set(
    [...listener.retained]
      .filter(([topic]) => topic.startsWith(`tg/v1/${point}/-/control`))
      .flatMap(([, { orders }]) =>
        orders.filter((order) => action === undefined || order.action === action).flatMap(({ goods }) => [...keysOfGoods(goods)])
      )
  )

async function open() {
  const made = await createMeasureWorld()
  let server: ReturnType<typeof createCheckedServer> | undefined
  const send = async (method: 'GET' | 'POST', url: string, payload?: object, key = authorization) => {
    const app = await (server ??= createCheckedServer(made.world))
    const answer = await app.inject({ method, url, headers: { authorization: key }, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, json: JSON.parse(answer.body) }
  }
  const act = (id: string, payload: object) => send('POST', `/api/v1/measures/${id}/actions`, payload)
  const decide = (id: string, payload: object) => send('POST', `/api/v1/measures/${id}/decisions`, payload)
  /** Beside HTTP, for tests of what comes after. */
  const order = async (change: Partial<MeasureRequest> = {}) => {
    const [kept] = await made.desk.office.order({ ...body, ...change }, 'authority')
    return kept?.state.id ?? ''
  }
  const judge = (id: string, decision: MeasureDecision) => made.desk.office.decide(id, decision, 'authority')
  return { ...made, send, act, decide, order, judge }
}

test('a measure goes from the order to its evaluation, with deadlines by level, proof, and the policy it was ordered under', async () => {
  const { world, clock, send, act, decide } = await open()
  const ordered = await send('POST', '/api/v1/measures', {
    ...body,
    addressees: [...body.addressees, { type: 'company', gln: '9506000134352' }]
  })
  assert.equal(ordered.status, 200, JSON.stringify(ordered.json))
  const [first, second] = ordered.json.items
  assert.deepEqual(
    [first.id, second.id, first.level, first.status, first.deadlines.acknowledgeMs - clock.nowMs, first.policyVersion, first.goods],
    ['M-2026-000001', 'M-2026-000002', 'II', 'ordered', 2 * 60 * minuteMs, 1, [lot]]
  )
  assert.equal((await act(first.id, { type: 'start' })).status, 409)
  assert.equal((await act(first.id, { type: 'acknowledge', note: 'seen' })).json.status, 'acknowledged')
  assert.equal((await act(first.id, { type: 'start', expectedLength: 1 })).json.code, 'CASE_CHANGED')
  assert.equal((await act(first.id, { type: 'start' })).json.status, 'executing')
  await world.cases.put('attachments', 'proof-1', {
    id: 'proof-1',
    sha256: 'a'.repeat(64),
    bytes: 3,
    mediaType: 'image/jpeg',
    cleaned: true,
    atMs: 1,
    by: 'x'
  })
  assert.equal((await act(first.id, { type: 'done', text: 'sealed' })).json.code, 'MEASURE_PROOF_MISSING')
  assert.equal(
    (await act(first.id, { type: 'feedBack', text: 'found 2', proof: [{ attachment: 'nothing' }] })).json.code,
    'MEASURE_PROOF_UNKNOWN'
  )
  const evaluated = async () => {
    const failed = await act(first.id, { type: 'failed', text: 'the door is locked' })
    assert.equal(failed.json.ended.late, false)
    assert.ok(failed.json.deadlines.evaluateMs > clock.nowMs)
    return decide(first.id, { type: 'evaluate', verdict: 'ineffective', text: 'another try is needed' })
  }
  assert.equal((await evaluated()).json.status, 'evaluated')
  const detail = await send('GET', `/api/v1/measures/${first.id}`)
  assert.deepEqual(
    detail.json.journal.map(({ action }: { action: string }) => action),
    ['ordered', 'acknowledged', 'started', 'failed', 'evaluated']
  )
  const warning = await world.cases.head('warning', 'W-2026-000001')
  assert.match(JSON.stringify(warning?.state), /"measures":\["M-2026-000001","M-2026-000002"\]/)
  const board = await send('GET', '/api/v1/measures/board')
  assert.ok(
    board.json.items.some(
      (row: { name: { zh: string }; counts: { count: number }[] }) =>
        row.name.zh === '查封扣押' && row.counts.reduce((sum, { count }) => sum + count, 0) === 2
    )
  )
  assert.equal((await send('GET', '/api/v1/measures?company=9506000134352')).json.items.length, 1)
})

test('what the policy does not allow, names nobody or rests on nothing is refused with its place', async () => {
  const { world, send } = await open()
  await putWarning(world, { id: 'W-2026-000002', level: 'IV' })
  await putWarning(world, { id: 'W-2026-000003', status: 'draft' })
  const refused = async (change: object) => (await send('POST', '/api/v1/measures', { ...body, ...change })).json
  assert.equal((await refused({ warning: 'W-2026-000002' })).code, 'MEASURE_NOT_ALLOWED')
  assert.equal((await refused({ warning: 'W-2026-000003' })).code, 'MEASURE_ORIGIN_STATUS')
  assert.equal((await refused({ warning: 'W-9' })).code, 'MEASURE_ORIGIN_UNKNOWN')
  assert.equal((await refused({ warning: undefined })).code, 'MEASURE_ORIGIN_MISSING')
  const nobody = await refused({ addressees: [{ type: 'point', point: 'nowhere' }] })
  assert.match(nobody.detail, /\/addressees\/0\/point is "nowhere"/)
  assert.equal((await refused({ deadlines: { acknowledgeMs: 1, executeMs: 2 } })).code, 'MEASURE_DEADLINE_INVALID')
})

test('ordering needs the right order, carrying out the right respond, and neither gives the other', async () => {
  const { world, send } = await open()
  await world.accounts.ensureServiceKey('company', 'company-key-0123456789', ['read', 'respond'])
  await world.accounts.ensureServiceKey('authority', 'authority-key-0123456789', ['read', 'order'])
  const [company, authority] = ['Bearer company-key-0123456789', 'Bearer authority-key-0123456789']
  assert.equal((await send('POST', '/api/v1/measures', body, company)).status, 403)
  const { json } = await send('POST', '/api/v1/measures', body, authority)
  const url = `/api/v1/measures/${json.items[0].id}`
  assert.equal((await send('POST', `${url}/actions`, { type: 'acknowledge' }, authority)).status, 403)
  assert.equal((await send('POST', `${url}/actions`, { type: 'acknowledge' }, company)).json.acknowledged.by, 'company')
  assert.equal((await send('POST', `${url}/decisions`, { type: 'withdraw', why: 'x' }, company)).status, 403)
})

test('a seizure reaches the scanners of its point with what the trace knows: the lot, its units and what holds them now', async () => {
  const { world, clock, listener, desk, order, judge } = await open()
  const id = await order()
  await desk.look()
  assert.deepEqual(keysAt(listener, 'port-1'), new Set([lot, itemA, itemB, pallet]))
  assert.equal(keysAt(listener, 'shop-1').size, 0)
  const before = listener.retained.get('tg/v1/port-1/-/control')?.revision ?? 0
  assert.ok(before >= startMs)

  clock.nowMs += 10
  await world.trace.capture([
    traceEvent({
      id: 'e-3',
      atMs: startMs + 5_000,
      parent: pallet,
      children: [itemA],
      action: 'DELETE',
      bizStep: 'unpacking',
      bizLocation: yard
    }),
    traceEvent({
      id: 'e-4',
      atMs: startMs + 6_000,
      objects: [itemOf(vaccine, 'C')],
      lot: 'L1',
      action: 'ADD',
      bizStep: 'commissioning',
      bizLocation: yard
    })
  ])
  await desk.look()
  assert.deepEqual(keysAt(listener, 'port-1'), new Set([lot, itemA, itemB, itemOf(vaccine, 'C')]))
  assert.ok((listener.retained.get('tg/v1/port-1/-/control')?.revision ?? 0) > before)

  await judge(id, { type: 'exempt', keys: [itemB], why: 'tested and found right' })
  await desk.look()
  assert.deepEqual(keysAt(listener, 'port-1', 'release'), new Set([itemB]))

  await judge(id, { type: 'withdraw', why: 'ordered in error' })
  await desk.look()
  assert.equal(keysAt(listener, 'port-1', 'hold').size, 0)
  assert.deepEqual(
    listener.retained.get('tg/v1/port-1/-/control')?.orders.map(({ action, of }) => [action, of]),
    [['release', id]]
  )
  clock.nowMs += 8 * 86_400_000
  await desk.look()
  assert.deepEqual(listener.retained.get('tg/v1/port-1/-/control')?.orders, [])
})

test('recall, suspension of sale and restriction of trade go to every point, each as its own action; a drill says that it is one', async () => {
  const { world, listener, desk, order } = await open()
  await putWarning(world, { id: 'W-2026-000009', drill: true })
  for (const type of ['recall', 'suspendSale', 'restrictTrade', 'traceInvestigation'] as const)
    await order({ type, addressees: [{ type: 'goods' }] })
  await order({ warning: 'W-2026-000009' })
  await desk.look()
  // The drill is ordered to one point, as all seizures are that are not for everybody.
  for (const point of ['port-1', 'shop-1'])
    assert.deepEqual(
      new Set(
        listener.retained
          .get(`tg/v1/${point}/-/control`)
          ?.orders.map(({ id, action, drill }) => `${id.slice(13).replace(/_.*/, '')} ${action} ${drill ?? false}`)
      ),
      new Set([
        ' recall false',
        ' refuseSale false',
        '-export refuseExport false',
        '-import refuseImport false',
        ...(point === 'port-1' ? [' hold true'] : [])
      ])
    )
})

test('lifting the warning withdraws its measures and sends releases; a scope that grew is followed', async () => {
  const { world, listener, desk, order } = await open()
  const id = await order()
  const other = `${vaccine}/10/L2`
  const scope = { exposed: [], products: [vaccine], lots: [lot, other], holdings: [], total: 3, truncated: false, asOfMs: startMs }
  await putWarning(world, { scope, measures: [id] })
  await desk.look()
  assert.ok(keysAt(listener, 'port-1', 'hold').has(other))
  await putWarning(world, { status: 'lifted', scope, measures: [id] })
  await desk.look()
  const { state } = await desk.book.get(id)
  assert.deepEqual([state.status, state.withdrawn?.cause], ['withdrawn', 'lifted'])
  assert.deepEqual(
    listener.retained.get('tg/v1/port-1/-/control')?.orders.map(({ action }) => action),
    ['release']
  )
})

test('a broker that is away gets the list when it is back, and a process that starts anew publishes what the case store holds', async () => {
  const { world, clock, listener, desk, order } = await open()
  listener.down = true
  await order()
  await desk.look()
  assert.equal(listener.retained.size, 0)
  listener.down = false
  await desk.look()
  const revision = listener.retained.get('tg/v1/port-1/-/control')?.revision
  assert.ok(revision !== undefined)
  // A broker that lost what it retained is given the list anew within ten minutes, with the same revision.
  listener.retained.clear()
  clock.nowMs += 600_000
  await desk.control.look()
  assert.equal(listener.retained.get('tg/v1/port-1/-/control')?.revision, revision)
  // Another process over the same case store, which the first one left as after a kill.
  const again = createListener()
  const { cases, bus, trace, telemetry, logger, context } = world
  await using next = createMeasureDesk({
    cases,
    bus,
    trace,
    telemetry,
    logger,
    metrics: createMetrics(),
    ...pick(context),
    publisher: again,
    keysPath: undefined
  })
  await next.control.look()
  assert.deepEqual(again.retained.get('tg/v1/port-1/-/control'), listener.retained.get('tg/v1/port-1/-/control'))
  assert.equal((await next.controlBook.journal('port-1')).length, (await desk.controlBook.journal('port-1')).length)
})

const pick = ({ registers, policy, attachments, warnings, recalls, nowMs }: World['context']) => ({
  registers,
  policy,
  attachments,
  warnings,
  recalls,
  nowMs
})

test('the platform knows which device applied which revision, and nobody else counts', async () => {
  const { world, clock, listener, desk, send, order } = await open()
  await order()
  await desk.look()
  const revision = listener.retained.get('tg/v1/port-1/-/control')?.revision ?? 0
  const reading = {
    point: 'port-1',
    device: 'agent',
    metric: 'control.revision',
    unit: '1',
    quality: 1 as const,
    timeMs: clock.nowMs,
    value: revision
  }
  desk.start()
  world.bus.publish('readings', { readings: [{ ...reading, metric: 'temperature' }, reading], receivedAtMs: clock.nowMs })
  await desk.control.look()
  const { json } = await send('GET', '/api/v1/control')
  const port = json.items.find((row: { point: string }) => row.point === 'port-1')
  assert.deepEqual([port.isApplied, port.applied[0].device, port.applied[0].revision, port.dueMs], [true, 'agent', revision, undefined])
  assert.equal((await send('GET', '/api/v1/control/port-1')).json.lists[0].revision, revision)
  await desk[Symbol.asyncDispose]()
})

test('every measure and control journal verifies by its hashes', async () => {
  const { world, desk, order } = await open()
  await order()
  await desk.look()
  for (const kind of ['measure', 'control'] as const)
    for (const { id } of (await world.cases.heads({ kind, limit: 10 })).heads) {
      const journal = await world.cases.journal(kind, id)
      assert.ok(journal.every((step, index) => index === 0 || step.previousHash === journal[index - 1]?.hash))
    }
})

test('lists are signed with a key of the platform that agents can be given', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-control-'))
  try {
    const listener = createListener()
    const { world } = await createMeasureWorld()
    const { cases, bus, trace, telemetry, logger, context } = world
    const desk = createMeasureDesk({
      cases,
      bus,
      trace,
      telemetry,
      logger,
      metrics: createMetrics(),
      ...pick(context),
      publisher: listener,
      keysPath: join(folder, 'control-keys.json')
    })
    await desk.office.order(body, 'authority')
    await desk.look()
    const list = listener.retained.get('tg/v1/port-1/-/control')
    const [key] = await desk.keys()
    assert.ok(list?.signature !== undefined && key !== undefined)
    assert.equal(list.signature.keyId, key.id)
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.publicKey }, format: 'jwk' })
    const signature = Buffer.from(list.signature.value, 'base64url')
    assert.ok(verify(null, Buffer.from(signedControlText(list)), publicKey, signature))
    assert.ok(!verify(null, Buffer.from(signedControlText({ ...list, revision: list.revision + 1 })), publicKey, signature))
    await desk[Symbol.asyncDispose]()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
