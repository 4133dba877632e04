/** The case store in memory under the shared suite. */
import { runCaseSuite } from './case-suite.ts'
import { createMemoryCaseStore } from './memory-case.ts'

runCaseSuite({
  name: 'memory case store',
  async open() {
    const store = createMemoryCaseStore()
    return { store, dispose: () => store.close() }
  }
})
