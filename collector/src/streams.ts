/** The deduplication state of all streams: in memory for those that send, in the database for all. Changes become final with the commit. */
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
  state: StreamState
}

export interface Streams {
  /** True when the message is not there yet. */
  note(at: { readonly device: string; readonly boot: string; readonly seq: number; readonly nowMs: number }): boolean
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
    const stream: Stream = { device, boot, isNew: kept === undefined, state: kept ?? emptyStream }
    streams.set(key, stream)
    return stream
  }

  return {
    note({ device, boot, seq, nowMs }) {
      const stream = load(device, boot)
      const noted = noteSequence(stream.state, seq, { nowMs, gapGiveUpMs: limits.gapGiveUpMs })
      if (!noted.isNew) return false
      const key = keyOf(device, boot)
      if (!touched.has(key)) touched.set(key, { stream, before: stream.state.upTo })
      stream.state = noted.state
      if (noted.givenUp > 0) givenUp.push({ device, boot, messages: noted.givenUp })
      return true
    },
    save(nowMs) {
      for (const { stream } of touched.values()) {
        tables.putStream({ device: stream.device, boot: stream.boot, seenMs: nowMs }, stream.state)
        if (stream.isNew) tables.dropBoots(stream.device, limits.bootsPerDeviceMax)
      }
    },
    commit() {
      const risen: StreamPosition[] = []
      for (const [key, { stream, before }] of touched) {
        const { device, boot, state } = stream
        if (state.upTo > before) risen.push({ device, boot, upTo: state.upTo })
        // Set anew, so that the map is in order of use.
        streams.delete(key)
        streams.set(key, { device, boot, state, isNew: false })
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
    watermark: (device, boot) => (streams.get(keyOf(device, boot))?.state ?? tables.getStream(device, boot) ?? emptyStream).upTo
  }
}
