/**
 * The thread beside the main one that folds, reads and drops. It alone writes blocks and extents; it never writes batches.
 * Not to be imported: it is started by `worker-client.ts`.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { CodedError } from '@tracegate/model/errors'
import { storeError } from '../../errors.ts'
import { openSqlite, toStoreError } from '../sqlite.ts'
import { shareWriteTurn } from '../write-turn.ts'
import { createCompaction } from './compaction.ts'
import { createFoldEngine } from './fold-engine.ts'
import type { Answer, Ask, AskMessage, PortableError, WorkerMessage, WorkerOptions } from './protocol.ts'
import { readAligned, readAsOf, readBuckets, readExtent, readGaps, readRange, readRollups, type SeriesView } from './query.ts'
import { createRetention } from './retention.ts'
import { moveOldBlocks } from './upgrade.ts'
import { telemetryMigrations } from './tables.ts'

if (!isMainThread && parentPort !== null) serve(parentPort, workerData)

function serve(port: MessagePort, options: WorkerOptions): void {
  const database = openSqlite({
    path: options.path,
    migrations: telemetryMigrations,
    pageCacheKiB: 2_048,
    readOnly: options.readOnly ?? false,
    ...(options.pageCountMax === undefined ? {} : { pageCountMax: options.pageCountMax })
  })
  // Nothing is acknowledged here, and the log keeps the order of both threads' commits: a power loss that takes a commit of
  // the worker takes none of the main thread before it, and the batches it folded are still there.
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;')
  const tell = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  const engine = createFoldEngine({
    database,
    turn: shareWriteTurn(options.turn),
    blockReadingsMax: options.blockReadingsMax,
    onFolded: (readings) => tell({ type: 'folded', readings })
  })
  /** Folds, drops and compactions run one after another, questions between their slices. */
  let writing: Promise<unknown> = Promise.resolve()
  const afterWriting = <Result>(work: () => Promise<Result> | Result): Promise<Result> => {
    const result = writing.then(work, work)
    writing = result
    return result
  }
  let closing = false
  /** One part of a long work: what came meanwhile, a fold most of all, goes first. */
  const inTurn = async <Result>(part: () => Result): Promise<Result> => {
    await nextTurn()
    return afterWriting(() => {
      if (closing) throw storeError('STORE_CLOSED', { action: 'write telemetry' })
      return part()
    })
  }
  const retention = createRetention(database, engine)
  const compaction = createCompaction(database, engine)
  let tidying = false
  /** What is nobody's question: blocks of an earlier version are moved, small ones put together. Once of all, then where readings came late. */
  let all = true
  const tidy = async (): Promise<void> => {
    if (tidying || closing) return
    const late = engine.takeLate()
    if (late.length === 0 && !all) return
    tidying = true
    try {
      const moved = all ? await moveOldBlocks(database, engine, inTurn) : 0
      const compacted = await compaction.run(inTurn, all ? undefined : late)
      all = false
      tell({ type: 'background', moved, compacted })
    } catch (error) {
      if (!closing) tell({ type: 'background', moved: 0, compacted: { before: 0, after: 0 }, error: portable(error).message })
    } finally {
      tidying = false
    }
  }
  if (options.readOnly !== true) setImmediate(() => void tidy())
  /** The pending readings as the file has them; in a file of another process what it folded is pending no longer. */
  const refresh = (): void => {
    if (options.readOnly === true) engine.follow()
    else engine.refresh()
  }
  const view = (series: number): SeriesView => ({
    series,
    tables: engine.blocks,
    rollups: engine.rollups,
    pending: engine.pendingOf(series)
  })

  /** Each question sees one state of the file, whatever another process commits meanwhile. */
  const inSnapshot = async (ask: Ask): Promise<Answer> => {
    if (options.readOnly !== true || ask.type === 'close') return answer(ask)
    database.exec('BEGIN')
    try {
      return await answer(ask)
    } finally {
      database.exec('COMMIT')
    }
  }
  const answer = async (ask: Ask): Promise<Answer> => {
    switch (ask.type) {
      case 'range':
        refresh()
        return { type: 'range', ...readRange(view(ask.series), ask) }
      case 'buckets':
        refresh()
        return { type: 'buckets', buckets: readBuckets(view(ask.series), ask) }
      case 'aligned':
        refresh()
        return { type: 'aligned', series: ask.series.map((series) => readAligned(view(series), ask)) }
      case 'asOf':
        refresh()
        return { type: 'asOf', values: ask.series.map((series) => readAsOf(view(series), ask.atMs)) }
      case 'gaps':
        refresh()
        return { type: 'gaps', gaps: readGaps(view(ask.series), ask) }
      case 'rollups':
        refresh()
        return { type: 'rollups', rollups: readRollups(view(ask.series), ask) }
      case 'extents':
        refresh()
        return { type: 'extents', extents: ask.series.map((series) => readExtent(view(series), engine.extents.get(series))) }
      case 'fold':
        await afterWriting(() => engine.fold())
        void tidy()
        return { type: 'fold' }
      case 'checkpoint':
        await afterWriting(() => engine.checkpoint())
        return { type: 'checkpoint' }
      case 'retain': {
        await afterWriting(() => engine.fold())
        const { counts, emptied } = await retention.dropAll(ask.beforeMs, inTurn)
        return { type: 'retain', dropped: counts.raw, emptied }
      }
      case 'applyRetention':
        await afterWriting(() => engine.fold())
        return { type: 'applyRetention', ...(await retention.apply(ask.kept, inTurn)) }
      case 'limitPages':
        database.exec(`PRAGMA max_page_count = ${ask.pageCountMax}`)
        return { type: 'limitPages' }
      case 'compact':
        await afterWriting(() => engine.fold())
        return { type: 'compact', compacted: await compaction.run(inTurn) }
      case 'close':
        closing = true
        await writing.catch(() => undefined)
        database.close()
        return { type: 'close' }
      default:
        return neverAsk(ask)
    }
  }

  port.on('message', ({ id, ask }: AskMessage) => {
    const where = { action: `${ask.type} telemetry`, path: options.path }
    inSnapshot(ask).then(
      (answer) => tell({ type: 'answer', id, answer }, buffersOf(answer)),
      (error: unknown) => tell({ type: 'failure', id, error: portable(asStoreError(where, error)) })
    )
  })
}

/** The columns of an answer are made for it alone: their memory is handed over, not copied. */
function buffersOf(answer: Answer): ArrayBuffer[] {
  if (answer.type === 'range') return columnsIn(answer.columns)
  if (answer.type === 'buckets') return columnsIn(answer.buckets)
  if (answer.type === 'rollups') return columnsIn(answer.rollups)
  if (answer.type === 'aligned') return answer.series.flatMap((series) => columnsIn(series))
  return []
}

function columnsIn(answer: object): ArrayBuffer[] {
  return Object.values(answer).flatMap((column: unknown) =>
    ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer ? [column.buffer] : []
  )
}

function asStoreError(where: { readonly action: string; readonly path: string }, error: unknown): unknown {
  // A block or batch that does not decode.
  if (error instanceof RangeError) return storeError('STORE_CORRUPT', { ...where, detail: error.message }, error)
  return toStoreError(where, error)
}

function portable(error: unknown): PortableError {
  if (error instanceof CodedError) return { code: error.code, parameters: error.parameters, message: error.message }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

function neverAsk(ask: never): never {
  throw new TypeError(`Cannot answer: ask is ${JSON.stringify(ask)}`)
}
