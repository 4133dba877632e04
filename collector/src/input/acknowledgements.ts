/** PUBACKs in the order in which the messages came (MQTT-4.6.0-2), however their commits end. One of them is for one connection. */

export interface Acknowledgements {
  /** Takes the next message of the connection; gives what says that it is settled. */
  next(messageId: number): () => void
  readonly waiting: number
}

interface Slot {
  readonly messageId: number
  isSettled: boolean
}

/** `write` is given the PUBACKs of everything that was settled in a turn at once. */
export function createAcknowledgements(write: (pubacks: Buffer) => void): Acknowledgements {
  let slots: Slot[] = []
  let isDue = false

  function flush(): void {
    isDue = false
    const end = slots.findIndex(({ isSettled }) => !isSettled)
    const ready = end < 0 ? slots : slots.slice(0, end)
    if (ready.length === 0) return
    slots = end < 0 ? [] : slots.slice(end)
    write(encodePubacks(ready))
  }
  return {
    next(messageId) {
      const slot: Slot = { messageId, isSettled: false }
      slots.push(slot)
      return () => {
        slot.isSettled = true
        if (isDue || slots[0]?.isSettled !== true) return
        isDue = true
        // A group commit settles many in one turn.
        queueMicrotask(flush)
      }
    },
    get waiting() {
      return slots.length
    }
  }
}

/** MQTT 3.1.1 §3.4; in MQTT 5 the same bytes say success. */
function encodePubacks(slots: readonly Slot[]): Buffer {
  const bytes = Buffer.allocUnsafe(slots.length * 4)
  for (const [index, { messageId }] of slots.entries()) {
    bytes.writeUInt16BE(0x4002, index * 4)
    bytes.writeUInt16BE(messageId, index * 4 + 2)
  }
  return bytes
}
