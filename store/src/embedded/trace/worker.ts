/**
 * The one worker of the trace store: answers every query and does the folding in between, in small steps, so that a query never
 * waits for more than one of them. The main thread starts it; it writes `trace.db` alone.
 */
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { CodedError } from '@tracegate/model/errors'
import { numberOf, openSqlite, toStoreError } from '../sqlite.ts'
import { createCompactor } from './compactor.ts'
import { createEventReader } from './event-reader.ts'
import { createIndexer } from './indexer.ts'
import { createLedger } from './ledger.ts'
import { createProgress } from './progress.ts'
import type { AnswerSent, FromWorker, QueryKind, QueryMessage, ToWorker, WireError, WorkerData } from './protocol.ts'
import { createQueries } from './queries.ts'
import { indexFile, indexMigrations, recentFile, recentMigrations } from './schema.ts'
import { createTerms } from './terms.ts'
import { forgetUnheld } from './torn-copy.ts'

const idleMergeAfterMs = 2_000

function startWorker(data: WorkerData, send: (message: FromWorker | AnswerSent) => void): (message: ToWorker) => void {
  const path = join(data.dataDir, indexFile)
  const pages = data.indexPagesMax === undefined ? {} : { pageCountMax: data.indexPagesMax }
  const index = openSqlite({ path, migrations: indexMigrations, pageCacheKiB: 16_384, ...pages })
  index.exec('PRAGMA synchronous = NORMAL')
  const recent = openSqlite({ path: join(data.dataDir, recentFile), migrations: recentMigrations, readOnly: true, pageCacheKiB: 1_024 })
  const progress = createProgress(index)
  forgetUnheld({ recent, index, progress })
  const terms = createTerms(index)
  const ledger = createLedger(index, progress)
  const indexer = createIndexer({ recent, index, ledger, progress, terms })
  const events = createEventReader({ recent, index, cachedSubjectsMax: 60_000, cachedBlocksMax: 64 })
  const compactor = createCompactor({ recent, index, progress, hotEventsMax: data.hotEventsMax })
  const queries = createQueries({ index, ledger, events, indexer, progress, terms, settle: () => settle() })
  let timer: NodeJS.Timeout | undefined
  let soon: NodeJS.Immediate | undefined
  let closed = false
  let mergedLastMs = performance.now()

  const tellProgress = (): void =>
    send({ type: 'progress', indexed: progress.get('indexed'), merged: progress.get('merged'), cold: progress.get('cold') })

  /** One step of the most urgent work; says when to come again. */
  const step = (mergeNow = false): 'now' | 'later' | 'never' => {
    const pending = ledger.pending()
    if (pending < data.mergeRefsMax * 2 && indexer.step()) return 'now'
    if (ledger.merging()) {
      if (!ledger.mergeStep()) mergedLastMs = performance.now()
      return 'now'
    }
    if (pending >= data.mergeRefsMax || (pending > 0 && (mergeNow || performance.now() - mergedLastMs >= idleMergeAfterMs))) {
      ledger.startMerge(progress.get('indexed'))
      return 'now'
    }
    if (compactor.step()) return 'now'
    return pending > 0 ? 'later' : 'never'
  }
  const settle = (): { readonly bytes: number } => {
    while (step(true) === 'now') continue
    tellProgress()
    const pages =
      numberOf(index.prepare('PRAGMA page_count').get(), 'page_count') -
      numberOf(index.prepare('PRAGMA freelist_count').get(), 'freelist_count')
    return { bytes: pages * 4_096 }
  }
  const schedule = (when: 'now' | 'later'): void => {
    if (closed || soon !== undefined) return
    if (when === 'now') {
      clearTimeout(timer)
      timer = undefined
      soon = setImmediate(work)
    } else timer ??= setTimeout(work, idleMergeAfterMs)
  }
  const work = (): void => {
    soon = undefined
    timer = undefined
    try {
      const next = step()
      tellProgress()
      if (next !== 'never') schedule(next)
    } catch (error) {
      send({ type: 'stuck', error: wireError(toStoreError({ action: 'fold events', path }, error)) })
      schedule('later')
    }
  }
  const answer = async <Kind extends QueryKind>(message: QueryMessage<Kind>): Promise<void> => {
    try {
      while (progress.get('indexed') < message.upTo && indexer.step()) continue
      const answered: unknown = await queries[message.kind](message.ask)
      send({ type: 'answer', id: message.id, answer: answered })
    } catch (error) {
      send({ type: 'refusal', id: message.id, error: wireError(toStoreError({ action: `answer ${message.kind}`, path }, error)) })
    }
  }
  indexer.recover()
  tellProgress()
  schedule('now')
  return (message) => {
    switch (message.type) {
      case 'query':
        return void answer(message)
      case 'appended':
        return schedule('now')
      case 'close':
        closed = true
        clearTimeout(timer)
        clearImmediate(soon)
        index.close()
        recent.close()
        return parentPort?.close()
      default:
        return message satisfies never
    }
  }
}

function wireError(error: unknown): WireError {
  if (error instanceof CodedError) {
    return { code: error.code, status: error.status, message: error.message, parameters: error.parameters }
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

if (parentPort !== null) {
  const port = parentPort
  const receive = startWorker(workerData, (message) => port.postMessage(message))
  port.on('message', receive)
}
