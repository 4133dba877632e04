/** What stood where when the port was started for the first time: consignments sold, in the shops, in the chambers, and at sea. */
import type { World } from '../world.ts'
import { goodsNames, type GoodsName } from '../world/products.ts'
import { createRandom } from '../world/random.ts'
import { dayMs, goodsOf, hourMs, minuteMs, secondMs, type ConsignmentRecord } from './consignment.ts'
import { emptyPool, takeFromPool } from './pool.ts'
import type { GoodsState } from './goods-state.ts'
import { routeTimes } from './route.ts'

/** A new container reaches the import port so often. */
export const arrivalEveryMs = 90 * secondMs
/** The first one after a start. */
export const firstArrivalAfterMs = 25 * secondMs

/** Days before the start at which consignments of each kind arrived; the last of each is still in its chamber. */
const arrivalDays: readonly number[] = [58, 41, 24, 9, 1.6]

/** A new state at `startMs`: nothing told yet. */
export function freshGoods(world: World, startMs: number, daysBefore = arrivalDays): GoodsState {
  const state: GoodsState = {
    version: 1,
    seed: world.seed,
    startedMs: startMs,
    historyTold: false,
    nextNumber: 0,
    nextSale: 0,
    consignments: [],
    containers: emptyPool(),
    crates: emptyPool(),
    stock: [],
    stays: []
  }
  for (const [turn, days] of daysBefore.entries()) {
    const inChamber = turn === daysBefore.length - 1
    for (const name of goodsNames) addHistory(world, state, { name, turn, arrivalMs: startMs - Math.round(days * dayMs), inChamber })
  }
  return state
}

function addHistory(
  world: World,
  state: GoodsState,
  facts: { name: GoodsName; turn: number; arrivalMs: number; inChamber: boolean }
): void {
  const number = facts.turn * goodsNames.length + goodsNames.indexOf(facts.name)
  const random = createRandom(world.seed, `stay/${number}`)
  const arrivalMs = facts.arrivalMs - random.integer(0, 5) * hourMs - goodsNames.indexOf(facts.name) * 37 * minuteMs
  const pallets = goodsOf(world, number).palletsPerConsignment
  const storedMs = arrivalMs + routeTimes.history.storeMs + pallets * routeTimes.history.betweenPalletsMs
  // The first pallet in the chambers leaves soon after the start, the others within a quarter of an hour.
  const outMs = Array.from({ length: pallets }, (_none, index) =>
    facts.inChamber
      ? state.startedMs + (index + 1) * 150 * secondMs + random.integer(0, 60) * secondMs
      : Math.round(storedMs + (1 + index + random.next()) * dayMs)
  )
  state.consignments.push(recordOf(state, { number, arrivalMs, outMs, pace: 'history', smuggled: false }))
  state.nextNumber = Math.max(state.nextNumber, number + 1)
}

/** Takes the next number for a container that will arrive at the time. */
export function addLive(world: World, state: GoodsState, facts: { arrivalMs: number; smuggled: boolean }): ConsignmentRecord {
  let number = state.nextNumber
  // Smuggled goods are infant formula: its shop is near, so that only the missing inspection stands out.
  if (facts.smuggled) while (goodsNames[number % goodsNames.length] !== 'formula') number += 1
  state.nextNumber = number + 1
  const random = createRandom(world.seed, `stay/${number}`)
  const { storeMs, betweenPalletsMs } = routeTimes.live
  const outMs = Array.from(
    { length: goodsOf(world, number).palletsPerConsignment },
    (_none, index) => facts.arrivalMs + storeMs + index * betweenPalletsMs + random.integer(240, 540) * secondMs
  )
  const record = recordOf(state, { number, arrivalMs: facts.arrivalMs, outMs, pace: 'live', smuggled: facts.smuggled })
  state.consignments.push(record)
  return record
}

function recordOf(
  state: GoodsState,
  facts: Pick<ConsignmentRecord, 'number' | 'arrivalMs' | 'outMs' | 'pace' | 'smuggled'>
): ConsignmentRecord {
  return {
    ...facts,
    toldUntilMs: state.startedMs,
    container: takeFromPool(state.containers, facts.arrivalMs - 31 * dayMs),
    crates: facts.outMs.map(() => 0),
    done: 0,
    lastMs: 0
  }
}
