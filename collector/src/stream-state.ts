/**
 * Which messages of one stream (a device in one boot) are there: a watermark, and intervals for what came out of order.
 * Pure. It may take a message for new that is not, never the other way round.
 */

/** Both ends included. */
type Interval = readonly [number, number]

export interface StreamState {
  /** Everything up to it is there or was given up; -1 when nothing is. */
  readonly upTo: number
  /** Disjoint and ascending, all above `upTo`. */
  readonly above: readonly Interval[]
  /** Given up and still welcome; disjoint and ascending, all below `upTo`. */
  readonly holes: readonly Interval[]
  /** When the lowest gap was last seen to shrink or to begin. */
  readonly gapSinceMs: number
}

export interface Noted {
  readonly state: StreamState
  readonly isNew: boolean
  /** Messages that the watermark passed without having seen them. */
  readonly givenUp: number
}

export const emptyStream: StreamState = { upTo: -1, above: [], holes: [], gapSinceMs: 0 }

export const intervalsAboveMax = 64
export const holesMax = 64

export interface NoteOptions {
  readonly nowMs: number
  /** How long a gap holds the watermark back. */
  readonly gapGiveUpMs: number
  /** The same for what is missing before the first message of a stream. */
  readonly startGiveUpMs: number
}

export function noteSequence(state: StreamState, seq: number, options: NoteOptions): Noted {
  if (seq === state.upTo + 1 && state.above.length === 0) return { state: { ...state, upTo: seq }, isNew: true, givenUp: 0 }
  if (seq <= state.upTo) {
    const holes = removeFromIntervals(state.holes, seq)
    return { state: holes === undefined ? state : { ...state, holes: mergeClosest(holes) }, isNew: holes !== undefined, givenUp: 0 }
  }
  const above = addToIntervals(state.above, seq)
  const isNew = above !== undefined
  const lowest = state.above[0]?.[0] ?? Infinity
  const gapSinceMs = state.above.length === 0 || seq < lowest ? options.nowMs : state.gapSinceMs
  const advanced = advance({ ...state, above: above ?? state.above, gapSinceMs })
  return { ...giveUp(advanced, options), isNew }
}

/** Lets the watermark rise through intervals that touch it. */
function advance(state: StreamState): StreamState {
  const [first, ...rest] = state.above
  return first !== undefined && first[0] <= state.upTo + 1 ? advance({ ...state, upTo: first[1], above: rest }) : state
}

function giveUp(state: StreamState, options: NoteOptions): { state: StreamState; givenUp: number } {
  const [first, ...rest] = state.above
  if (first === undefined) return { state, givenUp: 0 }
  // A collector with an empty folder meets senders in the middle of their stream; what came before is with another, or nowhere.
  const patienceMs = state.upTo < 0 ? options.startGiveUpMs : options.gapGiveUpMs
  const late = options.nowMs - state.gapSinceMs >= patienceMs
  if (!late && state.above.length <= intervalsAboveMax) return { state, givenUp: 0 }
  const hole: Interval = [state.upTo + 1, first[0] - 1]
  const next = { upTo: first[1], above: rest, holes: mergeClosest([...state.holes, hole]), gapSinceMs: options.nowMs }
  return { state: next, givenUp: hole[1] - hole[0] + 1 }
}

/** Undefined when the number is in them already. */
function addToIntervals(intervals: readonly Interval[], seq: number): Interval[] | undefined {
  if (intervals.some(([from, to]) => seq >= from && seq <= to)) return undefined
  const touching = intervals.filter(([from, to]) => seq === from - 1 || seq === to + 1)
  const others = intervals.filter((interval) => !touching.includes(interval))
  const from = Math.min(seq, ...touching.map((interval) => interval[0]))
  const to = Math.max(seq, ...touching.map((interval) => interval[1]))
  const added: Interval = [from, to]
  return [...others, added].toSorted((left, right) => left[0] - right[0])
}

/** Undefined when the number is in none of them. */
function removeFromIntervals(intervals: readonly Interval[], seq: number): Interval[] | undefined {
  if (!intervals.some(([from, to]) => seq >= from && seq <= to)) return undefined
  return intervals.flatMap(([from, to]): Interval[] => {
    if (seq < from || seq > to) return [[from, to]]
    return [...(seq > from ? [[from, seq - 1] as const] : []), ...(seq < to ? [[seq + 1, to] as const] : [])]
  })
}

/** Past the bound the two holes nearest to each other become one: what lies between is then taken as new when it comes again. */
function mergeClosest(holes: readonly Interval[]): readonly Interval[] {
  if (holes.length <= holesMax) return holes
  let best = 0
  let distance = Infinity
  for (let index = 0; index + 1 < holes.length; index += 1) {
    const between = (holes[index + 1]?.[0] ?? Infinity) - (holes[index]?.[1] ?? 0)
    if (between < distance) [best, distance] = [index, between]
  }
  const [left, right] = [holes[best], holes[best + 1]]
  if (left === undefined || right === undefined) return holes
  const merged: Interval = [left[0], right[1]]
  return mergeClosest([...holes.slice(0, best), merged, ...holes.slice(best + 2)])
}
