/**
 * EPCIS XML 2.0 and 1.2 (documents, query documents, single events) into the JSON form that capture takes, or findings that say what is
 * wrong where. DTDs, entities beyond the five of XML and anything external are refused; depth, elements, attributes and text are bounded.
 */
import type { Reason } from '../../errors.ts'
import { epcisEventTypes } from '../../trace-event.ts'
import { createPrefixTable, epcisContext, isEpcisUri, type PrefixTable } from './names.ts'
import { readEvent, textOf, unwrapped } from './read-event.ts'
import { memberName, objectOf, readExtension, type Members } from './read-extension.ts'
import { readHeader, readVocabularies } from './read-header.ts'
import { parseXml, type XmlElement } from './tree.ts'

export type EpcisXml =
  | {
      readonly ok: true
      /** An EPCISDocument, EPCISQueryDocument or bare event, as `parseCapture()` takes it; not yet validated. */
      readonly document: Record<string, unknown>
      /** The version that the XML claims to be of: its namespace's. */
      readonly version: '2.0' | '1.2'
    }
  | { readonly ok: false; readonly findings: readonly Reason[] }

export function readEpcisXml(text: string): EpcisXml {
  const parsed = parseXml(text)
  if (!parsed.ok) return parsed
  const { root, namespaces } = parsed.tree
  const prefixes = createPrefixTable(namespaces)
  const members = readRoot(root, prefixes)
  if (members === undefined) {
    const wanted = `expected EPCISDocument, EPCISQueryDocument or one of ${epcisEventTypes.join(', ')}`
    return refused(
      'EPCIS_DOCUMENT_TYPE',
      `the root element is "${root.name.slice(0, 64)}" of namespace "${root.uri.slice(0, 64)}", ${wanted}`
    )
  }
  const declared = prefixes.declared()
  const context = Object.keys(declared).length === 0 ? [epcisContext] : [epcisContext, declared]
  const isOld = root.uri.endsWith(':xsd:1') || root.attributes.some(({ name, value }) => name === 'schemaVersion' && value.startsWith('1.'))
  return { ok: true, document: objectOf([['@context', context], ...members]), version: isOld ? '1.2' : '2.0' }
}

function refused(code: string, message: string): EpcisXml {
  return { ok: false, findings: [{ code, pointer: '', message }] }
}

function readRoot(root: XmlElement, prefixes: PrefixTable): Members | undefined {
  if (!isEpcisUri(root.uri)) return undefined
  if (root.name === 'EPCISDocument') return readDocument(root, prefixes)
  if (root.name === 'EPCISQueryDocument') return readQueryDocument(root, prefixes)
  if (root.name !== 'QuantityEvent' && !epcisEventTypes.some((type) => type === root.name)) return undefined
  return Object.entries(readEvent(root, prefixes))
}

function readDocument(root: XmlElement, prefixes: PrefixTable): Members {
  const members = readHead(root, prefixes)
  const body: Members = []
  for (const child of bodyOf(root)) {
    if (child.name === 'EventList' && isEpcisUri(child.uri)) body.push(['eventList', readEvents(child, prefixes)])
    else body.push([memberName(child, prefixes), readExtension(child, prefixes)])
  }
  // A document of master data alone has no list of events (EPCIS 2.0 §9.5).
  if (!body.some(([name]) => name === 'eventList')) body.push(['eventList', []])
  members.push(['epcisBody', objectOf(body)])
  return members
}

function readQueryDocument(root: XmlElement, prefixes: PrefixTable): Members {
  const results: Members = []
  const members = readHead(root, prefixes)
  const found = [...bodyOf(root)].find(({ name }) => name === 'QueryResults')
  for (const part of found === undefined ? root.children : unwrapped(found)) {
    if (part.name === 'queryName' || part.name === 'subscriptionID') results.push([part.name, textOf(part)])
    else if (part.name === 'resultsBody') results.push(['resultsBody', readResults(part, prefixes)])
    else if (found !== undefined) results.push([memberName(part, prefixes), readExtension(part, prefixes)])
    else if (!isEpcisUri(part.uri)) members.push([memberName(part, prefixes), readExtension(part, prefixes)])
  }
  // The XML Schema asks for a name; results are found in the field without.
  if (results.length > 0 && !results.some(([name]) => name === 'queryName')) results.unshift(['queryName', ''])
  members.push(['epcisBody', results.length === 0 ? {} : { queryResults: objectOf(results) }])
  return members
}

function readResults(body: XmlElement, prefixes: PrefixTable): Record<string, unknown> {
  const members: Members = []
  for (const part of unwrapped(body)) {
    if (part.name === 'EventList') members.push(['eventList', readEvents(part, prefixes)])
    else if (part.name === 'VocabularyList') members.push(['vocabularyList', readVocabularies(part, prefixes)])
    else members.push([memberName(part, prefixes), readExtension(part, prefixes)])
  }
  if (!members.some(([name]) => name === 'eventList')) members.push(['eventList', []])
  return objectOf(members)
}

/** Type, version, dates and header of a document. */
function readHead(root: XmlElement, prefixes: PrefixTable): Members {
  const members: Members = [
    ['type', root.name],
    ['schemaVersion', '2.0']
  ]
  for (const { name, uri, value } of root.attributes)
    if (uri === '' && (name === 'creationDate' || name === 'createdAt')) members.push([name, value.trim()])
  const header = root.children.find(({ name }) => name === 'EPCISHeader')
  if (header === undefined) return members
  const { epcisHeader, parties } = readHeader(header, prefixes)
  if (root.name === 'EPCISDocument') members.push(...Object.entries(parties))
  members.push(['epcisHeader', epcisHeader])
  return members
}

function* bodyOf(root: XmlElement): Generator<XmlElement> {
  for (const child of root.children) if (child.name === 'EPCISBody') yield* unwrapped(child)
}

function readEvents(list: XmlElement, prefixes: PrefixTable): unknown[] {
  return [...unwrapped(list)].map((event) => readEvent(event, prefixes))
}
