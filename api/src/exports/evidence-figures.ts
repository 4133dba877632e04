/** What a reader of the summary wants to see first: the events in their order with places by name, and each series over its time. */
import { placeOf } from '@tracegate/model/fsma-facts'
import type { BilingualText } from '@tracegate/model/text'
import type { ApiContext } from '../context.ts'
import type { SelectedEvent } from './event-selection.ts'
import type { Window } from './evidence-windows.ts'

export interface TimelineEntry {
  readonly timeMs: number
  readonly eventID: string
  readonly what: string
  readonly things: number
  readonly place?: string
  readonly declaresWrong: boolean
}

export interface SeriesFigures extends Window {
  readonly unit: string
  readonly count: number
  readonly min: number
  readonly max: number
}

/** Events and series shown; the files hold all of them. */
export const shownMax = 100

export function timelineEntry({ fact }: SelectedEvent): TimelineEntry {
  const place = placeOf(fact)
  return {
    timeMs: fact.eventTimeMs,
    eventID: fact.eventID,
    what: fact.bizStep ?? fact.type,
    things: fact.subjects.length,
    ...(place === undefined ? {} : { place }),
    declaresWrong: fact.errorDeclaration !== undefined
  }
}

/** Readings of quality 4 and 9 do not count. */
export async function figuresOf(
  { telemetry }: Pick<ApiContext, 'telemetry'>,
  windows: readonly Window[]
): Promise<readonly SeriesFigures[]> {
  const figures: SeriesFigures[] = []
  for (const window of windows.slice(0, shownMax)) {
    const { unit, count, min, max } = await telemetry.buckets({ ...window, buckets: 1 })
    const [counted = 0, least = NaN, most = NaN] = [count[0], min[0], max[0]]
    if (counted > 0) figures.push({ ...window, unit, count: counted, min: least, max: most })
  }
  return figures
}

export type Names = (key: string) => BilingualText | undefined

/** Names of places, parties and products by key. */
export async function namesByKey({ registers }: Pick<ApiContext, 'registers'>): Promise<Names> {
  const { parties, places, points, products } = await registers.names()
  const names = new Map([...parties, ...points, ...places, ...products].map(({ key, name }) => [key, name]))
  return (key) => names.get(key)
}
