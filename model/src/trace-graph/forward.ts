/** Everything a thing went into and what held it since; strangers that a container held before or after do not count. */
import { keyKind } from '../gs1/key.ts'
import { memberKey, transformationKey } from './references.ts'
import { membersOf, type Seed } from './seeds.ts'
import { isPacking, roleBits, type Containment, type TraceFact, type TraceSession } from './session.ts'
import type { Findings, WalkLimits } from './walk.ts'
import { eachWindow, factsInWindow } from './windows.ts'

/** The future of `key` from `fromMs` on; of what it holds, only what was inside of it in [fromMs, contentsToMs]. */
interface Visit {
  readonly key: string
  readonly fromMs: number
  readonly contentsToMs: number
  readonly depth: number
  /** An earlier visit of the key, which did not cover this one. */
  before?: Visit
}

const visitsPerNodeMax = 4
/** Keys that are read together: the more, the less a store looks up twice. */
const visitsPerBatch = 20_000
/** Visits between two looks at the clock. */
const visitsPerLook = 1_000

interface Forward {
  readonly session: TraceSession
  readonly findings: Findings
}

export async function walkForward(walk: Forward, seeds: readonly Seed[], limits: WalkLimits): Promise<void> {
  const { session, findings } = walk
  const seen = new Map<string, Visit>()
  let visits = 0
  let frontier: Visit[] = seeds
    .map(({ key, fromMs, toMs, depth }) => ({ key, fromMs, contentsToMs: toMs, depth }))
    .filter((visit) => remember(seen, visit))
  while (frontier.length > 0) {
    const next: Visit[] = []
    for (let at = 0; at < frontier.length; at += visitsPerBatch) {
      const isSpent = visits > limits.nodesMax * visitsPerNodeMax
      if (isSpent || session.isLate()) {
        for (const { key } of [...frontier.slice(at), ...next]) findings.cut(key, isSpent ? 'nodes' : 'time')
        return
      }
      const batch = frontier.slice(at, at + visitsPerBatch)
      await loadFor(session, batch)
      let late = false
      for (const [index, visit] of batch.entries()) {
        if (index % visitsPerLook === 0) late ||= session.isLate()
        if (late) findings.cut(visit.key, 'time')
        else walkFuture(walk, visit, next)
      }
    }
    frontier = next.filter((visit) => remember(seen, visit))
    visits += frontier.length
  }
}

/** False when an earlier visit covers this one. */
function remember(seen: Map<string, Visit>, visit: Visit): boolean {
  const earlier = seen.get(visit.key)
  for (let other = earlier; other !== undefined; other = other.before)
    if (other.fromMs <= visit.fromMs && other.contentsToMs >= visit.contentsToMs) return false
  if (earlier !== undefined) visit.before = earlier
  seen.set(visit.key, visit)
  return true
}

/** What the visits look at: their keys, what they held, the members of lots, the other events of transformations they went into. */
async function loadFor(session: TraceSession, visits: readonly Visit[]): Promise<void> {
  await session.load(visits.map((visit) => visit.key))
  const more = new Set<string>()
  const held = new Set<string>()
  for (const { key } of visits) {
    if (isLot(session, key)) more.add(memberKey(key))
    if (session.hasTransformationIDs()) {
      addTransformations(session.facts(key), more)
      for (const { parent } of session.containments(key)) held.add(parent)
    }
    for (const child of childrenOf(session, key)) more.add(child)
  }
  for (const parent of held) addTransformations(session.facts(parent), more)
  if (more.size > 0) await session.load([...more])
}

function addTransformations(facts: readonly TraceFact[], into: Set<string>): void {
  for (const { transformationID } of facts) if (transformationID !== undefined) into.add(transformationKey(transformationID))
}

/** A lot that no event names may have items all the same. */
function isLot(session: TraceSession, key: string): boolean {
  return session.kindOf(key) === 'lot' || (session.facts(key).length === 0 && keyKind(key) === 'lot')
}

const none: ReadonlySet<string> = new Set()

function childrenOf(session: TraceSession, key: string): ReadonlySet<string> {
  if ((session.rolesEver(key) & roleBits.parent) === 0) return none
  const children = new Set<string>()
  for (const fact of session.facts(key)) {
    if (!isPacking(fact) || (session.rolesOf(fact, key) & roleBits.parent) === 0) continue
    for (const subject of fact.subjects) if (subject.role === 'child') children.add(subject.key)
  }
  return children
}

function walkFuture(walk: Forward, visit: Visit, next: Visit[]): void {
  const { session, findings } = walk
  for (const fact of session.facts(visit.key)) {
    if (fact.eventTimeMs < visit.fromMs) continue
    findings.fact(fact)
    if (fact.type === 'TransformationEvent') walkOutputs(walk, { input: visit.key, fact, depth: visit.depth + 1 }, next)
  }
  walkMembers(walk, visit, next)
  walkContents(walk, visit, next)
  for (const own of session.containments(visit.key)) {
    eachWindow(session, own, ({ window, level, containment }) => {
      if (window.to !== undefined && window.to.eventTimeMs < visit.fromMs) return
      if (!findings.node({ key: window.container, depth: visit.depth + level, via: containment.child })) return
      findings.contains(containment)
      if (!findings.isNewIn(window, visit.fromMs, (boundMs, known) => boundMs < known)) return
      for (const fact of factsInWindow(session, window)) {
        if (fact.eventTimeMs < visit.fromMs) continue
        findings.fact(fact)
        if (fact.type === 'TransformationEvent' && fact !== window.to)
          walkOutputs(walk, { input: window.container, fact, depth: visit.depth + level + 1 }, next)
      }
      if (window.to !== undefined) findings.fact(window.to)
    })
  }
}

/** The outputs of a transformation that `input` went into, those of its other events from this one's time on included. */
function walkOutputs(
  { session, findings }: Forward,
  use: { readonly input: string; readonly fact: TraceFact; readonly depth: number },
  next: Visit[]
): void {
  const { input, fact, depth } = use
  if ((session.rolesOf(fact, input) & roleBits.input) === 0) return
  const id = fact.transformationID
  const related = id === undefined ? [] : session.facts(transformationKey(id))
  if (id !== undefined && session.isCut(transformationKey(id))) findings.cut(input, 'events')
  for (const part of new Set([fact, ...related])) {
    if (part.eventTimeMs < fact.eventTimeMs) continue
    for (const subject of part.subjects) {
      if (subject.role !== 'output' || subject.key === input) continue
      findings.fact(part)
      if (!findings.node({ key: subject.key, depth, via: input })) continue
      findings.becomes(input, subject.key, fact)
      next.push({ key: subject.key, fromMs: part.eventTimeMs, contentsToMs: Infinity, depth })
    }
  }
}

/** Items that were told to be of the lot from then on: what went into the lot went into them. */
function walkMembers({ session, findings }: Forward, visit: Visit, next: Visit[]): void {
  if (!isLot(session, visit.key)) return
  if (session.isCut(memberKey(visit.key))) findings.cut(visit.key, 'events')
  for (const [key, { fact, atMs }] of membersOf(session, visit.key)) {
    if (atMs < visit.fromMs || !findings.node({ key, depth: visit.depth + 1, via: visit.key })) continue
    findings.relates({ from: key, to: visit.key, kind: 'instanceOf', by: fact })
    next.push({ key, fromMs: atMs, contentsToMs: Infinity, depth: visit.depth + 1 })
  }
}

/** What was inside during the visit goes on by itself from when it was put in. */
function walkContents({ session, findings }: Forward, visit: Visit, next: Visit[]): void {
  for (const child of childrenOf(session, visit.key)) {
    for (const containment of session.containments(child)) {
      if (containment.parent !== visit.key || !overlaps(containment, visit)) continue
      if (!findings.node({ key: child, depth: visit.depth + 1, via: visit.key })) continue
      findings.contains(containment)
      const fromMs = Math.max(containment.opened.eventTimeMs, visit.fromMs)
      const contentsToMs = Math.min(containment.closed?.eventTimeMs ?? Infinity, visit.contentsToMs)
      next.push({ key: child, fromMs, contentsToMs, depth: visit.depth + 1 })
    }
  }
}

function overlaps({ opened, closed }: Containment, visit: Visit): boolean {
  return opened.eventTimeMs <= visit.contentsToMs && (closed === undefined || closed.eventTimeMs >= visit.fromMs)
}
