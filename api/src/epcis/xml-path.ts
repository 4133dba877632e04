/** A JSON pointer into the JSON form of an EPCIS document as the path that a person finds in its XML. It reads no XML. */
import { memberOf } from './capture-document.ts'

/** Lists whose items have an element name of their own in XML (EPCIS 2.0 §9.5). */
const itemNames: Readonly<Record<string, string>> = {
  epcList: 'epc',
  childEPCs: 'epc',
  inputEPCList: 'epc',
  outputEPCList: 'epc',
  quantityList: 'quantityElement',
  childQuantityList: 'quantityElement',
  inputQuantityList: 'quantityElement',
  outputQuantityList: 'quantityElement',
  bizTransactionList: 'bizTransaction',
  sourceList: 'source',
  destinationList: 'destination',
  sensorElementList: 'sensorElement',
  vocabularyList: 'Vocabulary',
  vocabularyElementList: 'VocabularyElement',
  correctiveEventIDs: 'correctiveEventID'
}
const elementNames: Readonly<Record<string, string>> = {
  epcisBody: 'EPCISBody',
  epcisHeader: 'EPCISHeader',
  epcisMasterData: 'extension/EPCISMasterData',
  queryResults: 'QueryResults',
  eventList: 'EventList',
  vocabularyList: 'VocabularyList',
  vocabularyElementList: 'VocabularyElementList'
}

/** `/epcisBody/eventList/3/action` becomes `/EPCISDocument/EPCISBody/EventList/ObjectEvent[4]/action`; positions of one name count from 1. */
export function xmlPathOf(document: unknown, pointer: string): string {
  const steps = [nameOf(document) ?? 'EPCISDocument']
  let value = document
  let list: string | undefined
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value) && /^\d+$/.test(name)) {
      const items: readonly unknown[] = value
      const item = items[Number(name)]
      if (list === 'eventList') steps.push(`${nameOf(item) ?? '*'}[${placeOf(items, Number(name))}]`)
      else if (list !== undefined && itemNames[list] !== undefined) steps.push(`${itemNames[list]}[${Number(name) + 1}]`)
      else steps.push(`${steps.pop() ?? '*'}[${Number(name) + 1}]`)
      value = item
    } else {
      steps.push(elementNames[name] ?? name)
      value = memberOf(value, name)
    }
    list = Array.isArray(value) ? name : undefined
  }
  return `/${steps.join('/')}`
}

function nameOf(value: unknown): string | undefined {
  const type = memberOf(value, 'type')
  return typeof type === 'string' && /^\w{1,64}$/.test(type) ? type : undefined
}

/** The position of an item among those of its name: XPath counts by name. */
function placeOf(items: readonly unknown[], index: number): number | string {
  const name = nameOf(items[index])
  if (name === undefined) return index + 1
  return items.slice(0, index + 1).filter((item) => nameOf(item) === name).length
}
