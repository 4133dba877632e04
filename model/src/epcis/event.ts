/** The five EPCIS 2.0 event types as schemas, and what the standard asks beyond shape. Nothing here reads documents or keys. */
import { Type, type Static } from 'typebox'
import { compileValidator } from '../codec.ts'
import type { Reason } from '../errors.ts'
import { epcisEventTypes, type EpcisEventType } from '../trace-event.ts'
import { reasonsPerInputMax } from '../reasons.ts'
import { plainTerms } from './plain-terms.ts'
import {
  Action,
  BizStep,
  BizTransactionList,
  ChildEpcs,
  Context,
  DateTime,
  DestinationList,
  Disposition,
  EpcList,
  ErrorDeclaration,
  extensible,
  Ilmd,
  Location,
  PersistentDisposition,
  QuantityList,
  SensorElement,
  SourceList,
  Uri
} from './schema-parts.ts'
import { sensorFindings } from './sensor-rules.ts'

const common = {
  '@context': Type.Optional(Context),
  eventTime: DateTime,
  recordTime: Type.Optional(DateTime),
  eventTimeZoneOffset: Type.String({
    pattern: '^[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)$',
    description: 'Offset from UTC, e.g. +08:00'
  }),
  eventID: Type.Optional(Uri),
  certificationInfo: Type.Optional(Type.Union([Uri, Type.Array(Uri)], { description: 'one URI or an array of URIs' })),
  errorDeclaration: Type.Optional(ErrorDeclaration),
  bizStep: Type.Optional(BizStep),
  disposition: Type.Optional(Disposition),
  persistentDisposition: Type.Optional(PersistentDisposition),
  readPoint: Type.Optional(Location),
  bizLocation: Type.Optional(Location),
  sourceList: Type.Optional(SourceList),
  destinationList: Type.Optional(DestinationList),
  sensorElementList: Type.Optional(Type.Array(SensorElement))
} as const

export const ObjectEvent = extensible({
  ...common,
  type: Type.Literal('ObjectEvent'),
  action: Action,
  epcList: Type.Optional(EpcList),
  quantityList: Type.Optional(QuantityList),
  bizTransactionList: Type.Optional(BizTransactionList),
  ilmd: Type.Optional(Ilmd)
})

export const AggregationEvent = extensible({
  ...common,
  type: Type.Literal('AggregationEvent'),
  action: Action,
  parentID: Type.Optional(Uri),
  childEPCs: Type.Optional(ChildEpcs),
  childQuantityList: Type.Optional(QuantityList),
  bizTransactionList: Type.Optional(BizTransactionList)
})

export const TransactionEvent = extensible({
  ...common,
  type: Type.Literal('TransactionEvent'),
  action: Action,
  bizTransactionList: BizTransactionList,
  parentID: Type.Optional(Uri),
  epcList: Type.Optional(EpcList),
  quantityList: Type.Optional(QuantityList)
})

export const TransformationEvent = extensible({
  ...common,
  type: Type.Literal('TransformationEvent'),
  inputEPCList: Type.Optional(EpcList),
  inputQuantityList: Type.Optional(QuantityList),
  outputEPCList: Type.Optional(EpcList),
  outputQuantityList: Type.Optional(QuantityList),
  transformationID: Type.Optional(Uri),
  bizTransactionList: Type.Optional(BizTransactionList),
  ilmd: Type.Optional(Ilmd)
})

export const AssociationEvent = extensible({
  ...common,
  type: Type.Literal('AssociationEvent'),
  action: Action,
  parentID: Uri,
  childEPCs: Type.Optional(ChildEpcs),
  childQuantityList: Type.Optional(QuantityList),
  bizTransactionList: Type.Optional(BizTransactionList)
})

export type ObjectEvent = Static<typeof ObjectEvent>
export type AggregationEvent = Static<typeof AggregationEvent>
export type TransactionEvent = Static<typeof TransactionEvent>
export type TransformationEvent = Static<typeof TransformationEvent>
export type AssociationEvent = Static<typeof AssociationEvent>
export type EpcisEvent = ObjectEvent | AggregationEvent | TransactionEvent | TransformationEvent | AssociationEvent

const validators = {
  ObjectEvent: compileValidator(ObjectEvent),
  AggregationEvent: compileValidator(AggregationEvent),
  TransactionEvent: compileValidator(TransactionEvent),
  TransformationEvent: compileValidator(TransformationEvent),
  AssociationEvent: compileValidator(AssociationEvent)
} as const

export type EventChecked = { readonly ok: true; readonly event: EpcisEvent } | { readonly ok: false; readonly findings: readonly Reason[] }

/** Where an event was read from. */
export type EventOrigin = 'json' | 'xml'

/** What the JSON Schema of EPCIS refuses and its XML Schema lets pass: ILMD of an event that adds nothing, an EPC twice in a list. */
const jsonOnly: ReadonlySet<string> = new Set(['EPCIS_ILMD_ACTION', 'EPCIS_REPEATED_EPC'])

/**
 * Checks one event against its schema and the rules of its type. `pointer` is where it stands in its document. CBV words may be spelt as
 * URNs; they stay as they are in the event that comes back.
 */
export function checkEvent(
  value: unknown,
  pointer = '',
  countMax: number = reasonsPerInputMax,
  origin: EventOrigin = 'json'
): EventChecked {
  const type = typeOf(value)
  if (type === undefined || typeof value !== 'object' || value === null) return { ok: false, findings: [typeFinding(value, pointer)] }
  const plain = plainTerms(value)
  const checked = validators[type].check(plain)
  if (!checked.ok) {
    const findings = validators[type].reasons(plain, countMax)
    return { ok: false, findings: findings.map((finding) => placed(finding, pointer)) }
  }
  const broken = [...brokenRules(checked.value), ...sensorFindings(checked.value.sensorElementList)].filter(
    ({ code }) => origin === 'json' || !jsonOnly.has(code)
  )
  if (broken.length === 0 && isLike(value, checked.value)) return { ok: true, event: value }
  return { ok: false, findings: broken.slice(0, countMax).map((finding) => placed(finding, pointer)) }
}

/** The event differs from its checked copy in the spelling of words only, so it is one, too. */
function isLike(value: object, checked: EpcisEvent): value is EpcisEvent {
  return 'type' in value && value.type === checked.type
}

function placed(finding: Reason, pointer: string): Reason {
  if (pointer === '') return finding
  const { code, message } = finding
  const subject = finding.pointer === '' ? 'the value' : finding.pointer
  const at = pointer + finding.pointer
  return { code, pointer: at, message: message.startsWith(subject) ? at + message.slice(subject.length) : message }
}

function typeOf(value: unknown): EpcisEventType | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
  const { type } = value
  return epcisEventTypes.find((name) => name === type)
}

function typeFinding(value: unknown, pointer: string): Reason {
  const at = pointer === '' ? 'the event' : pointer
  const wanted = `expected one of ${epcisEventTypes.join(', ')}`
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { code: 'SCHEMA_TYPE', pointer, message: `${at} is no object, expected an event` }
  if (!('type' in value)) return { code: 'SCHEMA_REQUIRED', pointer, message: `${at} has no member "type", ${wanted}` }
  const found = JSON.stringify(value.type).slice(0, 64)
  return { code: 'EPCIS_EVENT_TYPE', pointer: `${pointer}/type`, message: `${pointer}/type is ${found}, ${wanted}` }
}

/** What EPCIS 2.0 §7.4.2 to §7.4.6 ask of members together. */
function brokenRules(event: EpcisEvent): Reason[] {
  switch (event.type) {
    case 'ObjectEvent':
      return objectRules(event)
    case 'AggregationEvent':
    case 'AssociationEvent':
      return containmentRules(event)
    case 'TransactionEvent':
      return transactionRules(event)
    case 'TransformationEvent':
      return transformationRules(event)
    default:
      return event
  }
}

/** EPCIS 2.0 §7.4: an EPC stands once in a list. */
function repeated(list: readonly string[] | undefined, pointer: string): Reason[] {
  if (list === undefined || new Set(list).size === list.length) return []
  const seen = new Set<string>()
  const index = list.findIndex((epc) => seen.size === seen.add(epc).size)
  return rule('EPCIS_REPEATED_EPC', `${pointer}/${index}`, `is "${list[index]}" again, expected every EPC once`)
}

const filled = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0

function rule(code: string, pointer: string, message: string): Reason[] {
  return [{ code, pointer, message: `${pointer === '' ? 'the value' : pointer} ${message}` }]
}

function objectRules(event: ObjectEvent): Reason[] {
  const observesPlace = filled(event.sensorElementList) && event.readPoint !== undefined
  const broken: Reason[] = repeated(event.epcList, '/epcList')
  if (event.epcList === undefined && !filled(event.quantityList) && !observesPlace)
    broken.push(...rule('EPCIS_NO_OBJECT', '', 'names no goods, expected epcList, quantityList, or a sensorElementList with a readPoint'))
  if (event.ilmd !== undefined && event.action !== 'ADD')
    broken.push(...rule('EPCIS_ILMD_ACTION', '/ilmd', `stands with action ${event.action}, expected it with ADD only`))
  return broken
}

function containmentRules(event: AggregationEvent | AssociationEvent): Reason[] {
  const broken: Reason[] = []
  if (event.parentID === undefined && event.action !== 'OBSERVE')
    broken.push(...rule('EPCIS_NO_PARENT', '', `has action ${event.action} and no parentID, expected one`))
  if (event.action !== 'DELETE' && !filled(event.childEPCs) && !filled(event.childQuantityList))
    broken.push(...rule('EPCIS_NO_CHILDREN', '', `has action ${event.action} and no children, expected childEPCs or childQuantityList`))
  return broken
}

function transactionRules(event: TransactionEvent): Reason[] {
  const broken: Reason[] = repeated(event.epcList, '/epcList')
  if (event.bizTransactionList.length === 0)
    broken.push(...rule('EPCIS_NO_TRANSACTION', '/bizTransactionList', 'is empty, expected at least one business transaction'))
  if (event.action !== 'DELETE' && event.epcList === undefined && !filled(event.quantityList))
    broken.push(...rule('EPCIS_NO_OBJECT', '', `has action ${event.action} and no goods, expected epcList or quantityList`))
  return broken
}

function transformationRules(event: TransformationEvent): Reason[] {
  const hasInput = filled(event.inputEPCList) || filled(event.inputQuantityList)
  const hasOutput = filled(event.outputEPCList) || filled(event.outputQuantityList)
  const broken = [...repeated(event.inputEPCList, '/inputEPCList'), ...repeated(event.outputEPCList, '/outputEPCList')]
  if (event.transformationID === undefined ? hasInput && hasOutput : hasInput || hasOutput) return broken
  const found = `has ${hasInput ? 'inputs' : 'no inputs'} and ${hasOutput ? 'outputs' : 'no outputs'}`
  return [...broken, ...rule('EPCIS_NO_TRANSFORMATION', '', `${found}, expected both, or either with a transformationID`)]
}
