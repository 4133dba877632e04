/** Lays a trace answer out as a graph a person can read: equal siblings in one box, then ranks from left to right. Pure. */
import dagre from '@dagrejs/dagre'
import type { EdgeKind, NodeKind, TraceAnswer, TraceNode } from '@tracegate/model/trace'

export interface GraphBox {
  readonly id: string
  readonly kind: NodeKind
  /** One node, or the members of a collapsed group, first 200. */
  readonly keys: readonly string[]
  readonly count: number
  readonly node?: TraceNode
  readonly x: number
  readonly y: number
}

interface GraphLine {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly kind: EdgeKind
}

export interface GraphView {
  readonly boxes: readonly GraphBox[]
  readonly lines: readonly GraphLine[]
  /** Boxes left out because there are too many. */
  readonly hidden: number
}

/** Boxes drawn at most; the farthest from the thing asked about are left out first. */
export const boxesMax = 500
/** From this many equal siblings on they are one box. */
const groupFrom = 4
const keysPerBoxMax = 200
export const boxSize = { width: 216, height: 58 } as const

/** `expanded` holds ids of groups whose members are to be shown one by one. */
export function layOutGraph(answer: TraceAnswer, expanded: ReadonlySet<string>): GraphView {
  const groups = groupSiblings(answer, expanded)
  const shown = [...groups.entries()].sort(([, left], [, right]) => depthOf(left) - depthOf(right)).slice(0, boxesMax)
  const boxOf = new Map<string, string>()
  for (const [id, members] of shown) for (const member of members) boxOf.set(member.key, id)
  const lines = new Map<string, GraphLine>()
  for (const edge of answer.edges) {
    const from = boxOf.get(edge.from)
    const to = boxOf.get(edge.to)
    if (from === undefined || to === undefined || from === to) continue
    const id = `${from}|${to}|${edge.kind}`
    lines.set(id, { id, from, to, kind: edge.kind })
  }
  const places = placeBoxes(
    shown.map(([id]) => id),
    [...lines.values()]
  )
  const boxes = shown.map(([id, members]): GraphBox => {
    const [first] = members
    const place = places.get(id) ?? { x: 0, y: 0 }
    return {
      id,
      kind: first?.kind ?? 'other',
      keys: members.slice(0, keysPerBoxMax).map((member) => member.key),
      count: members.length,
      ...(members.length === 1 && first !== undefined ? { node: first } : {}),
      ...place
    }
  })
  return { boxes, lines: [...lines.values()], hidden: groups.size - shown.length }
}

/** Nodes with the same kind and the same neighbours are siblings; a group's id is made of its neighbours and stays the same. */
function groupSiblings(answer: TraceAnswer, expanded: ReadonlySet<string>): Map<string, TraceNode[]> {
  const around = new Map<string, string[]>(answer.nodes.map((node) => [node.key, []]))
  for (const edge of answer.edges) {
    around.get(edge.from)?.push(`>${edge.kind}>${edge.to}`)
    around.get(edge.to)?.push(`<${edge.kind}<${edge.from}`)
  }
  const candidates = new Map<string, TraceNode[]>()
  for (const node of answer.nodes) {
    const neighbours = [...new Set(around.get(node.key))].sort()
    const id = node.depth === 0 || neighbours.length === 0 ? node.key : `group:${node.kind}:${neighbours.join('&')}`
    const members = candidates.get(id)
    if (members === undefined) candidates.set(id, [node])
    else members.push(node)
  }
  const groups = new Map<string, TraceNode[]>()
  for (const [id, members] of candidates) {
    if (members.length >= groupFrom && !expanded.has(id)) groups.set(id, members)
    else for (const member of members) groups.set(member.key, [member])
  }
  return groups
}

function placeBoxes(ids: readonly string[], lines: readonly GraphLine[]): Map<string, { x: number; y: number }> {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 64, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const id of ids) graph.setNode(id, { ...boxSize })
  for (const line of lines) graph.setEdge(line.from, line.to)
  dagre.layout(graph)
  return new Map(
    ids.map((id) => {
      const node = graph.node(id)
      return [id, { x: (node.x ?? 0) - boxSize.width / 2, y: (node.y ?? 0) - boxSize.height / 2 }]
    })
  )
}

function depthOf(members: readonly TraceNode[]): number {
  return members[0]?.depth ?? 0
}
