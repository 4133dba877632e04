/**
 * From goods in question to what a warning proposes about them: their scope, the criteria and level, the kind, the audience and the range.
 * The trigger and people who draft by hand use the same. It writes nothing.
 */
import { heldGoods, productsOf, recallScope } from '@tracegate/model/recall'
import type { Hazard, Place, PointKind, Product } from '@tracegate/model/registers'
import { assess, type AssessmentFacts } from '@tracegate/model/risk'
import type { PolicyVersion } from '@tracegate/model/policy/policy'
import type { Holding, Stay } from '@tracegate/model/trace'
import type { RecallScope, WarningCase } from '@tracegate/model/warning'
import { proposeKind } from '@tracegate/model/warning-kind'
import type { TraceStore } from '@tracegate/store/trace-store'
import { lotsOfItems } from '../goods.ts'
import type { Registers } from '../registers.ts'

/** Ports, operators, brands and headings proposed for one warning. */
const listMax = 256

export interface ScopeSources {
  readonly trace: TraceStore
  readonly registers: Registers
  readonly nowMs: () => number
}

export interface NamedGoods {
  readonly goods: readonly string[]
  readonly stays: readonly Stay[]
  readonly truncated: boolean
}

export interface ScopeFound {
  readonly scope: RecallScope
  /** All of them; the scope lists the first ones. */
  readonly holdings: readonly Holding[]
}

export async function scopeOfGoods(sources: ScopeSources, { goods, stays, truncated }: NamedGoods): Promise<ScopeFound> {
  const keys = [...new Set([...stays.map((stay) => stay.key), ...goods])]
  const [holders, lotOf] = await Promise.all([sources.trace.ask('holders', { of: keys }), lotsOfItems(sources.trace, keys)])
  const scope = recallScope({
    stays,
    goods,
    holdings: holders.holdings,
    lotOf,
    total: holders.total,
    truncated: truncated || holders.truncated,
    asOfMs: sources.nowMs()
  })
  return { scope, holdings: holders.holdings }
}

export interface RegisterRows {
  readonly products: readonly Product[]
  readonly places: readonly Place[]
  /** UN/LOCODE and kind by point id, and country by party key. */
  readonly points: ReadonlyMap<string, { readonly unlocode: string; readonly kind: PointKind }>
  readonly countries: ReadonlyMap<string, string>
}

export async function readRegisters(registers: Registers): Promise<RegisterRows> {
  const [products, places, points, parties] = await Promise.all([
    registers.products(),
    registers.places(),
    registers.points(),
    registers.parties()
  ])
  return {
    products,
    places,
    points: new Map(points.map((point) => [point.id, point])),
    countries: new Map(parties.flatMap(({ key, country }) => (country === undefined ? [] : [[key, country] as const])))
  }
}

/** What is known of the case beside its goods. */
export type CaseFigures = Pick<AssessmentFacts, 'open' | 'kelvinPerHour' | 'doseShare' | 'complaints' | 'injuries'>

export interface ScopeToJudge extends ScopeFound {
  readonly registers: RegisterRows
  readonly policy: PolicyVersion
  readonly figures: CaseFigures
  /** Where it happened; goods elsewhere have left. */
  readonly here: { readonly place?: string | undefined; readonly point?: string | undefined }
}

export type JudgedContent = Pick<WarningCase, 'hazard' | 'regime' | 'proposal' | 'range' | 'audience' | 'kind'>

export function judgeScope(input: ScopeToJudge): { readonly content: JudgedContent; readonly products: readonly Product[] } {
  const { scope, registers, policy } = input
  const products = registers.products.filter((product) => scope.products.includes(product.key))
  const worst = products.toSorted((left, right) => right.harm - left.harm)[0]
  const whereabouts = lookAround(input)
  const facts = factsOf(input, products, whereabouts)
  const proposal = assess(facts, policy.policy.grading)
  const consumers = facts.held.sold + facts.onSale
  const kind = proposeKind(
    { harm: proposal.criteria.harm.value, consumers, ports: whereabouts.atPorts + facts.held.inTransit },
    policy.policy.publication
  )
  const hazard: Hazard = worst?.hazard ?? 'health'
  return {
    products,
    content: {
      hazard,
      regime: products.some((product) => product.regime === 'food') ? 'food' : 'general',
      proposal: { ...proposal, kind },
      kind: kind.kind,
      range: {
        regions: [...whereabouts.regions].sort().slice(0, listMax),
        hsPrefixes: unique(products.map((product) => product.hsCode)),
        brands: unique(products.map((product) => product.brand))
      },
      audience: audienceOf(whereabouts)
    }
  }
}

function unique(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.filter((text) => text !== undefined && text !== ''))].filter((text) => text !== undefined).slice(0, listMax)
}

function audienceOf({ ports, operators }: Whereabouts): WarningCase['audience'] {
  return {
    ...(ports.size === 0 ? {} : { ports: [...ports].sort().slice(0, listMax) }),
    ...(operators.size === 0 ? {} : { operators: [...operators].sort().slice(0, listMax) })
  }
}

interface Whereabouts {
  /** Countries and ports of the holders. */
  readonly regions: ReadonlySet<string>
  readonly ports: ReadonlySet<string>
  /** GLN of the holders. */
  readonly operators: ReadonlySet<string>
  readonly atPorts: number
  readonly onSale: number
  readonly elsewhere: number
  readonly held: AssessmentFacts['held']
  readonly holders: number
}

const salesKinds: ReadonlySet<PointKind> = new Set(['market', 'shop'])
const portKinds: ReadonlySet<PointKind> = new Set(['quay', 'reeferYard', 'gate', 'bondedStore', 'dock'])

function lookAround({ holdings, registers, here }: ScopeToJudge): Whereabouts {
  const pointOf = new Map(registers.places.flatMap(({ key, point }) => (point === undefined ? [] : [[key, point] as const])))
  const isHere = (place: string) => place === here.place || (here.point !== undefined && pointOf.get(place) === here.point)
  const held = heldGoods(holdings, isHere)
  const regions = new Set<string>()
  const ports = new Set<string>()
  const operators = new Set<string>()
  let atPorts = 0
  let onSale = 0
  for (const holding of holdings) {
    const pointId = holding.place === undefined ? undefined : pointOf.get(holding.place)
    const point = pointId === undefined ? undefined : registers.points.get(pointId)
    const region = point?.unlocode ?? (holding.party === undefined ? undefined : registers.countries.get(holding.party))
    if (region !== undefined) regions.add(region)
    const gln = /\/417\/(\d{13})$/.exec(holding.party ?? '')?.[1]
    if (gln !== undefined) operators.add(gln)
    if (point === undefined || holding.state !== 'inStock') continue
    if (salesKinds.has(point.kind)) onSale += holding.count
    if (!portKinds.has(point.kind)) continue
    atPorts += holding.count
    ports.add(point.unlocode)
  }
  // Goods under way are caught at the port where they were last seen.
  const home = here.point === undefined ? undefined : registers.points.get(here.point)
  if (home !== undefined && portKinds.has(home.kind)) ports.add(home.unlocode)
  return { regions, ports, operators, atPorts, onSale, held: held.byState, elsewhere: held.elsewhere, holders: held.holders }
}

function factsOf({ scope, figures }: ScopeToJudge, products: readonly Product[], around: Whereabouts): AssessmentFacts {
  const known = new Set(products.map((product) => product.key))
  // Goods of which not even the product is known, such as a pallet nobody told the content of, count as one unknown product.
  const unknown = scope.products.filter((key) => !known.has(key)).length
  const nameless = scope.products.length === 0 && productsOf(scope.exposed.map((stay) => stay.key)).length === 0 ? 1 : 0
  return {
    products,
    productsUnknown: unknown + nameless,
    ...figures,
    held: around.held,
    elsewhere: around.elsewhere,
    onSale: around.onSale,
    lots: scope.lots.length,
    holders: around.holders,
    regions: around.regions.size,
    goods: scope.total
  }
}
