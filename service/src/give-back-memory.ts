/**
 * Gives back what a busy moment took, such as loading at the start or thousands of connections at once. V8 would keep it for hours, as an
 * idle process does not collect. One full collection afterwards costs no throughput, which smaller heap limits would.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Pauses the process for a moment (tens to hundreds of milliseconds); not for a hot path. */
export function giveBackMemory(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
