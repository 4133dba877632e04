/** What happens in the collector, each as one counter and, where a person may care, one log line. Never throws. */
import type { Reason } from '@tracegate/model/errors'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CommitOutcome } from './ingest-log.ts'

export interface CollectorStats {
  /** Messages handed in by this run. received + carriedOver = stored + duplicates + deadLettered + inLog + rejected + waiting. */
  readonly received: number
  /** Messages that an earlier run left in the log. */
  readonly carriedOver: number
  readonly stored: number
  readonly duplicates: number
  readonly deadLettered: number
  /** Durable and not in the stores yet. */
  readonly inLog: number
  /** Not committed and not acknowledged; the sender comes again. */
  readonly rejected: number
  /** On the way to their commit. */
  readonly waiting: number
  readonly logBytes: number
  readonly deadLetters: number
  readonly deadLettersDropped: number
  readonly deadLettersExpired: number
  readonly gapsGivenUp: number
  /** Readings and events that were stored and not judged. */
  readonly unjudged: number
  readonly detectionFailures: number
}

export interface StatsSources {
  readonly carriedOver: number
  readonly log: { readonly bytes: number; readonly deadLetters: number }
}

export function createCollectorEvents(options: { readonly logger: Logger; readonly metrics: Metrics }) {
  const { logger, metrics } = options
  const warnSeldom = createSeldomWarning(logger)
  const count = {
    received: 0,
    logged: 0,
    stored: 0,
    duplicates: 0,
    deadLettered: 0,
    /** Of these, how many went through the log first. */
    buried: 0,
    rejected: 0,
    deadLettersDropped: 0,
    deadLettersExpired: 0,
    gapsGivenUp: 0,
    unjudged: 0,
    detectionFailures: 0
  }
  const messages = metrics.counter({
    name: 'tracegate_collector_messages_total',
    help: 'Messages by what became of them',
    labels: ['outcome']
  })
  const refused = metrics.counter({ name: 'tracegate_collector_refused_total', help: 'Messages refused, by reason', labels: ['code'] })
  const commit = metrics.histogram({
    name: 'tracegate_collector_commit_seconds',
    help: 'Time of one group commit',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25]
  })
  const failures = metrics.counter({
    name: 'tracegate_collector_store_failures_total',
    help: 'Failed writes to a store',
    labels: ['store']
  })
  const lost = metrics.counter({ name: 'tracegate_collector_bounds_reached_total', help: 'What was let go at a bound', labels: ['what'] })
  const detection = metrics.counter({ name: 'tracegate_collector_detection_failures_total', help: 'Failures of the detection engine' })
  const anomalies = metrics.counter({ name: 'tracegate_collector_anomalies_total', help: 'Anomalies kept, by step', labels: ['action'] })

  return {
    received() {
      count.received += 1
      messages.add(1, { outcome: 'received' })
    },
    committed(outcome: CommitOutcome) {
      if (outcome === 'logged') count.logged += 1
      else if (outcome === 'duplicate') count.duplicates += 1
      else count.deadLettered += 1
      messages.add(1, { outcome: outcome === 'conflict' ? 'deadLettered' : outcome })
    },
    rejected(error: unknown) {
      count.rejected += 1
      messages.add(1, { outcome: 'rejected' })
      warnSeldom({ error: textOf(error) }, 'message not committed')
    },
    refused(reason: Reason, fields: { readonly topic: string; readonly clientId: string }) {
      refused.add(1, { code: reason.code })
      warnSeldom({ topic: fields.topic, clientId: fields.clientId, ...reason }, 'message refused')
    },
    groupCommitted: (tookMs: number) => commit.observe(tookMs / 1_000),
    stored(howMany: number) {
      count.stored += howMany
      messages.add(howMany, { outcome: 'stored' })
    },
    /** A message of the log that no store takes. */
    buried(reason: Reason) {
      count.deadLettered += 1
      count.buried += 1
      messages.add(1, { outcome: 'deadLettered' })
      logger.warn({ ...reason }, 'message cannot be stored')
    },
    storeFailed(store: string, error: unknown) {
      failures.add(1, { store })
      logger.error({ store, error: textOf(error) }, 'cannot store, will try again')
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
      const { logged, buried, ...counts } = count
      return {
        ...counts,
        carriedOver,
        inLog: carriedOver + logged - count.stored - buried,
        waiting: count.received - logged - count.duplicates - (count.deadLettered - buried) - count.rejected,
        logBytes: log.bytes,
        deadLetters: log.deadLetters
      }
    }
  }
}
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
