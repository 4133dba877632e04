/** Where captures wait while the worker has too much to fold: this is how a flood slows its sender. */
import { storeError } from '../../errors.ts'

const waitMsMax = 30_000
const waitingMax = 10_000

export interface Room {
  /** Looks again whether there is room. */
  wake(): void
  /** Resolves when there is; rejects with the trouble, or `STORE_TIMEOUT`, when there is none for long. */
  wait(options: { readonly hasRoom: () => boolean; readonly trouble: () => Error | undefined }): Promise<void>
}

export function createRoom(): Room {
  const waiting = new Set<() => void>()
  return {
    wake() {
      for (const wake of waiting) wake()
    },
    async wait({ hasRoom, trouble }) {
      if (hasRoom()) return
      if (waiting.size >= waitingMax) throw storeError('STORE_BUSY', { action: 'capture events', waiting: waiting.size, waitingMax })
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = (): void => {
        if (hasRoom() || trouble() !== undefined) resolve()
      }
      wake()
      waiting.add(wake)
      const timer = setTimeout(resolve, waitMsMax)
      try {
        await promise
      } finally {
        clearTimeout(timer)
        waiting.delete(wake)
      }
      if (!hasRoom()) throw trouble() ?? storeError('STORE_TIMEOUT', { action: 'capture events', timeoutMs: waitMsMax })
    }
  }
}
