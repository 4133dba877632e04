/** Puts the parts of a point's control list together: a revision holds from the moment when all of its parts are there. Pure. */
import type { ControlList, ControlOrder } from './control.ts'

export interface ControlState {
  /** 0 before any. */
  readonly revision: number
  readonly issuedAtMs: number
  readonly leftOut: number
  readonly orders: readonly ControlOrder[]
  /** Parts of a newer revision that is not complete. */
  readonly waiting: readonly ControlList[]
}

export const noControl: ControlState = { revision: 0, issuedAtMs: 0, leftOut: 0, orders: [], waiting: [] }

/** applied: all parts are there; waiting: more are needed; known: this revision holds already; older: a later one holds or waits. */
export type ControlOutcome = 'applied' | 'waiting' | 'known' | 'older'

export function takeControlList(
  state: ControlState,
  list: ControlList
): { readonly state: ControlState; readonly outcome: ControlOutcome } {
  if (list.revision === state.revision) return { state, outcome: 'known' }
  const newest = state.waiting[0]?.revision ?? 0
  if (list.revision < Math.max(state.revision, newest)) return { state, outcome: 'older' }
  const waiting = [...(list.revision === newest ? state.waiting.filter(({ part }) => part !== list.part) : []), list].sort(
    (left, right) => left.part - right.part
  )
  if (waiting.filter(({ part }) => part < list.parts).length < list.parts) return { state: { ...state, waiting }, outcome: 'waiting' }
  return {
    outcome: 'applied',
    state: {
      revision: list.revision,
      issuedAtMs: list.issuedAtMs,
      leftOut: Math.max(...waiting.map(({ leftOut }) => leftOut ?? 0)),
      orders: waiting.flatMap(({ orders }) => orders),
      waiting: []
    }
  }
}
