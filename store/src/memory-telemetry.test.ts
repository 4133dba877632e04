/** The telemetry store in memory under the shared suite. */
import { createMemoryTelemetryStore } from './memory-telemetry.ts'
import { runTelemetrySuite } from './telemetry-suite.ts'

runTelemetrySuite({
  name: 'memory telemetry store',
  propertyRuns: 100,
  async open() {
    const store = createMemoryTelemetryStore()
    return { store, dispose: () => store.close() }
  }
})
