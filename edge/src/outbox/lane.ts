/**
 * A lane: the messages of one stream under one boot, in the order of their numbers, and the gaps among them. It knows what waits and
 * where; it reads and writes nothing.
 */
import { createEntryQueue, type Entry } from './entries.ts'
import type { StreamName } from './message.ts'

/** Numbers whose content is gone, with the readings that were inside. */
export interface Gap {
  readonly fromSeq: number
  readonly toSeq: number
  readonly readings: number
  /** When it was noticed; the time of the messages that tell of it. */
  readonly atMs: number
}

export interface LaneName extends StreamName {
  readonly boot: string
}

export interface Lane extends LaneName {
  /** Id of the message with number 0; ids of a stream go on from lane to lane, so it is known once the lanes before are. */
  idOfZero: number
  readonly nextSeq: number
  /** Up to here everything was freed; -1 for nothing. */
  readonly releasedUpTo: number
  /** Readings in all messages so far. */
  readonly readings: number
  readonly gaps: readonly Gap[]
  readonly waiting: number
  /** Highest segment that holds one of its records; the lane is remembered as long as that is there. */
  readonly lastSegment: number
  add(entry: Entry): void
  /** Numbers up to here exist; those that were not added are gone. */
  reach(nextSeq: number, readings: number): void
  addGap(gap: Gap): void
  at(seq: number): Entry | undefined
  gapAt(seq: number): Gap | undefined
  /** Gives what was freed. */
  release(upTo: number): { readonly messages: number; readonly readings: number; readonly segments: ReadonlyMap<number, number> }
  /** The content of a number can no longer be read. */
  lose(seq: number, atMs: number): Gap
  /** The content of a segment is removed: gives the gap that this leaves, if any. */
  dropSegment(segment: number, atMs: number): Gap[]
}

export function createLane(name: LaneName, start: { readonly releasedUpTo: number }): Lane {
  const entries = createEntryQueue()
  let { releasedUpTo } = start
  let readings = 0
  let lastSegment = 0
  let gaps: Gap[] = []
  const nextSeq = () => releasedUpTo + 1 + entries.length
  const at = (seq: number) => entries.at(seq - releasedUpTo - 1)
  const gapAt = (seq: number) => gaps.find((gap) => seq >= gap.fromSeq && seq <= gap.toSeq)
  return {
    ...name,
    idOfZero: 1,
    get nextSeq() {
      return nextSeq()
    },
    get releasedUpTo() {
      return releasedUpTo
    },
    get readings() {
      return readings
    },
    get gaps() {
      return gaps
    },
    get waiting() {
      return entries.length
    },
    get lastSegment() {
      return lastSegment
    },
    add(entry) {
      entries.push(entry)
      readings += entry.readings
      lastSegment = Math.max(lastSegment, entry.segment)
    },
    reach(wantedSeq, wantedReadings) {
      while (nextSeq() < wantedSeq) entries.push(undefined)
      readings = Math.max(readings, wantedReadings)
    },
    addGap(gap) {
      gaps.push(gap)
    },
    at,
    gapAt,
    release(upTo) {
      const last = Math.min(upTo, nextSeq() - 1)
      const segments = new Map<number, number>()
      const messages = last - releasedUpTo
      if (messages <= 0) return { messages: 0, readings: 0, segments }
      let freed = 0
      for (let seq = releasedUpTo + 1; seq <= last; seq += 1) {
        const entry = at(seq)
        if (entry === undefined) continue
        freed += entry.readings
        segments.set(entry.segment, (segments.get(entry.segment) ?? 0) + 1)
      }
      entries.shift(messages)
      releasedUpTo = last
      if (gaps.length > 0) gaps = gaps.filter((gap) => gap.toSeq > last)
      return { messages, readings: freed, segments }
    },
    lose(seq, atMs) {
      const gap = { fromSeq: seq, toSeq: seq, readings: at(seq)?.readings ?? 0, atMs }
      entries.drop(seq - releasedUpTo - 1)
      gaps.push(gap)
      return gap
    },
    dropSegment(segment, atMs) {
      const made: Gap[] = []
      for (let seq = releasedUpTo + 1; seq < nextSeq(); seq += 1) {
        const entry = at(seq)
        if (entry?.segment !== segment) {
          // Segments fill one after the other: behind a newer one nothing older comes.
          if (entry !== undefined && entry.segment > segment) break
          continue
        }
        entries.drop(seq - releasedUpTo - 1)
        const last = made.at(-1)
        if (last !== undefined && last.toSeq === seq - 1)
          made[made.length - 1] = { ...last, toSeq: seq, readings: last.readings + entry.readings }
        else made.push({ fromSeq: seq, toSeq: seq, readings: entry.readings, atMs })
      }
      gaps.push(...made)
      return made
    }
  }
}

/** The part of a gap's readings that one of its numbers tells of: equal parts, the same whenever it is asked. */
export function shareOf(gap: Gap, seq: number): number {
  const count = gap.toSeq - gap.fromSeq + 1
  const index = seq - gap.fromSeq
  return Math.floor(((index + 1) * gap.readings) / count) - Math.floor((index * gap.readings) / count)
}

/** Names a lane, or a stream and a boot of its journal. */
export function keyOf(device: string, boot: string): string {
  return `${device} ${boot}`
}
