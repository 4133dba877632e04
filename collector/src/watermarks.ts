/** Tells each device up to where its messages are durable: soon after the commit, not too often, and again when it comes back. */
import { encodeMessage } from '@tracegate/model/codec'
import type { Committed } from '@tracegate/model/committed'
import { topicRoot } from '@tracegate/model/topics'
import { wireVersion } from '@tracegate/model/wire-limits'
import type { MessagePublisher } from '@tracegate/service/ingest'
import type { CollectorLimits } from './limits.ts'
import type { StreamPosition } from './streams.ts'

export interface Watermarks extends Disposable {
  risen(positions: readonly StreamPosition[]): void
}

export interface WatermarksOptions {
  readonly publisher: () => MessagePublisher | undefined
  readonly limits: CollectorLimits
  readonly onError: (error: unknown) => void
}

export function startWatermarks(options: WatermarksOptions): Watermarks {
  const { limits } = options
  /** By device and boot; what is not told in one turn is told in the next, with its newest value. */
  const due = new Map<string, StreamPosition>()

  function tell(): void {
    const publisher = options.publisher()
    if (publisher === undefined) return due.clear()
    let told = 0
    for (const [key, { device, boot, upTo }] of due) {
      if (told >= limits.watermarksPerTickMax) return
      told += 1
      due.delete(key)
      const message: Committed = { v: wireVersion, boot, upTo }
      publisher.publish(`${topicRoot}/${device}/committed`, encodeMessage(message), { qos: 1, retain: false }).catch(options.onError)
    }
  }

  const timer = setInterval(tell, limits.watermarkIntervalMs)
  return {
    risen(positions) {
      for (const position of positions) if (position.upTo >= 0) due.set(`${position.device} ${position.boot}`, position)
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      tell()
    }
  }
}
