/**
 * What one trace question has read so far: the events of keys, in an order that does not depend on when they came in, and who
 * was inside of what and when. It must not know any store; a reader brings the events in batches.
 */
import type { Knowledge, TraceFact, TraceSubject } from '../trace-event.ts'
import { nodeKinds, type NodeKind } from '../trace.ts'
import { deriveContainments, type Containment } from './containments.ts'
import { compareFacts, isPacking, parentOf, roleBits } from './facts.ts'
import { kindShift, partOf, rolesMask } from './parts.ts'
import { isReference } from './references.ts'

export type { TraceFact }
export type { Containment } from './containments.ts'
export { compareFacts, countBefore, destroysContents, endsGoods, isClassKind, isPacking, parentOf, roleBits } from './facts.ts'
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
export const containerLevelsMax = 16

export interface SessionOptions extends Knowledge {
  /** Only what happened up to this time. */
  readonly atMs?: number
  /** How long the question may be worked on before it is cut. */
  readonly timeMaxMs?: number
  /** The clock of that limit; a monotonic one by default. */
  readonly clockMs?: () => number
}

export interface TraceSession {
  /** Reads the events of the keys, and of everything that ever held them. */
  load(keys: readonly string[]): Promise<void>
  /** Oldest first; empty for a key that was not loaded. An event is one object, whichever key it was found by. */
  facts(key: string): readonly TraceFact[]
  /** In which roles the event names the key, as bits. */
  rolesOf(fact: TraceFact, key: string): number
  /** In which roles any of its events names the loaded key. */
  rolesEver(key: string): number
  subjectsOf(fact: TraceFact, key: string): readonly TraceSubject[]
  kindOf(key: string): NodeKind
  /** Of a loaded key, oldest first. */
  containments(key: string): readonly Containment[]
  /** Whether any event read so far belongs to a transformation of several events. */
  hasTransformationIDs(): boolean
  /** Whether the key has more events than may be read. */
  isCut(key: string): boolean
  /** True when some key had more events than may be read. */
  truncated(): boolean
  /** Whether the time for the question is used up. */
  isLate(): boolean
  readonly knowledge: Knowledge
}

const timeMaxMsDefault = 10_000
interface Known {
  readonly facts: readonly TraceFact[]
  readonly roles: number
  kind: NodeKind | undefined
  containments: readonly Containment[] | undefined
}
const unknown: Known = { facts: [], roles: 0, kind: 'other', containments: [] }

export function createTraceSession(reader: TraceReader, options: SessionOptions = {}): TraceSession {
  const { atMs = Infinity, timeMaxMs = timeMaxMsDefault, clockMs = () => performance.now() } = options
  const knowledge: Knowledge = {
    ...(options.knownAtMs === undefined ? {} : { knownAtMs: options.knownAtMs }),
    ...(options.withDeclared === undefined ? {} : { withDeclared: options.withDeclared })
  }
  const deadlineMs = clockMs() + timeMaxMs
  const byKey = new Map<string, Known>()
  const one = createUniter()
  const cutKeys = new Set<string>()
  let tooDeep = false
  let transformationIDs = false
  // Most questions about a key come one after the other.
  let lastKey = ''
  let lastKnown = unknown

  const knownOf = (key: string): Known => {
    if (key === lastKey) return lastKnown
    lastKnown = byKey.get(key) ?? unknown
    lastKey = key
    return lastKnown
  }
  const rolesOf = (fact: TraceFact, key: string): number => partOf(fact, key) & rolesMask
  const read = async (keys: readonly string[]): Promise<void> => {
    const found = await reader.factsOf(keys, knowledge)
    for (const key of keys) {
      const all = found.get(key) ?? []
      if (all.length >= factsPerKeyMax) cutKeys.add(key)
      const facts = inOrder(united(knowledge.withDeclared === true ? onePerEvent(all) : all, one), atMs)
      let roles = 0
      const isThing = !isReference(key)
      for (const fact of facts) {
        if (isThing) roles |= rolesOf(fact, key)
        if (fact.transformationID !== undefined) transformationIDs = true
      }
      byKey.set(key, { facts, roles, kind: undefined, containments: undefined })
    }
    lastKey = ''
    lastKnown = unknown
  }

  const session: TraceSession = {
    async load(keys) {
      let wanted: Iterable<string> = keys
      for (let level = 0; level < containerLevelsMax; level += 1) {
        const missing: string[] = []
        for (const key of new Set(wanted)) if (!byKey.has(key)) missing.push(key)
        if (missing.length > 0) await read(missing)
        const parents = new Set<string>()
        for (const key of missing) if ((knownOf(key).roles & roleBits.child) !== 0) addParents(session, key, parents)
        for (const parent of parents) if (byKey.has(parent)) parents.delete(parent)
        if (parents.size === 0) return
        wanted = parents
      }
      tooDeep = true
    },
    facts: (key) => knownOf(key).facts,
    rolesOf,
    rolesEver: (key) => knownOf(key).roles,
    subjectsOf: (fact, key) => (rolesOf(fact, key) === 0 ? [] : fact.subjects.filter((subject) => subject.key === key)),
    kindOf(key) {
      const known = knownOf(key)
      const [first] = known.facts
      known.kind ??= (first === undefined ? undefined : nodeKinds[partOf(first, key) >> kindShift]) ?? 'other'
      return known.kind
    },
    containments(key) {
      const known = knownOf(key)
      known.containments ??= (known.roles & roleBits.child) === 0 ? [] : deriveContainments(session, key)
      return known.containments
    },
    hasTransformationIDs: () => transformationIDs,
    isCut: (key) => cutKeys.has(key),
    truncated: () => tooDeep || cutKeys.size > 0,
    isLate: () => clockMs() > deadlineMs,
    knowledge
  }
  return session
}

/** A reader may give an event anew for each key that names it; from here on it is one object. */
function createUniter(): (fact: TraceFact) => TraceFact {
  const united = new Map<TraceFact, TraceFact>()
  const byId = new Map<string, TraceFact>()
  return (fact) => {
    const known = united.get(fact)
    if (known !== undefined) return known
    const first = byId.get(fact.eventID)
    if (first === undefined) byId.set(fact.eventID, fact)
    united.set(fact, first ?? fact)
    return first ?? fact
  }
}

/** The list as it is where nothing has to be united, which is nearly always. */
function united(facts: readonly TraceFact[], one: (fact: TraceFact) => TraceFact): readonly TraceFact[] {
  let changed: TraceFact[] | undefined
  for (const [at, fact] of facts.entries()) {
    const same = one(fact)
    if (same === fact) continue
    changed ??= [...facts]
    changed[at] = same
  }
  return changed ?? facts
}

function inOrder(facts: readonly TraceFact[], atMs: number): readonly TraceFact[] {
  const counted = facts.some((fact) => fact.eventTimeMs > atMs) ? facts.filter((fact) => fact.eventTimeMs <= atMs) : facts
  for (let at = 1; at < counted.length; at += 1) {
    const before = counted[at - 1]
    const fact = counted[at]
    if (before !== undefined && fact !== undefined && compareFacts(before, fact) > 0) return counted.toSorted(compareFacts)
  }
  return counted
}

/** An event and its declaration say the same thing happened: the event itself speaks, its declaration where the event is missing. */
function onePerEvent(facts: readonly TraceFact[]): TraceFact[] {
  const byId = new Map<string, TraceFact>()
  for (const fact of facts) {
    const known = byId.get(fact.eventID)
    if (known === undefined || declaredAt(fact) < declaredAt(known)) byId.set(fact.eventID, fact)
  }
  return [...byId.values()]
}

function declaredAt(fact: TraceFact): number {
  return fact.errorDeclaration?.declarationTimeMs ?? -Infinity
}

function addParents(session: TraceSession, key: string, parents: Set<string>): void {
  for (const fact of session.facts(key)) {
    if (!isPacking(fact)) continue
    const parent = parentOf(fact)
    if (parent === undefined || parent === key || parents.has(parent)) continue
    if ((session.rolesOf(fact, key) & roleBits.child) !== 0) parents.add(parent)
  }
}
