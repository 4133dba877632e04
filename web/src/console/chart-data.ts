/** Turns the api's range answers and live readings into the columns a chart draws, and writes them as CSV. Pure. */
import type { RangeAnswer } from '@tracegate/model/http'
import type { LiveReading } from '@tracegate/model/live'

/** Columns of equal length; times in milliseconds, ascending. `null` is a gap. Without buckets low and high equal the mean. */
export interface ChartColumns {
  readonly timesMs: readonly number[]
  readonly means: readonly (number | null)[]
  readonly lows: readonly (number | null)[]
  readonly highs: readonly (number | null)[]
}

export const emptyColumns: ChartColumns = { timesMs: [], means: [], lows: [], highs: [] }
/** Live readings kept behind the answer; the next answer replaces them. */
export const tailMax = 1_200

export function columnsOf(answer: RangeAnswer): ChartColumns {
  const rows: readonly (readonly [number, number | null, number | null, number | null])[] =
    answer.buckets === undefined
      ? (answer.readings ?? []).map(([timeMs, value]) => [timeMs, value, value, value] as const)
      : answer.buckets.map(([timeMs, low, high, mean, count]) =>
          count === 0 ? ([timeMs, null, null, null] as const) : ([timeMs, mean, low, high] as const)
        )
  return {
    timesMs: rows.map((row) => row[0]),
    means: rows.map((row) => row[1]),
    lows: rows.map((row) => row[2]),
    highs: rows.map((row) => row[3])
  }
}

/** Adds a live reading at the end; one that is not newer than the last changes nothing. */
export function appendReading(tail: readonly LiveReading[], reading: LiveReading | undefined): readonly LiveReading[] {
  const last = tail.at(-1)
  if (reading === undefined || (last !== undefined && reading[1] <= last[1])) return tail
  return [...tail, reading].slice(-tailMax)
}

/** The answer with what came live after it, cut to the window. */
export function joinTail(columns: ChartColumns, tail: readonly LiveReading[], fromMs: number): ChartColumns {
  const lastMs = columns.timesMs.at(-1) ?? -1
  const later = tail.filter((reading) => reading[1] > lastMs)
  const values = later.map((reading) => reading[2])
  const start = columns.timesMs.findIndex((timeMs) => timeMs >= fromMs)
  const cut = <Value>(column: readonly Value[]) => (start === -1 ? [] : column.slice(start))
  return {
    timesMs: [...cut(columns.timesMs), ...later.map((reading) => reading[1])],
    means: [...cut(columns.means), ...values],
    lows: [...cut(columns.lows), ...values],
    highs: [...cut(columns.highs), ...values]
  }
}

/** Puts a gap where two readings are further apart than `gapMs`, so that no line is drawn over an outage. */
export function breakGaps(columns: ChartColumns, gapMs: number): ChartColumns {
  const timesMs: number[] = []
  const means: (number | null)[] = []
  const lows: (number | null)[] = []
  const highs: (number | null)[] = []
  for (const [index, timeMs] of columns.timesMs.entries()) {
    const before = timesMs.at(-1)
    if (before !== undefined && timeMs - before > gapMs) {
      timesMs.push(before + 1)
      for (const column of [means, lows, highs]) column.push(null)
    }
    timesMs.push(timeMs)
    means.push(columns.means[index] ?? null)
    lows.push(columns.lows[index] ?? null)
    highs.push(columns.highs[index] ?? null)
  }
  return { timesMs, means, lows, highs }
}

/** Three times the usual distance of two readings; nothing to go by gives a minute. */
export function gapOf(timesMs: readonly number[]): number {
  const distances = timesMs.slice(1).map((timeMs, index) => timeMs - (timesMs[index] ?? timeMs))
  const middle = distances.sort((left, right) => left - right)[Math.floor(distances.length / 2)]
  return middle === undefined ? 60_000 : Math.max(middle * 3, 3_000)
}

/** Least and greatest value drawn, limits included; with room above and below. */
export function valueRange(columns: ChartColumns, marks: readonly number[]): readonly [number, number] {
  let least = Math.min(...marks)
  let most = Math.max(...marks)
  for (const value of [...columns.lows, ...columns.highs]) {
    if (value === null) continue
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  if (!Number.isFinite(least)) return [0, 1]
  const room = Math.max(0.5, (most - least) * 0.1)
  return [least - room, most + room]
}

/** RFC 4180 with a head; times as ISO 8601 UTC. */
export function toCsv(columns: ChartColumns, unit: string): string {
  const rows = columns.timesMs.map((timeMs, index) =>
    [new Date(timeMs).toISOString(), columns.means[index] ?? '', columns.lows[index] ?? '', columns.highs[index] ?? ''].join(',')
  )
  return [`time,mean [${unit}],min [${unit}],max [${unit}]`, ...rows].join('\r\n')
}
