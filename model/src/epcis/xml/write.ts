/** EPCIS JSON as XML 2.0 or 1.2: documents, query documents, events. It takes what passed validation; what is none of these gives no text. */
import { declaredPrefixes } from '../context.ts'
import { epcisQueryUris, epcisUris, sbdhUri } from './names.ts'
import { isObject, writeEvent, type EventScene, type XmlVersion } from './write-event.ts'
import { createScope, writeExtension, type Scope } from './write-extension.ts'
import { attribute, element, escapeText, plainText } from './write-text.ts'

export interface WriteXmlOptions {
  /** 2.0 without it. */
  readonly version?: XmlVersion
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
/** Members of a document that are written by name. */
const documentMembers: ReadonlySet<string> = new Set([
  '@context',
  'id',
  'type',
  'schemaVersion',
  'creationDate',
  'createdAt',
  'sender',
  'receiver',
  'instanceIdentifier',
  'epcisHeader',
  'epcisBody'
])

/** An EPCISDocument, an EPCISQueryDocument or one event, as a whole XML document. */
export function writeEpcisXml(document: unknown, options: WriteXmlOptions = {}): string {
  if (!isObject(document)) return ''
  const { version = '2.0' } = options
  const prefixes = declaredPrefixes(document['@context'])
  const scene = { version, prefixes }
  switch (document['type']) {
    case 'EPCISDocument':
      return declaration + writeDocument(document, { ...scene, root: 'epcis:EPCISDocument', uri: epcisUris[version] })
    case 'EPCISQueryDocument':
      return declaration + writeDocument(document, { ...scene, root: 'epcisq:EPCISQueryDocument', uri: epcisQueryUris[version] })
    default:
      return declaration + writeEvent(document, { ...scene, isRoot: true })
  }
}

/** One event as an element that can stand in an `<EventList>`. */
export function writeEventXml(event: unknown, options: WriteXmlOptions = {}): string {
  return writeEvent(event, { version: options.version ?? '2.0', prefixes: new Map() })
}

interface DocumentScene extends EventScene {
  readonly root: string
  readonly uri: string
}

function writeDocument(document: Readonly<Record<string, unknown>>, scene: DocumentScene): string {
  const scope = createScope(scene.prefixes)
  scope.use(scene.root.slice(0, scene.root.indexOf(':')), scene.uri)
  const { epcisBody, epcisHeader } = document
  const header = writeHeader(document, isObject(epcisHeader) ? epcisHeader : {}, { scope, version: scene.version })
  const body = isObject(epcisBody) ? writeBody(epcisBody, scene, scope) : ''
  const extensions = Object.entries(document)
    .filter(([name]) => !documentMembers.has(name))
    .map(([name, value]) => writeExtension(name, value, scope))
    .join('')
  const created = document['creationDate'] ?? document['createdAt']
  const attributes = attribute('schemaVersion', scene.version) + (typeof created === 'string' ? attribute('creationDate', created) : '')
  return element(scene.root, header + element('EPCISBody', body) + extensions, scope.declarations() + attributes)
}

function writeBody(body: Readonly<Record<string, unknown>>, scene: EventScene, scope: Scope): string {
  const { eventList, queryResults, ...rest } = body
  const extensions = writeAll(rest, scope)
  if (!isObject(queryResults)) return writeEventList(eventList, scene) + extensions
  const { queryName, subscriptionID, resultsBody, ...others } = queryResults
  const results = isObject(resultsBody) ? resultsBody : {}
  const { eventList: events, vocabularyList, ...more } = results
  const list = Array.isArray(vocabularyList) ? writeVocabularies(vocabularyList, scope) : writeEventList(events, scene)
  const parts = [
    element('queryName', escapeText(typeof queryName === 'string' ? queryName : '')),
    typeof subscriptionID === 'string' ? element('subscriptionID', escapeText(subscriptionID)) : '',
    element('resultsBody', list + writeAll(more, scope)),
    writeAll(others, scope)
  ]
  return element('epcisq:QueryResults', parts.join('')) + extensions
}

function writeEventList(events: unknown, scene: EventScene): string {
  return element('EventList', Array.isArray(events) ? events.map((event: unknown) => writeEvent(event, scene)).join('') : '')
}

function writeAll(members: Readonly<Record<string, unknown>>, scope: Scope): string {
  return Object.entries(members)
    .map(([name, value]) => writeExtension(name, value, scope))
    .join('')
}

interface HeaderScene {
  readonly scope: Scope
  readonly version: XmlVersion
}

/** The Standard Business Document Header first, as it was read, or made of what the JSON document says of its parties. */
function writeHeader(document: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>>, scene: HeaderScene): string {
  const { scope } = scene
  const { epcisMasterData, ...rest } = header
  const sbdhName = Object.keys(rest).find((name) => name.endsWith(':StandardBusinessDocumentHeader'))
  const sbdh = sbdhName === undefined ? writeSbdh(document, scene) : writeExtension(sbdhName, rest[sbdhName], scope)
  const list = isObject(epcisMasterData) ? epcisMasterData['vocabularyList'] : undefined
  const master = Array.isArray(list) ? element('extension', element('EPCISMasterData', writeVocabularies(list, scope))) : ''
  const others = Object.entries(rest)
    .filter(([name]) => name !== sbdhName)
    .map(([name, value]) => writeExtension(name, value, scope))
  const content = sbdh + master + others.join('')
  return content === '' ? '' : element('EPCISHeader', content)
}

function writeSbdh(document: Readonly<Record<string, unknown>>, { scope, version }: HeaderScene): string {
  const { sender, receiver, instanceIdentifier, creationDate } = document
  if (typeof sender !== 'string' && typeof receiver !== 'string' && typeof instanceIdentifier !== 'string') return ''
  scope.use('sbdh', sbdhUri)
  const text = (name: string, value: unknown) =>
    typeof value === 'string' ? element(`sbdh:${name}`, escapeText(value)) : element(`sbdh:${name}`, '')
  const party = (name: string, value: unknown) => element(`sbdh:${name}`, text('Identifier', value))
  const identification = [
    text('Standard', 'GS1'),
    text('TypeVersion', version),
    text('InstanceIdentifier', instanceIdentifier),
    text('Type', 'Events'),
    text('CreationDateAndTime', creationDate)
  ]
  const parts = [text('HeaderVersion', '1.0'), party('Sender', sender), party('Receiver', receiver)]
  return element(
    'sbdh:StandardBusinessDocumentHeader',
    [...parts, element('sbdh:DocumentIdentification', identification.join(''))].join('')
  )
}

function writeVocabularies(list: readonly unknown[], scope: Scope): string {
  const vocabularies = list.filter(isObject).map((vocabulary) => {
    const entries = listOf(vocabulary['vocabularyElementList']).map((entry) => {
      const attributes = listOf(entry['attributes']).map((one) => writeVocabularyAttribute(one, scope))
      const children = entry['children']
      const ids = Array.isArray(children)
        ? element('children', children.map((id: unknown) => element('id', escapeText(plainText(id)))).join(''))
        : ''
      return element('VocabularyElement', attributes.join('') + ids, attribute('id', plainText(entry['id'])))
    })
    const inner = entries.length === 0 ? '' : element('VocabularyElementList', entries.join(''))
    return element('Vocabulary', inner, attribute('type', plainText(vocabulary['type'])))
  })
  return element('VocabularyList', vocabularies.join(''))
}

/** The value of an attribute is text, or parts of another namespace. */
function writeVocabularyAttribute(one: Readonly<Record<string, unknown>>, scope: Scope): string {
  const value = one['attribute']
  const values: unknown[] = Array.isArray(value) ? value : [value]
  const id = attribute('id', plainText(one['id']))
  return values.map((item) => element('attribute', isObject(item) ? writeAll(item, scope) : escapeText(plainText(item)), id)).join('')
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
