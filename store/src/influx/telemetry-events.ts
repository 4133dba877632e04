/** What happens in a telemetry store on InfluxDB, as log lines and counters. Never throws, and never tells a secret. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { WriteAnswer } from './write-answer.ts'

export function influxTelemetryEvents(metrics: Metrics, logger: Logger) {
  const readings = metrics.counter({
    name: 'tracegate_store_influx_readings_total',
    help: 'Readings by what became of them: stored, dropped (stored before), refused for good, retained (dropped by age)',
    labels: ['outcome']
  })
  const answers = metrics.counter({
    name: 'tracegate_store_influx_write_answers_total',
    help: 'Write requests that the server did not simply take, by what its answer means',
    labels: ['answer']
  })
  const seconds = metrics.histogram({
    name: 'tracegate_store_influx_append_seconds',
    help: 'Time of one append, all of its requests included',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]
  })
  return {
    stored(count: number, tookMs: number): void {
      readings.add(count, { outcome: 'stored' })
      seconds.observe(tookMs / 1_000)
    },
    dropped: (count: number): void => readings.add(count, { outcome: 'dropped' }),
    refused(count: number, detail: string): void {
      readings.add(count, { outcome: 'refused' })
      logger.warn({ readings: count, detail }, 'InfluxDB refuses readings for good')
    },
    retained(count: number): void {
      readings.add(count, { outcome: 'retained' })
      if (count > 0) logger.info({ readings: count }, 'old readings dropped')
    },
    answered(answer: WriteAnswer, lines: number): void {
      answers.add(1, { answer: answer.type })
      logger.debug({ answer, lines }, 'InfluxDB did not simply take a write')
    },
    watch(series: () => number): void {
      metrics.gauge({ name: 'tracegate_store_influx_series', help: 'Series known to the writing process', read: series })
    }
  }
}
