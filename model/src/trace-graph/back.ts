/** Everything that went into a thing, by the time-scoped definition: an ingredient counts up to its use and no further. */
import { isPacking, transformationKey, type TraceFact, type TraceSession } from './session.ts'
import { containerWindows, createFindings, factsInWindow, type Findings, type WalkLimits, type WalkResult } from './walk.ts'

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

export async function walkBack(session: TraceSession, of: string, limits: WalkLimits): Promise<WalkResult> {
  const findings = createFindings(limits)
  const seen = new Set<string>()
  let frontier: Visit[] = [{ key: of, untilMs: Infinity, depth: 0, asked: true }]
  while (frontier.length > 0) {
    await session.load(frontier.map((visit) => visit.key))
    const transformations = frontier.flatMap((visit) => transformationsOf(session, visit.key))
    if (transformations.length > 0) await session.load(transformations)
    const childKeys = frontier.flatMap((visit) => (visit.asked ? [] : childrenOf(session, visit)))
    if (childKeys.length > 0) await session.load(childKeys)
    const next: Visit[] = []
    for (const visit of frontier) {
      if (findings.node(visit.key, visit.depth)) next.push(...walkHistory(session, findings, visit))
    }
    frontier = next.filter((visit) => {
      const id = `${visit.untilMs} ${visit.key}`
      if (seen.has(id)) return false
      seen.add(id)
      return true
    })
    if (seen.size > limits.nodesMax * visitsPerNodeMax) {
      findings.cut()
      break
    }
  }
  return findings.result()
}

function transformationsOf(session: TraceSession, key: string): string[] {
  return session.facts(key).flatMap((fact) => (fact.transformationID === undefined ? [] : [transformationKey(fact.transformationID)]))
}

function childrenOf(session: TraceSession, visit: Visit): string[] {
  return packingsOf(session, visit).flatMap((fact) =>
    fact.subjects.filter((subject) => subject.role === 'child').map((subject) => subject.key)
  )
}

function packingsOf(session: TraceSession, visit: Visit): TraceFact[] {
  return session
    .facts(visit.key)
    .filter(
      (fact) =>
        fact.eventTimeMs <= visit.untilMs &&
        isPacking(fact) &&
        fact.action !== 'DELETE' &&
        session.subjectsOf(fact, visit.key).some((subject) => subject.role === 'parent')
    )
}

function walkHistory(session: TraceSession, findings: Findings, visit: Visit): Visit[] {
  const next: Visit[] = []
  const depth = visit.depth + 1
  for (const fact of session.facts(visit.key)) {
    if (fact.eventTimeMs > visit.untilMs) break
    const roles = session.subjectsOf(fact, visit.key)
    if (roles.every((subject) => subject.role === 'input')) continue
    findings.fact(fact)
    if (!roles.some((subject) => subject.role === 'output')) continue
    for (const { key, by } of inputsOf(session, findings, fact)) {
      if (key === visit.key) continue
      findings.becomes(key, visit.key, by)
      next.push({ key, untilMs: by.eventTimeMs, depth, asked: false })
    }
  }
  for (const fact of packingsOf(session, visit)) {
    for (const subject of fact.subjects) {
      if (subject.role !== 'child') continue
      if (visit.asked || wasInside(session, subject.key, visit))
        next.push({ key: subject.key, untilMs: fact.eventTimeMs, depth, asked: false })
    }
  }
  walkContainers(session, findings, visit)
  return next
}

/** The inputs of a transformation, those of its other events up to this one's time included (EPCIS 2.0 §7.4.6, transformationID). */
function inputsOf(session: TraceSession, findings: Findings, fact: TraceFact): { key: string; by: TraceFact }[] {
  const inputs = new Map<string, TraceFact>()
  const related = fact.transformationID === undefined ? [] : session.facts(transformationKey(fact.transformationID))
  for (const part of [fact, ...related]) {
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

function walkContainers(session: TraceSession, findings: Findings, visit: Visit): void {
  for (const { window, containment } of containerWindows(session, visit.key, visit.depth)) {
    if (window.from.eventTimeMs > visit.untilMs || !findings.node(window.container, window.depth)) continue
    findings.contains(containment)
    for (const fact of factsInWindow(session, window)) {
      if (fact.eventTimeMs > visit.untilMs) break
      const roles = session.subjectsOf(fact, window.container)
      if (!roles.every((subject) => subject.role === 'input')) findings.fact(fact)
    }
  }
}
