/**
 * Takes events in: outcomes by what is stored, then details, then the event points that make them visible, then the offset. InfluxDB has no
 * transactions; whatever ends this early leaves details that no reader takes for true, and the same batch handed in again completes it.
 */
import { randomUUID } from 'node:crypto'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { storeError } from '../../errors.ts'
import type { BatchSource } from '../../telemetry-store.ts'
import { isDuplicate } from '../../trace-rules.ts'
import type { CaptureOutcome } from '../../trace-store.ts'
import type { InfluxDatabase } from '../client.ts'
import { createLineWriter, type LineWriter } from '../line-writer.ts'
import { spanOfMs } from '../selection.ts'
import type { EventRows, StoredVersion } from './event-rows.ts'
import { placeAll } from './placing.ts'
import {
  declaredLine,
  declaredMeasurement,
  detailLines,
  eventLine,
  feedLine,
  feedMeasurement,
  eventMeasurement,
  offsetLine,
  offsetMeasurement,
  offsetTag,
  prepareEvent,
  recordMeasurement,
  wordLine,
  writerLine,
  writerTag,
  wrongLine,
  type PreparedEvent
} from './points.ts'
import { indexText, versionIdentity, versionOf, type Position } from './position.ts'
import { createKnownWords, type KnownWords } from './known-words.ts'
import { createPositionReader } from './position-reader.ts'
import { createSelector, type Selector } from './select.ts'
import { versionsOf } from './versions.ts'

export interface Batch {
  readonly events: readonly PreparedEvent[]
  readonly source: BatchSource | undefined
}

export interface Capturer {
  /** Outcomes in the order of batches and events. One call at a time. */
  capture(batches: readonly Batch[]): Promise<CaptureOutcome[][]>
  capturedUpTo(log: string): Promise<number>
}

export interface CapturerOptions {
  readonly database: InfluxDatabase
  readonly events: EventRows
  /** 0 to 15; no other process may write under it at the same time. */
  readonly writer: number
  readonly timeoutMs: number
}

/** An error declaration of another writer this long ago, by the clocks of both, was seen by what was read since. */
const declaredLookBackMs = 600_000

export function prepareBatch(events: readonly TraceEvent[], source: BatchSource | undefined): Batch {
  return { events: events.map(prepareEvent), source }
}

export function createCapturer(options: CapturerOptions): Capturer {
  const { database, writer } = options
  const lines = createLineWriter({ database })
  const holder = randomUUID()
  const action = 'capture events'
  const places = { events: createPositionReader(), records: createPositionReader() }
  const words = createKnownWords()
  let claimed = false
  let feedMs = 0

  const write = async (texts: readonly string[]): Promise<void> => {
    if (texts.length === 0) return
    const [refused] = await lines.write(texts, 'ns')
    if (refused === undefined) return
    throw storeError('STORE_REFUSED_EVENTS', { action, server: database.name, detail: refused.detail })
  }
  /** Later than that of every round before, of earlier processes too, whatever the clock says. */
  const nextFeedMs = (): number => (feedMs = Math.max(feedMs + 1, Date.now()))
  const parts: Parts = { ...options, lines, places, words, nextFeedMs, write }

  /** What the logs have handed in so far, once nobody else writes under this number. */
  const offsetsOf = async (selector: Selector, logs: readonly string[]): Promise<Map<string, number>> => {
    if (!claimed) {
      await write([writerLine(writer, holder)])
      feedMs = await lastFeedMs(selector, writer)
      claimed = true
    }
    const rows = await readOffsets(selector, [writerTag(writer), ...logs.map(offsetTag)])
    if (rows.get(writerTag(writer))?.holder !== holder) {
      throw storeError('STORE_IN_USE', { action, path: `writer ${writer} of ${database.name}` })
    }
    return new Map(logs.map((log) => [log, rows.get(offsetTag(log))?.upTo ?? -1]))
  }

  return {
    async capture(batches) {
      const selector = createSelector(database, { action, timeoutMs: options.timeoutMs })
      const offsets = await offsetsOf(selector, [...new Set(batches.flatMap(({ source }) => source?.log ?? []))])
      const live = batches.map(({ source }) => {
        if (source === undefined) return true
        const isNew = source.upTo > (offsets.get(source.log) ?? -1)
        if (isNew) offsets.set(source.log, source.upTo)
        return isNew
      })
      const prepared = batches.flatMap(({ events }, index) => (live[index] === true ? events : []))
      const outcomes = await takeIn(parts, selector, prepared)
      const advanced = new Map(
        batches.flatMap(({ source }, index) => (source === undefined || live[index] !== true ? [] : [[source.log, source.upTo]]))
      )
      await write([...advanced].map(([log, upTo]) => offsetLine(log, upTo)))
      return batches.map(({ events }, index) =>
        events.map((one): CaptureOutcome => {
          const { eventID } = one.event
          return { eventID, outcome: live[index] === true ? (outcomes.get(one) ?? 'duplicate') : 'duplicate' }
        })
      )
    },
    async capturedUpTo(log) {
      const selector = createSelector(database, { action: 'read offset', timeoutMs: options.timeoutMs })
      return (await readOffsets(selector, [offsetTag(log)])).get(offsetTag(log))?.upTo ?? -1
    }
  }
}

interface Parts extends CapturerOptions {
  readonly lines: LineWriter
  readonly places: Readonly<Record<'events' | 'records', ReturnType<typeof createPositionReader>>>
  readonly words: KnownWords
  nextFeedMs(): number
  write(lines: readonly string[]): Promise<void>
}

async function readOffsets(selector: Selector, tags: readonly string[]): Promise<Map<string, { upTo: number; holder: string }>> {
  const rows = await selector.rows({
    measurement: offsetMeasurement,
    fields: ['up_to', 'holder'],
    where: [{ tag: 'of', anyOf: tags }],
    tags: ['of']
  })
  return new Map(rows.map(({ tags: { of = '' }, values: [upTo, holder] }) => [of, { upTo: Number(upTo), holder: String(holder) }]))
}

async function takeIn(
  parts: Parts,
  selector: Selector,
  prepared: readonly PreparedEvent[]
): Promise<Map<PreparedEvent, CaptureOutcome['outcome']>> {
  if (prepared.length === 0) return new Map()
  const stored = await versionsOf(selector, [...new Set(prepared.map(({ event }) => event.eventID))], { events: parts.events })
  const { outcomes, fresh } = judge(prepared, stored)
  const [positions, recordPositions] = await Promise.all([
    placeAll(
      selector,
      fresh.map(({ event }) => wantedOf(event, parts.writer, event.eventTimeMs)),
      { reader: parts.places.events, measurement: eventMeasurement }
    ),
    placeAll(
      selector,
      fresh.map(({ event }) => wantedOf(event, parts.writer, event.recordTimeMs)),
      { reader: parts.places.records, measurement: recordMeasurement }
    )
  ])
  const placed = fresh.map((one, index): Placed => ({ one, position: at(positions, index), recordPosition: at(recordPositions, index) }))
  const declarations = fresh.filter(({ event }) => event.errorDeclaration !== undefined)
  const wrong = new Set([...declarations.map(({ event }) => event.eventID), ...declaredIn(stored)])
  const feedMs = parts.nextFeedMs()
  const words = parts.words.newOf(placed.map(({ one }) => one.event))
  await parts.write([
    ...words.map(wordLine),
    ...placed.map(({ position }, index) => feedLine(position, { writer: parts.writer, feedMs, index })),
    ...placed.flatMap(({ one, position, recordPosition }) => detailLines(one, position, recordPosition)),
    ...declarations.map(({ event }) => declaredLine(event.eventID, Date.now()))
  ])
  parts.words.know(words)
  await parts.write(placed.map(({ one, position }) => eventLine(one, position, { isWrong: wrong.has(one.event.eventID), feedMs })))
  await markWrong(parts, selector, { prepared, placed, known: wrong })
  return outcomes
}

async function lastFeedMs(selector: Selector, writer: number): Promise<number> {
  const [last] = await selector.rows({
    measurement: feedMeasurement,
    fields: ['event_ms'],
    where: [{ tag: 'w', anyOf: [String(writer)] }],
    tags: [],
    order: 'descending',
    rowsMax: 1
  })
  return last?.timeMs ?? 0
}

interface Placed {
  readonly one: PreparedEvent
  readonly position: Position
  readonly recordPosition: Position
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new RangeError(`Cannot take item ${index} of ${items.length}`)
  return item
}

function wantedOf(event: TraceEvent, writer: number, timeMs: number) {
  return { identity: versionIdentity(event), timeMs, writer, id: indexText(event.eventID), version: versionOf(event) }
}

function judge(prepared: readonly PreparedEvent[], stored: ReadonlyMap<string, readonly StoredVersion[]>) {
  const known = new Map<string, { readonly declarationTimeMs: number | undefined }[]>()
  const outcomes = new Map<PreparedEvent, CaptureOutcome['outcome']>()
  const fresh: PreparedEvent[] = []
  for (const one of prepared) {
    const { event } = one
    let versions = known.get(event.eventID)
    if (versions === undefined) {
      versions = (stored.get(event.eventID) ?? []).map(({ fact }) => ({ declarationTimeMs: fact.errorDeclaration?.declarationTimeMs }))
      known.set(event.eventID, versions)
    }
    const isKnown = isDuplicate(event, versions)
    outcomes.set(one, isKnown ? 'duplicate' : 'stored')
    if (isKnown) continue
    versions.push({ declarationTimeMs: event.errorDeclaration?.declarationTimeMs })
    fresh.push(one)
  }
  return { outcomes, fresh }
}

function declaredIn(stored: ReadonlyMap<string, readonly StoredVersion[]>): string[] {
  return [...stored].flatMap(([id, versions]) => (versions.some(({ fact }) => fact.errorDeclaration !== undefined) ? [id] : []))
}

/**
 * Marks events that are declared wrong: those a declaration of this batch is about, also one that was stored before without its mark, and
 * events of this batch that another writer declared while they were on their way.
 */
async function markWrong(
  parts: Parts,
  selector: Selector,
  {
    prepared,
    placed,
    known
  }: { readonly prepared: readonly PreparedEvent[]; readonly placed: readonly Placed[]; readonly known: ReadonlySet<string> }
): Promise<void> {
  const declared = new Set(prepared.flatMap(({ event }) => (event.errorDeclaration === undefined ? [] : [event.eventID])))
  const versions =
    declared.size === 0 ? new Map<string, StoredVersion[]>() : await versionsOf(selector, [...declared], { events: parts.events })
  const unmarked = [...versions.values()].flat().filter(({ isWrong }) => !isWrong)
  const others = await recentlyDeclared(selector, Date.now())
  const missed = placed.filter(({ one: { event } }) => !known.has(event.eventID) && others.has(indexText(event.eventID)))
  await parts.write([...unmarked, ...missed].map(({ position }) => wrongLine(position)))
}

async function recentlyDeclared(selector: Selector, nowMs: number): Promise<Set<string>> {
  const span = spanOfMs(nowMs - declaredLookBackMs, nowMs + declaredLookBackMs)
  const rows = await selector.rows({
    measurement: declaredMeasurement,
    fields: ['id'],
    tags: ['b'],
    ...(span === undefined ? {} : { span })
  })
  return new Set(rows.map(({ values: [id] }) => String(id)))
}
