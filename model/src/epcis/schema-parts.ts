/** The parts that EPCIS 2.0 events share, as TypeBox schemas (EPCIS 2.0 §9, CBV 2.0). Members with a prefix are extensions and free. */
import { Type, type TProperties } from 'typebox'
import {
  bizSteps,
  bizTransactionTypes,
  components,
  dispositions,
  errorReasons,
  sensorAlerts,
  sourceDestinationTypes
} from './vocabulary.ts'

/** Longest URI and other text taken. */
export const textLengthMax = 4_096

export const Uri = Type.String({ format: 'uri', maxLength: textLengthMax })
/** RFC 3339 with offset; the bracketed suffixes of RFC 9557 are no part of EPCIS. */
export const DateTime = Type.String({ format: 'date-time', pattern: '^[^\\[]*$', maxLength: 64 })
export const Decimal = Type.Number()
export const Uom = Type.String({ pattern: '^[A-Z0-9]{2,3}$', description: 'UN/ECE Recommendation 20 code' })

/** A bare word of the list, or a URI that does not spell the CBV in its older form. */
function term(words: readonly string[], description: string) {
  const other = '(?!urn:epcglobal:cbv|https?://ns\\.gs1\\.org/cbv/)[A-Za-z][A-Za-z0-9+.-]*:[^\\s<>"{}|\\\\^`]+'
  return Type.String({ pattern: `^(?:${words.join('|')}|${other})$`, maxLength: textLengthMax, description })
}

export const BizStep = term(bizSteps, 'CBV business step or URI')
export const Disposition = term(dispositions, 'CBV disposition or URI')
const BizTransactionType = term(bizTransactionTypes, 'CBV business transaction type or URI')
const SourceDestinationType = term(sourceDestinationTypes, 'CBV source or destination type or URI')
const ErrorReason = term(errorReasons, 'CBV error reason or URI')
const Component = term(components, 'CBV component or URI')
const SensorAlert = term(sensorAlerts, 'ALARM_CONDITION, ERROR_CONDITION or URI')
/** GS1 lists the measurement types, but adds to them between releases; any word or URI is taken. */
const MeasurementType = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_]*(?:[A-Za-z0-9+.-]*:\\S+)?$',
  maxLength: textLengthMax,
  description: 'Measurement type or URI'
})

/** An object of known members and extensions (`prefix:name`); an unknown member without prefix is refused. */
export function extensible<const Properties extends TProperties>(properties: Properties, description?: string) {
  const options = { additionalProperties: false, patternProperties: { '^[^:\\s]+:\\S+$': {} } }
  return Type.Object(properties, description === undefined ? options : { ...options, description })
}

/** JSON-LD context: not fetched; its prefixes are read where extensions need them. */
export const Context = Type.Union(
  [
    Uri,
    Type.Object({}, { additionalProperties: true }),
    Type.Array(Type.Union([Uri, Type.Object({}, { additionalProperties: true })]), { maxItems: 256 })
  ],
  { description: 'JSON-LD context' }
)

export const Action = Type.Union([Type.Literal('OBSERVE'), Type.Literal('ADD'), Type.Literal('DELETE')])
/** Most EPCs, classes or other entries of one list of an event. */
export const entriesPerListMax = 20_000
/** That no EPC stands twice is a rule in `event.ts`: the library's search for repeated items takes minutes on a long list. */
export const EpcList = Type.Array(Uri, { maxItems: entriesPerListMax, description: 'EPCs, none twice' })
export const ChildEpcs = Type.Array(Uri, { maxItems: entriesPerListMax })

export const QuantityElement = Type.Object(
  { epcClass: Uri, quantity: Type.Optional(Decimal), uom: Type.Optional(Uom) },
  { additionalProperties: false }
)
export const QuantityList = Type.Array(QuantityElement, { maxItems: entriesPerListMax })

export const Location = extensible({ id: Uri })

export const BizTransactionList = Type.Array(
  Type.Object({ type: Type.Optional(BizTransactionType), bizTransaction: Uri }, { additionalProperties: false })
)
export const SourceList = Type.Array(Type.Object({ type: SourceDestinationType, source: Uri }, { additionalProperties: false }))
export const DestinationList = Type.Array(Type.Object({ type: SourceDestinationType, destination: Uri }, { additionalProperties: false }))

export const PersistentDisposition = Type.Object(
  {
    set: Type.Optional(Type.Array(Disposition, { minItems: 1, maxItems: 64, uniqueItems: true })),
    unset: Type.Optional(Type.Array(Disposition, { minItems: 1, maxItems: 64, uniqueItems: true }))
  },
  { additionalProperties: false, minProperties: 1 }
)

export const ErrorDeclaration = extensible({
  declarationTime: DateTime,
  reason: Type.Optional(ErrorReason),
  correctiveEventIDs: Type.Optional(Type.Array(Uri))
})

const sensorSource = {
  time: Type.Optional(DateTime),
  deviceID: Type.Optional(Uri),
  deviceMetadata: Type.Optional(Uri),
  rawData: Type.Optional(Uri),
  dataProcessingMethod: Type.Optional(Uri),
  bizRules: Type.Optional(Uri)
}

export const SensorMetadata = extensible({ ...sensorSource, startTime: Type.Optional(DateTime), endTime: Type.Optional(DateTime) })

/** `type` is optional: reports that only raise an exception are found in the field without one. */
export const SensorReport = extensible({
  ...sensorSource,
  type: Type.Optional(MeasurementType),
  exception: Type.Optional(SensorAlert),
  microorganism: Type.Optional(Uri),
  chemicalSubstance: Type.Optional(Uri),
  coordinateReferenceSystem: Type.Optional(Uri),
  component: Type.Optional(Component),
  value: Type.Optional(Decimal),
  stringValue: Type.Optional(Type.String()),
  booleanValue: Type.Optional(Type.Boolean()),
  hexBinaryValue: Type.Optional(Type.String({ pattern: '^[A-Fa-f0-9]+$' })),
  uriValue: Type.Optional(Uri),
  minValue: Type.Optional(Decimal),
  maxValue: Type.Optional(Decimal),
  meanValue: Type.Optional(Decimal),
  sDev: Type.Optional(Decimal),
  percRank: Type.Optional(Decimal),
  percValue: Type.Optional(Decimal),
  uom: Type.Optional(Type.String())
})

export const SensorElement = extensible({
  sensorMetadata: Type.Optional(SensorMetadata),
  sensorReport: Type.Array(SensorReport, { minItems: 1 })
})

/** Instance and lot master data: every member is an extension. */
export const Ilmd = extensible({})
