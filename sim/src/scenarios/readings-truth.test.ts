/** Ground truth of the scenarios that break machines, sensors and lines: each gives exactly the anomalies it should, and no others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Reading } from '@tracegate/model/telemetry'
import { silentLogger } from '@tracegate/service/log'
import { createPlant, type Plant, type RoomName, type RoomSample } from '../plant.ts'
import type { ScenarioName } from '../scenario-list.ts'
import { createScenarios } from '../scenarios.ts'
import { createWorld } from '../world.ts'
import { checksAt } from '../world/checks.ts'
import { pointIds, probeOf, slotNames } from '../world/names.ts'
import { chamberNames } from '../world/products.ts'

const speed = 60
const world = createWorld({ seed: 3, speed })
const startMs = 1_790_000_000_000
const roomOf = new Map<string, RoomName>([
  ...chamberNames.map((name): [string, RoomName] => [world.chambers[name], name]),
  ...slotNames.map((name): [string, RoomName] => [world.slots[name], name])
])

interface Port {
  readonly plant: Plant
  readonly scenarios: ReturnType<typeof createScenarios>
  /** Seconds of the wall clock; gives what the engine told. */
  run(seconds: number, wire?: (readings: Reading[], nowMs: number) => Reading[]): Anomaly[]
}

function createPort(): Port {
  let nowMs = startMs
  const plant = createPlant(world, nowMs)
  const absent = (): never => {
    throw new Error('not part of this test')
  }
  const scenarios = createScenarios({ world, plant, goods: absent, line: absent, probe: absent, nowMs: () => nowMs }, silentLogger)
  const engine = createDetectionEngine({ parameters: checksAt(speed) })
  engine.configure({ places: world.places, profiles: world.profiles, products: [], points: world.points })
  const port: Port = {
    plant,
    scenarios,
    run(seconds, wire = (readings) => readings) {
      const told: Anomaly[] = []
      for (let second = 0; second < seconds; second += 1) {
        plant.advance((nowMs += 1_000))
        told.push(...engine.onReadings(wire(readingsAt(plant, nowMs), nowMs), nowMs), ...engine.onTick(nowMs))
      }
      return told
    }
  }
  assert.deepEqual(port.run(120), [], 'nothing is told of a quiet port')
  return port
}

function readingsAt(plant: Plant, timeMs: number): Reading[] {
  return world.places.flatMap((place) => {
    const room = roomOf.get(place.key)
    if (room === undefined || place.point === undefined) return []
    const sample = plant.sample(room)
    return place.watches.map(({ device, metric, unit, quantity }) => ({
      point: place.point ?? '',
      device,
      metric,
      unit,
      timeMs,
      quality: 1 as const,
      value: valueOf(sample, quantity, metric)
    }))
  })
}

function valueOf(sample: RoomSample, quantity: string, metric: string): number {
  if (quantity === 'temperature') return metric.endsWith('2') ? sample.temperature2 : sample.temperature1
  if (quantity === 'humidity') return sample.humidity
  if (quantity === 'door') return sample.doorOpen ? 1 : 0
  if (quantity === 'compressor') return sample.compressorCurrent
  return quantity === 'power' ? sample.power : sample.setPoint
}

/** The last state of each anomaly. */
function lastOf(told: readonly Anomaly[]): Anomaly[] {
  return [...new Map(told.map((one) => [one.id, one])).values()]
}

async function during(port: Port, name: ScenarioName, target: string | undefined, seconds: number, after: number): Promise<Anomaly[]> {
  await port.scenarios.start(name, target === undefined ? {} : { target })
  const told = port.run(seconds)
  await port.scenarios.stop(name)
  return lastOf([...told, ...port.run(after)])
}

const coldStore = (metric: string) => `${pointIds.coldStore}/plc/${metric}`

for (const name of ['compressor-failure', 'door-left-open'] as const)
  test(`${name} is one excursion of its chamber with both thermometers, and nothing else`, async () => {
    const told = await during(createPort(), name, 'vaccine', 75, 240)
    assert.deepEqual(
      told.map(({ type, category, place, status }) => ({ type, category, place, status })),
      [{ type: 'excursion', category: 'product', place: world.chambers.vaccine, status: 'closed' }]
    )
    assert.deepEqual(new Set(told[0]?.series), new Set([coldStore('vaccine.temperature1'), coldStore('vaccine.temperature2')]))
  })

test('power-loss is one excursion of each chamber that warms past its limit', async () => {
  const told = await during(createPort(), 'power-loss', undefined, 90, 300)
  assert.ok(told.every(({ type, category, status }) => type === 'excursion' && category === 'product' && status === 'closed'))
  const places = told.map((one) => one.place)
  assert.equal(new Set(places).size, places.length)
  assert.ok(places.includes(world.chambers.vaccine) && places.includes(world.chambers.fish))
})

for (const [target, metric, sensor] of [
  ['ambient', 'ambient.temperature1', coldStore('ambient.temperature1')],
  ['A1', 'temperature', `${pointIds.yard}/${probeOf('A1')}/temperature`]
] as const)
  test(`stuck-sensor at ${target} is one flat line of that sensor, also where a second one goes on`, async () => {
    const told = await during(createPort(), 'stuck-sensor', target, 60, 60)
    assert.deepEqual(
      told.map(({ type, category, series, status }) => ({ type, category, series, status })),
      [{ type: 'flatLine', category: 'device', series: [sensor], status: 'closed' }]
    )
    assert.equal(told[0]?.metric, metric)
  })

for (const target of ['vaccine', 'fish', 'ambient'] as const)
  test(`drifting-sensor at ${target} is one drift of that sensor, and the goods are in no danger`, async () => {
    const told = await during(createPort(), 'drifting-sensor', target, 120, 60)
    assert.deepEqual(
      told.map(({ type, category, metric, status }) => ({ type, category, metric, status })),
      [{ type: 'drift', category: 'device', metric: `${target}.temperature2`, status: 'closed' }]
    )
  })

test('a drifting sensor does not hide that the chamber warms', async () => {
  const port = createPort()
  await port.scenarios.start('drifting-sensor', { target: 'vaccine' })
  const before = lastOf(port.run(60))
  assert.deepEqual(
    before.map((one) => one.type),
    ['drift']
  )
  const told = await during(port, 'compressor-failure', 'vaccine', 75, 10)
  assert.equal(told.filter((one) => one.type === 'excursion' && one.place === world.chambers.vaccine).length, 1)
})

test('line-cut is one gap of the yard with every probe, and what comes late is not told twice', () => {
  const port = createPort()
  const held: Reading[] = []
  const told = port.run(40, (readings) => {
    held.push(...readings.filter((one) => one.point === pointIds.yard))
    return readings.filter((one) => one.point !== pointIds.yard)
  })
  assert.deepEqual(
    lastOf(told).map(({ type, category, point, place, device, status }) => ({ type, category, point, place, device, status })),
    [{ type: 'gap', category: 'device', point: pointIds.yard, place: undefined, device: undefined, status: 'open' }]
  )
  const series = lastOf(told)[0]?.series ?? []
  for (const slot of slotNames) assert.ok(series.includes(`${pointIds.yard}/${probeOf(slot)}/temperature`), slot)
  const after = port.run(30, (readings) => [...readings, ...held.splice(0)])
  assert.deepEqual(
    lastOf([...told, ...after]).map((one) => [one.type, one.status]),
    [['gap', 'closed']]
  )
})

test('clock-jump is one wrong clock of that probe, closed when the clock is right again', () => {
  const port = createPort()
  const device = probeOf('B1')
  const told = port.run(60, (readings) =>
    readings.map((one) => (one.device === device ? { ...one, timeMs: one.timeMs - 3_600_000, historical: true } : one))
  )
  assert.deepEqual(
    lastOf(told).map(({ type, category, status, ...one }) => ({ type, category, device: one.device, status })),
    [{ type: 'clock', category: 'device', device, status: 'open' }]
  )
  assert.deepEqual(
    lastOf(port.run(30)).map((one) => [one.type, one.status]),
    [['clock', 'closed']]
  )
})
