/** The telemetry store on a real InfluxDB 1.x under the shared suite. */
import { after, before, test } from 'node:test'
import { runTelemetrySuite } from '../telemetry-suite.ts'
import { startInfluxd, withoutInfluxd, type StartedInfluxd } from '../testing/influxd.ts'
import { openInfluxTelemetry } from '../testing/influx-telemetry.ts'

let server: StartedInfluxd | undefined
const skip = withoutInfluxd()

before(async () => {
  if (skip === false) server = await startInfluxd()
})
after(() => server?.stop())

if (skip !== false) test('telemetry store on InfluxDB 1.x', { skip }, () => {})
else
  runTelemetrySuite({
    name: 'telemetry store on InfluxDB 1.x',
    propertyRuns: 4,
    supports: { rollupsOutliveReadings: false },
    open: () => openInfluxTelemetry({ kind: 'influx1', origin: server?.origin ?? '' })
  })
