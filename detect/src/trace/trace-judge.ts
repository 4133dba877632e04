/** Judges events: what was recorded of goods that cannot be right or allowed. Pure; holds the open trace anomalies, bounded. */
import { Type, type Static } from 'typebox'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { MonitoringPoint, Product } from '@tracegate/model/registers'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { DetectionEngine, DetectionRegisters, TraceHistory } from '../engine.ts'
import { glnOf, isSerialised } from '../goods-key.ts'
import { iso } from '../proof.ts'
import {
  contentOf,
  isConformantInspection,
  isCovered,
  isRelease,
  judgeClonedSerial,
  judgeMissingInspection,
  lotsIn,
  parentsIn,
  type TraceRuleContext
} from '../trace-rules.ts'

/** Open trace anomalies that can still be closed; the oldest go. */
export const openTraceAnomaliesMax = 1_000
/** Of a larger event only the first so many keys are judged by the trace rules. */
export const keysPerEventMax = 500

export const TraceState = Type.Object({ open: Type.Record(Type.String(), Anomaly) })
export type TraceState = Static<typeof TraceState>
type State = TraceState
const validator = compileValidator(TraceState)

/** The part of the engine that this judge is; `engine.ts` says what each does. */
export interface TraceJudge extends Pick<
  DetectionEngine,
  'configure' | 'onEvents' | 'onTick' | 'keysToKnow' | 'balancesDue' | 'onBalances'
> {
  snapshot(): unknown
  /** `undefined` when it was taken, otherwise why not: the judge is empty then. */
  restore(snapshot: unknown): string | undefined
}

interface Index {
  readonly pointByGln: Map<string, MonitoringPoint>
  readonly productByGtin: Map<string, Product>
}

export function createTraceJudge(): TraceJudge {
  let index = indexOf({ places: [], profiles: [], products: [], points: [] })
  let state: State = { open: {} }
  return {
    configure(registers) {
      index = indexOf(registers)
    },
    onEvents: (events, history, nowMs) => judgeEvents(state, index, events, history, nowMs),
    onTick: () => [],
    balancesDue: () => [],
    onBalances: () => [],
    keysToKnow: (events, known) => keysToKnow({ index, state }, events, known),
    snapshot: () => structuredClone(state),
    restore(snapshot) {
      const checked = validator.check(snapshot)
      state = checked.ok ? structuredClone(checked.value) : { open: {} }
      return checked.ok ? undefined : checked.reason.message
    }
  }
}

function indexOf(registers: DetectionRegisters): Index {
  const pointByGln = new Map<string, MonitoringPoint>()
  const pointById = new Map(registers.points.map((point) => [point.id, point]))
  for (const point of registers.points) pointByGln.set(glnOf(point.key) ?? '', point)
  for (const place of registers.places) {
    const point = pointById.get(place.point ?? '')
    const gln = glnOf(place.key)
    if (point !== undefined && gln !== undefined) pointByGln.set(gln, point)
  }
  return { pointByGln, productByGtin: new Map(registers.products.map((product) => [product.gtin, product])) }
}

function judgeEvents(state: State, index: Index, events: readonly TraceEvent[], history: TraceHistory, nowMs: number): Anomaly[] {
  const context: TraceRuleContext = { history, nowMs, pointByGln: index.pointByGln, productByGtin: index.productByGtin }
  const found: Anomaly[] = []
  for (const event of events) {
    const judged = event.subjects.length > keysPerEventMax ? { ...event, subjects: event.subjects.slice(0, keysPerEventMax) } : event
    if (event.errorDeclaration !== undefined) found.push(...withdrawDeclared(state, event))
    const missing = judgeMissingInspection(judged, context, () => goodsMissed(state))
    for (const anomaly of [...judgeClonedSerial(judged, context), ...missing]) {
      if (state.open[anomaly.id] !== undefined) continue
      state.open[anomaly.id] = anomaly
      found.push(anomaly)
    }
    if (isConformantInspection(event)) found.push(...withdrawInspections(state, event, history))
  }
  const ids = Object.keys(state.open)
  for (const id of ids.slice(0, Math.max(0, ids.length - openTraceAnomaliesMax))) delete state.open[id]
  return found
}

/** The goods that an open missing inspection names. */
function goodsMissed(state: State): Set<string> {
  return new Set(openInspections(state).flatMap((anomaly) => anomaly.goods))
}

/** An event that somebody declared wrong bears witness no longer: what it brought about is withdrawn. */
function withdrawDeclared(state: State, event: TraceEvent): Anomaly[] {
  const declaredMs = event.errorDeclaration?.declarationTimeMs ?? event.recordTimeMs
  const closed: Anomaly[] = []
  for (const anomaly of Object.values(state.open)) {
    if (!anomaly.witnesses.some((witness) => witness.type === 'event' && witness.eventID === event.eventID)) continue
    delete state.open[anomaly.id]
    const closedMs = Math.max(declaredMs, anomaly.openedMs)
    closed.push({
      ...anomaly,
      status: 'closed',
      closedMs,
      lastMs: Math.max(anomaly.lastMs, closedMs),
      proof: withdrawnProof(anomaly, closedMs)
    })
  }
  return closed
}

function withdrawnProof({ proof }: Anomaly, closedMs: number): Anomaly['proof'] {
  return {
    en: `${proof.en}; withdrawn at ${iso(closedMs)}, as an event that showed it was declared wrong`,
    zh: `${proof.zh}；相关事件被声明有误，已于 ${iso(closedMs)} 撤销`
  }
}

/** A late report of an inspection that took place before the release, of the goods, their lot or what they came in, closes what its absence opened. */
function withdrawInspections(state: State, event: TraceEvent, history: TraceHistory): Anomaly[] {
  const keys = new Set(event.subjects.map((subject) => subject.key))
  const closed: Anomaly[] = []
  for (const anomaly of openInspections(state)) {
    if (event.eventTimeMs > anomaly.openedMs || !anomaly.goods.every((key) => isCovered(key, keys, history))) continue
    delete state.open[anomaly.id]
    const closedMs = Math.max(anomaly.openedMs, event.recordTimeMs)
    const proof = {
      en: `${anomaly.proof.en}; withdrawn at ${iso(closedMs)}, as the inspection of ${iso(event.eventTimeMs)} was reported late`,
      zh: `${anomaly.proof.zh}；${iso(event.eventTimeMs)} 的检验已补报，于 ${iso(closedMs)} 撤销`
    }
    closed.push({ ...anomaly, status: 'closed', closedMs, lastMs: Math.max(anomaly.lastMs, closedMs), proof })
  }
  return closed
}

/** Goods whose lot or container a report may name in their place, those missed last first. */
function missedGoods(state: State): string[] {
  return openInspections(state)
    .toReversed()
    .flatMap((anomaly) => anomaly.goods)
    .slice(0, keysPerEventMax)
}

function openInspections(state: State): Anomaly[] {
  return Object.values(state.open).filter((anomaly) => anomaly.type === 'missingInspection')
}

function keysToKnow(
  { index, state }: { readonly index: Index; readonly state: State },
  events: readonly TraceEvent[],
  known: TraceHistory = { of: () => [] }
): string[] {
  const keys = new Set<string>()
  const add = (key: string): void => {
    keys.add(key)
    const own = known.of(key)
    for (const related of [...parentsIn(own, key), ...lotsIn(own, key)]) {
      keys.add(related)
      for (const grand of parentsIn(known.of(related), related)) keys.add(grand)
    }
  }
  for (const event of events) {
    const inside = isRelease(event, index.pointByGln)
    if (isConformantInspection(event) && event.subjects.some(({ key }) => !isSerialised(key)))
      for (const missed of missedGoods(state)) add(missed)
    for (const { key } of event.subjects.slice(0, keysPerEventMax)) {
      add(key)
      if (inside) for (const child of contentOf(key, event.eventTimeMs, known)) add(child)
    }
  }
  return [...keys]
}
