/** The Core Business Vocabulary (CBV 2.0 §7): its bare words, and how the same term is written as a URI. Data only. */

export const bizSteps = [
  'accepting',
  'arriving',
  'assembling',
  'collecting',
  'commissioning',
  'consigning',
  'creating_class_instance',
  'cycle_counting',
  'decommissioning',
  'departing',
  'destroying',
  'disassembling',
  'dispensing',
  'encoding',
  'entering_exiting',
  'holding',
  'inspecting',
  'installing',
  'killing',
  'loading',
  'other',
  'packing',
  'picking',
  'receiving',
  'removing',
  'repackaging',
  'repairing',
  'replacing',
  'reserving',
  'retail_selling',
  'sampling',
  'sensor_reporting',
  'shipping',
  'staging_outbound',
  'stock_taking',
  'stocking',
  'storing',
  'transporting',
  'unloading',
  'unpacking',
  'void_shipping'
] as const

export const dispositions = [
  'active',
  'available',
  'completeness_inferred',
  'completeness_verified',
  'conformant',
  'container_closed',
  'container_open',
  'damaged',
  'destroyed',
  'dispensed',
  'disposed',
  'encoded',
  'expired',
  'in_progress',
  'in_transit',
  'inactive',
  'mismatch_class',
  'mismatch_instance',
  'mismatch_quantity',
  'needs_replacement',
  'no_pedigree_match',
  'non_conformant',
  'non_sellable_other',
  'partially_dispensed',
  'recalled',
  'reserved',
  'retail_sold',
  'returned',
  'sellable_accessible',
  'sellable_not_accessible',
  'stolen',
  'unavailable',
  'unknown'
] as const

export const bizTransactionTypes = [
  'bol',
  'cert',
  'desadv',
  'inv',
  'pedigree',
  'po',
  'poc',
  'prodorder',
  'recadv',
  'rma',
  'testprd',
  'testres',
  'upevt'
] as const

export const sourceDestinationTypes = ['location', 'owning_party', 'possessing_party'] as const

export const errorReasons = ['did_not_occur', 'incorrect_data'] as const

export const components = [
  'altitude',
  'axial_distance',
  'azimuth',
  'easting',
  'elevation_angle',
  'height',
  'latitude',
  'longitude',
  'northing',
  'polar_angle',
  'spherical_radius',
  'x',
  'y',
  'z'
] as const

export const sensorAlerts = ['ALARM_CONDITION', 'ERROR_CONDITION'] as const

/** One vocabulary: its words, its name in web terms (`BizStep-shipping`) and in the older URN. */
export interface Vocabulary {
  readonly words: ReadonlySet<string>
  readonly web: string
  readonly urn: string
}

const vocabulary = (words: readonly string[], web: string, urn: string): Vocabulary => ({ words: new Set(words), web, urn })

export const vocabularies = {
  bizStep: vocabulary(bizSteps, 'BizStep', 'bizstep'),
  disposition: vocabulary(dispositions, 'Disp', 'disp'),
  bizTransactionType: vocabulary(bizTransactionTypes, 'BTT', 'btt'),
  sourceDestinationType: vocabulary(sourceDestinationTypes, 'SDT', 'sdt'),
  errorReason: vocabulary(errorReasons, 'ER', 'er'),
  component: vocabulary(components, 'Comp', 'comp')
} as const
export type VocabularyName = keyof typeof vocabularies

const uriForms = /^(?:https?:\/\/(?:ref|ns|www)?\.?gs1\.org\/(?:cbv|voc)\/|cbv:|gs1:)([A-Za-z]+)-(\w+)$/
const urnForm = /^urn:epcglobal:cbv:([a-z]+):(\w+)$/i

/** The bare word of a term that is of the CBV, in whatever form it is written; any other text as it is. */
export function bareTerm(name: VocabularyName, term: string): string {
  const { words, web, urn } = vocabularies[name]
  if (words.has(term)) return term
  const uri = uriForms.exec(term)
  if (uri !== null && uri[1]?.toLowerCase() === web.toLowerCase() && words.has(uri[2] ?? '')) return uri[2] ?? term
  const old = urnForm.exec(term)
  return old !== null && old[1]?.toLowerCase() === urn && words.has(old[2] ?? '') ? (old[2] ?? term) : term
}

/** The Web URI of a term that is of the CBV, in whatever form it is written; any other text as it is. */
export function webTerm(name: VocabularyName, term: string): string {
  const word = bareTerm(name, term)
  const { words, web } = vocabularies[name]
  return words.has(word) ? `https://ref.gs1.org/cbv/${web}-${word}` : term
}

/** The URN of a term that is of the CBV, as EPCIS 1.2 has it. */
export function urnTerm(name: VocabularyName, term: string): string {
  const word = bareTerm(name, term)
  const { words, urn } = vocabularies[name]
  return words.has(word) ? `urn:epcglobal:cbv:${urn}:${word}` : term
}

/** The bare word of a term of the GS1 Web vocabulary (`gs1:Temperature`) or of a component (`cbv:Comp-x`); other text as it is. */
export function bareSensorTerm(term: string): string {
  const word = /^(?:gs1:|https?:\/\/(?:ref\.)?gs1\.org\/voc\/)(\w+)$/.exec(term)?.[1]
  return word ?? bareTerm('component', term)
}
