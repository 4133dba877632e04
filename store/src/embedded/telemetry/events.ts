/** What happens in the embedded telemetry store, as log lines and counters. Never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { RetentionCounts } from '../../telemetry-store.ts'

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
  const rollups = metrics.counter({
    name: 'tracegate_store_telemetry_rollups_dropped_total',
    help: 'Minutes and hours dropped by age',
    labels: ['width']
  })
  const blocks = metrics.counter({
    name: 'tracegate_store_telemetry_blocks_total',
    help: 'Blocks by what the background did with them: compacted (small ones that became fewer), moved (of an earlier schema)',
    labels: ['outcome']
  })
  return {
    tidied({
      moved,
      compacted,
      error
    }: {
      readonly moved: number
      readonly compacted: { readonly before: number }
      readonly error?: string
    }): void {
      blocks.add(moved, { outcome: 'moved' })
      blocks.add(compacted.before, { outcome: 'compacted' })
      if (error !== undefined) logger.warn({ error }, 'tidying blocks failed, it will be tried again')
    },
    stored: (count: number): void => readings.add(count, { outcome: 'stored' }),
    dropped: (count: number): void => readings.add(count, { outcome: 'dropped' }),
    folded: (count: number): void => readings.add(count, { outcome: 'folded' }),
    retained({ raw, minute, hour }: RetentionCounts): void {
      readings.add(raw, { outcome: 'retained' })
      rollups.add(minute, { width: '1m' })
      rollups.add(hour, { width: '1h' })
      if (raw + minute + hour > 0) logger.info({ readings: raw, minutes: minute, hours: hour }, 'old readings dropped')
    },
    committed: ({ tookMs }: { readonly tookMs: number }): void => commits.observe(tookMs / 1_000),
    foldFailed(error: unknown): void {
      failures.add()
      logger.warn(
        { error: error instanceof Error ? error.message : String(error) },
        'folding failed, readings stay in the write-ahead table'
      )
    },
    /** Appends are refused from now on, or taken again. */
    full(is: boolean): void {
      if (is) logger.error({}, 'no room for readings, appends are refused until there is')
      else logger.info({}, 'room for readings again')
    },
    retentionFailed(error: unknown): void {
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'dropping old readings failed, it will be tried again')
    },
    watch(read: { readonly unfolded: () => number; readonly series: () => number; readonly full: () => boolean }): void {
      metrics.gauge({
        name: 'tracegate_store_telemetry_full',
        help: '1 while appends are refused because the disk or the limit of the file is reached',
        read: () => Number(read.full())
      })
      metrics.gauge({ name: 'tracegate_store_telemetry_unfolded_readings', help: 'Readings not in blocks yet', read: read.unfolded })
      metrics.gauge({ name: 'tracegate_store_telemetry_series', help: 'Series known', read: read.series })
    }
  }
}
