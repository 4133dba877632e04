/**
 * The process under test of the ingest benchmark: `ingest-server.ts <mode> <data folder>`, talked to over the IPC channel.
 * Mode `commit` is broker, collector and embedded stores; mode `plain` is the same broker with a sink that keeps nothing.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startBroker } from '@tracegate/broker/broker'
import { startCollector, type Collector } from '@tracegate/collector/collector'
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

/** Anybody is the device whose name is its user name. */
const directory: DeviceDirectory = {
  async authenticate({ username = '' }) {
    const [point = '', device = ''] = username.split('/')
    return { role: 'device', point, device }
  }
}

const skeleton = { logger: silentLogger, metrics: createMetrics() }

if (import.meta.main) await main(process.argv[2] ?? 'plain', process.argv[3] ?? '')

async function main(mode: string, dataDir: string): Promise<void> {
  let taken = 0
  const plain: IngestSink = { commit: async () => void (taken += 1) }
  const collector = mode === 'commit' ? await start(dataDir) : undefined
  const broker = await startBroker({ host: '127.0.0.1', port: 0, directory, sink: collector?.sink ?? plain, ...skeleton })
  collector?.setPublisher(broker.publisher)
  process.on('message', () => {
    const cpu = process.cpuUsage()
    process.send?.({
      stored: collector?.stats().stored ?? taken,
      cpuMs: (cpu.user + cpu.system) / 1_000,
      ...memoryMiB(),
      logMessages: collector?.stats().logMessages ?? 0,
      fileMiB: dataDir === '' ? 0 : folderMiB(dataDir)
    })
  })
  // Ctrl-C ends the benchmark, which then asks once more for figures.
  process.on('SIGINT', () => {})
  // By itself, so that a profile is written.
  process.once('disconnect', () => process.exit(0))
  process.send?.({ port: broker.port })
}

async function start(dataDir: string): Promise<Collector> {
  const telemetry = await createEmbeddedTelemetryStore({ dataDir, ...skeleton })
  const [trace, cases] = [createMemoryTraceStore(), createMemoryCaseStore()]
  const [bus, engine, health] = [createBus(() => {}), createDetectionEngine(), createHealth()]
  return startCollector({ dataDir, telemetry, trace, cases, bus, engine, health, ...skeleton })
}

function memoryMiB() {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const [residentMiB = 0, heapMiB = 0, externalMiB = 0] = [rss, heapUsed, external + arrayBuffers].map((bytes) => bytes / 1_048_576)
  return { residentMiB, heapMiB, externalMiB }
}

function folderMiB(folder: string): number {
  return (
    readdirSync(folder).reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0) / 1_048_576
  )
}
