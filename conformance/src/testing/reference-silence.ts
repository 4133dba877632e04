/** What the reference device keeps, and when it sends again what was acknowledged and not committed (TG-405). Knows no client. */

export interface Kept {
  readonly seq: number
  readonly topic: string
  value: Record<string, unknown>
  bytes: Buffer
  sent: boolean
  acked: boolean
  everSent: boolean
}

export interface Silence {
  /** Whether the oldest kept message has waited for its watermark as long as it may. */
  isOver(oldest: Kept | undefined, nowMs: number): boolean
  /** A new connection: the first wait is ten seconds again. */
  reset(): void
}

const firstWaitMs = 10_000
const longestWaitMs = 40_000

export function createSilence(timeScale: number): Silence {
  let seq = -1
  let sinceMs = 0
  let waitMs = 0
  return {
    isOver(oldest, nowMs) {
      if (oldest?.acked !== true) return false
      if (oldest.seq !== seq) {
        seq = oldest.seq
        sinceMs = nowMs
        waitMs = firstWaitMs * timeScale
      }
      if (nowMs - sinceMs < waitMs) return false
      sinceMs = nowMs
      waitMs = Math.min(2 * waitMs, longestWaitMs * timeScale)
      return true
    },
    reset() {
      seq = -1
    }
  }
}

/** To be sent again. */
export function rewind(messages: readonly Kept[]): void {
  for (const message of messages) {
    message.sent = false
    message.acked = false
  }
}
