/**
 * Takes messages that nobody sends again to their commit: many at a time, and once more after a commit that was refused. Bounded; when full
 * it says so until half of it is free. It knows no message.
 */
import type { BackOff } from '../input/back-off.ts'

interface QueuedCommit {
  readonly bytes: number
  readonly run: () => Promise<void>
}

export interface CommitQueueOptions {
  readonly messagesMax: number
  readonly bytesMax: number
  readonly inFlightMax: number
  readonly backOff: BackOff
  /** There is room again after there was none. */
  readonly onRoom: () => void
  /** A commit was refused and is tried again. */
  readonly onRetry: (error: unknown) => void
}

export interface CommitQueue {
  readonly hasRoom: boolean
  readonly messages: number
  readonly bytes: number
  push(item: QueuedCommit): void
  /** Resolves when nothing waits, or at the time limit; gives what is left. */
  drain(timeoutMs: number): Promise<number>
  /** Tries nothing again. */
  stop(): void
}

interface Entry extends QueuedCommit {
  readonly order: number
}

export function createCommitQueue(options: CommitQueueOptions): CommitQueue {
  let waiting: Entry[] = []
  let head = 0
  let order = 0
  let inFlight = 0
  let bytes = 0
  let isFull = false
  let failed: Entry[] = []
  let pause: NodeJS.Timeout | undefined
  let stopped = false
  let drained: (() => void) | undefined

  const count = () => waiting.length - head + inFlight + failed.length
  const mayRun = () => !stopped && failed.length === 0 && pause === undefined && inFlight < options.inFlightMax
  const pump = () => {
    while (mayRun()) {
      const entry = waiting[head]
      if (entry === undefined) break
      head += 1
      inFlight += 1
      entry.run().then(
        () => settle(entry),
        (error: unknown) => settle(entry, error)
      )
    }
    // Not with each message: that would move all others each time.
    if (head > 1_000 || head === waiting.length) {
      waiting = waiting.slice(head)
      head = 0
    }
  }
  const settle = (entry: Entry, ...errors: readonly unknown[]) => {
    inFlight -= 1
    if (errors.length > 0) {
      failed.push(entry)
      options.onRetry(errors[0])
    } else {
      bytes -= entry.bytes
      options.backOff.reset()
    }
    // In the order in which they came, so that a death does not pass a birth.
    if (failed.length > 0 && inFlight === 0 && !stopped) {
      waiting = [...failed.toSorted((left, right) => left.order - right.order), ...waiting.slice(head)]
      head = 0
      failed = []
      pause = setTimeout(() => {
        pause = undefined
        pump()
      }, options.backOff.nextMs())
    } else pump()
    if (count() === 0) drained?.()
    if (isFull && count() <= options.messagesMax / 2 && bytes <= options.bytesMax / 2) {
      isFull = false
      options.onRoom()
    }
  }

  return {
    get hasRoom() {
      isFull ||= count() >= options.messagesMax || bytes >= options.bytesMax
      return !isFull
    },
    get messages() {
      return count()
    },
    get bytes() {
      return bytes
    },
    push(item) {
      order += 1
      bytes += item.bytes
      waiting.push({ ...item, order })
      pump()
    },
    async drain(timeoutMs) {
      if (count() === 0) return 0
      const { promise, resolve } = Promise.withResolvers<void>()
      drained = resolve
      const timer = setTimeout(resolve, timeoutMs)
      await promise
      clearTimeout(timer)
      return count()
    },
    stop() {
      stopped = true
      clearTimeout(pause)
    }
  }
}
