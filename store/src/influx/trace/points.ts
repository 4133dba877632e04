/**
 * A version of an event as points. Everything but the event point are details, written before it: readers take no detail for true without
 * the event point that it belongs to. Each measurement has every field in every point, so that no point takes over a field of another.
 */
import type { TraceEvent } from '@tracegate/model/trace-event'
import { hash53 } from '@tracegate/model/hash53'
import { keyRoot } from '@tracegate/model/gs1/key'
import { referenceKeysOf } from '@tracegate/model/trace-graph/references'
import { glnPlace } from '@tracegate/model/trace-graph/stays'
import { encodeFact } from '../../embedded/trace/fact-codec.ts'
import { storeError } from '../../errors.ts'
import { integerFieldOf, lineStartOf, nanosTextOf, stringFieldOf } from '../line-protocol.ts'
import { bucketOf, indexText, pointTimeMs, seatNanos, versionOf, type Position } from './position.ts'
import { partsOf, textUnitsMax } from './text-parts.ts'

export const eventMeasurement = 'trace_event'
export const refMeasurement = 'trace_ref'
export const placeMeasurement = 'trace_place'
export const recordMeasurement = 'trace_record'
export const partMeasurement = 'trace_part'
export const offsetMeasurement = 'trace_offset'
export const declaredMeasurement = 'trace_declared'
export const feedMeasurement = 'trace_feed'
export const wordMeasurement = 'trace_word'

/** Points of one event that share all other tags are told apart by the nanoseconds of its seat, and by this tag past those. */
const groupsMax = 16
const alikeMax = groupsMax * seatNanos

/** What is known of an event before its position: the costly part, and everything that may refuse it. */
export interface PreparedEvent {
  readonly event: TraceEvent
  readonly facts: string
  readonly details: readonly Detail[]
}

/** A point but for its place in time. */
interface Detail {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  readonly fields: string
}

/** Throws `STORE_TOO_MUCH` when the event is larger than its seat. */
export function prepareEvent(event: TraceEvent): PreparedEvent {
  const facts = encodeFact(event)
  const details = [...refsOf(event), ...placesOf(event), ...partPoints('facts', facts), ...partPoints('json', event.json)]
  const alike = Map.groupBy(details, seriesOf)
  for (const [series, { length }] of alike) if (length > alikeMax) throw tooLarge(event, series, length)
  return { event, facts, details }
}

function seriesOf({ measurement, tags }: Detail): string {
  return `${measurement},${Object.values(tags).join()}`
}

function tooLarge({ eventID }: TraceEvent, series: string, current: number): Error {
  return storeError('STORE_TOO_MUCH', { action: 'capture events', what: `points of ${eventID} in ${series}`, current, wanted: alikeMax })
}

export function eventIDKey(eventID: string): string {
  return `event:${eventID}`
}

/** The lines of the details. */
export function detailLines({ event, details }: PreparedEvent, position: Position, recordPosition: Position): string[] {
  const record = lineOf({
    measurement: recordMeasurement,
    tags: { s: String(recordPosition.slot) },
    fields: [
      integerFieldOf('event_ms', position.ms),
      integerFieldOf('event_nanos', position.nanos),
      integerFieldOf('event_slot', position.slot),
      ...headFields(event)
    ].join(','),
    position: recordPosition
  })
  const counts = new Map<string, number>()
  const lines = details.map((detail) => {
    const series = seriesOf(detail)
    const at = counts.get(series) ?? 0
    counts.set(series, at + 1)
    const tags = { ...detail.tags, c: String(Math.floor(at / seatNanos)), s: String(position.slot) }
    return lineOf({ ...detail, tags, position: { ...position, nanos: position.nanos + (at % seatNanos) } })
  })
  return [...lines, record]
}

/**
 * The line that makes the event visible. `isWrong`: an error declaration of it is stored; `feedMs`: the time of the feed point that
 * tells of it, so that a point which an unfinished round left tells of nothing.
 */
export function eventLine(
  { event, facts }: PreparedEvent,
  position: Position,
  { isWrong, feedMs }: { readonly isWrong: boolean; readonly feedMs: number }
): string {
  const inline = (text: string): string => (text.length <= textUnitsMax ? text : '')
  const fields = [
    integerFieldOf('event_ms', event.eventTimeMs),
    ...headFields(event),
    stringFieldOf('facts', inline(facts)),
    integerFieldOf('facts_parts', partCount(facts)),
    stringFieldOf('json', inline(event.json)),
    integerFieldOf('json_parts', partCount(event.json)),
    integerFieldOf('feed_ms', feedMs),
    `wrong=${String(isWrong)}`
  ]
  return lineOf({ measurement: eventMeasurement, tags: { s: String(position.slot) }, fields: fields.join(','), position })
}

/** Tells that the event was stored, as the `index`th of its round: the order of the feed. */
export function feedLine(
  position: Position,
  { writer, feedMs, index }: { readonly writer: number; readonly feedMs: number; readonly index: number }
) {
  const fields = [
    integerFieldOf('event_ms', position.ms),
    integerFieldOf('event_nanos', position.nanos),
    integerFieldOf('event_slot', position.slot)
  ].join(',')
  return lineOf({ measurement: feedMeasurement, tags: { w: String(writer) }, fields, position: { ms: feedMs, nanos: index, slot: 0 } })
}

/** The words of an event that the vocabulary lists, by kind. */
export function wordsOf(event: TraceEvent): { readonly kind: WordKind; readonly word: string }[] {
  const { type, bizStep, disposition, readPoint, bizLocation } = event
  const words = { eventType: type, bizStep, disposition, readPoint, bizLocation }
  return wordKinds.flatMap((kind) => {
    const word = words[kind]
    return word === undefined ? [] : [{ kind, word }]
  })
}
const wordKinds = ['eventType', 'bizStep', 'disposition', 'readPoint', 'bizLocation'] as const
export type WordKind = (typeof wordKinds)[number]

/** A word has one point, however many events use it: its time is its hash. */
export function wordLine({ kind, word }: { readonly kind: WordKind; readonly word: string }): string {
  return `${lineStartOf(wordMeasurement, { k: kind })} ${stringFieldOf('word', word)} ${hash53(word)}`
}

/** Sets one field of an event point that is there. */
export function wrongLine(position: Position): string {
  return lineOf({ measurement: eventMeasurement, tags: { s: String(position.slot) }, fields: 'wrong=true', position })
}

export function offsetTag(log: string): string {
  return `log:${log}`
}

export function writerTag(writer: number): string {
  return `writer:${writer}`
}

export function offsetLine(log: string, upTo: number): string {
  return `${lineStartOf(offsetMeasurement, { of: offsetTag(log) })} ${integerFieldOf('up_to', upTo)},${stringFieldOf('holder', '')} 0`
}

/** Who writes under this number: the last one to say so. */
export function writerLine(writer: number, holder: string): string {
  return `${lineStartOf(offsetMeasurement, { of: writerTag(writer) })} ${integerFieldOf('up_to', 0)},${stringFieldOf('holder', holder)} 0`
}

/** Tells other writers of an error declaration: an event that they are about to store may be the one declared. */
export function declaredLine(eventID: string, nowMs: number): string {
  const position = { ms: pointTimeMs(nowMs), nanos: hash53(eventID) % 1_000_000, slot: 0 }
  return lineOf({
    measurement: declaredMeasurement,
    tags: { b: bucketOf(eventID) },
    fields: stringFieldOf('id', indexText(eventID)),
    position
  })
}

function headFields(event: TraceEvent): string[] {
  return [
    integerFieldOf('record_ms', event.recordTimeMs),
    stringFieldOf('id', indexText(event.eventID)),
    stringFieldOf('version', versionOf(event)),
    stringFieldOf('type', event.type),
    stringFieldOf('action', event.action ?? ''),
    stringFieldOf('biz_step', indexText(event.bizStep ?? '')),
    stringFieldOf('disposition', indexText(event.disposition ?? '')),
    stringFieldOf('read_point', indexText(event.readPoint ?? '')),
    stringFieldOf('biz_location', indexText(event.bizLocation ?? ''))
  ]
}

function partCount(text: string): number {
  return text.length <= textUnitsMax ? 0 : partsOf(text).length
}

/** Every key under which the event is found: its subjects, its id and what it refers to. */
function refsOf(event: TraceEvent): Detail[] {
  const roles = new Map([[eventIDKey(event.eventID), 0]])
  for (const reference of referenceKeysOf(event)) roles.set(reference, 0)
  for (const { key, role } of event.subjects) roles.set(key, (roles.get(key) ?? 0) | roleBits[role])
  return [...roles].map(([key, bits]) => ({
    measurement: refMeasurement,
    tags: { b: bucketOf(key) },
    fields: `${integerFieldOf('roles', bits)},${stringFieldOf('key', indexText(key))}`
  }))
}

/** For people who look into the database; 0 for the id and the transformation. */
const roleBits = { object: 1, parent: 2, child: 4, input: 8, output: 16 } as const

/** The goods that the event names at its place, and at the GLN place that it belongs to, so that a question reads no event for them. */
function placesOf(event: TraceEvent): Detail[] {
  if (event.bizLocation === undefined) return []
  const keys = [...new Set(event.subjects.map((subject) => subject.key))].map(shortKey)
  return [...new Set([event.bizLocation, glnPlace(event.bizLocation)])].flatMap((place) =>
    piecesOf(keys).map((piece) => ({
      measurement: placeMeasurement,
      tags: { b: bucketOf(place) },
      fields: `${integerFieldOf('roles', 0)},${stringFieldOf('place', indexText(place))},${stringFieldOf('keys', piece)}`
    }))
  )
}

function partPoints(of: 'facts' | 'json', text: string): Detail[] {
  if (text.length <= textUnitsMax) return []
  return partsOf(text).map((part) => ({ measurement: partMeasurement, tags: { f: of }, fields: stringFieldOf('text', part) }))
}

/** Whole words together, each piece short enough for a field; a word that is longer alone stands alone. */
function piecesOf(words: readonly string[]): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const word of words) {
    if (piece !== '' && piece.length + word.length >= textUnitsMax) {
      pieces.push(piece)
      piece = ''
    }
    piece = piece === '' ? word : `${piece} ${word}`
  }
  return [...pieces, piece]
}

const rootMark = '~'

/** A blank within a key would make two of it, a mark at its start another. */
function shortKey(key: string): string {
  const spelt = (text: string): string => text.replaceAll('%', '%25').replaceAll(' ', '%20')
  return key.startsWith(keyRoot) ? rootMark + spelt(key.slice(keyRoot.length)) : spelt(key).replace(/^~/, '%7E')
}

export function keysOfText(text: string): string[] {
  if (text === '') return []
  return text.split(' ').map((short) => {
    const key = short.replaceAll('%20', ' ').replace(/^%7E/, rootMark).replaceAll('%25', '%')
    return short.startsWith(rootMark) ? keyRoot + key.slice(rootMark.length) : key
  })
}

interface Line {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  readonly fields: string
  readonly position: Position
}

function lineOf({ measurement, tags, fields, position }: Line): string {
  return `${lineStartOf(measurement, tags)} ${fields} ${nanosTextOf(position.ms, position.nanos)}`
}
