/** What the host has taken of each stream: the watermark of a boot, pure. A hole that stays is given up after a while (TG-902). */

/** A stream is one boot of one device. */
interface Watermark {
  readonly point: string
  readonly device: string
  readonly boot: string
  readonly upTo: number
}

export interface Watermarks {
  /** A message of a stream is acknowledged. */
  note(message: { readonly point: string; readonly device: string; readonly boot: string; readonly seq: number }, nowMs: number): void
  /** The watermarks of the streams that something came for since the last call. */
  take(nowMs: number): Watermark[]
  /** The last one of a boot that was taken, so was published. */
  published(boot: string): number | undefined
}

interface Stream {
  readonly point: string
  readonly device: string
  readonly boot: string
  upTo: number
  ahead: Set<number>
  holeSinceMs: number | undefined
  dirty: boolean
  published: number | undefined
}

const streamsMax = 1_000
const aheadMax = 10_000

export function createWatermarks(holePatienceMs: number): Watermarks {
  const streams = new Map<string, Stream>()
  return {
    note({ point, device, boot, seq }, nowMs) {
      const key = `${point}/${device}/${boot}`
      let stream = streams.get(key)
      if (stream === undefined) {
        if (streams.size >= streamsMax) return
        stream = { point, device, boot, upTo: seq - 1, ahead: new Set(), holeSinceMs: undefined, dirty: true, published: undefined }
        streams.set(key, stream)
      }
      stream.dirty = true
      if (seq > stream.upTo) stream.ahead.add(seq)
      settle(stream, nowMs, holePatienceMs)
    },
    take(nowMs) {
      const found: Watermark[] = []
      for (const stream of streams.values()) {
        if (stream.ahead.size > 0) {
          const before = stream.upTo
          settle(stream, nowMs, holePatienceMs)
          if (stream.upTo > before) stream.dirty = true
        }
        if (!stream.dirty || stream.upTo < 0) continue
        stream.dirty = false
        stream.published = stream.upTo
        found.push({ point: stream.point, device: stream.device, boot: stream.boot, upTo: stream.upTo })
      }
      return found
    },
    published: (boot) => [...streams.values()].find((stream) => stream.boot === boot)?.published
  }
}

function settle(stream: Stream, nowMs: number, holePatienceMs: number): void {
  advance(stream)
  if (stream.ahead.size === 0) {
    stream.holeSinceMs = undefined
    return
  }
  stream.holeSinceMs ??= nowMs
  if (nowMs - stream.holeSinceMs < holePatienceMs && stream.ahead.size < aheadMax) return
  stream.upTo = Math.min(...stream.ahead) - 1
  stream.holeSinceMs = nowMs
  advance(stream)
}

function advance(stream: Stream): void {
  while (stream.ahead.delete(stream.upTo + 1)) stream.upTo += 1
}
