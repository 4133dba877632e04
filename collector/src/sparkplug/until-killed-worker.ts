/** A process with a collector as host application on embedded stores, until it is killed; prints a line once it is connected. For tests. */
import { silentLogger } from '@tracegate/service/log'
import { createHealth } from '@tracegate/service/health'
import { createMetrics } from '@tracegate/service/metrics'
import { openStores } from '@tracegate/store/open'
import { createBench, until } from '../testing.ts'

if (import.meta.main) {
  const [dataDir = '', url = ''] = process.argv.slice(2)
  const stores = await openStores({ dataDir, logger: silentLogger, metrics: createMetrics() })
  const health = createHealth()
  const bench = await createBench()
  // Its folder is not used, and nobody could remove it later.
  await bench[Symbol.asyncDispose]()
  await bench.start({ ...stores, dataDir, health, sparkplug: { type: 'sparkplug', url, hostId: 'tracegate', birthWaitMs: 2_000 } })
  await until(async () => (await health.check()).ok, 20_000)
  process.stdout.write('connected\n')
}
