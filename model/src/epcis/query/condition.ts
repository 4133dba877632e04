/**
 * What an EPCIS 2.0 query asks of an event beyond the members of `EventFilter`, as plain data that survives a structured clone.
 * `matcher.ts` judges it, `hints.ts` says what an index can make of it. Nothing here reads parameters or events.
 */

export const comparisons = ['EQ', 'GT', 'GE', 'LT', 'LE'] as const
export type Comparison = (typeof comparisons)[number]

/** The members of an event that hold EPCs, and those that hold classes. */
export const epcLists = ['epcList', 'childEPCs', 'parentID', 'inputEPCList', 'outputEPCList'] as const
export const classLists = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'] as const
export type MatchList = (typeof epcLists)[number] | (typeof classLists)[number]

/**
 * key: this one alone; product: it, its lots and its items; lot: it and the items that are known to be of it; pattern: a regular
 * expression over canonical keys, with the product that every match belongs to, where there is one.
 */
export type KeyMatch =
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'product'; readonly key: string }
  | { readonly type: 'lot'; readonly key: string }
  | { readonly type: 'pattern'; readonly source: string; readonly product?: string }

export const sensorTimes = ['time', 'startTime', 'endTime'] as const
export type SensorTime = (typeof sensorTimes)[number]

/** Those of the first line may stand in sensorMetadata or in sensorReport (EPCIS 2.0 §7.3.7). */
export const sensorTexts = [
  ...(['deviceID', 'dataProcessingMethod', 'bizRules'] as const),
  ...(['type', 'microorganism', 'chemicalSubstance', 'stringValue', 'hexBinaryValue', 'uriValue'] as const)
] as const
export type SensorText = (typeof sensorTexts)[number]

export const sensorNumbers = ['value', 'minValue', 'maxValue', 'meanValue', 'sDev', 'percValue', 'percRank'] as const
export type SensorNumber = (typeof sensorNumbers)[number]

/** Where an extension field is looked for. */
export const extensionPlaces = [
  'event',
  'ilmd',
  'errorDeclaration',
  'readPoint',
  'bizLocation',
  'sensorElement',
  'sensorMetadata',
  'sensorReport'
] as const
export type ExtensionPlace = (typeof extensionPlaces)[number]

/** `namespace` when the query declared the prefix; without it the prefix is compared as the event wrote it. */
export interface ExtensionName {
  readonly prefix: string
  readonly local: string
  readonly namespace?: string
}

/** One wanted value, in each sense that its text has. */
export interface FieldValue {
  readonly text: string
  readonly number?: number
  readonly timeMs?: number
}

/** A field that names something that master data describe. */
export const identifierFields = [
  'readPoint',
  'bizLocation',
  'bizStep',
  'disposition',
  'source',
  'destination',
  'bizTransaction',
  'epc',
  'epcClass',
  'parentID',
  'transformationID',
  'eventID',
  'deviceID'
] as const
export type IdentifierField = (typeof identifierFields)[number]

/** Keys and locations canonical, CBV terms bare, times in milliseconds; within one condition the values are alternatives. */
export type EventCondition =
  | { readonly type: 'match'; readonly lists: readonly MatchList[]; readonly keys: readonly KeyMatch[] }
  | { readonly type: 'quantity'; readonly comparison: Comparison; readonly values: readonly number[]; readonly uom?: string }
  | { readonly type: 'bizTransaction' | 'source' | 'destination'; readonly ofType: string; readonly keys: readonly string[] }
  | { readonly type: 'transformationID'; readonly keys: readonly string[] }
  | { readonly type: 'persistentDisposition'; readonly list: 'set' | 'unset'; readonly terms: readonly string[] }
  | { readonly type: 'exists'; readonly member: 'errorDeclaration' | 'sensorElementList' }
  | { readonly type: 'declarationTime'; readonly comparison: 'GE' | 'LT'; readonly timeMs: number }
  | { readonly type: 'errorReason'; readonly terms: readonly string[] }
  | { readonly type: 'correctiveEventID'; readonly ids: readonly string[] }
  | { readonly type: 'sensorTime'; readonly member: SensorTime; readonly comparison: 'GE' | 'LT'; readonly timeMs: number }
  | { readonly type: 'sensorText'; readonly member: SensorText; readonly values: readonly string[] }
  | { readonly type: 'sensorBoolean'; readonly value: boolean }
  | {
      readonly type: 'sensorNumber'
      readonly member: SensorNumber
      readonly comparison: Comparison
      readonly values: readonly number[]
      /** UN/ECE Recommendation 20; readings in other units of the same quantity are converted. */
      readonly uom?: string
    }
  | {
      readonly type: 'extension'
      readonly place: ExtensionPlace
      /** Below the first level only. */
      readonly inner: boolean
      readonly name: ExtensionName
      readonly comparison: Comparison | 'EXISTS'
      /** Empty for EXISTS. */
      readonly values: readonly FieldValue[]
    }
  /** HASATTR_ and EQ_ATTR_: what the field names is one of those that master data gave; `field` of an extension is its name. */
  | { readonly type: 'identifier'; readonly field: IdentifierField | ExtensionName; readonly keys: readonly string[] }
