/**
 * A process that writes while another reads: appends ten readings a batch, the value of each the offset of its batch, and says which are
 * stored. Argument: data folder. It ends when its standard input does.
 */
import { writeSync } from 'node:fs'
import { createEmbeddedTelemetryStore } from '../embedded-telemetry.ts'

const [dataDir = ''] = process.argv.slice(2)
const store = await createEmbeddedTelemetryStore({ dataDir, foldAfterReadings: 200, blockReadingsMax: 64 })
const told = new AbortController()
process.stdin.on('end', () => told.abort()).resume()
for (let offset = 0; !told.signal.aborted && offset < 100_000; offset++) {
  await store.appendColumns(
    {
      series: [{ point: 'port-1', device: 'plc', metric: 'temperature', unit: 'Cel' }],
      seriesAt: new Uint32Array(10),
      timeMs: Float64Array.from({ length: 10 }, (_, index) => offset * 10 + index),
      value: new Float64Array(10).fill(offset),
      quality: new Uint8Array(10).fill(1)
    },
    { log: 'writer', upTo: offset }
  )
  writeSync(1, `${offset}\n`)
}
await store.close()
