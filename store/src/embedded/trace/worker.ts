/**
 * The one worker of the trace store: answers every query and does the folding in between, in small steps, so that a query never
 * waits for more than one of them. The main thread starts it; it writes `trace.db` alone.
 */
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { CodedError } from '@tracegate/model/errors'
import { numberOf, openSqlite, toStoreError } from '../sqlite.ts'
import { createEventReader } from './event-reader.ts'
import { createIndexer } from './indexer.ts'
import { createLedger } from './ledger.ts'
import { createPacker } from './packer.ts'
import { createProgress } from './progress.ts'
import type { AnswerSent, AnswersSent, FromWorker, QueryKind, QueryMessage, ToWorker, WireError, WorkerData } from './protocol.ts'
import { createQueries } from './queries.ts'
import { indexFile, indexMigrations, recentFile, recentMigrations } from './schema.ts'
import { createTerms } from './terms.ts'
import { createTextWriter } from './texts.ts'
import { forgetUnheld } from './torn-copy.ts'
import { upgradeBlocks, upgradeDeclarations } from './upgrade.ts'

const idleMergeAfterMs = 2_000
/** One call of `settle`; the asker comes again. */
const settleMsMax = 2_000
/** Answers to questions that came together wait this long for each other. */
const gatherMsMax = 2
/** 16 MiB: what is written again and again reaches the file less often. */
const pagesPerCheckpoint = 4_096

function startWorker(data: WorkerData, send: (message: FromWorker | AnswersSent) => void): (message: ToWorker) => void {
  const path = join(data.dataDir, indexFile)
  const pages = data.indexPagesMax === undefined ? {} : { pageCountMax: data.indexPagesMax }
  const index = openSqlite({ path, migrations: indexMigrations, pageCacheKiB: 16_384, ...pages })
  index.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${pagesPerCheckpoint}`)
  const recent = openSqlite({ path: join(data.dataDir, recentFile), migrations: recentMigrations, readOnly: true, pageCacheKiB: 1_024 })
  const progress = createProgress(index)
  const texts = createTextWriter(index)
  upgradeBlocks({ index, texts })
  upgradeDeclarations(recent, index)
  forgetUnheld({ recent, index, progress })
  const terms = createTerms(index)
  const ledger = createLedger({ index, progress })
  const events = createEventReader({ recent, index, cachedSubjectsMax: 150_000, cachedPacksMax: 1_024 })
  const packer = createPacker({ recent, index, progress, texts, hotEventsMax: data.hotEventsMax })
  const indexer = createIndexer({ recent, index, ledger, progress, terms, events, packer, mergeRefsMax: data.mergeRefsMax })
  const queries = createQueries({ index, ledger, events, indexer, progress, terms, settle: () => settle() })
  let timer: NodeJS.Timeout | undefined
  let soon: NodeJS.Immediate | undefined
  let closed = false
  let mergedLastMs = performance.now()

  let told = ''
  const tellProgress = (always = false): void => {
    const state = { indexed: progress.get('indexed'), merged: progress.get('merged'), cold: progress.get('durable') }
    const telling = `${state.indexed} ${state.merged} ${state.cold}`
    if (telling === told && !always) return
    told = telling
    send({ type: 'progress', ...state })
  }

  /** One step of the most urgent work; says when to come again. */
  const step = (all = false): 'now' | 'later' | 'never' => {
    const pending = ledger.pending()
    if (pending < data.mergeRefsMax * 2 && indexer.step()) {
      // Packing goes along, while what was indexed is still in memory.
      if (packer.step(false)) packer.synchronise(false)
      // So does joining: a flood must not leave behind more and more segments, each of which is one more place to look.
      ledger.tidyStep(false)
      return 'now'
    }
    if (ledger.merging()) {
      ledger.mergeStep()
      if (!ledger.merging()) mergedLastMs = performance.now()
      return 'now'
    }
    if (pending >= data.mergeRefsMax || (pending > 0 && (all || performance.now() - mergedLastMs >= idleMergeAfterMs))) {
      ledger.startMerge(progress.get('indexed'))
      return 'now'
    }
    if (packer.step(all) || packer.synchronise(true) || ledger.tidyStep(all)) return 'now'
    return pending > 0 ? 'later' : 'never'
  }
  const settle = (): { readonly bytes: number; readonly done: boolean } => {
    const untilMs = performance.now() + settleMsMax
    let done = false
    while (!done && performance.now() < untilMs) done = step(true) !== 'now'
    tellProgress()
    const pages =
      numberOf(index.prepare('PRAGMA page_count').get(), 'page_count') -
      numberOf(index.prepare('PRAGMA freelist_count').get(), 'freelist_count')
    return { bytes: pages * 4_096, done }
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
  const answerOf = async <Kind extends QueryKind>(message: QueryMessage<Kind>): Promise<AnswerSent> => {
    try {
      while (progress.get('indexed') < message.upTo && indexer.step()) continue
      return { type: 'answer', id: message.id, answer: await queries[message.kind](message.ask) }
    } catch (error) {
      return { type: 'refusal', id: message.id, error: wireError(toStoreError({ action: `answer ${message.kind}`, path }, error)) }
    }
  }
  const deliver = (answers: readonly AnswerSent[]): void => {
    try {
      send({ type: 'answers', answers })
    } catch (error) {
      // Such as an answer for whose copy there is no memory.
      send({ type: 'answers', answers: answers.map(({ id }) => ({ type: 'refusal', id, error: wireError(error) })) })
    }
  }
  const answerAll = async (messages: readonly QueryMessage[]): Promise<void> => {
    let answers: AnswerSent[] = []
    let sentMs = performance.now()
    for (const message of messages) {
      answers.push(await answerOf(message))
      if (performance.now() - sentMs < gatherMsMax) continue
      deliver(answers)
      answers = []
      sentMs = performance.now()
    }
    if (answers.length > 0) deliver(answers)
  }
  indexer.recover()
  tellProgress(true)
  schedule('now')
  return (message) => {
    switch (message.type) {
      case 'queries':
        return void answerAll(message.queries)
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
