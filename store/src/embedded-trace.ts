/**
 * The trace store in two SQLite files of the data folder: short durable appends on the calling thread, every query and all folding
 * on one worker thread. A second opener of the folder is refused.
 */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { claimFile, openClaimed, type FileClaim } from './embedded/file-claim.ts'
import { createGroupCommit, type GroupCommit } from './embedded/group-commit.ts'
import { numberOf, openSqlite, requireDataFolder, toStoreError } from './embedded/sqlite.ts'
import { createAppender, type Appender } from './embedded/trace/appender.ts'
import { createCleaner, type Cleaner } from './embedded/trace/cleaner.ts'
import type { QueryKind, QueryMap } from './embedded/trace/protocol.ts'
import { createRecorder, type Recorder } from './embedded/trace/recorder.ts'
import { createRoom, type Room } from './embedded/trace/room.ts'
import { indexFile, indexMigrations, recentFile, recentMigrations } from './embedded/trace/schema.ts'
import { startWorkerClient, type WorkerClient, type WorkerProgress } from './embedded/trace/worker-client.ts'
import { storeError } from './errors.ts'
import type { BatchSource } from './telemetry-store.ts'
import type { CaptureOutcome, TraceStore } from './trace-store.ts'

export interface EmbeddedTraceStoreOptions {
  readonly dataDir: string
  readonly logger: Logger
  readonly metrics: Metrics
  /** The newest events that are kept as they came. */
  readonly hotEventsMax?: number
  /** References from keys to events that are held in memory before they are merged into the file, about 25 bytes each. */
  readonly mergeRefsMax?: number
  /** Bounds `trace-recent.db` and `trace.db`, in pages of 4 KiB. */
  readonly recentPagesMax?: number
  readonly indexPagesMax?: number
}

export interface EmbeddedTraceStore extends TraceStore {
  /** Folds everything at once instead of by and by, and gives the bytes in use, those of recent events apart; for benches and tests. */
  settle(): Promise<{ readonly recentBytes: number; readonly indexBytes: number }>
}

/** Events that may wait for the worker before captures wait too. */
const backlogMax = 20_000
const capturesWaitingMax = 10_000
const eventsPerCommitMax = 2_000
const hotEventsMaxDefault = 2_000
const mergeRefsMaxDefault = 500_000
/** Most events are deleted again before they reach the file itself. */
const bytesPerCheckpoint = 16_777_216
/** Events take about 2 kB a row: of smaller pages every other one would be half empty, and a commit takes a system call or two a page. */
const recentPageBytes = 8_192

/** Rejects with `STORE_DATA_FOLDER`, `STORE_IO`, `STORE_CORRUPT`, `STORE_IN_USE` or `STORE_VERSION`. */
export async function createEmbeddedTraceStore(options: EmbeddedTraceStoreOptions): Promise<EmbeddedTraceStore> {
  const dataDir = requireDataFolder(options.dataDir)
  const path = join(dataDir, recentFile)
  const recorder = createRecorder(options)
  const claim = claimFile(join(dataDir, indexFile))
  const pages = { pageBytes: recentPageBytes, pageCacheKiB: 2_048, ...pagesMax(options.recentPagesMax) }
  const recent = openClaimed(claim, { path, migrations: recentMigrations, ...pages })
  recent.exec(`PRAGMA wal_autocheckpoint = ${bytesPerCheckpoint / recentPageBytes}`)
  const room = createRoom()
  let onProgress = (_progress: WorkerProgress): void => undefined
  const client = await startWorkerClient({
    data: {
      dataDir,
      hotEventsMax: options.hotEventsMax ?? hotEventsMaxDefault,
      mergeRefsMax: options.mergeRefsMax ?? mergeRefsMaxDefault,
      ...(options.indexPagesMax === undefined ? {} : { indexPagesMax: options.indexPagesMax })
    },
    onProgress: (progress) => onProgress(progress),
    onTrouble(error) {
      recorder.trouble(error)
      room.wake()
    }
  }).catch((error: unknown) => {
    recent.close()
    claim.release()
    throw toStoreError({ action: 'open store', path: join(dataDir, indexFile) }, error)
  })
  const index = openSqlite({ path: join(dataDir, indexFile), migrations: indexMigrations, readOnly: true, pageCacheKiB: 4_096 })
  const appender = createAppender({ recent, index, ...client.progress() })
  const cleaner = createCleaner({ recent, appender, recorder })
  onProgress = (progress) => {
    appender.merged(progress.merged)
    cleaner.clean(progress.cold)
    room.wake()
  }
  return createStore({ claim, recent, index, path, client, appender, cleaner, room, recorder })
}

interface Parts {
  readonly claim: FileClaim
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  readonly path: string
  readonly client: WorkerClient
  readonly appender: Appender
  readonly cleaner: Cleaner
  readonly room: Room
  readonly recorder: Recorder
}

function createStore(parts: Parts): EmbeddedTraceStore {
  const { client, appender, recorder } = parts
  let closed = false
  const onCommit = ({ tookMs }: { readonly tookMs: number }): void => {
    recorder.committed(tookMs)
    client.appended()
  }
  const limits = { waitingMax: capturesWaitingMax, groupCostMax: eventsPerCommitMax }
  const group = createGroupCommit({ database: parts.recent, path: parts.path, ...limits, onCommit })
  const ask = <Kind extends QueryKind>(kind: Kind, query: QueryMap[Kind]['ask']): Promise<QueryMap[Kind]['answer']> => {
    if (closed) return Promise.reject(storeError('STORE_CLOSED', { action: `answer ${kind}` }))
    return recorder.asked(kind, client.query(kind, query, appender.lastSeq()))
  }
  return {
    async capture(events, source) {
      if (closed) throw storeError('STORE_CLOSED', { action: 'capture events' })
      const hasRoom = (): boolean => closed || appender.lastSeq() - client.progress().indexed < backlogMax
      await parts.room.wait({ hasRoom, trouble: () => client.trouble() })
      return append({ group, appender, recorder }, events, source)
    },
    capturedUpTo: (log) => Promise.try(() => appender.capturedUpTo(log)),
    byId: (eventID) => ask('byId', eventID),
    events: (query) => ask('events', query),
    ledger: (query) => ask('ledger', query),
    histories: (query) => ask('histories', query),
    ask,
    vocabulary: (query) => ask('vocabulary', query),
    feed: (query) => ask('feed', query),
    counts: () => ask('counts', undefined),
    async settle() {
      let { bytes, done } = await ask('settle', undefined)
      while (!done) ({ bytes, done } = await ask('settle', undefined))
      await parts.cleaner.finish()
      return { recentBytes: usedBytes(parts.recent), indexBytes: bytes }
    },
    async close() {
      if (closed) return
      closed = true
      await group.close()
      parts.cleaner.stop()
      parts.room.wake()
      // The worker closes last, so that its log is folded into the file and goes.
      parts.index.close()
      await client.close()
      parts.recent.close()
      parts.claim.release()
    }
  }
}

async function append(
  { group, appender, recorder }: { readonly group: GroupCommit; readonly appender: Appender; readonly recorder: Recorder },
  events: readonly TraceEvent[],
  source: BatchSource | undefined
): Promise<CaptureOutcome[]> {
  let seqs: readonly number[] = []
  const work = (): CaptureOutcome[] => {
    const before = appender.lastSeq()
    const outcomes = appender.append(events, source)
    seqs = [before + 1, appender.lastSeq()]
    return outcomes
  }
  try {
    const outcomes = await group.run('capture events', work, events.length)
    recorder.captured(outcomes)
    return outcomes
  } catch (error) {
    const [first, last] = seqs
    if (first !== undefined && last !== undefined) appender.forget(first, last)
    throw error
  }
}

function usedBytes(database: DatabaseSync): number {
  const pragma = (name: string): number => numberOf(database.prepare(`PRAGMA ${name}`).get(), name)
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
}

function pagesMax(pageCountMax: number | undefined): { readonly pageCountMax?: number } {
  return pageCountMax === undefined ? {} : { pageCountMax }
}
