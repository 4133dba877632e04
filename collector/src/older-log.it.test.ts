/** A log from a backup beside stores that are newer, as a restore leaves them: nothing new is taken for something the stores have. */
import assert from 'node:assert/strict'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createLogger, silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { backupSqlite } from '@tracegate/store/embedded-backup'
import { createEmbeddedTelemetryStore } from '@tracegate/store/embedded-telemetry'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import { createBench, createFaultyStore, messageOf, objectEvent, startMs, storedCount, telemetryMessage } from './testing.ts'

const event = (serial: number) => messageOf('tg/v1/port-1/reader-1/event', objectEvent(serial))
const alarm = (seq: number) => telemetryMessage({ seq, boot: 'b1-a', device: 'alarm-1', timeMs: startMs + seq })

describe('a log that is older than the stores', () => {
  it('goes on under a new name, once: all it holds and all that comes is stored, each once', { timeout: 30_000 }, async () => {
    await using bench = await createBench()
    const { dataDir } = bench
    const telemetry = await createEmbeddedTelemetryStore({ dataDir })
    const trace = await createEmbeddedTraceStore({ dataDir, logger: silentLogger, metrics: createMetrics() })
    const faulty = createFaultyStore(telemetry)
    const lines: string[] = []
    const logger = createLogger({ level: 'warn', format: 'json', destination: { write: (line) => void lines.push(line) } })
    const older = () => lines.filter((line) => line.includes('older than the stores')).length
    const run = async (send: (commit: (seq: number) => Promise<unknown>) => Promise<void>) => {
      await using collector = await bench.start({ telemetry: faulty, trace, logger, limits: { closeTimeoutMs: 300 } })
      await send((seq) => Promise.all([telemetryMessage({ seq }), alarm(seq), event(seq)].map((message) => collector.sink.commit(message))))
      await collector.drain(300)
    }
    const path = join(dataDir, 'collector.db')
    const kept = join(dataDir, 'kept.db')
    try {
      await run(async (commit) => {
        for (let seq = 0; seq < 10; seq += 1) await commit(seq)
        // In the log when it is copied, and on the way to the stores.
        faulty.mode = 'stall'
        for (let seq = 10; seq < 15; seq += 1) await commit(seq)
        await backupSqlite({ path, target: kept })
        faulty.mode = 'ok'
        for (let seq = 15; seq < 40; seq += 1) await commit(seq)
      })
      assert.deepEqual([await storedCount(telemetry), (await trace.counts()).events, older()], [80, 40, 0])
      for (const ending of ['', '-wal', '-shm']) await rm(`${path}${ending}`, { force: true })
      await copyFile(kept, path)
      await run(async (commit) => {
        for (let seq = 100; seq < 105; seq += 1) await commit(seq)
      })
      assert.deepEqual([await storedCount(telemetry), (await trace.counts()).events, older()], [90, 45, 3], 'one line a lane')
      await run(async (commit) => {
        for (let seq = 105; seq < 110; seq += 1) await commit(seq)
      })
      assert.deepEqual([await storedCount(telemetry), (await trace.counts()).events, older()], [100, 50, 3], 'the new names are kept')
    } finally {
      faulty.mode = 'ok'
      await telemetry.close()
      await trace.close()
    }
  })
})
