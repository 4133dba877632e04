/** What a caller asked over HTTP as a question for the trace store: codes as keys, times as milliseconds. It asks no store. */
import type { TraceAsk } from '@tracegate/model/http-trace'
import type { GraphOptions, PlaceAsked, ThingsAsked } from '@tracegate/model/trace-graph'
import { apiError } from '../errors.ts'
import { keyOfText } from '../keys.ts'

type OptionsAsked = Pick<TraceAsk, 'at' | 'depth' | 'breadth' | 'nodes' | 'timeLimitMs' | 'knownAt' | 'withDeclared'>

export function optionsOf(asked: OptionsAsked): GraphOptions {
  const { at, depth, breadth, nodes, timeLimitMs, knownAt, withDeclared } = asked
  return {
    ...(at === undefined ? {} : { atMs: Date.parse(at) }),
    ...(depth === undefined ? {} : { depthMax: depth }),
    ...(breadth === undefined ? {} : { breadthMax: breadth }),
    ...(nodes === undefined ? {} : { nodesMax: nodes }),
    ...(timeLimitMs === undefined ? {} : { timeMaxMs: timeLimitMs }),
    ...(knownAt === undefined ? {} : { knownAtMs: Date.parse(knownAt) }),
    ...(withDeclared === undefined ? {} : { withDeclared })
  }
}

/** Things by their codes, or a place in a period, or both. */
export function thingsOf(asked: Pick<TraceAsk, 'of' | 'place' | 'from' | 'to'>): ThingsAsked {
  const at = placeOf(asked)
  if (asked.of === undefined && at === undefined) throw apiError('TRACE_NOTHING_ASKED')
  const of = (asked.of ?? []).map(keyOfText)
  return { ...(of.length === 0 ? {} : { of }), ...(at === undefined ? {} : { at }) }
}

function placeOf({ place, from, to }: Pick<TraceAsk, 'place' | 'from' | 'to'>): PlaceAsked | undefined {
  if (place === undefined && from === undefined && to === undefined) return undefined
  if (place === undefined || from === undefined || to === undefined) throw apiError('TRACE_NOTHING_ASKED')
  return { place: keyOfText(place), ...rangeOf({ from, to }) }
}

export function rangeOf({ from, to }: { readonly from: string; readonly to: string }): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = Date.parse(from)
  const toMs = Date.parse(to)
  if (!(fromMs >= 0 && fromMs <= toMs)) throw apiError('RANGE_INVALID', { from, to })
  return { fromMs, toMs }
}
