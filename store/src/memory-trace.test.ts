/** The trace store in memory under the shared suite. */
import { createMemoryTraceStore } from './memory-trace.ts'
import { runTraceSuite } from './trace-suite.ts'

runTraceSuite({ name: 'memory', open: () => Promise.resolve(createMemoryTraceStore()) })
