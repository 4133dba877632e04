/** A trace as GraphML 1.1, with attributes for Gephi and labels that yEd shows. Lines are made one by one; no I/O. */
import { elementStringOf } from '../keys.ts'
import type { TraceAnswer, TraceEdge, TraceNode } from '@tracegate/model/trace'

const head = `<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:y="http://www.yworks.com/xml/graphml" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://www.yworks.com/xml/schema/graphml/1.1/ygraphml.xsd">
`

const nodeKeys = {
  label: 'string',
  key: 'string',
  kind: 'string',
  depth: 'int',
  first: 'string',
  last: 'string',
  place: 'string',
  disposition: 'string',
  cut: 'string'
} as const
const edgeKeys = { label: 'string', eventID: 'string', from: 'string', to: 'string', declaredWrong: 'boolean' } as const

export function* graphmlOf(answer: TraceAnswer): Generator<string> {
  yield head
  for (const [name, type] of Object.entries(nodeKeys)) yield ` <key id="n-${name}" for="node" attr.name="${name}" attr.type="${type}"/>\n`
  for (const [name, type] of Object.entries(edgeKeys)) yield ` <key id="e-${name}" for="edge" attr.name="${name}" attr.type="${type}"/>\n`
  yield ' <key id="n-graphics" for="node" yfiles.type="nodegraphics"/>\n <key id="e-graphics" for="edge" yfiles.type="edgegraphics"/>\n'
  yield ' <graph id="trace" edgedefault="directed">\n'
  const ids = new Map<string, string>()
  for (const node of answer.nodes) {
    const id = `n${ids.size}`
    ids.set(node.key, id)
    yield nodeOf(id, node)
  }
  let count = 0
  for (const edge of answer.edges) {
    const source = ids.get(edge.from)
    const target = ids.get(edge.to)
    if (source === undefined || target === undefined) continue
    yield edgeOf(`<edge id="e${count}" source="${source}" target="${target}">`, edge)
    count += 1
  }
  yield ' </graph>\n</graphml>\n'
}

function nodeOf(id: string, node: TraceNode): string {
  const label = elementStringOf(node.key) ?? node.key
  const cut = (node.cuts ?? []).map(({ limit, notFollowed }) => (notFollowed === undefined ? limit : `${limit} ${notFollowed}`)).join(', ')
  const data = {
    label,
    key: node.key,
    kind: node.kind,
    depth: String(node.depth),
    first: timeOf(node.firstMs),
    last: timeOf(node.lastMs),
    place: node.place,
    disposition: node.disposition,
    cut: cut === '' ? undefined : cut
  } satisfies Record<keyof typeof nodeKeys, string | undefined>
  const shape = `<y:ShapeNode><y:Geometry height="30.0" width="${Math.max(60, label.length * 7)}.0"/><y:NodeLabel>${escapeXml(label)}</y:NodeLabel></y:ShapeNode>`
  return `  <node id="${id}">${dataOf('n', data)}<data key="n-graphics">${shape}</data></node>\n`
}

function edgeOf(start: string, edge: TraceEdge): string {
  const data = {
    label: edge.kind,
    eventID: edge.eventID,
    from: timeOf(edge.fromMs),
    to: timeOf(edge.toMs),
    declaredWrong: edge.declaredWrong === true ? 'true' : undefined
  } satisfies Record<keyof typeof edgeKeys, string | undefined>
  const line = `<y:PolyLineEdge><y:Arrows source="none" target="standard"/><y:EdgeLabel>${escapeXml(edge.kind)}</y:EdgeLabel></y:PolyLineEdge>`
  return `  ${start}${dataOf('e', data)}<data key="e-graphics">${line}</data></edge>\n`
}

function dataOf(family: 'n' | 'e', data: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(data)
    .map(([name, value]) => (value === undefined ? '' : `<data key="${family}-${name}">${escapeXml(value)}</data>`))
    .join('')
}

function timeOf(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString()
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Characters that XML 1.0 §2.2 does not allow in any spelling, lone surrogates among them, become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
}
