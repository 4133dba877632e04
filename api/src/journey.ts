/**
 * The life of an item, lot or shipment as steps: its own events, those of what it was inside of while it was, and what was said
 * of its lot, with the readings of the places it stayed at. It reads the stores and decides nothing.
 */
import { stageOf } from '@tracegate/model/lifecycle'
import { keyKind, parentKeyOf, partyKey } from '@tracegate/model/gs1/key'
import type { Place } from '@tracegate/model/registers'
import { stages, type JourneyAnswer, type JourneyStep, type LivedThrough, type Stay } from '@tracegate/model/trace'
import type { TraceFact } from '@tracegate/model/trace-event'
import type { GraphOptions, LifeEvent } from '@tracegate/model/trace-graph'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Registers } from './registers.ts'

const stepsMax = 500
/** Stays whose readings are looked up, the newest ones. */
const watchedStaysMax = 50
const quantitiesShown: ReadonlySet<string> = new Set(['temperature', 'humidity', 'door'])

export interface JourneySources {
  readonly trace: TraceStore
  readonly telemetry: TelemetryStore
  readonly registers: Registers
  readonly nowMs: () => number
}

export async function journeyOf(sources: JourneySources, of: string, options: GraphOptions = {}): Promise<JourneyAnswer> {
  const startedMs = performance.now()
  const [life, places, points] = await Promise.all([
    sources.trace.ask('life', { of, eventsMax: stepsMax, ...options }),
    sources.registers.places(),
    sources.registers.points()
  ])
  const { stays, cuts } = life
  const placeByKey = new Map(places.map((place) => [place.key, place]))
  const operators = new Map(points.map((point) => [point.id, partyKey(point.operator)]))
  const stayByEvent = new Map(stays.map((stay) => [stay.eventID, stay]))
  const readings = await readingsOfStays(sources, stays, placeByKey)
  const toStep = ({ fact, within }: LifeEvent): JourneyStep => {
    const stay = stayByEvent.get(fact.eventID)
    const place = fact.bizLocation ?? fact.readPoint
    const point = place === undefined ? undefined : placeByKey.get(place)?.point
    const party = partyOf(fact) ?? (point === undefined ? undefined : operators.get(point))
    return {
      stage: stageOf(fact),
      timeMs: fact.eventTimeMs,
      timeZoneOffset: fact.timeZoneOffset,
      eventID: fact.eventID,
      type: fact.type,
      ...(fact.bizStep === undefined ? {} : { bizStep: fact.bizStep }),
      ...(fact.disposition === undefined ? {} : { disposition: fact.disposition }),
      ...(place === undefined ? {} : { place }),
      ...(party === undefined ? {} : { party }),
      ...(within === undefined ? {} : { within }),
      ...(stay?.toMs === undefined ? {} : { untilMs: stay.toMs }),
      ...(fact.declaredWrong === true ? { declaredWrong: true } : {}),
      readings: stay === undefined ? [] : (readings.get(stay) ?? [])
    }
  }
  const steps = life.events.map(toStep)
  const seen = new Set(steps.filter((step) => step.declaredWrong !== true).map((step) => step.stage))
  const product = keyKind(of) === 'product' ? of : parentKeyOf(of)
  return {
    of,
    ...(product === undefined ? {} : { product }),
    steps,
    stagesSeen: stages.filter((stage) => seen.has(stage)),
    ...(cuts.length === 0 ? {} : { cuts: [...cuts] }),
    truncated: life.truncated,
    tookMs: performance.now() - startedMs
  }
}

function partyOf(event: TraceFact): string | undefined {
  const byType = (list: TraceFact['sources']) =>
    list.find((entry) => entry.type === 'possessing_party')?.key ?? list.find((entry) => entry.type === 'owning_party')?.key
  return byType(event.sources) ?? byType(event.destinations)
}

async function readingsOfStays(
  sources: JourneySources,
  stays: readonly Stay[],
  placeByKey: ReadonlyMap<string, Place>
): Promise<Map<Stay, LivedThrough[]>> {
  const watched = stays.filter((stay) => (placeByKey.get(stay.place)?.watches.length ?? 0) > 0).slice(-watchedStaysMax)
  const found = await Promise.all(
    watched.map(async (stay): Promise<[Stay, LivedThrough[]]> => {
      const place = placeByKey.get(stay.place)
      const watches = place?.watches.filter((watch) => quantitiesShown.has(watch.quantity)) ?? []
      const lived = await Promise.all(
        watches.map((watch) =>
          livedThrough(sources.telemetry, {
            series: `${place?.point ?? ''}/${watch.device}/${watch.metric}`,
            quantity: watch.quantity,
            fromMs: stay.fromMs,
            toMs: stay.toMs ?? Math.max(stay.fromMs, sources.nowMs())
          })
        )
      )
      return [stay, lived.filter((one) => one !== undefined)]
    })
  )
  return new Map(found)
}

interface LivedThroughQuery {
  readonly series: string
  readonly quantity: string
  readonly fromMs: number
  readonly toMs: number
}

async function livedThrough(telemetry: TelemetryStore, query: LivedThroughQuery): Promise<LivedThrough | undefined> {
  const { series, quantity, fromMs, toMs } = query
  const found = await telemetry.buckets({ series, fromMs, toMs, buckets: 1 })
  let count = 0
  let sum = 0
  let min = Infinity
  let max = -Infinity
  for (let at = 0; at < found.count.length; at += 1) {
    const counted = found.count[at] ?? 0
    if (counted === 0) continue
    count += counted
    sum += counted * (found.mean[at] ?? 0)
    min = Math.min(min, found.min[at] ?? Infinity)
    max = Math.max(max, found.max[at] ?? -Infinity)
  }
  return count === 0 ? undefined : { series, quantity, unit: found.unit, min, max, mean: sum / count, count }
}
