/** How single values are written in the text that the event hash is taken of (CBV 2.0 §8.9.2): times, numbers, CBV words, GS1 keys. */
import { canonicalKey } from '../gs1/key.ts'

export function isTimeName(name: string): boolean {
  return /time/i.test(name) && !/offset/i.test(name)
}

/** UTC with milliseconds, rounded half to even from microseconds. */
export function writeTime(text: string): string {
  if (writtenTime.test(text)) return text
  const parts = /^(.*T\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/i.exec(text)
  const wholeMs = parts === null ? Number.NaN : Date.parse(`${parts[1]}${parts[3]?.toUpperCase()}`)
  if (parts === null || Number.isNaN(wholeMs)) return text
  const micros = Number((parts[2] ?? '').padEnd(6, '0').slice(0, 6))
  const down = Math.floor(micros / 1_000)
  const rest = micros % 1_000
  const millis = rest > 500 || (rest === 500 && down % 2 === 1) ? down + 1 : down
  return new Date(wholeMs + millis).toISOString()
}

/** A time as it is written, of a day that every month has. */
const writtenTime = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

const cbvUrns: readonly (readonly [string, string])[] = [
  ['urn:epcglobal:cbv:bizstep:', 'https://ref.gs1.org/cbv/BizStep-'],
  ['urn:epcglobal:cbv:disp:', 'https://ref.gs1.org/cbv/Disp-'],
  ['urn:epcglobal:cbv:btt:', 'https://ref.gs1.org/cbv/BTT-'],
  ['urn:epcglobal:cbv:sdt:', 'https://ref.gs1.org/cbv/SDT-'],
  ['urn:epcglobal:cbv:er:', 'https://ref.gs1.org/cbv/ER-']
]

export function writeValue(text: string): string {
  let value = text
  if (text.includes('urn:epcglobal:cbv:')) for (const [urn, uri] of cbvUrns) value = value.replaceAll(urn, uri)
  value = writeNumber(value)
  return canonicalKey(value) ?? value
}

/** A number without sign, zeros and point it does not need, written as the reference implementation writes it; other text as it is. */
function writeNumber(text: string): string {
  // Letters are the common case, and `+`, `-`, `.` and digits are all below them.
  if (text.charCodeAt(0) > 0x39 || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return text
  const value = Number(text)
  if (!Number.isFinite(value)) return text
  if (Number.isInteger(value)) return BigInt(value).toString()
  if (Math.abs(value) >= 1e-4) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
