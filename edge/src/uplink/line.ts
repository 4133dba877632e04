/** Small things about one MQTT connection: the PUBACKs that come together, and its end. */
import type { MqttClient } from 'mqtt'

/** PUBACKs of one turn by stream, so that the window is asked once for all of them. */
export function createAcknowledgements(onTaken: (stream: string, ids: ReadonlySet<number>) => void): (stream: string, id: number) => void {
  let waiting = new Map<string, Set<number>>()
  const take = () => {
    const taken = waiting
    waiting = new Map()
    for (const [stream, ids] of taken) onTaken(stream, ids)
  }
  return (stream, id) => {
    if (waiting.size === 0) setImmediate(take)
    const ids = waiting.get(stream)
    if (ids === undefined) waiting.set(stream, new Set([id]))
    else ids.add(id)
  }
}

/** Otherwise the kernel holds the end of what was written back until the broker has confirmed what was before it (RFC 896). */
export function sendAtOnce({ stream }: MqttClient): void {
  if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true)
}

/** Ends in good order when the broker answers in time, and at once when not. */
export async function endWithin(line: MqttClient, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => line.end(true, () => resolve()), timeoutMs)
  line.end(false, () => resolve())
  await promise
  clearTimeout(timer)
}

/** Without the right to it the agent works on and takes nothing from there. */
export function subscribeIfAllowed(line: MqttClient, filter: string, onRefused: (detail: string) => void): void {
  line.subscribe(filter, { qos: 1 }, (error, granted) => {
    if (error || granted?.some((grant) => grant.qos > 2)) onRefused(error?.message ?? 'not granted')
  })
}

/** The same bytes, not a copy of them. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
