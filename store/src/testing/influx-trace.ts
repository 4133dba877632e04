/** A trace store in a fresh database of a running InfluxDB, for the shared suite and tests of faults. */
import { randomUUID } from 'node:crypto'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createInfluxDatabase } from '../influx/client-open.ts'
import type { InfluxOptions } from '../influx/client.ts'
import { createInfluxTraceStore } from '../influx-trace.ts'
import type { TraceStore } from '../trace-store.ts'

export type TraceServer = Omit<InfluxOptions, 'database'> & { readonly database?: string; readonly writer?: number }

/** Closes its connections with it. */
export async function openInfluxTrace({ writer = 0, ...options }: TraceServer): Promise<TraceStore> {
  const database = createInfluxDatabase({ database: `tracegate-${randomUUID()}`, ...options })
  await database.prepare()
  const store = createInfluxTraceStore({ database, writer, logger: silentLogger, metrics: createMetrics() })
  return {
    ...store,
    async close() {
      await store.close()
      database.close()
    }
  }
}
