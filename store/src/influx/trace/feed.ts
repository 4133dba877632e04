/**
 * Events in the order in which each writer stored them. Rounds of one writer follow each other, so a place in its feed is a time and a number
 * within the round; a place in the whole feed is one of each writer. What is not there yet is waited for until no round can still bring it.
 * Reads only.
 */
import { createFilterMatcher } from '@tracegate/model/epcis/query/matcher'
import { storeError } from '../../errors.ts'
import { eventsLimitMax, judgedEventsMax } from '../../trace-rules.ts'
import type { FeedPage, FeedQuery } from '../../trace-store.ts'
import { nanosTextOf } from '../line-protocol.ts'
import { wholeTime, type SelectedRow } from '../selection.ts'
import type { EventRows, StoredVersion } from './event-rows.ts'
import { feedMeasurement } from './points.ts'
import { positionKey, writersMax, type Position } from './position.ts'
import type { PagedSelection, Selector } from './select.ts'

/** Where the feed of one writer was read up to. */
interface Place {
  readonly feedMs: number
  readonly index: number
}

interface FeedCursor {
  /** Only what was recorded since; 0 for everything. */
  readonly sinceMs: number
  readonly places: ReadonlyMap<number, Place>
}

export interface FeedReading {
  readonly events: EventRows
  /** A round of captures is over after this, whatever became of it. */
  readonly settleMs: number
  readonly nowMs: number
}

/** Points read at once; of each writer. */
const rowsAtOnce = 500

export async function feedOf(selector: Selector, reading: FeedReading, query: FeedQuery): Promise<FeedPage> {
  const { after, fromRecordMs = 0, filter = {} } = query
  const limit = Math.min(query.limit, eventsLimitMax)
  const start = after === undefined ? { sinceMs: Math.max(0, fromRecordMs), places: new Map<number, Place>() } : readFeedCursor(after)
  const matches = createFilterMatcher(filter)
  const places = new Map(start.places)
  const json: string[] = []
  let judged = 0
  let more = true
  while (more && json.length < limit && judged < judgedEventsMax) {
    const { arrived, isCut } = await nextEvents(selector, reading, places)
    for (const { writer, place, version } of arrived) {
      if (json.length >= limit || judged >= judgedEventsMax) return page(json, { ...start, places }, true)
      places.set(writer, place)
      judged += 1
      if (version === undefined || version.fact.recordTimeMs < start.sinceMs) continue
      if (matches(version.fact, () => version.json)) json.push(version.json)
    }
    more = isCut
  }
  return page(json, { ...start, places }, more)
}

function page(json: readonly string[], cursor: FeedCursor, more: boolean): FeedPage {
  return { json, next: writeFeedCursor(cursor), more }
}

interface Arrival {
  readonly writer: number
  readonly place: Place
  /** None where the point tells of nothing: its round never ended, or another point tells of the event. */
  readonly version: StoredVersion | undefined
}

/** What comes next after the places, over all writers in order of time; ends where something may still be on its way. */
async function nextEvents(
  selector: Selector,
  reading: FeedReading,
  places: ReadonlyMap<number, Place>
): Promise<{ readonly arrived: readonly Arrival[]; readonly isCut: boolean }> {
  const writers = Array.from({ length: writersMax }, (_, writer) => writer)
  const answers = await selector.rowsEach(writers.map((writer) => selectionOf(writer, places.get(writer))))
  const rows = answers.flatMap((ofWriter, writer) => ofWriter.map((row) => ({ writer, row })))
  rows.sort((a, b) => a.row.timeMs - b.row.timeMs || a.row.nanos - b.row.nanos || a.writer - b.writer)
  // Past the end of a cut answer the order over all writers is not known yet.
  const ends = answers.flatMap((ofWriter) => (ofWriter.length >= rowsAtOnce ? [ofWriter.at(-1)?.timeMs ?? 0] : []))
  const endMs = Math.min(Infinity, ...ends)
  const known = rows.filter(({ row }) => row.timeMs <= endMs)
  const versions = await versionsAt(selector, reading.events, known)
  return { arrived: arrivals(known, { versions, places, reading }), isCut: ends.length > 0 }
}

function selectionOf(writer: number, place: Place | undefined): PagedSelection {
  const fromNanos = place === undefined ? wholeTime.fromNanos : nanosTextOf(place.feedMs, place.index + 1)
  return {
    measurement: feedMeasurement,
    fields: ['event_ms', 'event_nanos', 'event_slot'],
    where: [{ tag: 'w', anyOf: [String(writer)] }],
    tags: [],
    rowsMax: rowsAtOnce,
    span: { ...wholeTime, fromNanos }
  }
}

interface WriterRow {
  readonly writer: number
  readonly row: SelectedRow
}

async function versionsAt(selector: Selector, events: EventRows, rows: readonly WriterRow[]): Promise<Map<string, StoredVersion>> {
  const versions = await events.at(
    selector,
    rows.map(({ row }) => positionOfRow(row)),
    { json: true }
  )
  return new Map(versions.map((version) => [positionKey(version.position), version]))
}

function positionOfRow({ values: [ms, nanos, slot] }: SelectedRow): Position {
  return { ms: Number(ms), nanos: Number(nanos), slot: Number(slot) }
}

function arrivals(
  rows: readonly WriterRow[],
  known: {
    readonly versions: ReadonlyMap<string, StoredVersion>
    readonly places: ReadonlyMap<number, Place>
    readonly reading: FeedReading
  }
): Arrival[] {
  const { versions, reading } = known
  const places = new Map(known.places)
  const waiting = new Set<number>()
  const arrived: Arrival[] = []
  for (const { writer, row } of rows) {
    if (waiting.has(writer)) continue
    const place = { feedMs: row.timeMs, index: row.nanos }
    const before = places.get(writer)
    const wanted = before?.feedMs === place.feedMs ? before.index + 1 : 0
    const version = versions.get(positionKey(positionOfRow(row)))
    // InfluxDB shows the fields of a point one by one while it is being written: what is not whole is not there yet.
    const isMissing = place.index !== wanted || version?.feedMs === undefined || row.values.includes(null)
    if (isMissing && row.timeMs > reading.nowMs - reading.settleMs) {
      waiting.add(writer)
      continue
    }
    places.set(writer, place)
    arrived.push({ writer, place, version: version?.feedMs === place.feedMs ? version : undefined })
  }
  return arrived
}

function writeFeedCursor({ sinceMs, places }: FeedCursor): string {
  const parts = [...places].sort(([a], [b]) => a - b).map(([writer, { feedMs, index }]) => [writer, feedMs, index])
  return [[sinceMs], ...parts].map((numbers) => numbers.map((number) => number.toString(36)).join('.')).join('_')
}

const numberSource = '[0-9a-z]{1,11}'
const cursorPattern = new RegExp(`^${numberSource}(?:_[0-9a-f]\\.${numberSource}\\.${numberSource}){0,${writersMax}}$`)

function readFeedCursor(text: string): FeedCursor {
  if (!cursorPattern.test(text))
    throw storeError('STORE_QUERY', { member: 'after', current: `"${text.slice(0, 64)}"`, wanted: 'the end of an earlier page' })
  const [since = '0', ...parts] = text.split('_')
  const places = parts.map((part): [number, Place] => {
    const [writer = 0, feedMs = 0, index = 0] = part.split('.').map((digits) => Number.parseInt(digits, 36))
    return [writer, { feedMs, index }]
  })
  return { sinceMs: Number.parseInt(since, 36), places: new Map(places) }
}
