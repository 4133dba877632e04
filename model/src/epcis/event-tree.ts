/** An EPCIS event as the tree of named texts that its XML would give, bare words spelt out: what the event hash is taken of. */
import type { EpcisEvent } from './event.ts'
import { declaredPrefixes } from './context.ts'

export interface HashNode {
  readonly name: string
  readonly text: string
  readonly children: HashNode[]
}

/** Prefixes of the standard context (epcis-context 2.0.0), which is never fetched. */
const wellKnown: ReadonlyMap<string, string> = new Map([
  ['gs1', 'https://gs1.org/voc/'],
  ['cbv', 'https://ref.gs1.org/cbv/'],
  ['epcis', 'https://ref.gs1.org/epcis/'],
  ['cbvmda', 'urn:epcglobal:cbv:mda']
])

const commentMembers: ReadonlySet<string> = new Set(['#text', 'comment', 'rdfs:comment', '@context'])
const depthMax = 64

type Prefixes = ReadonlyMap<string, string>

/** `prefix:name` as `{namespace}name`, by the prefixes of a context. */
export function qualifiedName(name: string, context: unknown): string {
  return qualified(name, new Map([...wellKnown, ...declaredPrefixes(context)]))
}

/** The children of the event's element. */
export function buildEventTree(event: EpcisEvent, context: unknown): HashNode[] {
  const prefixes = new Map([...wellKnown, ...declaredPrefixes(context), ...declaredPrefixes(event['@context'])])
  return childrenOf(event, { prefixes, parent: 'event', depth: 0 })
}

interface Scene {
  readonly prefixes: Prefixes
  /** Name of the element whose members these are. */
  readonly parent: string
  readonly depth: number
}

function childrenOf(value: object, scene: Scene): HashNode[] {
  const children: HashNode[] = []
  for (const [member, content] of Object.entries(value)) {
    if (commentMembers.has(member)) continue
    const name = qualified(member, scene.prefixes)
    const items: unknown[] = Array.isArray(content) ? content : [content]
    if (name === 'childEPCs' || name.endsWith('List')) {
      const itemName = itemNameOf(name)
      const inside = items.map((item) => nodeOf(itemName, item, scene))
      if (inside.length > 0) children.push({ name, text: '', children: inside })
    } else for (const item of items) children.push(nodeOf(name, item, scene))
  }
  return children
}

/** Lists hold elements of their own name in XML; JSON leaves that name out. */
function itemNameOf(list: string): string {
  if (list === 'childEPCs') return 'epc'
  const name = list.slice(0, -'List'.length)
  if (name === 'inputEPC' || name === 'outputEPC') return 'epc'
  return /^(?:input|output|child)?quantity$/i.test(name) ? 'quantityElement' : name
}

function nodeOf(name: string, value: unknown, scene: Scene): HashNode {
  if (typeof value !== 'object' || value === null) return { name, text: textOf(name, value, scene), children: [] }
  if (scene.depth >= depthMax) return { name, text: '', children: [] }
  const inside = { ...scene, parent: name, depth: scene.depth + 1 }
  if (Array.isArray(value)) return { name, text: '', children: value.map((item) => nodeOf('', item, inside)) }
  const text = '#text' in value && typeof value['#text'] === 'string' ? value['#text'] : ''
  const children = childrenOf(value, inside)
  if (!pairMembers.has(name)) return { name, text, children }
  // `<bizTransaction type="…">…</bizTransaction>`: the type stands before the value, the element's own name is not written.
  children.sort((a, b) => Number(b.name === 'type') - Number(a.name === 'type'))
  return { name: '', text: '', children }
}

const pairMembers: ReadonlySet<string> = new Set(['bizTransaction', 'source', 'destination'])

function textOf(name: string, value: unknown, scene: Scene): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return expandWord(name, expandPrefix(text, scene.prefixes), scene.parent)
}

/** Only prefixes of GS1 vocabularies are spelt out in values; XML has no way to spell out others. */
function expandPrefix(text: string, prefixes: Prefixes): string {
  const colon = text.indexOf(':')
  const uri = colon > 0 ? prefixes.get(text.slice(0, colon)) : undefined
  return uri !== undefined && /^https:\/\/(?:ref\.)?gs1\.org\//.test(uri) ? uri + text.slice(colon + 1) : text
}

/** The web form of a bare word, by the member it stands in. */
function expandWord(name: string, text: string, parent: string): string {
  if (!/^\w+$/.test(text)) return text
  const stem = wordStems[`${parent}/${name}`]
  return stem === undefined ? text : stem + text
}

const cbv = 'https://ref.gs1.org/cbv/'
const wordStems: Readonly<Record<string, string>> = {
  'event/bizStep': `${cbv}BizStep-`,
  'event/disposition': `${cbv}Disp-`,
  'persistentDisposition/set': `${cbv}Disp-`,
  'persistentDisposition/unset': `${cbv}Disp-`,
  'bizTransaction/type': `${cbv}BTT-`,
  'source/type': `${cbv}SDT-`,
  'destination/type': `${cbv}SDT-`,
  'sensorReport/type': 'https://gs1.org/voc/',
  'sensorReport/exception': 'https://gs1.org/voc/',
  'sensorReport/component': `${cbv}Comp-`
}

function qualified(member: string, prefixes: Prefixes): string {
  const colon = member.indexOf(':')
  const uri = colon > 0 ? prefixes.get(member.slice(0, colon)) : undefined
  return uri === undefined ? member : `{${uri}}${member.slice(colon + 1)}`
}
