/** Readings as lines of CSV (RFC 4180), one a reading. Pure. */
import type { SeriesColumns } from '../telemetry-store.ts'
import { namesOf } from './series-names.ts'

export const csvHeader = 'time,point,device,metric,unit,value,quality\r\n'

/** An empty value is a missing one (quality 9); times are ISO 8601 in UTC. */
export function csvOf(page: SeriesColumns): string {
  const { point, device, metric } = namesOf(page.series)
  const middle = [point, device, metric, page.unit].map(fieldOf).join(',')
  let text = ''
  for (const [at, timeMs] of page.timeMs.entries()) {
    const value = page.value[at] ?? NaN
    text += `${new Date(timeMs).toISOString()},${middle},${Number.isNaN(value) ? '' : value},${page.quality[at] ?? 9}\r\n`
  }
  return text
}

function fieldOf(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
