/** The broker under test of the connections benchmark: `connections-server.ts [<file for a heap snapshot>]`; tells its port over IPC. */
import { enableCompileCache } from 'node:module'
import { writeHeapSnapshot } from 'node:v8'
import type { DeviceDirectory } from '@tracegate/service/identity'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'

/** Anybody is the device whose name is its user name; a name without a point is a service. */
const directory: DeviceDirectory = {
  async authenticate({ username = '' }) {
    const [point = '', device] = username.split('/')
    return device === undefined ? { role: 'service', point: '', device: point } : { role: 'device', point, device }
  }
}

if (import.meta.main) await main(process.argv[2])

async function main(snapshotPath: string | undefined): Promise<void> {
  // As the product does; what is compiled is loaded without the compiler.
  enableCompileCache()
  const { startBroker } = await import('@tracegate/broker/broker')
  const metrics = createMetrics({ process: true })
  const sink = { commit: async () => {} }
  const broker = await startBroker({ host: '127.0.0.1', port: 0, directory, sink, logger: silentLogger, metrics })
  process.on('message', () => {
    if (snapshotPath !== undefined) writeHeapSnapshot(snapshotPath)
    process.send?.({ connections: broker.connections(), ...process.memoryUsage() })
  })
  process.once('disconnect', () => process.exit(0))
  process.send?.({ port: broker.port })
}
