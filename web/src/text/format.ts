/** How times, spans, values and keys are written. Pure: the caller passes the language, the zone and the time. */
import type { Language } from '@tracegate/model/text'

/** `local`: of this computer; `utc`; or a fixed offset as EPCIS carries it, `+08:00`. */
export type Zone = 'local' | 'utc' | `${'+' | '-'}${string}`

const minuteMs = 60_000

/** Minutes east of UTC at that time. */
export function offsetMinutesAt(timeMs: number, zone: Zone): number {
  if (zone === 'utc') return 0
  if (zone === 'local') return -new Date(timeMs).getTimezoneOffset()
  const match = /^([+-])(\d{2}):(\d{2})$/.exec(zone)
  if (match === null) return 0
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
}

function formatOffset(minutes: number): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`
}

/** `2026-11-23 18:52:07 +08:00`: always with its offset. */
export function formatTime(timeMs: number, zone: Zone): string {
  const offset = offsetMinutesAt(timeMs, zone)
  const iso = new Date(timeMs + offset * minuteMs).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} ${formatOffset(offset)}`
}

/** A sentence of the server, its times of UTC (`2026-11-23T10:52:07.214Z`) and its keys written as this page writes them. */
export function readableText(text: string, zone: Zone): string {
  const withKeys = text.replace(/https:\/\/id\.gs1\.org\/[!-+\--:<-~]+/g, (key) => formatKey(key))
  return withKeys.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => {
    const timeMs = Date.parse(time)
    return Number.isNaN(timeMs) ? time : formatTime(timeMs, zone)
  })
}

/** `18:52:07`, where the date and the offset stand nearby. */
export function formatClock(timeMs: number, zone: Zone): string {
  return new Date(timeMs + offsetMinutesAt(timeMs, zone) * minuteMs).toISOString().slice(11, 19)
}

/** `11-23 18:52`, for dense tables whose head names the offset. */
export function formatShortTime(timeMs: number, zone: Zone): string {
  const iso = new Date(timeMs + offsetMinutesAt(timeMs, zone) * minuteMs).toISOString()
  return `${iso.slice(5, 10)} ${iso.slice(11, 16)}`
}

const spanUnits = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: minuteMs },
  { unit: 'second', ms: 1_000 }
] as const

/** The two largest units of a span: `2 hr 5 min`, `2小时5分钟`. Under a second: milliseconds. */
export function formatDuration(spanMs: number, language: Language): string {
  const size = Math.max(0, spanMs)
  if (size < 1_000) return unitText(Math.round(size), 'millisecond', language)
  const first = spanUnits.findIndex(({ ms }) => size >= ms)
  const parts: string[] = []
  let rest = size
  for (const { unit, ms } of spanUnits.slice(first, first + 2)) {
    const count = Math.floor(rest / ms)
    rest -= count * ms
    if (count > 0) parts.push(unitText(count, unit, language))
  }
  return parts.join(language === 'zh' ? '' : ' ')
}

function unitText(count: number, unit: string, language: Language): string {
  return new Intl.NumberFormat(localeOf(language), { style: 'unit', unit, unitDisplay: 'short' }).format(count)
}

/** `12 sec. ago`; only ever beside an absolute time. */
export function formatAge(timeMs: number, nowMs: number, language: Language): string {
  const span = Math.max(0, nowMs - timeMs)
  const { unit, ms } = spanUnits.find((entry) => span >= entry.ms) ?? spanUnits[3]
  return new Intl.RelativeTimeFormat(localeOf(language), { style: 'short', numeric: 'always' }).format(-Math.floor(span / ms), unit)
}

function localeOf(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en-GB'
}

export function formatCount(count: number, language: Language): string {
  return new Intl.NumberFormat(localeOf(language)).format(count)
}

const unitSigns: Readonly<Record<string, string>> = { Cel: '°C', K: 'K', '%': '%', '1': '', degF: '°F', min: 'min', s: 's', ms: 'ms' }

/** The sign people write for a UCUM code. */
function unitSign(unit: string): string {
  return unitSigns[unit] ?? unit
}

/** A value with its unit: `-18.4 °C`; `–` for a missing one. */
export function formatValue(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–'
  const sign = unitSign(unit)
  return sign === '' ? formatNumber(value) : `${formatNumber(value)} ${sign}`
}

/** At most two decimals, one for anything from 10 up; a true minus sign. */
export function formatNumber(value: number): string {
  const size = Math.abs(value)
  const text = value.toFixed(Number.isInteger(value) ? 0 : size >= 1_000 ? 0 : size >= 10 ? 1 : 2)
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−')
}

/** A trace key as GS1 prints it, `(01) 09506000134352 (21) 4711`; anything else as it is. */
export function formatKey(key: string): string {
  const path = /^https:\/\/id\.gs1\.org\/(.+)$/.exec(key)?.[1]
  if (path === undefined) return key
  const parts = path.split('?')[0]?.split('/') ?? []
  const pairs: string[] = []
  for (let index = 0; index + 1 < parts.length; index += 2) pairs.push(`(${parts[index]}) ${safeDecode(parts[index + 1] ?? '')}`)
  return pairs.join(' ')
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
