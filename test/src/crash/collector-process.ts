/**
 * The collector with the embedded stores as a process of its own, a client of the platform's broker:
 * `node collector-process.ts <data folder> <broker> <count file>`. On SIGTERM it stores what it has, tells its counters and ends.
 */
import { writeSync } from 'node:fs'
import { startCollector } from '@tracegate/collector/collector'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { waitForSignal } from '@tracegate/service/lifecycle'
import { createLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedCaseStore } from '@tracegate/store/embedded-case'
import { createEmbeddedTelemetryStore } from '@tracegate/store/embedded-telemetry'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import { deviceOf } from './content.ts'
import { createCountingStore } from './counting-store.ts'

const drainMs = 10_000

if (import.meta.main) await main(process.argv.slice(2))

async function main([dataDir = '', url = '', countFile = '']: readonly string[]): Promise<void> {
  const stopped = waitForSignal()
  const skeleton = { logger: createLogger({ level: 'warn', format: 'json' }), metrics: createMetrics() }
  const telemetry = createCountingStore(await createEmbeddedTelemetryStore({ dataDir, ...skeleton }), {
    path: countFile,
    device: deviceOf('native')
  })
  const trace = await createEmbeddedTraceStore({ dataDir, ...skeleton })
  const cases = await createEmbeddedCaseStore({ dataDir })
  const collector = await startCollector({
    dataDir,
    telemetry,
    trace,
    cases,
    bus: createBus(() => {}),
    engine: createDetectionEngine(),
    health: createHealth(),
    input: { type: 'mqtt', url, clientId: 'collector', username: 'collector', password: 'secret' },
    ...skeleton
  })
  writeSync(1, `${JSON.stringify({ ready: {} })}\n`)
  const telling = setInterval(() => writeSync(1, `${JSON.stringify({ stats: collector.stats() })}\n`), 500)
  await stopped
  clearInterval(telling)
  await collector.drain(drainMs)
  await collector[Symbol.asyncDispose]()
  writeSync(1, `${JSON.stringify({ stats: collector.stats(), ended: true })}\n`)
  await Promise.all([telemetry.close(), trace.close(), cases.close()])
  process.exit(0)
}
