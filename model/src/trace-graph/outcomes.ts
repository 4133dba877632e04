/**
 * The goods of a recall, one by one: where each is and what became of it, over everything the events say of it and of what held it. Of
 * goods without serial numbers each place's heap is split by what the events said of how much. Pure over a loaded session.
 */
import { createOutcomeRuler, type OutcomeRuler, type OutcomeSettings, type RecallGood, type RecallOutcome } from '../recall-outcome.ts'
import { add, amountOf, copyOf, isNothing, missing, noAmount, quantitiesOf, take, type Amount } from './amounts.ts'
import { isSale } from './class-book.ts'
import { heldParts, type Held } from './holders.ts'
import { endsGoods, isClassKind, type TraceFact, type TraceSession } from './session.ts'
import { timelineOf, windowsOf } from './windows.ts'

export function createGoodsTeller(session: TraceSession, settings: OutcomeSettings) {
  const ruler = createOutcomeRuler(settings)
  const lots = new WeakMap<TraceFact, ReadonlyMap<string, string>>()
  return {
    goodsOf(key: string): RecallGood[] {
      const parts = heldParts(session, key)
      if (isClassKind(session.kindOf(key))) return parts.flatMap((part) => classGoods(session, ruler, part))
      const lot = lotOf(session, key, lots)
      return parts.map((part) => itemGood(session, ruler, part, lot))
    },
    /** What held it at any time, at all levels. */
    containersOf(key: string): Set<string> {
      const found = new Set<string>()
      for (const containment of session.containments(key))
        for (const { window } of windowsOf(session, containment)) found.add(window.container)
      return found
    }
  }
}

function lotOf(session: TraceSession, key: string, memo: WeakMap<TraceFact, ReadonlyMap<string, string>>): string | undefined {
  for (const fact of session.facts(key)) {
    let told = memo.get(fact)
    if (told === undefined) {
      told = new Map(fact.subjects.flatMap((subject) => (subject.lot === undefined ? [] : [[subject.key, subject.lot] as const])))
      memo.set(fact, told)
    }
    const lot = told.get(key)
    if (lot !== undefined) return lot
  }
  return undefined
}

interface Told {
  readonly outcome: RecallOutcome
  readonly by: TraceFact | undefined
}

function goodOf(held: Held, { outcome, by }: Told, change: { lot?: string; amount?: Amount; place?: string } = {}): RecallGood {
  const { key, state, party, since, last } = held
  const place = held.place ?? change.place
  const amount = change.amount ?? held.amount
  const toPlace = state === 'inTransit' ? destinationPlace(held) : undefined
  return {
    key,
    ...(change.lot === undefined ? {} : { lot: change.lot }),
    state,
    outcome,
    ...(party === undefined ? {} : { party }),
    ...(place === undefined ? {} : { place }),
    ...(toPlace === undefined ? {} : { toPlace }),
    ...(amount === undefined ? {} : { quantities: quantitiesOf(amount) }),
    ...(amount?.untold === true ? { quantityUnknown: true } : {}),
    sinceMs: since?.eventTimeMs ?? 0,
    lastMs: last?.eventTimeMs ?? 0,
    ...(by === undefined ? {} : { outcomeMs: by.eventTimeMs, eventID: by.eventID })
  }
}

function destinationPlace({ since, last }: Held): string | undefined {
  for (const fact of [last, since]) for (const { type, key } of fact?.destinations ?? []) if (type === 'location') return key
  return undefined
}

/** Where it was sold, destroyed or lost sight of: what its last event says. */
function placeOfEvent(fact: TraceFact | undefined): string | undefined {
  return fact?.bizLocation ?? fact?.readPoint
}

function itemGood(session: TraceSession, ruler: OutcomeRuler, held: Held, lot: string | undefined): RecallGood {
  const told = ruler.fold(timelineOf(session, held.key).facts)
  const change = { ...(lot === undefined ? {} : { lot }), ...placeIfGone(held) }
  return goodOf(held, outcomeOf(held, told), change)
}

function placeIfGone(held: Held): { place?: string } {
  if (held.place !== undefined || held.state === 'inTransit' || held.state === 'inStock') return {}
  const place = placeOfEvent(held.last)
  return place === undefined ? {} : { place }
}

/** Sold goods count as sold until they come back, are corrected or destroyed; a quarantine that ended with a sale is no more. */
function outcomeOf(held: Held, told: Told | undefined): Told {
  const base: Told = { outcome: held.state, by: held.since }
  if (told === undefined) return base
  if (held.state === 'destroyed' || held.state === 'consumed') return told.outcome === 'destroyed' ? told : base
  if (held.state === 'sold' && told.outcome === 'quarantined') return base
  return told
}

function classGoods(session: TraceSession, ruler: OutcomeRuler, held: Held): RecallGood[] {
  const { key, state, place, amount = noAmount(), since, last } = held
  if (state === 'sold' || state === 'destroyed' || state === 'consumed') return goneGoods(session, held, amount)
  if (place === undefined || since === undefined || last === undefined) {
    const told = ruler.fold([since, last].filter((fact) => fact !== undefined))
    return [goodOf(held, outcomeOf(held, told))]
  }
  const own = session.facts(key).filter((fact) => placeOfEvent(fact) === place || fact.bizLocation === place)
  // Of a lot inside of a unit the events of the unit tell.
  if (own.length === 0) return [goodOf(held, outcomeOf(held, ruler.fold([since, last])))]
  return splitHeap(session, { ruler, held, amount, own })
}

interface Heap {
  readonly ruler: OutcomeRuler
  readonly held: Held
  readonly amount: Amount
  readonly own: readonly TraceFact[]
}

/** Each event speaks for as much as it names: the heap is cut into what was told so and the rest, never more than there is. */
function splitHeap(session: TraceSession, { ruler, held, amount, own }: Heap): RecallGood[] {
  const told = new Map<RecallOutcome, { amount: Amount; by: TraceFact }>()
  let last: RecallOutcome | undefined
  for (const fact of own) {
    const says = ruler.tells(fact, last)
    if (says === undefined) continue
    const named = namedBy(session, fact, held.key)
    if (says === 'cleared') {
      const known = last === undefined ? undefined : told.get(last)
      if (known !== undefined) take(known.amount, named)
      last = undefined
      continue
    }
    last = says
    if (says === 'destroyed') continue
    const known = told.get(says) ?? { amount: noAmount(), by: fact }
    add(known.amount, named)
    told.set(says, { amount: known.amount, by: fact })
  }
  const rest = copyOf(amount)
  const goods: RecallGood[] = []
  for (const [outcome, { amount: wanted, by }] of told) {
    if (isNothing(wanted)) continue
    const taken = take(rest, wanted)
    if (!isNothing(taken)) goods.push(goodOf(held, { outcome, by }, { amount: taken }))
  }
  if (!isNothing(rest) || goods.length === 0) goods.push(goodOf(held, { outcome: held.state, by: held.since }, { amount: rest }))
  return goods
}

function namedBy(session: TraceSession, fact: TraceFact, key: string): Amount {
  const amount = noAmount()
  for (const subject of session.subjectsOf(fact, key)) add(amount, amountOf(subject))
  return amount
}

/** What was sold or destroyed, by the place whose event says so; what happened inside of units stays one part. */
function goneGoods(session: TraceSession, held: Held, amount: Amount): RecallGood[] {
  const isOf = held.state === 'sold' ? isSale : held.state === 'destroyed' ? endsGoods : () => false
  const byPlace = new Map<string, { amount: Amount; by: TraceFact }>()
  for (const fact of session.facts(held.key)) {
    const place = placeOfEvent(fact)
    if (place === undefined || !isOf(fact)) continue
    const known = byPlace.get(place)
    const sum = known?.amount ?? noAmount()
    add(sum, namedBy(session, fact, held.key))
    byPlace.set(place, { amount: sum, by: fact })
  }
  let rest = copyOf(amount)
  const goods: RecallGood[] = []
  for (const [place, { amount: wanted, by }] of byPlace) {
    if (wanted.untold) continue
    goods.push(goodOf(held, { outcome: held.state, by }, { amount: wanted, place }))
    rest = missing(rest, wanted)
  }
  if (goods.length === 0 || !isNothing(rest)) goods.push(goodOf(held, { outcome: held.state, by: held.since }, { amount: rest }))
  return goods
}
