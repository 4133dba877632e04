/**
 * The durable outbox: every reading, scan and event waits here until the commit watermark frees it. It gives each message its
 * (device, boot, seq), shares one commit among appends, keeps within its size on disk, and finds what is whole after a crash or on a damaged
 * disk. It does not send, and it never drops an event, a scan or an alarm: at the limit the oldest telemetry gives way, and its numbers tell
 * how many readings were inside.
 *
 * Own files with a CRC a record instead of a database: a damaged page of a B-tree takes what hangs below it, a damaged record only itself;
 * the space of a file comes back by removing it; and a commit is one append. `edge-backlog` of the benchmarks compares it with SQLite.
 */
import { edgeError } from '../errors.ts'
import type { DropPolicy } from './drop-policy.ts'
import { openOutboxFiles, type OutboxDamage, type OutboxFiles } from './files.ts'
import {
  type AppendDocument,
  type AppendReadings,
  type OutboxChannel,
  type OutboxMessage,
  streamKeyOf,
  type StreamName,
  type Watermark
} from './message.ts'
import {
  type DocumentInput,
  type OpenStream,
  type Piece,
  planCommit,
  type PlanOptions,
  type ReadingsInput,
  type StreamChange,
  textOf
} from './plan.ts'
import { fullError, partsOf, type Pending } from './pending.ts'
import { recoveredStreams } from './recovered-streams.ts'

export interface OutboxOptions {
  /** Folder of its files; made when missing. */
  readonly path: string
  readonly boot: string
  /** Of all its files together. */
  readonly bytesMax: number
  readonly sync: 'full' | 'normal'
  readonly commitAfterMs: number
  readonly batchReadingsMax?: number
  /** Longest wait of readings for others of their device while nothing can be sent. */
  readonly sealAfterMs?: number
  readonly dropPolicy?: DropPolicy
  readonly now?: () => number
  /** Called after each commit with the messages that can be sent now. */
  readonly onCommitted?: (appended: readonly (StreamName & { readonly channel: OutboxChannel })[]) => void
  /** What had to give way at the size limit. */
  readonly onDropped?: (dropped: { readonly messages: number; readonly readings: number }) => void
  readonly onReleased?: (released: { readonly device: string; readonly messages: number; readonly readings: number }) => void
}

export interface Outbox extends Disposable {
  /** Resolves when the message is durable. Rejects with `OUTBOX_FULL`, `OUTBOX_WRITE` or `OUTBOX_CLOSED`; nothing is kept then. */
  append(message: AppendDocument): Promise<void>
  /** The same for readings; the outbox puts them into messages, at once while they can be sent, else in company. */
  appendReadings(message: AppendReadings): Promise<void>
  /** Commits what waits, now. */
  flush(): void
  /** Whether messages can be sent: decides how long readings wait for company. True at the start. */
  setOnline(online: boolean): void
  /** Messages of a stream after an id, oldest first, earlier boots before this one. */
  read(query: StreamName & { readonly afterId: number; readonly messagesMax: number; readonly bytesMax: number }): OutboxMessage[]
  /** Frees the messages of a boot up to a sequence number. */
  release(watermark: Watermark): void
  /** What waits, per stream; `lastId` is the id of its newest message. */
  backlog(): (StreamName & { readonly messages: number; readonly lastId: number })[]
  /** Messages that wait, and streams with readings that are in none yet. */
  readonly messages: number
  /** On disk. */
  readonly bytes: number
  /** What was broken at the start. */
  readonly damage: OutboxDamage
}

/** What was freed is written down so often: a crash costs so much sent twice, and no more. */
const settleAfterMs = 1_000
/** Most appends that share one commit. */
const pendingMax = 512
/** Readings that are in no message yet, over all devices; beyond, messages are made of them. */
const openReadingsMax = 50_000
/** A stream with more messages than this before it waits a second for company; with many more, as if nothing could be sent. */
const shortQueue = 8
const longQueue = 64
const shortWaitMs = 1_000
const defaults = { batchReadingsMax: 200, sealAfterMs: 300_000, dropPolicy: 'oldest-telemetry' } as const

export function createOutbox(options: OutboxOptions): Outbox {
  const { batchReadingsMax, sealAfterMs, dropPolicy } = { ...defaults, ...options }
  const now = options.now ?? Date.now
  const files = open(options, dropPolicy, now)
  const streams = new Map<string, OpenStream & { readonly pieces: Piece[] }>()
  let openReadings = 0
  let pending: Pending[] = []
  let timer: NodeJS.Timeout | undefined
  let timerDueMs = 0
  let settledAtMs = -Infinity
  let hasFreed = false
  /** After a refusal, streams that are due by themselves are not tried before. */
  let retryAtMs = 0
  let isOnline = true
  let isForced = false
  let isClosed = false

  const streamOf = (name: StreamName): OpenStream => {
    const key = streamKeyOf(name)
    return (
      streams.get(key) ?? { key, device: name.device, urgent: name.urgent, pieces: [], readings: 0, openedAtMs: 0, journaled: 0, sealed: 0 }
    )
  }
  const waitOf = (stream: StreamName): number => {
    if (!isOnline) return sealAfterMs
    if (stream.urgent) return 0
    const waiting = files.logOf(false).waiting(stream.device)
    if (waiting <= shortQueue) return 0
    return waiting <= longQueue ? shortWaitMs : sealAfterMs
  }
  const dueAt = (nowMs: number) => (stream: Pick<OpenStream, keyof StreamName | 'readings' | 'openedAtMs'>) =>
    stream.readings > 0 && (isForced || nowMs - stream.openedAtMs >= waitOf(stream))

  /** False when there is no room. */
  const write = (batch: readonly Pending[], nowMs: number, isDue: PlanOptions['isDue']): boolean => {
    const planned = planCommit(
      batch.map(({ input }) => ({ ...input, stream: streamOf(input.stream) })),
      streams.values(),
      {
        boot: options.boot,
        batchReadingsMax,
        nowMs,
        laneOf: (name) => files.logOf(name.urgent).own(name.device),
        isDue
      }
    )
    const written = files.write(planned)
    if (written === 'full') return false
    for (const stream of planned.streams) take(stream, written.journalSegment)
    if (planned.freed.length > 0) files.journal.settle()
    for (const { resolve } of batch) resolve()
    const appended = planned.messages.map(({ device, urgent, channel }) => ({ device, urgent, channel }))
    if (appended.length > 0) options.onCommitted?.(appended)
    return true
  }
  /** The stream as it is after a commit: its new pieces lie in the journal. */
  const take = (change: StreamChange, segment: number) => {
    const { isSealed, added, ...rest } = change
    const before = streams.get(change.key)
    const pieces = before === undefined || isSealed ? [] : before.pieces
    let upTo = change.journaled - added.reduce((sum, piece) => sum + piece.readings, 0)
    for (const piece of added) {
      upTo += piece.readings
      const journal = { boot: options.boot, upTo, segment }
      const last = pieces.at(-1)
      // What lies in one file of the journal is held, and freed, as one.
      if (last?.journal?.segment === segment && last.journal.boot === options.boot)
        pieces[pieces.length - 1] = { ...piece, text: `${last.text},${piece.text}`, readings: last.readings + piece.readings, journal }
      else {
        pieces.push({ ...piece, journal })
        files.journal.hold(segment)
      }
    }
    openReadings += change.readings - (before?.readings ?? 0)
    streams.set(change.key, { ...rest, pieces })
  }
  const commitBatch = (batch: readonly Pending[], nowMs: number, isDue: PlanOptions['isDue']): void => {
    try {
      if (write(batch, nowMs, isDue)) return
    } catch (error) {
      const failure = edgeError('OUTBOX_WRITE', { detail: error instanceof Error ? error.message : String(error) }, error)
      for (const { reject } of batch) reject(failure)
      retryAtMs = performance.now() + settleAfterMs
      return
    }
    retryAtMs = performance.now() + settleAfterMs
    if (batch.length > 1) {
      // Something fits perhaps: what is urgent first, then the rest in halves.
      for (const part of partsOf(batch)) commitBatch(part, nowMs, () => false)
      return
    }
    for (const { input, reject } of batch) reject(fullError(input, { held: files.bytes, max: options.bytesMax }))
  }
  const settle = () => {
    if (!hasFreed || performance.now() - settledAtMs < settleAfterMs) return
    settledAtMs = performance.now()
    try {
      files.settle()
      hasFreed = false
    } catch {
      // The disk takes nothing now: what was freed is written down when it does.
    }
  }
  const commit = () => {
    clearTimeout(timer)
    timer = undefined
    if (openReadings > openReadingsMax || files.isJournalFull) isForced = true
    const batch = pending
    pending = []
    const nowMs = performance.now()
    const isDue = dueAt(nowMs)
    if (batch.length > 0 || [...streams.values()].some(isDue)) commitBatch(batch, nowMs, isDue)
    isForced = false
    settle()
    scheduleNext()
  }
  const scheduleNext = () => {
    let dueMs = hasFreed ? settledAtMs + settleAfterMs : Infinity
    for (const stream of streams.values()) if (stream.readings > 0) dueMs = Math.min(dueMs, stream.openedAtMs + waitOf(stream))
    if (dueMs < Infinity) schedule(Math.max(options.commitAfterMs, Math.max(dueMs, retryAtMs) - performance.now()))
  }
  const schedule = (afterMs: number) => {
    if (isClosed) return
    const dueMs = performance.now() + afterMs
    if (timer !== undefined && timerDueMs <= dueMs) return
    clearTimeout(timer)
    timer = setTimeout(commit, afterMs)
    timerDueMs = dueMs
  }
  const enqueue = (input: DocumentInput | ReadingsInput): Promise<void> => {
    if (isClosed) return Promise.reject(edgeError('OUTBOX_CLOSED'))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    pending.push({ input, resolve, reject })
    if (pending.length >= pendingMax) commit()
    else schedule(options.commitAfterMs)
    return promise
  }
  for (const stream of recoveredStreams(files.journal.recovered.pieces)) {
    streams.set(stream.key, { ...stream, pieces: [...stream.pieces] })
    openReadings += stream.readings
  }
  schedule(options.commitAfterMs)

  return {
    append: ({ device, channel, readings, encode }) =>
      enqueue({ type: 'document', stream: streamOf({ device, urgent: channel !== 'telemetry' }), channel, readings, encode }),
    appendReadings: ({ device, urgent = false, timeMs, timeQuality, readings }) =>
      enqueue({
        type: 'readings',
        stream: streamOf({ device, urgent }),
        timeMs,
        timeQuality,
        text: textOf(readings),
        readings: readings.length
      }),
    flush: commit,
    setOnline(online) {
      isOnline = online
      isForced = online
      if (online) commit()
    },
    read: (query) => files.logOf(query.urgent).read(query),
    release({ device, boot, upTo }) {
      if (isClosed) return
      // Only one of the two knows the boot.
      for (const urgent of [true, false]) {
        const freed = files.logOf(urgent).release(device, boot, upTo)
        if (freed.messages === 0) continue
        hasFreed = true
        schedule(options.commitAfterMs)
        options.onReleased?.({ device, ...freed })
      }
    },
    backlog: () => [...files.logOf(true).backlog(), ...files.logOf(false).backlog()],
    get messages() {
      let open = pending.length
      for (const stream of streams.values()) if (stream.readings > 0) open += 1
      return files.logOf(true).messages + files.logOf(false).messages + open
    },
    get bytes() {
      return files.bytes
    },
    damage: files.damage,
    [Symbol.dispose]() {
      if (isClosed) return
      settledAtMs = -Infinity
      commit()
      clearTimeout(timer)
      isClosed = true
      files[Symbol.dispose]()
    }
  }
}

function open(options: OutboxOptions, dropPolicy: DropPolicy, now: () => number): OutboxFiles {
  try {
    return openOutboxFiles({
      folder: options.path,
      boot: options.boot,
      bytesMax: options.bytesMax,
      isDurable: options.sync === 'full',
      dropPolicy,
      now,
      onDropped: (dropped) => options.onDropped?.(dropped)
    })
  } catch (error) {
    throw edgeError('OUTBOX_OPEN', { path: options.path, detail: error instanceof Error ? error.message : String(error) }, error)
  }
}
