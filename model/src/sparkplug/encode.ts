/** A payload of Sparkplug B to bytes: what an edge node, a simulated one, or a host's command sends. Templates are not written. */
import protobuf from 'protobufjs/minimal.js'
import { writeArray } from './arrays.ts'
import { elementType, integerTypes, type SparkplugType, typeNumber } from './datatypes.ts'
import type { DataSet, MetricMetadata } from './payload.ts'
import type { Scalar } from './scalar.ts'

type Writer = InstanceType<typeof protobuf.Writer>

export interface MetricInput {
  readonly name?: string
  readonly alias?: number
  readonly timeMs?: number
  readonly type: SparkplugType
  /** False in DATA messages, where the birth has said it. */
  readonly withType?: boolean
  readonly value: Scalar | readonly Scalar[] | Uint8Array | DataSet | null
  readonly isHistorical?: boolean
  readonly isTransient?: boolean
  readonly metadata?: MetricMetadata
  readonly properties?: Readonly<Record<string, { readonly type: SparkplugType; readonly value: Scalar | null }>>
}

export interface PayloadInput {
  readonly timeMs?: number
  readonly seq?: number
  readonly uuid?: string
  readonly body?: Uint8Array
  readonly metrics: readonly MetricInput[]
}

/** Field numbers of the plain values, from the first of a oneof on. */
const plain = { int: 0, long: 1, float: 2, double: 3, boolean: 4, string: 5 } as const
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** Throws `RangeError` or `TypeError` for a value that its type cannot hold. */
export function encodeSparkplug(payload: PayloadInput): Uint8Array {
  const writer = protobuf.Writer.create()
  if (payload.timeMs !== undefined) long(writer, 1, BigInt(payload.timeMs))
  for (const metric of payload.metrics) message(writer, 2, (inner) => writeMetric(inner, metric))
  if (payload.seq !== undefined) long(writer, 3, BigInt(payload.seq))
  if (payload.uuid !== undefined) text(writer, 4, payload.uuid)
  if (payload.body !== undefined) bytes(writer, 5, payload.body)
  return Uint8Array.from(writer.finish())
}

function writeMetric(writer: Writer, metric: MetricInput): void {
  if (metric.name !== undefined) text(writer, 1, metric.name)
  if (metric.alias !== undefined) long(writer, 2, BigInt(metric.alias))
  if (metric.timeMs !== undefined) long(writer, 3, BigInt(metric.timeMs))
  if (metric.withType !== false) writer.uint32(tag(4, wire.varint)).uint32(typeNumber(metric.type))
  if (metric.isHistorical === true) writer.uint32(tag(5, wire.varint)).bool(true)
  if (metric.isTransient === true) writer.uint32(tag(6, wire.varint)).bool(true)
  if (metric.value === null) writer.uint32(tag(7, wire.varint)).bool(true)
  const { metadata, properties, value } = metric
  if (metadata !== undefined) message(writer, 8, (inner) => writeMetadata(inner, metadata))
  if (properties !== undefined) message(writer, 9, (inner) => writeProperties(inner, properties))
  if (value !== null) writeMetricValue(writer, metric.type, value)
}

function writeMetricValue(writer: Writer, type: SparkplugType, value: NonNullable<MetricInput['value']>): void {
  if (elementType(type) !== undefined) {
    if (!isList(value)) throw new TypeError(`Cannot write metric: value is no list, expected one of type ${type}`)
    bytes(writer, 16, writeArray(type, value))
  } else if (value instanceof Uint8Array) bytes(writer, 16, value)
  else if (isList(value)) throw new TypeError(`Cannot write metric: value is a list, expected one of type ${type}`)
  else if (typeof value === 'object') message(writer, 17, (inner) => writeDataSet(inner, value))
  else writeScalar(writer, { first: 10, type, value })
}

function writeScalar(writer: Writer, options: { readonly first: number; readonly type: SparkplugType; readonly value: Scalar }): void {
  const { first, type, value } = options
  const integer = integerTypes[type]
  if (integer !== undefined) {
    const { bits, signed } = integer
    const number = BigInt(value)
    if ((signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number)) !== number)
      throw new RangeError(`Cannot write metric: value is ${number}, expected one of type ${type}`)
    if (bits === 64) long(writer, first + plain.long, BigInt.asUintN(64, number))
    else writer.uint32(tag(first + plain.int, wire.varint)).uint32(Number(BigInt.asUintN(32, number)))
  } else if (type === 'Float') writer.uint32(tag(first + plain.float, wire.fixed32)).float(Number(value))
  else if (type === 'Double') writer.uint32(tag(first + plain.double, wire.fixed64)).double(Number(value))
  else if (type === 'Boolean') writer.uint32(tag(first + plain.boolean, wire.varint)).bool(value === true)
  else if (type === 'String' || type === 'Text' || type === 'UUID') text(writer, first + plain.string, String(value))
  else throw new TypeError(`Cannot write metric: type is ${type}, expected one of a single value`)
}

function writeMetadata(writer: Writer, metadata: MetricMetadata): void {
  if (metadata.isMultiPart !== undefined) writer.uint32(tag(1, wire.varint)).bool(metadata.isMultiPart)
  if (metadata.contentType !== undefined) text(writer, 2, metadata.contentType)
  if (metadata.size !== undefined) long(writer, 3, BigInt(metadata.size))
  if (metadata.seq !== undefined) long(writer, 4, BigInt(metadata.seq))
  if (metadata.fileName !== undefined) text(writer, 5, metadata.fileName)
  if (metadata.fileType !== undefined) text(writer, 6, metadata.fileType)
  if (metadata.md5 !== undefined) text(writer, 7, metadata.md5)
  if (metadata.description !== undefined) text(writer, 8, metadata.description)
}

function writeProperties(writer: Writer, properties: NonNullable<MetricInput['properties']>): void {
  for (const key of Object.keys(properties)) text(writer, 1, key)
  for (const { type, value } of Object.values(properties))
    message(writer, 2, (inner) => {
      inner.uint32(tag(1, wire.varint)).uint32(typeNumber(type))
      if (value === null) inner.uint32(tag(2, wire.varint)).bool(true)
      else writeScalar(inner, { first: 3, type, value })
    })
}

function writeDataSet(writer: Writer, dataSet: DataSet): void {
  long(writer, 1, BigInt(dataSet.columns.length))
  for (const column of dataSet.columns) text(writer, 2, column)
  for (const type of dataSet.types) writer.uint32(tag(3, wire.varint)).uint32(type)
  for (const row of dataSet.rows)
    message(writer, 4, (inner) => {
      for (const element of row)
        message(inner, 1, (cell) => {
          if (element === undefined) return
          const { field, value } = element
          if (field === 'int') cell.uint32(tag(1, wire.varint)).uint32(value)
          else if (field === 'long') long(cell, 2, value)
          else if (field === 'float') cell.uint32(tag(3, wire.fixed32)).float(value)
          else if (field === 'double') cell.uint32(tag(4, wire.fixed64)).double(value)
          else if (field === 'boolean') cell.uint32(tag(5, wire.varint)).bool(value)
          else if (field === 'string') text(cell, 6, value)
          else throw new TypeError(`Cannot write data set: an element is ${field}, expected a single value`)
        })
    })
}

function tag(field: number, wireType: number): number {
  return ((field << 3) | wireType) >>> 0
}

function message(writer: Writer, field: number, write: (inner: Writer) => void): void {
  write(writer.uint32(tag(field, wire.bytes)).fork())
  writer.ldelim()
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, wire.bytes)).string(value)
}

function bytes(writer: Writer, field: number, value: Uint8Array): void {
  writer.uint32(tag(field, wire.bytes)).bytes(value)
}

/** As two halves, since a number holds 53 bits only. */
function long(writer: Writer, field: number, value: bigint): void {
  const halves = { low: Number(BigInt.asUintN(32, value)) | 0, high: Number(BigInt.asUintN(32, value >> 32n)) | 0, unsigned: true }
  writer.uint32(tag(field, wire.varint)).uint64(halves)
}

function isList(value: NonNullable<MetricInput['value']>): value is readonly Scalar[] {
  return Array.isArray(value)
}
