/** Readings as row groups of a Parquet file, one after another. It keeps no row group once it is given away. */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { SeriesColumns } from '../telemetry-store.ts'
import { namesOf } from './series-names.ts'

const schema: ConstructorParameters<typeof ParquetWriter>[0]['schema'] = [
  { name: 'root', num_children: 7 },
  {
    name: 'time',
    type: 'INT64',
    repetition_type: 'REQUIRED',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' }
  },
  ...['point', 'device', 'metric', 'unit'].map((name) => ({
    name,
    type: 'BYTE_ARRAY' as const,
    repetition_type: 'REQUIRED' as const,
    converted_type: 'UTF8' as const,
    logical_type: { type: 'STRING' as const }
  })),
  { name: 'value', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  { name: 'quality', type: 'INT32', repetition_type: 'REQUIRED' }
]

export interface Parquet {
  /** Bytes of one row group with all readings of the pages. */
  add(pages: readonly SeriesColumns[]): Uint8Array
  /** The end of the file; without it the file cannot be read. */
  finish(): Uint8Array
}

export function createParquet(): Parquet {
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'Tracegate' })
  const take = (): Uint8Array => {
    const part = bytes.getBytes().slice()
    bytes.index = 0
    return part
  }
  return {
    add(pages) {
      const readings = pages.reduce((sum, { timeMs }) => sum + timeMs.length, 0)
      void writer.write({ columnData: columnsOf(pages), rowGroupSize: readings })
      return take()
    },
    finish() {
      void writer.finish()
      return take()
    }
  }
}

function columnsOf(pages: readonly SeriesColumns[]) {
  const textOf = (text: (page: SeriesColumns) => string) => pages.flatMap((page) => Array.from(page.timeMs, () => text(page)))
  return [
    { name: 'time', data: pages.flatMap(({ timeMs }) => Array.from(timeMs, (time) => new Date(time))) },
    { name: 'point', data: textOf(({ series }) => namesOf(series).point) },
    { name: 'device', data: textOf(({ series }) => namesOf(series).device) },
    { name: 'metric', data: textOf(({ series }) => namesOf(series).metric) },
    { name: 'unit', data: textOf(({ unit }) => unit) },
    { name: 'value', data: pages.flatMap(({ value }) => Array.from(value, (one) => (Number.isNaN(one) ? null : one))) },
    { name: 'quality', data: pages.flatMap(({ quality }) => Array.from(quality)) }
  ]
}
