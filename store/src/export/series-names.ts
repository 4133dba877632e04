/** The parts of a series name. Pure. */

export interface SeriesNames {
  readonly point: string
  readonly device: string
  readonly metric: string
}

/** `point/device/metric`; a metric has no slash. */
export function namesOf(series: string): SeriesNames {
  const [point = '', device = '', ...metric] = series.split('/')
  return { point, device, metric: metric.join('/') }
}
