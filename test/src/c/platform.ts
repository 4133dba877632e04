/** Embedded broker, collector and stores in memory, for a device that is tried on them; the broker can be taken away and come back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker, type Broker } from '@tracegate/broker/broker'
import { startCollector, type Collector } from '@tracegate/collector/collector'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import type { DeviceDirectory } from '@tracegate/service/identity'
import type { IncomingMessage } from '@tracegate/service/ingest'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'

export const secret = 'the secret of the device'

/** A device is who its user name says, when it knows the secret; `listener` hears everything. */
const directory: DeviceDirectory = {
  async authenticate({ username = '', password }) {
    if (username === 'listener') return { role: 'service', point: '', device: username }
    const [point = '', device = ''] = username.split('/')
    return password?.toString() === secret ? { role: 'device', point, device } : undefined
  }
}

export interface Platform extends AsyncDisposable {
  readonly port: number
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
  readonly collector: Collector
  /** Everything that the broker took, in the order of its coming, and handed to the collector. */
  readonly taken: readonly IncomingMessage[]
  /** Orders and watermarks go out here. */
  publish(topic: string, payload: object): Promise<void>
  stopBroker(): Promise<void>
  startBroker(): Promise<void>
}

export async function startPlatform(scanner: string): Promise<Platform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-c-platform-'))
  const telemetry = createMemoryTelemetryStore()
  const trace = createMemoryTraceStore()
  const cases = createMemoryCaseStore()
  const skeleton = () => ({ logger: silentLogger, metrics: createMetrics() })
  const rule = { readPoint: 'urn:epc:id:sgln:9506000.13433.0', bizStep: 'receiving', action: 'OBSERVE', mode: 'observe' }
  await cases.put('settings', `scan-rule:${scanner}`, rule)
  const collector = await startCollector({
    ...skeleton(),
    dataDir,
    telemetry,
    trace,
    cases,
    bus: createBus(() => {}),
    engine: createDetectionEngine(),
    health: createHealth()
  })
  const taken: IncomingMessage[] = []
  const sink = {
    ...collector.sink,
    commit(message: IncomingMessage) {
      taken.push(message)
      return collector.sink.commit(message)
    }
  }
  let broker: Broker | undefined
  let port = 0
  const platform: Platform = {
    get port() {
      return port
    },
    telemetry,
    trace,
    collector,
    taken,
    publish: async (topic, payload) => {
      await broker?.publisher.publish(topic, Buffer.from(JSON.stringify(payload)), { qos: 1, retain: false })
    },
    async stopBroker() {
      await broker?.[Symbol.asyncDispose]()
      broker = undefined
    },
    async startBroker() {
      broker = await startBroker({ ...skeleton(), host: '127.0.0.1', port, directory, sink })
      port = broker.port
      collector.setPublisher(broker.publisher)
    },
    async [Symbol.asyncDispose]() {
      await platform.stopBroker()
      await collector[Symbol.asyncDispose]()
      await Promise.all([telemetry.close(), trace.close(), cases.close()])
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
    }
  }
  await platform.startBroker()
  return platform
}
