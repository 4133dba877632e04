/** Everything a thing went into and what held it since; strangers that a container held before or after do not count. */
import { isPacking, transformationKey, type Containment, type TraceFact, type TraceSession } from './session.ts'
import { containerWindows, createFindings, factsInWindow, type Findings, type WalkLimits, type WalkResult } from './walk.ts'

/** The future of `key` from `fromMs` on; of what it holds, only what was inside of it in [fromMs, contentsToMs]. */
interface Visit {
  readonly key: string
  readonly fromMs: number
  readonly contentsToMs: number
  readonly depth: number
}

const visitsPerNodeMax = 4

export async function walkForward(session: TraceSession, of: string, limits: WalkLimits): Promise<WalkResult> {
  const findings = createFindings(limits)
  const seen = new Map<string, Visit[]>()
  let visits = 0
  let frontier: Visit[] = [{ key: of, fromMs: -Infinity, contentsToMs: Infinity, depth: 0 }]
  while (frontier.length > 0) {
    await session.load(frontier.map((visit) => visit.key))
    const transformations = frontier.flatMap((visit) => transformationsOf(session, visit.key))
    if (transformations.length > 0) await session.load(transformations)
    const childKeys = frontier.flatMap((visit) => childrenOf(session, visit.key))
    if (childKeys.length > 0) await session.load(childKeys)
    const next: Visit[] = []
    for (const visit of frontier) {
      if (findings.node(visit.key, visit.depth)) next.push(...walkFuture(session, findings, visit))
    }
    frontier = next.filter((visit) => remember(seen, visit))
    visits += frontier.length
    if (visits > limits.nodesMax * visitsPerNodeMax) {
      findings.cut()
      break
    }
  }
  return findings.result()
}

/** False when an earlier visit covers this one. */
function remember(seen: Map<string, Visit[]>, visit: Visit): boolean {
  const earlier = seen.get(visit.key)
  if (earlier === undefined) {
    seen.set(visit.key, [visit])
    return true
  }
  if (earlier.some((other) => other.fromMs <= visit.fromMs && other.contentsToMs >= visit.contentsToMs)) return false
  earlier.push(visit)
  return true
}

/** Transformations that the key itself, or something while it held the key, was an input of. */
function transformationsOf(session: TraceSession, key: string): string[] {
  const holders = session.containments(key).flatMap((containment) => session.facts(containment.parent))
  return [...session.facts(key), ...holders].flatMap((fact) =>
    fact.transformationID === undefined ? [] : [transformationKey(fact.transformationID)]
  )
}

function childrenOf(session: TraceSession, key: string): string[] {
  const children = new Set<string>()
  for (const fact of session.facts(key)) {
    if (!isPacking(fact) || !session.subjectsOf(fact, key).some((subject) => subject.role === 'parent')) continue
    for (const subject of fact.subjects) if (subject.role === 'child') children.add(subject.key)
  }
  return [...children]
}

function walkFuture(session: TraceSession, findings: Findings, visit: Visit): Visit[] {
  const next: Visit[] = []
  for (const fact of session.facts(visit.key)) {
    if (fact.eventTimeMs < visit.fromMs) continue
    findings.fact(fact)
    next.push(...walkOutputs(session, findings, { input: visit.key, of: visit.key, fact, depth: visit.depth + 1 }))
  }
  next.push(...walkContents(session, findings, visit))
  for (const { window, containment } of containerWindows(session, visit.key, visit.depth)) {
    if (window.to !== undefined && window.to.eventTimeMs < visit.fromMs) continue
    if (!findings.node(window.container, window.depth)) continue
    findings.contains(containment)
    for (const fact of factsInWindow(session, window)) {
      if (fact.eventTimeMs < visit.fromMs || fact === window.to) continue
      findings.fact(fact)
      next.push(...walkOutputs(session, findings, { input: window.container, of: window.container, fact, depth: window.depth + 1 }))
    }
    if (window.to !== undefined) findings.fact(window.to)
  }
  return next
}

/** The outputs of a transformation that `input` went into, those of its other events from this one's time on included. */
function walkOutputs(
  session: TraceSession,
  findings: Findings,
  use: { readonly input: string; readonly of: string; readonly fact: TraceFact; readonly depth: number }
): Visit[] {
  const { fact } = use
  if (!session.subjectsOf(fact, use.input).some((subject) => subject.role === 'input')) return []
  const next: Visit[] = []
  const related = fact.transformationID === undefined ? [] : session.facts(transformationKey(fact.transformationID))
  for (const part of new Set([fact, ...related])) {
    if (part.eventTimeMs < fact.eventTimeMs) continue
    for (const subject of part.subjects) {
      if (subject.role !== 'output' || subject.key === use.input) continue
      findings.fact(part)
      findings.becomes(use.input, subject.key, fact)
      next.push({ key: subject.key, fromMs: part.eventTimeMs, contentsToMs: Infinity, depth: use.depth })
    }
  }
  return next
}

/** What was inside during the visit goes on by itself from when it was put in. */
function walkContents(session: TraceSession, findings: Findings, visit: Visit): Visit[] {
  const next: Visit[] = []
  for (const child of childrenOf(session, visit.key)) {
    for (const containment of session.containments(child)) {
      if (containment.parent !== visit.key || !overlaps(containment, visit)) continue
      findings.contains(containment)
      const fromMs = Math.max(containment.opened.eventTimeMs, visit.fromMs)
      const contentsToMs = Math.min(containment.closed?.eventTimeMs ?? Infinity, visit.contentsToMs)
      next.push({ key: child, fromMs, contentsToMs, depth: visit.depth + 1 })
    }
  }
  return next
}

function overlaps({ opened, closed }: Containment, visit: Visit): boolean {
  return opened.eventTimeMs <= visit.contentsToMs && (closed === undefined || closed.eventTimeMs >= visit.fromMs)
}
