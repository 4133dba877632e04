/**
 * The intake journal: readings that are durable but not yet in a message. While nothing can be sent they wait here for company, so that
 * messages stay large; a file goes when all of its readings have been sealed. It gives no numbers and sends nothing.
 */
import { decodeJson } from '@tracegate/model/codec'
import { keyOf } from './lane.ts'
import { streamKeyOf } from './message.ts'
import { type Damage, encodeRecord, payloadOfRecord, scanRecords } from './record.ts'
import { createSegmentLog, type SegmentLog } from './segments.ts'
import { journalBoot, type JournalPiece, journalPieces } from './stored.ts'

export interface RecoveredPiece extends JournalPiece {
  readonly boot: string
  readonly segment: number
}

/** A piece on its way into the journal. */
export interface JournalEntry extends Omit<JournalPiece, 'readings'> {
  readonly text: string
}

export interface Journal {
  readonly log: SegmentLog
  readonly recovered: {
    /** By stream, in order; what was sealed is left out. */
    readonly pieces: readonly RecoveredPiece[]
    /** Readings that were in damaged records, by stream. */
    readonly lost: ReadonlyMap<string, { readonly device: string; readonly urgent: boolean; readonly readings: number }>
    readonly damage: readonly (Damage & { readonly segment: number })[]
    readonly tornBytes: number
  }
  encode(entries: readonly JournalEntry[]): Buffer
  /** A piece waits in a file: the file stays as long as there is any. */
  hold(segment: number): void
  free(segment: number): void
  /** Removes the files whose pieces are all sealed. */
  settle(): void
  /** The same at the end, for the file in use, too. */
  close(): void
}

/** A file in use without waiting pieces is given up from this size on. */
const idleBytesMax = 65_536

export function createJournal(options: {
  readonly folder: string
  readonly boot: string
  readonly segmentBytesMax: number
  readonly isDurable: boolean
  /** By stream and boot of the journal, as the message logs know it. */
  readonly sealed: ReadonlyMap<string, number>
}): Journal {
  const log = createSegmentLog({ ...options, name: 'journal', header: () => encodeRecord('snapshot', 0) })
  const recovered = recover(log, options.sealed)
  const held = new Map<number, number>()
  for (const { segment } of recovered.pieces) held.set(segment, (held.get(segment) ?? 0) + 1)
  const settle = () => {
    if (log.current !== undefined && !held.has(log.current) && log.currentBytes > idleBytesMax) log.roll()
    for (const segment of log.segments) {
      if (segment === log.current || held.has(segment)) continue
      try {
        log.remove(segment)
      } catch {
        // It goes the next time: what is in it is known to be sealed.
        return
      }
    }
  }
  settle()
  return {
    log,
    recovered,
    encode: (entries) => encodeRecord('readings', options.boot, Buffer.from(`[${entries.map(jsonOf).join(',')}]`)),
    hold: (segment) => void held.set(segment, (held.get(segment) ?? 0) + 1),
    free(segment) {
      const left = (held.get(segment) ?? 0) - 1
      if (left > 0) held.set(segment, left)
      else held.delete(segment)
    },
    settle,
    close() {
      log.roll()
      settle()
    }
  }
}

function jsonOf({ text, ...rest }: JournalEntry): string {
  return `${JSON.stringify(rest).slice(0, -1)},"readings":[${text}]}`
}

function recover(log: SegmentLog, sealed: ReadonlyMap<string, number>): Journal['recovered'] {
  const pieces: RecoveredPiece[] = []
  const damage: (Damage & { segment: number })[] = []
  const reached = new Map<string, number>()
  const lost = new Map<string, { device: string; urgent: boolean; readings: number }>()
  let tornBytes = 0
  const take = (piece: RecoveredPiece) => {
    const stream = streamKeyOf(piece)
    const key = keyOf(stream, piece.boot)
    const end = piece.index + piece.readings.length
    const upTo = Math.max(reached.get(key) ?? 0, sealed.get(key) ?? 0, piece.sealed)
    reached.set(key, Math.max(upTo, end))
    if (end <= upTo) return
    if (piece.index > upTo) {
      const before = lost.get(stream)?.readings ?? 0
      lost.set(stream, { device: piece.device, urgent: piece.urgent, readings: before + piece.index - upTo })
    }
    pieces.push(piece)
  }
  const last = log.segments.at(-1)
  log.loadEach((segment, bytes) => {
    const broken = scanRecords(bytes, (record) => {
      const boot = journalBoot.check(record.meta)
      if (record.type !== 'readings' || !boot.ok) return
      const decoded = decodeJson(payloadOfRecord(record))
      const list = decoded.ok ? journalPieces.check(decoded.value) : decoded
      for (const piece of list.ok ? list.value : []) take({ ...piece, boot: boot.value, segment })
    })
    for (const each of broken) {
      if (segment === last && each.offset + each.bytes === bytes.length) tornBytes = each.bytes
      else damage.push({ ...each, segment })
    }
  })
  return { pieces, lost, damage, tornBytes }
}
