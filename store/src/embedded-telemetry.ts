/**
 * The telemetry store on the SQLite inside Node: `telemetry.db` in the data folder. An append is one blob in a write-ahead
 * table, committed together with its neighbours; a worker folds those into column blocks and answers queries. The main
 * thread never waits for the worker's transactions and never reads a block.
 */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { silentLogger, type Logger } from '@tracegate/service/log'
import { createMetrics, type Metrics } from '@tracegate/service/metrics'
import { storeError } from './errors.ts'
import { requireColumns } from './reading-columns.ts'
import { metricOf, requireRetention, requireStorable, type Retention } from './telemetry-limits.ts'
import type { BatchSource, RetentionCounts, TelemetryStore } from './telemetry-store.ts'
import { createGroupCommit } from './embedded/group-commit.ts'
import { claimFile, openClaimed, type FileClaim } from './embedded/file-claim.ts'
import { numberOf, requireDataFolder, toStoreError } from './embedded/sqlite.ts'
import { createBacklog } from './embedded/telemetry/backlog.ts'
import { prepareBatchWriter } from './embedded/telemetry/batch-writer.ts'
import { createTelemetryReader } from './embedded/telemetry/reader.ts'
import { loadSeriesIndex, noReading } from './embedded/telemetry/series-index.ts'
import { telemetryMigrations } from './embedded/telemetry/tables.ts'
import { telemetryEvents } from './embedded/telemetry/events.ts'
import { createTrouble } from './embedded/telemetry/trouble.ts'
import { createWorkerClient } from './embedded/telemetry/worker-client.ts'
import { createWriteTurn } from './embedded/write-turn.ts'

export interface EmbeddedTelemetryStoreOptions {
  readonly dataDir: string
  readonly logger?: Logger
  readonly metrics?: Metrics
  /** Readings stay in the write-ahead table so long at most. Default 300,000. */
  readonly foldAfterMs?: number
  /** Or until there are so many of them. Default 100,000. */
  readonly foldAfterReadings?: number
  /** Past so many an append waits for the worker. Default 500,000. */
  readonly unfoldedReadingsMax?: number
  /** Readings of a full block. Default 2,048. */
  readonly blockReadingsMax?: number
  /** Upper bound of the file in pages of 4 KiB; past it `append` rejects with `STORE_FULL`. Unlimited when left out. */
  readonly pageCountMax?: number
  /** So often what the policies no longer keep is dropped. Default 600,000. */
  readonly retainEveryMs?: number
}

export interface EmbeddedTelemetryStore extends TelemetryStore {
  /** Folds what is in the write-ahead table now; the store does so by itself. */
  fold(): Promise<void>
  /** Puts small blocks together now; the store does so by itself. Gives how many there were and how many they became. */
  compact(): Promise<{ readonly before: number; readonly after: number }>
  /** Another bound of the file; undefined for none. What was refused for want of room is taken at its next attempt. */
  limitPages(pageCountMax: number | undefined): Promise<void>
  /** What it cannot do now, e.g. that the disk is full; undefined when all is well. For a health check. */
  trouble(): string | undefined
}

/** A commit of a small batch adds some 16 KiB to the log. */
const commitsPerCheckpoint = 1_000
/** What SQLite allows. */
const pagesMax = 4_294_967_294
const appendsWaitingMax = 10_000
const readingsPerCommitMax = 20_000

/** Rejects with `STORE_DATA_FOLDER`, `STORE_IO`, `STORE_CORRUPT`, `STORE_IN_USE` or `STORE_VERSION`. */
export async function createEmbeddedTelemetryStore(options: EmbeddedTelemetryStoreOptions): Promise<EmbeddedTelemetryStore> {
  const { foldAfterMs = 300_000, foldAfterReadings = 100_000, unfoldedReadingsMax = 500_000, blockReadingsMax = 2_048 } = options
  const path = join(requireDataFolder(options.dataDir), 'telemetry.db')
  let pages = options.pageCountMax
  const appendPages = (pageCountMax: number): number => pageCountMax - foldPages({ pageCountMax, unfoldedReadingsMax })
  const limit = pages === undefined ? {} : { pageCountMax: appendPages(pages) }
  const claim = claimFile(path)
  const database = openClaimed(claim, { path, migrations: telemetryMigrations, pageCacheKiB: 1_024, ...limit })
  // The worker copies the log back; this is only for the case that it does not come to it.
  database.exec('PRAGMA wal_autocheckpoint = 20000')
  const logger = (options.logger ?? silentLogger).child({ store: 'telemetry' })
  const events = telemetryEvents(options.metrics ?? createMetrics(), logger)
  const { index, writer } = load(database, claim, path)
  const turn = createWriteTurn()
  let commits = 0
  const group = createGroupCommit({
    database,
    path,
    turn,
    waitingMax: appendsWaitingMax,
    groupCostMax: readingsPerCommitMax,
    onCommit(commit) {
      events.committed(commit)
      commits += 1
      if (commits % commitsPerCheckpoint === 0) void checkpoint()
    }
  })
  const backlog = createBacklog({ readingsMax: unfoldedReadingsMax, onFull: () => void foldSoon() })
  const worker = createWorkerClient({
    // Read when a worker is started, which may be after the bound has changed.
    worker: {
      path,
      turn: turn.shared,
      blockReadingsMax,
      get pageCountMax() {
        return pages
      }
    },
    turn,
    logger,
    onFolded(readings) {
      backlog.add(-readings)
      events.folded(readings)
    },
    onBackground: (done) => events.tidied(done),
    onRestart: () => backlog.set(unfoldedIn())
  })
  const unfoldedIn = (): number => numberOf(database.prepare('SELECT coalesce(sum(count), 0) AS count FROM batch').get(), 'count')
  let folding = false
  let closing: Promise<void> | undefined

  const needsFold = (): boolean => backlog.readings >= foldAfterReadings || (backlog.waiting > 0 && backlog.readings > 0)
  /** One fold at a time, and another when more has come meanwhile. Never rejects. */
  const foldSoon = async (): Promise<void> => {
    if (folding || closing !== undefined) return
    folding = true
    try {
      do {
        const before = backlog.readings
        await worker.ask({ type: 'fold' })
        // Without progress the count itself is in doubt: take it from the file, so that this loop always ends.
        if (backlog.readings >= before) backlog.set(unfoldedIn())
        trouble.worked('folding')
      } while (needsFold())
    } catch (error) {
      if (closing === undefined) {
        events.foldFailed(error)
        trouble.failed('folding', error)
      }
      backlog.refuse(error)
    } finally {
      folding = false
    }
  }
  /** Keeps the log of SQLite short between folds. Never rejects: the next fold or commit does the same. */
  const checkpoint = async (): Promise<void> => {
    if (folding || closing !== undefined) return
    await worker.ask({ type: 'checkpoint' }).catch((error: unknown) => logger.debug({ error: String(error) }, 'checkpoint failed'))
  }
  const requireOpen = (action: string): void => {
    if (closing !== undefined) throw storeError('STORE_CLOSED', { action })
  }
  const store = async (count: number, write: () => (() => void) | undefined): Promise<void> => {
    const remember = await group.run('append readings', write, count)
    if (remember === undefined) return events.dropped(count)
    remember()
    trouble.stored()
    backlog.add(count)
    events.stored(count)
    if (needsFold()) void foldSoon()
  }
  const append = async (count: number, source: BatchSource | undefined, write: () => (() => void) | undefined): Promise<void> => {
    if (count === 0 && source === undefined) return
    try {
      await backlog.admit(count, () => store(count, write))
    } catch (error) {
      trouble.refused(error)
      throw error
    }
  }
  const forget = (emptied: readonly { readonly series: number; readonly lastMs: number }[]): void => {
    const lastById = new Map(emptied.map(({ series, lastMs }) => [series, lastMs]))
    for (const entry of index.matching('')) if (entry.timeMs <= (lastById.get(entry.id) ?? -1)) Object.assign(entry, noReading)
  }
  let retention: Retention = requireRetention([])
  const applyRetention = async (nowMs: number): Promise<RetentionCounts> => {
    const kept = index.matching('').flatMap(({ id, name }) => {
      const from = retention(metricOf(name), nowMs)
      return from === undefined ? [] : [{ series: id, ...from }]
    })
    if (kept.length === 0) return { raw: 0, minute: 0, hour: 0 }
    const { counts, emptied } = await worker.ask({ type: 'applyRetention', kept })
    forget(emptied)
    events.retained(counts)
    trouble.worked('dropping old readings')
    return counts
  }
  let retaining = false
  /** Never rejects. */
  const retainSoon = async (): Promise<void> => {
    if (retaining || closing !== undefined) return
    retaining = true
    await applyRetention(Date.now()).catch((error: unknown) => {
      if (closing !== undefined) return
      events.retentionFailed(error)
      trouble.failed('dropping old readings', error)
    })
    retaining = false
  }
  const trouble = createTrouble({
    onFull: (full) => events.full(full),
    async makeRoom() {
      await foldSoon()
      await retainSoon()
    }
  })
  const foldTimer = setInterval(() => {
    if (backlog.readings > 0) void foldSoon()
  }, foldAfterMs).unref()
  const retainTimer = setInterval(() => void retainSoon(), options.retainEveryMs ?? 600_000).unref()
  backlog.set(unfoldedIn())
  events.watch({ unfolded: () => backlog.readings, series: () => index.size, full: () => trouble.full })

  return {
    async append(readings, source) {
      requireOpen('append')
      requireStorable(readings)
      await append(readings.length, source, () => writer.write(readings, source))
    },
    async appendColumns(columns, source) {
      requireOpen('append')
      requireColumns(columns)
      await append(columns.timeMs.length, source, () => writer.writeColumns(columns, source))
    },
    ...createTelemetryReader({ index, worker, requireOpen, appendedUpTo: (log) => writer.appendedUpTo(log) }),
    async retain(beforeMs) {
      requireOpen('retain')
      const { dropped, emptied } = await worker.ask({ type: 'retain', beforeMs })
      forget(emptied)
      events.retained({ raw: dropped, minute: 0, hour: 0 })
      return dropped
    },
    async setRetention(policies) {
      requireOpen('setRetention')
      retention = requireRetention(policies)
    },
    async applyRetention(nowMs) {
      requireOpen('applyRetention')
      return applyRetention(nowMs)
    },
    async fold() {
      requireOpen('fold')
      await worker.ask({ type: 'fold' })
    },
    async compact() {
      requireOpen('compact')
      const { compacted } = await worker.ask({ type: 'compact' })
      events.tidied({ moved: 0, compacted })
      return compacted
    },
    async limitPages(pageCountMax) {
      requireOpen('limitPages')
      pages = pageCountMax
      // A bound below what the file has is raised to it by SQLite.
      database.exec(`PRAGMA max_page_count = ${pages === undefined ? pagesMax : appendPages(pages)}`)
      await worker.ask({ type: 'limitPages', pageCountMax: pages ?? pagesMax })
    },
    trouble: () => trouble.text(),
    close() {
      closing ??= (async () => {
        clearInterval(foldTimer)
        clearInterval(retainTimer)
        trouble.stop()
        backlog.refuse(storeError('STORE_CLOSED', { action: 'append' }))
        await group.close()
        await worker.close()
        database.close()
        claim.release()
      })()
      return closing
    }
  }
}

function load(database: DatabaseSync, claim: FileClaim, path: string) {
  try {
    const index = loadSeriesIndex(database)
    return { index, writer: prepareBatchWriter(database, index) }
  } catch (error) {
    database.close()
    claim.release()
    if (error instanceof RangeError) throw storeError('STORE_CORRUPT', { action: 'open store', path, detail: error.message }, error)
    throw toStoreError({ action: 'open store', path }, error)
  }
}

/** Pages that appends leave to the worker: a fold writes its blocks, in the worst case 16 bytes a reading, before it deletes. */
function foldPages(limits: { readonly pageCountMax: number; readonly unfoldedReadingsMax: number }): number {
  return Math.ceil(Math.min(limits.pageCountMax * 0.4, (limits.unfoldedReadingsMax * 16) / 4_096))
}
