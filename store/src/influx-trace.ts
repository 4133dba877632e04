/**
 * The trace store in an InfluxDB 1.x, 2.x or 3.x: events as points, found again by buckets of keys, answered by the same pure walks as every
 * other adapter. It holds no queue of its own: what `capture` acknowledged, the server has taken.
 */
import { createTraceAnswers } from '@tracegate/model/trace-graph'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { isStoreError, storeError } from './errors.ts'
import type { InfluxDatabase } from './influx/client.ts'
import { createCapturer, prepareBatch, type Batch, type Capturer } from './influx/trace/capture.ts'
import { countAll } from './influx/trace/counts.ts'
import { createEventRows, type EventRows } from './influx/trace/event-rows.ts'
import { ledgerOf, newestOf } from './influx/trace/key-events.ts'
import { feedOf } from './influx/trace/feed.ts'
import { pageOf } from './influx/trace/page-query.ts'
import { writersMax } from './influx/trace/position.ts'
import { createQuestionReader, type QuestionReader } from './influx/trace/reader.ts'
import { createRecorder } from './influx/trace/recorder.ts'
import { createSelector, type Selector } from './influx/trace/select.ts'
import { versionsOf } from './influx/trace/versions.ts'
import { vocabularyOf } from './influx/trace/vocabulary.ts'
import type { BatchSource } from './telemetry-store.ts'
import type { CaptureOutcome, TraceStore } from './trace-store.ts'

export interface InfluxTraceStoreOptions {
  /** Prepared by the caller, and closed by it. */
  readonly database: InfluxDatabase
  readonly logger: Logger
  readonly metrics: Metrics
  /** 0 to 15. Processes that capture into one database at the same time each need their own; readers need none. Default 0. */
  readonly writer?: number
  /** Of one question, and of one round of captures. Default 60,000. */
  readonly timeoutMs?: number
}

const timeoutMsDefault = 60_000
/** A round may be tried, and waited for, this many times its limit before the feed goes on without it. */
const settleRounds = 2
const questionsMax = 64
const capturesWaitingMax = 10_000
/** Events that one round of captures takes together. */
const eventsPerRound = 2_000

export function createInfluxTraceStore(options: InfluxTraceStoreOptions): TraceStore {
  const { database, writer = 0, timeoutMs = timeoutMsDefault } = options
  if (!Number.isInteger(writer) || writer < 0 || writer >= writersMax) {
    throw storeError('STORE_QUERY', { member: 'writer', current: writer, wanted: `a whole number from 0 to ${writersMax - 1}` })
  }
  const events = createEventRows()
  // Pages ask for neighbours in time, walks for what lies far apart: what each learns of gaps is of no use to the other.
  const eventsOfPages = createEventRows()
  const recorder = createRecorder(options)
  const capturer = createCapturer({ database, events, writer, timeoutMs })
  const rounds = createRounds(capturer)
  let asking = 0
  let closed = false

  const ask = async <Answer>(kind: string, work: (selector: Selector) => Promise<Answer>): Promise<Answer> => {
    const action = `answer ${kind}`
    if (closed) throw storeError('STORE_CLOSED', { action })
    if (asking >= questionsMax) throw storeError('STORE_BUSY', { action, waiting: asking, waitingMax: questionsMax })
    asking += 1
    try {
      return await recorder.asked(kind, work(createSelector(database, { action, timeoutMs })))
    } finally {
      asking -= 1
    }
  }
  const walk = <Answer>(kind: string, work: (reader: QuestionReader) => Promise<Answer>): Promise<Answer> =>
    ask(kind, (selector) => work(createQuestionReader(selector, events)))

  return {
    async capture(captured, source) {
      if (closed) throw storeError('STORE_CLOSED', { action: 'capture events' })
      const outcomes = await recorder.capturing(rounds.capture(captured, source))
      recorder.captured(outcomes)
      return outcomes
    },
    capturedUpTo: (log) => capturer.capturedUpTo(log),
    byId: (eventID) => ask('byId', (selector) => jsonOf(selector, events, eventID)),
    events: (query) => ask('events', (selector) => pageOf(selector, eventsOfPages, query)),
    ledger: (query) => ask('ledger', (selector) => ledgerOf(selector, events, query)),
    histories: (query) => ask('histories', (selector) => newestOf(selector, events, query)),
    ask: (question, asked) => walk(question, (reader) => createTraceAnswers(reader)[question](asked)),
    vocabulary: (query) => ask('vocabulary', (selector) => vocabularyOf(selector, events, query)),
    feed: (query) =>
      ask('feed', (selector) => feedOf(selector, { events: eventsOfPages, settleMs: timeoutMs * settleRounds, nowMs: Date.now() }, query)),
    counts: () => ask('counts', (selector) => countAll(database, selector)),
    async close() {
      closed = true
      await rounds.close()
    }
  }
}

async function jsonOf(selector: Selector, events: EventRows, eventID: string): Promise<string[]> {
  const versions = (await versionsOf(selector, [eventID], { events, json: true })).get(eventID) ?? []
  const declaredMs = ({ fact }: (typeof versions)[number]): number => fact.errorDeclaration?.declarationTimeMs ?? -Infinity
  const order = (a: number, b: number): number => (a === b ? 0 : a - b)
  return versions.toSorted((a, b) => order(declaredMs(a), declaredMs(b))).map(({ json }) => json)
}

interface Waiting {
  readonly batch: Batch
  resolve(outcomes: CaptureOutcome[]): void
  reject(error: unknown): void
}

/** One round of captures at a time: whether an event is new, and where it goes, holds until it is written. */
function createRounds(capturer: Capturer) {
  const waiting: Waiting[] = []
  let running: Promise<void> | undefined

  const take = (): Waiting[] => {
    let events = 0
    let count = 0
    for (const { batch } of waiting) {
      events += batch.events.length
      if (count > 0 && events > eventsPerRound) break
      count += 1
    }
    return waiting.splice(0, count)
  }
  const settle = async (round: readonly Waiting[]): Promise<void> => {
    try {
      const outcomes = await capturer.capture(round.map(({ batch }) => batch))
      for (const [index, one] of round.entries()) one.resolve(outcomes[index] ?? [])
    } catch (error) {
      // Refused for good: one of them is at fault, the others are not.
      if (round.length > 1 && (isStoreError(error, 'STORE_REFUSED_EVENTS') || isStoreError(error, 'STORE_TOO_MUCH'))) {
        for (const one of round) await settle([one])
      } else for (const one of round) one.reject(error)
    }
  }
  const run = async (): Promise<void> => {
    while (waiting.length > 0) await settle(take())
    running = undefined
  }
  return {
    async capture(events: readonly TraceEvent[], source: BatchSource | undefined): Promise<CaptureOutcome[]> {
      if (waiting.length >= capturesWaitingMax) {
        throw storeError('STORE_BUSY', { action: 'capture events', waiting: waiting.length, waitingMax: capturesWaitingMax })
      }
      const batch = prepareBatch(events, source)
      const { promise, resolve, reject } = Promise.withResolvers<CaptureOutcome[]>()
      waiting.push({ batch, resolve, reject })
      running ??= run()
      return promise
    },
    close: async () => running
  }
}
