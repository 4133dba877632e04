/**
 * The deduplication state of all streams: in memory for those that send, in the database for all. A stream that comes in order is written
 * now and then only; the log says what came since (see `stream-replay.ts`). Changes become final with the commit.
 */
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
  readonly key: string
  isNew: boolean
  prints: Fingerprints
  state: StreamState
  /** Device time of the message with the highest number. */
  lastMs: number | undefined
  /** As it was before this transaction. */
  undo: { readonly state: StreamState; readonly prints: Fingerprints; readonly lastMs: number | undefined } | undefined
  /** It differs from its row. */
  dirty: boolean
  hadGaps: boolean
  /** The commit that touched it last. */
  usedIn: number
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
  /** Whether what is missing of a stream changed in this transaction, so that it must be written with it. */
  mustSave(): boolean
  /** Streams that differ from their rows. */
  unsaved(): number
  /** Writes what differs; to be called inside of the transaction. */
  save(nowMs: number): void
  /** The changes are durable: gives the streams whose watermark rose. */
  commit(): StreamPosition[]
  /** The changes are not durable: takes them back. */
  rollback(): void
  /** -1 when nothing of the stream is there. */
  watermark(device: string, boot: string): number
}

const keyOf = (device: string, boot: string) => `${device} ${boot}`
/** Room is made for more than one at a time, as finding what was not used costs a look at all. */
const evictShare = 0.1

export function createStreams(tables: Pick<LogTables, 'getStream' | 'putStream' | 'dropBoots'>, options: StreamsOptions): Streams {
  const { limits } = options
  const streams = new Map<string, Stream>()
  /** The one that each device used last: most devices have one, or one a lane. */
  const recent = new Map<string, Stream>()
  let touched: Stream[] = []
  const dirty = new Set<Stream>()
  /** What `save` wrote in this transaction. */
  let saved: Stream[] = []
  let gapsChanged = false
  let commits = 0
  let givenUp: { device: string; boot: string; messages: number }[] = []

  function load(device: string, boot: string): Stream {
    const last = recent.get(device)
    if (last?.boot === boot) return last
    const key = keyOf(device, boot)
    const known = streams.get(key) ?? read(device, boot, key)
    recent.set(device, known)
    return known
  }

  function read(device: string, boot: string, key: string): Stream {
    const kept = tables.getStream(device, boot)
    const state = kept?.state ?? emptyStream
    const stream: Stream = {
      device,
      boot,
      key,
      isNew: kept === undefined,
      state,
      prints: kept?.prints ?? emptyFingerprints(),
      lastMs: kept?.lastMs,
      undo: undefined,
      dirty: false,
      hadGaps: hasGaps(state),
      usedIn: commits
    }
    streams.set(key, stream)
    return stream
  }

  function touch(stream: Stream): void {
    if (stream.undo !== undefined) return
    stream.undo = { state: stream.state, prints: stream.prints.slice(), lastMs: stream.lastMs }
    stream.usedIn = commits
    touched.push(stream)
  }

  /** Tells the ledger of a number that is not the next one, and remembers the time of the highest. */
  function noteHighest(stream: Stream, { seq, timeMs }: { readonly seq: number; readonly timeMs: number }): void {
    const highest = highestOf(stream.state)
    if (seq <= highest) return
    if (seq > highest + 1) options.ledger.jumped(stream, { fromSeq: highest + 1, toSeq: seq - 1, sinceMs: stream.lastMs, untilMs: timeMs })
    stream.lastMs = timeMs
  }

  function evict(): void {
    if (streams.size <= limits.streamsInMemoryMax) return
    const idle = [...streams.values()].filter((stream) => !stream.dirty && stream.undo === undefined)
    idle.sort((left, right) => left.usedIn - right.usedIn)
    const tooMany = streams.size - Math.floor(limits.streamsInMemoryMax * (1 - evictShare))
    for (const stream of idle.slice(0, tooMany)) {
      streams.delete(stream.key)
      if (recent.get(stream.device) === stream) recent.delete(stream.device)
    }
  }

  return {
    note({ device, boot, seq, nowMs, timeMs, print }) {
      const stream = load(device, boot)
      const noted = noteSequence(stream.state, seq, { nowMs, gapGiveUpMs: limits.gapGiveUpMs, startGiveUpMs: limits.startGiveUpMs })
      // A sender with a full window only repeats itself: that moves the watermark past a gap, too.
      if (noted.isNew || noted.givenUp > 0) {
        touch(stream)
        gapsChanged ||= noted.givenUp > 0 || seq !== highestOf(stream.state) + 1
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
    mustSave: () => gapsChanged,
    unsaved: () => dirty.size + touched.length,
    save(nowMs) {
      saved = [...new Set([...dirty, ...touched])]
      const gappy: Stream[] = []
      for (const stream of saved) {
        if (stream.hadGaps || hasGaps(stream.state)) gappy.push(stream)
        tables.putStream({ device: stream.device, boot: stream.boot, seenMs: nowMs }, stream)
        if (stream.isNew) tables.dropBoots(stream.device, limits.bootsPerDeviceMax)
      }
      options.ledger.save(nowMs, gappy)
    },
    commit() {
      const risen: StreamPosition[] = []
      commits += 1
      for (const stream of touched) {
        const { device, boot, state, undo } = stream
        if (undo !== undefined && state.upTo > undo.state.upTo) risen.push({ device, boot, upTo: state.upTo })
        stream.undo = undefined
        stream.dirty = true
        dirty.add(stream)
      }
      for (const stream of saved) {
        dirty.delete(stream)
        Object.assign(stream, { dirty: false, isNew: false, hadGaps: hasGaps(stream.state) })
      }
      for (const gap of givenUp) options.onGapGivenUp(gap)
      reset()
      options.ledger.commit()
      evict()
      return risen
    },
    rollback() {
      for (const stream of touched) {
        Object.assign(stream, stream.undo)
        stream.undo = undefined
      }
      reset()
      options.ledger.rollback()
    },
    watermark: (device, boot) => (streams.get(keyOf(device, boot)) ?? tables.getStream(device, boot))?.state.upTo ?? emptyStream.upTo
  }

  function reset(): void {
    touched = []
    saved = []
    givenUp = []
    gapsChanged = false
  }
}

function highestOf(state: StreamState): number {
  return state.above.at(-1)?.[1] ?? state.upTo
}

function hasGaps(state: StreamState): boolean {
  return state.above.length > 0 || state.holes.length > 0
}
