/**
 * A process for the kill test: appends batches with their offset and says on standard output which are acknowledged.
 * Arguments: data folder, first offset. It ends only by being killed.
 */
import { writeSync } from 'node:fs'
import { createEmbeddedTelemetryStore } from '../embedded-telemetry.ts'
import { batchOf } from './kill-batches.ts'

const [dataDir = '', first = '0'] = process.argv.slice(2)
const store = await createEmbeddedTelemetryStore({ dataDir, foldAfterReadings: 2_000, blockReadingsMax: 128 })
for (let offset = Number(first); ; offset++) {
  await store.append(batchOf(offset), { log: 'kill-test', upTo: offset })
  // Synchronous: what was acknowledged must be known to the test even if the next instruction is the last.
  writeSync(1, `${offset}\n`)
}
