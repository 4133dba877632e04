/** The room that messages of all clients share between arrival and acknowledgement. */

export interface Budget {
  readonly messages: number
  readonly bytes: number
  has(): boolean
  take(messages: number, bytes: number): void
  /** Gives back, and lets waiting connections read on. */
  give(messages: number, bytes: number): void
  /** Calls once when there is room again. */
  wait(resume: () => void): void
}

export function createBudget(limits: { readonly inFlightMax: number; readonly inFlightBytesMax: number }): Budget {
  const waiting = new Set<() => void>()
  const budget = { messages: 0, bytes: 0 }
  const has = () => budget.messages < limits.inFlightMax && budget.bytes < limits.inFlightBytesMax
  return {
    get messages() {
      return budget.messages
    },
    get bytes() {
      return budget.bytes
    },
    has,
    take(messages, bytes) {
      budget.messages += messages
      budget.bytes += bytes
    },
    give(messages, bytes) {
      budget.messages -= messages
      budget.bytes -= bytes
      if (waiting.size === 0 || !has()) return
      for (const resume of waiting) {
        waiting.delete(resume)
        resume()
        if (!has()) return
      }
    },
    wait: (resume) => void waiting.add(resume)
  }
}
