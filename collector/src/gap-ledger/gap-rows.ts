/** The rows of the ledger against what a stream still misses: which are new, which shrank, which are filled. Pure. */
import type { StreamState } from '../stream-state.ts'

/** Both ends included. */
export type Range = readonly [number, number]

export interface OpenGap {
  readonly id: number
  readonly fromSeq: number
  readonly toSeq: number
  readonly missing: readonly Range[]
}

/** A message came whose number is not the next one: what lies between, and the device's times around it. */
export interface Jump {
  readonly fromSeq: number
  readonly toSeq: number
  readonly sinceMs: number | undefined
  readonly untilMs: number
}

export interface Reconciled {
  readonly opened: readonly (Omit<Jump, 'untilMs'> & { readonly untilMs: number | undefined; readonly missing: readonly Range[] })[]
  readonly changed: readonly { readonly id: number; readonly missing: readonly Range[] }[]
}

/** What is missing below the highest number that was seen, ascending. */
export function missingOf(state: StreamState): Range[] {
  const missing: Range[] = state.holes.map(([from, to]) => [from, to])
  let next = state.upTo + 1
  for (const [from, to] of state.above) {
    if (from > next) missing.push([next, from - 1])
    next = to + 1
  }
  return missing
}

export function reconcile(open: readonly OpenGap[], missing: readonly Range[], jumps: readonly Jump[]): Reconciled {
  const changed: { id: number; missing: Range[] }[] = []
  let unknown: Range[] = [...missing]
  for (const gap of open) {
    const left = intersect(missing, [gap.fromSeq, gap.toSeq])
    if (!isSame(left, gap.missing)) changed.push({ id: gap.id, missing: left })
    unknown = subtract(unknown, [gap.fromSeq, gap.toSeq])
  }
  const opened = jumps.flatMap((jump) => {
    const own = intersect(unknown, [jump.fromSeq, jump.toSeq])
    unknown = subtract(unknown, [jump.fromSeq, jump.toSeq])
    const [first, last] = [own[0], own.at(-1)]
    return first === undefined || last === undefined ? [] : [{ ...jump, fromSeq: first[0], toSeq: last[1], missing: own }]
  })
  // Past the bounds of the stream state neighbouring holes become one: more is missing then than any jump said.
  const rest = unknown.map(([fromSeq, toSeq]) => {
    const own: Range = [fromSeq, toSeq]
    return { fromSeq, toSeq, sinceMs: undefined, untilMs: undefined, missing: [own] }
  })
  return { opened: [...opened, ...rest], changed }
}

export function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0)
}

function intersect(ranges: readonly Range[], [from, to]: Range): Range[] {
  return ranges.flatMap(([low, high]): Range[] => {
    const [start, end] = [Math.max(low, from), Math.min(high, to)]
    return start <= end ? [[start, end]] : []
  })
}

function subtract(ranges: readonly Range[], [from, to]: Range): Range[] {
  return ranges.flatMap(([low, high]): Range[] => {
    if (high < from || low > to) return [[low, high]]
    const left: Range[] = low < from ? [[low, from - 1]] : []
    const right: Range[] = high > to ? [[to + 1, high]] : []
    return [...left, ...right]
  })
}

function isSame(left: readonly Range[], right: readonly Range[]): boolean {
  return left.length === right.length && left.every(([from, to], index) => right[index]?.[0] === from && right[index]?.[1] === to)
}
