/**
 * The durable log between receiving and storing: `collector.db`. A message is committed here, together with its place in its
 * sender's stream, before anybody is told so; refused ones go to the dead letter in the same commit. It stores nothing elsewhere.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { GapLedgerReader } from '@tracegate/service/gap-ledger'
import { inTransaction, openSqlite, requireDataFolder, toStoreError } from '@tracegate/store/embedded-sqlite'
import { isStoreError } from '@tracegate/store/errors'
import { prepareDeadLetterTables, type Closing } from './dead-letter/dead-letter-tables.ts'
import { createDeadLetters, type DeadLetters } from './dead-letter/dead-letters.ts'
import type { Intake } from './decode.ts'
import { collectorError } from './errors.ts'
import { createGapLedger } from './gap-ledger/gap-ledger.ts'
import { createGroupWriter, type CommitOutcome, type LogMessage, type Replay } from './group-writer.ts'
import { eachLane, lanes, sourceName, type Lane } from './lanes.ts'
import type { CollectorLimits } from './limits.ts'
import type { FramedMessage } from './log-frames.ts'
import { createLogLane, type LogEntry } from './log-lane.ts'
import { createLogRoom } from './log-room.ts'
import { isOfContent, logMigrations, prepareLogTables, type LogSize } from './log-tables.ts'
import { createSoonestTimer } from './soonest-timer.ts'
import { replayStreams } from './stream-replay.ts'
import { createStreams, type StreamPosition } from './streams.ts'
import { createUnstorable, type Unstorable } from './unstorable.ts'
import { createWaitingRoom, makeWaiting, type Waiting } from './waiting-room.ts'

export interface IngestLogOptions {
  readonly dataDir: string
  /** Wall clock in milliseconds. */
  readonly nowMs: () => number
  readonly limits: CollectorLimits
  readonly decode: (message: LogMessage) => Intake
  /** Told after each commit: the streams whose watermark rose, and how long the event loop stood still. */
  readonly onCommit: (commit: { readonly messages: number; readonly tookMs: number; readonly streams: readonly StreamPosition[] }) => void
  /** Told of each message of a commit, before its sender is. Must not throw. */
  readonly onOutcome: (outcome: CommitOutcome, message: LogMessage, intake: Intake) => void
  /** Told of each message that was not committed. Must not throw. */
  readonly onRejected: (error: unknown, message: LogMessage, intake: Intake) => void
  readonly onGapGivenUp: (gap: { readonly device: string; readonly boot: string; readonly messages: number }) => void
  readonly onDeadLettersDropped: (count: number) => void
  readonly onDeadLettersExpired: (count: number) => void
}

/** One lane as its writer sees it. */
export interface LaneReader {
  /** How the stores know the lane. */
  readonly name: string
  /** The last offset that was given out before this run. */
  readonly offsetAtStart: number
  /** Gives the lane a name of which no store has heard, for good. Throws when it cannot be written. */
  rename(): void
  /** The next entries in order; empty when there is none. They stay in the log until they are released. */
  take(): LogEntry[]
  isEmpty(): boolean
  /** Resolves when `take` may give something, or after `wake`. */
  ready(): Promise<void>
  wake(): void
  /** Lets everything up to the last of the entries go. */
  release(entries: readonly LogEntry[]): void
  /** What is in the log, and since when. */
  lag(): { readonly messages: number; readonly bytes: number; readonly oldestMs: number | undefined }
}

export interface IngestLog {
  /** What an earlier run left. */
  readonly leftOver: Omit<LogSize, 'bytes'>
  /** Resolves when the message is durable. */
  append(message: LogMessage, intake: Intake, replay?: Replay): Promise<CommitOutcome>
  /** The same without saying what became of it: `onOutcome` was told. */
  commit(message: LogMessage, intake: Intake): Promise<void>
  readonly lanes: Readonly<Record<Lane, LaneReader>>
  /** Keeps what no store takes as dead letters. */
  readonly unstorable: Unstorable
  /** Up to where a stream is durable; -1 when nothing of it is. */
  watermark(device: string, boot: string): number
  readonly deadLetters: DeadLetters['reader']
  /** Lets an open dead letter go; false when there is none. */
  discard(id: number, closing: Omit<Closing, 'state'>): boolean
  readonly gaps: GapLedgerReader
  /** Gaps of a device that may still be filled, at most 1,000. */
  openGaps(device: string): number
  /** Why nothing is committed, or only alarms and events; undefined when all is well. */
  trouble(): string | undefined
  counts(): { readonly waiting: number; readonly messages: number; readonly bytes: number; readonly deadLetters: number }
  /** Rejects what waits and closes the file; what is in the log stays for the next start. */
  close(): void
}

const checkWaitingEveryMs = 250
const expireEveryMs = 60_000
/** 32 MiB: what is released within a second or two is never copied out of the write-ahead file, and commits seldom wait for the copying. */
const pagesPerCheckpoint = 8_000

export function openIngestLog(options: IngestLogOptions): IngestLog {
  const { limits, nowMs } = options
  const path = join(requireDataFolder(options.dataDir), 'collector.db')
  const database = openSqlite({
    path,
    migrations: logMigrations,
    pageCacheKiB: 4_096,
    ...(limits.filePagesMax === undefined ? {} : { pageCountMax: limits.filePagesMax })
  })
  database.exec(`PRAGMA wal_autocheckpoint = ${pagesPerCheckpoint}`)
  const tables = prepareLogTables(database)
  const ledger = createGapLedger(database, { nowMs })
  const streams = createStreams(tables, { ...options, ledger })
  const dead = createDeadLetters(prepareDeadLetterTables(database), options)
  const decodeFramed = (message: FramedMessage) => options.decode(message)
  replayStreams({ database, tables, streams, ledger, decode: decodeFramed })
  const left = eachLane((lane) => tables.sizeOf(lane))
  const lastOffsets = eachLane((lane) => Math.max(left[lane].lastOffset ?? 0, tables.releasedUpTo(lane) ?? 0))
  const logLanes = eachLane((lane) =>
    createLogLane({ lane, tables, limits, decode: decodeFramed, lastOffset: lastOffsets[lane], leftOver: left[lane].messages > 0 })
  )
  const lastCommitId = tables.lastCommitId()
  const writer = createGroupWriter({ database, tables, streams, ledger, dead, logLanes, limits, nowMs, lastCommitId })
  const room = createLogRoom({ database, limits, messages: sumOf(left, 'messages'), bytes: sumOf(left, 'bytes') })
  const waiting = createWaitingRoom(limits)
  let toRelease: Partial<Record<Lane, number>> = {}
  const hasRelease = () => lanes.some((lane) => toRelease[lane] !== undefined)
  let closed = false
  const timer = createSoonestTimer(flush)
  let immediate: NodeJS.Immediate | undefined
  let lastCommitMs = 1
  let lastReleaseMs = performance.now()
  let failure: Error | undefined
  const releaseIsDue = () => hasRelease() && (room.isTight() || performance.now() - lastReleaseMs >= limits.releaseEveryMs)

  function schedule(): void {
    if (closed || immediate !== undefined) return
    // After a failed commit the file is asked again now and then, with what waits.
    if (failure !== undefined) return timer.within(limits.commitRetryMs)
    const takes = waiting.hasFor(room)
    if (hasRelease() && room.isTight()) immediate = setImmediate(flush)
    else if (takes && waiting.count() >= limits.groupMessagesMax) immediate = setImmediate(flush)
    // A message does not wait for the pause of a release that was planned before it came.
    else if (takes) timer.within(Math.min(limits.groupWaitMaxMs, Math.max(1, Math.ceil(lastCommitMs))))
    else if (hasRelease() || writer.hasUnsaved()) timer.within(limits.releaseEveryMs)
  }

  function flush(): void {
    timer.clear()
    clearImmediate(immediate)
    immediate = undefined
    if (closed) return
    const group = waiting.take(room)
    if (group.length > 0 || releaseIsDue()) commit(group)
    else save()
    schedule()
  }

  function commit(group: readonly Waiting[]): void {
    const release = releaseIsDue() || group.length === 0 ? toRelease : {}
    const startedMs = performance.now()
    try {
      const written = writer.write(group, release)
      failure = undefined
      room.add(written)
      if (release === toRelease) {
        toRelease = {}
        lastReleaseMs = startedMs
      }
      lastCommitMs = performance.now() - startedMs
      settle(group, written.outcomes)
      options.onCommit({ messages: group.length, tookMs: lastCommitMs, streams: written.streams })
    } catch (error) {
      const cause = toStoreError({ action: 'commit messages', path }, error)
      failure = cause instanceof Error ? cause : new Error('Cannot commit messages', { cause })
      if (group.length > 0 && isOfContent(error)) return commitApart(group, failure)
      waiting.putBack(group)
      if (group.length > 0 && isStoreError(failure, 'STORE_FULL')) commitLess(group)
    }
  }

  /** One message that no row takes must not hold up all others for good: it is found by halving, and not acknowledged. */
  function commitApart(group: readonly Waiting[], error: Error): void {
    const middle = Math.ceil(group.length / 2)
    failure = undefined
    if (group.length > 1) for (const half of [group.slice(0, middle), group.slice(middle)]) commit(half)
    else for (const one of group) reject(one, error)
  }

  /** The disk is full: what can be let go goes, and alarms and events, which are few, may still find room. */
  function commitLess(group: readonly Waiting[]): void {
    const reason = failure
    if (hasRelease()) commit([])
    const urgent = group.reduce((sum, one) => sum + (one.urgent ? 1 : 0), 0)
    if (urgent > 0 && urgent < group.length) commit(waiting.takeUrgent(urgent))
    failure = reason
  }

  function settle(group: readonly Waiting[], outcomes: readonly CommitOutcome[]): void {
    for (const [index, one] of group.entries()) {
      const outcome = outcomes[index] ?? 'logged'
      one.outcome = outcome
      options.onOutcome(outcome, one.message, one.intake)
      one.resolve()
    }
  }

  function save(): void {
    if (closed || !writer.hasUnsaved()) return
    writer.demandSave()
    commit([])
  }

  const patience = setInterval(() => {
    for (const one of waiting.takeLate(performance.now() - limits.commitTimeoutMs)) reject(one, failure ?? room.fullError())
  }, checkWaitingEveryMs).unref()
  /** A file that cannot be written is told of by the commits; the next turn comes. */
  const expire = () => {
    try {
      inTransaction(database, () => dead.expire(nowMs()))
    } catch {
      dead.reload()
    }
  }
  const expiry = setInterval(expire, expireEveryMs).unref()
  setImmediate(() => closed || expire())
  const id = tables.meta('log', () => `collector-${randomUUID()}`)

  function enqueue(message: LogMessage, intake: Intake, replay: Replay | undefined): Waiting {
    const refusal = closed ? collectorError('COLLECTOR_CLOSING') : waiting.refusalOf(intake)
    const one = makeWaiting({ message, intake, replay })
    if (refusal !== undefined) reject(one, refusal)
    else {
      waiting.add(one)
      schedule()
    }
    return one
  }

  function reject(one: Waiting, error: unknown): void {
    options.onRejected(error, one.message, one.intake)
    one.reject(error)
  }

  return {
    leftOver: { messages: sumOf(left, 'messages'), readings: sumOf(left, 'readings'), events: sumOf(left, 'events') },
    append(message, intake, replay) {
      const one = enqueue(message, intake, replay)
      return one.promise.then(() => one.outcome)
    },
    commit: (message, intake) => enqueue(message, intake, undefined).promise,
    lanes: eachLane((lane) => ({
      get name() {
        return tables.laneName(lane) ?? sourceName(id, lane)
      },
      offsetAtStart: lastOffsets[lane],
      rename: () => tables.setLaneName(lane, sourceName(`collector-${randomUUID()}`, lane)),
      take: () => (closed ? [] : logLanes[lane].take()),
      isEmpty: () => logLanes[lane].isEmpty(),
      ready: () => logLanes[lane].ready(),
      wake: () => logLanes[lane].wake(),
      release(entries) {
        const last = entries.at(-1)
        if (last === undefined) return
        toRelease[lane] = Math.max(last.offset, toRelease[lane] ?? 0)
        schedule()
      },
      lag() {
        if (closed) return { messages: 0, bytes: 0, oldestMs: undefined }
        const { messages, bytes } = tables.sizeOf(lane)
        return { messages, bytes, oldestMs: tables.oldestMs(lane, toRelease[lane] ?? 0) }
      }
    })),
    unstorable: createUnstorable({ database, dead, logLanes }),
    watermark: (device, boot) => streams.watermark(device, boot),
    deadLetters: dead.reader,
    discard: (letter, closing) => inTransaction(database, () => dead.close(letter, { state: 'discarded', ...closing })),
    openGaps: (device) => ledger.openGaps(device),
    gaps: {
      async report(query) {
        save()
        return ledger.reader.report(query)
      }
    },
    trouble: () => failure?.message ?? room.trouble(),
    counts: () => ({ waiting: waiting.count(), messages: room.messages(), bytes: room.bytes(), deadLetters: dead.count() }),
    close() {
      if (closed) return
      if (hasRelease() || writer.hasUnsaved()) {
        writer.demandSave()
        commit([])
      }
      closed = true
      timer.clear()
      clearImmediate(immediate)
      clearInterval(patience)
      clearInterval(expiry)
      for (const one of waiting.takeAll()) reject(one, collectorError('COLLECTOR_CLOSING'))
      database.close()
    }
  }
}

function sumOf(sizes: Readonly<Record<Lane, LogSize>>, name: keyof LogSize): number {
  return lanes.reduce((sum, lane) => sum + sizes[lane][name], 0)
}
