/**
 * Gives memory back after many clients came at once: their sign-in leaves V8 with a large space for new objects that it would keep. It
 * waits until no more come, as a collection holds everything up for a moment.
 */
import { giveBackMemory } from '@tracegate/service/give-back-memory'

export interface SpareMemory {
  /** To be told now and then how many clients are connected. */
  look(connections: number, nowMs: number): void
}

export interface SpareMemoryOptions {
  /** Clients more than at the last collection that are worth one. */
  readonly connections: number
  readonly quietMs: number
  readonly collect?: () => void
}

/** The first collection moves what is young, the second finds the space empty and shrinks it. */
const collectionsAfterGrowth = 2

export function createSpareMemory({ connections: worth, quietMs, collect = giveBackMemory }: SpareMemoryOptions): SpareMemory {
  let atCollection = 0
  let last = 0
  let steadySinceMs = 0
  let due = 0
  return {
    look(connections, nowMs) {
      if (connections > last) steadySinceMs = nowMs
      last = connections
      // Who left and came back is new to the heap.
      atCollection = Math.min(atCollection, connections)
      if (due === 0 && connections - atCollection >= worth) due = collectionsAfterGrowth
      if (due === 0 || nowMs - steadySinceMs < quietMs) return
      due -= 1
      steadySinceMs = nowMs
      atCollection = connections
      collect()
    }
  }
}
