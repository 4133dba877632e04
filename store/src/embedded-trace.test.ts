/** The embedded trace store under the shared suite. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore } from './embedded-trace.ts'
import type { TraceStore } from './trace-store.ts'
import { runTraceSuite } from './trace-suite.ts'

const root = await mkdtemp(join(tmpdir(), 'trace-'))
after(() => rm(root, { recursive: true, force: true }))
let folders = 0

for (const { name, limits } of [
  { name: 'embedded', limits: {} },
  { name: 'embedded, everything merged and cold at once', limits: { hotEventsMax: 0, mergeRefsMax: 1 } }
]) {
  const open = (dataDir: string): Promise<TraceStore> =>
    createEmbeddedTraceStore({ dataDir, logger: silentLogger, metrics: createMetrics(), ...limits })
  runTraceSuite({
    name,
    open() {
      folders += 1
      return open(join(root, String(folders)))
    },
    async reopen(store) {
      await store.close()
      return open(join(root, String(folders)))
    }
  })
}
