/**
 * The trace questions answered over any store: pure but for the reader that brings events in batches. Everything (who was in
 * what, where goods were) follows from the events alone, so late, repeated and error-declared ones can leave nothing stale.
 */
import type { OutcomeSettings, RecallGood, RecallGoodsAnswer } from './recall-outcome.ts'
import type { BalanceAnswer } from './trace-balance.ts'
import type { Knowledge } from './trace-event.ts'
import type { ScopeAnswer } from './trace-scope.ts'
import type { ExposureAnswer, HoldersAnswer, KeyCut, Stay, TraceAnswer } from './trace.ts'
import { walkBack } from './trace-graph/back.ts'
import { walkBalance } from './trace-graph/balance.ts'
import { walkPresence } from './trace-graph/exposure.ts'
import { walkForward } from './trace-graph/forward.ts'
import { deriveHoldings, leavesOf } from './trace-graph/holders.ts'
import { walkLife, type Life } from './trace-graph/life.ts'
import { createGoodsTeller } from './trace-graph/outcomes.ts'
import { deriveScope } from './trace-graph/scope.ts'
import { seedsOf, type Asked, type PlaceAsked } from './trace-graph/seeds.ts'
import { createTraceSession, type SessionOptions, type TraceReader, type TraceSession } from './trace-graph/session.ts'
import { deriveStays } from './trace-graph/stays.ts'
import { createFindings, listCuts, toAnswer, type WalkLimits, type WalkResult } from './trace-graph/walk.ts'

export type { PlaceAsked } from './trace-graph/seeds.ts'
export type { Life, LifeEvent } from './trace-graph/life.ts'

export const nodesMaxDefault = 10_000
export const depthMaxDefault = 64
/** Neighbours of one node; as many as nodes, so that only who asks for less is cut by it. */
export const breadthMaxDefault = 100_000
export const exposureMaxDefault = 10_000
export const holdingGoodsMaxDefault = 1_000
export const scopeNodesMaxDefault = 100_000
export const scopeHoldersMaxDefault = 500
export const scopeGoodsMaxDefault = 100
export const lifeEventsMaxDefault = 500
export const toleranceShareDefault = 0.01
const siblingInputsListedMax = 100

/** What every question may be asked with. */
export interface QuestionOptions extends Knowledge {
  /** Only what happened up to this time. */
  readonly atMs?: number
  /** Past this much work the answer is cut and says so. Default 10 s. */
  readonly timeMaxMs?: number
}

export interface GraphOptions extends QuestionOptions {
  readonly depthMax?: number
  readonly breadthMax?: number
  readonly nodesMax?: number
}

/** Things, shipments or transactions by key, a place in a period, or both. */
export interface ThingsAsked {
  readonly of?: string | readonly string[]
  readonly at?: PlaceAsked
}

/** back: everything that went into it, time-scoped: an ingredient counts up to its use; forward: what it went into, and what held it. */
async function traceOf(reader: TraceReader, direction: 'back' | 'forward', ask: ThingsAsked & GraphOptions): Promise<TraceAnswer> {
  const started = performance.now()
  const session = createTraceSession(reader, ask)
  const asked = askedOf(ask)
  const result = await walkOf({ session, reader, direction }, asked, limitsOf(ask))
  const keys = [...asked.of, ...(asked.at === undefined ? [] : [asked.at.place])]
  return toAnswer(session, { of: keys[0] ?? '', asked: keys, result, tookMs: performance.now() - started })
}

interface Walking {
  readonly session: TraceSession
  readonly reader: TraceReader
  readonly direction: 'back' | 'forward'
}

async function walkOf(walking: Walking, asked: Asked, limits: WalkLimits): Promise<WalkResult> {
  const walk = { ...walking, findings: createFindings(limits) }
  const seeds = await seedsOf(walk, asked)
  await (walking.direction === 'back' ? walkBack(walk, seeds, limits) : walkForward(walk, seeds, limits))
  return walk.findings.result()
}

function askedOf({ of = [], at }: ThingsAsked): Asked {
  return { of: typeof of === 'string' ? [of] : [...new Set(of)], ...(at === undefined ? {} : { at }) }
}

function limitsOf(options: GraphOptions, nodesMax = nodesMaxDefault): WalkLimits {
  return {
    depthMax: options.depthMax ?? depthMaxDefault,
    breadthMax: options.breadthMax ?? breadthMaxDefault,
    nodesMax: options.nodesMax ?? nodesMax
  }
}

async function staysOf(reader: TraceReader, key: string, options: SessionOptions = {}): Promise<Stay[]> {
  const session = createTraceSession(reader, options)
  await session.load([key])
  return deriveStays(session, key)
}

type ExposureAsk = PlaceAsked & QuestionOptions & { readonly limit?: number }

async function exposureOf(reader: TraceReader, ask: ExposureAsk): Promise<ExposureAnswer> {
  const started = performance.now()
  const { place, fromMs, toMs, limit = exposureMaxDefault } = ask
  const session = createTraceSession(reader, ask)
  const { stays, cut } = await walkPresence(session, reader, { place, fromMs, toMs })
  const late: KeyCut[] = cut ? [{ key: place, limit: session.isLate() ? 'time' : 'depth' }] : []
  const more: KeyCut[] = stays.length > limit ? [{ key: place, limit: 'nodes', notFollowed: stays.length - limit }] : []
  const cuts = [...late, ...more]
  return {
    place,
    fromMs,
    toMs,
    goods: stays.slice(0, limit),
    total: stays.length,
    ...(cuts.length === 0 ? {} : { cuts }),
    truncated: cuts.length > 0 || session.truncated(),
    tookMs: performance.now() - started
  }
}

type HoldersAsk = ThingsAsked & GraphOptions & { readonly limit?: number }

async function holdersOf(reader: TraceReader, ask: HoldersAsk): Promise<HoldersAnswer> {
  const started = performance.now()
  const session = createTraceSession(reader, ask)
  const asked = askedOf(ask)
  const result = await walkOf({ session, reader, direction: 'forward' }, asked, limitsOf(ask, scopeNodesMaxDefault))
  const { holdings, total } = deriveHoldings(session, [result], ask.limit ?? holdingGoodsMaxDefault)
  const cuts = listCuts(session, [result])
  const truncated = result.truncated || session.truncated() || holdings.some((holding) => holding.count > holding.goods.length)
  return {
    of: [...asked.of, ...(asked.at === undefined ? [] : [asked.at.place])],
    holdings,
    total,
    ...(cuts.length === 0 ? {} : { cuts }),
    truncated,
    tookMs: performance.now() - started
  }
}

type ScopeAsk = ThingsAsked & GraphOptions & { readonly holdersMax?: number; readonly goodsMax?: number; readonly withSiblings?: boolean }

/** Where everything is that came of the goods asked about, and on request what else was made of the same inputs. */
async function scopeOf(reader: TraceReader, ask: ScopeAsk): Promise<ScopeAnswer> {
  const started = performance.now()
  const session = createTraceSession(reader, ask)
  const asked = askedOf(ask)
  const graph = limitsOf(ask, scopeNodesMaxDefault)
  const own = await walkOf({ session, reader, direction: 'forward' }, asked, graph)
  const limits = { holdersMax: ask.holdersMax ?? scopeHoldersMaxDefault, goodsMax: ask.goodsMax ?? scopeGoodsMaxDefault }
  const walks = [own]
  let siblings: ScopeAnswer['siblings']
  if (ask.withSiblings === true) {
    const back = await walkOf({ session, reader, direction: 'back' }, asked, graph)
    const inputs = [...back.inputs].sort()
    const others = await walkOf({ session, reader, direction: 'forward' }, { of: inputs }, graph)
    walks.push(back, others)
    const listed = inputs.slice(0, siblingInputsListedMax)
    const known = new Set([...own.depths.keys(), ...inputs])
    siblings = { inputs: listed, inputsFound: inputs.length, ...deriveScope(session, [others], limits, known) }
  }
  const scope = deriveScope(session, [own], limits)
  const events = new Set(walks.flatMap(({ facts }) => [...facts]))
  const wrong = [...events].filter((fact) => fact.declaredWrong === true).length
  const cuts = listCuts(session, walks)
  return {
    asked: [...asked.of, ...(asked.at === undefined ? [] : [asked.at.place])],
    ...scope,
    ...(siblings === undefined ? {} : { siblings }),
    nodesFound: walks.length === 1 ? own.depths.size : new Set(walks.flatMap(({ depths }) => [...depths.keys()])).size,
    eventsFound: events.size,
    ...(wrong === 0 ? {} : { declaredWrong: wrong }),
    ...(cuts.length === 0 ? {} : { cuts }),
    truncated: walks.some((walk) => walk.truncated) || session.truncated() || isListCut(scope, siblings),
    tookMs: performance.now() - started
  }
}

function isListCut(...parts: (Pick<ScopeAnswer, 'holders' | 'holdersFound'> | undefined)[]): boolean {
  return parts.some(
    (part) =>
      part !== undefined && (part.holders.length < part.holdersFound || part.holders.some(({ goods, count }) => goods.length < count))
  )
}

/** `exact`: the things themselves and nothing that came of them. */
type RecallGoodsAsk = ThingsAsked &
  GraphOptions & { readonly settings: OutcomeSettings; readonly exact?: boolean; readonly goodsMax?: number }

/** The goods of a recall one by one, with what became of each. */
async function recallGoodsOf(reader: TraceReader, ask: RecallGoodsAsk): Promise<RecallGoodsAnswer> {
  const started = performance.now()
  const session = createTraceSession(reader, ask)
  const asked = askedOf(ask)
  if (ask.exact === true) await session.load(asked.of)
  const walks =
    ask.exact === true ? [] : [await walkOf({ session, reader, direction: 'forward' }, asked, limitsOf(ask, scopeNodesMaxDefault))]
  const teller = createGoodsTeller(session, ask.settings)
  const goods: RecallGood[] = []
  const within = new Map<string, number[]>()
  for (const [at, key] of (ask.exact === true ? asked.of : [...leavesOf(session, walks)]).entries()) {
    goods.push(...teller.goodsOf(key))
    if (ask.exact === true) for (const container of teller.containersOf(key)) addAt(within, container, at)
  }
  const cuts = listCuts(session, walks)
  const goodsMax = ask.goodsMax ?? scopeNodesMaxDefault
  return {
    goods: goods.slice(0, goodsMax),
    found: goods.length,
    within: Object.fromEntries(within),
    ...(cuts.length === 0 ? {} : { cuts }),
    truncated: walks.some((walk) => walk.truncated) || session.truncated() || goods.length > goodsMax,
    tookMs: performance.now() - started
  }
}

function addAt(lists: Map<string, number[]>, key: string, at: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [at])
  else list.push(at)
}

type BalanceAsk = GraphOptions & { readonly of: string; readonly toleranceShare?: number }

async function balanceOf(reader: TraceReader, ask: BalanceAsk): Promise<BalanceAnswer> {
  const started = performance.now()
  const session = createTraceSession(reader, ask)
  const options = { of: ask.of, limits: limitsOf(ask), toleranceShare: ask.toleranceShare ?? toleranceShareDefault }
  const balance = await walkBalance(session, reader, options)
  return { ...balance, tookMs: performance.now() - started }
}

type LifeAsk = QuestionOptions & { readonly of: string; readonly eventsMax?: number; readonly depthMax?: number }

/** The events of a thing's life and its stays: what a journey is told from. */
async function lifeOf(reader: TraceReader, ask: LifeAsk): Promise<Life> {
  const { of, eventsMax = lifeEventsMaxDefault, depthMax = depthMaxDefault } = ask
  return walkLife(createTraceSession(reader, ask), of, { eventsMax, depthMax })
}

/** Every question of the trace with its answer; an adapter answers all of them by `createTraceAnswers` where its events are. */
export interface TraceQuestions {
  back: { ask: ThingsAsked & GraphOptions; answer: TraceAnswer }
  forward: { ask: ThingsAsked & GraphOptions; answer: TraceAnswer }
  holders: { ask: HoldersAsk; answer: HoldersAnswer }
  exposure: { ask: ExposureAsk; answer: ExposureAnswer }
  stays: { ask: string; answer: Stay[] }
  life: { ask: LifeAsk; answer: Life }
  scope: { ask: ScopeAsk; answer: ScopeAnswer }
  balance: { ask: BalanceAsk; answer: BalanceAnswer }
  recallGoods: { ask: RecallGoodsAsk; answer: RecallGoodsAnswer }
}
export type TraceQuestion = keyof TraceQuestions

/** The answer to every question, over one reader. */
export type TraceAnswers = {
  readonly [Question in TraceQuestion]: (ask: TraceQuestions[Question]['ask']) => Promise<TraceQuestions[Question]['answer']>
}

export function createTraceAnswers(reader: TraceReader): TraceAnswers {
  return {
    back: (ask) => traceOf(reader, 'back', ask),
    forward: (ask) => traceOf(reader, 'forward', ask),
    holders: (ask) => holdersOf(reader, ask),
    exposure: (ask) => exposureOf(reader, ask),
    stays: (ask) => staysOf(reader, ask),
    life: (ask) => lifeOf(reader, ask),
    scope: (ask) => scopeOf(reader, ask),
    balance: (ask) => balanceOf(reader, ask),
    recallGoods: (ask) => recallGoodsOf(reader, ask)
  }
}
