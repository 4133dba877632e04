/**
 * The life of an item, lot or shipment as steps: its own events, those of what it was inside of while it was, and what was said
 * of its lot, with the readings of the places it stayed at. It reads the stores and decides nothing.
 */
import { stageOf } from '@tracegate/model/lifecycle'
import { keyKind, parentKeyOf, partyKey } from '@tracegate/model/gs1/key'
import type { Place } from '@tracegate/model/registers'
import { stages, type JourneyAnswer, type JourneyStep, type LivedThrough, type Stay } from '@tracegate/model/trace'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import { lotsOfItems } from './goods.ts'
import type { Registers } from './registers.ts'

const stepsMax = 500
const containersMax = 50
const nodesMax = 500
/** Stays whose readings are looked up, the newest ones. */
const watchedStaysMax = 50
const quantitiesShown: ReadonlySet<string> = new Set(['temperature', 'humidity', 'door'])

export interface JourneySources {
  readonly trace: TraceStore
  readonly telemetry: TelemetryStore
  readonly registers: Registers
  readonly nowMs: () => number
}

interface FoundEvent {
  readonly event: TraceEvent
  readonly within?: string
}

export async function journeyOf(sources: JourneySources, of: string, atMs?: number): Promise<JourneyAnswer> {
  const startedMs = performance.now()
  const [found, stays, places, points] = await Promise.all([
    eventsOf(sources.trace, of, atMs),
    sources.trace.stays(of),
    sources.registers.places(),
    sources.registers.points()
  ])
  const placeByKey = new Map(places.map((place) => [place.key, place]))
  const operators = new Map(points.map((point) => [point.id, partyKey(point.operator)]))
  const stayByEvent = new Map(stays.map((stay) => [stay.eventID, stay]))
  const readings = await readingsOfStays(sources, stays, placeByKey)
  const toStep = ({ event, within }: FoundEvent): JourneyStep => {
    const stay = stayByEvent.get(event.eventID)
    const place = event.bizLocation ?? event.readPoint
    const point = place === undefined ? undefined : placeByKey.get(place)?.point
    const party = partyOf(event) ?? (point === undefined ? undefined : operators.get(point))
    return {
      stage: stageOf(event),
      timeMs: event.eventTimeMs,
      timeZoneOffset: event.timeZoneOffset,
      eventID: event.eventID,
      type: event.type,
      ...(event.bizStep === undefined ? {} : { bizStep: event.bizStep }),
      ...(event.disposition === undefined ? {} : { disposition: event.disposition }),
      ...(isGs1(place) ? { place } : {}),
      ...(isGs1(party) ? { party } : {}),
      ...(isGs1(within) ? { within } : {}),
      ...(stay?.toMs === undefined ? {} : { untilMs: stay.toMs }),
      readings: stay === undefined ? [] : (readings.get(stay) ?? [])
    }
  }
  const steps = found.events.slice(0, stepsMax).map(toStep)
  const seen = new Set(steps.map((step) => step.stage))
  const product = keyKind(of) === 'product' ? of : parentKeyOf(of)
  return {
    of,
    ...(isGs1(product) ? { product } : {}),
    steps,
    stagesSeen: stages.filter((stage) => seen.has(stage)),
    truncated: found.truncated || found.events.length > steps.length,
    tookMs: performance.now() - startedMs
  }
}

/** Keys of answers are GS1 keys; what another URI names is left out. */
function isGs1(key: string | undefined): key is string {
  return key?.startsWith('https://id.gs1.org/') === true
}

function partyOf(event: TraceEvent): string | undefined {
  const byType = (list: TraceEvent['sources']) =>
    list.find((entry) => entry.type === 'possessing_party')?.key ?? list.find((entry) => entry.type === 'owning_party')?.key
  return byType(event.sources) ?? byType(event.destinations)
}

async function eventsOf(trace: TraceStore, of: string, atMs: number | undefined): Promise<{ events: FoundEvent[]; truncated: boolean }> {
  const until = atMs === undefined ? {} : { toMs: atMs }
  const [own, holders, lots] = await Promise.all([
    trace.ledger({ key: of, limit: stepsMax + 1, ...until }),
    containersOf(trace, of, atMs),
    lotsOfItems(trace, [of])
  ])
  const lot = lots.get(of)
  const ofLot = lot === undefined ? [] : await trace.ledger({ key: lot, limit: stepsMax, ...until })
  const inside = await Promise.all(
    holders.windows.map(async (window) => {
      const events = await trace.ledger({
        key: window.key,
        fromMs: window.fromMs,
        toMs: Math.min(window.toMs, atMs ?? Infinity),
        limit: stepsMax
      })
      return events.map((event): FoundEvent => ({ event, within: window.key }))
    })
  )
  const byId = new Map<string, FoundEvent>()
  for (const event of own) byId.set(event.eventID, { event })
  // What happened to other members of the lot is not the item's life; its making and inspection are.
  for (const event of ofLot) {
    const stage = stageOf(event)
    const usesUp = event.subjects.some((subject) => subject.key === lot && subject.role === 'input')
    if ((stage === 'production' || stage === 'inspection') && !usesUp && !byId.has(event.eventID)) byId.set(event.eventID, { event })
  }
  for (const found of inside.flat()) if (!byId.has(found.event.eventID)) byId.set(found.event.eventID, found)
  const events = [...byId.values()].sort((left, right) => left.event.eventTimeMs - right.event.eventTimeMs)
  return { events, truncated: own.length > stepsMax || holders.truncated }
}

interface ContainerWindow {
  readonly key: string
  readonly fromMs: number
  readonly toMs: number
}

/** What held the thing, directly or inside of something else, and when. */
async function containersOf(
  trace: TraceStore,
  of: string,
  atMs: number | undefined
): Promise<{ windows: ContainerWindow[]; truncated: boolean }> {
  const answer = await trace.trace({ of, direction: 'forward', nodesMax, ...(atMs === undefined ? {} : { atMs }) })
  const contains = answer.edges.filter((edge) => edge.kind === 'contains')
  const windows: ContainerWindow[] = []
  let frontier: ContainerWindow[] = [{ key: of, fromMs: 0, toMs: Infinity }]
  while (frontier.length > 0 && windows.length < containersMax) {
    const next: ContainerWindow[] = []
    for (const held of frontier) {
      for (const edge of contains) {
        if (edge.to !== held.key) continue
        const fromMs = Math.max(held.fromMs, edge.fromMs ?? 0)
        const toMs = Math.min(held.toMs, edge.toMs ?? Infinity)
        const known = windows.some((window) => window.key === edge.from && window.fromMs === fromMs && window.toMs === toMs)
        if (fromMs <= toMs && !known) next.push({ key: edge.from, fromMs, toMs })
      }
    }
    windows.push(...next)
    frontier = next
  }
  return { windows: windows.slice(0, containersMax), truncated: answer.truncated || windows.length > containersMax }
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
