/**
 * The event hash id of CBV 2.0 §8.9.2: the same for every way of writing one event. The order of members, the way extensions close their
 * element and the writing of numbers follow the reference implementation (`ver=CBV2.0`), with which identifiers are exchanged.
 */
import { sha256Hex } from '../sha256.ts'
import { contextPrefixes, membersTree, qualifiedName, type HashNode } from './event-tree.ts'
import type { EpcisEvent } from './event.ts'
import { writePlainMember } from './hash-members.ts'
import { isTimeName, writeTime, writeValue } from './hash-values.ts'

/**
 * `ni:///sha-256;…?ver=CBV2.0` of an event; `context` is the JSON-LD context of its document. A platform that has a faster SHA-256 (text to
 * lower-case hexadecimal) gives it.
 */
export function eventHashId(event: EpcisEvent, context?: unknown, sha256: (text: string) => string = sha256Hex): string {
  return hashIdOf(eventPreHash(event, context), sha256)
}

/** The hash id of a canonical text. */
export function hashIdOf(preHash: string, sha256: (text: string) => string = sha256Hex): string {
  return `ni:///sha-256;${sha256(preHash)}?ver=CBV2.0`
}

/** The canonical text that is hashed. `ignore` are extensions to leave out, as `prefix:name` of the context or `{namespace}name`. */
export function eventPreHash(event: EpcisEvent, context?: unknown, ignore: readonly string[] = []): string {
  const prefixes = contextPrefixes(context, event['@context'])
  const members = new Map(Object.entries(event))
  const rest: string[] = []
  let text = `eventType=${event.type}`
  const writeTree = (name: string, value: unknown): void => {
    const written = writeInOrder(membersTree(name, value, prefixes), eventOrder)
    text += written.text
    for (const node of written.left) if (!ignored.has(node.name)) rest.push(writeRest([node]))
  }
  for (const { name } of eventOrder) {
    const value = members.get(name)
    if (value === undefined) continue
    members.delete(name)
    const plain = writePlainMember(name, value, prefixes)
    if (plain === undefined) writeTree(name, value)
    else text += plain
  }
  const left = ignore.length === 0 ? ignored : new Set([...ignored, ...ignore.map((name) => qualifiedName(name, prefixes))])
  for (const [name, value] of members) {
    if (left.has(name) || (ignore.length > 0 && left.has(qualifiedName(name, prefixes)))) continue
    const plain = writePlainMember(name, value, prefixes)
    if (plain === undefined) for (const node of membersTree(name, value, prefixes)) rest.push(writeRest([node]))
    else if (plain !== '') rest.push(plain)
  }
  return text + rest.sort().join('')
}

/**
 * A canonical text of what an event's declaration of error says beside its time, the same for every way of writing it; the hash id leaves
 * declarations out (CBV 2.0 §8.9.2). Empty without one.
 */
export function declarationText(event: EpcisEvent, context?: unknown): string {
  const nodes = membersTree('errorDeclaration', event.errorDeclaration ?? {}, contextPrefixes(context, event['@context']))
  return nodes.flatMap(({ children }) => sortedTexts(children.filter(({ name }) => name !== 'declarationTime'))).join('')
}

function sortedTexts(nodes: readonly HashNode[]): string[] {
  return nodes
    .map(({ name, text, children }) => {
      const written = name === 'reason' ? text.replace(reasonStem, '') : text
      return `${JSON.stringify([name, written])}(${sortedTexts(children).join('')})`
    })
    .sort()
}

const reasonStem = /^(?:https:\/\/ref\.gs1\.org\/cbv\/ER-|urn:epcglobal:cbv:er:)/

/**
 * What a document asks to leave out of the hashes of its events: the names under its member `ignoreFields` of any prefix, which the
 * reference implementation honours, as a list or as the members of an object.
 */
export function ignoredFields(document: object): string[] {
  const found: unknown = Object.entries(document).find(([name]) => /^[^:]+:ignoreFields$/.test(name))?.[1]
  if (Array.isArray(found)) return found.filter((name) => typeof name === 'string')
  return typeof found === 'object' && found !== null ? Object.keys(found) : []
}

interface Order {
  readonly name: string
  readonly inside?: readonly Order[]
}

const names = (...list: string[]): Order[] => list.map((name) => ({ name }))
const quantities: readonly Order[] = [{ name: 'quantityElement', inside: names('epcClass', 'quantity', 'uom') }]
const epcs = names('epc')

const sensorMetadata = names('time', 'startTime', 'endTime', 'deviceID', 'deviceMetadata', 'rawData', 'dataProcessingMethod', 'bizRules')
const sensorReport = names(
  'type',
  'exception',
  'deviceID',
  'deviceMetadata',
  'rawData',
  'dataProcessingMethod',
  'time',
  'microorganism',
  'chemicalSubstance',
  'value',
  'component',
  'stringValue',
  'booleanValue',
  'hexBinaryValue',
  'uriValue',
  'minValue',
  'maxValue',
  'meanValue',
  'sDev',
  'percRank',
  'percValue',
  'uom',
  'coordinateReferenceSystem'
)

/** What is not named here follows at the end, sorted: business transactions, sources and destinations, ILMD, extensions. */
const eventOrder: readonly Order[] = [
  ...names('eventTime', 'eventTimeZoneOffset', 'certificationInfo', 'parentID'),
  { name: 'epcList', inside: epcs },
  { name: 'inputEPCList', inside: epcs },
  { name: 'childEPCs', inside: epcs },
  { name: 'quantityList', inside: quantities },
  { name: 'childQuantityList', inside: quantities },
  { name: 'inputQuantityList', inside: quantities },
  { name: 'outputEPCList', inside: epcs },
  { name: 'outputQuantityList', inside: quantities },
  ...names('action', 'transformationID', 'bizStep', 'disposition'),
  { name: 'persistentDisposition', inside: names('set', 'unset') },
  { name: 'readPoint', inside: names('id') },
  { name: 'bizLocation', inside: names('id') },
  {
    name: 'sensorElementList',
    inside: [
      {
        name: 'sensorElement',
        inside: [
          { name: 'sensorMetadata', inside: sensorMetadata },
          { name: 'sensorReport', inside: sensorReport }
        ]
      }
    ]
  }
]

const ignored: ReadonlySet<string> = new Set(['recordTime', 'eventID', 'type', 'errorDeclaration'])

/** What an element writes itself, and what of it is left to be written at the end of the event. */
interface Written {
  readonly text: string
  readonly left: HashNode[]
}

/** Writes the children that the order names, and closes with the element's extensions. */
function writeInOrder(children: readonly HashNode[], order: readonly Order[]): Written {
  const closesWith = extensionsOf(children)
  const byName = new Map<string, HashNode[]>()
  for (const child of children) {
    if (closesWith.has(child)) continue
    const group = byName.get(child.name)
    if (group === undefined) byName.set(child.name, [child])
    else group.push(child)
  }
  let text = ''
  const left: HashNode[] = []
  for (const { name, inside } of order) {
    const group = byName.get(name)
    if (group === undefined) continue
    const written: string[] = []
    for (const child of group) {
      const inner = inside === undefined ? { text: '', left: child.children } : writeInOrder(child.children, inside)
      const value = child.text.trim() === '' ? '' : `=${isTimeName(name) ? writeTime(child.text.trim()) : writeValue(child.text.trim())}`
      if (value !== '' || inner.text !== '') written.push(name + value + inner.text)
      if (inner.left.length > 0) left.push({ name, text: child.text, children: inner.left })
    }
    byName.delete(name)
    text += written.sort().join('')
  }
  for (const group of byName.values()) for (const child of group) left.push(child)
  return { text: text + writeRest([...closesWith]), left }
}

/** Extensions inside a standard element close that element; those of the event itself come last of all. */
function extensionsOf(children: readonly HashNode[]): ReadonlySet<HashNode> {
  if (children.length <= 1 || children.some(({ name }) => name.includes('eventTime') || name.includes('action'))) return new Set()
  return new Set(children.filter(({ name }) => name.includes('{') && name.includes('/}')))
}

function writeRest(children: readonly HashNode[]): string {
  const written = children.map(({ name, text, children: inner }) => {
    const value = text.trim() === '' ? '' : `=${writeValue(text.trim())}`
    // What has no content is left out, as empty lists are: XML has empty elements where JSON has no member.
    return value === '' && inner.length === 0 ? '' : name + value + writeRest(inner)
  })
  // A pair of type and bizTransaction, source or destination keeps its order.
  const isPair = children.some(({ name }) => name === 'bizTransaction' || name === 'source' || name === 'destination')
  return (isPair ? written : written.sort()).join('')
}
