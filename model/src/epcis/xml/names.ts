/** Namespaces of EPCIS XML, the order of the elements of an event, and prefixes for the namespaces of extensions. Data and naming only. */

export const epcisUris = { '2.0': 'urn:epcglobal:epcis:xsd:2', '1.2': 'urn:epcglobal:epcis:xsd:1' } as const
export const epcisQueryUris = { '2.0': 'urn:epcglobal:epcis-query:xsd:2', '1.2': 'urn:epcglobal:epcis-query:xsd:1' } as const
export const xsiUri = 'http://www.w3.org/2001/XMLSchema-instance'
export const xsdUri = 'http://www.w3.org/2001/XMLSchema'
export const xmlUri = 'http://www.w3.org/XML/1998/namespace'
export const sbdhUri = 'http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader'
export const epcisContext = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'

/** Stands for a prefix that no context declares; reading leaves it undeclared again. */
export const undeclaredRoot = 'https://tracegate.dev/epcis/undeclared/'

/** Prefixes that the JSON-LD context of EPCIS 2.0 declares, so that no document has to; the reference implementation of the hash agrees. */
export const wellKnownPrefixes: ReadonlyMap<string, string> = new Map([
  ['gs1', 'https://gs1.org/voc/'],
  ['cbv', 'https://ref.gs1.org/cbv/'],
  ['epcis', 'https://ref.gs1.org/epcis/'],
  ['cbvmda', 'urn:epcglobal:cbv:mda']
])

/** Whether elements of this namespace are EPCIS's own. They are written without any, but some write them with. */
export function isEpcisUri(uri: string): boolean {
  return uri === '' || /^urn:epcglobal:(?:epcis|epcis-query|epcis-masterdata|epcis-capture)?:?xsd:\d$/.test(uri)
}

/** What a prefix of an extension stands for, one prefix for each namespace. */
export interface PrefixTable {
  /** The prefix of a namespace: the wished one, unless it stands for another namespace already. */
  prefixOf(uri: string, wished: string): string
  /** Those in use that a reader could not know. */
  declared(): Record<string, string>
}

const reserved: ReadonlySet<string> = new Set(['', 'xml', 'xmlns', 'xsi', 'xsd', 'http', 'https', 'urn'])

/** `namespaces` are the declarations of the document, first come first served. */
export function createPrefixTable(namespaces: ReadonlyMap<string, string>): PrefixTable {
  const byUri = new Map<string, string>()
  const byPrefix = new Map<string, string>()

  function take(uri: string, wished: string): string {
    const known = byUri.get(uri)
    if (known !== undefined) return known
    const stem = reserved.has(wished) ? 'ns' : wished
    let prefix = stem
    for (let count = 1; byPrefix.has(prefix) || reserved.has(prefix); count += 1) prefix = `${stem}${count}`
    byUri.set(uri, prefix)
    byPrefix.set(prefix, uri)
    return prefix
  }

  for (const [prefix, uri] of namespaces) if (!isStructural(uri) && !reserved.has(prefix)) take(uri, prefix)
  return {
    prefixOf: take,
    declared: () =>
      Object.fromEntries([...byPrefix].filter(([prefix, uri]) => wellKnownPrefixes.get(prefix) !== uri && uri !== undeclaredRoot + prefix))
  }
}

function isStructural(uri: string): boolean {
  return uri === '' || isEpcisUri(uri) || uri === xsiUri || uri === xsdUri || uri === xmlUri
}

/** Members of every event, before those of its type. */
export const eventHead = ['eventTime', 'recordTime', 'eventTimeZoneOffset', 'eventID', 'errorDeclaration', 'certificationInfo'] as const

const where = ['bizStep', 'disposition', 'readPoint', 'bizLocation'] as const
const tail = ['sourceList', 'destinationList', 'sensorElementList', 'persistentDisposition'] as const

/** Order of the elements after the head, by type (EPCIS 2.0 XSD). Extensions come last. */
export const eventOrder = {
  ObjectEvent: ['epcList', 'action', ...where, 'bizTransactionList', 'quantityList', ...tail, 'ilmd'],
  AggregationEvent: ['parentID', 'childEPCs', 'action', ...where, 'bizTransactionList', 'childQuantityList', ...tail],
  TransactionEvent: ['bizTransactionList', 'parentID', 'epcList', 'action', ...where, 'quantityList', ...tail],
  TransformationEvent: [
    'inputEPCList',
    'inputQuantityList',
    'outputEPCList',
    'outputQuantityList',
    'transformationID',
    ...where,
    'bizTransactionList',
    ...tail,
    'ilmd'
  ],
  AssociationEvent: ['parentID', 'childEPCs', 'childQuantityList', 'action', ...where, 'bizTransactionList', ...tail]
} as const

/** What the entries of a list of an event are called in XML; JSON leaves that name out. */
export const entryNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
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
    correctiveEventIDs: 'correctiveEventID'
  })
)

/** Members that are numbers in JSON. */
export const numberMembers: ReadonlySet<string> = new Set([
  'quantity',
  'value',
  'minValue',
  'maxValue',
  'meanValue',
  'sDev',
  'percRank',
  'percValue'
])
