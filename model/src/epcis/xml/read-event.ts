/**
 * One event element as an event in JSON. The wrappers `<extension>` and `<baseExtension>` of EPCIS 1.2 are opened wherever they stand.
 * Nothing is judged here: what does not belong where it stands becomes a member that validation refuses by name.
 */
import { bareSensorTerm, bareTerm, type VocabularyName } from '../vocabulary.ts'
import { entryNames, isEpcisUri, numberMembers, type PrefixTable } from './names.ts'
import { isMarkup, memberName, objectOf, readBoolean, readExtension, readNumber, type Members } from './read-extension.ts'
import type { XmlElement } from './tree.ts'

/** Times of XML found without seconds. */
const minutesOnly = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(Z|[+-]\d\d:\d\d)$/
const timeMembers: ReadonlySet<string> = new Set(['eventTime', 'recordTime', 'declarationTime', 'time', 'startTime', 'endTime'])

/** Attributes of a document that stand on an event when the event is the root. */
const documentAttributes: ReadonlySet<string> = new Set(['schemaVersion', 'creationDate'])

export function readEvent(element: XmlElement, prefixes: PrefixTable): Record<string, unknown> {
  const event = readMembersOf(element, prefixes)
  return element.name === 'QuantityEvent' ? observed(event) : event
}

/** The deprecated QuantityEvent of EPCIS 1.2 §7.4.4 is an ObjectEvent that observes the quantity. */
function observed({ epcClass, quantity, ...members }: Record<string, unknown>): Record<string, unknown> {
  return { ...members, type: 'ObjectEvent', action: 'OBSERVE', quantityList: [{ epcClass, quantity }] }
}

function readMembersOf(element: XmlElement, prefixes: PrefixTable): Record<string, unknown> {
  const members: Members = [['type', element.name]]
  const certificates: string[] = []
  for (const attribute of element.attributes)
    if (!isMarkup(attribute) && !documentAttributes.has(attribute.name)) members.push([memberName(attribute, prefixes), attribute.value])
  for (const child of unwrapped(element)) {
    if (child.name === 'certificationInfo' && isEpcisUri(child.uri)) certificates.push(uriOf(textOf(child)))
    else members.push([memberName(child, prefixes), isEpcisUri(child.uri) ? readMember(child, prefixes) : readExtension(child, prefixes)])
  }
  if (certificates.length > 0) members.push(['certificationInfo', certificates.length === 1 ? certificates[0] : certificates])
  return objectOf(members)
}

/** The children with those of wrappers in place of the wrappers. */
export function* unwrapped(element: XmlElement): Generator<XmlElement> {
  for (const child of element.children) {
    if ((child.name === 'extension' || child.name === 'baseExtension') && isEpcisUri(child.uri)) yield* unwrapped(child)
    else yield child
  }
}

export function textOf(element: XmlElement): string {
  return element.text.trim()
}

function readMember(element: XmlElement, prefixes: PrefixTable): unknown {
  const { name } = element
  const entryName = entryNames.get(name)
  if (entryName !== undefined) return readList(element, { entryName, prefixes })
  switch (name) {
    case 'readPoint':
    case 'bizLocation':
    case 'errorDeclaration':
    case 'ilmd':
      return readMembers(element, prefixes)
    case 'persistentDisposition':
      return readPersistentDisposition(element, prefixes)
    default:
      // A standard member without parts; parts and attributes make it an object, which validation refuses.
      return element.children.length > 0 || !element.attributes.every(isMarkup)
        ? readExtension(element, prefixes)
        : readScalar(name, textOf(element))
  }
}

function readScalar(name: string, text: string): unknown {
  const vocabulary = webWords.get(name)
  if (vocabulary !== undefined) return wordOf(vocabulary, text)
  if (timeMembers.has(name)) return text.replace(minutesOnly, '$1:00$2')
  return numberMembers.has(name) ? readNumber(text) : text
}

/**
 * Words of the CBV, which XML writes as URIs. The Web URI of EPCIS 2.0 is the bare word of JSON; the URN of EPCIS 1.2 stays, so that it can
 * be given back as it was captured.
 */
const webWords: ReadonlyMap<string, VocabularyName> = new Map(
  Object.entries({
    bizStep: 'bizStep',
    disposition: 'disposition',
    reason: 'errorReason',
    bizTransaction: 'bizTransactionType',
    source: 'sourceDestinationType',
    destination: 'sourceDestinationType'
  })
)

function wordOf(vocabulary: VocabularyName, text: string): string {
  return text.startsWith('https://ref.gs1.org/cbv/') ? bareTerm(vocabulary, text) : text
}

/** A certificate that is not named by a URI, as XML allows, as the data URI (RFC 2397) of its text. */
function uriOf(text: string): string {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) ? text : `data:,${encodeURIComponent(text)}`
}

/** A quantity without content, `<quantity/>`, says that none was counted. */
function isEmptyNumber(element: XmlElement): boolean {
  return numberMembers.has(element.name) && isEpcisUri(element.uri) && element.children.length === 0 && textOf(element) === ''
}

/** Standard and extension members of an object. */
function readMembers(element: XmlElement, prefixes: PrefixTable): Record<string, unknown> {
  const members: Members = []
  for (const attribute of element.attributes) if (!isMarkup(attribute)) members.push([memberName(attribute, prefixes), attribute.value])
  for (const child of unwrapped(element)) {
    if (isEmptyNumber(child)) continue
    members.push([memberName(child, prefixes), isEpcisUri(child.uri) ? readMember(child, prefixes) : readExtension(child, prefixes)])
  }
  return objectOf(members)
}

function readList(element: XmlElement, { entryName, prefixes }: { entryName: string; prefixes: PrefixTable }): unknown {
  const entries: unknown[] = []
  for (const child of unwrapped(element)) {
    // An entry under another name keeps that name, so that validation refuses it.
    if (child.name !== entryName || !isEpcisUri(child.uri)) entries.push({ [memberName(child, prefixes)]: readExtension(child, prefixes) })
    else entries.push(readEntry(child, prefixes))
  }
  return entries
}

function readEntry(element: XmlElement, prefixes: PrefixTable): unknown {
  switch (element.name) {
    case 'quantityElement':
      return readMembers(element, prefixes)
    case 'bizTransaction':
    case 'source':
    case 'destination': {
      const attributes: Members = element.attributes
        .filter((attribute) => !isMarkup(attribute))
        .map(({ name, value }) => [name, name === 'type' ? readScalar(element.name, value.trim()) : value])
      return objectOf([...attributes, [element.name, textOf(element)]])
    }
    case 'sensorElement':
      return readSensorElement(element, prefixes)
    default:
      return element.children.length > 0 ? readExtension(element, prefixes) : textOf(element)
  }
}

function readPersistentDisposition(element: XmlElement, prefixes: PrefixTable): Record<string, unknown> {
  const lists = new Map<string, unknown[]>()
  for (const child of unwrapped(element)) {
    const name = memberName(child, prefixes)
    lists.set(name, [...(lists.get(name) ?? []), wordOf('disposition', textOf(child))])
  }
  return Object.fromEntries(lists)
}

function readSensorElement(element: XmlElement, prefixes: PrefixTable): Record<string, unknown> {
  const members: Members = []
  const reports: unknown[] = []
  for (const child of unwrapped(element)) {
    if (!isEpcisUri(child.uri)) members.push([memberName(child, prefixes), readExtension(child, prefixes)])
    else if (child.name === 'sensorReport') reports.push(readSensorPart(child, prefixes))
    else members.push([child.name, child.name === 'sensorMetadata' ? readSensorPart(child, prefixes) : readExtension(child, prefixes)])
  }
  members.push(['sensorReport', reports])
  return objectOf(members)
}

/** Metadata and reports are attributes in XML; objects and arrays of extensions, which cannot be, are children. */
function readSensorPart(element: XmlElement, prefixes: PrefixTable): Record<string, unknown> {
  const members: Members = []
  for (const attribute of element.attributes) {
    if (isMarkup(attribute)) continue
    const name = memberName(attribute, prefixes)
    members.push([name, attribute.uri === '' ? readSensorValue(name, attribute.value.trim()) : attribute.value])
  }
  for (const child of element.children) members.push([memberName(child, prefixes), readExtension(child, prefixes)])
  return objectOf(members)
}

function readSensorValue(name: string, text: string): unknown {
  if (name === 'booleanValue') return readBoolean(text)
  if (name === 'type' || name === 'exception' || name === 'component') return bareSensorTerm(text)
  return readScalar(name, text)
}
