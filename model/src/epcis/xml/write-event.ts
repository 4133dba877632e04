/** One event in JSON as an event element of EPCIS XML 2.0, or of 1.2, where what came later stands in the places 1.2 left for it. */
import { declaredPrefixes } from '../context.ts'
import { epcisEventTypes } from '../../trace-event.ts'
import { webTerm, urnTerm, type VocabularyName } from '../vocabulary.ts'
import { entryNames, eventHead, eventOrder } from './names.ts'
import { createScope, writeExtension, type Scope } from './write-extension.ts'
import { attribute, element, escapeText, plainText } from './write-text.ts'

export type XmlVersion = '2.0' | '1.2'

export interface EventScene {
  readonly version: XmlVersion
  /** Prefixes of the document's context. */
  readonly prefixes: ReadonlyMap<string, string>
  /** The event is the document. */
  readonly isRoot?: boolean
}

interface Scene {
  readonly scope: Scope
  readonly version: XmlVersion
}

/** What is no event of the five types gives an empty text. */
export function writeEvent(event: unknown, { version, prefixes, isRoot = false }: EventScene): string {
  if (!isObject(event)) return ''
  const type = epcisEventTypes.find((name) => name === event['type'])
  if (type === undefined) return ''
  const scope = createScope(new Map([...prefixes, ...declaredPrefixes(event['@context'])]))
  const scene = { scope, version }
  const standard = new Set<string>(['@context', 'type', ...eventHead, ...eventOrder[type]])
  const extensions = Object.entries(event)
    .filter(([name]) => !standard.has(name))
    .map(([name, value]) => writeExtension(name, value, scope))
    .join('')
  const content = (version === '2.0' ? writePlain(event, type, scene) : writeOld(event, type, scene)) + extensions
  const written = element(type, content, scope.declarations())
  if (version === '2.0' || isRoot) return written
  // EPCIS 1.2 keeps the types that came after its first version in extensions of the list.
  if (type === 'TransformationEvent') return element('extension', written)
  return type === 'AssociationEvent' ? element('extension', element('extension', written)) : written
}

type Event = Readonly<Record<string, unknown>>
type EventType = keyof typeof eventOrder

function writeMembers(event: Event, names: readonly string[], scene: Scene): string {
  return names.map((name) => writeMember(name, event[name], scene)).join('')
}

function writePlain(event: Event, type: EventType, scene: Scene): string {
  return writeMembers(event, [...eventHead, ...eventOrder[type]], scene)
}

const since12 = ['eventID', 'errorDeclaration'] as const
const since20: ReadonlySet<string> = new Set(['sensorElementList', 'persistentDisposition'])
/** Members that 1.2 has in the extension of these types. */
const since11: ReadonlySet<string> = new Set(['quantityList', 'childQuantityList', 'sourceList', 'destinationList', 'ilmd'])

function writeOld(event: Event, type: EventType, scene: Scene): string {
  const certificates = writeMembers(event, ['certificationInfo'], scene)
  const base = writeMembers(event, since12, scene) + wrapped('extension', certificates)
  const head = writeMembers(event, ['eventTime', 'recordTime', 'eventTimeZoneOffset'], scene) + wrapped('baseExtension', base)
  const order: readonly string[] = eventOrder[type]
  if (type === 'AssociationEvent') return head + writeMembers(event, order, scene)
  const isWhole = type === 'TransformationEvent'
  const plain = order.filter((name) => !since20.has(name) && (isWhole || !since11.has(name)))
  const required = isWhole ? undefined : type === 'AggregationEvent' ? 'childEPCs' : 'epcList'
  const body = plain.map((name) => writeMember(name, event[name] ?? (name === required ? [] : undefined), scene)).join('')
  const later = writeMembers(event, [...since20], scene)
  const inner = isWhole
    ? later
    : writeMembers(
        event,
        order.filter((name) => since11.has(name)),
        scene
      ) + wrapped('extension', later)
  return head + body + wrapped('extension', inner)
}

function wrapped(name: string, content: string): string {
  return content === '' ? '' : element(name, content)
}

const vocabularyOf: ReadonlyMap<string, VocabularyName> = new Map(
  Object.entries({
    bizStep: 'bizStep',
    disposition: 'disposition',
    set: 'disposition',
    unset: 'disposition',
    reason: 'errorReason',
    bizTransaction: 'bizTransactionType',
    source: 'sourceDestinationType',
    destination: 'sourceDestinationType'
  })
)

function writeMember(name: string, value: unknown, scene: Scene): string {
  if (value === undefined) return ''
  const entryName = entryNames.get(name)
  if (entryName !== undefined) {
    const list: unknown[] = Array.isArray(value) ? value : [value]
    return element(name, list.map((entry) => writeEntry(entryName, entry, scene)).join(''))
  }
  if (Array.isArray(value)) return value.map((item: unknown) => writeMember(name, item, scene)).join('')
  if (isObject(value)) return element(name, writeParts(value, orderOf.get(name) ?? [], scene))
  return element(name, escapeText(name === 'certificationInfo' ? certificateOf(plainText(value)) : wordOf(name, plainText(value), scene)))
}

/** Order of the parts of an element; extensions come after them. */
const orderOf: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    readPoint: ['id'],
    bizLocation: ['id'],
    errorDeclaration: ['declarationTime', 'reason', 'correctiveEventIDs'],
    persistentDisposition: ['unset', 'set'],
    quantityElement: ['epcClass', 'quantity', 'uom']
  })
)

function writeParts(value: Event, order: readonly string[], scene: Scene): string {
  const parts = order.map((name) => writeMember(name, value[name], scene)).join('')
  const rest = Object.entries(value).filter(([name]) => !order.includes(name))
  return parts + rest.map(([name, inner]) => writeExtension(name, inner, scene.scope)).join('')
}

function writeEntry(name: string, entry: unknown, scene: Scene): string {
  if (!isObject(entry)) return element(name, escapeText(plainText(entry)))
  switch (name) {
    case 'quantityElement':
      return element(name, writeParts(entry, orderOf.get(name) ?? [], scene))
    case 'bizTransaction':
    case 'source':
    case 'destination': {
      const type = entry['type'] === undefined ? '' : attribute('type', wordOf(name, plainText(entry['type']), scene))
      return element(name, escapeText(plainText(entry[name])), type)
    }
    case 'sensorElement':
      return writeSensorElement(entry, scene)
    default:
      return element(name, writeParts(entry, [], scene))
  }
}

function writeSensorElement(entry: Event, scene: Scene): string {
  const { sensorMetadata, sensorReport, ...extensions } = entry
  const reports: unknown[] = Array.isArray(sensorReport) ? sensorReport : []
  const parts = [
    ...(isObject(sensorMetadata) ? [writeSensorPart('sensorMetadata', sensorMetadata, scene)] : []),
    ...reports.map((report) => (isObject(report) ? writeSensorPart('sensorReport', report, scene) : '')),
    ...Object.entries(extensions).map(([name, value]) => writeExtension(name, value, scene.scope))
  ]
  return element('sensorElement', parts.join(''))
}

/** All values are attributes; objects and lists of extensions, which cannot be, are children. */
function writeSensorPart(name: string, part: Event, { scope }: Scene): string {
  let attributes = ''
  let content = ''
  for (const [member, value] of Object.entries(part)) {
    if (typeof value === 'object') content += writeExtension(member, value, scope)
    else if (value !== undefined) attributes += attribute(scope.nameOf(member), sensorText(member, plainText(value), scope))
  }
  return element(name, content, attributes)
}

function sensorText(member: string, text: string, scope: Scope): string {
  if (member === 'component') return webTerm('component', text)
  if ((member !== 'type' && member !== 'exception') || text.includes(':')) return text
  scope.use('gs1', 'https://gs1.org/voc/')
  return `gs1:${text}`
}

/** XML has no bare words: they become URIs, of the older kind in 1.2. */
function wordOf(name: string, text: string, { version }: Scene): string {
  const vocabulary = vocabularyOf.get(name)
  if (vocabulary === undefined) return text
  return version === '1.2' ? urnTerm(vocabulary, text) : text.includes(':') ? text : webTerm(vocabulary, text)
}

/** Text that was read as a data URI for want of a better one. */
function certificateOf(uri: string): string {
  return /^data:,(?:[\w.~!*'()-]|%[0-9A-F]{2})*$/.test(uri) ? decodeURIComponent(uri.slice('data:,'.length)) : uri
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
