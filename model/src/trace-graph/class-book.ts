/**
 * Book-keeping of goods without serial numbers: what the events of a lot, or of a product without lots, say was made, where how much of
 * it lies, what is under way, and what was used up. One pass over its timeline; it decides no more than the events tell.
 */
import { leavingBizSteps, type TraceFact, type TraceSubject } from '../trace-event.ts'
import { add, amountOf, copyOf, isNothing, missing, noAmount, take, type Amount } from './amounts.ts'
import { compareFacts, endsGoods, isPacking, parentOf, type TraceSession } from './session.ts'
import { isEmptying } from './containments.ts'
import { glnPlace } from './stays.ts'
import { destinationParty, spanOf, timelineOf } from './windows.ts'

const soldSteps: ReadonlySet<string> = new Set(['retail_selling', 'dispensing'])
const soldDispositions: ReadonlySet<string> = new Set(['retail_sold', 'dispensed', 'partially_dispensed'])
export const transitSteps: ReadonlySet<string> = new Set(['shipping', 'departing', 'transporting', 'consigning', 'loading'])
const bringingSteps: ReadonlySet<string> = new Set(['receiving', 'arriving', 'accepting'])
const countingSteps: ReadonlySet<string> = new Set(['stock_taking', 'cycle_counting'])

export function isSale(fact: TraceFact): boolean {
  return soldSteps.has(fact.bizStep ?? '') || soldDispositions.has(fact.disposition ?? '')
}

/** Under way as long as nobody says where it is. */
function isTransit(fact: TraceFact): boolean {
  return fact.disposition === 'in_transit' || (fact.bizLocation === undefined && transitSteps.has(fact.bizStep ?? ''))
}

/** A heap of the goods: at a place, inside of a unit, or under way. */
export interface Heap {
  readonly amount: Amount
  /** The event that began it, and the last one that told of it. */
  since: TraceFact
  last: TraceFact
  party: string | undefined
}

export const totalNames = ['made', 'cameIn', 'shipped', 'received', 'consumed', 'sold', 'destroyed', 'foundMore', 'foundLess'] as const
type TotalName = (typeof totalNames)[number]

export interface ClassBook {
  readonly places: ReadonlyMap<string, Heap>
  readonly units: ReadonlyMap<string, Heap>
  readonly transit: readonly Heap[]
  /** What was used up, sold or destroyed, with the first and last event of it. */
  readonly gone: ReadonlyMap<'consumed' | 'sold' | 'destroyed', Heap>
  readonly totals: Readonly<Record<TotalName, Amount>>
  /** Events that told no quantity. */
  readonly untold: readonly string[]
}

interface Books {
  readonly places: Map<string, Heap>
  readonly units: Map<string, Heap>
  readonly transit: Heap[]
  readonly gone: Map<'consumed' | 'sold' | 'destroyed', Heap>
  readonly totals: Record<TotalName, Amount>
  readonly untold: Set<string>
}

/** Of a loaded key of class kind. */
export function bookOf(session: TraceSession, key: string): ClassBook {
  const books: Books = {
    places: new Map(),
    units: new Map(),
    transit: [],
    gone: new Map(),
    totals: {
      made: noAmount(),
      cameIn: noAmount(),
      shipped: noAmount(),
      received: noAmount(),
      consumed: noAmount(),
      sold: noAmount(),
      destroyed: noAmount(),
      foundMore: noAmount(),
      foundLess: noAmount()
    },
    untold: new Set()
  }
  for (const { fact, unit } of happenings(session, key)) {
    if (unit !== undefined) {
      enterUnit(session, books, fact, unit)
      continue
    }
    for (const subject of session.subjectsOf(fact, key)) {
      if (subject.quantity === undefined) books.untold.add(fact.eventID)
      enter(books, fact, subject)
    }
  }
  return { ...books, untold: [...books.untold] }
}

/** Own events and those of the units that held some of it, oldest first; `unit` is the one that held it. */
function happenings(session: TraceSession, key: string): { readonly fact: TraceFact; readonly unit?: string }[] {
  const found: { fact: TraceFact; unit?: string }[] = session.facts(key).map((fact) => ({ fact }))
  for (const containment of session.containments(key)) {
    const timeline = timelineOf(session, containment.parent)
    const { start, end } = spanOf(timeline, containment)
    for (const fact of timeline.facts.slice(start, end + 1)) {
      if (containment.closed !== undefined && compareFacts(fact, containment.closed) > 0) break
      const isOwn = session.subjectsOf(fact, key).length > 0
      if (!isOwn && (fact !== containment.closed || isEmptying(session, fact, containment.parent)))
        found.push({ fact, unit: containment.parent })
    }
  }
  return found.sort((a, b) => compareFacts(a.fact, b.fact))
}

function enter(books: Books, fact: TraceFact, subject: TraceSubject): void {
  const amount = amountOf(subject)
  if (subject.role === 'child') return isPacking(fact) ? enterPacking(books, fact, amount) : undefined
  if (subject.role === 'input') return use(books, fact, amount, 'consumed')
  if (subject.role === 'output') return make(books, fact, amount)
  if (endsGoods(fact)) return use(books, fact, amount, 'destroyed')
  if (isSale(fact)) return use(books, fact, amount, 'sold')
  if (fact.action === 'ADD' && fact.type === 'ObjectEvent') return make(books, fact, amount)
  if (isTransit(fact) || (fact.bizLocation === undefined && leavingBizSteps.has(fact.bizStep ?? ''))) return leave(books, fact, amount)
  if (fact.bizLocation !== undefined) show(books, fact, fact.bizLocation, amount)
}

function make(books: Books, fact: TraceFact, amount: Amount): void {
  add(books.totals.made, amount)
  if (fact.bizLocation !== undefined) put(books.places, fact.bizLocation, fact, amount)
  else put(books.places, fact.readPoint ?? '', fact, amount)
}

/** From where it lies, or from what is under way where nothing lies there. */
function use(books: Books, fact: TraceFact, amount: Amount, how: 'consumed' | 'sold' | 'destroyed'): void {
  const taken = takeFrom(books, fact, amount)
  const lacks = missing(amount, taken)
  const moved = takeTransit(books, lacks)
  const all = amount.untold ? taken : amount
  add(books.totals.cameIn, missing(lacks, moved))
  add(books.totals[how], all)
  if (amount.untold) books.totals[how].untold = true
  put(books.gone, how, fact, amount.untold ? { of: all.of, untold: true } : all)
}

function leave(books: Books, fact: TraceFact, amount: Amount): void {
  const taken = takeFrom(books, fact, amount)
  if (!isNothing(taken)) {
    add(books.totals.shipped, taken)
    books.transit.push({ amount: taken, since: fact, last: fact, party: destinationParty(fact) })
  }
  const lacks = missing(amount, taken)
  const moved = takeTransit(books, lacks)
  const strange = missing(lacks, moved)
  if (!isNothing(moved)) books.transit.push({ amount: moved, since: fact, last: fact, party: destinationParty(fact) })
  if (isNothing(strange) && !(amount.untold && isNothing(taken) && books.transit.length === 0)) return
  add(books.totals.cameIn, strange)
  add(books.totals.shipped, strange)
  books.transit.push({ amount: amount.untold ? copyOf(amount) : strange, since: fact, last: fact, party: destinationParty(fact) })
}

/** Seen at a place: what was under way to it has come, what lay near it was moved there, the rest is new to us. */
function show(books: Books, fact: TraceFact, place: string, amount: Amount): void {
  if (countingSteps.has(fact.bizStep ?? '') && !amount.untold) return count(books, fact, place, amount)
  const brings = bringingSteps.has(fact.bizStep ?? '')
  const came = brings || books.places.get(place) === undefined ? takeTransit(books, amount) : noAmount()
  if (!isNothing(came)) {
    add(books.totals.received, came)
    put(books.places, place, fact, came)
  }
  let lacks = missing(amount, came)
  if (!brings || fact.bizStep === 'accepting') lacks = missing(lacks, books.places.get(place)?.amount ?? noAmount())
  const near = takeNear(books, place, lacks)
  if (!isNothing(near)) put(books.places, place, fact, near)
  const strange = missing(lacks, near)
  if (!isNothing(strange)) {
    add(books.totals.cameIn, strange)
    if (brings) add(books.totals.received, strange)
  }
  if (!isNothing(strange) || (amount.untold && isNothing(came) && isNothing(near)))
    put(books.places, place, fact, amount.untold ? amount : strange)
  else touch(books.places, place, fact)
}

/** A count is the truth from then on; what it differs from the books is nobody's to explain. */
function count(books: Books, fact: TraceFact, place: string, amount: Amount): void {
  const booked = books.places.get(place)?.amount ?? noAmount()
  add(books.totals.foundLess, missing(onlyUnitsOf(booked, amount), amount))
  add(books.totals.foundMore, missing(amount, booked))
  for (const unit of amount.of.keys()) booked.of.delete(unit)
  put(books.places, place, fact, amount)
}

function onlyUnitsOf(amount: Amount, counted: Amount): Amount {
  return { of: new Map([...amount.of].filter(([unit]) => counted.of.has(unit))), untold: false }
}

function enterPacking(books: Books, fact: TraceFact, amount: Amount): void {
  const parent = parentOf(fact)
  if (parent === undefined) return
  if (fact.action === 'DELETE') {
    const unit = books.units.get(parent)
    const taken = unit === undefined ? noAmount() : take(unit.amount, amount)
    const strange = missing(amount, taken)
    add(books.totals.cameIn, strange)
    const out = copyOf(taken)
    add(out, strange)
    unload(books, fact, parent, out)
    return
  }
  if (fact.action === 'OBSERVE' && books.units.has(parent)) return touch(books.units, parent, fact)
  const taken = takeFrom(books, fact, amount)
  add(books.totals.cameIn, missing(amount, taken))
  put(books.units, parent, fact, amount.untold ? { of: taken.of, untold: true } : amount)
}

/** What happened to a unit happened to what is inside. */
function enterUnit(session: TraceSession, books: Books, fact: TraceFact, unit: string): void {
  const heap = books.units.get(unit)
  if (heap === undefined) return
  heap.last = fact
  const party = destinationParty(fact)
  if (party !== undefined) heap.party = party
  if (isTransit(fact) && fact.bizStep === 'shipping') add(books.totals.shipped, heap.amount)
  else if (fact.bizStep === 'receiving') add(books.totals.received, heap.amount)
  const roles = session.subjectsOf(fact, unit)
  const isUsed = roles.some((subject) => subject.role === 'input')
  if (isUsed || isSale(fact) || fact.bizStep === 'destroying' || fact.disposition === 'destroyed') {
    const how = isUsed ? 'consumed' : isSale(fact) ? 'sold' : 'destroyed'
    books.units.delete(unit)
    add(books.totals[how], heap.amount)
    put(books.gone, how, fact, heap.amount)
  } else if (isEmptying(session, fact, unit)) {
    unload(books, fact, unit, take(heap.amount, { of: new Map(), untold: true }))
  }
}

function unload(books: Books, fact: TraceFact, unit: string, amount: Amount): void {
  const heap = books.units.get(unit)
  if (heap !== undefined && isNothing(heap.amount)) books.units.delete(unit)
  put(books.places, fact.bizLocation ?? fact.readPoint ?? '', fact, amount)
}

function put<Key>(heaps: Map<Key, Heap>, key: Key, fact: TraceFact, amount: Amount): void {
  const heap = heaps.get(key)
  if (heap === undefined) {
    heaps.set(key, { amount: copyOf(amount), since: fact, last: fact, party: destinationParty(fact) })
    return
  }
  add(heap.amount, amount)
  touch(heaps, key, fact)
}

function touch<Key>(heaps: Map<Key, Heap>, key: Key, fact: TraceFact): void {
  const heap = heaps.get(key)
  if (heap === undefined) return
  heap.last = fact
  heap.party = destinationParty(fact) ?? heap.party
}

/** From the place the event names, else from the only place there is. */
function takeFrom(books: Books, fact: TraceFact, amount: Amount): Amount {
  const sources = fact.sources.filter((source) => source.type === 'location').map((source) => source.key)
  for (const named of [fact.bizLocation, fact.readPoint, ...sources]) {
    if (named === undefined) continue
    const place = books.places.has(named) ? named : [...books.places.keys()].find((candidate) => glnPlace(candidate) === glnPlace(named))
    if (place !== undefined) return takeHeap(books.places, place, amount)
  }
  const [only, ...others] = books.places.keys()
  return only === undefined || others.length > 0 ? noAmount() : takeHeap(books.places, only, amount)
}

function takeNear(books: Books, place: string, amount: Amount): Amount {
  const near = [...books.places.keys()].find((candidate) => candidate !== place && glnPlace(candidate) === glnPlace(place))
  if (near !== undefined) return takeHeap(books.places, near, amount)
  return books.places.has('') ? takeHeap(books.places, '', amount) : noAmount()
}

function takeHeap(heaps: Map<string, Heap>, key: string, amount: Amount): Amount {
  const heap = heaps.get(key)
  if (heap === undefined) return noAmount()
  const taken = take(heap.amount, amount)
  if (isNothing(heap.amount)) heaps.delete(key)
  return taken
}

/** What left first comes first. */
function takeTransit(books: Books, amount: Amount): Amount {
  const taken = noAmount()
  let wanted = copyOf(amount)
  for (const heap of books.transit) {
    if (isNothing(wanted)) break
    const took = take(heap.amount, wanted)
    add(taken, took)
    if (wanted.untold) break
    wanted = missing(wanted, took)
  }
  const left = books.transit.filter((heap) => !isNothing(heap.amount))
  books.transit.splice(0, books.transit.length, ...left)
  return taken
}
