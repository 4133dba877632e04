/**
 * The payload of Sparkplug B 3.0 (chapter 6, `sparkplug_b.proto`) as plain objects. What a value means depends on the data type, which
 * DATA messages leave to the birth: so a metric keeps the field it came in, and `metricValue` reads it by a type.
 */
import type { Decoded } from '../codec.ts'
import { readArray } from './arrays.ts'
import { elementType, integerTypes, type SparkplugType } from './datatypes.ts'
import { smallest, type Scalar } from './scalar.ts'

/** The field of the oneof `value` that a metric, property or parameter used. */
export type RawValue =
  | { readonly field: 'int'; readonly value: number }
  | { readonly field: 'long'; readonly value: bigint }
  | { readonly field: 'float' | 'double'; readonly value: number }
  | { readonly field: 'boolean'; readonly value: boolean }
  | { readonly field: 'string'; readonly value: string }
  | { readonly field: 'bytes'; readonly value: Uint8Array }
  | { readonly field: 'dataSet'; readonly value: DataSet }
  | { readonly field: 'template'; readonly value: Template }
  | { readonly field: 'properties'; readonly value: readonly PropertySet[] }

export interface DataSet {
  readonly columns: readonly string[]
  readonly types: readonly number[]
  readonly rows: readonly (readonly (RawValue | undefined)[])[]
}

export interface Template {
  readonly version?: string
  readonly reference?: string
  readonly isDefinition: boolean
  readonly metrics: readonly SparkplugMetric[]
  readonly parameters: readonly { readonly name: string; readonly type: number; readonly value: RawValue | undefined }[]
}

export interface PropertyValue {
  readonly type: number
  readonly isNull: boolean
  readonly value: RawValue | undefined
}
export type PropertySet = ReadonlyMap<string, PropertyValue>

export interface MetricMetadata {
  readonly isMultiPart?: boolean
  readonly contentType?: string
  readonly size?: number | bigint
  readonly seq?: number | bigint
  readonly fileName?: string
  readonly fileType?: string
  readonly md5?: string
  readonly description?: string
}

export interface SparkplugMetric {
  readonly name?: string
  readonly alias?: number | bigint
  readonly timeMs?: number
  /** Number of the data type; left out in DATA messages as a rule. */
  readonly datatype?: number
  readonly isHistorical: boolean
  readonly isTransient: boolean
  readonly isNull: boolean
  readonly metadata?: MetricMetadata
  readonly properties?: PropertySet
  readonly value?: RawValue
}

export interface SparkplugPayload {
  readonly timeMs?: number
  /** 0 to 255; left out in NDEATH and commands. */
  readonly seq?: number
  readonly uuid?: string
  readonly body?: Uint8Array
  readonly metrics: readonly SparkplugMetric[]
}

export type SparkplugValue = Scalar | readonly Scalar[] | Uint8Array | DataSet | Template | null

const plainFields: Readonly<Partial<Record<SparkplugType, RawValue['field']>>> = {
  Boolean: 'boolean',
  String: 'string',
  Text: 'string',
  UUID: 'string',
  Bytes: 'bytes',
  File: 'bytes',
  DataSet: 'dataSet',
  Template: 'template'
}

/** The value of a metric by its data type. A value in a field that does not fit its type is refused, not bent. */
export function metricValue(metric: Pick<SparkplugMetric, 'isNull' | 'value'>, type: SparkplugType): Decoded<SparkplugValue> {
  const raw = metric.value
  if (metric.isNull) return accept(null)
  // A metric without a value and without is_null has none either (chapter 6.4.6).
  if (raw === undefined) return accept(null)
  return rawValue(raw, type)
}

export function rawValue(raw: RawValue, type: SparkplugType): Decoded<SparkplugValue> {
  const integer = integerTypes[type]
  if (integer !== undefined) return integerOf(raw, type)
  if (elementType(type) !== undefined) {
    if (raw.field !== 'bytes') return misfit(raw, type)
    const read = readArray(type, raw.value)
    return typeof read === 'string' ? refuse('SPARKPLUG_VALUE', read) : accept(read)
  }
  if (type === 'Float' || type === 'Double') {
    if (raw.field === 'float' || raw.field === 'double') return accept(raw.value)
    return integerOf(raw, 'Int64')
  }
  const field = plainFields[type]
  if (field === undefined) return refuse('SPARKPLUG_VALUE', `data type is ${type}, expected one that a metric can have`)
  if (raw.field === field && raw.field !== 'properties') return accept(raw.value)
  // Some encoders write booleans as integers.
  return type === 'Boolean' && raw.field === 'int' && raw.value <= 1 ? accept(raw.value === 1) : misfit(raw, type)
}

/**
 * Signed integers travel as two's complement in an unsigned field, 8 and 16 bits wide ones in 32 bits (chapter 6.4.16). Encoders differ in
 * whether they extend the sign of the narrow ones, and whether UInt32 goes into the field for 32 or 64 bits; both are taken.
 */
function integerOf(raw: RawValue, type: SparkplugType): Decoded<SparkplugValue> {
  const { bits, signed } = integerTypes[type] ?? { bits: 64, signed: true }
  if (raw.field !== 'int' && raw.field !== 'long') return misfit(raw, type)
  const width = raw.field === 'int' ? 32 : 64
  const unsigned = BigInt(raw.value)
  if (!signed) return unsigned < 1n << BigInt(bits) ? accept(smallest(unsigned)) : beyond(unsigned, type)
  const value = BigInt.asIntN(bits, unsigned)
  const extended = BigInt.asUintN(width, value)
  // Without the sign extended, the bits above are zero.
  return unsigned === extended || unsigned === BigInt.asUintN(bits, value) ? accept(smallest(value)) : beyond(unsigned, type)
}

function beyond(value: bigint, type: SparkplugType): Decoded<SparkplugValue> {
  return refuse('SPARKPLUG_VALUE', `value is ${value}, expected one of type ${type}`)
}

function misfit(raw: RawValue, type: SparkplugType): Decoded<SparkplugValue> {
  return refuse('SPARKPLUG_VALUE', `value is in the field for ${raw.field}, expected the one for ${type}`)
}

function accept(value: SparkplugValue): Decoded<SparkplugValue> {
  return { ok: true, value }
}

function refuse(
  code: string,
  message: string
): { readonly ok: false; readonly reason: { code: string; pointer: string; message: string } } {
  return { ok: false, reason: { code, pointer: '', message } }
}
