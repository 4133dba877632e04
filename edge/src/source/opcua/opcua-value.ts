/** An OPC UA DataValue as a reading: status to quality, variant to number, the right one of its times. Pure. */
import type { QualityFlag } from '@tracegate/model/quality'

/** Severity bits of a status code (OPC 10000-4 §7.39): 0 good, 1 uncertain, 2 and 3 bad. */
export function qualityOfStatus(status: number): QualityFlag {
  const severity = status >>> 30
  if (severity === 0) return 2
  return severity === 1 ? 3 : 9
}

/** The overflow bit of a data value: the server's queue for the item was full and samples are lost. */
export function hasOverflow(status: number): boolean {
  return (status & 0x0400) !== 0 && (status & 0x80) !== 0
}

/** `undefined` for what is no number and no boolean. 64-bit integers come as a pair of 32-bit halves, high first. */
export function numberOfValue(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return Number(value)
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [high, low]: readonly unknown[] = value
  return typeof high === 'number' && typeof low === 'number' ? high * 2 ** 32 + low : undefined
}

/** The source's time where it has one, or the server's. A read that proves an unchanged value is as new as the server says. */
export function timeOfValue(
  times: { readonly source: Date | null | undefined; readonly server: Date | null | undefined },
  options: { readonly proof: boolean; readonly receivedAtMs: number }
): number {
  const preferred = options.proof ? (times.server ?? times.source) : (times.source ?? times.server)
  const timeMs = preferred?.getTime()
  return timeMs === undefined || Number.isNaN(timeMs) || timeMs < 0 ? options.receivedAtMs : timeMs
}
