/** Broker, collector and embedded stores as one small process that a test can kill: `node ingest-process.ts <data folder> <port>`. */
import { writeSync } from 'node:fs'
import { startBroker } from '@tracegate/broker/broker'
import { startCollector } from '@tracegate/collector/collector'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import type { DeviceDirectory } from '@tracegate/service/identity'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedCaseStore } from '@tracegate/store/embedded-case'
import { createEmbeddedTelemetryStore } from '@tracegate/store/embedded-telemetry'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'

/** Anybody is the device whose name is its user name. */
const directory: DeviceDirectory = {
  async authenticate({ username = '' }) {
    const [point = '', device = ''] = username.split('/')
    return { role: 'device', point, device }
  }
}

if (import.meta.main) await main(process.argv[2] ?? '', Number(process.argv[3] ?? 0))

async function main(dataDir: string, port: number): Promise<void> {
  const skeleton = { logger: silentLogger, metrics: createMetrics() }
  const telemetry = await createEmbeddedTelemetryStore({ dataDir, ...skeleton })
  const trace = await createEmbeddedTraceStore({ dataDir, ...skeleton })
  const cases = await createEmbeddedCaseStore({ dataDir })
  const bus = createBus(() => {})
  const engine = createDetectionEngine()
  const collector = await startCollector({ dataDir, telemetry, trace, cases, bus, engine, health: createHealth(), ...skeleton })
  const broker = await startBroker({ host: '127.0.0.1', port, directory, sink: collector.sink, ...skeleton })
  process.once('SIGTERM', () => {
    const end = async () => {
      await collector.drain(10_000)
      await broker[Symbol.asyncDispose]()
      await collector[Symbol.asyncDispose]()
      writeSync(1, `${JSON.stringify(collector.stats())}\n`)
      await Promise.all([telemetry.close(), trace.close(), cases.close()])
      process.exit(0)
    }
    end().catch((error: unknown) => {
      writeSync(2, `${String(error)}\n`)
      process.exit(1)
    })
  })
  writeSync(1, 'ready\n')
}
