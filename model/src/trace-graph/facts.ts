/** Events as the walks see them: their order, and what they say of the things they name. Pure; knows no session. */
import { leavingBizSteps, type SubjectRole, type TraceFact } from '../trace-event.ts'
import type { NodeKind } from '../trace.ts'

/** A key stands in an event in one or several roles. */
export const roleBits = { object: 1, parent: 2, child: 4, input: 8, output: 16 } as const satisfies Record<SubjectRole, number>

/** Serves every member of its class; such a thing can be in several places at once. */
export function isClassKind(kind: NodeKind): boolean {
  return kind === 'lot' || kind === 'product'
}

/** Events of the same instant: things come to be, are unpacked, seen, packed, and then leave. */
function rankOf(fact: TraceFact): number {
  if (fact.type === 'AggregationEvent' || fact.type === 'AssociationEvent')
    return fact.action === 'DELETE' ? 2 : fact.action === 'ADD' ? 4 : 3
  if (fact.type === 'TransformationEvent') return 1
  if (endsGoods(fact)) return 6
  if (fact.action === 'ADD') return 0
  return fact.bizLocation === undefined && leavingBizSteps.has(fact.bizStep ?? '') ? 5 : 3
}

/** By event time, then by what must come first, then by id: the same order however the events came in. */
export function compareFacts(a: TraceFact, b: TraceFact): number {
  if (a === b) return 0
  if (a.eventTimeMs !== b.eventTimeMs) return a.eventTimeMs - b.eventTimeMs
  return rankOf(a) - rankOf(b) || (a.eventID < b.eventID ? -1 : a.eventID > b.eventID ? 1 : 0)
}

/** After such an event its objects are no more: decommissioned, destroyed, or deleted from what is kept track of. */
export function endsGoods(fact: TraceFact): boolean {
  if (fact.bizStep === 'decommissioning' || fact.bizStep === 'destroying' || fact.disposition === 'destroyed') return true
  return fact.type === 'ObjectEvent' && fact.action === 'DELETE'
}

/** What is inside of something that is destroyed is destroyed with it; what only loses its number, a pallet taken apart, leaves its contents. */
export function destroysContents(fact: TraceFact): boolean {
  return fact.bizStep === 'destroying' || fact.disposition === 'destroyed'
}

export function parentOf(fact: TraceFact): string | undefined {
  return fact.subjects.find((subject) => subject.role === 'parent')?.key
}

export function isPacking(fact: TraceFact): boolean {
  return (fact.type === 'AggregationEvent' || fact.type === 'AssociationEvent') && fact.action !== undefined
}

/** How many of the ordered events come before this one. */
export function countBefore(facts: readonly TraceFact[], fact: TraceFact): number {
  let low = 0
  let high = facts.length
  while (low < high) {
    const middle = (low + high) >> 1
    const found = facts[middle]
    if (found !== undefined && compareFacts(found, fact) < 0) low = middle + 1
    else high = middle
  }
  return low
}
