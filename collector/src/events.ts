/** What happens in the collector, each as one counter and, where a person may care, one log line. Never throws. */
import type { Reason } from '@tracegate/model/errors'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { createCounters, type Balance, type ItemCounts } from './counters.ts'
import type { CommitOutcome } from './group-writer.ts'
import type { Lane } from './lanes.ts'

/** Of messages; the same for readings and events beside it. */
export interface CollectorStats extends Balance {
  readonly readings: Balance
  readonly events: Balance
  readonly logMessages: number
  readonly logBytes: number
  readonly deadLetters: number
  readonly deadLettersDropped: number
  readonly deadLettersExpired: number
  readonly gapsGivenUp: number
  /** Readings that came long after their time: they are judged as history. */
  readonly historicalReadings: number
  /** Readings whose time was far ahead of ours when they came: stored, not judged. */
  readonly aheadReadings: number
  /** Readings and events that were stored and not judged. */
  readonly unjudged: number
  readonly detectionFailures: number
}

export interface StatsSources {
  readonly carriedOver: ItemCounts
  readonly log: { readonly messages: number; readonly bytes: number; readonly deadLetters: number }
}

export function createCollectorEvents(options: { readonly logger: Logger; readonly metrics: Metrics }) {
  const { logger, metrics } = options
  const warnSeldom = createSeldomWarning(logger)
  const count = {
    deadLettersDropped: 0,
    deadLettersExpired: 0,
    gapsGivenUp: 0,
    historicalReadings: 0,
    aheadReadings: 0,
    unjudged: 0,
    detectionFailures: 0
  }
  const oddTold = { historicalReadings: 0, aheadReadings: 0 }
  const byOutcome = (what: string) =>
    metrics.counter({
      name: `tracegate_collector_${what}_total`,
      help: `What became of the ${what}: received and carried over = stored + duplicates + deadLettered + unstorable + rejected + in the log`,
      labels: ['outcome']
    })
  const counters = createCounters({ messages: byOutcome('messages'), readings: byOutcome('readings'), events: byOutcome('events') })
  const refused = metrics.counter({ name: 'tracegate_collector_refused_total', help: 'Messages refused, by reason', labels: ['code'] })
  const commit = metrics.histogram({
    name: 'tracegate_collector_commit_seconds',
    help: 'Time of one group commit',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25]
  })
  const group = metrics.histogram({
    name: 'tracegate_collector_group_messages',
    help: 'Messages of one group commit',
    buckets: [1, 10, 100, 300, 1_000, 2_000, 4_000]
  })
  const batch = metrics.histogram({
    name: 'tracegate_collector_batch_messages',
    help: 'Messages of one batch to the stores',
    labels: ['lane'],
    buckets: [1, 10, 100, 300, 1_000, 2_000, 4_000]
  })
  const answered = metrics.histogram({
    name: 'tracegate_collector_store_seconds',
    help: 'Time that a store took for one batch',
    labels: ['store'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.25, 1, 5]
  })
  const failures = metrics.counter({
    name: 'tracegate_collector_store_failures_total',
    help: 'Failed writes to a store, and batches of which it refused something for good',
    labels: ['store', 'answer']
  })
  const odd = metrics.counter({
    name: 'tracegate_collector_odd_times_total',
    help: 'Readings that came long after their time, or whose time was far ahead of ours',
    labels: ['what']
  })
  const lost = metrics.counter({ name: 'tracegate_collector_bounds_reached_total', help: 'What was let go at a bound', labels: ['what'] })
  const detection = metrics.counter({ name: 'tracegate_collector_detection_failures_total', help: 'Failures of the detection engine' })
  const anomalies = metrics.counter({ name: 'tracegate_collector_anomalies_total', help: 'Anomalies kept, by step', labels: ['action'] })

  return {
    received: (items: ItemCounts) => counters.add('received', items),
    committed: (outcome: CommitOutcome, items: ItemCounts) => counters.add(fateOf[outcome], items),
    rejected(error: unknown, items: ItemCounts) {
      counters.add('rejected', items)
      warnSeldom({ error: textOf(error) }, 'message not committed')
    },
    refused(reason: Reason, fields: { readonly topic: string; readonly clientId: string }) {
      refused.add(1, { code: reason.code })
      warnSeldom({ topic: fields.topic, clientId: fields.clientId, ...reason }, 'message refused')
    },
    groupCommitted({ tookMs, messages }: { readonly tookMs: number; readonly messages: number }) {
      commit.observe(tookMs / 1_000)
      if (messages > 0) group.observe(messages)
      counters.flush()
      for (const what of ['historicalReadings', 'aheadReadings'] as const) {
        if (count[what] > oddTold[what]) odd.add(count[what] - oddTold[what], { what })
        oddTold[what] = count[what]
      }
    },
    oddTimes({ historicalReadings, aheadReadings }: Pick<CollectorStats, 'historicalReadings' | 'aheadReadings'>) {
      count.historicalReadings += historicalReadings
      count.aheadReadings += aheadReadings
    },
    batchTaken: (lane: Lane, messages: number) => batch.observe(messages, { lane }),
    /** A batch is done with. */
    settled({ stored, deadLettered }: { readonly stored: ItemCounts; readonly deadLettered: ItemCounts }) {
      counters.add('stored', stored)
      counters.add('unstorable', deadLettered)
      counters.flush()
    },
    /** A message, reading or event of the log that no store takes. */
    unstorable(reason: Reason) {
      refused.add(1, { code: reason.code })
      warnSeldom({ ...reason }, 'cannot be stored')
    },
    storeAnswered: (store: string, tookMs: number) => answered.observe(tookMs / 1_000, { store }),
    storeRefused(store: string, error: unknown) {
      failures.add(1, { store, answer: 'refused' })
      warnSeldom({ store, error: textOf(error) }, 'store refuses a part of a batch')
    },
    storeFailed(store: string, error: unknown) {
      failures.add(1, { store, answer: 'failed' })
      logger.error({ store, error: textOf(error) }, 'cannot store, will try again')
    },
    logOlderThanStores(fields: { readonly lane: Lane; readonly offset: number; readonly taken: number }) {
      logger.warn(
        fields,
        'the log is older than the stores, as after a restore: it goes on under a new name, and all that it holds is stored again'
      )
    },
    deadLettersDropped(howMany: number) {
      count.deadLettersDropped += howMany
      lost.add(howMany, { what: 'deadLetter' })
    },
    deadLettersExpired(howMany: number) {
      count.deadLettersExpired += howMany
      lost.add(howMany, { what: 'deadLetterAge' })
    },
    deadLetterReplayed(fields: { readonly id: number; readonly by: string; readonly mended: boolean; readonly outcome: string }) {
      logger.info(fields, 'dead letter handed in again')
    },
    deadLetterDiscarded(fields: { readonly id: number; readonly by: string }) {
      logger.info(fields, 'dead letter discarded')
    },
    gapGivenUp(gap: { readonly device: string; readonly boot: string; readonly messages: number }) {
      count.gapsGivenUp += 1
      lost.add(1, { what: 'gap' })
      logger.warn(gap, 'gap given up, its messages are still welcome')
    },
    unjudged(howMany: number) {
      count.unjudged += howMany
      lost.add(howMany, { what: 'judgement' })
      logger.error({ items: howMany }, 'detection is too slow, stored without judging')
    },
    anomalyLost(id: string) {
      lost.add(1, { what: 'anomaly' })
      logger.error({ anomaly: id }, 'too many anomalies wait, a change is lost')
    },
    anomalyKept(action: string) {
      anomalies.add(1, { action })
    },
    detectionFailed(what: string, error: unknown) {
      count.detectionFailures += 1
      detection.add()
      logger.error({ what, error: textOf(error) }, 'detection failed')
    },
    failed(what: string, error: unknown) {
      logger.error({ what, error: textOf(error) }, 'collector failed')
    },
    info: (fields: Readonly<Record<string, unknown>>, message: string) => logger.info(fields, message),
    stats({ carriedOver, log }: StatsSources): CollectorStats {
      return {
        ...counters.balance('messages', carriedOver.messages),
        ...count,
        readings: counters.balance('readings', carriedOver.readings),
        events: counters.balance('events', carriedOver.events),
        logMessages: log.messages,
        logBytes: log.bytes,
        deadLetters: log.deadLetters
      }
    }
  }
}

const fateOf = { logged: 'logged', duplicate: 'duplicates', conflict: 'deadLettered', deadLettered: 'deadLettered' } as const

export type CollectorEvents = ReturnType<typeof createCollectorEvents>

const linesPerSecondMax = 10

/** One line a message would bury everything else when a device sends nonsense; the counters have them all. */
function createSeldomWarning(logger: Logger): Logger['warn'] {
  let second = 0
  let lines = 0
  let left = 0
  return (fields, message) => {
    const now = Math.floor(Date.now() / 1_000)
    if (now !== second) {
      if (left > 0) logger.warn({ lines: left }, 'warnings left out')
      second = now
      lines = 0
      left = 0
    }
    if (lines < linesPerSecondMax) logger.warn(fields, message)
    else left += 1
    lines += 1
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
