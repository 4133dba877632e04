/** What the embedded trace store tells of itself: counters, times and one log line for trouble. Never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CaptureOutcome } from '../../trace-store.ts'
import type { QueryKind } from './protocol.ts'

export type Recorder = ReturnType<typeof createRecorder>

export function createRecorder({ metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger }) {
  const events = metrics.counter({
    name: 'tracegate_store_trace_events_total',
    help: 'Events handed to the trace store, by outcome',
    labels: ['outcome']
  })
  const commitSeconds = metrics.histogram({
    name: 'tracegate_store_trace_commit_seconds',
    help: 'Time of one group commit of trace events',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5]
  })
  const querySeconds = metrics.histogram({
    name: 'tracegate_store_trace_query_seconds',
    help: 'Time of one trace query, waiting included',
    labels: ['kind'],
    buckets: [0.002, 0.01, 0.05, 0.2, 1, 5]
  })
  const troubles = metrics.counter({
    name: 'tracegate_store_trace_troubles_total',
    help: 'Times the folding of trace events could not go on'
  })
  return {
    captured(outcomes: readonly CaptureOutcome[]): void {
      const stored = outcomes.filter(({ outcome }) => outcome === 'stored').length
      if (stored > 0) events.add(stored, { outcome: 'stored' })
      if (stored < outcomes.length) events.add(outcomes.length - stored, { outcome: 'duplicate' })
    },
    committed: (tookMs: number): void => commitSeconds.observe(tookMs / 1_000),
    async asked<Answer>(kind: QueryKind, answer: Promise<Answer>): Promise<Answer> {
      const startedMs = performance.now()
      try {
        return await answer
      } finally {
        querySeconds.observe((performance.now() - startedMs) / 1_000, { kind })
      }
    },
    trouble(error: Error): void {
      troubles.add()
      logger.warn({ error: error.message }, 'trace store: folding waits')
    }
  }
}
