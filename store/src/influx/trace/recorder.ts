/** What the trace store on InfluxDB tells of itself: counters and times, under the names of the embedded one. Never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CaptureOutcome } from '../../trace-store.ts'

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
  const timed = async <Answer>(answer: Promise<Answer>, observe: (seconds: number) => void): Promise<Answer> => {
    const startedMs = performance.now()
    try {
      return await answer
    } finally {
      observe((performance.now() - startedMs) / 1_000)
    }
  }
  return {
    captured(outcomes: readonly CaptureOutcome[]): void {
      const stored = outcomes.filter(({ outcome }) => outcome === 'stored').length
      if (stored > 0) events.add(stored, { outcome: 'stored' })
      if (stored < outcomes.length) events.add(outcomes.length - stored, { outcome: 'duplicate' })
    },
    async capturing<Answer>(answer: Promise<Answer>): Promise<Answer> {
      try {
        return await timed(answer, (seconds) => commitSeconds.observe(seconds))
      } catch (error) {
        troubles.add()
        logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'trace store: events not captured')
        throw error
      }
    },
    asked: <Answer>(kind: string, answer: Promise<Answer>): Promise<Answer> =>
      timed(answer, (seconds) => querySeconds.observe(seconds, { kind }))
  }
}
