/** What the walks back and forward share: the nodes, edges and events found so far, within limits. */
import type { TraceAnswer, TraceEdge, TraceNode } from '../trace.ts'
import { compareFacts, type Containment, type TraceFact, type TraceSession } from './session.ts'
import { deriveStays } from './stays.ts'

export interface WalkLimits {
  readonly depthMax: number
  readonly nodesMax: number
}

export interface WalkResult {
  /** Depth by key; the thing asked about is 0. */
  readonly depths: ReadonlyMap<string, number>
  readonly edges: readonly TraceEdge[]
  /** Oldest first. */
  readonly facts: readonly TraceFact[]
  readonly truncated: boolean
}

export interface Findings {
  /** False when the node is past a limit; it is then not part of the answer. */
  node(key: string, depth: number): boolean
  becomes(input: string, output: string, by: TraceFact): void
  contains(containment: Containment): void
  fact(fact: TraceFact): void
  /** A cut that `node` did not see. */
  cut(): void
  result(): WalkResult
}

export function createFindings(limits: WalkLimits): Findings {
  const depths = new Map<string, number>()
  const lineage = new Map<string, TraceEdge>()
  // A session makes each containment once, so that its identity tells them apart.
  const containments = new Set<Containment>()
  const facts = new Map<string, TraceFact>()
  let truncated = false
  return {
    node(key, depth) {
      const known = depths.get(key)
      if (known !== undefined) {
        if (depth < known) depths.set(key, depth)
        return true
      }
      if (depth > limits.depthMax || depths.size >= limits.nodesMax) {
        truncated = true
        return false
      }
      depths.set(key, depth)
      return true
    },
    becomes(input, output, by) {
      const id = `${input} ${output} ${by.eventID}`
      if (!lineage.has(id)) lineage.set(id, { from: input, to: output, kind: 'becomes', eventID: by.eventID, fromMs: by.eventTimeMs })
    },
    contains: (containment) => containments.add(containment),
    fact: (fact) => facts.set(fact.eventID, fact),
    cut() {
      truncated = true
    },
    result: () => ({
      depths,
      edges: [...lineage.values(), ...[...containments].map(containmentEdge)],
      facts: [...facts.values()].sort(compareFacts),
      truncated
    })
  }
}

function containmentEdge({ parent, child, opened, closed }: Containment): TraceEdge {
  return {
    from: parent,
    to: child,
    kind: 'contains',
    eventID: opened.eventID,
    fromMs: opened.eventTimeMs,
    ...(closed === undefined ? {} : { toMs: closed.eventTimeMs })
  }
}

/** Part of the life of something that held goods: from the event `from` to the event `to`, both included. */
export interface ContainerWindow {
  readonly container: string
  readonly from: TraceFact
  readonly to?: TraceFact
  readonly depth: number
}

/** The windows in which a key was inside of things, and these inside of others, and so on. */
export function containerWindows(
  session: TraceSession,
  key: string,
  depth: number
): { window: ContainerWindow; containment: Containment }[] {
  const windows: { window: ContainerWindow; containment: Containment }[] = []
  const walk = (inner: string, from: TraceFact | undefined, to: TraceFact | undefined, level: number, path: readonly string[]): void => {
    for (const containment of session.containments(inner)) {
      if (path.includes(containment.parent)) continue
      const start = later(from, containment.opened)
      const end = earlier(to, containment.closed)
      if (end !== undefined && compareFacts(start, end) >= 0) continue
      windows.push({
        window: { container: containment.parent, from: start, ...(end === undefined ? {} : { to: end }), depth: level },
        containment
      })
      walk(containment.parent, start, end, level + 1, [...path, containment.parent])
    }
  }
  walk(key, undefined, undefined, depth + 1, [key])
  return windows
}

function later(a: TraceFact | undefined, b: TraceFact): TraceFact {
  return a !== undefined && compareFacts(a, b) > 0 ? a : b
}

function earlier(a: TraceFact | undefined, b: TraceFact | undefined): TraceFact | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareFacts(a, b) < 0 ? a : b
}

export function factsInWindow(session: TraceSession, window: ContainerWindow): TraceFact[] {
  return session
    .facts(window.container)
    .filter((fact) => compareFacts(fact, window.from) >= 0 && (window.to === undefined || compareFacts(fact, window.to) <= 0))
}

function describeNode(session: TraceSession, key: string, depth: number): TraceNode {
  const facts = session.facts(key)
  const stays = deriveStays(session, key)
  const stay = stays.findLast((candidate) => candidate.toMs === undefined) ?? stays.at(-1)
  const disposition = facts.findLast((fact) => fact.disposition !== undefined)?.disposition
  const first = facts[0]
  const last = facts.at(-1)
  return {
    key,
    kind: session.kindOf(key),
    depth,
    ...(first === undefined ? {} : { firstMs: first.eventTimeMs }),
    ...(last === undefined ? {} : { lastMs: last.eventTimeMs }),
    ...(stay === undefined ? {} : { place: stay.place }),
    ...(disposition === undefined ? {} : { disposition })
  }
}

export function toAnswer(session: TraceSession, of: string, result: WalkResult, tookMs: number): TraceAnswer {
  return {
    of,
    nodes: [...result.depths].map(([key, depth]) => describeNode(session, key, depth)),
    edges: [...result.edges],
    events: result.facts.map((fact) => fact.eventID),
    truncated: result.truncated || session.truncated(),
    tookMs
  }
}
