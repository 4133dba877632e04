/**
 * The life of one thing as its events tell it: its own events and, while it was inside of something, those of what held it. The same
 * for every order in which the events came. It guesses nothing: what was cut off is marked as not complete.
 */
import type { TraceFact } from '@tracegate/model/trace-event'
import { compareFacts, destroysContents, endsGoods, isClassKind, parentOf } from '@tracegate/model/trace-graph/session'
import type { NodeKind } from '@tracegate/model/trace'
import type { TraceHistory } from '../engine.ts'
import { gtinOf } from '../goods-key.ts'
import { levelsMax, lotsIn } from './contents.ts'
import { isAggregation, isDeclaration, isIn, subjectIn } from './fact-index.ts'

/** A key with as many events may have older ones that are not known: rules that rest on the absence of an event keep silent then. */
const historyLengthMax = 200

/** It was inside of `parent` from the event `opened` until the event `closed`. */
export interface Stay {
  readonly parent: string
  readonly opened: TraceFact
  readonly closed?: TraceFact
}

/** An event of the life; `via` is the container that it names in place of the thing. */
export interface Step {
  readonly fact: TraceFact
  readonly via?: string
}

export interface Life {
  readonly key: string
  readonly kind: NodeKind
  readonly gtin: string | undefined
  /** Its own events, oldest first. */
  readonly own: readonly TraceFact[]
  /** Its own and those of what held it, oldest first. */
  readonly steps: readonly Step[]
  readonly stays: readonly Stay[]
  readonly lots: readonly string[]
  /** False where older events may be missing. */
  readonly complete: boolean
}

/** Reads lives out of one history; what brothers on a pallet share is worked out once. */
export interface Lives {
  of(key: string): Life
  /** The events that name the key itself, oldest first, without those declared wrong. */
  own(key: string): readonly TraceFact[]
  staysOf(key: string): readonly Stay[]
}

/** `judged` are the events just told: they take part where the history does not have them yet, or declare events of it wrong. */
export function createLives(history: TraceHistory, judged: readonly TraceFact[]): Lives {
  const wrong = new Set(judged.filter(isDeclaration).map(({ eventID }) => eventID))
  const fresh = new Map<string, TraceFact[]>()
  /** A store may give one event as an object for each key. */
  const facts = new Map<string, TraceFact>()
  for (const fact of judged) {
    if (wrong.has(fact.eventID)) continue
    facts.set(fact.eventID, fact)
    for (const { key } of fact.subjects) {
      const known = fresh.get(key)
      if (known === undefined) fresh.set(key, [fact])
      else if (known.at(-1) !== fact) known.push(fact)
    }
  }
  const owns = new Map<string, readonly TraceFact[]>()
  const staysByKey = new Map<string, readonly Stay[]>()
  const windows = new Map<string, readonly Step[]>()
  const lives: Lives = {
    own(key) {
      let own = owns.get(key)
      if (own === undefined) {
        own = ownFacts({ known: history.of(key), fresh: fresh.get(key) ?? [], wrong, facts })
        owns.set(key, own)
      }
      return own
    },
    staysOf(key) {
      let stays = staysByKey.get(key)
      if (stays === undefined) {
        stays = staysIn(key, lives)
        staysByKey.set(key, stays)
      }
      return stays
    },
    of(key) {
      const own = lives.own(key)
      const stays = lives.staysOf(key)
      const held = stays.map((stay) => heldSteps(key, stay, { lives, windows }))
      const complete = own.length < historyLengthMax && stays.every(({ parent }) => lives.own(parent).length < historyLengthMax)
      return {
        key,
        kind: kindIn(own, key),
        gtin: gtinOf(key),
        own,
        steps: mergeSteps(own, held),
        stays,
        get lots() {
          return lotsIn(own, key)
        },
        complete
      }
    }
  }
  return lives
}

interface Telling {
  readonly known: readonly TraceFact[]
  readonly fresh: readonly TraceFact[]
  readonly wrong: ReadonlySet<string>
  readonly facts: Map<string, TraceFact>
}

function ownFacts({ known, fresh, wrong, facts }: Telling): readonly TraceFact[] {
  const own: TraceFact[] = []
  for (const fact of known) {
    if (isDeclaration(fact) || wrong.has(fact.eventID)) continue
    // An event of many is one object whichever of them was asked for, so that it is indexed once.
    if (fact.subjects.length < sharedFrom) own.push(fact)
    else {
      const shared = facts.get(fact.eventID)
      if (shared === undefined) facts.set(fact.eventID, fact)
      own.push(shared ?? fact)
    }
  }
  for (const fact of fresh) if (!own.some(({ eventID }) => eventID === fact.eventID)) own.push(fact)
  // Stores give them in order, but for what was told just now.
  for (let index = 1; index < own.length; index += 1) {
    const [before, after] = [own[index - 1], own[index]]
    if (before !== undefined && after !== undefined && compareFacts(before, after) > 0) return own.sort(compareFacts)
  }
  return own
}

/** Those with fewer are cheaper to read again than to look up. */
const sharedFrom = 9

function kindIn(own: readonly TraceFact[], key: string): NodeKind {
  const [first] = own
  return first === undefined ? 'other' : (subjectIn(first, key)?.kind ?? 'other')
}

/** Being inside ends by being taken out, by being put elsewhere, when either is no more, and when a single thing is sold or used up. */
function staysIn(key: string, lives: Lives): readonly Stay[] {
  const own = lives.own(key)
  if (!own.some((fact) => isAggregation(fact) && isIn(fact, key, 'child'))) return []
  const single = !isClassKind(kindIn(own, key))
  const open = new Map<string, TraceFact>()
  const done: Stay[] = []
  const close = (parent: string, closed: TraceFact): void => {
    const opened = open.get(parent)
    if (opened === undefined) return
    open.delete(parent)
    done.push({ parent, opened, closed: clearing(lives, parent, opened, closed) ?? closed })
  }
  for (const fact of own) {
    if (single && open.size > 0 && leavesContainer(fact, key)) for (const parent of open.keys()) close(parent, fact)
    if (!isAggregation(fact) || !isIn(fact, key, 'child')) continue
    const parent = parentOf(fact)
    if (parent === undefined || parent === key) continue
    if (fact.action === 'DELETE') {
      close(parent, fact)
      continue
    }
    // A list may name a case and what is in it side by side: the inner one stays where it is.
    if (single && [...open.keys()].some((inner) => inner !== parent && isIn(fact, inner, 'child'))) continue
    if (single && fact.action === 'ADD') for (const other of open.keys()) if (other !== parent) close(other, fact)
    if (!open.has(parent)) open.set(parent, fact)
  }
  for (const [parent, opened] of open) {
    const closed = clearing(lives, parent, opened, undefined)
    done.push({ parent, opened, ...(closed === undefined ? {} : { closed }) })
  }
  return done
}

function leavesContainer(fact: TraceFact, key: string): boolean {
  if (isSale(fact) || endsGoods(fact)) return isIn(fact, key, 'object')
  return fact.type === 'TransformationEvent' && isIn(fact, key, 'input')
}

/** The first event after `opened` and before `until` by which the container was emptied, or was no more. */
function clearing(lives: Lives, parent: string, opened: TraceFact, until: TraceFact | undefined): TraceFact | undefined {
  return lives.own(parent).find((fact) => {
    if (compareFacts(fact, opened) <= 0 || (until !== undefined && compareFacts(fact, until) >= 0)) return false
    if (isIn(fact, parent, 'parent'))
      return isAggregation(fact) && fact.action === 'DELETE' && !fact.subjects.some(({ role }) => role === 'child')
    return isIn(fact, parent, 'object') && endsGoods(fact)
  })
}

interface Holding {
  readonly lives: Lives
  readonly windows: Map<string, readonly Step[]>
}

/** What happened to the container, and to what held it, while the thing was inside; both ends counted in. */
function heldSteps(key: string, stay: Stay, holding: Holding, level = 1): readonly Step[] {
  const { lives, windows } = holding
  const id = `${stay.parent} ${stay.opened.eventID} ${stay.closed?.eventID ?? ''}`
  let found = windows.get(id)
  if (found === undefined) {
    const fromMs = stay.opened.eventTimeMs
    const untilMs = stay.closed?.eventTimeMs ?? Infinity
    const steps: Step[] = []
    for (const fact of lives.own(stay.parent))
      if (fact.eventTimeMs >= fromMs && fact.eventTimeMs <= untilMs && !isIn(fact, stay.parent, 'parent'))
        steps.push({ fact, via: stay.parent })
    if (level < levelsMax)
      for (const outer of lives.staysOf(stay.parent)) {
        const outerUntilMs = outer.closed?.eventTimeMs ?? Infinity
        if (outer.opened.eventTimeMs > untilMs || outerUntilMs < fromMs || outer.parent === key) continue
        for (const step of heldSteps(stay.parent, outer, holding, level + 1))
          if (step.fact.eventTimeMs >= fromMs && step.fact.eventTimeMs <= untilMs) steps.push(step)
      }
    found = steps
    windows.set(id, found)
  }
  return found
}

const stepsByFact = new WeakMap<TraceFact, Step>()

/** Every thing that an event names has the same step of it. */
function stepOf(fact: TraceFact): Step {
  const known = stepsByFact.get(fact)
  if (known !== undefined) return known
  const step = { fact }
  stepsByFact.set(fact, step)
  return step
}

function mergeSteps(own: readonly TraceFact[], held: readonly (readonly Step[])[]): readonly Step[] {
  const steps: Step[] = own.map(stepOf)
  if (held.every((one) => one.length === 0)) return steps
  const seen = new Set(own.map(({ eventID }) => eventID))
  for (const one of held)
    for (const step of one) {
      if (seen.has(step.fact.eventID)) continue
      seen.add(step.fact.eventID)
      steps.push(step)
    }
  return steps.sort((a, b) => compareFacts(a.fact, b.fact))
}

/** The container it was inside of when the event happened. */
export function stayAt(stays: readonly Stay[], fact: TraceFact): Stay | undefined {
  return stays.find(({ opened, closed }) => compareFacts(opened, fact) <= 0 && (closed === undefined || compareFacts(fact, closed) < 0))
}

const saleSteps: ReadonlySet<string> = new Set(['retail_selling', 'dispensing'])
const saleDispositions: ReadonlySet<string> = new Set(['retail_sold', 'dispensed'])

export function isSale(fact: TraceFact): boolean {
  if (fact.type !== 'ObjectEvent' && fact.type !== 'TransactionEvent') return false
  return saleSteps.has(fact.bizStep ?? '') || saleDispositions.has(fact.disposition ?? '')
}

/** The event by which a thing is no more: itself, or with what it is in. */
export function isEndOf(step: Step, key: string): boolean {
  if (step.via !== undefined) return destroysContents(step.fact) && isIn(step.fact, step.via, 'object')
  if (isIn(step.fact, key, 'input')) return step.fact.type === 'TransformationEvent'
  return isIn(step.fact, key, 'object') && endsGoods(step.fact)
}
