/** Puts the detectors together into one engine. Holds their states; decides nothing itself. */
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { Anomaly } from '@tracegate/model/anomaly'
import type { MonitoringPoint, Place, Product, ProductProfile } from '@tracegate/model/registers'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { checkSilence, DeviceState, heardFrom } from './device-gap.ts'
import type { DetectionEngine, DetectionRegisters, TraceHistory } from './engine.ts'
import { glnOf, isSerialised } from './goods-key.ts'
import { iso } from './proof.ts'
import { emptyPlaceState, judgePlaceReading, PlaceState } from './place-limits.ts'
import { nameOfSeries } from './series-names.ts'
import { judgeSeriesReading, quantityOf, SeriesState, seriesCheckDefaults, type SeriesCheckSettings } from './series-checks.ts'
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
} from './trace-rules.ts'

const snapshotVersion = 1
/** A reading older than this when it comes is backfill. */
export const historicalAfterMs = 300_000
/** A reading this far ahead of the wall clock has a wrong time: judged, it would keep every right one after it from being judged. */
const futureMaxMs = 60_000
/** Series that are checked; further ones pass unchecked. */
export const seriesMax = 100_000
/** Open trace anomalies that can still be closed; the oldest go. */
export const openTraceAnomaliesMax = 1_000
/** Of a larger event only the first so many keys are judged by the trace rules. */
export const keysPerEventMax = 500

const EngineState = Type.Object({
  version: Type.Literal(snapshotVersion),
  places: Type.Record(Type.String(), PlaceState),
  series: Type.Record(Type.String(), SeriesState),
  devices: Type.Record(Type.String(), DeviceState),
  trace: Type.Record(Type.String(), Anomaly)
})
type EngineState = Static<typeof EngineState>
const stateValidator = compileValidator(EngineState)

export interface EngineOptions {
  /** Settings that take the place of the defaults of a quantity. */
  readonly checks?: Partial<Record<'temperature' | 'humidity', Partial<SeriesCheckSettings>>>
}

interface Index {
  /** Place and profile that a temperature series is judged by. */
  readonly watched: Map<string, { place: Place; profile: ProductProfile | undefined }>
  readonly pointByGln: Map<string, MonitoringPoint>
  readonly productByGtin: Map<string, Product>
}

/** Makes an engine that knows nothing yet; `configure` gives it the registers. */
export function createDetectionEngine(options: EngineOptions = {}): DetectionEngine {
  let index = indexOf({ places: [], profiles: [], products: [], points: [] })
  let state = emptyState()
  let room = { series: seriesMax }
  const settings = {
    temperature: { ...seriesCheckDefaults.temperature, ...options.checks?.temperature },
    humidity: { ...seriesCheckDefaults.humidity, ...options.checks?.humidity }
  }
  return {
    configure(registers) {
      index = indexOf(registers)
    },
    onReadings(readings, nowMs, how = {}) {
      const found: Anomaly[] = []
      for (const reading of readings) judgeReading({ state, index, settings, room }, reading, nowMs, how.historical ?? false, found)
      return found
    },
    onEvents: (events, history, nowMs) => judgeEvents(state, index, events, history, nowMs),
    onTick(nowMs) {
      const found: Anomaly[] = []
      for (const device of Object.values(state.devices)) {
        const gap = checkSilence(device, nowMs)
        if (gap !== undefined) found.push(gap)
      }
      return found
    },
    keysToKnow: (events, known) => keysToKnow({ index, state }, events, known),
    snapshot: () => structuredClone(state),
    restore(snapshot) {
      const checked = stateValidator.check(snapshot)
      state = checked.ok ? structuredClone(checked.value) : emptyState()
      room = { series: seriesMax - Object.keys(state.series).length }
      return checked.ok
        ? { ok: true, message: `restored ${Object.keys(state.series).length} series` }
        : { ok: false, message: checked.reason.message }
    }
  }
}

function emptyState(): EngineState {
  return { version: snapshotVersion, places: {}, series: {}, devices: {}, trace: {} }
}

function indexOf(registers: DetectionRegisters): Index {
  const profiles = new Map(registers.profiles.map((profile) => [profile.id, profile]))
  const watched: Index['watched'] = new Map()
  const pointByGln = new Map<string, MonitoringPoint>()
  const pointById = new Map(registers.points.map((point) => [point.id, point]))
  for (const point of registers.points) pointByGln.set(glnOf(point.key) ?? '', point)
  for (const place of registers.places) {
    if (place.point === undefined) continue
    const point = pointById.get(place.point)
    const gln = glnOf(place.key)
    if (point !== undefined && gln !== undefined) pointByGln.set(gln, point)
    for (const watch of place.watches) {
      if (watch.quantity !== 'temperature') continue
      watched.set(seriesKeyOf({ point: place.point, device: watch.device, metric: watch.metric }), {
        place,
        profile: profiles.get(place.profile ?? '')
      })
    }
  }
  return { watched, pointByGln, productByGtin: new Map(registers.products.map((product) => [product.gtin, product])) }
}

interface Judging {
  readonly state: EngineState
  readonly index: Index
  readonly settings: Readonly<Record<'temperature' | 'humidity', SeriesCheckSettings>>
  /** How many more series may be kept; counted, since counting keys would cost every new series as much as all before it. */
  readonly room: { series: number }
}

function judgeReading(judging: Judging, reading: Reading, nowMs: number, backfill: boolean, found: Anomaly[]): void {
  const { state, index } = judging
  const series = nameOfSeries(reading)
  const watched = index.watched.get(series)
  const historical = backfill || (reading.historical ?? nowMs - reading.timeMs > historicalAfterMs)
  const ahead = reading.timeMs - nowMs > futureMaxMs
  if (watched !== undefined) noteDevice(state, { reading, place: watched.place, profile: watched.profile, nowMs }, found)
  if (ahead) return
  const quantity = quantityOf(reading)
  if (quantity !== undefined) {
    const known = state.series[series]
    if (known !== undefined || judging.room.series > 0) {
      const judged = judgeSeriesReading(known, {
        reading,
        settings: judging.settings[quantity],
        ...(watched === undefined ? {} : { place: watched.place.key }),
        nowMs,
        historical
      })
      if (known === undefined && judged.state !== undefined) judging.room.series -= 1
      if (judged.state !== undefined) state.series[series] = judged.state
      found.push(...judged.anomalies)
    }
  }
  if (watched?.profile === undefined) return
  const place = (state.places[watched.place.key] ??= emptyPlaceState())
  const anomaly = judgePlaceReading(place, { place: watched.place, profile: watched.profile, reading, nowMs, historical })
  if (anomaly !== undefined) found.push(anomaly)
}

function noteDevice(
  state: EngineState,
  heard: { reading: Reading; place: Place; profile: ProductProfile | undefined; nowMs: number },
  found: Anomaly[]
): void {
  const { reading, place, profile, nowMs } = heard
  const name = `${reading.point}/${reading.device}`
  const device = (state.devices[name] ??= {
    point: reading.point,
    device: reading.device,
    place: place.key,
    lastMs: Math.min(reading.timeMs, nowMs),
    seenAtMs: nowMs,
    intervalMs: 1_000,
    gapMaxMs: profile?.recordingIntervalMaxMs ?? 120_000
  })
  const closed = heardFrom(device, Math.min(reading.timeMs, nowMs), nowMs)
  if (closed !== undefined) found.push(closed)
}

function judgeEvents(state: EngineState, index: Index, events: readonly TraceEvent[], history: TraceHistory, nowMs: number): Anomaly[] {
  const context: TraceRuleContext = { history, nowMs, pointByGln: index.pointByGln, productByGtin: index.productByGtin }
  const found: Anomaly[] = []
  for (const event of events) {
    const judged = event.subjects.length > keysPerEventMax ? { ...event, subjects: event.subjects.slice(0, keysPerEventMax) } : event
    if (event.errorDeclaration !== undefined) found.push(...withdrawDeclared(state, event))
    const missing = judgeMissingInspection(judged, context, () => goodsMissed(state))
    for (const anomaly of [...judgeClonedSerial(judged, context), ...missing]) {
      if (state.trace[anomaly.id] !== undefined) continue
      state.trace[anomaly.id] = anomaly
      found.push(anomaly)
    }
    if (isConformantInspection(event)) found.push(...withdrawInspections(state, event, history))
  }
  const ids = Object.keys(state.trace)
  for (const id of ids.slice(0, Math.max(0, ids.length - openTraceAnomaliesMax))) delete state.trace[id]
  return found
}

/** The goods that an open missing inspection names. */
function goodsMissed(state: EngineState): Set<string> {
  return new Set(openInspections(state).flatMap((anomaly) => anomaly.goods))
}

/** An event that somebody declared wrong bears witness no longer: what it brought about is withdrawn. */
function withdrawDeclared(state: EngineState, event: TraceEvent): Anomaly[] {
  const declaredMs = event.errorDeclaration?.declarationTimeMs ?? event.recordTimeMs
  const closed: Anomaly[] = []
  for (const anomaly of Object.values(state.trace)) {
    if (!anomaly.witnesses.some((witness) => witness.type === 'event' && witness.eventID === event.eventID)) continue
    delete state.trace[anomaly.id]
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
function withdrawInspections(state: EngineState, event: TraceEvent, history: TraceHistory): Anomaly[] {
  const keys = new Set(event.subjects.map((subject) => subject.key))
  const closed: Anomaly[] = []
  for (const anomaly of openInspections(state)) {
    if (event.eventTimeMs > anomaly.openedMs || !anomaly.goods.every((key) => isCovered(key, keys, history))) continue
    delete state.trace[anomaly.id]
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
function missedGoods(state: EngineState): string[] {
  return openInspections(state)
    .toReversed()
    .flatMap((anomaly) => anomaly.goods)
    .slice(0, keysPerEventMax)
}

function openInspections(state: EngineState): Anomaly[] {
  return Object.values(state.trace).filter((anomaly) => anomaly.type === 'missingInspection')
}

function keysToKnow(
  { index, state }: Pick<Judging, 'index' | 'state'>,
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
