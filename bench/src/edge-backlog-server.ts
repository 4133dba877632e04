/**
 * The other end of the backlog benchmark, in a process of its own: broker, collector and embedded stores. Tells how long alarms were on the
 * way until they were durable. Talks over the IPC channel: `figures` gives what was stored and the delays since the last time.
 */
import { startBroker } from '@tracegate/broker/broker'
import { startCollector } from '@tracegate/collector/collector'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import type { DeviceDirectory } from '@tracegate/service/identity'
import type { IngestSink } from '@tracegate/service/ingest'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTelemetryStore } from '@tracegate/store/embedded-telemetry'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'

/** Anybody is the agent of the point in the user name. */
const directory: DeviceDirectory = {
  async authenticate({ username = '' }) {
    const [point = '', device = ''] = username.split('/')
    return { role: 'edge', point, device }
  }
}

const skeleton = { logger: silentLogger, metrics: createMetrics() }
const alarmTopic = 'tg/v1/cold-store/siren/telemetry'

if (import.meta.main) await main(process.argv[2] ?? '')

async function main(dataDir: string): Promise<void> {
  const telemetry = await createEmbeddedTelemetryStore({ dataDir, ...skeleton })
  const [trace, cases] = [createMemoryTraceStore(), createMemoryCaseStore()]
  const [bus, engine, health] = [createBus(() => {}), createDetectionEngine(), createHealth()]
  const collector = await startCollector({ dataDir, telemetry, trace, cases, bus, engine, health, ...skeleton })
  let delaysMs: number[] = []
  const sink: IngestSink = {
    async commit(message) {
      await collector.sink.commit(message)
      if (message.topic !== alarmTopic) return
      const nowMs = performance.timeOrigin + performance.now()
      for (const [, takenMs] of Buffer.from(message.payload)
        .toString()
        .matchAll(/"value":([\d.]+)/g))
        delaysMs.push(nowMs - Number(takenMs))
    }
  }
  const broker = await startBroker({ host: '127.0.0.1', port: 0, directory, sink, ...skeleton })
  collector.setPublisher(broker.publisher)
  process.on('message', () => {
    process.send?.({ ...collector.stats(), delaysMs })
    delaysMs = []
  })
  process.once('disconnect', () => process.exit(0))
  process.send?.({ port: broker.port })
}
