/** The data types of Sparkplug B 3.0 (chapter 6.4.16) and what kind of value each has. */

/** By their number on the wire. */
export const sparkplugTypes = [
  'Unknown',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'UInt8',
  'UInt16',
  'UInt32',
  'UInt64',
  'Float',
  'Double',
  'Boolean',
  'String',
  'DateTime',
  'Text',
  'UUID',
  'DataSet',
  'Bytes',
  'File',
  'Template',
  'PropertySet',
  'PropertySetList',
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'Int64Array',
  'UInt8Array',
  'UInt16Array',
  'UInt32Array',
  'UInt64Array',
  'FloatArray',
  'DoubleArray',
  'BooleanArray',
  'StringArray',
  'DateTimeArray'
] as const
export type SparkplugType = (typeof sparkplugTypes)[number]

const numbers = new Map<string, number>(sparkplugTypes.map((name, index) => [name, index]))

export function typeNumber(type: SparkplugType): number {
  return numbers.get(type) ?? 0
}

/** `undefined` for a number that the specification does not name. */
export function typeNamed(number: number): SparkplugType | undefined {
  return sparkplugTypes[number]
}

/** Bits and sign of the integers; an array has those of its elements. */
export const integerTypes: Readonly<Partial<Record<SparkplugType, { readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }>>> = {
  Int8: { bits: 8, signed: true },
  Int16: { bits: 16, signed: true },
  Int32: { bits: 32, signed: true },
  Int64: { bits: 64, signed: true },
  UInt8: { bits: 8, signed: false },
  UInt16: { bits: 16, signed: false },
  UInt32: { bits: 32, signed: false },
  UInt64: { bits: 64, signed: false },
  DateTime: { bits: 64, signed: false }
}

/** The type of the elements of an array; undefined for what is none. */
export function elementType(type: SparkplugType): SparkplugType | undefined {
  if (!type.endsWith('Array')) return undefined
  const name = type.slice(0, -'Array'.length)
  return sparkplugTypes.find((candidate) => candidate === name)
}
