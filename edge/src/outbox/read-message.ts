/** One message from its file, or what is to be told of one whose content is gone. */
import { type Lane, shareOf } from './lane.ts'
import type { OutboxMessage } from './message.ts'
import { decodeRecord, payloadOfRecord } from './record.ts'
import type { SegmentLog } from './segments.ts'
import { messageMeta } from './stored.ts'

/** Undefined when its bytes are no longer what was written. */
export function readMessage(lane: Lane, seq: number, log: SegmentLog): OutboxMessage | undefined {
  const { device, urgent, boot } = lane
  const base = { id: lane.idOfZero + seq, device, urgent, boot, seq }
  const entry = lane.at(seq)
  if (entry === undefined) {
    const gap = lane.gapAt(seq)
    const droppedReadings = gap === undefined ? 0 : shareOf(gap, seq)
    const createdAtMs = gap?.atMs ?? 0
    return { ...base, channel: 'telemetry', readings: 0, lost: true, droppedReadings, createdAtMs, payload: new Uint8Array() }
  }
  const found = decodeRecord(log.read(entry))
  const meta = found === undefined ? undefined : messageMeta.check(found.record.meta)
  if (found === undefined || meta === undefined || !meta.ok || meta.value[2] !== seq || meta.value[1] !== boot) return undefined
  const { channel, readings } = entry
  const createdAtMs = meta.value[7]
  return { ...base, channel, readings, lost: false, droppedReadings: 0, createdAtMs, payload: payloadOfRecord(found.record) }
}
