/**
 * The durable log between receiving and storing: `collector.db`. A message is committed here, together with its place in its
 * sender's stream, before anybody is told so; refused ones go to the dead letter in the same commit. It stores nothing elsewhere.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Reason } from '@tracegate/model/errors'
import type { GapLedgerReader } from '@tracegate/service/gap-ledger'
import { inTransaction, openSqlite, requireDataFolder, toStoreError } from '@tracegate/store/embedded-sqlite'
import { prepareDeadLetterTables, type Closing } from './dead-letter/dead-letter-tables.ts'
import { createDeadLetters, type DeadLetters } from './dead-letter/dead-letters.ts'
import { droppedReadingsOf, isMarker, type Intake } from './decode.ts'
import { collectorError } from './errors.ts'
import { printOf } from './fingerprints.ts'
import { createGapLedger, type TallyCounts } from './gap-ledger/gap-ledger.ts'
import type { CollectorLimits } from './limits.ts'
import { logMigrations, prepareLogTables, type LogRow } from './log-tables.ts'
import { bytesOfRow, createLogTail, type LogEntry } from './log-tail.ts'
import { createSoonestTimer } from './soonest-timer.ts'
import { createStreams, type StreamPosition } from './streams.ts'

/** conflict: the number stands for another message already; kept as a dead letter. */
export type CommitOutcome = 'logged' | 'duplicate' | 'conflict' | 'deadLettered'

export interface IngestLogOptions {
  readonly dataDir: string
  /** Wall clock in milliseconds. */
  readonly nowMs: () => number
  readonly limits: CollectorLimits
  readonly decode: (row: Omit<LogRow, 'offset'>) => Intake
  /** Told after each commit: the streams whose watermark rose, and how long the event loop stood still. */
  readonly onCommit: (commit: { readonly messages: number; readonly tookMs: number; readonly streams: readonly StreamPosition[] }) => void
  readonly onGapGivenUp: (gap: { readonly device: string; readonly boot: string; readonly messages: number }) => void
  readonly onDeadLettersDropped: (count: number) => void
  readonly onDeadLettersExpired: (count: number) => void
}

export interface IngestLog {
  /** Names this log to the stores: another file has another name, even in the same folder. */
  readonly name: string
  /** Entries that an earlier run left. */
  readonly leftOver: number
  /** Resolves when the message is durable. */
  append(row: Omit<LogRow, 'offset'>, intake: Intake, replay?: Replay): Promise<CommitOutcome>
  /** The next entries in order; empty when there is none. They stay in the log until they are released. */
  take(): LogEntry[]
  /** Whether everything was taken. */
  isEmpty(): boolean
  /** Resolves when `take` may give something, or after `wake`. */
  ready(): Promise<void>
  wake(): void
  /** Lets everything up to the last of the entries go. */
  release(entries: readonly LogEntry[]): void
  /** Keeps an entry that turned out to be impossible to store as a dead letter. */
  bury(entry: LogEntry, reason: Reason): void
  /** Up to where a stream is durable; -1 when nothing of it is. */
  watermark(device: string, boot: string): number
  readonly deadLetters: DeadLetters['reader']
  /** Lets an open dead letter go; false when there is none. */
  discard(id: number, closing: Omit<Closing, 'state'>): boolean
  readonly gaps: GapLedgerReader
  /** Why the last commit failed; undefined after one that did not. */
  trouble(): string | undefined
  counts(): { readonly waiting: number; readonly bytes: number; readonly deadLetters: number }
  /** Rejects what waits and closes the file; what is in the log stays for the next start. */
  close(): void
}

/** A dead letter that is handed in again. */
export interface Replay {
  readonly id: number
  readonly by: string
}

interface Waiting {
  readonly row: Omit<LogRow, 'offset'>
  readonly intake: Intake
  readonly replay: Replay | undefined
  readonly sinceMs: number
  readonly resolve: (outcome: CommitOutcome) => void
  readonly reject: (error: unknown) => void
}

const checkWaitingEveryMs = 500
const releaseEveryMs = 100
const expireEveryMs = 60_000

export function openIngestLog(options: IngestLogOptions): IngestLog {
  const { limits } = options
  const path = join(requireDataFolder(options.dataDir), 'collector.db')
  const database = openSqlite({
    path,
    migrations: logMigrations,
    pageCacheKiB: 4_096,
    ...(limits.filePagesMax === undefined ? {} : { pageCountMax: limits.filePagesMax })
  })
  const tables = prepareLogTables(database)
  const ledger = createGapLedger(database, { nowMs: options.nowMs })
  const streams = createStreams(tables, { ...options, ledger })
  const dead = createDeadLetters(prepareDeadLetterTables(database), options)
  const left = tables.size(-1)
  const tail = createLogTail({ tables, limits, decode: options.decode, leftOver: left.count > 0 })
  let waiting: Waiting[] = []
  let bytes = left.bytes
  let toRelease: { readonly upTo: number; readonly bytes: number } | undefined
  let closed = false
  const timer = createSoonestTimer(flush)
  let immediate: NodeJS.Immediate | undefined
  let lastCommitMs = 1
  let trouble: string | undefined

  const isFull = () => bytes >= limits.logBytesMax

  function schedule(): void {
    if (closed || immediate !== undefined) return
    if (toRelease !== undefined && isFull()) immediate = setImmediate(flush)
    else if (waiting.length >= limits.groupMessagesMax && !isFull()) immediate = setImmediate(flush)
    // A message does not wait for the pause of a release that was planned before it came.
    else if (waiting.length > 0 && !isFull()) timer.within(Math.min(limits.groupWaitMaxMs, Math.max(1, Math.ceil(lastCommitMs))))
    else if (toRelease !== undefined) timer.within(releaseEveryMs)
  }

  function flush(): void {
    timer.clear()
    clearImmediate(immediate)
    immediate = undefined
    if (closed) return
    const release = toRelease
    const group = nextGroup()
    if (group.length === 0 && release === undefined) return
    waiting = waiting.slice(group.length)
    commit(group, release)
    schedule()
  }

  function nextGroup(): Waiting[] {
    const group: Waiting[] = []
    let room = limits.logBytesMax - bytes
    for (const one of waiting) {
      if (room <= 0 || group.length >= limits.groupTakeMax) break
      group.push(one)
      room -= bytesOfRow(one.row)
    }
    return group
  }

  function commit(group: readonly Waiting[], release: typeof toRelease): void {
    const startedMs = performance.now()
    const nowMs = options.nowMs()
    const entries: LogEntry[] = []
    const outcomes: CommitOutcome[] = []
    try {
      inTransaction(database, () => {
        if (release !== undefined) tables.release(release.upTo)
        for (const one of group) outcomes.push(write(one, nowMs, entries))
        streams.save(nowMs)
      })
    } catch (error) {
      streams.rollback()
      dead.reload()
      const reason = toStoreError({ action: 'commit messages', path }, error)
      trouble = reason instanceof Error ? reason.message : String(reason)
      for (const one of group) one.reject(reason)
      return
    }
    trouble = undefined
    if (release !== undefined) {
      bytes -= release.bytes
      if (toRelease === release) toRelease = undefined
    }
    for (const entry of entries) bytes += bytesOfRow(entry)
    const risen = streams.commit()
    lastCommitMs = performance.now() - startedMs
    for (const [index, one] of group.entries()) one.resolve(outcomes[index] ?? 'logged')
    tail.push(entries)
    options.onCommit({ messages: group.length, tookMs: lastCommitMs, streams: risen })
  }

  function write(one: Waiting, nowMs: number, entries: LogEntry[]): CommitOutcome {
    const { row, intake } = one
    const device = intake.ok ? `${intake.point}/${intake.device}` : intake.device
    if (one.replay !== undefined && !dead.close(one.replay.id, { state: 'replayed', atMs: nowMs, by: one.replay.by })) return 'duplicate'
    const noted = noteStream(one, device, nowMs)
    if (one.replay === undefined && noted !== undefined && noted !== 'new') return noted
    if (!intake.ok) {
      dead.insert({ ...row, reason: intake.reason, ...(device === undefined ? {} : { device }) })
      if (device !== undefined) ledger.tally(device, intake.stream?.timeMs ?? row.receivedAtMs, { messages: 1, deadLetters: 1 })
      return 'deadLettered'
    }
    const { topic, payload, receivedAtMs, clientId } = row
    entries.push({ offset: tables.insert(row), topic, payload, receivedAtMs, clientId, intake })
    for (const reason of intake.partial) dead.insert({ ...row, reason, ...(device === undefined ? {} : { device }) })
    return 'logged'
  }

  /** What the place in the stream says: undefined where there is none. */
  function noteStream(
    { row, intake, replay }: Waiting,
    device: string | undefined,
    nowMs: number
  ): 'new' | 'duplicate' | 'conflict' | undefined {
    if (device === undefined) return undefined
    if (intake.ok && intake.work.type === 'state') ledger.presence(device, intake.work.state, row.receivedAtMs)
    const { stream } = intake
    if (stream === undefined) return undefined
    const marker = intake.ok && isMarker(intake)
    const note = streams.note({ device, ...stream, nowMs, ...(marker ? {} : { print: printOf(row) }) })
    if (replay !== undefined && note !== 'new') return note
    if (note === 'conflict') dead.insert({ ...row, device, reason: conflictOf(stream) })
    if (note === 'new' && marker) {
      const readings = droppedReadingsOf(intake)
      ledger.dropped({ device, boot: stream.boot }, { seq: stream.seq, readings, timeMs: stream.timeMs, nowMs })
      ledger.tally(device, stream.timeMs, { messages: 1, droppedReadings: readings })
    } else if (note !== 'new') ledger.tally(device, stream.timeMs, note === 'conflict' ? { deadLetters: 1 } : { duplicates: 1 })
    else if (intake.ok) ledger.tally(device, stream.timeMs, countsOf(intake))
    return note
  }

  const patience = setInterval(() => {
    const before = Date.now() - limits.commitTimeoutMs
    const late = waiting.filter((one) => one.sinceMs < before)
    if (late.length === 0) return
    waiting = waiting.filter((one) => one.sinceMs >= before)
    for (const one of late) one.reject(collectorError('COLLECTOR_LOG_FULL', { current: bytes, wanted: limits.logBytesMax }))
  }, checkWaitingEveryMs)
  patience.unref()
  /** A file that cannot be written is told of by the commits; the next turn comes. */
  const expire = () => {
    try {
      inTransaction(database, () => dead.expire(options.nowMs()))
    } catch {
      dead.reload()
    }
  }
  const expiry = setInterval(expire, expireEveryMs)
  expiry.unref()
  setImmediate(() => closed || expire())

  return {
    name: tables.meta('log', () => `collector-${randomUUID()}`),
    leftOver: left.count,
    append(row, intake, replay) {
      if (closed) return Promise.reject(collectorError('COLLECTOR_CLOSING'))
      if (waiting.length >= limits.waitingMax)
        return Promise.reject(collectorError('COLLECTOR_BUSY', { current: waiting.length, wanted: limits.waitingMax }))
      const { promise, resolve, reject } = Promise.withResolvers<CommitOutcome>()
      waiting.push({ row, intake, replay, sinceMs: Date.now(), resolve, reject })
      schedule()
      return promise
    },
    take: () => (closed ? [] : tail.take()),
    isEmpty: () => tail.isEmpty(),
    ready: () => tail.ready(),
    wake: () => tail.wake(),
    release(entries) {
      const last = entries.at(-1)
      if (last === undefined) return
      const size = entries.reduce((sum, entry) => sum + bytesOfRow(entry), toRelease?.bytes ?? 0)
      toRelease = { upTo: last.offset, bytes: size }
      schedule()
    },
    bury(entry, reason) {
      const device = entry.intake.ok ? `${entry.intake.point}/${entry.intake.device}` : entry.intake.device
      inTransaction(database, () => dead.insert({ ...entry, reason, ...(device === undefined ? {} : { device }) }))
    },
    watermark: (device, boot) => streams.watermark(device, boot),
    deadLetters: dead.reader,
    discard: (id, closing) => inTransaction(database, () => dead.close(id, { state: 'discarded', ...closing })),
    gaps: ledger.reader,
    trouble: () => trouble,
    counts: () => ({ waiting: waiting.length, bytes, deadLetters: dead.count() }),
    close() {
      if (closed) return
      if (toRelease !== undefined) commit([], toRelease)
      closed = true
      timer.clear()
      clearImmediate(immediate)
      clearInterval(patience)
      clearInterval(expiry)
      for (const one of waiting) one.reject(collectorError('COLLECTOR_CLOSING'))
      waiting = []
      database.close()
    }
  }
}

function countsOf({ work }: Extract<Intake, { readonly ok: true }>): TallyCounts {
  const readings = work.type === 'readings' ? work.readings.length : 0
  const events = work.type === 'events' ? work.events.length : 0
  return { messages: 1, readings, events }
}

/** What a device that starts anew under the boot id of its last run would lose without a word. */
export function conflictOf(stream: { readonly boot: string; readonly seq: number }): Reason {
  const message = `seq is ${stream.seq} in boot "${stream.boot}", which another message has already, expected a new boot id at every start`
  return { code: 'DUPLICATE_SEQ_CONFLICT', pointer: '/seq', message }
}
