/** What happens in the simulated port, told as counters and log lines; none of it ever throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export interface SimEvents {
  sampled(rooms: number): void
  scanned(reader: 'gate' | 'dock', seen: boolean): void
  tickFailed(error: unknown): void
}

export function createSimEvents(options: { readonly logger: Logger; readonly metrics: Metrics }): SimEvents {
  const samples = options.metrics.counter({
    name: 'tracegate_sim_samples_total',
    help: 'Samples that the simulated rooms gave to their devices'
  })
  const scans = options.metrics.counter({
    name: 'tracegate_sim_scans_total',
    help: 'Labels that went past a simulated reader; unseen ones wait and come again',
    labels: ['reader', 'result']
  })
  const failures = options.metrics.counter({
    name: 'tracegate_sim_tick_failures_total',
    help: 'Ticks of the simulated devices that failed'
  })
  return {
    sampled: (rooms) => samples.add(rooms),
    scanned: (reader, seen) => scans.add(1, { reader, result: seen ? 'seen' : 'waiting' }),
    tickFailed(error) {
      failures.add(1)
      options.logger.error({ error: String(error) }, 'simulated devices missed a tick')
    }
  }
}
