/**
 * The sealed messages of the outbox: one log for telemetry, one for the alarm lanes. It keeps their places by lane, frees what a watermark
 * covers, removes the oldest file when room is needed, and gives messages back. When to do so is the outbox's.
 */
import { createLane, type Gap, keyOf, type Lane } from './lane.ts'
import { bootOf, type OutboxChannel, type OutboxMessage } from './message.ts'
import { readMessage } from './read-message.ts'
import { encodeRecord } from './record.ts'
import { type RecoveredLog, recoverMessages } from './recover-messages.ts'
import { createSegmentLog, type Placed, type SegmentLog } from './segments.ts'
import { type GapsMeta, type MessageMeta, type ReleasedMeta, type SealedList, type Snapshot } from './stored.ts'

export interface MessageLogOptions {
  readonly folder: string
  readonly urgent: boolean
  readonly boot: string
  readonly segmentBytesMax: number
  readonly isDurable: boolean
  /** What is sealed of the journal, for the head of each file. */
  readonly sealed: () => SealedList
  /** Whether the journal has a file: what is sealed of it is known by the newest file here, which must not go before. */
  readonly hasJournal: () => boolean
  readonly now: () => number
}

export interface NewMessage {
  readonly device: string
  readonly seq: number
  readonly channel: OutboxChannel
  readonly readings: number
  /** Readings of the lane before this one. */
  readonly readingsBefore: number
  readonly journal: { readonly boot: string; readonly upTo: number } | undefined
  readonly payload: Uint8Array
}

interface Freed {
  readonly messages: number
  readonly readings: number
}

export interface MessageLog {
  readonly log: SegmentLog
  readonly recovered: Pick<RecoveredLog, 'damage' | 'tornBytes' | 'sealed' | 'lost'>
  /** The lane of this boot; made when there is none. */
  own(device: string): Lane
  waiting(device: string): number
  encode(message: NewMessage): Buffer
  /** After the record was written: it counts from now on. */
  add(message: NewMessage, place: Placed): void
  /** A number whose content was lost before it could be written. */
  addGap(device: string, readings: number): void
  release(device: string, boot: string, upTo: number): Freed
  /** Writes what was freed, and removes the files that hold nothing that waits. */
  settle(): void
  /** Removes the oldest file with all that waits in it; undefined when there is none. */
  dropOldest(): Freed | undefined
  read(query: {
    readonly device: string
    readonly afterId: number
    readonly messagesMax: number
    readonly bytesMax: number
  }): OutboxMessage[]
  backlog(): { readonly device: string; readonly urgent: boolean; readonly messages: number; readonly lastId: number }[]
  readonly messages: number
  /** What the head of a file may take. */
  readonly headBytesMax: number
}

/** Lanes in the head of a file; those beyond are known by their records only. */
const snapshotLanesMax = 4_096
const snapshotLaneBytes = 128
/** A file in use that holds nothing that waits is given up from this size on. */
const idleBytesMax = 65_536

export function createMessageLog(options: MessageLogOptions): MessageLog {
  const { folder, urgent, now } = options
  const log = createSegmentLog({
    folder,
    name: urgent ? 'alarm' : 'telemetry',
    segmentBytesMax: options.segmentBytesMax,
    isDurable: options.isDurable,
    header: () => encodeRecord('snapshot', 0, Buffer.from(JSON.stringify(snapshotOf([...lanes.values()], options.sealed()))))
  })
  const recovered = recoverMessages({ log, urgent, nowMs: now() })
  const { lanes } = recovered
  const live = liveIn(lanes.values())
  const ownBoot = bootOf(options.boot, urgent)
  const owned = new Map<string, Lane>()
  const byDevice = Map.groupBy(lanes.values(), (lane) => lane.device)
  let messages = [...lanes.values()].reduce((sum, lane) => sum + lane.waiting, 0)
  let unwritten = new Map<string, { device: string; boot: string; upTo: number }>()

  const own = (device: string): Lane => {
    const known = owned.get(device)
    if (known !== undefined) return known
    const key = keyOf(device, ownBoot)
    const lane = createLane({ device, urgent, boot: ownBoot }, { releasedUpTo: -1 })
    const others = byDevice.get(device) ?? []
    const before = others.at(-1)
    if (before !== undefined) lane.idOfZero = before.idOfZero + before.nextSeq
    lanes.set(key, lane)
    owned.set(device, lane)
    byDevice.set(device, [...others, lane])
    return lane
  }
  const forget = () => {
    const oldest = log.segments[0] ?? Infinity
    for (const [key, lane] of lanes) {
      if (lane.waiting > 0 || lane.boot === ownBoot || lane.lastSegment >= oldest) continue
      lanes.delete(key)
      byDevice.set(lane.device, byDevice.get(lane.device)?.filter((other) => other !== lane) ?? [])
    }
  }
  const idleSegments = () => {
    const newest = options.hasJournal() ? log.segments.at(-1) : undefined
    return log.segments.filter((segment) => segment !== log.current && segment !== newest && !live.has(segment))
  }
  const removeIdle = () => {
    if (log.current !== undefined && !live.has(log.current) && log.currentBytes > idleBytesMax) log.roll()
    const idle = idleSegments()
    for (const segment of idle) log.remove(segment)
    if (idle.length > 0) forget()
  }
  const writeReleased = (): void => {
    if (unwritten.size === 0) return
    const meta: ReleasedMeta = [...unwritten.values()].map(({ device, boot, upTo }) => [device, boot, upTo])
    log.write([encodeRecord('released', 0, Buffer.from(JSON.stringify(meta)))])
    unwritten = new Map()
  }
  /** Removes the content of a file; its numbers stay, as gaps that are written down first. */
  const drop = (segment: number): Freed => {
    const made: [Lane, Gap[]][] = []
    for (const lane of lanes.values()) {
      const gaps = lane.dropSegment(segment, now())
      if (gaps.length > 0) made.push([lane, gaps])
    }
    if (made.length > 0) {
      const meta: GapsMeta = made.map(([lane, gaps]) => [lane.device, lane.boot, gaps.map(tupleOf)])
      log.write([encodeRecord('gaps', 0, Buffer.from(JSON.stringify(meta)))])
      log.sync()
    }
    live.delete(segment)
    log.remove(segment)
    const gaps = made.flatMap(([, each]) => each)
    return {
      messages: gaps.reduce((sum, gap) => sum + gap.toSeq - gap.fromSeq + 1, 0),
      readings: gaps.reduce((sum, gap) => sum + gap.readings, 0)
    }
  }
  const unhold = (segment: number, count: number) => {
    const left = (live.get(segment) ?? 0) - count
    if (left > 0) live.set(segment, left)
    else live.delete(segment)
  }
  function* messagesOf(device: string, afterId: number): Generator<OutboxMessage> {
    for (const lane of byDevice.get(device) ?? []) {
      const first = Math.max(lane.releasedUpTo + 1, afterId + 1 - lane.idOfZero)
      for (let seq = first; seq < lane.nextSeq; seq += 1) {
        const message = readMessage(lane, seq, log)
        if (message !== undefined) yield message
        else {
          // The bytes were whole when they were written: what changed since is lost, and told of like what gave way.
          unhold(lane.at(seq)?.segment ?? 0, 1)
          lane.lose(seq, now())
          const told = readMessage(lane, seq, log)
          if (told !== undefined) yield told
        }
      }
    }
  }
  removeIdle()
  // Written down, so that a number tells the same after the next start. Without room it is found again then.
  if (recovered.lost.length > 0) {
    const meta: GapsMeta = recovered.lost.map(({ lane, gap }) => [lane.device, lane.boot, [tupleOf(gap)]])
    try {
      log.write([encodeRecord('gaps', 0, Buffer.from(JSON.stringify(meta)))])
    } catch {
      log.roll()
    }
  }

  return {
    log,
    recovered,
    own,
    waiting: (device) => byDevice.get(device)?.reduce((sum, lane) => sum + lane.waiting, 0) ?? 0,
    encode(message) {
      const { device, seq, channel, readings, readingsBefore, journal, payload } = message
      const { releasedUpTo } = own(device)
      const meta: MessageMeta = [
        device,
        ownBoot,
        seq,
        channel,
        readings,
        readingsBefore,
        releasedUpTo,
        now(),
        journal?.boot ?? '',
        journal?.upTo ?? 0
      ]
      return encodeRecord('message', meta, payload)
    },
    add(message, place) {
      own(message.device).add({ ...place, channel: message.channel, readings: message.readings })
      live.set(place.segment, (live.get(place.segment) ?? 0) + 1)
      messages += 1
    },
    addGap(device, readings) {
      const lane = own(device)
      const seq = lane.nextSeq
      const gap = { fromSeq: seq, toSeq: seq, readings, atMs: now() }
      const meta: GapsMeta = [[device, ownBoot, [tupleOf(gap)]]]
      log.write([encodeRecord('gaps', 0, Buffer.from(JSON.stringify(meta)))])
      lane.reach(seq + 1, lane.readings + readings)
      lane.addGap(gap)
      messages += 1
    },
    release(device, boot, upTo) {
      const lane = lanes.get(keyOf(device, boot))
      const freed = lane?.release(upTo)
      if (lane === undefined || freed === undefined || freed.messages === 0) return { messages: 0, readings: 0 }
      for (const [segment, count] of freed.segments) unhold(segment, count)
      messages -= freed.messages
      unwritten.set(keyOf(device, boot), { device, boot, upTo: lane.releasedUpTo })
      return freed
    },
    settle() {
      try {
        writeReleased()
      } finally {
        // Even when there is no room to write what was freed: removing files is what makes room.
        if (idleSegments().length > 0) log.sync()
        removeIdle()
      }
    },
    dropOldest() {
      const segment = log.segments.find((each) => live.has(each))
      if (segment === undefined) return undefined
      if (segment === log.current) log.roll()
      return drop(segment)
    },
    read(query) {
      const found: OutboxMessage[] = []
      let bytes = 0
      for (const message of messagesOf(query.device, query.afterId)) {
        bytes += message.payload.length
        // The first one always goes, or a message larger than the window would never leave.
        if (found.length > 0 && bytes > query.bytesMax) break
        found.push(message)
        if (found.length >= query.messagesMax) break
      }
      return found
    },
    backlog: () =>
      [...byDevice].flatMap(([device, its]) => {
        const count = its.reduce((sum, lane) => sum + lane.waiting, 0)
        const last = its.at(-1)
        return count === 0 || last === undefined ? [] : [{ device, urgent, messages: count, lastId: last.idOfZero + last.nextSeq - 1 }]
      }),
    get messages() {
      return messages
    },
    get headBytesMax() {
      return Math.min(lanes.size, snapshotLanesMax) * snapshotLaneBytes
    }
  }
}

function snapshotOf(lanes: readonly Lane[], sealed: SealedList): Snapshot {
  return {
    lanes: lanes
      .slice(-snapshotLanesMax)
      .map((lane) => [lane.device, lane.boot, lane.nextSeq, lane.releasedUpTo, lane.readings, lane.gaps.map(tupleOf)]),
    sealed
  }
}

function tupleOf({ fromSeq, toSeq, readings, atMs }: Gap): [number, number, number, number] {
  return [fromSeq, toSeq, readings, atMs]
}

function liveIn(lanes: Iterable<Lane>): Map<number, number> {
  const live = new Map<number, number>()
  for (const lane of lanes)
    for (let seq = lane.releasedUpTo + 1; seq < lane.nextSeq; seq += 1) {
      const entry = lane.at(seq)
      if (entry !== undefined) live.set(entry.segment, (live.get(entry.segment) ?? 0) + 1)
    }
  return live
}
