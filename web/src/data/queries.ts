/** Every question the console asks, as react-query options. The stream keeps the answers fresh; times here are the fallback. */
import { queryOptions } from '@tanstack/react-query'
import { Anomaly } from '@tracegate/model/anomaly'
import { DeadLetterPage } from '@tracegate/model/http-dead-letters'
import { AnomalyPage, NameBook, PointDetail, PointPage, RangeAnswer, Session, WarningPage } from '@tracegate/model/http'
import { ExposureAnswer, HoldersAnswer, JourneyAnswer, TraceAnswer } from '@tracegate/model/trace'
import { ask, queryOf, RequestError } from './request.ts'
import { ScenarioPage, WarningDetail } from '@tracegate/model/http-details'

const slowMs = 30_000
/** Rows of a case list in one answer. */
const caseRowsMax = 500

/** The session, or null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    try {
      return await ask(Session, '/session', { signal })
    } catch (error) {
      if (error instanceof RequestError && error.status === 401) return null
      throw error
    }
  },
  staleTime: Infinity,
  retry: false
})

export const pointsQuery = queryOptions({
  queryKey: ['points'],
  queryFn: ({ signal }) => ask(PointPage, '/points?limit=1000', { signal }),
  refetchInterval: 5_000
})

export const pointQuery = (id: string) =>
  queryOptions({
    queryKey: ['point', id],
    queryFn: ({ signal }) => ask(PointDetail, `/points/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: slowMs
  })

export const namesQuery = queryOptions({
  queryKey: ['names'],
  queryFn: ({ signal }) => ask(NameBook, '/names', { signal }),
  staleTime: slowMs,
  refetchInterval: 60_000
})

export const anomaliesQuery = queryOptions({
  queryKey: ['anomalies'],
  queryFn: ({ signal }) => ask(AnomalyPage, `/anomalies?limit=${caseRowsMax}`, { signal }),
  refetchInterval: slowMs
})

export const anomalyQuery = (id: string) =>
  queryOptions({
    queryKey: ['anomaly', id],
    queryFn: ({ signal }) => ask(Anomaly, `/anomalies/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: slowMs
  })

export const warningsQuery = queryOptions({
  queryKey: ['warnings'],
  queryFn: ({ signal }) => ask(WarningPage, `/warnings?limit=${caseRowsMax}`, { signal }),
  refetchInterval: slowMs
})

export const warningQuery = (id: string) =>
  queryOptions({
    queryKey: ['warning', id],
    queryFn: ({ signal }) => ask(WarningDetail, `/warnings/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: slowMs
  })

export interface RangeAsked {
  readonly series: string
  readonly fromMs: number
  readonly toMs: number
  readonly buckets: number
}

export function askRange(asked: RangeAsked, signal: AbortSignal): Promise<RangeAnswer> {
  const query = { series: asked.series, from: iso(asked.fromMs), to: iso(asked.toMs), buckets: asked.buckets }
  return ask(RangeAnswer, `/readings${queryOf(query)}`, { signal })
}

export const exposureQuery = (asked: { readonly place: string; readonly fromMs: number; readonly toMs: number }) =>
  queryOptions({
    queryKey: ['exposure', asked],
    queryFn: ({ signal }) =>
      ask(ExposureAnswer, `/exposure${queryOf({ place: asked.place, from: iso(asked.fromMs), to: iso(asked.toMs) })}`, { signal }),
    staleTime: slowMs
  })

export type TraceDirection = 'back' | 'forward'

export const traceQuery = (direction: TraceDirection, of: string) =>
  queryOptions({
    queryKey: ['trace', direction, of],
    queryFn: ({ signal }) => ask(TraceAnswer, `/trace/${direction}${queryOf({ of })}`, { signal }),
    staleTime: slowMs
  })

export const holdersQuery = (of: string) =>
  queryOptions({
    queryKey: ['holders', of],
    queryFn: ({ signal }) => ask(HoldersAnswer, `/trace/holders${queryOf({ of })}`, { signal }),
    staleTime: slowMs
  })

export const journeyQuery = (of: string) =>
  queryOptions({
    queryKey: ['journey', of],
    queryFn: ({ signal }) => ask(JourneyAnswer, `/trace/journey${queryOf({ of })}`, { signal }),
    staleTime: slowMs
  })

export const deadLettersQuery = queryOptions({
  queryKey: ['dead-letters'],
  queryFn: ({ signal }) => ask(DeadLetterPage, '/dead-letters?limit=200', { signal }),
  refetchInterval: 10_000
})

/** The scenarios, or null where no simulator runs. */
export const scenariosQuery = queryOptions({
  queryKey: ['scenarios'],
  queryFn: async ({ signal }) => {
    try {
      const answer = await ask(ScenarioPage, '/sim/scenarios', { signal })
      return answer.items
    } catch (error) {
      if (error instanceof RequestError && (error.status === 404 || error.status === 403)) return null
      throw error
    }
  },
  refetchInterval: (query) => (query.state.data === null ? false : 5_000)
})

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
