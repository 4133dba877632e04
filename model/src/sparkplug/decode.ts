/**
 * Bytes of Sparkplug B to a payload. Reads the wire format of Protocol Buffers by the reader of protobufjs, without its generated code, so
 * that it runs where code from strings is forbidden. Bounded in metrics and depth; unknown fields are skipped.
 */
import protobuf from 'protobufjs/minimal.js'
import type { Decoded } from '../codec.ts'
import type { Reason } from '../errors.ts'
import { payloadBytesMax } from '../wire-limits.ts'
import type {
  DataSet,
  MetricMetadata,
  PropertySet,
  PropertyValue,
  RawValue,
  SparkplugMetric,
  SparkplugPayload,
  Template
} from './payload.ts'
import { smallest } from './scalar.ts'

type Reader = InstanceType<typeof protobuf.Reader>
type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] }

/** Most metrics of one payload, those inside of templates with them. */
export const metricsMax = 10_000
/** Deepest nesting of templates and property sets. */
const depthMax = 8

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** Never throws, whatever the bytes. */
export function decodeSparkplug(bytes: Uint8Array): Decoded<SparkplugPayload> {
  if (bytes.length > payloadBytesMax)
    return refuse('PAYLOAD_TOO_LARGE', `payload has ${bytes.length} bytes, expected at most ${payloadBytesMax}`)
  const budget = { metrics: metricsMax }
  try {
    // A plain view: the reader for Node's buffers differs in what it does at the end of the bytes.
    const reader = new protobuf.Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    return { ok: true, value: readPayload(reader, budget) }
  } catch (error) {
    return refuse('SPARKPLUG_PAYLOAD', `payload is not Sparkplug B: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface Budget {
  metrics: number
}

/** Calls `field` for each; what it does not read is skipped. */
function readFields(reader: Reader, end: number, field: (number: number, wireType: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    const start = reader.pos
    if (!field(tag >>> 3, tag & 7)) {
      reader.pos = start
      reader.skipType(tag & 7)
    }
  }
  if (reader.pos !== end) throw new RangeError(`a field ends at byte ${reader.pos}, expected ${end}`)
}

function readMessage<Value>(reader: Reader, read: (end: number) => Value): Value {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw new RangeError(`a message of ${length} bytes ends behind the payload`)
  return read(end)
}

/** Without the Long of protobufjs, which a browser may not have. */
function readLong(reader: Reader): bigint {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.buf[reader.pos]
    if (byte === undefined || reader.pos >= reader.len) throw new RangeError('a number ends behind the payload')
    reader.pos += 1
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return BigInt.asUintN(64, value)
  }
  throw new RangeError('a number has more than 64 bits')
}

/** A time beyond what can be counted in a number is no time. */
function readTime(reader: Reader): number | undefined {
  const value = smallest(readLong(reader))
  return typeof value === 'number' ? value : undefined
}

function readPayload(reader: Reader, budget: Budget): SparkplugPayload {
  const metrics: SparkplugMetric[] = []
  const payload: Mutable<Omit<SparkplugPayload, 'metrics'>> = {}
  readFields(reader, reader.len, (number, wireType) => {
    if (number === 1 && wireType === wire.varint) assign(payload, 'timeMs', readTime(reader))
    else if (number === 2 && wireType === wire.bytes)
      metrics.push(readMessage(reader, (end) => readMetric({ reader, end, budget, depth: 0 })))
    else if (number === 3 && wireType === wire.varint) payload.seq = Number(readLong(reader))
    else if (number === 4 && wireType === wire.bytes) payload.uuid = reader.string()
    else if (number === 5 && wireType === wire.bytes) payload.body = reader.bytes()
    else return false
    return true
  })
  return { ...payload, metrics }
}

interface Nested {
  readonly reader: Reader
  readonly end: number
  readonly budget: Budget
  readonly depth: number
}

function readMetric({ reader, end, budget, depth }: Nested): SparkplugMetric {
  budget.metrics -= 1
  if (budget.metrics < 0) throw new RangeError(`it has more than ${metricsMax} metrics`)
  const metric: Mutable<SparkplugMetric> = { isHistorical: false, isTransient: false, isNull: false }
  readFields(reader, end, (number, wireType) => {
    if (wireType === wire.varint) {
      if (number === 2) metric.alias = smallest(readLong(reader))
      else if (number === 3) assign(metric, 'timeMs', readTime(reader))
      else if (number === 4) metric.datatype = reader.uint32()
      else if (number === 5) metric.isHistorical = reader.bool()
      else if (number === 6) metric.isTransient = reader.bool()
      else if (number === 7) metric.isNull = reader.bool()
      else return readValue(metric, { reader, number: number - 10, wireType })
      return true
    }
    if (wireType !== wire.bytes) return readValue(metric, { reader, number: number - 10, wireType })
    if (number === 1) metric.name = reader.string()
    else if (number === 8) metric.metadata = readMessage(reader, (inner) => readMetadata(reader, inner))
    else if (number === 9)
      metric.properties = readMessage(reader, (inner) => readPropertySet({ reader, end: inner, budget, depth: depth + 1 }))
    else if (number === 16) metric.value = { field: 'bytes', value: Uint8Array.from(reader.bytes()) }
    else if (number === 17) metric.value = { field: 'dataSet', value: readMessage(reader, (inner) => readDataSet(reader, inner)) }
    else if (number === 18)
      metric.value = {
        field: 'template',
        value: readMessage(reader, (inner) => readTemplate({ reader, end: inner, budget, depth: depth + 1 }))
      }
    else return readValue(metric, { reader, number: number - 10, wireType })
    return true
  })
  return metric
}

/** The six plain fields of a oneof, numbered from 0: int, long, float, double, boolean, string. */
function readValue(
  target: { value?: RawValue | undefined },
  { reader, number, wireType }: { readonly reader: Reader; readonly number: number; readonly wireType: number }
): boolean {
  if (number === 0 && wireType === wire.varint) target.value = { field: 'int', value: reader.uint32() }
  else if (number === 1 && wireType === wire.varint) target.value = { field: 'long', value: readLong(reader) }
  else if (number === 2 && wireType === wire.fixed32) target.value = { field: 'float', value: reader.float() }
  else if (number === 3 && wireType === wire.fixed64) target.value = { field: 'double', value: reader.double() }
  else if (number === 4 && wireType === wire.varint) target.value = { field: 'boolean', value: reader.bool() }
  else if (number === 5 && wireType === wire.bytes) target.value = { field: 'string', value: reader.string() }
  else return false
  return true
}

function readMetadata(reader: Reader, end: number): MetricMetadata {
  const metadata: Mutable<MetricMetadata> = {}
  readFields(reader, end, (number, wireType) => {
    if (wireType === wire.varint) {
      if (number === 1) metadata.isMultiPart = reader.bool()
      else if (number === 3) metadata.size = smallest(readLong(reader))
      else if (number === 4) metadata.seq = smallest(readLong(reader))
      else return false
      return true
    }
    if (wireType !== wire.bytes) return false
    if (number === 2) metadata.contentType = reader.string()
    else if (number === 5) metadata.fileName = reader.string()
    else if (number === 6) metadata.fileType = reader.string()
    else if (number === 7) metadata.md5 = reader.string()
    else if (number === 8) metadata.description = reader.string()
    else return false
    return true
  })
  return metadata
}

function readPropertySet(nested: Nested): PropertySet {
  const { reader, end, depth } = nested
  if (depth > depthMax) throw new RangeError(`it nests deeper than ${depthMax} levels`)
  const keys: string[] = []
  const values: PropertyValue[] = []
  readFields(reader, end, (number, wireType) => {
    if (wireType !== wire.bytes) return false
    if (number === 1) keys.push(reader.string())
    else if (number === 2) values.push(readMessage(reader, (inner) => readProperty({ ...nested, end: inner })))
    else return false
    return true
  })
  if (keys.length !== values.length) throw new RangeError(`a property set has ${keys.length} keys and ${values.length} values`)
  return new Map(keys.flatMap((key, index) => (values[index] === undefined ? [] : [[key, values[index]]])))
}

function readProperty(nested: Nested): PropertyValue {
  const { reader, end, depth } = nested
  const property: Mutable<PropertyValue> = { type: 0, isNull: false, value: undefined }
  const inside = (inner: number) => readPropertySet({ ...nested, end: inner, depth: depth + 1 })
  readFields(reader, end, (number, wireType) => {
    if (number === 1 && wireType === wire.varint) property.type = reader.uint32()
    else if (number === 2 && wireType === wire.varint) property.isNull = reader.bool()
    else if (number === 9 && wireType === wire.bytes) property.value = { field: 'properties', value: [readMessage(reader, inside)] }
    else if (number === 10 && wireType === wire.bytes)
      property.value = { field: 'properties', value: readMessage(reader, (inner) => readSets(reader, inner, inside)) }
    else return readValue(property, { reader, number: number - 3, wireType })
    return true
  })
  return property
}

function readSets(reader: Reader, end: number, inside: (end: number) => PropertySet): PropertySet[] {
  const sets: PropertySet[] = []
  readFields(reader, end, (number, wireType) => {
    if (number !== 1 || wireType !== wire.bytes) return false
    sets.push(readMessage(reader, inside))
    return true
  })
  return sets
}

function readDataSet(reader: Reader, end: number): DataSet {
  const columns: string[] = []
  const types: number[] = []
  const rows: (RawValue | undefined)[][] = []
  readFields(reader, end, (number, wireType) => {
    if (number === 2 && wireType === wire.bytes) columns.push(reader.string())
    else if (number === 3 && wireType === wire.varint) types.push(reader.uint32())
    // Encoders of proto3 pack the types.
    else if (number === 3 && wireType === wire.bytes)
      readMessage(reader, (inner) => {
        while (reader.pos < inner) types.push(reader.uint32())
      })
    else if (number === 4 && wireType === wire.bytes) rows.push(readMessage(reader, (inner) => readRow(reader, inner)))
    else return false
    return true
  })
  return { columns, types, rows }
}

function readRow(reader: Reader, end: number): (RawValue | undefined)[] {
  const elements: (RawValue | undefined)[] = []
  readFields(reader, end, (number, wireType) => {
    if (number !== 1 || wireType !== wire.bytes) return false
    const element: { value?: RawValue } = {}
    readMessage(reader, (inner) =>
      readFields(reader, inner, (part, partType) => readValue(element, { reader, number: part - 1, wireType: partType }))
    )
    elements.push(element.value)
    return true
  })
  return elements
}

function readTemplate(nested: Nested): Template {
  const { reader, end, depth, budget } = nested
  if (depth > depthMax) throw new RangeError(`it nests deeper than ${depthMax} levels`)
  const metrics: SparkplugMetric[] = []
  const parameters: Template['parameters'][number][] = []
  const template: Mutable<Omit<Template, 'metrics' | 'parameters'>> = { isDefinition: false }
  readFields(reader, end, (number, wireType) => {
    if (number === 5 && wireType === wire.varint) template.isDefinition = reader.bool()
    else if (wireType !== wire.bytes) return false
    else if (number === 1) template.version = reader.string()
    else if (number === 2) metrics.push(readMessage(reader, (inner) => readMetric({ reader, end: inner, budget, depth })))
    else if (number === 3) parameters.push(readMessage(reader, (inner) => readParameter(reader, inner)))
    else if (number === 4) template.reference = reader.string()
    else return false
    return true
  })
  return { ...template, metrics, parameters }
}

function readParameter(reader: Reader, end: number): Template['parameters'][number] {
  const parameter: { name: string; type: number; value: RawValue | undefined } = { name: '', type: 0, value: undefined }
  readFields(reader, end, (number, wireType) => {
    if (number === 1 && wireType === wire.bytes) parameter.name = reader.string()
    else if (number === 2 && wireType === wire.varint) parameter.type = reader.uint32()
    else return readValue(parameter, { reader, number: number - 3, wireType })
    return true
  })
  return parameter
}

function assign<Target extends object, Key extends keyof Target>(target: Target, key: Key, value: Target[Key] | undefined): void {
  if (value !== undefined) target[key] = value
}

function refuse(code: string, message: string): { readonly ok: false; readonly reason: Reason } {
  return { ok: false, reason: { code, pointer: '', message } }
}
