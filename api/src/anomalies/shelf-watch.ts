/**
 * Tells again of anomalies whose time on the shelf is over, so that whoever waited for it, such as the trigger engine, takes them up. The
 * end itself is a matter of the clock: it holds whether this runs or not, and what ended while nothing ran is told at the start.
 */
import { Anomaly } from '@tracegate/model/anomaly'
import { isShelved } from '@tracegate/model/anomaly-handling'
import { compileValidator } from '@tracegate/model/codec'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'

export interface ShelfWatchOptions {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly nowMs: () => number
  readonly onError: (error: unknown) => void
}

export interface ShelfWatch extends Disposable {
  start(): void
  look(): Promise<void>
}

const lookEveryMs = 30_000
/** Open anomalies looked through; more than people can handle. */
const lookedAtMax = 5_000
const anomalies = compileValidator(Anomaly)

export function createShelfWatch({ cases, bus, nowMs, onError }: ShelfWatchOptions): ShelfWatch {
  /** Told of: which end of the shelving, by anomaly. */
  const told = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    let cursor: string | undefined
    for (let seen = 0; seen < lookedAtMax;) {
      const page = await cases.heads({ kind: 'anomaly', open: true, limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
      for (const head of page.heads) {
        seen += 1
        const read = anomalies.check(head.state)
        const untilMs = read.ok ? read.value.handling?.shelved?.untilMs : undefined
        if (!read.ok || untilMs === undefined || isShelved(read.value, nowMs()) || told.get(head.id) === untilMs) continue
        told.delete(head.id)
        told.set(head.id, untilMs)
        bus.publish('anomaly', { anomaly: read.value, receivedAtMs: nowMs() })
      }
      cursor = page.next
      if (cursor === undefined) break
    }
    for (const oldest of told.keys()) {
      if (told.size <= lookedAtMax) break
      told.delete(oldest)
    }
  }

  return {
    look,
    start() {
      timer ??= setInterval(() => void look().catch(onError), lookEveryMs)
      timer.unref()
      look().catch(onError)
    },
    [Symbol.dispose]: () => clearInterval(timer)
  }
}
