/**
 * The readings of one series out of an InfluxDB, in columns, a page at a time: no answer of the server and no memory here grows with the
 * length of a range.
 */
import type { Columns } from '../column-block.ts'
import type { InfluxDatabase } from './client.ts'
import { spanOfMs, type SelectedRow } from './selection.ts'
import { conditionsOf, measurements, tagsOfSeries } from './telemetry-model.ts'

export interface PagesQuery {
  readonly series: string
  /** Both ends included. */
  readonly fromMs: number
  readonly toMs: number
  /** Readings of a page; the last may have fewer, and none is empty. */
  readonly pageReadings: number
}

export const pageReadingsDefault = 20_000

export async function* pagesOf(database: InfluxDatabase, query: PagesQuery): AsyncGenerator<Columns & { readonly isLast: boolean }> {
  const { series, toMs, pageReadings } = query
  const tags = tagsOfSeries(series)
  if (tags === undefined) return
  for (let fromMs = query.fromMs; ;) {
    const span = spanOfMs(fromMs, toMs)
    if (span === undefined) return
    const { rows, cut } = await database.select({
      measurement: measurements.reading,
      fields: ['quality', 'value'],
      where: conditionsOf(tags),
      span,
      wholeMs: true,
      // One more tells whether there is another page.
      pick: { type: 'every', tags: [], order: 'ascending', limit: pageReadings + 1 }
    })
    const isLast = !cut && rows.length <= pageReadings
    const columns = columnsOf(rows.slice(0, pageReadings))
    const lastMs = columns.timeMs.at(-1)
    if (lastMs === undefined) return
    yield { ...columns, isLast }
    if (isLast) return
    fromMs = lastMs + 1
  }
}

function columnsOf(rows: readonly SelectedRow[]): Columns {
  const timeMs = new Float64Array(rows.length)
  const value = new Float64Array(rows.length)
  const quality = new Uint8Array(rows.length)
  for (const [index, row] of rows.entries()) {
    timeMs[index] = row.timeMs
    quality[index] = Number(row.values[0] ?? 9)
    value[index] = valueOf(row)
  }
  return { timeMs, value, quality }
}

/** Of a row with the fields quality and value. A missing reading that replaced another has the value of that one still. */
export function valueOf({ values: [quality, value] }: SelectedRow): number {
  return quality === 9 || value === null || value === undefined ? NaN : Number(value)
}

/** Several pages as one. */
export function joined(pages: readonly Columns[]): Columns {
  const length = pages.reduce((sum, page) => sum + page.timeMs.length, 0)
  const whole = { timeMs: new Float64Array(length), value: new Float64Array(length), quality: new Uint8Array(length) }
  let at = 0
  for (const page of pages) {
    whole.timeMs.set(page.timeMs, at)
    whole.value.set(page.value, at)
    whole.quality.set(page.quality, at)
    at += page.timeMs.length
  }
  return whole
}
