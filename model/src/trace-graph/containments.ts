/** Who was inside of what and when, from the events of a loaded read. It must not guess: being inside ends only by an event. */
import type { TraceFact, TraceSubject } from '../trace-event.ts'
import type { NodeKind } from '../trace.ts'
import { compareFacts, countBefore, endsGoods, isClassKind, isPacking, parentOf, roleBits } from './facts.ts'

/** What has been read: of each key its events, oldest first. */
export interface FactsRead {
  facts(key: string): readonly TraceFact[]
  rolesOf(fact: TraceFact, key: string): number
  subjectsOf(fact: TraceFact, key: string): readonly TraceSubject[]
  kindOf(key: string): NodeKind
}

/** `parent` held `child` from the event `opened` until right before the event `closed`. */
export interface Containment {
  readonly parent: string
  readonly child: string
  readonly opened: TraceFact
  readonly closed?: TraceFact
  readonly quantity?: number
  readonly uom?: string
}

interface OpenContainment {
  readonly parent: string
  readonly opened: TraceFact
  /** Missing when some quantity was not told. */
  quantity: number | undefined
  readonly uom: string | undefined
}

/**
 * ADD puts in, OBSERVE is evidence of being inside. It ends with DELETE, with a DELETE of the parent that names no child
 * (EPCIS 2.0 §7.4.3: all of them), when either is no more, and for one-of-a-kind things by being put into something else.
 */
export function deriveContainments(read: FactsRead, key: string): Containment[] {
  const open = new Map<string, OpenContainment>()
  const done: Containment[] = []
  const classLevel = isClassKind(read.kindOf(key))
  const close = (parent: string, by: TraceFact | undefined): void => {
    const interval = open.get(parent)
    if (interval === undefined) return
    open.delete(parent)
    done.push(finish(key, interval, clearing(read, interval, by) ?? by))
  }
  for (const fact of read.facts(key)) {
    if (open.size > 0) for (const interval of open.values()) if (clearing(read, interval, fact) !== undefined) close(interval.parent, fact)
    // Before anything is put in, nothing but a packing can change that.
    if (open.size === 0 && !isPacking(fact)) continue
    const roles = read.rolesOf(fact, key)
    if (!classLevel && open.size > 0 && ((roles & roleBits.input) !== 0 || endsGoods(fact)))
      for (const parent of open.keys()) close(parent, fact)
    const parent = (roles & roleBits.child) !== 0 && isPacking(fact) ? parentOf(fact) : undefined
    if (parent === undefined) continue
    for (const subject of read.subjectsOf(fact, key)) {
      if (subject.role !== 'child') continue
      if (fact.action === 'DELETE') {
        if (!takeOut(open.get(parent), subject)) close(parent, fact)
        continue
      }
      if (!classLevel && fact.action === 'ADD') for (const other of open.keys()) if (other !== parent) close(other, fact)
      putIn(open, parent, fact, subject)
    }
  }
  for (const parent of open.keys()) close(parent, undefined)
  return done.length < 2 ? done : done.sort((a, b) => compareFacts(a.opened, b.opened))
}

function putIn(open: Map<string, OpenContainment>, parent: string, fact: TraceFact, subject: TraceSubject): void {
  const interval = open.get(parent)
  if (interval === undefined) {
    open.set(parent, { parent, opened: fact, quantity: subject.quantity, uom: subject.uom })
  } else if (fact.action === 'ADD') {
    const told = interval.quantity !== undefined && subject.quantity !== undefined && interval.uom === subject.uom
    interval.quantity = told ? (interval.quantity ?? 0) + (subject.quantity ?? 0) : undefined
  }
}

/** True when a part of the quantity was taken out and the rest is still inside. */
function takeOut(interval: OpenContainment | undefined, subject: TraceSubject): boolean {
  if (interval?.quantity === undefined || subject.quantity === undefined || interval.uom !== subject.uom) return false
  if (subject.quantity >= interval.quantity) return false
  interval.quantity -= subject.quantity
  return true
}

/** The first event between the opening and `before` by which the parent was emptied or was no more. */
function clearing(read: FactsRead, interval: OpenContainment, before: TraceFact | undefined): TraceFact | undefined {
  const emptied = emptyings(read, interval.parent)
  if (emptied.length === 0) return undefined
  let at = countBefore(emptied, interval.opened)
  if (emptied[at] === interval.opened) at += 1
  const found = emptied[at]
  return found === undefined || (before !== undefined && compareFacts(found, before) >= 0) ? undefined : found
}

/** Worked out once a parent: every child of it asks. */
const emptyingsByReading = new WeakMap<FactsRead, Map<string, readonly TraceFact[]>>()

function emptyings(read: FactsRead, parent: string): readonly TraceFact[] {
  let known = emptyingsByReading.get(read)
  if (known === undefined) {
    known = new Map()
    emptyingsByReading.set(read, known)
  }
  let found = known.get(parent)
  if (found === undefined) {
    found = read.facts(parent).filter((fact) => isEmptying(read, fact, parent))
    known.set(parent, found)
  }
  return found
}

export function isEmptying(read: FactsRead, fact: TraceFact, parent: string): boolean {
  const roles = read.rolesOf(fact, parent)
  if ((roles & roleBits.parent) !== 0)
    return isPacking(fact) && fact.action === 'DELETE' && !fact.subjects.some((subject) => subject.role === 'child')
  return endsGoods(fact) && (roles & roleBits.object) !== 0
}

function finish(child: string, interval: OpenContainment, closed: TraceFact | undefined): Containment {
  return {
    parent: interval.parent,
    child,
    opened: interval.opened,
    ...(closed === undefined ? {} : { closed }),
    ...(interval.quantity === undefined ? {} : { quantity: interval.quantity }),
    ...(interval.uom === undefined ? {} : { uom: interval.uom })
  }
}
