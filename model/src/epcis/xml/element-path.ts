/** From the JSON pointer of a finding to the element of the XML that the JSON was read from, as an XPath without prefixes. */
import type { Reason } from '../../errors.ts'
import { entryNames } from './names.ts'

/** Names of JSON members that XML spells otherwise. */
const elementNames: Readonly<Record<string, string>> = {
  epcisBody: 'EPCISBody',
  epcisHeader: 'EPCISHeader',
  epcisMasterData: 'EPCISMasterData',
  eventList: 'EventList',
  queryResults: 'QueryResults',
  vocabularyList: 'VocabularyList',
  vocabularyElementList: 'VocabularyElementList'
}
/** Members whose values are attributes. */
const partsWithAttributes: ReadonlySet<string> = new Set(['sensorMetadata', 'sensorReport', 'bizTransaction', 'source', 'destination'])

/** `/EPCISDocument/EPCISBody/EventList/*[2]/quantityList/quantityElement[1]/quantity` for `/epcisBody/eventList/1/quantityList/0/quantity`. */
export function elementPathOf(document: unknown, pointer: string): string {
  let path = `/${typeOf(document)}`
  let element = ''
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (/^\d+$/.test(name)) {
      const entry = entryNames[element]
      const position = `[${Number(name) + 1}]`
      if (element === 'eventList') path += `/*${position}`
      else path += entry === undefined ? position : `/${entry}${position}`
      element = entry ?? element
    } else {
      const isAttribute = partsWithAttributes.has(element)
      if (isAttribute && name === element) continue
      path += isAttribute ? `/@${name}` : `/${elementNames[name] ?? name}`
      element = name
    }
  }
  return path
}

/** The findings with the element named in their message. */
export function withElementPaths(document: unknown, findings: readonly Reason[]): Reason[] {
  return findings.map((finding) => ({ ...finding, message: `${finding.message} (element ${elementPathOf(document, finding.pointer)})` }))
}

function typeOf(document: unknown): string {
  return typeof document === 'object' && document !== null && 'type' in document && typeof document.type === 'string' ? document.type : '*'
}
