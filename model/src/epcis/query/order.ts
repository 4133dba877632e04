/**
 * The order of events by an extension field (EPCIS 2.0 §8.2.7.1, orderBy with a qualified name): numbers, then times, then texts by their
 * characters; events without the field come last in either direction. A place in the order holds what it is compared by, so that pages
 * stay whole while events come in. Pure.
 */
import { hash53 } from '../../hash53.ts'
import { parseTimeMs } from '../normalise.ts'
import type { ExtensionName } from './condition.ts'
import { memberOf, openJson } from './event-members.ts'
import { scalarsOfField } from './match-extension.ts'

const kinds = ['number', 'time', 'text', 'none'] as const

export interface OrderPlace {
  readonly kind: (typeof kinds)[number]
  /** Number, time in milliseconds, or the start of the text; empty for none. */
  readonly value: number | string
  /** Tells events of one value apart, in the same order each time. */
  readonly tie: number
}

/** Texts that agree in so many characters count as equal. */
const textLengthMax = 256

/** Where the event stands in the order by the field. */
export function placeOf(json: string, name: ExtensionName): OrderPlace {
  const event = openJson(json)
  const eventID = memberOf(event.members(), 'eventID')
  const declared = memberOf(memberOf(event.members(), 'errorDeclaration'), 'declarationTime')
  const tie = hash53(JSON.stringify([eventID, declared]))
  const [scalar] = scalarsOfField(event, name)
  if (scalar === undefined) return { kind: 'none', value: '', tie }
  const text = String(scalar)
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return { kind: 'number', value: Number(text), tie }
  const timeMs = /^\d{4}-\d\d-\d\dT/i.test(text) ? parseTimeMs(text) : Number.NaN
  if (Number.isFinite(timeMs)) return { kind: 'time', value: timeMs, tie }
  return { kind: 'text', value: text.slice(0, textLengthMax), tie }
}

/** Negative when `a` comes first. */
export function comparePlaces(a: OrderPlace, b: OrderPlace, order: 'ascending' | 'descending'): number {
  const sign = order === 'ascending' ? 1 : -1
  if (a.kind !== b.kind) {
    if (a.kind === 'none') return 1
    if (b.kind === 'none') return -1
    return sign * (kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
  }
  if (a.value !== b.value) return a.value < b.value ? -sign : sign
  return sign * (a.tie - b.tie)
}

export function writePlace({ kind, value, tie }: OrderPlace): string {
  return JSON.stringify([kinds.indexOf(kind), value, tie])
}

/** Undefined when the text is no place. */
export function readPlace(text: string): OrderPlace | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(parsed) || parsed.length !== 3) return undefined
  const [at, value, tie]: unknown[] = parsed
  const kind = typeof at === 'number' ? kinds[at] : undefined
  if (kind === undefined || typeof tie !== 'number') return undefined
  const isText = kind === 'text' || kind === 'none'
  return typeof value === (isText ? 'string' : 'number') && (typeof value === 'string' || typeof value === 'number')
    ? { kind, value, tie }
    : undefined
}
