/** Events in the order in which they were committed, a bounded stretch at a time: what subscriptions read. Runs in the worker. */
import { createFilterMatcher } from '@tracegate/model/epcis/query/matcher'
import type { DatabaseSync } from 'node:sqlite'
import { encodeCursor, eventsLimitMax, readCursor } from '../../trace-rules.ts'
import type { FeedPage, FeedQuery } from '../../trace-store.ts'
import { numberOf } from '../sqlite.ts'
import type { EventReader } from './event-reader.ts'
import { timesWhere, wordsWhere } from './head-scan.ts'
import type { Progress } from './progress.ts'
import type { Terms } from './terms.ts'

/** Events that one call passes by, and those of them that it judges by more than their heads. */
const passedMax = 20_000
const judgedMax = 5_000

interface FeedOptions {
  readonly index: DatabaseSync
  readonly events: EventReader
  readonly terms: Terms
  readonly progress: Progress
}

export function createFeed({ index, events, terms, progress }: FeedOptions): (query: FeedQuery) => FeedPage {
  const firstSince = index.prepare('SELECT COALESCE(MIN(seq), 0) AS seq FROM event WHERE record_ms >= ?')
  const startOf = ({ after, fromRecordMs }: FeedQuery): number => {
    if (after !== undefined) return readCursor(after).seq
    if (fromRecordMs === undefined) return 0
    const first = numberOf(firstSince.get(fromRecordMs), 'seq')
    return first === 0 ? progress.get('indexed') : first - 1
  }
  return (query) => {
    const { after, fromRecordMs, filter = {} } = query
    const limit = Math.min(query.limit, eventsLimitMax)
    const newest = progress.get('indexed')
    const start = startOf(query)
    const end = Math.min(newest, start + passedMax)
    // Later calls go on by the order of commits: a clock set back then hides nothing.
    const since = after === undefined && fromRecordMs !== undefined ? fromRecordMs : undefined
    const seqs = headsBetween(index, terms, { filter, start, end, since })
    const matches = createFilterMatcher(filter)
    const json: string[] = []
    let seq = end
    for (const [looked, head] of seqs.entries()) {
      if (json.length === limit || looked === judgedMax) {
        seq = (seqs[looked] ?? 1) - 1
        break
      }
      const fact = events.fact(head)
      if (fact !== undefined && matches(fact, () => events.json(head) ?? '')) json.push(events.json(head) ?? '')
    }
    const passed = Math.max(start, seq)
    return { json, next: encodeCursor({ timeMs: 0, seq: passed }), more: passed < newest }
  }
}

interface Stretch {
  readonly filter: NonNullable<FeedQuery['filter']>
  readonly start: number
  /** Included. */
  readonly end: number
  readonly since: number | undefined
}

function headsBetween(index: DatabaseSync, terms: Terms, { filter, start, end, since }: Stretch): number[] {
  const words = wordsWhere(filter, terms)
  if (words === undefined) return []
  const times = timesWhere(filter)
  const conditions = ['seq > ?', 'seq <= ?', ...times.conditions, ...words.conditions, ...(since === undefined ? [] : ['record_ms >= ?'])]
  const values = [start, end, ...times.values, ...words.values, ...(since === undefined ? [] : [since])]
  // Without the plus the planner may prefer the index of a time.
  const text = conditions.map((condition) => condition.replace(/^(time_ms|record_ms)/, '+$1')).join(' AND ')
  return index
    .prepare(`SELECT seq FROM event WHERE ${text} ORDER BY seq LIMIT ${judgedMax + 1}`)
    .all(...values)
    .map((row) => numberOf(row, 'seq'))
}
