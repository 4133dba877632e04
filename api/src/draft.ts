/** The content of a warning draft: exposed goods, holders, criteria and texts, from an anomaly and what the stores know. It writes nothing. */
import type { Anomaly } from '@tracegate/model/anomaly'
import { heldGoods, productsOf, recallScope } from '@tracegate/model/recall'
import type { Hazard, Place, Product } from '@tracegate/model/registers'
import { assess } from '@tracegate/model/risk'
import type { Holding, Stay } from '@tracegate/model/trace'
import type { RecallScope } from '@tracegate/model/warning'
import type { TraceStore } from '@tracegate/store/trace-store'
import { mattersOf, titleOf } from './draft-text.ts'
import { lotsOfItems } from './goods.ts'
import type { Registers } from './registers.ts'
import type { DraftContent } from './warning-writer.ts'

export interface DraftSources {
  readonly trace: TraceStore
  readonly registers: Registers
  readonly nowMs: () => number
}

/** Stays asked of the store for one anomaly. */
const staysMax = 5_000
/** Goods of a trace anomaly whose stays are looked up. */
const namedMax = 100
const minuteMs = 60_000

/** Undefined when no goods are concerned: an empty chamber endangers nobody. */
export async function draftContent(sources: DraftSources, anomaly: Anomaly): Promise<DraftContent | undefined> {
  const [found, registers] = await Promise.all([exposedGoods(sources, anomaly), readRegisters(sources.registers)])
  const keys = [...new Set([...found.stays.map((stay) => stay.key), ...anomaly.goods])]
  if (keys.length === 0) return undefined
  const [holders, lotOf] = await Promise.all([sources.trace.ask('holders', { of: keys }), lotsOfItems(sources.trace, keys)])
  const scope = recallScope({
    stays: found.stays,
    goods: anomaly.goods,
    holdings: holders.holdings,
    lotOf,
    total: holders.total,
    truncated: found.truncated || holders.truncated,
    asOfMs: sources.nowMs()
  })
  const products = registers.products.filter((product) => scope.products.includes(product.key))
  const worst = products.toSorted((left, right) => right.harm - left.harm)[0]
  const place = registers.places.find((row) => row.key === anomaly.place)
  const hazard: Hazard = worst?.hazard ?? 'health'
  const texts = { anomaly, place, products, goods: scope.total > 0 ? scope.total : keys.length }
  return {
    anomaly: anomaly.id,
    title: titleOf(texts),
    hazard,
    regime: products.some((product) => product.regime === 'food') ? 'food' : 'general',
    proposal: assess(assessmentFacts({ anomaly, scope, holdings: holders.holdings, products, registers })),
    startMs: anomaly.onsetMs,
    scope,
    matters: mattersOf(texts),
    ...(anomaly.point === undefined ? {} : { point: anomaly.point }),
    ...(anomaly.place === undefined ? {} : { place: anomaly.place })
  }
}

/** Who was at the place from the first sign to the end of the anomaly, or to now while it is open; for a trace rule the goods it names. */
async function exposedGoods(sources: DraftSources, anomaly: Anomaly): Promise<{ stays: Stay[]; truncated: boolean }> {
  if (anomaly.category === 'trace') return namedGoods(sources, anomaly)
  if (anomaly.place === undefined) return { stays: [], truncated: false }
  const untilNow = anomaly.historical ? anomaly.lastMs : Math.max(anomaly.lastMs, sources.nowMs())
  const toMs = anomaly.closedMs ?? untilNow
  const answer = await sources.trace.ask('exposure', { place: anomaly.place, fromMs: anomaly.onsetMs, toMs, limit: staysMax })
  return { stays: answer.goods, truncated: answer.truncated }
}

async function namedGoods(sources: DraftSources, anomaly: Anomaly): Promise<{ stays: Stay[]; truncated: boolean }> {
  const named = anomaly.goods.slice(0, namedMax)
  const stays = await Promise.all(named.map((key) => sources.trace.ask('stays', key)))
  const current = stays.flatMap((all) => {
    const then = all.findLast((stay) => stay.fromMs <= anomaly.openedMs && (stay.toMs ?? Infinity) >= anomaly.openedMs)
    const chosen = then ?? all.at(-1)
    return chosen === undefined ? [] : [chosen]
  })
  return { stays: current, truncated: named.length < anomaly.goods.length }
}

interface RegisterRows {
  readonly products: readonly Product[]
  readonly places: readonly Place[]
  /** UN/LOCODE by point id, and country by party key. */
  readonly unlocodes: ReadonlyMap<string, string>
  readonly countries: ReadonlyMap<string, string>
}

async function readRegisters(registers: Registers): Promise<RegisterRows> {
  const [products, places, points, parties] = await Promise.all([
    registers.products(),
    registers.places(),
    registers.points(),
    registers.parties()
  ])
  return {
    products,
    places,
    unlocodes: new Map(points.map((point) => [point.id, point.unlocode])),
    countries: new Map(parties.flatMap(({ key, country }) => (country === undefined ? [] : [[key, country] as const])))
  }
}

interface AssessmentInput {
  readonly anomaly: Anomaly
  readonly scope: RecallScope
  readonly holdings: readonly Holding[]
  readonly products: readonly Product[]
  readonly registers: RegisterRows
}

function assessmentFacts({ anomaly, scope, holdings, products, registers }: AssessmentInput) {
  const pointOf = new Map(registers.places.flatMap(({ key, point }) => (point === undefined ? [] : [[key, point] as const])))
  const here = (place: string) => place === anomaly.place || (anomaly.point !== undefined && pointOf.get(place) === anomaly.point)
  const held = heldGoods(holdings, here)
  const known = new Set(products.map((product) => product.key))
  const regions = new Set(holdings.map((holding) => regionOf(holding, registers, pointOf)).filter((region) => region !== undefined))
  // Goods of which not even the product is known, such as a pallet nobody told the content of, count as one unknown product.
  const unknown = scope.products.filter((key) => !known.has(key)).length
  const nameless = productsOf(scope.exposed.map((stay) => stay.key)).length === 0 && scope.products.length === 0 ? 1 : 0
  return {
    products,
    productsUnknown: unknown + nameless,
    open: anomaly.status === 'open',
    held: held.byState,
    elsewhere: held.elsewhere,
    ...paceOf(anomaly),
    lots: scope.lots.length,
    holders: held.holders,
    regions: regions.size
  }
}

function regionOf(holding: Holding, registers: RegisterRows, pointOf: ReadonlyMap<string, string>): string | undefined {
  const point = holding.place === undefined ? undefined : pointOf.get(holding.place)
  const unlocode = point === undefined ? undefined : registers.unlocodes.get(point)
  return unlocode ?? (holding.party === undefined ? undefined : registers.countries.get(holding.party))
}

/** How fast and how far a reading left its limits, where the anomaly is about readings. */
function paceOf(anomaly: Anomaly): { kelvinPerHour?: number; doseShare?: number } {
  const { peak, high, limitHigh, limitLow, degreeMinutes, degreeMinutesMax } = anomaly.figures
  const limit = high === 0 ? limitLow : limitHigh
  const hours = Math.max(anomaly.lastMs - anomaly.onsetMs, minuteMs) / 3_600_000
  return {
    ...(peak === undefined || limit === undefined ? {} : { kelvinPerHour: Math.abs(peak - limit) / hours }),
    ...(degreeMinutes === undefined || degreeMinutesMax === undefined || degreeMinutesMax <= 0
      ? {}
      : { doseShare: degreeMinutes / degreeMinutesMax })
  }
}
