/**
 * Roll-ups of one series: what the readings of a minute or an hour come to, in columns. Pure. Parts of one minute put together give the
 * same as all its readings at once, whatever the order: so late readings, blocks and what is left of dropped readings just add up.
 */
import { combineInto, countsInBuckets, single, type Aggregate } from './aggregate.ts'
import type { Columns } from './column-block.ts'
import { kineticWeightOf, meanKineticTemperatureOf, type KelvinScale } from './mean-kinetic-temperature.ts'
import type { RollupResolution, SeriesRollups } from './telemetry-store.ts'

export const rollupWidthMs: Readonly<Record<RollupResolution, number>> = { '1m': 60_000, '1h': 3_600_000 }

/** Aggregates by ascending `startMs`, each once and none empty. `weight` is the sum of the kinetic weights, 0 where the unit has none. */
export type RollupColumns = Readonly<Record<keyof Aggregate | 'startMs' | 'weight', Float64Array>>

const columnNames = ['startMs', 'count', 'sum', 'min', 'minMs', 'max', 'maxMs', 'first', 'firstMs', 'last', 'lastMs', 'weight'] as const

function columnsFrom(make: (name: (typeof columnNames)[number]) => Float64Array): RollupColumns {
  return {
    startMs: make('startMs'),
    count: make('count'),
    sum: make('sum'),
    min: make('min'),
    minMs: make('minMs'),
    max: make('max'),
    maxMs: make('maxMs'),
    first: make('first'),
    firstMs: make('firstMs'),
    last: make('last'),
    lastMs: make('lastMs'),
    weight: make('weight')
  }
}

export const emptyRollups: RollupColumns = columnsFrom(() => new Float64Array(0))

export function sliceRollups(rollups: RollupColumns, start: number, end: number): RollupColumns {
  return columnsFrom((name) => rollups[name].subarray(start, end))
}

export function aggregateAt(rollups: RollupColumns, index: number): Aggregate {
  return {
    count: rollups.count[index] ?? 0,
    sum: rollups.sum[index] ?? 0,
    min: rollups.min[index] ?? NaN,
    minMs: rollups.minMs[index] ?? 0,
    max: rollups.max[index] ?? NaN,
    maxMs: rollups.maxMs[index] ?? 0,
    first: rollups.first[index] ?? NaN,
    firstMs: rollups.firstMs[index] ?? 0,
    last: rollups.last[index] ?? NaN,
    lastMs: rollups.lastMs[index] ?? 0
  }
}

/** Readings ascending in time. */
export function rollUp(columns: Columns, options: { readonly widthMs: number; readonly scale: KelvinScale | undefined }): RollupColumns {
  const { widthMs, scale } = options
  const { timeMs, value, quality } = columns
  const writer = createRollupWriter(timeMs.length)
  for (let index = 0; index < timeMs.length; index++) {
    const one = value[index] ?? NaN
    if (!countsInBuckets(one, quality[index] ?? 9)) continue
    const at = timeMs[index] ?? 0
    writer.add(at - (at % widthMs), single(one, at), scale === undefined ? 0 : kineticWeightOf(one, scale))
  }
  return writer.done()
}

/** From minutes to hours. */
export function coarsen(rollups: RollupColumns, widthMs: number): RollupColumns {
  const writer = createRollupWriter(rollups.startMs.length)
  for (let index = 0; index < rollups.startMs.length; index++) {
    const startMs = rollups.startMs[index] ?? 0
    writer.add(startMs - (startMs % widthMs), aggregateAt(rollups, index), rollups.weight[index] ?? 0)
  }
  return writer.done()
}

/** Both of one width. What both have is put together. */
export function mergeRollups(left: RollupColumns, right: RollupColumns): RollupColumns {
  if (left.startMs.length === 0) return right
  if (right.startMs.length === 0) return left
  const writer = createRollupWriter(left.startMs.length + right.startMs.length)
  let [leftAt, rightAt] = [0, 0]
  while (leftAt < left.startMs.length || rightAt < right.startMs.length) {
    const fromLeft = (left.startMs[leftAt] ?? Infinity) <= (right.startMs[rightAt] ?? Infinity)
    const from = fromLeft ? left : right
    const at = fromLeft ? leftAt++ : rightAt++
    writer.add(from.startMs[at] ?? 0, aggregateAt(from, at), from.weight[at] ?? 0)
  }
  return writer.done()
}

/** Parts in ascending order whose neighbours may share a row. */
export function joinRollups(parts: readonly RollupColumns[]): RollupColumns {
  const writer = createRollupWriter(parts.reduce((rows, { startMs }) => rows + startMs.length, 0))
  for (const part of parts)
    for (let index = 0; index < part.startMs.length; index++)
      writer.add(part.startMs[index] ?? 0, aggregateAt(part, index), part.weight[index] ?? 0)
  return writer.done()
}

/** Those that begin in [fromMs, toMs], at most `limit`, as the port gives them. */
export function answerRollups(
  rollups: RollupColumns,
  query: { readonly fromMs: number; readonly toMs: number; readonly limit: number; readonly scale: KelvinScale | undefined }
): Omit<SeriesRollups, 'series' | 'unit' | 'resolution'> {
  const from = rollups.startMs.findIndex((startMs) => startMs >= query.fromMs)
  const start = from === -1 ? rollups.startMs.length : from
  const past = rollups.startMs.findIndex((startMs) => startMs > query.toMs)
  const end = past === -1 ? rollups.startMs.length : past
  const kept = sliceRollups(rollups, start, Math.min(end, start + query.limit))
  const { startMs, count, sum, min, max, first, last, weight } = kept
  const { scale } = query
  return {
    startMs: startMs.slice(),
    count: Uint32Array.from(count),
    min: min.slice(),
    max: max.slice(),
    mean: sum.map((one, index) => one / (count[index] ?? 1)),
    first: first.slice(),
    last: last.slice(),
    mkt: weight.map((one, index) => (scale === undefined ? NaN : meanKineticTemperatureOf(one, count[index] ?? 0))),
    truncated: end - start > query.limit
  }
}

/** Rows must come in ascending order; those of one start are put together. */
function createRollupWriter(countMax: number) {
  const columns = columnsFrom(() => new Float64Array(countMax))
  let length = 0
  return {
    add(startMs: number, aggregate: Aggregate, weight: number): void {
      if (length === 0 || columns.startMs[length - 1] !== startMs) {
        columns.startMs[length] = startMs
        length += 1
      }
      combineInto(columns, length - 1, aggregate)
      columns.weight[length - 1] = (columns.weight[length - 1] ?? 0) + weight
    },
    done: (): RollupColumns => columnsFrom((name) => columns[name].slice(0, length))
  }
}

/** The latest reading at or before the time that is still known of each roll-up; undefined when there is none. */
export function lastKnownAt(rollups: RollupColumns, atMs: number): { readonly timeMs: number; readonly value: number } | undefined {
  for (let index = rollups.startMs.length - 1; index >= 0; index--) {
    const { first, firstMs, min, minMs, max, maxMs, last, lastMs } = aggregateAt(rollups, index)
    const known: [number, number][] = [[lastMs, last], [maxMs, max], [minMs, min], [firstMs, first]] // prettier-ignore
    const [found] = known.filter(([timeMs]) => timeMs <= atMs).sort(([left], [right]) => right - left)
    if (found !== undefined) return { timeMs: found[0], value: found[1] }
  }
  return undefined
}
