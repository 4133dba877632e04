/** QARTOD test 5, climatology: the span that a value may have depends on the season, and where there is one on the depth. Bounds only, no statistics. */
import type { QualityFlag } from '@tracegate/model/quality'
import { requireSpan, type Span } from './qartod.ts'

/** Calendar units of UTC: month 1 to 12, quarter 1 to 4, day of the year and ISO week from 1, weekday from Monday 0. */
export const climatologyPeriods = ['year', 'quarter', 'month', 'weekofyear', 'week', 'dayofyear', 'dayofweek', 'day', 'hour'] as const
export type ClimatologyPeriod = (typeof climatologyPeriods)[number]

export interface ClimatologyMember {
  /** In units of `period`, or in milliseconds when there is none; both ends count as inside. */
  readonly timeSpan: Span
  readonly period?: ClimatologyPeriod
  /** Outside of it a value is 3. */
  readonly suspectSpan: Span
  /** Outside of it a value is 4. */
  readonly failSpan?: Span
  readonly depthSpan?: Span
}

interface Rows {
  readonly values: readonly (number | null)[]
  readonly timesMs: readonly (number | null)[]
  readonly depths?: readonly (number | null)[]
}

/** The last member that fits a row judges it; a row that none fits is 2. Throws a `RangeError` for members that make no sense. */
export function climatology({ values, timesMs, depths }: Rows, members: readonly ClimatologyMember[]): QualityFlag[] {
  const checked = members.map(requireMember)
  return values.map((value, index) => climatologyFlag(value, timesMs[index] ?? null, depths?.[index] ?? null, checked))
}

export function climatologyFlag(
  value: number | null,
  timeMs: number | null,
  depth: number | null,
  members: readonly ClimatologyMember[]
): QualityFlag {
  if (value === null || Number.isNaN(value) || timeMs === null) return 9
  const member = members.findLast((one) => fits(one, timeMs, depth))
  if (member === undefined) return 2
  if (member.failSpan !== undefined && !isInside(value, member.failSpan)) return 4
  return isInside(value, member.suspectSpan) ? 1 : 3
}

function fits({ timeSpan, period, depthSpan }: ClimatologyMember, timeMs: number, depth: number | null): boolean {
  if (!isInside(period === undefined ? timeMs : unitOf(timeMs, period), timeSpan)) return false
  return depthSpan === undefined || (depth !== null && isInside(depth, depthSpan))
}

const dayMs = 86_400_000

function unitOf(timeMs: number, period: ClimatologyPeriod): number {
  const date = new Date(timeMs)
  switch (period) {
    case 'year':
      return date.getUTCFullYear()
    case 'quarter':
      return Math.floor(date.getUTCMonth() / 3) + 1
    case 'month':
      return date.getUTCMonth() + 1
    case 'week':
    case 'weekofyear':
      return isoWeekOf(timeMs)
    case 'dayofyear':
      return Math.floor((timeMs - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMs) + 1
    case 'dayofweek':
      return (date.getUTCDay() + 6) % 7
    case 'day':
      return date.getUTCDate()
    case 'hour':
      return date.getUTCHours()
    default:
      return period satisfies never
  }
}

/** ISO 8601: the week belongs to the year of its Thursday. */
function isoWeekOf(timeMs: number): number {
  const day = Math.floor(timeMs / dayMs)
  // 1 January 1970 was a Thursday.
  const thursdayMs = Math.floor((day + 3) / 7) * 7 * dayMs
  return Math.floor((thursdayMs - Date.UTC(new Date(thursdayMs).getUTCFullYear(), 0, 1)) / (7 * dayMs)) + 1
}

function isInside(value: number, [low, high]: Span): boolean {
  return value >= low && value <= high
}

function requireMember(member: ClimatologyMember): ClimatologyMember {
  const { period, timeSpan, suspectSpan, failSpan, depthSpan } = member
  if (period !== undefined && !climatologyPeriods.includes(period))
    throw new RangeError(`Cannot check climatology: period is "${period}", expected one of ${climatologyPeriods.join(', ')}`)
  requireSpan(timeSpan, 'timeSpan')
  requireSpan(suspectSpan, 'suspectSpan')
  if (failSpan !== undefined) requireSpan(failSpan, 'failSpan')
  if (depthSpan !== undefined) requireSpan(depthSpan, 'depthSpan')
  return member
}
