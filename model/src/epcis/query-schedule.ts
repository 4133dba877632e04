/** The schedule of a subscription (EPCIS 2.0 §8.2.5.3): its grammar and what it stands for. When it is due next, others work out. */
import type { Reason } from '../errors.ts'

/** From the finest to the coarsest. */
export const scheduleFields = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const
export type ScheduleField = (typeof scheduleFields)[number]

/** As a client writes it: numbers and ranges in brackets, separated by commas, e.g. `5,7` or `[1-3],30`. */
export type QuerySchedule = { readonly [Field in ScheduleField]?: string }

/** Every value of each field; a field without values is no condition. */
export type ScheduleValues = { readonly [Field in ScheduleField]?: readonly number[] }

/** 1 of dayOfWeek is Monday, 7 Sunday (EPCIS 2.0 §8.2.5.3). */
const limits: Readonly<Record<ScheduleField, readonly [lowest: number, highest: number]>> = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  month: [1, 12],
  dayOfWeek: [1, 7]
}
const textLengthMax = 256

export type ReadSchedule =
  | { readonly ok: true; readonly schedule: QuerySchedule; readonly values: ScheduleValues }
  | { readonly ok: false; readonly findings: readonly Reason[] }

/** Reads the member `schedule` of a subscription; `pointer` is where it stands. */
export function readSchedule(value: unknown, pointer = '/schedule'): ReadSchedule {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { ok: false, findings: [notAnObject(value, pointer)] }
  const findings: Reason[] = []
  const schedule: { -readonly [Field in ScheduleField]?: string } = {}
  const values: { -readonly [Field in ScheduleField]?: readonly number[] } = {}
  for (const [name, text] of Object.entries(value)) {
    const field = scheduleFields.find((known) => known === name)
    if (field === undefined) {
      findings.push(
        finding(`${pointer}/${escapePointer(name)}`, `schedule has "${name.slice(0, 64)}", expected ${scheduleFields.join(', ')}`)
      )
      continue
    }
    const read = typeof text === 'string' ? readField(field, text) : undefined
    if (typeof text === 'string' && read !== undefined) {
      schedule[field] = text
      values[field] = read
    } else findings.push(badField(field, text, pointer))
  }
  if (findings.length === 0 && Object.keys(values).length === 0)
    findings.push(finding(pointer, `schedule is empty, expected one or more of ${scheduleFields.join(', ')}`))
  return findings.length > 0 ? { ok: false, findings } : { ok: true, schedule, values }
}

function readField(field: ScheduleField, text: string): readonly number[] | undefined {
  if (text.length > textLengthMax) return undefined
  const [lowest, highest] = limits[field]
  const found = new Set<number>()
  for (const element of text.split(',')) {
    const match = /^(?:(\d{1,2})|\[(\d{1,2})-(\d{1,2})\])$/.exec(element.trim())
    const from = Number(match?.[1] ?? match?.[2] ?? Number.NaN)
    const to = Number(match?.[1] ?? match?.[3] ?? Number.NaN)
    if (!(from >= lowest && from <= to && to <= highest)) return undefined
    for (let number = from; number <= to; number += 1) found.add(number)
  }
  return [...found].sort((a, b) => a - b)
}

/**
 * What is finer than the finest field that was given has its lowest value: `{ hour: "1", minute: "5" }` is due once a day, at 01:05:00,
 * not in every second of that minute.
 */
export function completeSchedule(values: ScheduleValues): ScheduleValues {
  const givesDay = values.dayOfMonth !== undefined || values.dayOfWeek !== undefined
  const givesDate = givesDay || values.month !== undefined
  const givesHour = values.hour !== undefined
  const givesMinute = values.minute !== undefined
  const givesSecond = values.second !== undefined
  return {
    ...values,
    ...(givesSecond ? {} : { second: [0] }),
    ...(givesMinute || givesSecond ? {} : { minute: [0] }),
    ...(givesHour || givesMinute || givesSecond || !givesDate ? {} : { hour: [0] }),
    ...(givesDay || givesHour || givesMinute || givesSecond || values.month === undefined ? {} : { dayOfMonth: [1] })
  }
}

function badField(field: ScheduleField, value: unknown, pointer: string): Reason {
  const [lowest, highest] = limits[field]
  const wanted = `a text of numbers from ${lowest} to ${highest} and ranges such as "[${lowest}-${highest}]", separated by commas`
  return finding(`${pointer}/${field}`, `${field} is ${JSON.stringify(value)?.slice(0, 64) ?? 'missing'}, expected ${wanted}`)
}

function notAnObject(value: unknown, pointer: string): Reason {
  return finding(pointer, `schedule is ${JSON.stringify(value)?.slice(0, 64) ?? 'missing'}, expected an object`)
}

function finding(pointer: string, message: string): Reason {
  return { code: 'EPCIS_SCHEDULE', pointer, message }
}

function escapePointer(name: string): string {
  return name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')
}
