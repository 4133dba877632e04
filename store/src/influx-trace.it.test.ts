/** The trace store on real InfluxDB servers under the shared suite. */
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { openInfluxTrace, type TraceServer } from './testing/influx-trace.ts'
import { startInfluxd, withoutInfluxd } from './testing/influxd.ts'
import { startInfluxd2, withoutInfluxd2 } from './testing/influxd2.ts'
import { runTraceSuite } from './trace-suite.ts'

interface Server {
  readonly name: string
  readonly skip: string | false
  readonly start: () => Promise<{ readonly server: TraceServer; readonly stop: () => Promise<void> }>
}

const servers: readonly Server[] = [
  {
    name: 'InfluxDB 1.x',
    skip: withoutInfluxd(),
    async start() {
      const influxd = await startInfluxd()
      return { server: { kind: 'influx1', origin: influxd.origin }, stop: () => influxd.stop() }
    }
  },
  {
    name: 'InfluxDB 2.x',
    skip: withoutInfluxd2(),
    async start() {
      const influxd2 = await startInfluxd2()
      const { origin, organization, token } = influxd2
      return { server: { kind: 'influx2', origin, organization, token }, stop: () => influxd2.stop() }
    }
  }
]

for (const { name, skip, start } of servers) {
  if (skip !== false) {
    describe(`TraceStore: ${name}`, () => void it('passes the suite', { skip }, () => {}))
    continue
  }
  const { server, stop } = await start()
  after(stop)
  let database = ''
  runTraceSuite({
    name,
    open() {
      database = `tracegate-${randomUUID()}`
      return openInfluxTrace({ ...server, database })
    },
    async reopen(store) {
      await store.close()
      return openInfluxTrace({ ...server, database })
    }
  })
}
