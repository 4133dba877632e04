/** What is missing of a device in a period: how the collector's gap ledger is read by others. */
import type { GapReport } from '@tracegate/model/gap'

export interface GapLedgerReader {
  /** Undefined when nothing is known of the device at all. Times in milliseconds, both ends included. */
  report(query: {
    readonly point: string
    readonly device: string
    readonly fromMs: number
    readonly toMs: number
    readonly limit: number
  }): Promise<GapReport | undefined>
}
