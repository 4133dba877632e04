/**
 * Rules over trace events: cloned serial and missing inspection. Each judges one new event against what earlier events said
 * of the same goods; the caller supplies that history. Nothing here reads a store.
 */
import type { Anomaly, Witness } from '@tracegate/model/anomaly'
import type { MonitoringPoint, Product } from '@tracegate/model/registers'
import type { BilingualText } from '@tracegate/model/text'
import type { TraceFact } from '@tracegate/model/trace-event'
import { anomalyIdOf } from './anomaly-id.ts'
import type { TraceHistory } from './engine.ts'
import { gtinOf, glnOf, isSerialised } from './goods-key.ts'
import { iso } from './proof.ts'

/** Faster than this between two known places and it was not one thing that travelled. */
export const travelKilometresPerHourMax = 1_000
/** Places nearer than this to each other are one place for the clone rule. */
export const samePlaceKilometres = 2

export interface TraceRuleContext {
  readonly history: TraceHistory
  readonly nowMs: number
  /** Monitoring point by the GLN of its key and of its places. */
  readonly pointByGln: ReadonlyMap<string, MonitoringPoint>
  /** Product by GTIN of 14 digits. */
  readonly productByGtin: ReadonlyMap<string, Product>
}

/**
 * Cloned serial: one serial number was commissioned twice, or is seen at a place so soon after it was seen at another, or
 * while it was never recorded as leaving there, that it cannot be one thing.
 */
export function judgeClonedSerial(event: TraceFact, context: TraceRuleContext): Anomaly[] {
  if (event.errorDeclaration !== undefined || event.action === 'DELETE') return []
  const found: Anomaly[] = []
  for (const key of keysOf(event, isSerialised)) {
    const clash = clashFor(key, event, context)
    if (clash !== undefined) found.push(cloneAnomaly(key, clash, context))
  }
  return found
}

interface Clash {
  readonly before: TraceFact
  readonly after: TraceFact
  readonly figures: Record<string, number>
  readonly why: { readonly zh: string; readonly en: string }
}

function clashFor(key: string, event: TraceFact, context: TraceRuleContext): Clash | undefined {
  const others = context.history.of(key).filter((other) => other.eventID !== event.eventID && other.errorDeclaration === undefined)
  if (isCommissioning(event)) {
    const first = others.find((other) => isCommissioning(other))
    if (first !== undefined) {
      const [before, after] = first.eventTimeMs <= event.eventTimeMs ? [first, event] : [event, first]
      return {
        before,
        after,
        figures: {},
        why: { en: `was already commissioned at ${iso(before.eventTimeMs)}`, zh: `已于 ${iso(before.eventTimeMs)} 赋码` }
      }
    }
  }
  // A partner may tell late: what is known to have come after an event is held against it as well.
  const placed = others.filter((other) => pointOf(other, context) !== undefined)
  const before = placed.findLast((other) => other.eventTimeMs <= event.eventTimeMs)
  const after = placed.find((other) => other.eventTimeMs > event.eventTimeMs)
  return clashOfTravel(before, event, context) ?? clashOfTravel(event, after, context)
}

/** Two sightings, the earlier one first, that one thing could not have travelled between. */
function clashOfTravel(before: TraceFact | undefined, after: TraceFact | undefined, context: TraceRuleContext): Clash | undefined {
  if (before === undefined || after === undefined) return undefined
  const here = pointOf(after, context)
  const there = pointOf(before, context)
  if (here === undefined || there === undefined || here.id === there.id) return undefined
  const kilometres = distanceKilometres(here, there)
  const hours = (after.eventTimeMs - before.eventTimeMs) / 3_600_000
  if (kilometres < samePlaceKilometres) return undefined
  if (hours * travelKilometresPerHourMax >= kilometres) return undefined
  return {
    before,
    after,
    figures: {
      kilometres: Math.round(kilometres),
      hours: Math.round(hours * 1_000) / 1_000,
      kilometresPerHourMax: travelKilometresPerHourMax
    },
    why: {
      en: `was seen at ${there.name.en} at ${iso(before.eventTimeMs)}, ${Math.round(kilometres)} km and ${minutes(hours)} min before`,
      zh: `${minutes(hours)} 分钟前（${iso(before.eventTimeMs)}）在 ${Math.round(kilometres)} 公里外的${there.name.zh}被识读`
    }
  }
}

function cloneAnomaly(key: string, { before, after, why, figures }: Clash, context: TraceRuleContext): Anomaly {
  const point = pointOf(after, context)
  return {
    id: anomalyIdOf('clonedSerial', key, before.eventID, after.eventID),
    type: 'clonedSerial',
    category: 'trace',
    rule: { id: 'trace:clonedSerial', version: 1 },
    status: 'open',
    ...(point === undefined ? {} : { point: point.id }),
    goods: [key],
    onsetMs: before.eventTimeMs,
    openedMs: after.eventTimeMs,
    lastMs: after.eventTimeMs,
    detectedAtMs: context.nowMs,
    historical: false,
    figures,
    witnesses: [eventWitness(before), eventWitness(after)],
    proof: {
      en: `${key}, read at ${iso(after.eventTimeMs)}, ${why.en}: the serial exists twice`,
      zh: `${key} 于 ${iso(after.eventTimeMs)} 被识读，但该序列号${why.zh}：序列号重复`
    }
  }
}

const releasingBizSteps: ReadonlySet<string> = new Set(['retail_selling', 'dispensing', 'stocking'])
const releaseNames: Readonly<Record<string, BilingualText>> = {
  retail_selling: { zh: '售出', en: 'sold' },
  dispensing: { zh: '发放', en: 'dispensed' },
  stocking: { zh: '上架', en: 'put on sale' },
  shipping: { zh: '发运', en: 'shipped' }
}

/**
 * Missing inspection: goods whose product must be inspected are put on sale, or leave the bonded store by themselves or packed
 * in something, and no event says that they, their lot or what they came in was inspected and found conformant. `known`
 * gives the goods that an open anomaly names already: their way on is followed there.
 */
export function judgeMissingInspection(event: TraceFact, context: TraceRuleContext, known: () => ReadonlySet<string>): Anomaly[] {
  if (!isRelease(event, context.pointByGln) || event.errorDeclaration !== undefined) return []
  const must = (key: string) => context.productByGtin.get(gtinOf(key) ?? '')?.inspectionRequired === true
  const keys = event.subjects.flatMap(({ key }) => (must(key) ? [key] : contentOf(key, event.eventTimeMs, context.history).filter(must)))
  const missed = [...new Set(keys)].filter((key) => !wasInspected(key, event.eventTimeMs, context.history))
  const before = missed.length === 0 ? undefined : known()
  const goods = missed.filter((key) => before?.has(key) !== true)
  const named = goods.slice(0, 100)
  if (named.length === 0) return []
  const product = context.productByGtin.get(gtinOf(named[0] ?? '') ?? '')
  const point = pointOf(event, context)
  return [
    {
      id: anomalyIdOf('missingInspection', event.eventID),
      type: 'missingInspection',
      category: 'trace',
      rule: { id: 'trace:missingInspection', version: 1 },
      status: 'open',
      ...(point === undefined ? {} : { point: point.id }),
      ...(event.readPoint === undefined ? {} : { place: event.readPoint }),
      goods: named,
      onsetMs: event.eventTimeMs,
      openedMs: event.eventTimeMs,
      lastMs: event.eventTimeMs,
      detectedAtMs: context.nowMs,
      historical: false,
      figures: { count: goods.length },
      witnesses: [eventWitness(event)],
      proof: {
        en: `${goods.length} ${goods.length === 1 ? 'unit' : 'units'} of ${product?.name.en ?? 'a product'} ${releaseNames[event.bizStep ?? '']?.en ?? 'released'} at ${iso(event.eventTimeMs)} and no event says that an inspection found them conformant`,
        zh: `${product?.name.zh ?? '产品'} ${goods.length} 件于 ${iso(event.eventTimeMs)} ${releaseNames[event.bizStep ?? '']?.zh ?? '放行'}，但没有检验合格的事件记录`
      }
    }
  ]
}

/** Whether an event is an inspection that found its goods conformant; it withdraws a missing inspection of the same goods. */
export function isConformantInspection(event: TraceFact): boolean {
  return event.bizStep === 'inspecting' && event.disposition === 'conformant' && event.errorDeclaration === undefined
}

/** The parents that a key was packed into or read inside of, as its own events tell. */
export function parentsIn(events: readonly TraceFact[], key: string): string[] {
  const parents = new Set<string>()
  for (const event of events) {
    if (!event.subjects.some((subject) => subject.key === key && subject.role === 'child')) continue
    for (const subject of event.subjects) if (subject.role === 'parent') parents.add(subject.key)
  }
  return [...parents]
}

/** The lot of a key: as an event that names the key says, or where an event names lots of the same product beside it. */
export function lotsIn(events: readonly TraceFact[], key: string): string[] {
  const gtin = gtinOf(key)
  const lots = new Set<string>()
  for (const event of events) {
    for (const subject of event.subjects) {
      if (subject.key === key && subject.lot !== undefined) lots.add(subject.lot)
      if (subject.kind === 'lot' && subject.key !== key && gtinOf(subject.key) === gtin) lots.add(subject.key)
    }
  }
  return [...lots]
}

/** What was packed into a key and not yet taken out again at the time, as its own events tell; at most so many. */
function childrenIn(events: readonly TraceFact[], key: string, atMs: number): string[] {
  const children = new Set<string>()
  for (const event of events) {
    if (event.eventTimeMs > atMs || event.errorDeclaration !== undefined) continue
    if (!event.subjects.some((subject) => subject.key === key && subject.role === 'parent')) continue
    const named = event.subjects.filter((subject) => subject.role === 'child')
    if (event.action !== 'DELETE') for (const child of named) children.add(child.key)
    else if (named.length === 0) children.clear()
    else for (const child of named) children.delete(child.key)
  }
  return [...children].slice(0, childrenMax)
}

/** Of one container the trace rules look at so many things at most. */
const childrenMax = 500

/** What is inside of a key at the time, and inside of that, as the events of both tell. */
export function contentOf(key: string, atMs: number, history: TraceHistory): string[] {
  const children = childrenIn(history.of(key), key, atMs)
  return children.flatMap((child) => [child, ...childrenIn(history.of(child), child, atMs)]).slice(0, childrenMax)
}

/** Whether the keys of a report name these goods, their lot, or what they came in. */
export function isCovered(key: string, keys: ReadonlySet<string>, history: TraceHistory): boolean {
  if (keys.has(key)) return true
  const own = history.of(key)
  const related = [...lotsIn(own, key), ...parentsIn(own, key)]
  return related.some((one) => keys.has(one) || parentsIn(history.of(one), one).some((grand) => keys.has(grand)))
}

function wasInspected(key: string, atMs: number, history: TraceHistory): boolean {
  const own = history.of(key)
  const inspected = (events: readonly TraceFact[]) => events.some((event) => event.eventTimeMs <= atMs && isConformantInspection(event))
  if (inspected(own)) return true
  const related = [...lotsIn(own, key), ...parentsIn(own, key)]
  return related.some((one) => inspected(history.of(one)) || parentsIn(history.of(one), one).some((grand) => inspected(history.of(grand))))
}

/** Whether goods go on sale with this event, or out of the bonded store. */
export function isRelease(event: TraceFact, pointByGln: ReadonlyMap<string, MonitoringPoint>): boolean {
  if (event.bizStep === undefined || event.action === 'DELETE') return false
  if (releasingBizSteps.has(event.bizStep)) return true
  if (event.bizStep !== 'shipping') return false
  const point = pointByGln.get(glnOf(event.readPoint ?? '') ?? '')
  return point !== undefined && isBonded(point, pointByGln)
}

/** A bonded store, or a dock that the keeper of a bonded store runs in the same town. */
function isBonded(point: MonitoringPoint, pointByGln: ReadonlyMap<string, MonitoringPoint>): boolean {
  if (point.kind === 'bondedStore') return true
  if (point.kind !== 'dock') return false
  for (const other of pointByGln.values())
    if (other.kind === 'bondedStore' && other.operator === point.operator && other.unlocode === point.unlocode) return true
  return false
}

function isCommissioning(event: TraceFact): boolean {
  return event.type === 'ObjectEvent' && event.action === 'ADD' && event.bizStep === 'commissioning'
}

function pointOf(event: TraceFact, context: TraceRuleContext): MonitoringPoint | undefined {
  return context.pointByGln.get(glnOf(event.readPoint ?? '') ?? '') ?? context.pointByGln.get(glnOf(event.bizLocation ?? '') ?? '')
}

function keysOf(event: TraceFact, wanted: (key: string) => boolean): string[] {
  return event.subjects.filter((subject) => wanted(subject.key)).map((subject) => subject.key)
}

function eventWitness(event: TraceFact): Witness {
  return { type: 'event', eventID: event.eventID, timeMs: event.eventTimeMs }
}

function minutes(hours: number): number {
  return Math.round(hours * 60)
}

const earthRadiusKilometres = 6_371

/** Great-circle distance by the haversine formula. */
export function distanceKilometres(
  a: { readonly latitude: number; readonly longitude: number },
  b: { readonly latitude: number; readonly longitude: number }
): number {
  const radians = Math.PI / 180
  const latitude = Math.sin(((b.latitude - a.latitude) * radians) / 2)
  const longitude = Math.sin(((b.longitude - a.longitude) * radians) / 2)
  const half = latitude ** 2 + Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * longitude ** 2
  return 2 * earthRadiusKilometres * Math.asin(Math.min(1, Math.sqrt(half)))
}
