/** Where the messages of a lane lie: a queue of small fixed entries in one typed array, 16 bytes each, as there may be a million. */
import { outboxChannels, type OutboxChannel } from './message.ts'
import type { Placed } from './segments.ts'

export interface Entry extends Placed {
  readonly channel: OutboxChannel
  readonly readings: number
}

export interface EntryQueue {
  readonly length: number
  /** `undefined` keeps the place of a message that is gone. */
  push(entry: Entry | undefined): void
  /** Undefined when the message is gone, or was never there. */
  at(index: number): Entry | undefined
  drop(index: number): void
  shift(count: number): void
}

const words = 4
const readingsBits = 24

export function createEntryQueue(): EntryQueue {
  let store = new Uint32Array(16 * words)
  let head = 0
  let length = 0
  const makeRoom = () => {
    if ((head + length + 1) * words <= store.length) return
    const grown = head >= length ? store : new Uint32Array(store.length * 2)
    grown.set(store.subarray(head * words, (head + length) * words))
    store = grown
    head = 0
  }
  return {
    get length() {
      return length
    },
    push(entry) {
      makeRoom()
      const at = (head + length) * words
      length += 1
      if (entry === undefined) store.fill(0, at, at + words)
      else {
        const { segment, offset, bytes, readings, channel } = entry
        store.set([segment, offset, bytes, (outboxChannels.indexOf(channel) << readingsBits) | readings], at)
      }
    },
    at(index) {
      const at = (head + index) * words
      const segment = store[at] ?? 0
      if (index < 0 || index >= length || segment === 0) return undefined
      const last = store[at + 3] ?? 0
      return {
        segment,
        offset: store[at + 1] ?? 0,
        bytes: store[at + 2] ?? 0,
        readings: last & ((1 << readingsBits) - 1),
        channel: outboxChannels[last >>> readingsBits] ?? 'telemetry'
      }
    },
    drop(index) {
      if (index >= 0 && index < length) store[(head + index) * words] = 0
    },
    shift(count) {
      const gone = Math.min(count, length)
      head += gone
      length -= gone
      if (length === 0) head = 0
    }
  }
}
