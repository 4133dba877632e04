/**
 * Readings of many series as one file, CSV or Parquet, made in pieces: what the taker has not asked for is not read yet. It keeps one
 * piece in memory, whatever the length of the file.
 */
import type { PageQuery, SeriesColumns, TelemetryStore } from '../telemetry-store.ts'
import { csvHeader, csvOf } from './csv.ts'
import { createParquet } from './parquet.ts'

export const exportFormats = ['csv', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

export const exportMediaTypes = { csv: 'text/csv; charset=utf-8; header=present', parquet: 'application/vnd.apache.parquet' } as const

export interface ExportQuery extends Omit<PageQuery, 'series'> {
  /** Full names, `point/device/metric`; the file has them in this order, each by time. */
  readonly series: readonly string[]
}

/** Readings of one piece of a Parquet file, so that many short series do not become many row groups. */
const groupReadings = 50_000

/** Errors are those of `TelemetryStore.pages`, met while the file is taken. */
export function exportReadings(
  store: Pick<TelemetryStore, 'pages'>,
  query: ExportQuery,
  format: ExportFormat
): AsyncGenerator<Uint8Array, void> {
  const pages = pagesOf(store, query)
  return format === 'csv' ? toCsv(pages) : toParquet(pages)
}

async function* pagesOf(store: Pick<TelemetryStore, 'pages'>, { series, ...range }: ExportQuery): AsyncGenerator<SeriesColumns> {
  for (const name of series) yield* store.pages({ series: name, ...range })
}

async function* toCsv(pages: AsyncIterable<SeriesColumns>): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(csvHeader)
  for await (const page of pages) if (page.timeMs.length > 0) yield Buffer.from(csvOf(page))
}

async function* toParquet(pages: AsyncIterable<SeriesColumns>): AsyncGenerator<Uint8Array, void> {
  const parquet = createParquet()
  let group: SeriesColumns[] = []
  let readings = 0
  for await (const page of pages) {
    if (page.timeMs.length === 0) continue
    group.push(page)
    readings += page.timeMs.length
    if (readings < groupReadings) continue
    yield parquet.add(group)
    group = []
    readings = 0
  }
  if (group.length > 0) yield parquet.add(group)
  yield parquet.finish()
}
