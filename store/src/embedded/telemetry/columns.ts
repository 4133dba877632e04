/** Work on columns of one series: collect, sort, merge, cut. Pure. "Newer wins" where two have the same time. */
import type { Columns } from '../../column-block.ts'

export const emptyColumns: Columns = { timeMs: new Float64Array(0), value: new Float64Array(0), quality: new Uint8Array(0) }

/** Collects readings in the order of their arrival. */
export interface Tail {
  push(timeMs: number, value: number, quality: number): void
  /** Ascending, each time once, the last arrival of a time; made anew only after a push. */
  sorted(): Columns
}

export function createTail(): Tail {
  let columns: Columns = { timeMs: new Float64Array(4), value: new Float64Array(4), quality: new Uint8Array(4) }
  let length = 0
  let lastMs = -1
  let ascending = true
  let cached: Columns | undefined
  return {
    push(timeMs, value, quality) {
      if (length === columns.timeMs.length) columns = grown(columns)
      columns.timeMs[length] = timeMs
      columns.value[length] = value
      columns.quality[length] = quality
      length += 1
      ascending = ascending && timeMs > lastMs
      lastMs = timeMs
      cached = undefined
    },
    sorted() {
      cached ??= ascending ? slice(columns, 0, length) : sortArrivals(slice(columns, 0, length))
      return cached
    }
  }
}

function grown(columns: Columns): Columns {
  const size = columns.timeMs.length * 2
  const next = { timeMs: new Float64Array(size), value: new Float64Array(size), quality: new Uint8Array(size) }
  next.timeMs.set(columns.timeMs)
  next.value.set(columns.value)
  next.quality.set(columns.quality)
  return next
}

function sortArrivals({ timeMs, value, quality }: Columns): Columns {
  const order = Uint32Array.from(timeMs.keys()).sort((left, right) => (timeMs[left] ?? 0) - (timeMs[right] ?? 0) || left - right)
  const kept = order.filter((place, index) => index === order.length - 1 || timeMs[place] !== timeMs[order[index + 1] ?? 0])
  return {
    timeMs: Float64Array.from(kept, (place) => timeMs[place] ?? 0),
    value: Float64Array.from(kept, (place) => value[place] ?? NaN),
    quality: Uint8Array.from(kept, (place) => quality[place] ?? 0)
  }
}

/** A view of the readings from index `start` to `end` (exclusive). */
export function slice(columns: Columns, start: number, end: number): Columns {
  return {
    timeMs: columns.timeMs.subarray(start, end),
    value: columns.value.subarray(start, end),
    quality: columns.quality.subarray(start, end)
  }
}

/** A view of the readings with fromMs <= time <= toMs. */
export function cut(columns: Columns, fromMs: number, toMs: number): Columns {
  return slice(columns, lowerBound(columns.timeMs, fromMs), lowerBound(columns.timeMs, toMs + 1))
}

/** Index of the first time that is not below the given one. */
export function lowerBound(timeMs: Float64Array, wantedMs: number): number {
  let low = 0
  let high = timeMs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((timeMs[middle] ?? 0) < wantedMs) low = middle + 1
    else high = middle
  }
  return low
}

export function concat(parts: readonly Columns[]): Columns {
  const count = parts.reduce((sum, part) => sum + part.timeMs.length, 0)
  const all = { timeMs: new Float64Array(count), value: new Float64Array(count), quality: new Uint8Array(count) }
  let at = 0
  for (const part of parts) {
    all.timeMs.set(part.timeMs, at)
    all.value.set(part.value, at)
    all.quality.set(part.quality, at)
    at += part.timeMs.length
  }
  return all
}

/** Both inputs ascending without repeats; so is the result. */
export function merge(older: Columns, newer: Columns): Columns {
  if (newer.timeMs.length === 0) return older
  if (older.timeMs.length === 0) return newer
  if ((older.timeMs.at(-1) ?? 0) < (newer.timeMs[0] ?? 0)) return concat([older, newer])
  const size = older.timeMs.length + newer.timeMs.length
  const merged = { timeMs: new Float64Array(size), value: new Float64Array(size), quality: new Uint8Array(size) }
  let [left, right, at] = [0, 0, 0]
  while (left < older.timeMs.length || right < newer.timeMs.length) {
    const leftMs = older.timeMs[left] ?? Infinity
    const rightMs = newer.timeMs[right] ?? Infinity
    const from = rightMs <= leftMs ? newer : older
    const index = rightMs <= leftMs ? right : left
    merged.timeMs[at] = from.timeMs[index] ?? 0
    merged.value[at] = from.value[index] ?? NaN
    merged.quality[at] = from.quality[index] ?? 0
    if (rightMs <= leftMs) right += 1
    if (leftMs <= rightMs) left += 1
    at += 1
  }
  return slice(merged, 0, at)
}
