/** A process with an api over stores on disk, to be killed; prints its address. Test helper only. */
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { openStores } from '@tracegate/store/open'
import { openAccounts } from '../../accounts.ts'
import { startApi } from '../../api.ts'

/** A test that forgot it leaves no process behind. */
const lifeMs = 60_000

if (import.meta.main) {
  const metrics = createMetrics()
  const { telemetry, trace, cases } = await openStores({ dataDir: process.argv[2] ?? '', logger: silentLogger, metrics })
  const api = await startApi({
    host: '127.0.0.1',
    port: 0,
    telemetry,
    trace,
    cases,
    bus: createBus(() => undefined),
    health: createHealth(),
    metrics,
    logger: silentLogger,
    accounts: await openAccounts({ cases }),
    bootstrapKey: process.argv[3] ?? '',
    subscriptions: { batchEventsMax: 7, pollMs: 100, gatherMs: 2, timeoutMs: 500, backOff: { minMs: 10, maxMs: 50 } }
  })
  process.stdout.write(`${api.url}\n`)
  setTimeout(() => process.exit(1), lifeMs)
}
