/** Exported files hold what the store holds, and are read only as they are taken. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import type { Reading } from '@tracegate/model/telemetry'
import { createMemoryTelemetryStore } from '../memory-telemetry.ts'
import type { TelemetryStore } from '../telemetry-store.ts'
import { exportReadings, type ExportFormat } from './export-readings.ts'

const startMs = Date.UTC(2026, 10, 23)
const reading = (metric: string, at: number, value: number): Reading => ({
  point: 'port-1',
  device: 'plc-1',
  metric,
  value,
  unit: 'Cel',
  quality: Number.isNaN(value) ? 9 : 1,
  timeMs: startMs + at * 1_000
})
const range = { fromMs: startMs, toMs: startMs + 3_600_000 }

async function storeWith(readings: readonly Reading[]): Promise<TelemetryStore> {
  const store = createMemoryTelemetryStore()
  await store.append(readings)
  return store
}

async function fileOf(store: TelemetryStore, series: readonly string[], format: ExportFormat): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of exportReadings(store, { series, ...range, pageReadings: 7 }, format)) parts.push(part)
  return Buffer.concat(parts)
}

describe('an export', () => {
  it('as CSV has one line a reading, by series and time, and nothing where a value is missing', async () => {
    const store = await storeWith([reading('a', 1, -3.25), reading('a', 0, NaN), reading('b', 2, 1e-7)])
    const text = (await fileOf(store, ['port-1/plc-1/b', 'port-1/plc-1/a', 'port-1/plc-1/none'], 'csv')).toString()
    assert.deepEqual(text.split('\r\n'), [
      'time,point,device,metric,unit,value,quality',
      '2026-11-23T00:00:02.000Z,port-1,plc-1,b,Cel,1e-7,1',
      '2026-11-23T00:00:00.000Z,port-1,plc-1,a,Cel,,9',
      '2026-11-23T00:00:01.000Z,port-1,plc-1,a,Cel,-3.25,1',
      ''
    ])
  })

  it('as Parquet is read back by another library, value for value', async () => {
    const readings = Array.from({ length: 100 }, (_, at) => reading(at % 2 === 0 ? 'a' : 'b', at, at % 9 === 0 ? NaN : at / 8))
    const file = await fileOf(await storeWith(readings), ['port-1/plc-1/a', 'port-1/plc-1/b'], 'parquet')
    const bytes = Uint8Array.from(file).buffer
    const rows = await parquetReadObjects({ file: bytes })
    const expected = readings
      .toSorted((left, right) => left.metric.localeCompare(right.metric) || left.timeMs - right.timeMs)
      .map(({ timeMs, value, ...rest }) => ({ ...rest, time: new Date(timeMs), value: Number.isNaN(value) ? null : value }))
    assert.deepEqual(rows, expected)
    assert.equal(parquetMetadata(bytes).row_groups.length, 1, 'short series share a row group')
  })

  it('of nothing is a whole file without rows', async () => {
    const store = await storeWith([])
    assert.equal((await fileOf(store, [], 'csv')).toString(), 'time,point,device,metric,unit,value,quality\r\n')
    const rows = await parquetReadObjects({ file: Uint8Array.from(await fileOf(store, [], 'parquet')).buffer })
    assert.deepEqual(rows, [])
  })

  it('reads no page before the one before it was taken', async () => {
    const store = await storeWith(Array.from({ length: 50 }, (_, at) => reading('a', at, at)))
    let read = 0
    const counting = {
      async *pages(query: Parameters<TelemetryStore['pages']>[0]) {
        for await (const page of store.pages(query)) {
          read += 1
          yield page
        }
      }
    }
    const parts = exportReadings(counting, { series: ['port-1/plc-1/a'], ...range, pageReadings: 10 }, 'csv')
    await parts.next()
    assert.equal(read, 0)
    await parts.next()
    await parts.next()
    assert.equal(read, 2)
    await parts.return()
    assert.equal(read, 2)
  })
})
