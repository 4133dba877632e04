/** The deduplication state of all streams: in memory for those that send, in the database for all. Changes become final with the commit. */
import { addPrint, comparePrint, emptyFingerprints, isReused, markReused, type Fingerprints } from './fingerprints.ts'
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
  readonly limits: CollectorLimits
  readonly onGapGivenUp: (gap: { readonly device: string; readonly boot: string; readonly messages: number }) => void
}

interface Stream {
  readonly device: string
  readonly boot: string
  readonly isNew: boolean
  readonly prints: Fingerprints
  state: StreamState
}

/** conflict: the number stands for another message already, so this one is neither new nor a repeat. */
type Note = 'new' | 'duplicate' | 'conflict'

interface MessageNote {
  readonly device: string
  readonly boot: string
  readonly seq: number
  readonly nowMs: number
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
  const touched = new Map<string, { readonly stream: Stream; readonly before: number }>()
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
      prints: kept?.prints ?? emptyFingerprints()
    }
    streams.set(key, stream)
    return stream
  }
  function touch(stream: Stream): void {
    const key = keyOf(stream.device, stream.boot)
    if (!touched.has(key)) touched.set(key, { stream, before: stream.state.upTo })
  }

  return {
    note({ device, boot, seq, nowMs, print }) {
      const stream = load(device, boot)
      const noted = noteSequence(stream.state, seq, { nowMs, gapGiveUpMs: limits.gapGiveUpMs, startGiveUpMs: limits.startGiveUpMs })
      // A sender with a full window only repeats itself: that moves the watermark past a gap, too.
      if (noted.isNew || noted.givenUp > 0) {
        touch(stream)
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
      for (const { stream } of touched.values()) {
        tables.putStream({ device: stream.device, boot: stream.boot, seenMs: nowMs }, stream)
        if (stream.isNew) tables.dropBoots(stream.device, limits.bootsPerDeviceMax)
      }
    },
    commit() {
      const risen: StreamPosition[] = []
      for (const [key, { stream, before }] of touched) {
        const { device, boot, state, prints } = stream
        if (state.upTo > before) risen.push({ device, boot, upTo: state.upTo })
        // Set anew, so that the map is in order of use.
        streams.delete(key)
        streams.set(key, { device, boot, state, prints, isNew: false })
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
    },
    watermark: (device, boot) => (streams.get(keyOf(device, boot)) ?? tables.getStream(device, boot))?.state.upTo ?? emptyStream.upTo
  }
}
