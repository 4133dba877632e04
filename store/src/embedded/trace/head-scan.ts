/** Goes along the heads of events in the order of their times, a bounded stretch at a time. Runs in the worker. */
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import { hintsOf } from '@tracegate/model/epcis/query/hints'
import type { DatabaseSync } from 'node:sqlite'
import type { Cursor } from '../../trace-rules.ts'
import { numberOf } from '../sqlite.ts'
import { featureBits } from './refs.ts'
import type { Terms } from './terms.ts'

export interface HeadScan {
  readonly orderBy: 'eventTime' | 'recordTime'
  readonly order: 'ascending' | 'descending'
  readonly after: Cursor | undefined
  readonly limit: number
}

export interface ScannedHeads {
  readonly heads: readonly Cursor[]
  /** Where to go on, when the stretch ended before the events did. */
  readonly stoppedAt: Cursor | undefined
}

/** Heads that one call looks at. */
const headsMax = 100_000

const wordColumns = [
  { member: 'eventTypes', column: 'type' },
  { member: 'actions', column: 'action' },
  { member: 'bizSteps', column: 'biz_step' },
  { member: 'dispositions', column: 'disposition' },
  { member: 'readPoints', column: 'read_point' },
  { member: 'bizLocations', column: 'biz_location' }
] as const

/** Conditions of SQL with their values. */
export interface HeadWhere {
  readonly conditions: readonly string[]
  readonly values: readonly number[]
}

/** What words and features of the filter ask of a head; undefined when no event can have them. */
export function wordsWhere(filter: EventFilter, terms: Terms): HeadWhere | undefined {
  const conditions: string[] = []
  const values: number[] = []
  for (const { member, column } of wordColumns) {
    const words = filter[member]
    if (words === undefined) continue
    const ids = words.flatMap((word) => terms.find(word) ?? [])
    if (ids.length === 0) return undefined
    conditions.push(`${column} IN (${ids.map(() => '?').join(',')})`)
    values.push(...ids)
  }
  const features = featureBits((filter.conditions ?? []).flatMap((condition) => hintsOf(condition).features))
  if (features !== 0) {
    conditions.push('(features IS NULL OR features & ? = ?)')
    values.push(features, features)
  }
  return { conditions, values }
}

export function timesWhere(filter: EventFilter): HeadWhere {
  const conditions: string[] = []
  const values: number[] = []
  for (const [value, condition] of [
    [filter.fromMs, 'time_ms >= ?'],
    [filter.toMs, 'time_ms < ?'],
    [filter.recordFromMs, 'record_ms >= ?'],
    [filter.recordToMs, 'record_ms < ?']
  ] as const) {
    if (value === undefined) continue
    conditions.push(condition)
    values.push(value)
  }
  return { conditions, values }
}

export function scanHeads(database: DatabaseSync, terms: Terms, filter: EventFilter, scan: HeadScan): ScannedHeads {
  const { after, limit } = scan
  const words = wordsWhere(filter, terms)
  if (words === undefined) return { heads: [], stoppedAt: undefined }
  const times = timesWhere(filter)
  const column = scan.orderBy === 'eventTime' ? 'time_ms' : 'record_ms'
  const direction = scan.order === 'ascending' ? 'ASC' : 'DESC'
  const place = after === undefined ? [] : [`(${column}, seq) ${scan.order === 'ascending' ? '>' : '<'} (?, ?)`]
  const placeValues = after === undefined ? [] : [after.timeMs, after.seq]
  // The stretch is cut by the index alone; the other time is judged within it, or it would decide the order in which SQLite looks.
  const [ofIndex, ofRest] = [times.conditions, times.conditions].map((conditions, rest) =>
    conditions.flatMap((condition, at) =>
      condition.startsWith(column) === (rest === 0) ? [{ condition, value: times.values[at] ?? 0 }] : []
    )
  )
  const stretch = `SELECT * FROM event ${where([...(ofIndex ?? []).map(({ condition }) => condition), ...place])}
    ORDER BY ${column} ${direction}, seq ${direction} LIMIT ${headsMax}`
  const stretchValues = [...(ofIndex ?? []).map(({ value }) => value), ...placeValues]
  const rest = [...(ofRest ?? []).map(({ condition }) => condition), ...words.conditions]
  const rows = database
    .prepare(`SELECT ${column} AS time, seq FROM (${stretch}) ${where(rest)} ORDER BY ${column} ${direction}, seq ${direction} LIMIT ?`)
    .all(...stretchValues, ...(ofRest ?? []).map(({ value }) => value), ...words.values, limit)
  const heads = rows.map((row) => ({ timeMs: numberOf(row, 'time'), seq: numberOf(row, 'seq') }))
  if (heads.length >= limit || rest.length === 0) return { heads, stoppedAt: undefined }
  const last = database.prepare(`SELECT ${column} AS time, seq FROM (${stretch}) LIMIT 1 OFFSET ${headsMax - 1}`).get(...stretchValues)
  return { heads, stoppedAt: last === undefined ? undefined : { timeMs: numberOf(last, 'time'), seq: numberOf(last, 'seq') } }
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
}
