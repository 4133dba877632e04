/**
 * What one trace question has read so far: the events of keys, in an order that does not depend on when they came in, and who
 * was inside of what and when. It must not know any store; a reader brings the events in batches.
 */
import { leavingBizSteps, type Knowledge, type TraceFact, type TraceSubject } from '../trace-event.ts'
import type { NodeKind } from '../trace.ts'

export type { TraceFact }
export { transformationKey } from './references.ts'

export interface TraceReader {
  /**
   * The events that name each key, in any order, error-declared ones left out; also asked with every key of `referenceKeysOf`.
   * At most `factsPerKeyMax` a key, the oldest ones. `knowledge` widens or narrows which events count.
   */
  factsOf(keys: readonly string[], knowledge?: Knowledge): Promise<ReadonlyMap<string, readonly TraceFact[]>>
  /**
   * Every key that an event with this bizLocation, or one of its sub-locations, names up to `toMs`. Keys that were gone
   * again before `fromMs` may be left out, unless `knowledge` says otherwise; keys too many do no harm.
   */
  keysAt(
    query: { readonly place: string; readonly fromMs: number; readonly toMs: number },
    knowledge?: Knowledge
  ): Promise<readonly string[]>
}

export const factsPerKeyMax = 10_000
const containerLevelsMax = 16

/** Serves every member of its class; such a thing can be in several places at once. */
export function isClassKind(kind: NodeKind): boolean {
  return kind === 'lot' || kind === 'product'
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

export interface TraceSession {
  /** Reads the events of the keys, and of everything that ever held them. */
  load(keys: readonly string[]): Promise<void>
  /** Oldest first; empty for a key that was not loaded. */
  facts(key: string): readonly TraceFact[]
  subjectsOf(fact: TraceFact, key: string): readonly TraceSubject[]
  kindOf(key: string): NodeKind
  /** Of a loaded key, oldest first. */
  containments(key: string): readonly Containment[]
  /** True when some key had more events than may be read. */
  truncated(): boolean
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

export function parentOf(fact: TraceFact): string | undefined {
  return fact.subjects.find((subject) => subject.role === 'parent')?.key
}

export function isPacking(fact: TraceFact): boolean {
  return (fact.type === 'AggregationEvent' || fact.type === 'AssociationEvent') && fact.action !== undefined
}

export function createTraceSession(reader: TraceReader, options: { readonly atMs?: number } = {}): TraceSession {
  const atMs = options.atMs ?? Infinity
  const factsByKey = new Map<string, readonly TraceFact[]>()
  const kinds = new Map<string, NodeKind>()
  const containmentsByKey = new Map<string, readonly Containment[]>()
  const subjectIndex = new WeakMap<TraceFact, Map<string, TraceSubject[]>>()
  let truncated = false

  async function read(keys: readonly string[]): Promise<void> {
    const found = await reader.factsOf(keys)
    for (const key of keys) {
      const facts = found.get(key) ?? []
      if (facts.length >= factsPerKeyMax) truncated = true
      factsByKey.set(key, facts.filter((fact) => fact.eventTimeMs <= atMs).sort(compareFacts))
    }
  }

  const session: TraceSession = {
    async load(keys) {
      let wanted = keys
      for (let level = 0; level < containerLevelsMax; level += 1) {
        const missing = [...new Set(wanted)].filter((key) => !factsByKey.has(key))
        if (missing.length > 0) await read(missing)
        const parents = new Set<string>()
        for (const key of missing) for (const parent of parentsOf(session, key)) if (!factsByKey.has(parent)) parents.add(parent)
        if (parents.size === 0) return
        wanted = [...parents]
      }
      truncated = true
    },
    facts: (key) => factsByKey.get(key) ?? [],
    subjectsOf(fact, key) {
      let index = subjectIndex.get(fact)
      if (index === undefined) {
        index = Map.groupBy(fact.subjects, (subject) => subject.key)
        subjectIndex.set(fact, index)
      }
      return index.get(key) ?? []
    },
    kindOf(key) {
      const known = kinds.get(key)
      if (known !== undefined) return known
      const [first] = session.facts(key)
      const kind = (first === undefined ? undefined : session.subjectsOf(first, key)[0]?.kind) ?? 'other'
      if (first !== undefined) kinds.set(key, kind)
      return kind
    },
    containments(key) {
      let containments = containmentsByKey.get(key)
      if (containments === undefined) {
        containments = deriveContainments(session, key)
        containmentsByKey.set(key, containments)
      }
      return containments
    },
    truncated: () => truncated
  }
  return session
}

function parentsOf(session: TraceSession, key: string): string[] {
  const parents: string[] = []
  for (const fact of session.facts(key)) {
    if (!isPacking(fact) || !session.subjectsOf(fact, key).some((subject) => subject.role === 'child')) continue
    const parent = parentOf(fact)
    if (parent !== undefined) parents.push(parent)
  }
  return parents
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
function deriveContainments(session: TraceSession, key: string): Containment[] {
  const open = new Map<string, OpenContainment>()
  const done: Containment[] = []
  const classLevel = isClassKind(session.kindOf(key))
  const close = (parent: string, by: TraceFact | undefined): void => {
    const interval = open.get(parent)
    if (interval === undefined) return
    open.delete(parent)
    done.push(finish(key, interval, clearing(session, interval, by) ?? by))
  }
  for (const fact of session.facts(key)) {
    for (const interval of open.values()) if (clearing(session, interval, fact) !== undefined) close(interval.parent, fact)
    for (const subject of session.subjectsOf(fact, key)) {
      if (subject.role !== 'child') {
        if (!classLevel && (subject.role === 'input' || endsGoods(fact))) for (const parent of open.keys()) close(parent, fact)
        continue
      }
      const parent = parentOf(fact)
      if (parent === undefined || !isPacking(fact)) continue
      if (fact.action === 'DELETE') {
        if (!takeOut(open.get(parent), subject)) close(parent, fact)
        continue
      }
      if (!classLevel && fact.action === 'ADD') for (const other of open.keys()) if (other !== parent) close(other, fact)
      putIn(open, parent, fact, subject)
    }
  }
  for (const parent of open.keys()) close(parent, undefined)
  return done.sort((a, b) => compareFacts(a.opened, b.opened))
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
function clearing(session: TraceSession, interval: OpenContainment, before: TraceFact | undefined): TraceFact | undefined {
  return session.facts(interval.parent).find((fact) => {
    if (compareFacts(fact, interval.opened) <= 0) return false
    if (before !== undefined && compareFacts(fact, before) >= 0) return false
    const roles = session.subjectsOf(fact, interval.parent)
    if (roles.some((subject) => subject.role === 'parent')) {
      return isPacking(fact) && fact.action === 'DELETE' && !fact.subjects.some((subject) => subject.role === 'child')
    }
    return endsGoods(fact) && roles.some((subject) => subject.role === 'object')
  })
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
