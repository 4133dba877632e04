/**
 * A history of goods as it is told: what happened, when it was told and by whom, ready to have faults put into it. Made from the same
 * routes as the goods of the simulated port, from a seed. It knows no rule and judges nothing.
 */
import type { Hold } from '@tracegate/detect/engine'
import type { AnomalyType } from '@tracegate/model/anomaly'
import { createWorld, type World } from '../world.ts'
import { createRandom, type Random } from '../world/random.ts'
import { consignmentOf, hourMs, minuteMs, type Consignment } from '../goods/consignment.ts'
import type { EpcisJson } from '../goods/epcis-json.ts'
import { freshGoods } from '../goods/history.ts'
import { eventIdOf } from '../goods/numbers.ts'
import { returnToPool, takeFromPool } from '../goods/pool.ts'
import { stepsOf, type Step } from '../goods/route.ts'

/** One event as it is told. */
export interface Told {
  json: EpcisJson
  /** Which step of which consignment it is; extra ones have names of their own. */
  readonly step: string
  atMs: number
  toldMs: number
  origin: 'partner' | 'device'
}

/** What a fault must make somebody see. */
export interface Truth {
  readonly type: AnomalyType
  /** Any of these goods shows it; of a late telling, the event. */
  readonly goods: readonly string[]
  readonly what: string
}

/** A consignment with what is told of it, in the order of its steps. */
export interface Way {
  readonly consignment: Consignment
  readonly told: Told[]
}

export interface Tale {
  readonly world: World
  readonly random: Random
  readonly startMs: number
  readonly ways: Way[]
  readonly truths: Truth[]
  /** What looks like a fault and is none, by name, with its goods. */
  readonly innocents: { readonly what: string; readonly goods: readonly string[] }[]
  readonly holds: Hold[]
  /** Told of no consignment of ours. */
  readonly extra: Told[]
}

/** Days before the end at which a consignment of each kind of goods arrived; the last of each is still in its chamber. */
const arrivalDays = [97, 88, 79, 70, 61, 52, 43, 34, 25, 16, 1.6]

/** A clean history of the consignments of three months, of four kinds of goods. */
export function tellTale(seed: number, startMs: number): Tale {
  const world = createWorld({ seed })
  const random = createRandom(seed, 'faults')
  const state = freshGoods(world, startMs, arrivalDays)
  const due: { way: Way; step: Step }[] = []
  const ways = state.consignments.map((record): Way => {
    const consignment = consignmentOf(world, record)
    const way: Way = { consignment, told: [] }
    for (const step of stepsOf(world, consignment, (id) => eventIdOf(seed, startMs, record.number, id)))
      if (step.dueMs <= startMs) due.push({ way, step })
    return way
  })
  for (const { way, step } of due.toSorted((a, b) => a.step.dueMs - b.step.dueMs)) {
    const { record } = way.consignment
    const { effect, dueMs } = step
    if (effect?.type === 'takeCrate' && record.crates[effect.pallet] === 0) record.crates[effect.pallet] = takeFromPool(state.crates, dueMs)
    if (effect?.type === 'returnCrate') returnToPool(state.crates, record.crates[effect.pallet] ?? 0, dueMs + 3 * hourMs)
    // Partners hand in what they know within hours, machines at once.
    const delayMs = step.channel === 'partner' ? random.integer(1, 240) * minuteMs : 1_000
    way.told.push({ json: step.event(dueMs), step: step.id, atMs: dueMs, toldMs: dueMs + delayMs, origin: 'partner' })
  }
  return { world, random, startMs, ways, truths: [], innocents: [], holds: [], extra: [] }
}

export function stepOf(way: Way, step: string): Told | undefined {
  return way.told.find((told) => told.step === step)
}

/** Leaves steps out, or those that a test names. */
export function drop(way: Way, test: (told: Told) => boolean): void {
  const kept = way.told.filter((told) => !test(told))
  way.told.splice(0, way.told.length, ...kept)
}

/** Changes what is told of a step and when it is said to have happened. */
export function change(told: Told, members: EpcisJson, atMs = told.atMs): void {
  told.json = { ...told.json, ...members, eventTime: new Date(atMs).toISOString() }
  told.toldMs += atMs - told.atMs
  told.atMs = atMs
}

export function tell(
  way: Pick<Way, 'told'>,
  step: string,
  json: EpcisJson,
  options: { readonly delayMs?: number; readonly origin?: Told['origin'] } = {}
): Told {
  const atMs = Date.parse(String(json['eventTime']))
  const told: Told = { json, step, atMs, toldMs: atMs + (options.delayMs ?? 2 * minuteMs), origin: options.origin ?? 'partner' }
  way.told.push(told)
  return told
}
