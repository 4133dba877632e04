/** The trace store on a real InfluxDB 1.x under the shared suite. */
import { after, before } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createInfluxTraceStore } from './influx-trace.ts'
import { createInfluxDatabase } from './influx/client-open.ts'
import type { InfluxDatabase } from './influx/client.ts'
import { startInfluxd, withoutInfluxd, type StartedInfluxd } from './testing/influxd.ts'
import type { TraceStore } from './trace-store.ts'
import { runTraceSuite } from './trace-suite.ts'

const skip = withoutInfluxd()
let influxd: StartedInfluxd | undefined
const databases: InfluxDatabase[] = []

before(async () => {
  if (skip === false) influxd = await startInfluxd()
})
after(async () => {
  for (const database of databases) database.close()
  await influxd?.stop()
})

async function open(name: string): Promise<TraceStore> {
  const database = createInfluxDatabase({ kind: 'influx1', origin: influxd?.origin ?? '', database: name })
  databases.push(database)
  await database.prepare()
  return createInfluxTraceStore({ database, logger: silentLogger, metrics: createMetrics() })
}

if (skip === false) {
  let opened = 0
  runTraceSuite({
    name: 'InfluxDB 1.x',
    open() {
      opened += 1
      return open(`trace${opened}`)
    },
    async reopen(store) {
      await store.close()
      return open(`trace${opened}`)
    }
  })
}
