/** What the names in a JSON-LD document stand for, by the contexts that are in the document and the one of EPCIS 2.0, which none has to bring. */

export interface Terms {
  /** The plain name of a member: of EPCIS bare, of anything else `prefix:name`. */
  nameOf(key: string): string
  /** The terms with those of an inner context. */
  within(context: unknown): Terms
  /** Prefixes that had to be made for IRIs that no context gives one. */
  added(): Record<string, string>
}

/** Namespaces of EPCIS itself, as the releases have spelt them. */
const epcisRoots = ['https://ref.gs1.org/epcis/', 'https://ns.gs1.org/epcis/', 'https://gs1.github.io/EPCIS/'] as const

const wellKnown: ReadonlyMap<string, string> = new Map([
  ['epcis', epcisRoots[0]],
  ['gs1', 'https://gs1.org/voc/'],
  ['cbv', 'https://ref.gs1.org/cbv/'],
  ['cbvmda', 'urn:epcglobal:cbv:mda:'],
  ['dcterms', 'http://purl.org/dc/terms/'],
  ['owl', 'http://www.w3.org/2002/07/owl#'],
  ['rdfs', 'http://www.w3.org/2000/01/rdf-schema#']
])

/** Members of EPCIS, which are bare in plain JSON; anything else in its namespace keeps its prefix. */
const knownMembers: ReadonlySet<string> = new Set(
  (
    'type id ObjectEvent AggregationEvent TransactionEvent TransformationEvent AssociationEvent EPCISDocument EPCISQueryDocument ' +
    'ADD OBSERVE DELETE schemaVersion creationDate createdAt sender receiver instanceIdentifier epcisHeader epcisMasterData vocabularyList ' +
    'vocabularyElementList attributes attribute children epcisBody eventList queryResults queryName subscriptionID resultsBody eventTime ' +
    'recordTime eventTimeZoneOffset eventID errorDeclaration declarationTime reason correctiveEventIDs certificationInfo epcList childEPCs ' +
    'inputEPCList outputEPCList parentID transformationID quantityList childQuantityList inputQuantityList outputQuantityList epcClass ' +
    'quantity uom action bizStep disposition readPoint bizLocation bizTransactionList bizTransaction sourceList source destinationList ' +
    'destination persistentDisposition set unset ilmd sensorElementList sensorMetadata sensorReport time startTime endTime deviceID ' +
    'deviceMetadata rawData dataProcessingMethod bizRules exception microorganism chemicalSubstance coordinateReferenceSystem component ' +
    'value stringValue booleanValue hexBinaryValue uriValue minValue maxValue meanValue sDev percRank percValue'
  ).split(' ')
)

/** Terms of the EPCIS context whose IRI is named otherwise. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['http://purl.org/dc/terms/created', 'creationDate'],
  ['http://www.w3.org/2002/07/owl#versionInfo', 'schemaVersion'],
  ['@id', 'id'],
  ['@type', 'type']
])
/** Scoped terms: inside a pair or a report they are its `type`. */
const typeNames: ReadonlySet<string> = new Set(['bizTransactionType', 'sourceOrDestinationType', 'measurementType'])

export function createTerms(context: unknown): Terms {
  return termsOf(definitionsOf(context), new Map())
}

function termsOf(definitions: ReadonlyMap<string, string>, made: Map<string, string>): Terms {
  const names = new Map<string, string>()
  const terms: Terms = {
    nameOf(key) {
      const known = names.get(key)
      if (known !== undefined) return known
      const name = resolve(key, definitions, made)
      names.set(key, name)
      return name
    },
    within: (context) => termsOf(new Map([...definitions, ...definitionsOf(context)]), made),
    added: () => Object.fromEntries([...made].map(([uri, prefix]) => [prefix, uri]))
  }
  return terms
}

/** Name to IRI or keyword, of prefixes and terms alike. */
function definitionsOf(context: unknown): Map<string, string> {
  const definitions = new Map<string, string>()
  const parts: unknown[] = Array.isArray(context) ? context : [context]
  for (const part of parts) {
    if (typeof part !== 'object' || part === null) continue
    for (const [name, value] of Object.entries(part)) {
      const id: unknown = typeof value === 'object' && value !== null && '@id' in value ? value['@id'] : value
      if (typeof id === 'string' && !name.startsWith('@')) definitions.set(name, id)
    }
  }
  return definitions
}

function resolve(key: string, definitions: ReadonlyMap<string, string>, made: Map<string, string>): string {
  if (key === '@type' || key === 'isA') return 'type'
  if (key === '@id') return 'id'
  if (key.startsWith('@') || key === '#text') return key
  // The terms of EPCIS are protected (JSON-LD 1.1, 4.1.11): no context gives them another meaning.
  if (knownMembers.has(key)) return key
  const colon = key.indexOf(':')
  // A term; a prefix that nobody uses as one is a term, too.
  const defined = colon < 0 ? definitions.get(key) : undefined
  if (colon < 0 && defined === undefined) return key
  const iri = expand(defined ?? key, definitions)
  const renamedTo = renamed.get(iri)
  if (renamedTo !== undefined) return renamedTo
  const root = epcisRoots.find((one) => iri.startsWith(one))
  if (root !== undefined) {
    const local = iri.slice(root.length)
    if (typeNames.has(local)) return 'type'
    if (knownMembers.has(local)) return local
  }
  // A member with a prefix stays as it is written.
  if (defined === undefined && !isAbsolute(key, definitions)) return key
  return shorten(iri, definitions, made)
}

function isAbsolute(key: string, definitions: ReadonlyMap<string, string>): boolean {
  const colon = key.indexOf(':')
  return key.startsWith('//', colon + 1) || (key.startsWith('urn:') && !definitions.has('urn'))
}

function expand(name: string, definitions: ReadonlyMap<string, string>): string {
  const colon = name.indexOf(':')
  if (colon <= 0 || isAbsolute(name, definitions)) return name
  const prefix = name.slice(0, colon)
  const uri = definitions.get(prefix) ?? wellKnown.get(prefix)
  return uri === undefined || uri.startsWith('@') ? name : uri + name.slice(colon + 1)
}

/** By the longest prefix that a context declares; else by one made for its namespace. */
function shorten(iri: string, definitions: ReadonlyMap<string, string>, made: Map<string, string>): string {
  let best: readonly [string, string] | undefined
  for (const entry of [...wellKnown, ...definitions]) {
    const [, uri] = entry
    const fits = /[/#:]$/.test(uri) && iri.length > uri.length && iri.startsWith(uri) && !iri.slice(uri.length).includes('/')
    if (fits && (best === undefined || uri.length >= best[1].length)) best = entry
  }
  if (best !== undefined) return `${best[0]}:${iri.slice(best[1].length)}`
  const cut = Math.max(iri.lastIndexOf('/'), iri.lastIndexOf('#'), iri.lastIndexOf(':')) + 1
  const namespace = iri.slice(0, cut)
  let prefix = made.get(namespace)
  if (prefix === undefined) {
    let count = made.size + 1
    while (definitions.has(`ns${count}`)) count += 1
    prefix = `ns${count}`
    made.set(namespace, prefix)
  }
  return `${prefix}:${iri.slice(cut)}`
}

/** The bare word of a term of EPCIS itself (`epcis:ObjectEvent`, its IRI); any other text as it is. */
export function compactIri(text: string, terms: Terms): string {
  if (!text.includes(':')) return text
  const name = terms.nameOf(text)
  return name.includes(':') ? text : name
}
