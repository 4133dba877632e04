/** What the walks back and forward share: the nodes, edges and events found so far, within limits, and where it was cut. */
import { keyKind } from '../gs1/key.ts'
import type { CutLimit, TraceAnswer, TraceCut, TraceEdge, TraceNode } from '../trace.ts'
import { compareFacts, type Containment, type TraceFact, type TraceSession } from './session.ts'
import { lastPlaceOf } from './stays.ts'
import type { ContainerWindow } from './windows.ts'

export interface WalkLimits {
  readonly depthMax: number
  /** Neighbours followed from one node. */
  readonly breadthMax: number
  readonly nodesMax: number
}

export interface WalkResult {
  /** Depth by key; the thing asked about is 0. */
  readonly depths: ReadonlyMap<string, number>
  /** Made when asked for, once. */
  readonly edges: () => readonly TraceEdge[]
  /** What held goods, and what was asked about and covers them. */
  readonly holding: ReadonlySet<string>
  /** Lots and products that other nodes are of. */
  readonly classes: ReadonlySet<string>
  /** What went into something. */
  readonly inputs: ReadonlySet<string>
  /** In no order. */
  readonly facts: ReadonlySet<TraceFact>
  /** By the node at which it was cut. */
  readonly cuts: ReadonlyMap<string, readonly TraceCut[]>
  readonly truncated: boolean
}

/** A neighbour of the node `via`, which keeps the mark when the neighbour is past a limit. */
interface Neighbour {
  readonly key: string
  readonly depth: number
  readonly via?: string
}

/** What an edge keeps of the event that made it. */
type MakingEvent = Pick<TraceFact, 'eventID' | 'eventTimeMs' | 'declaredWrong'>

export interface Findings {
  /** False when the neighbour is past a limit; it is then not part of the answer. */
  node(neighbour: Neighbour): boolean
  becomes(input: string, output: string, by: TraceFact): void
  contains(containment: Containment): void
  /** `from` is an item or lot of `to`, or the asked shipment or place `from` covers the goods `to`. */
  relates(edge: { readonly from: string; readonly to: string; readonly kind: 'instanceOf' | 'covers'; readonly by: MakingEvent }): void
  fact(fact: TraceFact): void
  /** Events of a container in a window; once for each window, from then on. */
  isNewIn(window: ContainerWindow, boundMs: number, isWider: (boundMs: number, known: number) => boolean): boolean
  /** The node was not followed further, or one more neighbour of it was not. */
  cut(key: string, limit: CutLimit, neighbour?: string): void
  result(): WalkResult
}

export function createFindings(limits: WalkLimits): Findings {
  const depths = new Map<string, number>()
  const breadths = new Map<string, number>()
  const related = new Map<string, TraceEdge>()
  /** By the event of the use, then by input: what it became. */
  const becoming = new Map<TraceFact, Map<string, Set<string>>>()
  // A session makes each containment once, so that its identity tells them apart.
  const containments = new Set<Containment>()
  const facts = new Set<TraceFact>()
  const bounds = new Map<ContainerWindow, number>()
  const cuts = new Map<string, Map<CutLimit, Set<string>>>()
  const findings: Findings = {
    node({ key, depth, via }) {
      const known = depths.get(key)
      if (known !== undefined) {
        if (depth < known) depths.set(key, depth)
        return true
      }
      const breadth = via === undefined ? 0 : (breadths.get(via) ?? 0)
      const limit =
        depth > limits.depthMax ? 'depth' : depths.size >= limits.nodesMax ? 'nodes' : breadth >= limits.breadthMax ? 'breadth' : undefined
      if (limit !== undefined) {
        findings.cut(via ?? key, limit, key)
        return false
      }
      if (via !== undefined) breadths.set(via, breadth + 1)
      depths.set(key, depth)
      return true
    },
    becomes(input, output, by) {
      let uses = becoming.get(by)
      if (uses === undefined) becoming.set(by, (uses = new Map()))
      const outputs = uses.get(input)
      if (outputs === undefined) uses.set(input, new Set([output]))
      else outputs.add(output)
    },
    contains: (containment) => containments.add(containment),
    relates({ by, ...edge }) {
      const id = `${edge.kind} ${edge.from} ${edge.to}`
      if (!related.has(id)) related.set(id, edgeOf(edge, by))
    },
    fact: (fact) => facts.add(fact),
    isNewIn(window, boundMs, isWider) {
      const known = bounds.get(window)
      if (known !== undefined && !isWider(boundMs, known)) return false
      bounds.set(window, boundMs)
      return true
    },
    cut(key, limit, neighbour) {
      const ofKey = cuts.get(key) ?? new Map<CutLimit, Set<string>>()
      cuts.set(key, ofKey)
      const missed = ofKey.get(limit) ?? new Set<string>()
      ofKey.set(limit, missed)
      if (neighbour !== undefined) missed.add(neighbour)
    },
    result: () => ({
      depths,
      edges: once(() => [
        ...related.values(),
        ...[...becoming].flatMap(([by, uses]) => becomingEdges(by, uses)),
        ...[...containments].filter(isWithin(depths)).map(containmentEdge)
      ]),
      holding: holdingKeys(related.values(), containments),
      classes: new Set([...related.values()].flatMap(({ kind, to }) => (kind === 'instanceOf' ? [to] : []))),
      inputs: new Set([...becoming.values()].flatMap((uses) => [...uses.keys()])),
      facts,
      cuts: new Map([...cuts].map(([key, ofKey]) => [key, [...ofKey].map(([limit, missed]) => cutOf(limit, missed.size))])),
      truncated: cuts.size > 0
    })
  }
  return findings
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}

function becomingEdges(by: TraceFact, uses: ReadonlyMap<string, ReadonlySet<string>>): TraceEdge[] {
  return [...uses].flatMap(([from, outputs]) => [...outputs].map((to) => edgeOf({ from, to, kind: 'becomes' }, by)))
}

function holdingKeys(related: Iterable<TraceEdge>, containments: ReadonlySet<Containment>): Set<string> {
  const keys = new Set<string>()
  for (const { kind, from } of related) if (kind === 'covers') keys.add(from)
  for (const { parent } of containments) keys.add(parent)
  return keys
}

function isWithin(depths: ReadonlyMap<string, number>): (containment: Containment) => boolean {
  return ({ parent, child }) => depths.has(parent) && depths.has(child)
}

function cutOf(limit: CutLimit, notFollowed: number): TraceCut {
  return notFollowed === 0 ? { limit } : { limit, notFollowed }
}

function edgeOf(edge: Pick<TraceEdge, 'from' | 'to' | 'kind'>, by: MakingEvent): TraceEdge {
  return { ...edge, eventID: by.eventID, fromMs: by.eventTimeMs, ...(by.declaredWrong === true ? { declaredWrong: true } : {}) }
}

function containmentEdge({ parent, child, opened, closed }: Containment): TraceEdge {
  return {
    ...edgeOf({ from: parent, to: child, kind: 'contains' }, opened),
    ...(closed === undefined ? {} : { toMs: closed.eventTimeMs })
  }
}

function describeNode(session: TraceSession, key: string, depth: number, cuts: readonly TraceCut[] | undefined): TraceNode {
  const facts = session.facts(key)
  const last = facts.at(-1)
  const first = facts[0]
  const place = last === undefined ? undefined : lastPlaceOf(session, key)
  const disposition = facts.findLast((fact) => fact.disposition !== undefined)?.disposition
  const all = session.isCut(key) ? [...(cuts ?? []), cutOf('events', 0)] : cuts
  return {
    key,
    // What no event names by itself, a product or a place asked about, is told by its key.
    kind: first === undefined ? keyKind(key) : session.kindOf(key),
    depth,
    ...(first === undefined ? {} : { firstMs: first.eventTimeMs }),
    ...(last === undefined ? {} : { lastMs: last.eventTimeMs }),
    ...(place === undefined ? {} : { place }),
    ...(disposition === undefined ? {} : { disposition }),
    ...(all === undefined ? {} : { cuts: [...all] })
  }
}

export interface Answered {
  readonly of: string
  readonly asked: readonly string[]
  readonly result: WalkResult
  readonly tookMs: number
}

export function toAnswer(session: TraceSession, { of, asked, result, tookMs }: Answered): TraceAnswer {
  const facts = [...result.facts].sort(compareFacts)
  const wrong = facts.filter((fact) => fact.declaredWrong === true).map((fact) => fact.eventID)
  return {
    of,
    ...(asked.length === 1 && asked[0] === of ? {} : { asked: [...asked] }),
    definition: 'timeScoped',
    nodes: [...result.depths].map(([key, depth]) => describeNode(session, key, depth, result.cuts.get(key))),
    edges: [...result.edges()],
    events: facts.map((fact) => fact.eventID),
    ...(wrong.length === 0 ? {} : { declaredWrong: wrong }),
    truncated: result.truncated || session.truncated(),
    tookMs
  }
}

/** A long list of marks is told by its first ones. */
const cutsListedMax = 100

/** The marks of answers that have no nodes. */
export function listCuts(session: TraceSession, results: readonly WalkResult[]): (TraceCut & { readonly key: string })[] {
  const listed: (TraceCut & { readonly key: string })[] = []
  for (const { cuts, depths } of results) {
    for (const [key, ofKey] of cuts) for (const cut of ofKey) if (listed.length < cutsListedMax) listed.push({ key, ...cut })
    for (const key of depths.keys()) if (session.isCut(key) && listed.length < cutsListedMax) listed.push({ key, limit: 'events' })
  }
  return listed
}
