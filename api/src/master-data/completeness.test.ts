/** Completeness of a chain over HTTP, and its stage profiles. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  defaultStageProfiles,
  demandCodes,
  demandTexts,
  judgeCompleteness,
  type ChainFacts
} from '@tracegate/model/master-data-completeness'
import {
  authorization,
  chamber,
  createCheckedServer,
  createWorld,
  fish,
  importer,
  minuteMs,
  shop,
  startMs,
  traceEvent,
  vaccine,
  yard
} from '../harness.ts'

const item = `${fish}/21/1`
const dayMs = 1_440 * minuteMs

async function open(nowMs = startMs + dayMs) {
  const world = await createWorld({ withAccount: false, nowMs: () => nowMs })
  const app = await createCheckedServer(world)
  const ask = async (query: string) => (await app.inject({ url: `/api/v1/completeness?${query}`, headers: { authorization } })).json()
  return { world, app, ask }
}

const codes = (demands: readonly { code: string }[]) => demands.map((demand) => demand.code)

test('a chain says which stages and data are missing, with the events concerned', async () => {
  const { world, ask } = await open()
  await world.trace.capture([
    traceEvent({ id: 'ship', atMs: startMs, objects: [item], bizStep: 'shipping', readPoint: 'https://id.gs1.org/414/9520123456788' }),
    traceEvent({ id: 'lost', atMs: startMs + 1, objects: [item], bizStep: 'storing' })
  ])
  const answer = await ask(`of=${encodeURIComponent(item)}`)
  assert.deepEqual([answer.profile.regime, answer.profile.version, answer.complete], ['food', 0, false])
  assert.deepEqual(codes(answer.missing), [
    'STAGE_PRODUCTION',
    'STAGE_INSPECTION',
    'ORIGIN',
    'PARTY',
    'PLACE',
    'PLACE_REGISTERED',
    'LOT',
    'EXPIRY'
  ])
  const place = answer.missing.find((demand: { code: string }) => demand.code === 'PLACE')
  assert.deepEqual([place.events, place.text.en], [['lost'], 'Events without a place'])
  assert.equal(answer.percentage, Math.floor((100 * answer.met.length) / (answer.met.length + answer.missing.length)))
  assert.equal((await ask(`of=${encodeURIComponent(item)}&regime=general`)).profile.regime, 'general')
  assert.equal(
    (await ask('of=9520123456788')).missing.some((demand: { code: string }) => demand.code === 'PRODUCT_REGISTERED'),
    true
  )
})

test('a whole chain is at 100 %', async () => {
  const { world, ask } = await open()
  const facts = { objects: [item], lot: 'L1', to: importer }
  const events = [
    traceEvent({ ...facts, id: 'make', atMs: startMs, action: 'ADD', bizStep: 'commissioning', bizLocation: yard }),
    traceEvent({ ...facts, id: 'inspect', atMs: startMs + 1, bizStep: 'inspecting', readPoint: yard }),
    traceEvent({ ...facts, id: 'ship', atMs: startMs + 2, bizStep: 'shipping', readPoint: yard }),
    traceEvent({ ...facts, id: 'receive', atMs: startMs + 3, bizStep: 'receiving', bizLocation: shop })
  ]
  const ilmd = { 'cbvmda:countryOfOrigin': 'NO', 'cbvmda:itemExpirationDate': '2027-01-01' }
  await world.trace.capture(events.map((event) => ({ ...event, json: JSON.stringify({ ...JSON.parse(event.json), ilmd }) })))
  const answer = await ask(`of=${encodeURIComponent(item)}`)
  assert.deepEqual(codes(answer.missing), [])
  assert.deepEqual([answer.percentage, answer.complete], [100, true])
  assert.ok(codes(answer.met).includes('RECEIPT_AFTER_SHIPPING'))
  assert.deepEqual(
    answer.stages.find((stage: { stage: string }) => stage.stage === 'sale'),
    { stage: 'sale', needed: false, seen: false, events: 0 }
  )
})

test('what was shipped must arrive when it is due, and what arrives must have been shipped', async () => {
  const late = await open(startMs + 15 * dayMs)
  const shipment = traceEvent({ id: 'ship', atMs: startMs, objects: [item], bizStep: 'shipping', readPoint: chamber })
  await late.world.trace.capture([shipment])
  assert.ok(codes((await late.ask(`of=${encodeURIComponent(item)}`)).missing).includes('RECEIPT_AFTER_SHIPPING'))
  const early = await open(startMs + 13 * dayMs)
  await early.world.trace.capture([
    shipment,
    traceEvent({ id: 'r', atMs: startMs - 5, objects: [item], bizStep: 'receiving', bizLocation: shop })
  ])
  const answer = codes((await early.ask(`of=${encodeURIComponent(item)}`)).missing)
  assert.equal(answer.includes('RECEIPT_AFTER_SHIPPING'), false, 'it is still on its way')
  assert.equal(answer.includes('SHIPPING_BEFORE_RECEIPT'), true)
})

test('a stage profile is changed at the version that was seen, and counts from then on', async () => {
  const { app, ask, world } = await open()
  const url = '/api/v1/stage-profiles/general'
  const { regime: _regime, version: _version, ...body } = defaultStageProfiles.general
  const put = (payload: object, headers: Record<string, string>) =>
    app.inject({ method: 'PUT', url, headers: { authorization, ...headers }, payload })
  const changed = { ...body, stages: { ...body.stages, inspection: 'never', maintenance: 'always' }, keyData: ['lot'] }
  assert.equal((await put(changed, {})).statusCode, 428)
  assert.equal((await put(changed, { 'if-match': '"3"' })).statusCode, 412)
  assert.equal((await put({ ...changed, keyData: ['colour'] }, { 'if-match': '"0"' })).statusCode, 400)
  const done = await put(changed, { 'if-match': '"0"' })
  assert.deepEqual([done.statusCode, done.json().version, done.headers.etag], [200, 1, '"1"'])
  const answer = await ask(`of=${encodeURIComponent(`${vaccine}/21/9`)}`)
  assert.deepEqual(
    [answer.profile.version, codes(answer.missing)],
    [1, ['STAGE_PRODUCTION', 'STAGE_LOGISTICS', 'STAGE_MAINTENANCE', 'LOT']]
  )
  const list = await app.inject({ url: '/api/v1/stage-profiles', headers: { authorization } })
  assert.deepEqual(
    list.json().items.map((profile: { version: number }) => profile.version),
    [1, 0]
  )
  assert.equal((await app.inject({ url: '/api/v1/stage-profiles/none', headers: { authorization } })).statusCode, 404)
  assert.equal((await world.cases.journal('audit', 'stage-profile:general')).length, 1)
})

test('a later stage asks for the one before it, but the end of life for none', () => {
  const step = (stage: 'sale' | 'maintenance' | 'end') => ({
    stage,
    timeMs: startMs,
    timeZoneOffset: '+08:00',
    eventID: stage,
    type: 'ObjectEvent',
    readings: []
  })
  const facts = (steps: ChainFacts['steps']): ChainFacts => ({
    of: item,
    isGoods: true,
    steps,
    truncated: false,
    product: undefined,
    productKey: fish,
    lot: undefined,
    originEvents: [],
    expiryEvents: [],
    placesKnown: new Set(),
    nowMs: startMs
  })
  const missing = (steps: ChainFacts['steps']) => codes(judgeCompleteness(facts(steps), defaultStageProfiles.general).missing)
  assert.ok(missing([step('maintenance')]).includes('STAGE_USE'))
  assert.equal(missing([step('end')]).includes('STAGE_SALE'), false)
  for (const code of demandCodes) assert.ok(demandTexts[code].zh !== '' && demandTexts[code].en !== '')
})
