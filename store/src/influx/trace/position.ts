/**
 * Where the points of an event lie. InfluxDB makes one point of two with equal tags and time, so every stored version of an event has a
 * position of its own: the millisecond, a seat within it and a slot. The order of its positions follows from what it is alone, so the same
 * event handed in again is written over itself; a taken position is known by reading, and the next one is tried. Pure.
 */
import { createHash } from 'node:crypto'
import { hash53 } from '@tracegate/model/hash53'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { influxTimeMsMax } from '../line-protocol.ts'

export interface Position {
  /** The time of the event, held to what InfluxDB has room for (1970 to 2262). */
  readonly ms: number
  /** Multiple of `seatNanos` below a million. */
  readonly nanos: number
  /** A tag: the writer's first one as long as a millisecond holds some ten thousand events. Writers share none, so they cannot meet. */
  readonly slot: number
}

/** Nanoseconds of one seat: so many points of one event may share all tags. */
export const seatNanos = 16
const seatsPerMs = 1_000_000 / seatNanos
const slotsPerWriter = 16
export const writersMax = 16
const attemptsPerSlot = 10
/** A millisecond holds a million events of one writer, of which most find a seat well before this. */
export const attemptsMax = slotsPerWriter * attemptsPerSlot

/** A version of an event, as text: no two versions of any events share it. */
export function versionIdentity(event: Pick<TraceEvent, 'eventID' | 'errorDeclaration'>): string {
  return `${event.eventID}\n${versionOf(event)}`
}

/** Empty for the event itself, the time of the declaration for an error declaration. */
export function versionOf({ errorDeclaration }: Pick<TraceEvent, 'errorDeclaration'>): string {
  return errorDeclaration === undefined ? '' : String(errorDeclaration.declarationTimeMs)
}

export interface Wanted {
  readonly identity: string
  readonly timeMs: number
  /** 0 to 15. */
  readonly writer: number
}

/**
 * The position to try at each attempt. Seats come from SHA-256, so that no sender can choose names that meet at every attempt; the next slot
 * is begun only when ten seats of the one before were taken.
 */
export function positionsOf({ identity, timeMs, writer }: Wanted): (attempt: number) => Position {
  const ms = pointTimeMs(timeMs)
  const digests: Buffer[] = []
  return (attempt) => {
    const slot = Math.floor(attempt / attemptsPerSlot)
    const digest = (digests[slot] ??= createHash('sha256').update(`${slot}\n${identity}`).digest())
    const seat = digest.readUIntBE((attempt % attemptsPerSlot) * 3, 3) % seatsPerMs
    return { ms, nanos: seat * seatNanos, slot: writer * slotsPerWriter + slot }
  }
}

export function pointTimeMs(timeMs: number): number {
  return Math.min(Math.max(timeMs, 0), influxTimeMsMax)
}

export function positionKey({ ms, nanos, slot }: Position): string {
  return `${ms}.${nanos}.${slot}`
}

/** The position whose seat holds a point of this time. */
export function positionAt(row: { readonly timeMs: number; readonly nanos: number }, slot: number): Position {
  return { ms: row.timeMs, nanos: row.nanos - (row.nanos % seatNanos), slot }
}

export function comparePositions(a: Position, b: Position): number {
  return a.ms - b.ms || a.nanos - b.nanos || a.slot - b.slot
}

/** One number for cursors: what tells positions of one millisecond apart, in their order. */
export function sequenceOf({ nanos, slot }: Position): number {
  return nanos * writersMax * slotsPerWriter + slot
}

const bucketsMax = 4_096

/** The tag that stands for a key: as many series as there are buckets, however many keys. */
export function bucketOf(key: string): string {
  return (hash53(key) % bucketsMax).toString(16).padStart(3, '0')
}

export const bucketNames: readonly string[] = Array.from({ length: bucketsMax }, (_, number) => number.toString(16).padStart(3, '0'))

const indexTextMax = 1_000

/** The key as a field that is asked for: of long texts the start and a digest. Hits are checked against the event. */
export function indexText(key: string): string {
  const whole = key.toWellFormed()
  if (whole.length <= indexTextMax) return whole
  return `${whole.slice(0, indexTextMax).toWellFormed()}#${createHash('sha256').update(key).digest('hex')}`
}
