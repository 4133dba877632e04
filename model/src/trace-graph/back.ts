/** Everything that went into a thing, by the time-scoped definition: an ingredient counts up to its use and no further. */
import { transformationKey } from './references.ts'
import type { Seed } from './seeds.ts'
import { isPacking, roleBits, type TraceFact, type TraceSession } from './session.ts'
import type { Findings, WalkLimits } from './walk.ts'
import { eachWindow, factsInWindow } from './windows.ts'

/** The history of `key` up to and including `untilMs`. */
interface Visit {
  readonly key: string
  readonly untilMs: number
  readonly depth: number
  /** The thing asked about: all that was ever put into it counts. Others count with what they held at `untilMs`. */
  readonly asked: boolean
}

/** One history up to one time is walked once; this many different ones in an answer. */
const visitsPerNodeMax = 4
/** Keys that are read together: the more, the less a store looks up twice. */
const visitsPerBatch = 20_000
/** Visits between two looks at the clock. */
const visitsPerLook = 1_000

interface Back {
  readonly session: TraceSession
  readonly findings: Findings
}

export async function walkBack(walk: Back, seeds: readonly Seed[], limits: WalkLimits): Promise<void> {
  const { session, findings } = walk
  const seen = new Set<string>()
  const isNew = (visit: Visit): boolean => {
    const id = `${visit.untilMs} ${visit.key}`
    if (seen.has(id)) return false
    seen.add(id)
    return true
  }
  let frontier: Visit[] = seeds.map(({ key, toMs, depth, whole }) => ({ key, untilMs: toMs, depth, asked: whole })).filter(isNew)
  while (frontier.length > 0) {
    const next: Visit[] = []
    for (let at = 0; at < frontier.length; at += visitsPerBatch) {
      const isSpent = seen.size > limits.nodesMax * visitsPerNodeMax
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
        else walkHistory(walk, visit, next)
      }
    }
    frontier = next.filter(isNew)
  }
}

/** What the visits look at: their keys, the other events of their transformations, and what they held. */
async function loadFor(session: TraceSession, visits: readonly Visit[]): Promise<void> {
  await session.load(visits.map((visit) => visit.key))
  const more = new Set<string>()
  for (const visit of visits) {
    for (const fact of session.facts(visit.key)) if (fact.transformationID !== undefined) more.add(transformationKey(fact.transformationID))
    if (visit.asked) continue
    for (const fact of packingsOf(session, visit)) for (const subject of fact.subjects) if (subject.role === 'child') more.add(subject.key)
  }
  if (more.size > 0) await session.load([...more])
}

function packingsOf(session: TraceSession, visit: Visit): TraceFact[] {
  if ((session.rolesEver(visit.key) & roleBits.parent) === 0) return []
  return session
    .facts(visit.key)
    .filter(
      (fact) =>
        fact.eventTimeMs <= visit.untilMs &&
        isPacking(fact) &&
        fact.action !== 'DELETE' &&
        (session.rolesOf(fact, visit.key) & roleBits.parent) !== 0
    )
}

function walkHistory(walk: Back, visit: Visit, next: Visit[]): void {
  const { session, findings } = walk
  const { key } = visit
  const depth = visit.depth + 1
  for (const fact of session.facts(key)) {
    if (fact.eventTimeMs > visit.untilMs) break
    const roles = session.rolesOf(fact, key)
    if (roles === roleBits.input) continue
    findings.fact(fact)
    if ((roles & roleBits.output) === 0) continue
    for (const { key: input, by } of inputsOf(walk, key, fact)) {
      if (input === key || !findings.node({ key: input, depth, via: key })) continue
      findings.becomes(input, key, by)
      next.push({ key: input, untilMs: by.eventTimeMs, depth, asked: false })
    }
  }
  for (const fact of packingsOf(session, visit)) {
    for (const subject of fact.subjects) {
      if (subject.role !== 'child' || !(visit.asked || wasInside(session, subject.key, visit))) continue
      if (findings.node({ key: subject.key, depth, via: key }))
        next.push({ key: subject.key, untilMs: fact.eventTimeMs, depth, asked: false })
    }
  }
  walkLot(walk, visit, next)
  walkContainers(walk, visit)
}

/** What went into the lot of an item went into the item; the lot counts up to the event that told that the item is of it. */
function walkLot({ session, findings }: Back, visit: Visit, next: Visit[]): void {
  if (session.kindOf(visit.key) !== 'item') return
  const told = new Set<string>()
  for (const fact of session.facts(visit.key)) {
    if (fact.eventTimeMs > visit.untilMs) return
    for (const { lot } of session.subjectsOf(fact, visit.key)) {
      if (lot === undefined || told.has(lot)) continue
      told.add(lot)
      if (!findings.node({ key: lot, depth: visit.depth + 1, via: visit.key })) continue
      findings.relates({ from: visit.key, to: lot, kind: 'instanceOf', by: fact })
      next.push({ key: lot, untilMs: fact.eventTimeMs, depth: visit.depth + 1, asked: false })
    }
  }
}

/** The inputs of a transformation, those of its other events up to this one's time included (EPCIS 2.0 §7.4.6, transformationID). */
function inputsOf({ session, findings }: Back, output: string, fact: TraceFact): { key: string; by: TraceFact }[] {
  const inputs = new Map<string, TraceFact>()
  const id = fact.transformationID
  const related = id === undefined ? [] : session.facts(transformationKey(id))
  if (id !== undefined && session.isCut(transformationKey(id))) findings.cut(output, 'events')
  for (const part of new Set([fact, ...related])) {
    if (part.eventTimeMs > fact.eventTimeMs) continue
    for (const subject of part.subjects) {
      if (subject.role !== 'input') continue
      findings.fact(part)
      if ((inputs.get(subject.key)?.eventTimeMs ?? -Infinity) < part.eventTimeMs) inputs.set(subject.key, part)
    }
  }
  return [...inputs].map(([key, by]) => ({ key, by }))
}

function wasInside(session: TraceSession, child: string, visit: Visit): boolean {
  return session
    .containments(child)
    .some(
      ({ parent, opened, closed }) =>
        parent === visit.key && opened.eventTimeMs <= visit.untilMs && (closed === undefined || closed.eventTimeMs >= visit.untilMs)
    )
}

function walkContainers({ session, findings }: Back, visit: Visit): void {
  for (const own of session.containments(visit.key)) {
    if (own.opened.eventTimeMs > visit.untilMs) break
    eachWindow(session, own, ({ window, level, containment }) => {
      if (window.from.eventTimeMs > visit.untilMs) return
      if (!findings.node({ key: window.container, depth: visit.depth + level, via: containment.child })) return
      findings.contains(containment)
      if (!findings.isNewIn(window, visit.untilMs, (boundMs, known) => boundMs > known)) return
      for (const fact of factsInWindow(session, window)) {
        if (fact.eventTimeMs > visit.untilMs) break
        if (session.rolesOf(fact, window.container) !== roleBits.input) findings.fact(fact)
      }
    })
  }
}
