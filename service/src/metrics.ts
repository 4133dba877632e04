/** Counters, gauges and histograms of one process, in the Prometheus text format. Labels must be low in cardinality. */
import {
  collectDefaultMetrics,
  Counter as PrometheusCounter,
  Gauge as PrometheusGauge,
  Histogram as PrometheusHistogram,
  Registry
} from '@prometheus-io/client'

export type Labels = Readonly<Record<string, string>>

export interface Counter {
  add(count?: number, labels?: Labels): void
}
export interface Gauge {
  set(value: number, labels?: Labels): void
}
export interface Histogram {
  observe(value: number, labels?: Labels): void
}

interface MetricOptions {
  /** `tracegate_<app>_<what>_<unit>[_total]`. */
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

export interface Metrics {
  counter(options: MetricOptions): Counter
  /** With `read` the value is taken at each scrape. */
  gauge(options: MetricOptions & { readonly read?: () => number }): Gauge
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram
  text(): Promise<string>
  readonly contentType: string
}

export interface MetricsOptions {
  /** Adds memory, event loop and garbage collection figures of the process. */
  readonly process: boolean
}

export function createMetrics(options: MetricsOptions = { process: false }): Metrics {
  const registry = new Registry()
  if (options.process) collectDefaultMetrics({ register: registry })
  const base = (metric: MetricOptions) => ({
    name: metric.name,
    help: metric.help,
    labelNames: [...(metric.labels ?? [])],
    registers: [registry]
  })
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter(metric) {
      const counter = new PrometheusCounter<string>(base(metric))
      return { add: (count = 1, labels = {}) => counter.inc(labels, count) }
    },
    gauge(metric) {
      const read = metric.read
      const gauge = new PrometheusGauge<string>({
        ...base(metric),
        ...(read === undefined
          ? {}
          : {
              collect() {
                this.set(read())
              }
            })
      })
      return { set: (value, labels = {}) => gauge.set(labels, value) }
    },
    histogram(metric) {
      const histogram = new PrometheusHistogram<string>({ ...base(metric), buckets: [...metric.buckets] })
      return { observe: (value, labels = {}) => histogram.observe(labels, value) }
    }
  }
}
