/** Who holds the leaves of what goods went into: the last party and place that the events tell, and in which state. */
import type { HolderState, Holding } from '../trace.ts'
import { compareFacts, endsGoods, isClassKind, type TraceFact, type TraceSession } from './session.ts'
import { deriveStays } from './stays.ts'
import { containerWindows, factsInWindow, type WalkResult } from './walk.ts'

const soldSteps: ReadonlySet<string> = new Set(['retail_selling', 'dispensing'])
const soldDispositions: ReadonlySet<string> = new Set(['retail_sold', 'dispensed', 'partially_dispensed'])
const transitSteps: ReadonlySet<string> = new Set(['shipping', 'departing', 'transporting', 'consigning', 'loading'])

interface Held {
  readonly key: string
  readonly party: string | undefined
  readonly place: string | undefined
  readonly state: HolderState
  readonly lastMs: number
}

export function deriveHoldings(
  session: TraceSession,
  walks: readonly WalkResult[],
  goodsMax: number
): { holdings: Holding[]; total: number } {
  const becomes = new Set<string>()
  const holds = new Set<string>()
  const keys = new Set<string>()
  for (const walk of walks) {
    for (const key of walk.depths.keys()) keys.add(key)
    for (const edge of walk.edges) {
      if (edge.kind === 'becomes') becomes.add(edge.from)
      if (edge.kind === 'contains') holds.add(edge.from)
    }
  }
  const groups = new Map<string, HeldGroup>()
  let total = 0
  for (const key of keys) {
    if (holds.has(key)) continue
    for (const held of heldParts(session, key)) {
      if (becomes.has(key) && (!isClassKind(session.kindOf(key)) || held.state !== 'inStock')) continue
      total += 1
      const id = `${held.state} ${held.party ?? ''} ${held.place ?? ''}`
      const group = groups.get(id) ?? { held, goods: [], lastMs: 0 }
      groups.set(id, group)
      group.goods.push(key)
      group.lastMs = Math.max(group.lastMs, held.lastMs)
    }
  }
  const sorted = [...groups].sort(([idA, a], [idB, b]) => b.goods.length - a.goods.length || (idA < idB ? -1 : 1))
  return { holdings: sorted.map(([, group]) => holdingOf(group, goodsMax)), total }
}

interface HeldGroup {
  readonly held: Held
  readonly goods: string[]
  lastMs: number
}

function holdingOf({ held, goods, lastMs }: HeldGroup, goodsMax: number): Holding {
  return {
    ...(held.party === undefined ? {} : { party: held.party }),
    ...(held.place === undefined ? {} : { place: held.place }),
    state: held.state,
    goods: goods.sort().slice(0, goodsMax),
    count: goods.length,
    lastMs
  }
}

/** One part for a one-of-a-kind thing; for a lot one part per place and unit it is at or in. */
function heldParts(session: TraceSession, key: string): Held[] {
  const own = session.facts(key)
  if (!isClassKind(session.kindOf(key))) return [heldPart(session, key, mergedFacts(session, key))]
  const places = new Set(
    deriveStays(session, key)
      .filter((stay) => stay.toMs === undefined)
      .map((stay) => stay.place)
  )
  if (places.size === 0) return [heldPart(session, key, mergedFacts(session, key))]
  const merged = mergedFacts(session, key)
  return [...places].map((place) => {
    const facts = merged.filter((fact) => fact.bizLocation === place)
    const last = facts.at(-1) ?? own.at(-1)
    const party = facts.map(destinationParty).findLast((found) => found !== undefined)
    return { key, place, party, state: 'inStock', lastMs: last?.eventTimeMs ?? 0 }
  })
}

/** Own events and those of what held the key meanwhile, oldest first. */
function mergedFacts(session: TraceSession, key: string): TraceFact[] {
  const facts = new Map<string, TraceFact>()
  for (const { window } of containerWindows(session, key, 0)) {
    for (const fact of factsInWindow(session, window)) if (fact !== window.to) facts.set(fact.eventID, fact)
  }
  for (const fact of session.facts(key)) facts.set(fact.eventID, fact)
  return [...facts.values()].sort(compareFacts)
}

function heldPart(session: TraceSession, key: string, facts: readonly TraceFact[]): Held {
  const last = facts.at(-1)
  const party = facts.map(destinationParty).findLast((found) => found !== undefined)
  const stay = deriveStays(session, key).findLast((candidate) => candidate.toMs === undefined)
  const state = stateOf(last, stay?.place)
  return { key, party, place: state === 'inStock' ? stay?.place : undefined, state, lastMs: last?.eventTimeMs ?? 0 }
}

function stateOf(last: TraceFact | undefined, place: string | undefined): HolderState {
  if (last === undefined) return 'unknown'
  if (endsGoods(last)) return 'destroyed'
  if (soldSteps.has(last.bizStep ?? '') || soldDispositions.has(last.disposition ?? '')) return 'sold'
  if (last.disposition === 'in_transit') return 'inTransit'
  if (place !== undefined) return 'inStock'
  return transitSteps.has(last.bizStep ?? '') ? 'inTransit' : 'unknown'
}

/** Who has it counts before who owns it. */
function destinationParty(fact: TraceFact): string | undefined {
  const of = (type: string): string | undefined => fact.destinations.find((destination) => destination.type === type)?.key
  return of('possessing_party') ?? of('owning_party')
}
