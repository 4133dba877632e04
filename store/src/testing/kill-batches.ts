/** The batches of the kill test: every reading of every batch can be told from its offset alone. */
import type { Reading } from '@tracegate/model/telemetry'

export const seriesCount = 7
export const readingsPerBatch = 140
const perSeries = readingsPerBatch / seriesCount
/** A millisecond a reading, and every fourth batch comes late: it fills the place of an earlier one. */
const order = [0, 2, 3, 1] as const

function placeOf(offset: number): number {
  return Math.floor(offset / 4) * 4 + (order[offset % 4] ?? 0)
}

export function batchOf(offset: number): Reading[] {
  const startMs = placeOf(offset) * perSeries
  return Array.from({ length: readingsPerBatch }, (_, index) => ({
    point: 'port-1',
    device: 'plc',
    metric: `m${index % seriesCount}`,
    unit: '1',
    quality: 1,
    timeMs: startMs + Math.floor(index / seriesCount),
    value: offset
  }))
}

/** Values of one series in the order of time when all batches up to `upTo` are stored once. */
export function expectedValues(upTo: number): number[] {
  return Array.from({ length: upTo + 1 }, (_, offset) => offset)
    .sort((left, right) => placeOf(left) - placeOf(right))
    .flatMap((offset) => new Array<number>(perSeries).fill(offset))
}
