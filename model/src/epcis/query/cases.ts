/**
 * What every parameter of the EPCIS 2.0 query means in the small world of `case-world.ts`: as a URL and as a body, with the events that it
 * finds. One table for the matcher, for every store and for the HTTP answer. Test data only.
 */
import { fields, flag, list, number, numbers, text, type QueryCase } from './case-builders.ts'
import { worldNames, type WorldName } from './case-world.ts'

const packed: readonly WorldName[] = ['pack']
const observed: readonly WorldName[] = ['ship', 'sense', 'senseInReport', 'test', 'wrong', 'declared']
const temperatures: readonly WorldName[] = ['sense', 'senseInReport']
const below = (name: WorldName): WorldName[] => worldNames.slice(0, worldNames.indexOf(name)).filter((known) => known !== 'declared')
const except = (...names: readonly WorldName[]): WorldName[] => worldNames.filter((name) => !names.includes(name))

const events: readonly QueryCase[] = [
  list('eventType', ['AggregationEvent', 'epcis:TransformationEvent'], ['pack', 'mix']),
  text('GE_eventTime', '2026-01-01T01:30:00Z', ['wrong', 'plain', 'declared']),
  text('LT_eventTime', '2026-01-01T00:20:00Z', ['make', 'pack']),
  text('LT_eventTime', '2026-01-01T08:20:00+08:00', ['make', 'pack']),
  text('GE_recordTime', '2026-01-01T02:50:00Z', ['declared']),
  text('LT_recordTime', '2026-01-01T01:10:00Z', ['make']),
  list('EQ_action', ['OBSERVE'], observed),
  list('EQ_action', ['DELETE', 'ADD'], except(...observed, 'mix')),
  list('EQ_bizStep', ['packing', 'https://ref.gs1.org/cbv/BizStep-shipping'], ['pack', 'ship']),
  list('EQ_bizStep', ['urn:epcglobal:cbv:bizstep:packing', 'https://example.com/steps/scrapping'], ['pack', 'plain']),
  list('EQ_disposition', ['active'], ['make']),
  list('EQ_disposition', ['urn:epcglobal:cbv:disp:in_transit'], ['ship']),
  list('EQ_persistentDisposition_set', ['https://ref.gs1.org/cbv/Disp-completeness_verified'], ['ship']),
  list('EQ_persistentDisposition_set', ['completeness_inferred'], []),
  list('EQ_persistentDisposition_unset', ['completeness_inferred', 'damaged'], ['ship']),
  list('EQ_eventID', ['urn:example:event:make', 'urn:example:event:wrong'], ['make', 'wrong', 'declared']),
  list('EQ_transformationID', ['https://id.gs1.org/253/4012345111118400'], ['mix'])
]

const places: readonly QueryCase[] = [
  list('EQ_readPoint', ['https://id.gs1.org/414/4012345000016', 'https://example.com/nowhere'], ['make']),
  list('EQ_readPoint', ['urn:epc:id:sgln:4012345.00002.B'], ['ship']),
  list('WD_readPoint', ['urn:epc:id:sgln:4012345.00002.0'], ['ship']),
  list('WD_readPoint', ['urn:epc:id:sgln:4012345.00005.0'], ['sense', 'senseInReport']),
  list('EQ_bizLocation', ['urn:epc:id:sgln:4012345.00002.A'], ['make']),
  list('EQ_bizLocation', ['urn:epc:id:sgln:4012345.00002.0'], []),
  list('WD_bizLocation', ['urn:epc:id:sgln:4012345.00002.0', 'https://id.gs1.org/414/4012345000092'], ['make', 'link']),
  list('HASATTR_bizLocation', ['countryCode'], ['make']),
  list('HASATTR_bizLocation', ['cbvmda:countryCode', 'unheardOf'], ['make']),
  list('HASATTR_readPoint', ['countryCode'], []),
  list('HASATTR_ex:keptAt', ['countryCode'], ['make']),
  list('HASATTR_epcis:bizLocation', ['countryCode'], ['make']),
  list('EQ_ATTR_ex:keptAt_countryCode', ['DE'], ['make']),
  list('HASATTR_epcClass', ['tradeItemCountryOfOrigin'], ['make', 'pack', 'mix', 'test', 'wrong', 'declared']),
  list('EQ_ATTR_bizLocation_countryCode', ['DE', 'FR'], ['make']),
  list('EQATTR_bizLocation_urn:epcglobal:cbv:mda#countryCode', ['FR'], []),
  list('EQ_ATTR_bizLocation_ex:floor', ['2.0'], ['make'])
]

const goods: readonly QueryCase[] = [
  list('MATCH_epc', ['urn:epc:id:sgtin:4012345.012345.1'], ['make', 'pack']),
  list('MATCH_epc', ['https://example.com/01/04012345123456/21/2', 'urn:epc:id:gid:1.2.3'], ['make', 'plain']),
  list('MATCH_epc', ['urn:epc:idpat:sgtin:4012345.012345.*'], ['make', 'pack', 'test', 'wrong', 'declared']),
  list('MATCH_epc', ['urn:epc:idpat:sgtin:4012345.*.*'], ['make', 'pack', 'test', 'wrong', 'declared']),
  list('MATCH_epc', ['urn:epc:idpat:sgtin:0614141.*.*'], []),
  list('MATCH_epc', ['urn:epc:idpat:sgtin:*.*.*'], ['make', 'pack', 'test', 'wrong', 'declared']),
  list('MATCH_epc', ['urn:epc:idpat:sscc:4012345.*'], ['ship']),
  list('MATCH_epc', ['urn:epc:idpat:gid:1.*.*'], ['plain']),
  list('MATCH_epc', ['https://id.gs1.org/01/04012345123456/21/*'], ['make', 'pack', 'test', 'wrong', 'declared']),
  list('MATCH_epc', ['https://id.gs1.org/01/0401234512*'], ['make', 'pack', 'test', 'wrong', 'declared']),
  list('MATCH_epc', ['https://id.gs1.org/01/04012345123456/10/L1'], ['make']),
  list('MATCH_parentID', ['https://id.gs1.org/00/040123450000000016'], ['pack']),
  list('MATCH_parentID', ['urn:epc:idpat:sscc:4012345.*', 'urn:epc:idpat:giai:4000001.*'], ['pack', 'trade', 'link']),
  list('MATCH_inputEPC', ['urn:epc:id:sgtin:4012345.012345.2'], ['mix']),
  list('MATCH_inputEPC', ['urn:epc:id:sgtin:4012345.066666.9'], []),
  list('MATCH_outputEPC', ['https://id.gs1.org/01/04012345666663'], ['mix']),
  list('MATCH_anyEPC', ['https://id.gs1.org/00/040123450000000016'], ['pack', 'ship']),
  list('MATCH_anyEPC', ['urn:epc:idpat:grai:4012345.98765.*'], ['link']),
  list('MATCH_anyEPC', ['urn:epc:class:lgtin:4012345.054321.IN'], []),
  list('MATCH_epcClass', ['https://id.gs1.org/01/04012345123456/10/L1'], ['pack']),
  list('MATCH_epcClass', ['https://id.gs1.org/01/04012345123456'], ['pack']),
  list('MATCH_epcClass', ['urn:epc:idpat:sgtin:4012345.077777.*'], ['trade']),
  list('MATCH_epcClass', ['urn:epc:id:sgtin:4012345.012345.1'], []),
  list('MATCH_inputEPCClass', ['urn:epc:class:lgtin:4012345.054321.IN'], ['mix']),
  list('MATCH_inputEPCClass', ['urn:epc:class:lgtin:4012345.054321.*'], ['mix']),
  list('MATCH_outputEPCClass', ['urn:epc:idpat:lgtin:4012345.*.*'], ['mix']),
  list('MATCH_outputEPCClass', ['urn:epc:class:lgtin:4012345.054321.IN'], []),
  list('MATCH_anyEPCClass', ['https://id.gs1.org/01/04012345543216', 'https://id.gs1.org/01/04012345777772'], ['mix', 'trade']),
  list('EQ_bizTransaction_po', ['https://id.gs1.org/253/401234511111877'], ['pack']),
  list('EQ_bizTransaction_inv', ['https://id.gs1.org/253/401234511111877'], []),
  list('EQ_bizTransaction_desadv', ['urn:epc:id:gdti:4012345.11111.88'], []),
  list('EQ_bizTransaction_https://ref.gs1.org/cbv/BTT-inv', ['https://example.com/invoices/12'], ['trade']),
  list('EQ_source_possessing_party', ['https://id.gs1.org/417/4012345000108'], ['ship']),
  list('EQ_source_owning_party', ['https://id.gs1.org/417/4012345000108'], []),
  list('EQ_destination_owning_party', ['urn:epc:id:pgln:4012345.00011'], ['ship'])
]

const quantities: readonly QueryCase[] = [
  ...numbers((comparison) => `${comparison}_quantity`, 120, { finds: ['trade'], of: ['EQ'] }),
  { name: 'EQ_quantity', url: '120|20', body: [120, 20], finds: ['pack', 'trade'] },
  ...numbers((comparison) => `${comparison}_quantity`, 4.5, { finds: ['mix'], of: ['LT', 'LE'] }),
  ...numbers((comparison) => `${comparison}_quantity`, 5_000, { finds: ['mix'], of: ['GT', 'GE'] }),
  ...numbers((comparison) => `${comparison}_quantity_KGM`, 20, { finds: packed, of: ['EQ', 'GT', 'GE'] }),
  ...numbers((comparison) => `${comparison}_quantity_GRM`, 4_500, { finds: ['mix'], of: ['EQ', 'LT', 'LE'] }),
  ...numbers((comparison) => `${comparison}_quantity_KGM`, 4.5, { finds: ['mix'], of: ['LT', 'LE'] }),
  number('EQ_quantity_LBR', 44.092_452_437, packed),
  // A quantity without unit counts pieces: ten dozen.
  number('EQ_quantity_DZN', 10, ['trade']),
  number('EQ_quantity_CEL', 20, [])
]

const declarations: readonly QueryCase[] = [
  flag('EXISTS_errorDeclaration', ['declared']),
  text('GE_errorDeclaration_Time', '2026-04-01T00:00:00Z', ['declared']),
  text('GE_errorDeclarationTime', '2026-04-01T00:00:01Z', []),
  text('LT_errorDeclaration_Time', '2026-04-01T00:00:00Z', []),
  text('LT_errorDeclarationTime', '2026-04-01T09:00:00+08:00', ['declared']),
  list('EQ_errorReason', ['incorrect_data'], ['declared']),
  list('EQ_errorReason', ['urn:epcglobal:cbv:er:did_not_occur'], []),
  list('EQ_correctiveEventID', ['urn:example:event:make'], ['declared'])
]

const sensors: readonly QueryCase[] = [
  flag('EXISTS_sensorElementList', ['sense', 'senseInReport', 'test'], null),
  flag('EXISTS_sensorElement', ['sense', 'senseInReport', 'test'], 1),
  text('GE_time', '2026-02-01T09:00:00Z', temperatures),
  text('GE_time', '2026-02-01T09:00:01Z', []),
  text('LT_time', '2026-02-01T09:00:00Z', []),
  text('LT_time', '2026-02-01T10:00:01+01:00', temperatures),
  text('GE_startTime', '2026-02-02T00:00:00Z', ['test']),
  text('LT_startTime', '2026-02-02T00:00:00Z', []),
  text('LT_startTime', '2026-02-03T00:00:00Z', ['test']),
  text('GE_endTime', '2026-02-02T12:00:00Z', ['test']),
  text('GE_endTime', '2026-02-03T00:00:01Z', []),
  text('LT_endTime', '2026-02-03T00:00:01Z', ['test']),
  list('EQ_type', ['https://gs1.org/voc/Temperature'], temperatures),
  list('EQ_type', ['Salinity', 'gs1:RelativeHumidity'], ['sense', 'test']),
  list('EQ_deviceID', ['https://id.gs1.org/8004/4000001111'], temperatures),
  list('EQ_deviceID', ['urn:epc:id:giai:4000001.112'], []),
  list('EQ_dataProcessingMethod', ['https://id.gs1.org/253/4012345000054987'], temperatures),
  list('EQ_bizRules', ['https://id.gs1.org/253/4012345000054978'], temperatures),
  list('EQ_microorganism', ['https://www.ncbi.nlm.nih.gov/taxonomy/1126011'], ['test']),
  list('EQ_chemicalSubstance', ['https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N'], ['test']),
  list('EQ_stringValue', ['within limits', 'beyond'], ['test']),
  list('EQ_stringValue', ['within'], []),
  { name: 'EQ_booleanValue', url: 'true', body: true, finds: ['test'] },
  list('EQ_hexBinaryValue', ['F0F0A2'], ['test']),
  list('EQ_uriValue', ['urn:epc:id:gdti:4012345.00005.985'], ['test']),
  ...numbers((comparison) => `${comparison}_percRank`, 50, { finds: ['sense'], of: ['GT', 'GE', 'LT', 'LE'] }),
  ...numbers((comparison) => `${comparison}_value_CEL`, 26, { finds: temperatures }),
  ...numbers((comparison) => `${comparison}_value_KEL`, 299.15, { finds: temperatures }),
  ...numbers((comparison) => `${comparison}_value_FAH`, 78.8, { finds: temperatures }),
  ...numbers((comparison) => `${comparison}_value_P1`, 55, { finds: ['sense'] }),
  number('EQ_value_C62', 0.55, ['sense']),
  { name: 'EQ_value_CEL', url: '26|-40', body: [26, -40], finds: temperatures },
  ...(
    [
      ['minValue', 20],
      ['maxValue', 30],
      ['meanValue', 25],
      ['percValue', 24]
    ] as const
  ).flatMap(([member, value]) => [
    ...numbers((comparison) => `${comparison}_${member}_CEL`, value, { finds: ['sense'], of: ['GT', 'GE', 'LT', 'LE'] }),
    ...numbers((comparison) => `${comparison}_${member}_KEL`, value + 273.15, { finds: ['sense'], of: ['GT', 'GE', 'LT', 'LE'] })
  ]),
  // Two degrees of deviation are two kelvins, and 3.6 on Fahrenheit's scale.
  ...numbers((comparison) => `${comparison}_sDev_KEL`, 2, { finds: ['sense'], of: ['GT', 'GE', 'LT', 'LE'] }),
  ...numbers((comparison) => `${comparison}_sDev_FAH`, 3.6, { finds: ['sense'], of: ['GT', 'GE', 'LT', 'LE'] })
]

const extensionCases: readonly QueryCase[] = [
  ...fields({ place: '', count: 1, finds: ['make'], exists: ['EXISTS_', 'EXISTS_INNER_'] }),
  ...fields({ place: 'ILMD_', count: 2, finds: ['make'], exists: ['EXISTS_ILMD_', 'EXISTS_INNER_ILMD_'] }),
  list('EQ_ILMD_cbvmda:lotNumber', ['L1'], ['make']),
  ...fields({
    place: 'ERROR_DECLARATION_',
    count: 3,
    finds: ['declared'],
    exists: ['EXISTS_ERROR_DECLARATION_', 'EXISTS_INNER_ERROR_DECLARATION_']
  }),
  ...fields({ place: 'readPoint_', count: 4, finds: ['make'], of: ['EQ'], exists: [] }),
  ...fields({ place: 'bizLocation_', count: 5, finds: ['make'], of: ['EQ'], exists: [] }),
  ...fields({ place: 'SENSORMETADATA_', count: 6, finds: ['sense'], exists: ['EXISTS_SENSORMETADATA_'] }),
  ...fields({ place: 'SENSORREPORT_', count: 7, finds: ['sense'], exists: ['EXISTS_SENSORREPORT_'] }),
  ...fields({ place: 'SENSORELEMENT_', count: 8, finds: ['sense'], exists: ['EXISTS_SENSORELEMENT_'] })
]

/** Parameters of the result say in which order and how many; of which events is left as it is. */
const results: readonly QueryCase[] = [
  text('orderBy', 'recordTime', worldNames),
  text('orderBy', 'ex:count', worldNames),
  text('orderDirection', 'ASC', worldNames),
  number('maxEventCount', worldNames.length, worldNames)
]

export const queryCases: readonly QueryCase[] = [
  ...events,
  ...places,
  ...goods,
  ...quantities,
  ...declarations,
  ...sensors,
  ...extensionCases,
  ...results
]

/** Several parameters at once: all of them hold. */
export const combinedCases: readonly {
  readonly url: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  readonly finds: readonly WorldName[]
}[] = [
  {
    url: { MATCH_epc: 'urn:epc:id:sgtin:4012345.012345.1', MATCH_epcClass: 'https://id.gs1.org/01/04012345123456' },
    body: { MATCH_epc: ['urn:epc:id:sgtin:4012345.012345.1'], MATCH_epcClass: ['https://id.gs1.org/01/04012345123456'] },
    finds: ['pack']
  },
  {
    url: { EQ_type: 'gs1:Temperature', GE_value_KEL: '290', LT_eventTime: '2026-01-01T01:10:00Z' },
    body: { EQ_type: ['gs1:Temperature'], GE_value_KEL: 290, LT_eventTime: '2026-01-01T01:10:00Z' },
    finds: ['sense']
  },
  {
    url: { EQ_readPoint: 'urn:epc:id:sgln:4012345.00002.A', WD_readPoint: 'urn:epc:id:sgln:4012345.00002.0' },
    body: { EQ_readPoint: ['urn:epc:id:sgln:4012345.00002.A'], WD_readPoint: ['urn:epc:id:sgln:4012345.00002.0'] },
    finds: []
  },
  {
    url: { orderBy: 'eventTime', orderDirection: 'ASC', eventCountLimit: '2' },
    body: { orderBy: 'eventTime', orderDirection: 'ASC', eventCountLimit: 2 },
    finds: below('ship')
  }
]
