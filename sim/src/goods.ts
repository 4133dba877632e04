/**
 * The goods that flow through the port: does every step when it is due, tells the platform of it by the way it really comes
 * (a partner's capture over HTTP, the gate reader, the dock scanner) and keeps the ground truth. It asks the platform nothing but what is held.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '@tracegate/service/log'
import { consignmentOf, dayMs, hourMs, smuggledStayMs, type Consignment, type ConsignmentRecord } from './goods/consignment.ts'
import type { EpcisJson } from './goods/epcis-json.ts'
import { writeGoodsState, type GoodsState } from './goods/goods-state.ts'
import { createGroundTruth, type GroundTruth } from './goods/ground-truth.ts'
import { addLive, arrivalEveryMs, firstArrivalAfterMs } from './goods/history.ts'
import { eventIdOf, labelOf } from './goods/numbers.ts'
import type { Partner } from './goods/partner.ts'
import { returnToPool, takeFromPool } from './goods/pool.ts'
import { stepsOf, type Step } from './goods/route.ts'
import { createShops, type Shops } from './goods/shops.ts'
import type { World } from './world.ts'
import type { ChamberName } from './world/products.ts'

/** A label going past a reader. Gives false when nobody would see it now: the forklift waits. */
export interface Readers {
  gate(label: string, atMs: number): boolean
  dock(label: string, to: { chamber: ChamberName; direction: 'in' | 'out' }, atMs: number): boolean
}

export interface GoodsOptions {
  readonly world: World
  readonly state: GoodsState
  readonly dataDir: string
  readonly partner: Partner
  readonly readers: Readers
  readonly logger: Logger
  readonly nowMs?: () => number
}

export interface Goods extends AsyncDisposable {
  readonly groundTruth: GroundTruth
  readonly shops: Shops
  /** Tells the back-history if the platform has not had it; rejects when the platform does not take it. */
  tellHistory(): Promise<void>
  /** Tells the back-history however often it takes, then lets the goods flow. Resolves when the history is told. */
  start(): Promise<void>
  /** Does what is due at the time; `start` does it twice a second. */
  step(atMs: number): Promise<void>
  /** A container whose goods will not be inspected, leaving the yard now. */
  smuggle(): Consignment
  /** Hands in events of its own, e.g. a correction. */
  tell(events: readonly EpcisJson[]): Promise<void>
  /** Keys of goods that measures hold, as the platform says. */
  held(): Promise<readonly string[]>
  /** A pallet in a chamber that one of the keys names: itself, something on it, its lot or its product. */
  palletOf(keys: readonly string[]): string | undefined
  /** Pallets now in the chamber. */
  palletsIn(chamber: ChamberName): number
}

const stepEveryMs = 500
const saveEveryMs = 2_000
const retryAfterMsMax = 10_000
const eventsPerStepMax = 200

interface Way {
  readonly consignment: Consignment
  readonly record: ConsignmentRecord
  readonly steps: readonly Step[]
}

export function createGoods(options: GoodsOptions): Goods {
  const { world, state, partner, readers, logger } = options
  const nowMs = options.nowMs ?? Date.now
  const stopping = new AbortController()
  const groundTruth = createGroundTruth(state.stays)
  const ways = new Map<number, Way>()
  const shops = createShops({ world, state, eventId: (id) => eventIdOf(world.seed, state.startedMs, id) })
  let dirty = true
  let nextArrivalMs = 0
  let running: Promise<void> | undefined

  const addWay = (record: ConsignmentRecord): Way => {
    const consignment = consignmentOf(world, record)
    const steps = stepsOf(world, consignment, (step) => eventIdOf(world.seed, state.startedMs, record.number, step))
    const way = { consignment, record, steps }
    ways.set(record.number, way)
    return way
  }
  for (const record of state.consignments) addWay(record)

  const before = ({ record }: Way, step: Step, atMs: number): void => {
    if (step.effect?.type === 'takeCrate' && record.crates[step.effect.pallet] === 0)
      record.crates[step.effect.pallet] = takeFromPool(state.crates, atMs)
  }
  const after = (way: Way, step: Step, atMs: number): void => {
    way.record.done += 1
    way.record.lastMs = atMs
    dirty = true
    applyEffect({ way, step, atMs, world, state, groundTruth, shops })
    if (way.record.done < way.steps.length) return
    ways.delete(way.record.number)
    state.consignments.splice(state.consignments.indexOf(way.record), 1)
  }

  /** Steps of all consignments that are due, in the order of their time; each waits for the one before it in its consignment. */
  const dueSteps = (atMs: number): { way: Way; step: Step }[] => {
    const due: { way: Way; step: Step }[] = []
    for (const way of ways.values()) {
      for (let index = way.record.done; index < way.steps.length; index += 1) {
        const step = way.steps[index]
        if (step === undefined || step.dueMs > atMs) break
        due.push({ way, step })
      }
    }
    return due.toSorted((a, b) => a.step.dueMs - b.step.dueMs || a.way.record.number - b.way.record.number)
  }

  const tellDue = async (atMs: number, history: boolean): Promise<void> => {
    const held = new Set<Way>()
    let batch: { way: Way; step: Step; atMs: number; event: EpcisJson }[] = []
    const pending = new Map<Way, number>()
    const flush = async () => {
      if (batch.length === 0) return
      await partner.capture(
        batch.map((one) => one.event),
        stopping.signal
      )
      for (const one of batch) after(one.way, one.step, one.atMs)
      batch = []
      pending.clear()
    }
    for (const { way, step } of dueSteps(atMs)) {
      if (held.has(way)) continue
      if (step.channel === 'partner' || history) {
        const at = Math.max(step.dueMs, (pending.get(way) ?? way.record.lastMs) + 1)
        before(way, step, at)
        batch.push({ way, step, atMs: at, event: step.event(at) })
        pending.set(way, at)
        if (batch.length >= eventsPerStepMax) await flush()
        continue
      }
      await flush()
      const at = nowMs()
      if (scan(way, step, at)) after(way, step, at)
      else held.add(way)
    }
    await flush()
  }

  const scan = ({ consignment }: Way, step: Step, atMs: number): boolean => {
    const pallet = consignment.pallets[step.pallet ?? 0]
    if (pallet === undefined) return true
    const label = labelOf(pallet.key)
    if (step.channel === 'gate') return readers.gate(label, atMs)
    const direction = step.effect?.type === 'enterChamber' ? 'in' : 'out'
    return readers.dock(label, { chamber: consignment.goods.chamber, direction }, atMs)
  }

  const step = async (atMs: number): Promise<void> => {
    while (nextArrivalMs <= atMs + 4 * arrivalEveryMs) {
      addWay(addLive(world, state, { arrivalMs: nextArrivalMs, smuggled: false }))
      nextArrivalMs += arrivalEveryMs
    }
    await tellDue(atMs, false)
    const sale = shops.dueSale(atMs)
    if (sale === undefined) return
    await partner.capture([sale.event], stopping.signal)
    sale.done()
    dirty = true
  }

  const save = async (): Promise<void> => {
    if (!dirty) return
    dirty = false
    await writeGoodsState(options.dataDir, { ...state, stays: groundTruth.stays() })
  }

  const tellHistory = async (): Promise<void> => {
    if (!state.historyTold) await tellDue(state.startedMs, true)
    state.historyTold = true
    const lastPlanned = Math.max(0, ...[...ways.values()].map((way) => way.record.arrivalMs))
    nextArrivalMs = Math.max(nowMs() + firstArrivalAfterMs, lastPlanned + arrivalEveryMs)
    await save()
  }

  /** Does it again, less and less often, until it is done or the goods are stopped. */
  const persist = async (work: () => Promise<void>): Promise<void> => {
    for (let retryAfterMs = stepEveryMs; !stopping.signal.aborted; retryAfterMs = Math.min(retryAfterMs * 2, retryAfterMsMax)) {
      try {
        return await work()
      } catch (error) {
        if (stopping.signal.aborted) return
        logger.warn({ error: String(error), retryAfterMs }, 'goods wait: the platform did not take an event')
      }
      await pause(retryAfterMs)
    }
  }

  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal: stopping.signal }).catch(() => undefined)

  const flow = async (): Promise<void> => {
    for (let savedMs = nowMs(); !stopping.signal.aborted; await pause(stepEveryMs)) {
      await persist(() => step(nowMs()))
      if (nowMs() - savedMs < saveEveryMs) continue
      await persist(save)
      savedMs = nowMs()
    }
  }

  return {
    groundTruth,
    shops,
    tellHistory,
    async start() {
      const told = persist(tellHistory)
      running = told.then(flow)
      await told
    },
    step,
    smuggle() {
      dirty = true
      return addWay(addLive(world, state, { arrivalMs: nowMs() - smuggledStayMs, smuggled: true })).consignment
    },
    tell: (events) => partner.capture(events, stopping.signal),
    held: () => partner.held(stopping.signal),
    palletOf(keys) {
      const wanted = new Set(keys)
      const inside = new Set(Object.values(world.chambers).flatMap((place) => groundTruth.inside(place)))
      for (const { consignment } of ways.values())
        for (const pallet of consignment.pallets) {
          const names = [pallet.key, ...pallet.items, consignment.lotKey, consignment.goods.product.key]
          if (inside.has(pallet.key) && names.some((name) => wanted.has(name))) return pallet.key
        }
      return undefined
    },
    palletsIn: (chamber) => groundTruth.inside(world.chambers[chamber]).filter((key) => key.includes('/00/')).length,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
      await save()
    }
  }
}

interface EffectContext {
  readonly way: Way
  readonly step: Step
  readonly atMs: number
  readonly world: World
  readonly state: GoodsState
  readonly groundTruth: ReturnType<typeof createGroundTruth>
  readonly shops: Shops
}

function applyEffect({ way, step, atMs, world, state, groundTruth, shops }: EffectContext): void {
  const { effect } = step
  const { consignment, record } = way
  if (effect === undefined) return
  switch (effect.type) {
    case 'enterChamber':
      return groundTruth.enter(keysOn(consignment, effect.pallet), world.chambers[effect.chamber], atMs)
    case 'leaveChamber':
      return groundTruth.leave(keysOn(consignment, effect.pallet), atMs)
    case 'returnCrate':
      return returnToPool(state.crates, record.crates[effect.pallet] ?? 0, atMs + 3 * hourMs)
    case 'freeContainer':
      return returnToPool(state.containers, record.container, atMs + 35 * dayMs)
    case 'stock':
      return shops.stock(consignment, effect.pallet)
    case 'sell':
      return shops.sold(effect.keys, effect.kilograms)
    case 'takeCrate':
      return
    default:
      return neverEffect(effect)
  }
}

function keysOn(consignment: Consignment, index: number): string[] {
  const pallet = consignment.pallets[index]
  return pallet === undefined ? [] : [pallet.key, ...pallet.items, ...pallet.loose.map((one) => one.epcClass)]
}

function neverEffect(effect: never): never {
  throw new TypeError(`Cannot apply effect: type is "${JSON.stringify(effect)}"`)
}
