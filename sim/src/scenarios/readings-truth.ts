/**
 * The port's machines and sensors in front of the engine, without network, stores or waiting: what each scenario makes the engine tell. For the
 * ground truth of the reading checks; it runs by a clock of its own.
 */
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Reading } from '@tracegate/model/telemetry'
import { silentLogger } from '@tracegate/service/log'
import { createPlant, type Plant, type RoomName, type RoomSample } from '../plant.ts'
import type { ScenarioName } from '../scenario-list.ts'
import { createScenarios, type Scenarios } from '../scenarios.ts'
import { createWorld, type World } from '../world.ts'
import { checksAt } from '../world/checks.ts'
import { pointIds, probeOf, slotNames } from '../world/names.ts'
import { chamberNames } from '../world/products.ts'

const startMs = 1_790_000_000_000
/** Long enough for every room to have switched its compressor a few times. */
const settleSeconds = 120
const hourMs = 3_600_000

/** What happens to readings on their way. */
export type Wire = (readings: Reading[]) => Reading[]

export interface ReadingsPort {
  readonly world: World
  readonly scenarios: Scenarios
  /** Moves on by seconds of the wall clock; gives what the engine told. */
  run(seconds: number, wire?: Wire): Anomaly[]
}

export function createReadingsPort(options: { readonly seed: number; readonly speed: number }): ReadingsPort {
  const world = createWorld(options)
  let nowMs = startMs
  const plant = createPlant(world, nowMs)
  const absent = (): never => {
    throw new TypeError('Cannot break it: goods, lines and probes are not part of this port, expected a scenario of its machines')
  }
  const scenarios = createScenarios({ world, plant, goods: absent, line: absent, probe: () => undefined, nowMs: () => nowMs }, silentLogger)
  const engine = createDetectionEngine({ parameters: checksAt(options.speed) })
  engine.configure({ places: world.places, profiles: world.profiles, products: [], points: world.points })
  return {
    world,
    scenarios,
    run(seconds, wire = (readings) => readings) {
      const told: Anomaly[] = []
      for (let second = 0; second < seconds; second += 1) {
        plant.advance((nowMs += 1_000))
        told.push(...engine.onReadings(wire(readingsAt(world, plant, nowMs)), nowMs), ...engine.onTick(nowMs))
      }
      return told
    }
  }
}

export interface ReadingTruth {
  readonly name: ScenarioName
  readonly target?: string
  /** Type and place, device or metric of each anomaly that must open; no other may. */
  readonly expected: (world: World) => readonly string[]
  /** Anomalies that the time of the simulated day decides on. */
  readonly allowed?: (world: World) => readonly string[]
}

/** What each scenario of machines, sensors and lines must make the engine tell. */
export const readingTruths: readonly ReadingTruth[] = [
  ...(['vaccine', 'fish'] as const).flatMap((target): ReadingTruth[] => [
    { name: 'compressor-failure', target, expected: ({ chambers }) => [`excursion ${chambers[target]}`] },
    { name: 'door-left-open', target, expected: ({ chambers }) => [`excursion ${chambers[target]}`] }
  ]),
  {
    name: 'power-loss',
    expected: ({ chambers }) => [`excursion ${chambers.vaccine}`, `excursion ${chambers.fish}`],
    allowed: ({ chambers }) => [`excursion ${chambers.ambient}`]
  },
  { name: 'stuck-sensor', target: 'ambient', expected: () => ['flatLine ambient.temperature1'] },
  { name: 'stuck-sensor', target: 'A1', expected: () => [`flatLine ${probeOf('A1')}`] },
  ...chamberNames.map((target): ReadingTruth => ({ name: 'drifting-sensor', target, expected: () => [`drift ${target}.temperature2`] })),
  { name: 'line-cut', expected: () => [`gap ${pointIds.yard}`] },
  { name: 'clock-jump', target: 'B1', expected: () => [`clock ${probeOf('B1')}`] }
]

export interface TruthResult {
  readonly expected: readonly string[]
  readonly found: readonly string[]
  readonly missed: readonly string[]
  readonly false: readonly string[]
  /** Anomalies that did not close after the scenario ended. */
  readonly open: readonly string[]
}

/** Runs one scenario in a port of its own that was quiet before: anything told of the quiet port counts as false. */
export async function runTruth(truth: ReadingTruth, options: { readonly seed: number; readonly speed: number }): Promise<TruthResult> {
  const port = createReadingsPort(options)
  const told = port.run(settleSeconds)
  told.push(...(await happen(port, truth)))
  const last = [...new Map(told.map((one) => [one.id, one])).values()]
  const found = last.map((one) => nameOf(one, port.world))
  const expected = truth.expected(port.world)
  const allowed = truth.allowed?.(port.world) ?? []
  return {
    expected,
    found,
    missed: expected.filter((name) => !found.includes(name)),
    // A second one of the same name is false as well.
    false: found.filter((name, index) => (!expected.includes(name) && !allowed.includes(name)) || found.indexOf(name) !== index),
    open: last.filter((one) => one.status === 'open').map((one) => nameOf(one, port.world))
  }
}

async function happen(port: ReadingsPort, { name, target }: ReadingTruth): Promise<Anomaly[]> {
  if (name === 'line-cut') {
    const held: Reading[] = []
    const isYard = (one: Reading) => one.point === pointIds.yard
    const told = port.run(40, (readings) => {
      held.push(...readings.filter(isYard))
      return readings.filter((one) => !isYard(one))
    })
    return [...told, ...port.run(60, (readings) => [...readings, ...held.splice(0)])]
  }
  if (name === 'clock-jump') {
    const back = (one: Reading) => (one.device === probeOf('B1') ? { ...one, timeMs: one.timeMs - hourMs, historical: true } : one)
    return [...port.run(60, (readings) => readings.map(back)), ...port.run(60)]
  }
  await port.scenarios.start(name, target === undefined ? {} : { target })
  const told = port.run(90)
  await port.scenarios.stop(name)
  return [...told, ...port.run(300)]
}

/** By what a truth names it: goods by their place, a sensor by its metric, a device by its id, a point by its own. */
function nameOf({ type, category, place, point, device, metric }: Anomaly, world: World): string {
  if (category === 'product') return `${type} ${place ?? ''}`
  const isProbe = slotNames.some((slot) => world.slots[slot] === place)
  return `${type} ${isProbe ? (device ?? '') : (metric ?? device ?? point ?? '')}`
}

function readingsAt(world: World, plant: Plant, timeMs: number): Reading[] {
  const roomOf = new Map<string, RoomName>([
    ...chamberNames.map((name): [string, RoomName] => [world.chambers[name], name]),
    ...slotNames.map((name): [string, RoomName] => [world.slots[name], name])
  ])
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
