/**
 * Reads the message files after a start: what is whole counts, what is broken is told of. A number that is known to exist and has no
 * content becomes a gap, with the readings that the records before and behind it show to be missing. Changes no file.
 */
import { decodeJson } from '@tracegate/model/codec'
import { createLane, type Gap, keyOf, type Lane, shareOf } from './lane.ts'
import { type Damage, payloadOfRecord, scanRecords, type StoredRecord } from './record.ts'
import type { SegmentLog } from './segments.ts'
import { gapsMeta, messageMeta, releasedMeta, snapshot } from './stored.ts'

export interface RecoveredLog {
  readonly lanes: Map<string, Lane>
  /** By stream and boot of the journal. */
  readonly sealed: Map<string, number>
  readonly damage: readonly (Damage & { readonly segment: number })[]
  /** What a kill left unfinished at the end of the newest file: nobody was told that it is safe. */
  readonly tornBytes: number
  /** Numbers whose content is lost by damage, and was not told of yet. */
  readonly lost: readonly { readonly lane: Lane; readonly gap: Gap }[]
}

interface Hole {
  readonly lane: Lane
  readonly fromSeq: number
  readonly toSeq: number
  readonly readings: number
}

export function recoverMessages(options: { readonly log: SegmentLog; readonly urgent: boolean; readonly nowMs: number }): RecoveredLog {
  const { log, urgent, nowMs } = options
  const reader = createReader(urgent)
  const damage: (Damage & { segment: number })[] = []
  let tornBytes = 0
  const last = log.segments.at(-1)
  log.loadEach((segment, bytes) => {
    for (const broken of scanRecords(bytes, (record, place) => reader.take(record, { segment, ...place }))) {
      if (segment === last && broken.offset + broken.bytes === bytes.length) tornBytes = broken.bytes
      else damage.push({ ...broken, segment })
    }
  })
  return { ...reader.finish(nowMs), damage, tornBytes }
}

function createReader(urgent: boolean) {
  const lanes = new Map<string, Lane>()
  const sealed = new Map<string, number>()
  const released = new Map<string, number>()
  const told = new Map<string, Gap[]>()
  const holes: Hole[] = []

  const laneOf = (device: string, boot: string, releasedUpTo: number): Lane => {
    const key = keyOf(device, boot)
    const known = lanes.get(key)
    if (known !== undefined) return known
    const lane = createLane({ device, urgent, boot }, { releasedUpTo })
    lanes.set(key, lane)
    return lane
  }
  const noteReleased = (device: string, boot: string, upTo: number) => {
    const key = keyOf(device, boot)
    released.set(key, Math.max(released.get(key) ?? -1, upTo))
  }
  const noteSealed = (stream: string, boot: string, upTo: number) => {
    const key = keyOf(stream, boot)
    if (boot !== '') sealed.set(key, Math.max(sealed.get(key) ?? 0, upTo))
  }
  /** Numbers up to `nextSeq` were given out; what was not seen is a hole, unless it is told of elsewhere. */
  const reach = (lane: Lane, nextSeq: number, readings: number) => {
    if (nextSeq <= lane.nextSeq) return
    holes.push({ lane, fromSeq: lane.nextSeq, toSeq: nextSeq - 1, readings: Math.max(0, readings - lane.readings) })
    lane.reach(nextSeq, readings)
  }
  const noteGaps = (device: string, boot: string, gaps: readonly (readonly [number, number, number, number])[]) => {
    const key = keyOf(device, boot)
    const known = told.get(key) ?? []
    for (const [fromSeq, toSeq, readings, atMs] of gaps)
      if (!known.some((gap) => gap.fromSeq === fromSeq)) known.push({ fromSeq, toSeq, readings, atMs })
    told.set(key, known)
  }
  const json = (record: StoredRecord): unknown => {
    const decoded = decodeJson(payloadOfRecord(record))
    return decoded.ok ? decoded.value : undefined
  }

  return {
    take(record: StoredRecord, place: { segment: number; offset: number; bytes: number }): void {
      switch (record.type) {
        case 'message': {
          const meta = messageMeta.check(record.meta)
          if (!meta.ok) return
          const [device, boot, seq, channel, readings, before, releasedUpTo, , journalBoot, sealedUpTo] = meta.value
          noteReleased(device, boot, releasedUpTo)
          noteSealed(urgent ? `${device}/a` : device, journalBoot, sealedUpTo)
          const lane = laneOf(device, boot, releasedUpTo)
          if (seq < lane.nextSeq) return
          reach(lane, seq, before)
          lane.add({ ...place, channel, readings })
          return
        }
        case 'gaps': {
          const list = gapsMeta.check(json(record))
          for (const [device, boot, gaps] of list.ok ? list.value : []) noteGaps(device, boot, gaps)
          return
        }
        case 'released': {
          const list = releasedMeta.check(json(record))
          for (const [device, boot, upTo] of list.ok ? list.value : []) noteReleased(device, boot, upTo)
          return
        }
        case 'snapshot': {
          const taken = snapshot.check(json(record))
          if (!taken.ok) return
          for (const [device, boot, nextSeq, releasedUpTo, readings, gaps] of taken.value.lanes) {
            noteReleased(device, boot, releasedUpTo)
            noteGaps(device, boot, gaps)
            reach(laneOf(device, boot, releasedUpTo), nextSeq, readings)
          }
          for (const [stream, boot, upTo] of taken.value.sealed) noteSealed(stream, boot, upTo)
          return
        }
        case 'readings':
          return
        default:
          record.type satisfies never
      }
    },
    finish(nowMs: number): Omit<RecoveredLog, 'damage' | 'tornBytes'> {
      const lost: { lane: Lane; gap: Gap }[] = []
      for (const [key, lane] of lanes) {
        for (const gap of told.get(key) ?? []) {
          reach(lane, gap.toSeq + 1, lane.readings + gap.readings)
          lane.addGap(gap)
        }
        lane.release(released.get(key) ?? -1)
      }
      for (const hole of holes) {
        for (const gap of unexplained(hole, nowMs)) {
          hole.lane.addGap(gap)
          lost.push({ lane: hole.lane, gap })
        }
      }
      numberLanes(lanes.values())
      return { lanes, sealed, lost }
    }
  }
}

/** What of a hole is neither freed nor told of by a gap. */
function unexplained({ lane, fromSeq, toSeq, readings }: Hole, atMs: number): Gap[] {
  const found: Gap[] = []
  const whole: Gap = { fromSeq, toSeq, readings, atMs }
  // The gaps take their own readings out of the hole; what is left is spread over what is left of the numbers.
  for (let seq = Math.max(fromSeq, lane.releasedUpTo + 1); seq <= toSeq; seq += 1) {
    const told = lane.gapAt(seq)
    if (told !== undefined) {
      seq = told.toSeq
      continue
    }
    const share = shareOf(whole, seq)
    const last = found.at(-1)
    if (last !== undefined && last.toSeq === seq - 1) found[found.length - 1] = { ...last, toSeq: seq, readings: last.readings + share }
    else found.push({ fromSeq: seq, toSeq: seq, readings: share, atMs })
  }
  return found
}

/** Ids go on from lane to lane of a stream, in the order in which the lanes were first seen. */
function numberLanes(lanes: Iterable<Lane>): void {
  for (const its of Map.groupBy(lanes, (lane) => lane.device).values()) {
    let idOfZero = 1
    for (const lane of its) {
      lane.idOfZero = idOfZero
      idOfZero += lane.nextSeq
    }
  }
}
