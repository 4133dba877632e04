/**
 * How much telemetry may be on its way without a PUBACK, so that an alarm never stands behind a long queue of it. What is in flight beyond
 * what line, broker and commit take at once only waits there: the delay of the PUBACKs shows it, and the pipe is made smaller; while the
 * delay stays near the least that was seen it grows (as TCP Vegas does, RFC 6817 in spirit). Pure; times are passed in.
 */

export interface Pipe {
  /** Messages of telemetry without a PUBACK, at most. */
  readonly messagesMax: number
  /** The least delay of a PUBACK that was seen; rises slowly, as a line may get slower. */
  readonly leastDelayMs: number
  /** When it was last made smaller: what was sent before says nothing of the new size. */
  readonly cutAtMs: number
}

const messagesMin = 8
const messagesStart = 16
/**
 * Each of them is held in memory until its PUBACK, and garbage of the same size stands behind it. Sixty-four of 200 readings come to
 * 100,000 readings/s on a line with a delay of 128 ms.
 */
const messagesMost = 64
/** A delay of so many times the least is a queue, when it is more than an alarm may wait behind telemetry. */
const queueFactor = 2
const queueMs = 100
const leastRise = 1.02
const cut = 0.8

export const firstPipe: Pipe = { messagesMax: messagesStart, leastDelayMs: Infinity, cutAtMs: -Infinity }

/** After PUBACKs of telemetry that was sent at `sentAtMs`; `isFull`: the pipe was what held more back. */
export function adjustPipe(
  pipe: Pipe,
  seen: { readonly sentAtMs: number; readonly messages: number; readonly isFull: boolean; readonly nowMs: number }
): Pipe {
  const delayMs = seen.nowMs - seen.sentAtMs
  const leastDelayMs = Math.min(delayMs, pipe.leastDelayMs * leastRise)
  if (delayMs > Math.max(queueMs, leastDelayMs * queueFactor)) {
    if (seen.sentAtMs < pipe.cutAtMs) return { ...pipe, leastDelayMs }
    return { messagesMax: Math.max(messagesMin, pipe.messagesMax * cut), leastDelayMs, cutAtMs: seen.nowMs }
  }
  const messagesMax = seen.isFull ? Math.min(messagesMost, pipe.messagesMax + seen.messages / 4) : pipe.messagesMax
  return { ...pipe, leastDelayMs, messagesMax }
}
