/** An EPCIS event as the tree of named texts that its XML would give, bare words spelt out: what the event hash is taken of. */
import { declaredPrefixes } from './context.ts'

export interface HashNode {
  readonly name: string
  readonly text: string
  readonly children: HashNode[]
}

/** Prefixes of the standard context (epcis-context 2.0.0), which is never fetched. */
export const hashPrefixes: ReadonlyMap<string, string> = new Map([
  ['gs1', 'https://gs1.org/voc/'],
  ['cbv', 'https://ref.gs1.org/cbv/'],
  ['epcis', 'https://ref.gs1.org/epcis/'],
  ['cbvmda', 'urn:epcglobal:cbv:mda']
])

const commentMembers: ReadonlySet<string> = new Set(['#text', 'comment', 'rdfs:comment', '@context'])
const depthMax = 64

export type Prefixes = ReadonlyMap<string, string>

/** Prefixes of contexts that were met last; documents share theirs among many events. */
const known = new WeakMap<object, Prefixes>()

/** All prefixes that hold in an event: the well-known ones, those of its document and its own, the later ones first. */
export function contextPrefixes(context: unknown, own: unknown): Prefixes {
  if (own !== undefined) return new Map([...contextPrefixes(context, undefined), ...declaredPrefixes(own)])
  if (typeof context !== 'object' || context === null) return hashPrefixes
  const found = known.get(context)
  if (found !== undefined) return found
  const prefixes = new Map([...hashPrefixes, ...declaredPrefixes(context)])
  known.set(context, prefixes)
  return prefixes
}

/** `prefix:name` as `{namespace}name`. */
export function qualifiedName(name: string, prefixes: Prefixes): string {
  return qualified(name, prefixes)
}

/** The elements that one member of an event gives. */
export function membersTree(name: string, value: unknown, prefixes: Prefixes): HashNode[] {
  return childrenOf([[name, value]], { prefixes, parent: 'event', depth: 0 })
}

/** The text of a plain value, bare words and prefixes of GS1 spelt out. */
export function memberText(name: string, value: unknown, scene: Pick<Scene, 'prefixes' | 'parent'>): string {
  return textOf(name, value, scene)
}

interface Scene {
  readonly prefixes: Prefixes
  /** Name of the element whose members these are. */
  readonly parent: string
  readonly depth: number
}

function childrenOf(members: readonly (readonly [name: string, value: unknown])[], scene: Scene): HashNode[] {
  const children: HashNode[] = []
  for (const [member, content] of members) {
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
  const children = childrenOf(Object.entries(value), inside)
  if (!pairMembers.has(name)) return { name, text, children }
  // `<bizTransaction type="…">…</bizTransaction>`: the type stands before the value, the element's own name is not written.
  children.sort((a, b) => Number(b.name === 'type') - Number(a.name === 'type'))
  return { name: '', text: '', children }
}

const pairMembers: ReadonlySet<string> = new Set(['bizTransaction', 'source', 'destination'])

function textOf(name: string, value: unknown, scene: Pick<Scene, 'prefixes' | 'parent'>): string {
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
  const stem = wordStems.get(parent)?.get(name)
  return stem === undefined || !/^\w+$/.test(text) ? text : stem + text
}

const cbv = 'https://ref.gs1.org/cbv/'
const stems = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries(entries))
const wordStems: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['event', stems({ bizStep: `${cbv}BizStep-`, disposition: `${cbv}Disp-` })],
  ['persistentDisposition', stems({ set: `${cbv}Disp-`, unset: `${cbv}Disp-` })],
  ['bizTransaction', stems({ type: `${cbv}BTT-` })],
  ['source', stems({ type: `${cbv}SDT-` })],
  ['destination', stems({ type: `${cbv}SDT-` })],
  ['sensorReport', stems({ type: 'https://gs1.org/voc/', exception: 'https://gs1.org/voc/', component: `${cbv}Comp-` })]
])

function qualified(member: string, prefixes: Prefixes): string {
  const colon = member.indexOf(':')
  if (colon <= 0 || member.startsWith('{')) return member
  const uri = prefixes.get(member.slice(0, colon))
  if (uri !== undefined) return `{${uri}}${member.slice(colon + 1)}`
  if (!member.startsWith('//', colon + 1)) return member
  // A name that is an IRI is one of the namespace that it begins with.
  const cut = Math.max(member.lastIndexOf('/'), member.lastIndexOf('#')) + 1
  return `{${member.slice(0, cut)}}${member.slice(cut)}`
}
