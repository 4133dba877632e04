/** The telemetry store on a real InfluxDB 2.x under the shared suite, where one can be had. */
import { after, before, test } from 'node:test'
import { runTelemetrySuite } from '../telemetry-suite.ts'
import { startInfluxd2, withoutInfluxd2, type Influx2Server } from '../testing/influxd2.ts'
import { openInfluxTelemetry } from '../testing/influx-telemetry.ts'

let server: Influx2Server | undefined
const skip = withoutInfluxd2()

before(async () => {
  if (skip === false) server = await startInfluxd2()
})
after(() => server?.stop())

if (skip !== false) test('telemetry store on InfluxDB 2.x', { skip }, () => {})
else
  runTelemetrySuite({
    name: 'telemetry store on InfluxDB 2.x',
    propertyRuns: 4,
    supports: { rollupsOutliveReadings: false },
    open: () =>
      openInfluxTelemetry({
        kind: 'influx2',
        origin: server?.origin ?? '',
        organization: server?.organization ?? '',
        token: server?.token ?? ''
      })
  })
