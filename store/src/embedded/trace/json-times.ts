/** The times in the JSON of an event, told by its fact and the way they are written. Pure. */
import type { TraceFact } from '@tracegate/model/trace-event'

/** Which time, and how it is written: with or without milliseconds, in UTC or at the event's offset. */
export function timeFormOf(text: string, fact: TraceFact): string | undefined {
  const forms = text.endsWith('Z') ? utcForms : offsetForms
  for (const form of forms) if (timeText(form, fact) === text) return form
  return undefined
}

/** e: event time, r: record time, f: event time at its offset; capital letters without milliseconds. */
const utcForms = ['e', 'r', 'E', 'R'] as const
const offsetForms = ['f', 'F'] as const

export function timeText(form: string, fact: TraceFact): string | undefined {
  switch (form) {
    case 'e':
      return isoOf(fact.eventTimeMs)
    case 'r':
      return isoOf(fact.recordTimeMs)
    case 'E':
      return withoutMilliseconds(isoOf(fact.eventTimeMs))
    case 'R':
      return withoutMilliseconds(isoOf(fact.recordTimeMs))
    case 'f':
      return atOffset(fact)
    case 'F':
      return withoutMilliseconds(atOffset(fact))
    default:
      return undefined
  }
}

/** The last times written: each is asked for several times in a row. */
const isoTexts = [
  { timeMs: NaN, text: '' },
  { timeMs: NaN, text: '' }
]
let isoNext = 0

function isoOf(timeMs: number): string | undefined {
  for (const known of isoTexts) if (known.timeMs === timeMs) return known.text
  if (!(Math.abs(timeMs) <= 8.64e15)) return undefined
  const text = new Date(timeMs).toISOString()
  isoTexts[isoNext] = { timeMs, text }
  isoNext = 1 - isoNext
  return text
}

function withoutMilliseconds(iso: string | undefined): string | undefined {
  return iso?.replace('.000', '')
}

function atOffset({ eventTimeMs, timeZoneOffset }: TraceFact): string | undefined {
  const sign = /^([+-])(\d\d):(\d\d)$/.exec(timeZoneOffset)
  if (sign === null) return undefined
  const shiftMs = (Number(sign[2]) * 60 + Number(sign[3])) * (sign[1] === '-' ? -60_000 : 60_000)
  const iso = isoOf(eventTimeMs + shiftMs)
  return iso === undefined ? undefined : iso.slice(0, -1) + timeZoneOffset
}
