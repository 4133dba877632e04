/**
 * Other JSON-LD spellings of EPCIS in the plain JSON that EPCIS 2.0 defines: expanded documents (full IRIs, `@type`, `@id`, `@value`), terms
 * and aliases that a context defines, `isA`. No context is fetched, and no general JSON-LD processing is done: what is plain already stays
 * untouched, what means nothing to EPCIS becomes an extension with a prefix.
 */
import { compactIri, createTerms, type Terms } from './json-ld-terms.ts'
import { bareSensorTerm } from './vocabulary.ts'

/** Deepest nesting that is looked into. */
const depthMax = 72

/** The plain form; the same object when it is plain already. */
export function plainDocument(value: unknown): unknown {
  const root = rootOf(value)
  if (!isObject(root) || (root === value && isPlain(root))) return value
  const terms = createTerms(root['@context'])
  const isExpanded = Array.isArray(value)
  const plain = plainObject(root, { terms, isExpanded, depth: 0 })
  const added = terms.added()
  const own = plain['@context']
  if (own !== undefined && Object.keys(added).length === 0) return plain
  const parts: unknown[] = own === undefined ? [epcisContext] : Array.isArray(own) ? own : [own]
  return { ...plain, '@context': Object.keys(added).length === 0 ? parts : [...parts, added] }
}

const epcisContext = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'

/** An expanded document is a list of one node; a graph of one node is that node. */
function rootOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? value[0] : undefined
  if (!isObject(value)) return undefined
  const graph = value['@graph']
  if (!Array.isArray(graph) || graph.length !== 1) return value
  const [node]: unknown[] = graph
  return isObject(node) ? { ...node, '@context': node['@context'] ?? value['@context'] } : value
}

function isPlain(root: Record<string, unknown>): boolean {
  if (!Object.hasOwn(root, 'type') || definesTerms(root['@context'])) return false
  const body = root['epcisBody']
  if (!isObject(body)) return true
  const results = body['queryResults']
  const inner = isObject(results) && isObject(results['resultsBody']) ? results['resultsBody'] : body
  const events = inner['eventList']
  return (
    !Array.isArray(events) ||
    events.every((event: unknown) => isObject(event) && Object.hasOwn(event, 'type') && !definesTerms(event['@context']))
  )
}

/** Whether a context does more than name prefixes and other contexts. */
function definesTerms(context: unknown): boolean {
  if (Array.isArray(context)) return context.some((part: unknown) => !Array.isArray(part) && definesTerms(part))
  if (!isObject(context)) return false
  return Object.entries(context).some(([name, value]) =>
    typeof value === 'string' ? value.startsWith('@') || /[A-Za-z0-9]$/.test(value) : isObject(value) && !name.startsWith('@')
  )
}

interface Scene {
  readonly terms: Terms
  /** Values stand in lists, as expansion leaves them. */
  readonly isExpanded: boolean
  readonly depth: number
  readonly parent?: string
}

function plainObject(value: Record<string, unknown>, scene: Scene): Record<string, unknown> {
  if (scene.depth > depthMax) return value
  const own = value['@context']
  const terms = own === undefined || scene.depth === 0 ? scene.terms : scene.terms.within(own)
  const members: [string, unknown][] = []
  const isEvent = Object.keys(value).some((name) => terms.nameOf(name) === 'eventTime')
  for (const [key, content] of Object.entries(value)) {
    if (key === '@context') {
      members.push([key, content])
      continue
    }
    let name = terms.nameOf(key)
    if (name === 'id' && isEvent && key.startsWith('@')) name = 'eventID'
    members.push([name, plainMember(name, content, { ...scene, terms, depth: scene.depth + 1 })])
  }
  return Object.fromEntries(members)
}

/** Members whose value is a list, be it of one. */
const lists: ReadonlySet<string> = new Set([
  'eventList',
  'epcList',
  'childEPCs',
  'inputEPCList',
  'outputEPCList',
  'quantityList',
  'childQuantityList',
  'inputQuantityList',
  'outputQuantityList',
  'bizTransactionList',
  'sourceList',
  'destinationList',
  'sensorElementList',
  'sensorReport',
  'correctiveEventIDs',
  'set',
  'unset',
  'vocabularyList',
  'vocabularyElementList',
  'attributes',
  'children'
])

function plainMember(name: string, value: unknown, scene: Scene): unknown {
  const { parent } = scene
  const inside = { ...scene, parent: name }
  if (name === 'type') return plainType(unwrapped(value), parent, scene.terms)
  if (lists.has(name)) {
    const items: unknown[] = Array.isArray(value) ? value.flatMap(listItems) : listItems(value)
    return items.map((item) => plainValue(item, inside))
  }
  if (name === 'readPoint' || name === 'bizLocation') {
    const one = plainValue(unwrapped(value), inside)
    return typeof one === 'string' ? { id: one } : one
  }
  if (name === 'action') {
    const one = plainValue(unwrapped(value), inside)
    return typeof one === 'string' ? compactIri(one, scene.terms) : one
  }
  if (!Array.isArray(value)) return plainValue(value, inside)
  const items: unknown[] = value
  const isSingle = items.length === 1 && (scene.isExpanded || isValueObject(items[0]))
  return isSingle ? plainValue(items[0], inside) : items.map((item) => plainValue(item, inside))
}

function listItems(value: unknown): unknown[] {
  if (!isObject(value)) return [value]
  const items = value['@list'] ?? value['@set']
  return Array.isArray(items) ? items : [value]
}

function unwrapped(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value
}

function isValueObject(value: unknown): boolean {
  return isObject(value) && (Object.hasOwn(value, '@value') || Object.hasOwn(value, '@id'))
}

function plainValue(value: unknown, scene: Scene): unknown {
  if (scene.depth > depthMax) return value
  if (Array.isArray(value)) return value.map((item: unknown) => plainValue(item, { ...scene, depth: scene.depth + 1 }))
  if (!isObject(value)) return value
  const keys = Object.keys(value)
  if (Object.hasOwn(value, '@value')) return typedValue(value['@value'], value['@type'])
  const items = value['@list'] ?? value['@set']
  if (Array.isArray(items)) return items.map((item: unknown) => plainValue(item, { ...scene, depth: scene.depth + 1 }))
  if (keys.length === 1 && keys[0] === '@id')
    return scene.parent === 'readPoint' || scene.parent === 'bizLocation' ? { id: value['@id'] } : value['@id']
  return plainObject(value, scene)
}

const numberTypes = /[#:](?:double|float|decimal|integer|int|long|short|byte|nonNegativeInteger|positiveInteger)$/

function typedValue(value: unknown, type: unknown): unknown {
  if (typeof value !== 'string' || typeof type !== 'string') return value
  if (/[#:]boolean$/.test(type) && (value === 'true' || value === 'false')) return value === 'true'
  const number = Number(value)
  return numberTypes.test(type) && value.trim() !== '' && Number.isFinite(number) ? number : value
}

/** The type of a document or event is a bare word; of a measurement, too; of a pair it is a CBV word in any form. */
function plainType(value: unknown, parent: string | undefined, terms: Terms): unknown {
  const one = isObject(value) ? (value['@id'] ?? value['@value'] ?? value) : value
  if (typeof one !== 'string') return one
  if (parent === 'sensorReport') return bareSensorTerm(one).replace(/^MT-/, '')
  if (parent === 'bizTransactionList' || parent === 'sourceList' || parent === 'destinationList') return one
  return compactIri(one, terms)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
