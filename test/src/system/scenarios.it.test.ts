/**
 * Every scenario of the simulated port through the whole product: what must open, that it ends after the scenario did, that nothing
 * else opens, and that goods in danger are named by a draft. `compressor-failure` has a file of its own.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { WarningCase } from '@tracegate/model/warning'
import type { AllInOne } from '@tracegate/sim/all-in-one'
import type { ScenarioName } from '@tracegate/sim/scenario-list'
import type { Simulator } from '@tracegate/sim/simulator'
import { deviceIds, pointIds, probeOf, slotNames, type SlotName } from '@tracegate/sim/world/names'
import { startProduct, temporaryFolder, waitFor } from './product.ts'
import { storyOf, type Story } from './story.ts'

const quietMs = 60_000
/** Rooms warm and cool four minutes a second. */
const speed = 240
const soonMs = 45_000
const learnMs = 20_000

interface Port {
  readonly simulator: Simulator
  readonly story: Story
  /** Anomalies that a scenario accounts for. */
  readonly explained: Set<string>
}

describe('the simulated port', { concurrency: true }, () => {
  test('a quiet start raises nothing for a minute', { timeout: 120_000 }, async () => {
    await using folder = await temporaryFolder()
    await using product = await startProduct(folder.path, { speed: 60 })
    await wait(quietMs)
    const found = await storyOf(product.client).anomalies()
    assert.deepEqual(found.map(nameOf), [])
  })

  test('each scenario opens what it is about, closes it afterwards, and nothing else opens', { timeout: 180_000 }, async (context) => {
    await using folder = await temporaryFolder()
    await using product = await startProduct(folder.path, { speed })
    const port: Port = { simulator: simulatorOf(product.all), story: storyOf(product.client), explained: new Set() }
    await ready(port)
    const startedMs = Date.now()
    await Promise.all([
      openDoor(port),
      driftingSensor(port),
      stuckSensor(port),
      clonedSerial(port),
      missingInspection(port),
      wrongRecords(port),
      clockJump(port)
    ])
    const betweenMs = Date.now()
    await Promise.all([powerLoss(port), lineCut(port)])
    const unexplained = (await port.story.anomalies()).filter((one) => !port.explained.has(one.id))
    assert.deepEqual(unexplained.map(nameOf), [])
    assert.deepEqual((await port.story.anomalies()).filter((one) => one.status === 'open').map(nameOf), [])
    context.diagnostic(`six scenarios in ${betweenMs - startedMs} ms, two in ${Date.now() - betweenMs} ms`)
  })
})

function simulatorOf({ simulator }: AllInOne): Simulator {
  assert.ok(simulator)
  return simulator
}

function nameOf({ type, place, device, metric, proof }: Anomaly): string {
  return `${type} ${place ?? ''} ${device ?? ''} ${metric ?? ''}: ${proof.en}`
}

async function ready({ simulator, story }: Port): Promise<void> {
  const { chambers } = simulator.world
  await waitFor('goods in the chambers', 60_000, () =>
    [chambers.vaccine, chambers.fish].every((place) => simulator.groundTruth.exposed(place, Date.now(), Date.now()).length > 0)
      ? true
      : undefined
  )
  for (const slot of slotNames)
    await waitFor(`readings of ${slot}`, 20_000, async () =>
      (await story.latestMs(seriesOf(slot))) > Date.now() - 2_000 ? true : undefined
    )
  await wait(3_000)
  assert.deepEqual((await story.anomalies()).map(nameOf), [])
}

const seriesOf = (slot: SlotName): string => `${pointIds.yard}/${probeOf(slot)}/temperature`

/** Starts the scenario, waits for what must open, ends it and waits until that is closed. */
async function tell(
  { simulator, story, explained }: Port,
  name: ScenarioName,
  options: { readonly target?: string; readonly fits: (anomaly: Anomaly) => boolean; readonly check?: (opened: Anomaly) => Promise<void> }
): Promise<Anomaly> {
  await simulator.control.start(name, options.target === undefined ? {} : { target: options.target })
  const opened = await story.opened(`what ${name} opens`, soonMs, options.fits)
  explained.add(opened.id)
  await options.check?.(opened)
  await simulator.control.stop(name)
  return story.closed(opened, soonMs)
}

/** The draft names lots and goods, has a level with reasons and says who holds what. */
async function draftNaming({ story }: Port, anomaly: Anomaly): Promise<WarningCase> {
  const draft = await story.draftOf(anomaly)
  assert.equal(draft.status, 'draft')
  assert.ok(draft.scope.exposed.length > 0, 'goods are named')
  assert.ok(draft.scope.lots.length > 0, 'lots are named')
  assert.ok(draft.scope.total > 0, 'units are counted')
  assert.ok(draft.proposal.criteria.harm.reason.zh.length > 0)
  return draft
}

async function openDoor(port: Port): Promise<void> {
  const place = port.simulator.world.chambers.vaccine
  const closed = await tell(port, 'door-left-open', {
    target: 'vaccine',
    fits: (one) => one.type === 'excursion' && one.place === place,
    check: async (opened) => {
      assert.equal(opened.category, 'product')
      assert.ok((opened.figures['peak'] ?? 0) > 8)
      const draft = await draftNaming(port, opened)
      const inside = port.simulator.groundTruth.exposed(place, opened.onsetMs, opened.openedMs)
      const named = new Set(draft.scope.exposed.map((stay) => stay.key))
      assert.ok(inside.length > 0 && inside.every((key) => named.has(key)), 'all goods inside are named')
    }
  })
  assert.ok((closed.closedMs ?? 0) > closed.openedMs)
}

/** One thermometer of two wanders off alone: the sensor is at fault, and nothing is said of the goods. */
async function driftingSensor(port: Port): Promise<void> {
  const place = port.simulator.world.chambers.fish
  // Sensors that have just been switched on are believed until the usual difference between them is learnt.
  await wait(learnMs)
  await tell(port, 'drifting-sensor', {
    target: 'fish',
    fits: (one) => one.type === 'drift' && one.place === place,
    check: async ({ category, device, metric }) => {
      assert.deepEqual({ category, device, metric }, { category: 'device', device: deviceIds.plc, metric: 'fish.temperature2' })
    }
  })
}

/** A probe sends what it repeats; of a PLC, which tells changes only, the agent asks again. */
async function stuckSensor(port: Port): Promise<void> {
  const { slots, chambers } = port.simulator.world
  const cases = [
    { target: 'A1', place: slots.A1, device: probeOf('A1'), metric: 'temperature' },
    { target: 'ambient', place: chambers.ambient, device: deviceIds.plc, metric: 'ambient.temperature1' }
  ]
  for (const { target, ...wanted } of cases)
    await tell(port, 'stuck-sensor', {
      target,
      fits: (one) => one.type === 'flatLine' && one.place === wanted.place,
      check: async ({ category, place, device, metric }) => {
        assert.deepEqual({ category, place, device, metric }, { category: 'device', ...wanted })
      }
    })
}

async function clonedSerial(port: Port): Promise<void> {
  const closed = await tell(port, 'cloned-serial', {
    fits: (one) => one.type === 'clonedSerial',
    check: async (opened) => {
      const target = port.simulator.control.scenarios().find((one) => one.name === 'cloned-serial')?.target
      assert.equal(opened.category, 'trace')
      assert.deepEqual(opened.goods, [target])
      const draft = await draftNaming(port, opened)
      assert.deepEqual([...new Set(draft.scope.exposed.map((stay) => stay.key))], [target])
    }
  })
  assert.match(closed.proof.en, /withdrawn/)
}

/** What only the record of goods shows; each is told of by its own rule and by no other. */
async function wrongRecords(port: Port): Promise<void> {
  const cases = [
    ['impossible-travel', 'impossibleTravel'],
    ['broken-sequence', 'brokenSequence'],
    ['use-after-end', 'useAfterEnd'],
    ['late-event', 'lateEvent']
  ] as const
  for (const [name, type] of cases) {
    const closed = await tell(port, name, {
      fits: (one) => one.type === type,
      check: async (opened) => {
        const target = port.simulator.control.scenarios().find((one) => one.name === name)?.target
        assert.deepEqual([opened.category, opened.goods], ['trace', [target]])
      }
    })
    assert.match(closed.proof.en, /withdrawn/)
  }
}

/** The container goes past the laboratory onto a shelf, one pallet after the other: each is told by itself. */
async function missingInspection(port: Port): Promise<void> {
  const { story, simulator, explained } = port
  const { formula } = simulator.world.goods
  const shelf = simulator.world.siteOf(pointIds.supermarket)
  const isIt = (one: Anomaly) => one.type === 'missingInspection' && one.place === shelf
  let all: Anomaly[] = []
  await tell(port, 'missing-inspection', {
    fits: isIt,
    check: async () => {
      all = await waitFor('both pallets', soonMs, async () => {
        const found = (await story.anomalies()).filter(isIt)
        return found.length >= formula.palletsPerConsignment ? found : undefined
      })
      for (const opened of all) {
        explained.add(opened.id)
        assert.equal(opened.category, 'trace')
        assert.equal(opened.goods.length, formula.itemsPerPallet)
        assert.ok(opened.goods.every((key) => key.startsWith(formula.product.key)))
        const draft = await draftNaming(port, opened)
        assert.equal(draft.scope.total, formula.itemsPerPallet)
        assert.deepEqual(draft.scope.products, [formula.product.key])
        assert.equal(draft.regime, 'food')
      }
      assert.equal(new Set(all.flatMap((one) => one.goods)).size, formula.palletsPerConsignment * formula.itemsPerPallet)
    }
  })
  for (const one of all) await story.closed(one, soonMs)
}

/** Readings keep the time the device gave them, none is lost, the live value goes on from the right ones, and the clock is told of. */
async function clockJump({ simulator, story, explained }: Port): Promise<void> {
  const series = seriesOf('B1')
  const backMs = 60 * 60_000
  const fromMs = Date.now() - 3_000
  await simulator.control.start('clock-jump', { target: 'B1' })
  const jumpedMs = Date.now()
  await waitFor('readings of an hour ago', soonMs, async () =>
    (await story.readings(series, fromMs - backMs, jumpedMs - backMs + 60_000)).length >= 5 ? true : undefined
  )
  assert.ok((await story.latestMs(series)) > fromMs, 'the live value does not go back an hour')
  const wrong = await story.opened('the wrong clock', soonMs, (one) => one.type === 'clock' && one.device === probeOf('B1'))
  explained.add(wrong.id)
  assert.equal(wrong.category, 'device')
  await simulator.control.stop('clock-jump')
  const mendedMs = Date.now()
  await waitFor('live readings', soonMs, async () => ((await story.latestMs(series)) > mendedMs + 2_000 ? true : undefined))
  await story.closed(wrong, soonMs)
  const toMs = mendedMs + 2_000
  const right = await story.readings(series, fromMs, toMs)
  const back = await story.readings(series, fromMs - backMs, toMs - backMs)
  const stored = [...right, ...back.map(({ timeMs, value }) => ({ timeMs: timeMs + backMs, value }))]
  assert.deepEqual(stored.toSorted(byTime), truth(simulator, 'B1', fromMs, toMs))
  assert.ok(back.length >= 5 && right.length >= 2)
}

async function powerLoss(port: Port): Promise<void> {
  const { chambers } = port.simulator.world
  const all = new Map<string, Anomaly>()
  await tell(port, 'power-loss', {
    fits: (one) => one.type === 'excursion' && one.place === chambers.vaccine && !port.explained.has(one.id),
    check: async (vaccine) => {
      const fish = await port.story.opened('the frozen chamber', soonMs, (one) => one.place === chambers.fish && one.status === 'open')
      for (const one of [vaccine, fish]) {
        assert.deepEqual([one.category, one.point, one.device], ['product', pointIds.coldStore, deviceIds.plc])
        all.set(one.id, one)
        await draftNaming(port, one)
      }
    }
  })
  // Whether the third chamber passes 25 °C depends on the time of the simulated day.
  for (const one of await port.story.anomalies()) if (one.type === 'excursion' && one.place === chambers.ambient) all.set(one.id, one)
  for (const one of all.values()) {
    port.explained.add(one.id)
    await port.story.closed(one, soonMs)
  }
}

async function lineCut(port: Port): Promise<void> {
  const { simulator, story, explained } = port
  const before = new Set((await story.anomalies()).map((one) => one.id))
  const isGap = (one: Anomaly) => one.type === 'gap' && one.point === pointIds.yard && !before.has(one.id)
  const fromMs = Date.now()
  await simulator.control.start('line-cut')
  const opened = await waitFor('a gap with every probe', soonMs, async () => {
    const gap = (await story.anomalies()).find(isGap)
    return gap?.figures['deviceCount'] === slotNames.length ? gap : undefined
  })
  for (const slot of slotNames) assert.ok(opened.series?.includes(seriesOf(slot)), slot)
  assert.deepEqual([opened.category, opened.status, opened.device], ['device', 'open', undefined])
  await simulator.control.stop('line-cut')
  const toMs = Date.now()
  await story.closed(opened, soonMs)
  for (const slot of slotNames) {
    const wanted = truth(simulator, slot, fromMs, toMs)
    assert.ok(wanted.length >= 10)
    const stored = await waitFor(`what ${slot} measured meanwhile`, soonMs, async () => {
      const found = await story.readings(seriesOf(slot), fromMs, toMs)
      return found.length >= wanted.length ? found : undefined
    })
    assert.deepEqual(stored, wanted, `${slot}: every reading of the cut, once`)
  }
  await wait(2_000)
  const gaps = (await story.anomalies()).filter(isGap)
  assert.equal(gaps.length, 1, 'no gap was told twice')
  for (const gap of gaps) explained.add(gap.id)
}

/** What the thermometer of a slot showed in the time. */
function truth(simulator: Simulator, slot: SlotName, fromMs: number, toMs: number): { timeMs: number; value: number }[] {
  return simulator.samples.between(slot, fromMs, toMs).map(({ timeMs, temperature1 }) => ({ timeMs, value: temperature1 }))
}

function byTime(left: { readonly timeMs: number }, right: { readonly timeMs: number }): number {
  return left.timeMs - right.timeMs
}
