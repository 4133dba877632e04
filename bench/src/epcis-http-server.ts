/**
 * The process under test of the EPCIS bench: `epcis-http-server.ts <mode> <data folder>`, which sends its port over the IPC channel.
 * Mode `ours` is the api over the embedded stores; mode `plain` is a bare `node:http` server over one SQLite table of JSON rows.
 */
import { startApi } from '@tracegate/api/api'
import { openAccounts } from '@tracegate/api/accounts'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedCaseStore } from '@tracegate/store/embedded-case'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { benchKey } from './epcis-http-load.ts'
import { startPlainServer } from './epcis-http-plain.ts'

if (import.meta.main) await main(process.argv[2] ?? 'plain', process.argv[3] ?? '')

async function main(mode: string, dataDir: string): Promise<void> {
  const port = mode === 'ours' ? await startOurs(dataDir) : await startPlainServer(dataDir)
  process.on('message', () => {
    const cpu = process.cpuUsage()
    process.send?.({ cpuMs: (cpu.user + cpu.system) / 1_000, residentMiB: process.memoryUsage.rss() / 1_048_576 })
  })
  process.on('SIGINT', () => {})
  // By itself, so that a profile is written.
  process.once('disconnect', () => process.exit(0))
  process.send?.({ port })
}

async function startOurs(dataDir: string): Promise<number> {
  const skeleton = { logger: silentLogger, metrics: createMetrics() }
  const cases = await createEmbeddedCaseStore({ dataDir })
  const trace = await createEmbeddedTraceStore({ dataDir, ...skeleton })
  // Hashing the first password takes long on purpose; with a row there already no first account is made.
  await cases.put('accounts', 'nobody', {})
  const api = await startApi({
    host: '127.0.0.1',
    port: 0,
    telemetry: createMemoryTelemetryStore(),
    trace,
    cases,
    bus: createBus(() => {}),
    health: createHealth(),
    accounts: await openAccounts({ cases }),
    bootstrapKey: benchKey,
    ...skeleton
  })
  return api.port
}
