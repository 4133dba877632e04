/**
 * Makes EPCIS events of scans by their rule, and remembers for packing what each reader saw since its last label. The memory
 * does not outlive the agent: after a restart a label packs what is scanned from then on.
 */
import type { Scan } from '@tracegate/model/scan'
import { type ScanContext, scanToEvent, type ScanRule } from '@tracegate/model/scan-event'
import type { EdgeEvents } from './events.ts'

export interface ScanReader {
  /** The event, or undefined for a scan that gives none; it is counted and logged then. */
  read(
    scan: Scan,
    rule: ScanRule,
    context: { readonly device: string; readonly timeMs: number; readonly details?: ScanContext['details'] }
  ): object | undefined
}

/** Most goods that are remembered for one label. */
const packedMax = 1_000

export function createScanReader(point: string, events: EdgeEvents): ScanReader {
  const pendingOf = new Map<string, string[]>()
  return {
    read(scan, rule, { device, timeMs, details }) {
      const pending = pendingOf.get(device) ?? []
      const made = scanToEvent(scan, rule, { point, device, timeMs, pending, details })
      if (!made.ok) {
        events.scanNotRead(device, made.reason.code, made.reason.message)
        return undefined
      }
      const event = made.value
      if (rule.mode === 'pack') {
        if (event.type === 'AggregationEvent') pendingOf.delete(device)
        if (event.type === 'ObjectEvent') {
          const keys = [...(event.epcList ?? []), ...(event.quantityList ?? []).map((element) => element.epcClass)]
          pending.push(...keys)
          for (; pending.length > packedMax; pending.shift()) events.packedForgotten(device)
          pendingOf.set(device, pending)
        }
      }
      return event
    }
  }
}
