/**
 * Keeps the process small: an agent shares its machine with others, and V8 by itself lets the heap of an idle one grow to hundreds of
 * megabytes before it collects. Costs about as much processor time again while a backlog is replayed, and nothing that could be seen else.
 */
import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The heap is collected when so many bytes came to lie outside of it since the last time; and how often that is looked at. */
const buffersGrowthMax = 8 * 1_048_576
const lookEveryMs = 200

/**
 * To be called first. What is loaded after it comes from the compile cache; with NODE_COMPILE_CACHE in the environment all of it does, which
 * saves the 25 MB that Node takes to read TypeScript.
 */
export function keepMemorySmall(): void {
  enableCompileCache()
  // A young generation of 2 MiB, and an old one that is collected when it has grown by a tenth.
  for (const flag of ['--max-semi-space-size=2', '--heap-growing-percent=10', '--optimize-for-size']) setFlagsFromString(flag)
  collectBuffers()
}

/**
 * Payloads that were sent lie outside of the heap. V8 sees a small heap that hardly grows and leaves tens of megabytes of them, so they are
 * collected by their own measure; a collection of so small a heap takes some milliseconds.
 */
function collectBuffers(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') return
  let kept = process.memoryUsage().arrayBuffers
  const look = (): void => {
    const { arrayBuffers } = process.memoryUsage()
    if (arrayBuffers - kept > buffersGrowthMax) collect({ type: 'major', execution: 'sync' })
    else if (arrayBuffers >= kept) return
    kept = process.memoryUsage().arrayBuffers
  }
  setInterval(look, lookEveryMs).unref()
}
