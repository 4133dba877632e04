/**
 * The way of a consignment from its raw materials to the shop, as steps in time. A step knows when it is due, who tells of it
 * (a partner's system, the gate reader, the dock scanner) and which event it makes; doing it is the business of `goods.ts`.
 */
import type { ChamberName } from '../world/products.ts'
import type { World } from '../world.ts'
import { type Consignment, hourMs, minuteMs, secondMs } from './consignment.ts'
import type { EpcisJson } from './epcis-json.ts'
import { abroadSteps } from './route-abroad.ts'
import { inlandSteps } from './route-inland.ts'
import { portSteps } from './route-port.ts'

/** What a step changes besides telling of it. */
type StepEffect =
  | { readonly type: 'enterChamber'; readonly pallet: number; readonly chamber: ChamberName }
  | { readonly type: 'leaveChamber'; readonly pallet: number; readonly chamber: ChamberName }
  | { readonly type: 'takeCrate'; readonly pallet: number }
  | { readonly type: 'returnCrate'; readonly pallet: number }
  | { readonly type: 'freeContainer' }
  | { readonly type: 'stock'; readonly pallet: number }
  | { readonly type: 'sell'; readonly keys: readonly string[]; readonly kilograms: number }

export interface Step {
  readonly id: string
  readonly dueMs: number
  /** gate and dock: seen by a reader while the port runs; told by the operator's system in the back-history. */
  readonly channel: 'partner' | 'gate' | 'dock'
  readonly pallet?: number
  readonly effect?: StepEffect
  event(atMs: number): EpcisJson
}

export interface Route {
  readonly world: World
  readonly consignment: Consignment
  readonly times: RouteTimes
  readonly eventId: (step: string) => string
}

/** Spans after the arrival at the import port, and after a pallet left its chamber. */
export interface RouteTimes {
  readonly unloadMs: number
  readonly inspectMs: number
  readonly acceptMs: number
  readonly gateMs: number
  readonly storeMs: number
  readonly betweenPalletsMs: number
  readonly depotMs: number
  readonly repackMs: number
  readonly dispatchMs: number
  readonly shopMs: number
}

const inland = { depotMs: 25 * minuteMs, repackMs: 30 * minuteMs, dispatchMs: 40 * minuteMs, shopMs: 4 * hourMs } as const

export const routeTimes: Readonly<Record<'history' | 'live', RouteTimes>> = {
  history: {
    ...inland,
    unloadMs: 4 * hourMs,
    inspectMs: 16 * hourMs,
    acceptMs: 20 * hourMs,
    gateMs: 21 * hourMs,
    storeMs: 21.2 * hourMs,
    betweenPalletsMs: 2 * minuteMs
  },
  live: {
    ...inland,
    unloadMs: 5 * secondMs,
    inspectMs: 10 * secondMs,
    acceptMs: 13 * secondMs,
    gateMs: 16 * secondMs,
    storeMs: 26 * secondMs,
    betweenPalletsMs: 3 * secondMs
  }
}

/** Every step in the order in which it is due. */
export function stepsOf(world: World, consignment: Consignment, eventId: (step: string) => string): readonly Step[] {
  const route: Route = { world, consignment, times: routeTimes[consignment.record.pace], eventId }
  const steps = [...abroadSteps(route), ...portSteps(route), ...inlandSteps(route)]
  return steps.toSorted((a, b) => a.dueMs - b.dueMs)
}
