/** Numbers, times and qualities as field devices write them. Pure; what it cannot read it gives back as undefined. */
import type { QualityFlag } from '@tracegate/model/quality'
import type { PayloadQuality, TimeFormat } from './format-config.ts'

const timeMsMax = 253_402_300_799_999

export interface Scaling {
  readonly scale?: number
  readonly offset?: number
  readonly words?: Readonly<Record<string, number>>
}

/** NaN for a value that the device says it does not have; undefined for what is no number. */
export function numberOf(value: unknown, { scale = 1, offset = 0, words }: Scaling = {}): number | undefined {
  const number = plainNumberOf(value, words)
  return number === undefined ? undefined : number * scale + offset
}

function plainNumberOf(value: unknown, words: Scaling['words']): number | undefined {
  if (value === null) return Number.NaN
  const word = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  if (words !== undefined && word !== undefined && Object.hasOwn(words, word)) return words[word]
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** `21,5` as `21.5`, where the device writes so. */
export function withPoint(text: string, decimalComma: boolean | undefined): string {
  return decimalComma === true ? text.replace(',', '.') : text
}

/** ISO 8601 without an offset is refused: whose local time it is, nobody could say. */
const isoWithOffset = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)$/i
const isoLocal = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/

const perMillisecond = { epochSeconds: 0.001, epochMs: 1, epochMicros: 1_000, epochNanos: 1_000_000 } as const

/** Milliseconds since 1970-01-01T00:00:00Z. */
export function timeOf(value: unknown, { format, timeZone = '+00:00' }: TimeFormat): number | undefined {
  const timeMs = format === 'iso' || format === 'isoLocal' ? dateOf(value, format, timeZone) : epochOf(value, perMillisecond[format])
  return timeMs !== undefined && timeMs >= 0 && timeMs <= timeMsMax ? timeMs : undefined
}

function dateOf(value: unknown, format: 'iso' | 'isoLocal', timeZone: string): number | undefined {
  if (typeof value !== 'string') return undefined
  const local = format === 'isoLocal' ? isoLocal.exec(value.trim()) : undefined
  if (format === 'isoLocal' ? local === null : !isoWithOffset.test(value)) return undefined
  const timeMs = Date.parse(local ? `${local[1]}T${local[2]}${timeZone}` : value.replace(',', '.').toUpperCase())
  return Number.isNaN(timeMs) ? undefined : timeMs
}

function epochOf(value: unknown, unitsPerMs: number): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || !/^\d{1,19}(\.\d+)?$/.test(value))) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? Math.round(number / unitsPerMs) : undefined
}

export function qualityOf(value: unknown, rule: PayloadQuality): QualityFlag {
  const has = (words: readonly unknown[] | undefined) => words?.includes(value) === true
  if (has(rule.missing)) return 9
  if (has(rule.fail)) return 4
  if (has(rule.suspect)) return 3
  // A device that lists what is good says of everything else that it is not.
  return rule.good === undefined || has(rule.good) ? 2 : 3
}

export function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 100)
}
