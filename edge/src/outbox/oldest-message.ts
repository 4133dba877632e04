/** How long the oldest message has waited, for people who look at the agent. Reads one message of each of a bounded number of streams. */
import type { Outbox } from './outbox.ts'

/** With more streams than this the answer is that of the first ones, which is near enough to look at. */
const streamsMax = 64

/** When it was made; undefined when nothing waits. */
export function oldestMessageAtMs(outbox: Outbox): number | undefined {
  let oldest: number | undefined
  for (const { device, urgent } of outbox.backlog().slice(0, streamsMax)) {
    const [message] = outbox.read({ device, urgent, afterId: 0, messagesMax: 1, bytesMax: 1_048_576 })
    if (message !== undefined && !message.lost && (oldest === undefined || message.createdAtMs < oldest)) oldest = message.createdAtMs
  }
  return oldest
}
