/** Who holds a thing: the last party and place that the events tell, and in which state. Pure over a loaded session. */
import type { HolderState, Holding } from '../trace.ts'
import { add, noAmount, quantitiesOf, type Amount } from './amounts.ts'
import { bookOf, isSale, transitSteps, type Heap } from './class-book.ts'
import { compareFacts, endsGoods, isClassKind, roleBits, type TraceFact, type TraceSession } from './session.ts'
import { openPlaceOf } from './stays.ts'
import type { WalkResult } from './walk.ts'
import { destinationParty, spanOf, timelineOf, windowsOf } from './windows.ts'

/** Some or all of a thing in one place, state and hand. */
export interface Held {
  readonly key: string
  readonly state: HolderState | 'consumed'
  readonly party: string | undefined
  readonly place: string | undefined
  /** The event that told the state, and the last one that told of the part. */
  readonly since: TraceFact | undefined
  readonly last: TraceFact | undefined
  /** Missing for a thing with a serial number. */
  readonly amount?: Amount
}

/** One part for a one-of-a-kind thing; for a lot one part for each place it lies at, unit it is in, shipment and end. */
export function heldParts(session: TraceSession, key: string): Held[] {
  return isClassKind(session.kindOf(key)) ? classParts(session, key) : [itemPart(session, key)]
}

function itemPart(session: TraceSession, key: string): Held {
  const { last, party, since } = latestOf(session, key)
  const used = last !== undefined && isUse(session, key, last)
  const place = last === undefined || used ? undefined : openPlaceOf(session, key)
  const state = used ? 'consumed' : stateOf(last, place)
  return { key, party, place: state === 'inStock' ? place : undefined, state, since: state === 'inTransit' ? since : last, last }
}

function isUse(session: TraceSession, key: string, fact: TraceFact): boolean {
  if (fact.type !== 'TransformationEvent') return false
  const isInput = (of: string): boolean => (session.rolesOf(fact, of) & (roleBits.input | roleBits.output)) === roleBits.input
  // What is inside of something is used up with it.
  return isInput(key) || session.containments(key).some((own) => windowsOf(session, own).some(({ window }) => isInput(window.container)))
}

interface Latest {
  readonly last: TraceFact | undefined
  readonly party: string | undefined
  /** Where the run of transit events began that `last` ends. */
  readonly since: TraceFact | undefined
}

/** Of its own events and those of what held it meanwhile: the last one, and the last that names a receiver. */
function latestOf(session: TraceSession, key: string): Latest {
  const own = session.facts(key)
  const containments = session.containments(key)
  let last = own.at(-1)
  let giver = own.findLast((fact) => destinationParty(fact) !== undefined)
  for (const containment of containments) {
    const timeline = timelineOf(session, containment.parent)
    const { start, end } = spanOf(timeline, containment)
    const latest = end > start ? timeline.facts[end - 1] : undefined
    if (latest === undefined) continue
    if (last === undefined || compareFacts(latest, last) > 0) last = latest
    const at = timeline.lastParty[end - 1] ?? -1
    const fact = at >= start ? timeline.facts[at] : undefined
    if (fact !== undefined && (giver === undefined || compareFacts(fact, giver) > 0)) giver = fact
  }
  const since = last !== undefined && isUnderWay(last) ? transitSince(runsOf(session, key), last) : last
  return { last, party: giver === undefined ? undefined : destinationParty(giver), since }
}

/** Its own events and, by index, those of what held it meanwhile. */
function runsOf(session: TraceSession, key: string): Run[] {
  const own = session.facts(key)
  const runs: Run[] = [{ facts: own, start: 0, end: own.length }]
  for (const containment of session.containments(key)) {
    const timeline = timelineOf(session, containment.parent)
    runs.push({ facts: timeline.facts, ...spanOf(timeline, containment) })
  }
  return runs
}

interface Run {
  readonly facts: readonly TraceFact[]
  readonly start: number
  readonly end: number
}

/** Where the run of transit events begins that `last` ends. */
function transitSince(runs: readonly Run[], last: TraceFact): TraceFact {
  let since = last
  let settled: TraceFact | undefined
  for (const { facts, start, end } of runs) {
    for (let at = end - 1; at >= start; at -= 1) {
      const fact = facts[at]
      if (fact === undefined || isUnderWay(fact)) continue
      if (settled === undefined || compareFacts(fact, settled) > 0) settled = fact
      break
    }
  }
  for (const { facts, start, end } of runs) {
    for (let at = end - 1; at >= start; at -= 1) {
      const fact = facts[at]
      if (fact === undefined || !isUnderWay(fact) || (settled !== undefined && compareFacts(fact, settled) < 0)) break
      if (compareFacts(fact, since) < 0) since = fact
    }
  }
  return since
}

function isUnderWay(fact: TraceFact): boolean {
  return fact.disposition === 'in_transit' || transitSteps.has(fact.bizStep ?? '')
}

function stateOf(last: TraceFact | undefined, place: string | undefined): HolderState {
  if (last === undefined) return 'unknown'
  if (endsGoods(last)) return 'destroyed'
  if (isSale(last)) return 'sold'
  if (last.disposition === 'in_transit') return 'inTransit'
  if (place !== undefined) return 'inStock'
  return transitSteps.has(last.bizStep ?? '') ? 'inTransit' : 'unknown'
}

function classParts(session: TraceSession, key: string): Held[] {
  const book = bookOf(session, key)
  const parts: Held[] = []
  const part = (state: Held['state'], place: string | undefined, heap: Heap): void => {
    parts.push({ key, state, place, party: heap.party, since: heap.since, last: heap.last, amount: heap.amount })
  }
  for (const [place, heap] of book.places) part(place === '' ? 'unknown' : 'inStock', place === '' ? undefined : place, heap)
  for (const heap of book.transit) part('inTransit', undefined, heap)
  for (const [unit, heap] of book.units) {
    const { state, place, party, since } = itemPart(session, unit)
    const now = state === 'consumed' ? 'unknown' : state
    parts.push({ key, state: now, place, party: party ?? heap.party, since, last: heap.last, amount: heap.amount })
  }
  for (const [how, heap] of book.gone) part(how, undefined, heap)
  if (parts.length > 0) return parts
  const { last, party } = latestOf(session, key)
  return [{ key, state: 'unknown', place: undefined, party, since: last, last, amount: noAmount() }]
}

export function deriveHoldings(
  session: TraceSession,
  walks: readonly WalkResult[],
  goodsMax: number
): { holdings: Holding[]; total: number } {
  const groups = new Map<string, HeldGroup>()
  let total = 0
  for (const key of leavesOf(session, walks)) {
    for (const held of heldParts(session, key)) {
      if (held.state === 'consumed') continue
      total += 1
      const id = `${held.state} ${held.party ?? ''} ${held.place ?? ''}`
      const group = groups.get(id) ?? { held, state: held.state, goods: [], serials: 0, amount: noAmount(), lastMs: 0 }
      groups.set(id, group)
      group.goods.push(held.key)
      if (held.amount === undefined) group.serials += 1
      else add(group.amount, held.amount)
      group.lastMs = Math.max(group.lastMs, held.last?.eventTimeMs ?? 0)
    }
  }
  const sorted = [...groups].sort(([idA, a], [idB, b]) => b.goods.length - a.goods.length || (idA < idB ? -1 : 1))
  return { holdings: sorted.map(([, group]) => holdingOf(group, goodsMax)), total }
}

/** The goods of the walks: what only holds goods, stands for a class of them or was asked about as a place or shipment is none. */
export function leavesOf(session: TraceSession, walks: readonly WalkResult[]): Set<string> {
  const keys = new Set<string>()
  for (const { depths, holding, classes } of walks) {
    for (const key of depths.keys()) {
      if (holding.has(key) || (classes.has(key) && session.facts(key).length === 0)) continue
      if (!walks.some((other) => other.holding.has(key))) keys.add(key)
    }
  }
  return keys
}

interface HeldGroup {
  readonly held: Held
  readonly state: HolderState
  readonly goods: string[]
  readonly amount: Amount
  serials: number
  lastMs: number
}

function holdingOf({ held, state, goods, serials, amount, lastMs }: HeldGroup, goodsMax: number): Holding {
  const quantities = quantitiesOf(amount)
  return {
    ...(held.party === undefined ? {} : { party: held.party }),
    ...(held.place === undefined ? {} : { place: held.place }),
    state,
    goods: goods.sort().slice(0, goodsMax),
    count: goods.length,
    serials,
    ...(quantities.length === 0 ? {} : { quantities }),
    lastMs
  }
}
