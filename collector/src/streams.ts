/** The deduplication state of all streams: in memory for those that send, in the database for all. Changes become final with the commit. */
import { addPrint, comparePrint, emptyFingerprints, isReused, markReused, type Fingerprints } from './fingerprints.ts'
import type { GapLedger } from './gap-ledger/gap-ledger.ts'
import type { CollectorLimits } from './limits.ts'
import type { LogTables } from './log-tables.ts'
import { emptyStream, noteSequence, type StreamState } from './stream-state.ts'

export interface StreamPosition {
  /** `point/device`. */
  readonly device: string
  readonly boot: string
  readonly upTo: number
}

export interface StreamsOptions {
  readonly ledger: GapLedger
  readonly limits: CollectorLimits
  readonly onGapGivenUp: (gap: { readonly device: string; readonly boot: string; readonly messages: number }) => void
}

interface Stream {
  readonly device: string
  readonly boot: string
  readonly isNew: boolean
  readonly prints: Fingerprints
  state: StreamState
  /** Device time of the message with the highest number. */
  lastMs: number | undefined
}

/** conflict: the number stands for another message already, so this one is neither new nor a repeat. */
type Note = 'new' | 'duplicate' | 'conflict'

interface MessageNote {
  readonly device: string
  readonly boot: string
  readonly seq: number
  readonly nowMs: number
  /** When the device made it, by its clock. */
  readonly timeMs: number
  /** Of the content; without it every repeat counts as one. */
  readonly print?: number
}

export interface Streams {
  note(message: MessageNote): Note
  /** Writes what changed; to be called inside of the transaction. */
  save(nowMs: number): void
  /** The changes are durable: gives the streams whose watermark rose. */
  commit(): StreamPosition[]
  /** The changes are not durable: forgets them. */
  rollback(): void
  /** -1 when nothing of the stream is there. */
  watermark(device: string, boot: string): number
}

const keyOf = (device: string, boot: string) => `${device} ${boot}`

export function createStreams(tables: LogTables, options: StreamsOptions): Streams {
  const { limits } = options
  const streams = new Map<string, Stream>()
  const touched = new Map<string, { readonly stream: Stream; readonly before: number; readonly hadGaps: boolean }>()
  let givenUp: { device: string; boot: string; messages: number }[] = []

  function load(device: string, boot: string): Stream {
    const key = keyOf(device, boot)
    const known = streams.get(key)
    if (known !== undefined) return known
    const kept = tables.getStream(device, boot)
    const stream: Stream = {
      device,
      boot,
      isNew: kept === undefined,
      state: kept?.state ?? emptyStream,
      prints: kept?.prints ?? emptyFingerprints(),
      lastMs: kept?.lastMs
    }
    streams.set(key, stream)
    return stream
  }
  function touch(stream: Stream): void {
    const key = keyOf(stream.device, stream.boot)
    if (!touched.has(key)) touched.set(key, { stream, before: stream.state.upTo, hadGaps: hasGaps(stream.state) })
  }

  /** Tells the ledger of a number that is not the next one, and remembers the time of the highest. */
  function noteHighest(stream: Stream, { seq, timeMs }: { readonly seq: number; readonly timeMs: number }): void {
    const highest = stream.state.above.at(-1)?.[1] ?? stream.state.upTo
    if (seq <= highest) return
    if (seq > highest + 1) options.ledger.jumped(stream, { fromSeq: highest + 1, toSeq: seq - 1, sinceMs: stream.lastMs, untilMs: timeMs })
    stream.lastMs = timeMs
  }

  return {
    note({ device, boot, seq, nowMs, timeMs, print }) {
      const stream = load(device, boot)
      const noted = noteSequence(stream.state, seq, { nowMs, gapGiveUpMs: limits.gapGiveUpMs, startGiveUpMs: limits.startGiveUpMs })
      // A sender with a full window only repeats itself: that moves the watermark past a gap, too.
      if (noted.isNew || noted.givenUp > 0) {
        touch(stream)
        if (noted.isNew) noteHighest(stream, { seq, timeMs })
        stream.state = noted.state
        if (noted.givenUp > 0) givenUp.push({ device, boot, messages: noted.givenUp })
      }
      if (noted.isNew) {
        if (print !== undefined) addPrint(stream.prints, seq, print)
        return 'new'
      }
      const found = print === undefined ? 'unknown' : comparePrint(stream.prints, seq, print)
      if (found === 'same') return 'duplicate'
      if (found === 'other' && !isReused(stream.prints)) {
        touch(stream)
        markReused(stream.prints)
      }
      return isReused(stream.prints) ? 'conflict' : 'duplicate'
    },
    save(nowMs) {
      const gappy: Stream[] = []
      for (const { stream, hadGaps } of touched.values()) {
        if (hadGaps || hasGaps(stream.state)) gappy.push(stream)
        tables.putStream({ device: stream.device, boot: stream.boot, seenMs: nowMs }, stream)
        if (stream.isNew) tables.dropBoots(stream.device, limits.bootsPerDeviceMax)
      }
      options.ledger.save(nowMs, gappy)
    },
    commit() {
      const risen: StreamPosition[] = []
      for (const [key, { stream, before }] of touched) {
        const { device, boot, state, prints, lastMs } = stream
        if (state.upTo > before) risen.push({ device, boot, upTo: state.upTo })
        // Set anew, so that the map is in order of use.
        streams.delete(key)
        streams.set(key, { device, boot, state, prints, lastMs, isNew: false })
      }
      for (const gap of givenUp) options.onGapGivenUp(gap)
      givenUp = []
      touched.clear()
      for (const key of streams.keys()) {
        if (streams.size <= limits.streamsInMemoryMax) break
        streams.delete(key)
      }
      return risen
    },
    rollback() {
      for (const key of touched.keys()) streams.delete(key)
      touched.clear()
      givenUp = []
      options.ledger.rollback()
    },
    watermark: (device, boot) => (streams.get(keyOf(device, boot)) ?? tables.getStream(device, boot))?.state.upTo ?? emptyStream.upTo
  }
}

function hasGaps(state: StreamState): boolean {
  return state.above.length > 0 || state.holes.length > 0
}
