/** The trigger engine on goods that came, went and were sold, over stores in memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { compileValidator } from '@tracegate/model/codec'
import { readWarningStep, reduceWarning } from '@tracegate/model/warning-reducer'
import { WarningCase } from '@tracegate/model/warning'
import {
  anomalyOf,
  chamber,
  createWorld,
  fish,
  importer,
  itemOf,
  minuteMs,
  raise,
  shop,
  startMs,
  traceEvent,
  vaccine,
  yard,
  type World
} from './harness.ts'
import { createTriggerEngine } from './trigger.ts'

const warnings = compileValidator(WarningCase)
const pallet = 'https://id.gs1.org/00/095060001343520001'
const onset = startMs + 60 * minuteMs

async function warningsOf(world: World): Promise<WarningCase[]> {
  const { heads } = await world.cases.heads({ kind: 'warning', limit: 100 })
  return heads.map((head) => {
    const read = warnings.check(head.state)
    assert.ok(read.ok, read.ok ? '' : read.reason.message)
    return read.value
  })
}

/** Three vaccines were in the chamber during the excursion, one on a pallet; one left before, one came after. */
async function storeGoods(world: World): Promise<void> {
  const into = (serial: string, atMs: number) =>
    traceEvent({ id: `in-${serial}`, atMs, objects: [itemOf(vaccine, serial)], bizStep: 'storing', bizLocation: chamber })
  await world.trace.capture([
    traceEvent({
      id: 'made',
      atMs: startMs - 1_000 * minuteMs,
      action: 'ADD',
      objects: ['early', 'inside', 'boxed', 'late', 'moved'].map((serial) => itemOf(vaccine, serial)),
      bizStep: 'commissioning',
      lot: 'LOT7'
    }),
    into('early', startMs),
    traceEvent({ id: 'out', atMs: startMs + 30 * minuteMs, objects: [itemOf(vaccine, 'early')], bizStep: 'shipping', to: importer }),
    into('inside', startMs + minuteMs),
    into('moved', startMs + minuteMs),
    traceEvent({ id: 'pack', atMs: startMs, action: 'ADD', parent: pallet, children: [itemOf(vaccine, 'boxed')], bizStep: 'packing' }),
    traceEvent({ id: 'in-pallet', atMs: startMs + 2 * minuteMs, objects: [pallet], bizStep: 'storing', bizLocation: chamber }),
    traceEvent({ id: 'moved-on', atMs: onset + minuteMs, objects: [itemOf(vaccine, 'moved')], bizStep: 'receiving', bizLocation: yard })
  ])
}

const nowMs = () => onset + 3 * minuteMs

test('an anomaly at a place becomes one draft with exactly the goods that were there', async () => {
  const world = await createWorld({ nowMs })
  await storeGoods(world)
  await using trigger = createTriggerEngine(world.context)
  const told: string[] = []
  world.bus.subscribe('warning', ({ warning }) => told.push(warning.id))
  await raise(world, anomalyOf(), nowMs() - 200)
  await trigger.idle()

  const [warning, ...others] = await warningsOf(world)
  assert.ok(warning)
  assert.deepEqual(others, [])
  assert.equal(warning.id, 'W-2026-000001')
  assert.deepEqual(told, ['W-2026-000001'])
  const exposed = new Set(warning.scope.exposed.map((stay) => stay.key))
  for (const serial of ['inside', 'boxed', 'moved']) assert.ok(exposed.has(itemOf(vaccine, serial)), serial)
  for (const serial of ['early', 'late']) assert.ok(!exposed.has(itemOf(vaccine, serial)), serial)
  assert.deepEqual(warning.scope.products, [vaccine])
  assert.deepEqual(warning.scope.lots, [`${vaccine}/10/LOT7`])
  assert.equal(warning.proposal.criteria.harm.value, 4)
  assert.ok(['I', 'II'].includes(warning.proposal.level))
  assert.match(warning.proposal.table.source, /\[ours\]/)
  for (const criterion of Object.values(warning.proposal.criteria)) assert.ok(criterion.reason.zh !== '' && criterion.reason.en !== '')
  assert.equal(warning.startMs, onset)
  assert.equal(warning.regime, 'general')
  assert.equal(warning.draftedAfterMs, 200)
  assert.deepEqual(world.failures, [])
})

test('the same anomaly again, after a restart too, makes no second draft', async () => {
  const world = await createWorld({ nowMs })
  await storeGoods(world)
  {
    await using trigger = createTriggerEngine(world.context)
    await raise(world, anomalyOf())
    world.bus.publish('anomaly', { anomaly: anomalyOf(), receivedAtMs: nowMs() })
    await trigger.idle()
  }
  await using again = createTriggerEngine(world.context)
  await again.takeUp()
  world.bus.publish('anomaly', { anomaly: anomalyOf(), receivedAtMs: nowMs() })
  await again.idle()
  assert.equal((await warningsOf(world)).length, 1)
  assert.equal((await world.cases.journal('warning', 'W-2026-000001')).length, 1)
})

test('an anomaly that was opened while nobody listened is taken up at the start', async () => {
  const world = await createWorld({ nowMs })
  await storeGoods(world)
  await raise(world, anomalyOf())
  await using trigger = createTriggerEngine(world.context)
  await trigger.takeUp()
  await trigger.idle()
  assert.equal((await warningsOf(world)).length, 1)
})

test('goods that come in while the anomaly is open join the scope, and its end closes it', async () => {
  let now = nowMs()
  const world = await createWorld({ nowMs: () => now })
  await storeGoods(world)
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf())
  await trigger.idle()
  const late = traceEvent({
    id: 'in-late',
    atMs: now + minuteMs,
    objects: [itemOf(vaccine, 'late')],
    bizStep: 'storing',
    bizLocation: chamber
  })
  await world.trace.capture([late])
  now += 2 * minuteMs
  world.bus.publish('events', { events: [late], receivedAtMs: now })
  const deadline = performance.now() + 5_000
  let scope: string[] = []
  while (!scope.includes(itemOf(vaccine, 'late')) && performance.now() < deadline) {
    await wait(50)
    scope = (await warningsOf(world))[0]?.scope.exposed.map((stay) => stay.key) ?? []
  }
  assert.ok(scope.includes(itemOf(vaccine, 'late')))

  now += minuteMs
  await raise(world, anomalyOf({ status: 'closed', closedMs: onset + 2 * minuteMs, lastMs: onset + 2 * minuteMs }))
  await trigger.idle()
  const [closed] = await warningsOf(world)
  assert.ok(!closed?.scope.exposed.some((stay) => stay.key === itemOf(vaccine, 'late')), 'came after the end')

  const journal = await world.cases.journal('warning', 'W-2026-000001')
  assert.deepEqual(
    journal.map((step) => step.action),
    ['drafted', 'updated', 'updated']
  )
  let replayed: WarningCase | undefined
  for (const { atMs, by, why, data } of journal) {
    const step = readWarningStep(data)
    assert.ok(step.ok)
    replayed = reduceWarning(replayed, step.value, { id: 'W-2026-000001', atMs, by, why })
  }
  assert.deepEqual(replayed, closed, 'the journal alone gives the case')
})

test('goods sold on make the draft more urgent than goods still there', async () => {
  const world = await createWorld({ nowMs })
  await storeGoods(world)
  await world.trace.capture([
    traceEvent({ id: 'shop', atMs: onset + minuteMs, objects: [itemOf(vaccine, 'inside')], bizStep: 'receiving', bizLocation: shop }),
    traceEvent({
      id: 'sold',
      atMs: onset + 2 * minuteMs,
      objects: [itemOf(vaccine, 'inside')],
      bizStep: 'retail_selling',
      disposition: 'retail_sold',
      readPoint: shop
    })
  ])
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf())
  await trigger.idle()
  const [warning] = await warningsOf(world)
  assert.equal(warning?.proposal.criteria.urgency.value, 4)
  assert.equal(warning.proposal.level, 'I')
})

test('food is labelled and says that another procedure decides', async () => {
  const world = await createWorld({ nowMs })
  await world.trace.capture([traceEvent({ id: 'in', atMs: startMs, objects: [itemOf(fish, 1)], bizStep: 'storing', bizLocation: chamber })])
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf())
  await trigger.idle()
  const [warning] = await warningsOf(world)
  assert.equal(warning?.regime, 'food')
  assert.match(warning.matters.zh, /食品安全法/)
  assert.match(warning.matters.en, /food-safety law/)
})

test('a trace anomaly speaks of the goods it names', async () => {
  const world = await createWorld({ nowMs })
  await storeGoods(world)
  await using trigger = createTriggerEngine(world.context)
  const {
    point: _point,
    place: _place,
    ...bare
  } = anomalyOf({ id: 'clone', type: 'clonedSerial', category: 'trace', goods: [itemOf(vaccine, 'inside')], figures: {} })
  await raise(world, bare)
  await trigger.idle()
  const [warning] = await warningsOf(world)
  assert.deepEqual(
    warning?.scope.exposed.map((stay) => [stay.key, stay.place]),
    [[itemOf(vaccine, 'inside'), chamber]]
  )
  assert.deepEqual(warning.scope.lots, [`${vaccine}/10/LOT7`])
})

test('an empty chamber and a broken sensor make no draft', async () => {
  const world = await createWorld({ nowMs })
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf())
  await raise(world, anomalyOf({ id: 'flat', type: 'flatLine', category: 'device' }))
  await trigger.idle()
  assert.deepEqual(await warningsOf(world), [])
})

test('goods that come into an empty chamber while it is out of limits bring about the draft at once', async () => {
  let now = nowMs()
  const world = await createWorld({ nowMs: () => now })
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf(), now)
  await trigger.idle()
  assert.deepEqual(await warningsOf(world), [])
  now += minuteMs
  const came = traceEvent({ id: 'came', atMs: now - 1, objects: [itemOf(vaccine, 1)], bizStep: 'storing', bizLocation: chamber })
  await world.trace.capture([came])
  world.bus.publish('events', { events: [came], receivedAtMs: now - 50 })
  await trigger.idle()
  assert.equal((await warningsOf(world))[0]?.draftedAfterMs, 50)
})

test('a hundred anomalies at once end in a hundred drafts with numbers of their own', async () => {
  const world = await createWorld({ nowMs })
  await storeGoods(world)
  await using trigger = createTriggerEngine(world.context)
  for (let at = 0; at < 100; at += 1) await raise(world, anomalyOf({ id: `a-${at}` }))
  await trigger.idle()
  const ids = (await warningsOf(world)).map((warning) => warning.id)
  assert.equal(new Set(ids).size, 100)
})

test('a draft that could not be stored is stored at the next try, under the number it had', async () => {
  const world = await createWorld({ nowMs })
  await storeGoods(world)
  const append = world.cases.append.bind(world.cases)
  let failing = true
  world.cases.append = (options) => {
    if (failing && options.kind === 'warning') return Promise.reject(new Error('disk gone'))
    return append(options)
  }
  {
    await using trigger = createTriggerEngine(world.context)
    await raise(world, anomalyOf({ status: 'closed', closedMs: onset + minuteMs }))
    await trigger.idle()
    assert.deepEqual(await warningsOf(world), [])
  }
  failing = false
  await using again = createTriggerEngine(world.context)
  await again.takeUp()
  await again.idle()
  assert.deepEqual(
    (await warningsOf(world)).map((warning) => warning.id),
    ['W-2026-000001']
  )
})

test('a closed anomaly whose draft is complete is left alone at the next start', async () => {
  const world = await createWorld({ nowMs })
  await storeGoods(world)
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf({ status: 'closed', closedMs: onset + minuteMs }), nowMs())
  await trigger.idle()
  let asked = 0
  world.trace.ask = () => {
    asked += 1
    return Promise.reject(new Error('nothing is to be asked'))
  }
  await trigger.takeUp()
  await trigger.idle()
  assert.equal(asked, 0)
})

test('a busy place does not fill the journal: updates come less and less often', async () => {
  let now = nowMs()
  const world = await createWorld({ nowMs: () => now })
  await storeGoods(world)
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf())
  await trigger.idle()
  for (let second = 0; second < 120; second += 1) {
    now += 1_000
    const more = traceEvent({
      id: `more-${second}`,
      atMs: now,
      objects: [itemOf(vaccine, `more-${second}`)],
      bizStep: 'storing',
      bizLocation: chamber
    })
    await world.trace.capture([more])
    world.bus.publish('anomaly', { anomaly: anomalyOf({ lastMs: now }), receivedAtMs: now })
    await trigger.idle()
  }
  const { length } = await world.cases.journal('warning', 'W-2026-000001')
  assert.ok(length >= 5 && length <= 20, `${length} steps`)
})
