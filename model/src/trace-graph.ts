/**
 * The trace questions answered over any store: pure but for the reader that brings events in batches. Everything (who was in
 * what, where goods were) follows from the events alone, so late, repeated and error-declared ones can leave nothing stale.
 */
import type { ExposureAnswer, HoldersAnswer, Stay, TraceAnswer } from './trace.ts'
import { walkBack } from './trace-graph/back.ts'
import { walkExposure } from './trace-graph/exposure.ts'
import { walkForward } from './trace-graph/forward.ts'
import { deriveHoldings } from './trace-graph/holders.ts'
import { createTraceSession, type TraceReader } from './trace-graph/session.ts'
import { deriveStays } from './trace-graph/stays.ts'
import { toAnswer, type WalkResult } from './trace-graph/walk.ts'

export const nodesMaxDefault = 10_000
export const depthMaxDefault = 64
export const exposureMaxDefault = 10_000
export const holdingGoodsMaxDefault = 1_000

export interface GraphOptions {
  readonly atMs?: number
  readonly depthMax?: number
  readonly nodesMax?: number
}

/** Everything that went into `of`. Time-scoped: an ingredient's history counts up to its use. */
export async function traceBack(reader: TraceReader, of: string, options: GraphOptions = {}): Promise<TraceAnswer> {
  const started = performance.now()
  const session = createTraceSession(reader, options)
  const result = await walkBack(session, of, limitsOf(options))
  return toAnswer(session, of, result, performance.now() - started)
}

/** Everything that `of` went into, what held it, and where that is now. */
export async function traceForward(reader: TraceReader, of: string, options: GraphOptions = {}): Promise<TraceAnswer> {
  const started = performance.now()
  const session = createTraceSession(reader, options)
  const result = await walkForward(session, of, limitsOf(options))
  return toAnswer(session, of, result, performance.now() - started)
}

export async function staysOf(reader: TraceReader, key: string): Promise<Stay[]> {
  const session = createTraceSession(reader)
  await session.load([key])
  return deriveStays(session, key)
}

export async function exposureOf(
  reader: TraceReader,
  query: { readonly place: string; readonly fromMs: number; readonly toMs: number; readonly limit?: number }
): Promise<ExposureAnswer> {
  const started = performance.now()
  const { place, fromMs, toMs } = query
  const { goods, truncated } = await walkExposure(reader, { place, fromMs, toMs, goodsMax: query.limit ?? exposureMaxDefault })
  return { place, fromMs, toMs, goods, truncated, tookMs: performance.now() - started }
}

export async function holdersOf(
  reader: TraceReader,
  query: { readonly of: readonly string[]; readonly atMs?: number; readonly limit?: number }
): Promise<HoldersAnswer> {
  const started = performance.now()
  const session = createTraceSession(reader, query)
  const walks: WalkResult[] = []
  for (const of of query.of) walks.push(await walkForward(session, of, limitsOf({})))
  const { holdings, total } = deriveHoldings(session, walks, query.limit ?? holdingGoodsMaxDefault)
  const truncated =
    walks.some((walk) => walk.truncated) || session.truncated() || holdings.some((holding) => holding.count > holding.goods.length)
  return { of: [...query.of], holdings, total, truncated, tookMs: performance.now() - started }
}

function limitsOf(options: GraphOptions) {
  return { depthMax: options.depthMax ?? depthMaxDefault, nodesMax: options.nodesMax ?? nodesMaxDefault }
}

/** Every question of the trace with its answer; an adapter answers all of them by `createTraceAnswers` where its events are. */
export interface TraceQuestions {
  back: { ask: GraphOptions & { readonly of: string }; answer: TraceAnswer }
  forward: { ask: GraphOptions & { readonly of: string }; answer: TraceAnswer }
  holders: { ask: { readonly of: readonly string[]; readonly atMs?: number; readonly limit?: number }; answer: HoldersAnswer }
  exposure: {
    ask: { readonly place: string; readonly fromMs: number; readonly toMs: number; readonly limit?: number }
    answer: ExposureAnswer
  }
  stays: { ask: string; answer: Stay[] }
}
export type TraceQuestion = keyof TraceQuestions

/** The answer to every question, over one reader. */
export type TraceAnswers = {
  readonly [Question in TraceQuestion]: (ask: TraceQuestions[Question]['ask']) => Promise<TraceQuestions[Question]['answer']>
}

export function createTraceAnswers(reader: TraceReader): TraceAnswers {
  return {
    back: (ask) => traceBack(reader, ask.of, ask),
    forward: (ask) => traceForward(reader, ask.of, ask),
    holders: (ask) => holdersOf(reader, ask),
    exposure: (ask) => exposureOf(reader, ask),
    stays: (ask) => staysOf(reader, ask)
  }
}
