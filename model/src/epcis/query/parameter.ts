/**
 * The names of the parameters of an EPCIS 2.0 query (query-schema.json, openapi.json): 61 fixed ones, 108 patterns, and the other spellings
 * of the standard's artefacts. What a value means is in `read-parameter.ts`.
 */
import type { Comparison, ExtensionPlace, SensorNumber } from './condition.ts'
import { nearestName } from './nearest.ts'

export const fixedParameters = [
  ...(['@context', 'eventType', 'GE_eventTime', 'LT_eventTime', 'GE_recordTime', 'LT_recordTime', 'EQ_action'] as const),
  ...(['EQ_bizStep', 'EQ_disposition', 'EQ_persistentDisposition_set', 'EQ_persistentDisposition_unset'] as const),
  ...(['EQ_quantity', 'GT_quantity', 'GE_quantity', 'LT_quantity', 'LE_quantity'] as const),
  ...(['EQ_readPoint', 'WD_readPoint', 'EQ_bizLocation', 'WD_bizLocation', 'EQ_transformationID'] as const),
  ...(['MATCH_epc', 'MATCH_parentID', 'MATCH_inputEPC', 'MATCH_outputEPC', 'MATCH_anyEPC'] as const),
  ...(['MATCH_epcClass', 'MATCH_inputEPCClass', 'MATCH_outputEPCClass', 'MATCH_anyEPCClass', 'EQ_eventID'] as const),
  ...(['EXISTS_errorDeclaration', 'GE_errorDeclaration_Time', 'LT_errorDeclaration_Time'] as const),
  ...(['EQ_errorReason', 'EQ_correctiveEventID'] as const),
  ...(['orderBy', 'orderDirection', 'eventCountLimit', 'maxEventCount'] as const),
  ...(['EXISTS_sensorElementList', 'GE_time', 'LT_time', 'GE_startTime', 'LT_startTime', 'GE_endTime', 'LT_endTime'] as const),
  ...(['EQ_type', 'EQ_deviceID', 'EQ_dataProcessingMethod', 'EQ_microorganism', 'EQ_chemicalSubstance', 'EQ_bizRules'] as const),
  ...(['EQ_stringValue', 'EQ_booleanValue', 'EQ_hexBinaryValue', 'EQ_uriValue'] as const),
  ...(['GE_percRank', 'LT_percRank', 'GT_percRank', 'LE_percRank'] as const)
] as const
export type FixedParameter = (typeof fixedParameters)[number]

/** Parameters of a URL that are no part of the question. */
export const pageParameters = ['perPage', 'nextPageToken'] as const
export type PageParameter = (typeof pageParameters)[number]

/** Other spellings: openapi.json has no underscore in the first two, the conformance requirement TCR-53 leaves out `List`. */
const aliases: Readonly<Record<string, FixedParameter>> = {
  GE_errorDeclarationTime: 'GE_errorDeclaration_Time',
  LT_errorDeclarationTime: 'LT_errorDeclaration_Time',
  EXISTS_sensorElement: 'EXISTS_sensorElementList'
}

export type Parameter =
  | { readonly family: 'fixed'; readonly name: FixedParameter }
  | { readonly family: 'page'; readonly name: PageParameter }
  | { readonly family: 'quantity'; readonly comparison: Comparison; readonly uom: string }
  | { readonly family: 'sensorNumber'; readonly comparison: Comparison; readonly member: SensorNumber; readonly uom: string }
  | { readonly family: 'pair'; readonly list: 'bizTransaction' | 'source' | 'destination'; readonly ofType: string }
  | {
      readonly family: 'extension'
      readonly comparison: Comparison | 'EXISTS'
      readonly inner: boolean
      readonly place: ExtensionPlace
      readonly field: string
    }
  | { readonly family: 'hasAttribute'; readonly field: string }
  | { readonly family: 'attribute'; readonly field: string; readonly attribute: string }

const fixedNames: ReadonlyMap<string, Parameter> = new Map<string, Parameter>([
  ...fixedParameters.map((name): [string, Parameter] => [name, { family: 'fixed', name }]),
  ...Object.entries(aliases).map(([alias, name]): [string, Parameter] => [alias, { family: 'fixed', name }]),
  ...pageParameters.map((name): [string, Parameter] => [name, { family: 'page', name }])
])

const field = String.raw`[A-Za-z][A-Za-z0-9.-]*:[\w.-]+`
const uom = '[A-Z0-9]{2,4}'
const quantityPattern = new RegExp(`^(EQ|GT|GE|LT|LE)_quantity_(${uom})$`)
const valuePattern = new RegExp(`^(?:(EQ)_(value)|(GT|GE|LT|LE)_(value|minValue|maxValue|meanValue|sDev|percValue))_(${uom})$`)
/** The type is a word of the CBV, a word of one's own, or a URI. */
const pairPattern = /^EQ_(bizTransaction|source|destination)_(\S+)$/
const extensionPattern = new RegExp(`^(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?(?:(ILMD|ERROR_DECLARATION)_)?(${field})$`)
const sensorPattern = new RegExp(`^(?:(EQ|GT|GE|LT|LE)_(INNER_)?|(EXISTS)_)(SENSORELEMENT|SENSORMETADATA|SENSORREPORT)_(${field})$`)
const locationPattern = new RegExp(`^EQ_(INNER_)?(readPoint|bizLocation)_(${field})$`)
const hasAttributePattern = new RegExp(String.raw`^HASATTR_(${field}|[A-Za-z]+)$`)
const attributePattern = new RegExp(String.raw`^EQ_?ATTR_([A-Za-z][A-Za-z0-9.-]*(?::[A-Za-z0-9.-]+)?)_(\S+)$`)

const places: Readonly<Record<string, ExtensionPlace>> = {
  ILMD: 'ilmd',
  ERROR_DECLARATION: 'errorDeclaration',
  SENSORELEMENT: 'sensorElement',
  SENSORMETADATA: 'sensorMetadata',
  SENSORREPORT: 'sensorReport',
  readPoint: 'readPoint',
  bizLocation: 'bizLocation'
}

/** What the name stands for; undefined when it is none of the standard. */
export function parameterOf(name: string): Parameter | undefined {
  return fixedNames.get(name) ?? unitParameter(name) ?? masterDataParameter(name) ?? pairParameter(name) ?? extensionParameter(name)
}

function comparisonOf(text: string | undefined): Comparison | undefined {
  return text === 'EQ' || text === 'GT' || text === 'GE' || text === 'LT' || text === 'LE' ? text : undefined
}

function unitParameter(name: string): Parameter | undefined {
  const quantity = quantityPattern.exec(name)
  if (quantity !== null) {
    const comparison = comparisonOf(quantity[1])
    return comparison === undefined ? undefined : { family: 'quantity', comparison, uom: quantity[2] ?? '' }
  }
  const value = valuePattern.exec(name)
  const comparison = comparisonOf(value?.[1] ?? value?.[3])
  const member = sensorMembers.find((known) => known === (value?.[2] ?? value?.[4]))
  return comparison === undefined || member === undefined
    ? undefined
    : { family: 'sensorNumber', comparison, member, uom: value?.[5] ?? '' }
}

const sensorMembers = ['value', 'minValue', 'maxValue', 'meanValue', 'sDev', 'percValue'] as const

function masterDataParameter(name: string): Parameter | undefined {
  const has = hasAttributePattern.exec(name)
  if (has !== null) return { family: 'hasAttribute', field: has[1] ?? '' }
  const attribute = attributePattern.exec(name)
  return attribute === null ? undefined : { family: 'attribute', field: attribute[1] ?? '', attribute: attribute[2] ?? '' }
}

function pairParameter(name: string): Parameter | undefined {
  const match = pairPattern.exec(name)
  const list = (['bizTransaction', 'source', 'destination'] as const).find((known) => known === match?.[1])
  return list === undefined ? undefined : { family: 'pair', list, ofType: match?.[2] ?? '' }
}

function extensionParameter(name: string): Parameter | undefined {
  const location = locationPattern.exec(name)
  if (location !== null) return extension({ comparison: 'EQ', inner: location[1] !== undefined, place: location[2], field: location[3] })
  const sensor = sensorPattern.exec(name)
  if (sensor !== null)
    return extension({ comparison: sensor[1] ?? sensor[3], inner: sensor[2] !== undefined, place: sensor[4], field: sensor[5] })
  const plain = extensionPattern.exec(name)
  return plain === null ? undefined : extension({ comparison: plain[1], inner: plain[2] !== undefined, place: plain[3], field: plain[4] })
}

function extension(parts: {
  readonly comparison: string | undefined
  readonly inner: boolean
  readonly place: string | undefined
  readonly field: string | undefined
}): Parameter | undefined {
  const comparison = parts.comparison === 'EXISTS' ? 'EXISTS' : comparisonOf(parts.comparison)
  if (comparison === undefined || parts.field === undefined) return undefined
  const place = parts.place === undefined ? 'event' : (places[parts.place] ?? 'event')
  return { family: 'extension', comparison, inner: parts.inner, place, field: parts.field }
}

/** What stands before the unit, type or field of the patterns. */
const heads: readonly string[] = [
  ...['EQ', 'GT', 'GE', 'LT', 'LE'].map((comparison) => `${comparison}_quantity_`),
  'EQ_value_',
  ...['value', 'minValue', 'maxValue', 'meanValue', 'sDev', 'percValue'].flatMap((member) =>
    ['GT', 'GE', 'LT', 'LE'].map((comparison) => `${comparison}_${member}_`)
  ),
  ...['bizTransaction', 'source', 'destination'].map((list) => `EQ_${list}_`),
  ...['EQ', 'GT', 'GE', 'LT', 'LE', 'EXISTS'].flatMap((comparison) =>
    ['', 'INNER_', 'ILMD_', 'INNER_ILMD_', 'ERROR_DECLARATION_', 'INNER_ERROR_DECLARATION_'].map((place) => `${comparison}_${place}`)
  ),
  ...['EQ', 'GT', 'GE', 'LT', 'LE'].flatMap((comparison) =>
    ['SENSORELEMENT_', 'SENSORMETADATA_', 'SENSORREPORT_'].flatMap((place) => [`${comparison}_${place}`, `${comparison}_INNER_${place}`])
  ),
  ...['SENSORELEMENT_', 'SENSORMETADATA_', 'SENSORREPORT_'].map((place) => `EXISTS_${place}`),
  ...['readPoint_', 'bizLocation_'].flatMap((place) => [`EQ_${place}`, `EQ_INNER_${place}`]),
  'HASATTR_',
  'EQ_ATTR_'
]

/** The known name nearest to one that is not: a fixed one, or a pattern with the end that the name has. */
export function nearestParameter(name: string): string | undefined {
  const candidates = new Set<string>([...fixedParameters, ...pageParameters])
  const tail = /[A-Za-z][A-Za-z0-9.-]*:[\w.-]+$/.exec(name)?.[0] ?? /[^_]*$/.exec(name)?.[0] ?? ''
  for (const head of tail === '' || tail === name ? [] : heads)
    for (const candidate of [head + tail, head + tail.toUpperCase()]) if (parameterOf(candidate) !== undefined) candidates.add(candidate)
  candidates.delete('@context')
  return nearestName(name, candidates)
}
