/**
 * The packed arrays of Sparkplug B 3.0 (chapter 6.4.17): little endian elements one after the other; booleans as a count of 32 bits and
 * then bits from the most significant; strings each with a zero byte behind.
 */
import { elementType, integerTypes, type SparkplugType } from './datatypes.ts'
import { smallest, type Scalar } from './scalar.ts'

/** Most elements of one array. */
const arrayItemsMax = 10_000

const utf8 = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

/** The elements, or what is wrong with the bytes. */
export function readArray(type: SparkplugType, bytes: Uint8Array): readonly Scalar[] | string {
  const element = elementType(type)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (element === 'Boolean') return readBooleans(view)
  if (element === 'String') return readStrings(bytes)
  const size = sizeOf(element)
  if (element === undefined || size === undefined) return `type is ${type}, expected an array`
  if (bytes.length % size !== 0) return `${type} has ${bytes.length} bytes, expected a multiple of ${size}`
  const count = bytes.length / size
  if (count > arrayItemsMax) return tooMany(type, count)
  return Array.from({ length: count }, (_, index) => readElement(view, index * size, element))
}

/** Throws `RangeError` for a value that the type cannot hold. */
export function writeArray(type: SparkplugType, values: readonly Scalar[]): Uint8Array {
  const element = elementType(type)
  if (element === 'Boolean') return writeBooleans(values)
  if (element === 'String') return joined(values.flatMap((value) => [encoder.encode(String(value)), Uint8Array.of(0)]))
  const size = sizeOf(element)
  if (element === undefined || size === undefined) throw new RangeError(`Cannot write array: type is ${type}, expected an array`)
  const bytes = new Uint8Array(values.length * size)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => writeElement(view, index * size, { element, value }))
  return bytes
}

function sizeOf(element: SparkplugType | undefined): number | undefined {
  if (element === 'Float') return 4
  if (element === 'Double') return 8
  const integer = element === undefined ? undefined : integerTypes[element]
  return integer === undefined ? undefined : integer.bits / 8
}

function readElement(view: DataView, at: number, element: SparkplugType): Scalar {
  if (element === 'Float') return view.getFloat32(at, true)
  if (element === 'Double') return view.getFloat64(at, true)
  const { bits, signed } = integerTypes[element] ?? { bits: 8, signed: false }
  if (bits === 64) return smallest(signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true))
  if (bits === 32) return signed ? view.getInt32(at, true) : view.getUint32(at, true)
  if (bits === 16) return signed ? view.getInt16(at, true) : view.getUint16(at, true)
  return signed ? view.getInt8(at) : view.getUint8(at)
}

function writeElement(view: DataView, at: number, { element, value }: { readonly element: SparkplugType; readonly value: Scalar }): void {
  if (element === 'Float') return view.setFloat32(at, Number(value), true)
  if (element === 'Double') return view.setFloat64(at, Number(value), true)
  const { bits } = integerTypes[element] ?? { bits: 8 }
  if (bits === 64) view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true)
  else if (bits === 32) view.setUint32(at, Number(value), true)
  else if (bits === 16) view.setUint16(at, Number(value), true)
  else view.setUint8(at, Number(value))
}

function readBooleans(view: DataView): boolean[] | string {
  if (view.byteLength < 4) return `BooleanArray has ${view.byteLength} bytes, expected a count of 4 in front`
  const count = view.getUint32(0, true)
  if (count > arrayItemsMax) return tooMany('BooleanArray', count)
  if (view.byteLength - 4 < Math.ceil(count / 8)) return `BooleanArray has ${view.byteLength - 4} bytes of bits, expected those of ${count}`
  return Array.from({ length: count }, (_, index) => (view.getUint8(4 + (index >> 3)) & (0x80 >> (index & 7))) !== 0)
}

function writeBooleans(values: readonly Scalar[]): Uint8Array {
  const bytes = new Uint8Array(4 + Math.ceil(values.length / 8))
  new DataView(bytes.buffer).setUint32(0, values.length, true)
  values.forEach((value, index) => {
    const at = 4 + (index >> 3)
    if (value === true) bytes[at] = (bytes[at] ?? 0) | (0x80 >> (index & 7))
  })
  return bytes
}

function readStrings(bytes: Uint8Array): string[] | string {
  const strings: string[] = []
  let start = 0
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] !== 0) continue
    if (strings.length >= arrayItemsMax) return tooMany('StringArray', strings.length + 1)
    try {
      strings.push(utf8.decode(bytes.subarray(start, index)))
    } catch {
      return `element ${strings.length} of StringArray is not UTF-8`
    }
    start = index + 1
  }
  return start === bytes.length ? strings : 'StringArray ends without a zero byte, expected one behind each element'
}

function tooMany(type: string, count: number): string {
  return `${type} has ${count} elements, expected at most ${arrayItemsMax}`
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
