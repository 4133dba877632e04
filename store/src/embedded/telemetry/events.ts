/** What happens in the embedded telemetry store, as log lines and counters. Never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export function telemetryEvents(metrics: Metrics, logger: Logger) {
  const readings = metrics.counter({
    name: 'tracegate_store_telemetry_readings_total',
    help: 'Readings by what became of them: stored, dropped (stored before), folded into blocks, retained (dropped by age)',
    labels: ['outcome']
  })
  const commits = metrics.histogram({
    name: 'tracegate_store_telemetry_commit_seconds',
    help: 'Time the event loop stood still for one group commit',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5]
  })
  const failures = metrics.counter({
    name: 'tracegate_store_telemetry_fold_failures_total',
    help: 'Folds that failed and will be tried again'
  })
  return {
    stored: (count: number): void => readings.add(count, { outcome: 'stored' }),
    dropped: (count: number): void => readings.add(count, { outcome: 'dropped' }),
    folded: (count: number): void => readings.add(count, { outcome: 'folded' }),
    retained(count: number): void {
      readings.add(count, { outcome: 'retained' })
      logger.info({ readings: count }, 'old readings dropped')
    },
    committed: ({ tookMs }: { readonly tookMs: number }): void => commits.observe(tookMs / 1_000),
    foldFailed(error: unknown): void {
      failures.add()
      logger.warn(
        { error: error instanceof Error ? error.message : String(error) },
        'folding failed, readings stay in the write-ahead table'
      )
    },
    watch(read: { readonly unfolded: () => number; readonly series: () => number }): void {
      metrics.gauge({ name: 'tracegate_store_telemetry_unfolded_readings', help: 'Readings not in blocks yet', read: read.unfolded })
      metrics.gauge({ name: 'tracegate_store_telemetry_series', help: 'Series known', read: read.series })
    }
  }
}
