/** Writes the CBOR of a message item by item with what each says, for people who write an encoder. */
import { cborOf, type Plain, type PlainObject } from './vectors/message-parts.ts'
import { cbor } from './vectors/vector.ts'

/** One line an item: its bytes, indented by its depth, and what they say. */
export function annotateCbor(message: PlainObject): string[] {
  const lines = itemLines(message, 0)
  const width = Math.max(...lines.map(([hex]) => hex.length))
  return lines.map(([hex, says]) => `${hex.padEnd(width)}  ${says}`)
}

type Line = readonly [hex: string, says: string]

function itemLines(value: Plain, depth: number): Line[] {
  const indent = '  '.repeat(depth)
  if (typeof value !== 'object' || value === null) return [[indent + cborOf(value), scalar(value)]]
  if (isList(value))
    return [
      [indent + headOf(cborOf(value), value.length), `array of ${value.length}`],
      ...value.flatMap((item) => itemLines(item, depth + 1))
    ]
  const members = Object.entries(value)
  return [
    [indent + headOf(cborOf(value), members.length), `map of ${members.length}`],
    ...members.flatMap(([name, item]): Line[] => {
      const [first, ...rest] = itemLines(item, depth + 1)
      const key = `${indent}  ${cbor.text(name)}`
      return first === undefined ? [] : [[`${key} ${first[0].trimStart()}`, `${JSON.stringify(name)}: ${first[1]}`], ...rest]
    })
  ]
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}

function headOf(hex: string, count: number): string {
  return hex.slice(0, count < 24 ? 2 : count < 256 ? 4 : 6)
}

function scalar(value: null | boolean | number | string): string {
  if (typeof value === 'string') return `text of ${Buffer.byteLength(value)} bytes, ${JSON.stringify(value)}`
  if (typeof value === 'number') return Number.isSafeInteger(value) ? `integer ${value}` : `float ${value}`
  return String(value)
}
