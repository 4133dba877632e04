/** A process that captures events until it is killed, and prints the number of each last event that was acknowledged. Test helper only. */
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore } from './embedded-trace.ts'
import { event, item, place } from './trace-suite-events.ts'

const eventsPerBatch = 10
const eventsMax = 100_000

if (import.meta.main) {
  const store = await createEmbeddedTraceStore({
    dataDir: process.argv[2] ?? '',
    logger: silentLogger,
    metrics: createMetrics(),
    hotEventsMax: 200,
    mergeRefsMax: 500
  })
  for (let next = (await store.capturedUpTo('journal')) + 1; next < eventsMax; next += eventsPerBatch) {
    const events = Array.from({ length: eventsPerBatch }, (_, index) =>
      event({ id: `e${next + index}`, at: next + index, action: 'ADD', bizLocation: place(1), objects: [item(next + index)] })
    )
    await store.capture(events, { log: 'journal', upTo: next + eventsPerBatch - 1 })
    process.stdout.write(`${next + eventsPerBatch - 1}\n`)
  }
  await store.close()
}
