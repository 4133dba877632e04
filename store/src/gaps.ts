/** Finds the stretches of a series without a value. Pure; told what there is in ascending time, be it readings or whole roll-ups. */
import type { Columns } from './column-block.ts'
import type { RollupColumns } from './rollups.ts'
import type { Gap } from './telemetry-store.ts'

export interface GapFinder {
  /** Between these times, both included, there is no gap; `fromMs` never falls. */
  occupied(fromMs: number, toMs: number): void
  /** More gaps than the limit: nothing after this changes the answer. */
  readonly full: boolean
  result(): { readonly gaps: Gap[]; readonly truncated: boolean }
}

export function createGapFinder(query: {
  readonly fromMs: number
  readonly toMs: number
  readonly gapAfterMs: number
  readonly limit: number
}): GapFinder {
  const { fromMs, toMs, gapAfterMs, limit } = query
  const gaps: Gap[] = []
  let seenMs = fromMs
  const until = (timeMs: number): void => {
    if (timeMs - seenMs > gapAfterMs && gaps.length <= limit) gaps.push({ fromMs: seenMs, toMs: timeMs })
  }
  return {
    occupied(startMs, endMs) {
      if (endMs < fromMs || startMs > toMs) return
      until(startMs)
      seenMs = Math.max(seenMs, endMs)
    },
    get full() {
      return gaps.length > limit
    },
    result() {
      until(toMs)
      return { gaps: gaps.slice(0, limit), truncated: gaps.length > limit }
    }
  }
}

/** The times at which there is something, ascending, each with the time up to which there is. */
export type Occupied = Generator<readonly [fromMs: number, toMs: number]>

export function* occupiedByReadings({ timeMs, quality }: Columns): Occupied {
  for (let index = 0; index < timeMs.length; index++) {
    const at = timeMs[index] ?? 0
    if (quality[index] !== 9) yield [at, at]
  }
}

export function* occupiedByRollups({ firstMs, lastMs }: RollupColumns): Occupied {
  for (let index = 0; index < firstMs.length; index++) yield [firstMs[index] ?? 0, lastMs[index] ?? 0]
}

/** Feeds the finder from several sources in the order of time, until it is full. */
export function findGaps(finder: GapFinder, sources: readonly Occupied[]): ReturnType<GapFinder['result']> {
  const heads = sources.map((source) => {
    const iterator = source[Symbol.iterator]()
    return { iterator, next: iterator.next() }
  })
  while (!finder.full) {
    let earliest: (typeof heads)[number] | undefined
    let earliestMs = Infinity
    for (const head of heads) {
      if (head.next.done === true || head.next.value[0] >= earliestMs) continue
      earliest = head
      earliestMs = head.next.value[0]
    }
    if (earliest === undefined || earliest.next.done === true) break
    finder.occupied(...earliest.next.value)
    earliest.next = earliest.iterator.next()
  }
  return finder.result()
}
