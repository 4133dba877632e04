/** Makes EPCIS events of scans by their rule, with what each reader saw since its last label or result. It sends nothing. */
import type { Scan } from '@tracegate/model/scan'
import { scanMemory, type ScanContext, scanToEvent, type ScanRule } from '@tracegate/model/scan-event'
import type { EdgeEvents } from '../events.ts'
import type { ScanMemoryStore } from './scan-memory.ts'

interface ReadScan {
  readonly event: object
  /** To be called when the event is durable: only then is what it took in forgotten. */
  settle(): void
}

export interface ScanReader {
  /** Undefined for a scan that gives no event; it is counted and logged then. */
  read(
    scan: Scan,
    rule: ScanRule,
    context: { readonly device: string; readonly timeMs: number; readonly details?: ScanContext['details'] }
  ): ReadScan | undefined
}

const nothing = { keys: [], upTo: 0 } as const

export function createScanReader(options: {
  readonly point: string
  readonly events: EdgeEvents
  readonly memory: ScanMemoryStore
}): ScanReader {
  const { point, events, memory } = options
  return {
    read(scan, rule, { device, timeMs, details }) {
      const { keys: pending, upTo } = rule.mode === 'observe' || rule.mode === 'unpack' ? nothing : memory.pending(device)
      const made = scanToEvent(scan, rule, { point, device, timeMs, pending, details })
      if (!made.ok) {
        events.scanNotRead(device, made.reason.code, made.reason.message)
        return undefined
      }
      const means = scanMemory(scan, rule, made.value)
      // Before the event is durable: a scan that comes again after a crash is kept once, one that was not kept is lost to its label.
      if (means.type === 'keep') for (let left = memory.keep(device, means.keys); left > 0; left -= 1) events.packedForgotten(device)
      return {
        event: made.value,
        settle() {
          if (means.type === 'clear') memory.clear(device, upTo)
        }
      }
    }
  }
}
