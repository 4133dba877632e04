/** A process that captures events into an InfluxDB until it is killed, and prints the number of each last event that was acknowledged. */
import { event, item, place } from '../trace-suite-events.ts'
import { openInfluxTrace } from './influx-trace.ts'

const eventsPerBatch = 10
const eventsMax = 100_000

if (import.meta.main) {
  const [origin = '', database = ''] = process.argv.slice(2)
  const store = await openInfluxTrace({ kind: 'influx1', origin, database })
  for (let next = (await store.capturedUpTo('journal')) + 1; next < eventsMax; next += eventsPerBatch) {
    const events = Array.from({ length: eventsPerBatch }, (_, index) =>
      event({ id: `e${next + index}`, at: next + index, action: 'ADD', bizLocation: place(1), objects: [item(next + index)] })
    )
    await store.capture(events, { log: 'journal', upTo: next + eventsPerBatch - 1 })
    process.stdout.write(`${next + eventsPerBatch - 1}\n`)
  }
  await store.close()
}
