/** A published state of a warning as a notice: goods, areas and addressees by name, and nothing that is not for those it goes to. Pure. */
import { noticeListMax, type NoticeArea, type PublicNotice } from '@tracegate/model/notice'
import type { AudienceName, ChannelsPolicy } from '@tracegate/model/policy/channels'
import type { MonitoringPoint, Product } from '@tracegate/model/registers'
import type { WarningCase } from '@tracegate/model/warning'
import type { WarningEdition } from './editions.ts'

export interface NoticeWorld {
  readonly products: readonly Product[]
  readonly points: readonly MonitoringPoint[]
  readonly policy: ChannelsPolicy
}

export function noticeOfWarning(
  { edition, event, atMs, fromLevel, state }: WarningEdition,
  world: NoticeWorld,
  audience: AudienceName
): PublicNotice {
  const { kind = 'operatorNotice', published, untilMs, controlInstruction, advice } = state
  const goods = goodsOf(state, world.products)
  return {
    subject: 'warning',
    case: state.id,
    number: state.number ?? state.id,
    edition,
    event,
    kind,
    audience,
    level: state.level,
    ...(fromLevel === undefined ? {} : { fromLevel }),
    drill: state.drill,
    firstAtMs: published?.firstAtMs ?? atMs,
    atMs,
    startMs: state.startMs,
    ...(untilMs === undefined ? {} : { untilMs }),
    title: state.title,
    matters: state.matters,
    ...(controlInstruction === undefined ? {} : { controlInstruction }),
    ...(advice === undefined ? {} : { advice }),
    hazard: state.hazard,
    urgency: (state.criteria ?? state.proposal.criteria).urgency.value,
    certainty: world.policy.certainty[state.origin],
    ...goods,
    areas: areasOf(state, world.points).slice(0, noticeListMax),
    ports: [...(state.audience.ports ?? [])],
    operators: [...(state.audience.operators ?? [])],
    measures: [...state.measuresStated],
    recalls: [...state.recalls]
  }
}

const lotPattern = /^https:\/\/id\.gs1\.org\/01\/(\d{14})\/10\/([^/?#]+)/
const productPattern = /^https:\/\/id\.gs1\.org\/01\/(\d{14})(?:\/|$)/

export function gtinOf(key: string): string | undefined {
  return productPattern.exec(key)?.[1]
}

export function lotOf(key: string): { readonly gtin: string; readonly lot: string } | undefined {
  const [, gtin, lot] = lotPattern.exec(key) ?? []
  return gtin === undefined || lot === undefined ? undefined : { gtin, lot: decoded(lot) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

type Goods = Pick<PublicNotice, 'products' | 'lots' | 'hsCodes' | 'brands' | 'truncated'>

function goodsOf(state: WarningCase, registered: readonly Product[]): Goods {
  const { products, lots } = namedGoods(state.scope.products, state.scope.lots, registered)
  const hsCodes = new Set([...state.range.hsPrefixes, ...products.flatMap(({ hsCode }) => hsCode ?? [])])
  const brands = new Set([...state.range.brands, ...products.flatMap(({ brand }) => brand ?? [])])
  return {
    products: products.slice(0, noticeListMax),
    lots: lots.slice(0, noticeListMax),
    hsCodes: [...hsCodes].slice(0, noticeListMax),
    brands: [...brands].slice(0, noticeListMax),
    truncated: state.scope.truncated || products.length > noticeListMax || lots.length > noticeListMax
  }
}

/** Products by their registered names and lots by number; the product of a lot is among the products. */
export function namedGoods(productKeys: readonly string[], lotKeys: readonly string[], registered: readonly Product[]) {
  const lots = lotKeys.flatMap((key) => lotOf(key) ?? [])
  const gtins = new Set([...productKeys.flatMap((key) => gtinOf(key) ?? []), ...lots.map(({ gtin }) => gtin)])
  const byGtin = new Map(registered.filter(({ gtin }) => gtins.has(gtin)).map((product) => [product.gtin, product]))
  const products = [...gtins].map((gtin): PublicNotice['products'][number] => {
    const product = byGtin.get(gtin)
    if (product === undefined) return { gtin }
    const { name, brand, hsCode } = product
    return { gtin, name, ...(brand === '' ? {} : { brand }), ...(hsCode === undefined ? {} : { hsCode }) }
  })
  return { products, lots }
}

/** Its own point, the ports it is addressed to, then every region of its range. */
function areasOf(state: WarningCase, points: readonly MonitoringPoint[]): NoticeArea[] {
  const areas: NoticeArea[] = []
  const point = points.find(({ id }) => id === state.point)
  // Which site had the failure is not everybody's business; the port or town is the area.
  if (point !== undefined) areas.push({ ...portArea(point.unlocode), ...(state.point === undefined ? {} : { point: state.point }) })
  for (const code of new Set([...(state.audience.ports ?? []), ...state.range.regions])) {
    if (areas.some(({ unlocode }) => unlocode === code)) continue
    if (/^\d{6}$/.test(code)) areas.push({ name: { zh: `行政区划 ${code}`, en: `Division ${code}` }, division: code, country: 'CN' })
    else if (code.length === 2) areas.push({ name: regionName(code), country: code })
    else areas.push(portArea(code))
  }
  return areas
}

function portArea(unlocode: string): NoticeArea {
  const country = unlocode.slice(0, 2)
  const { zh, en } = regionName(country)
  return { name: { zh: `${zh} ${unlocode}`, en: `${unlocode}, ${en}` }, unlocode, country }
}

const zhNames = new Intl.DisplayNames(['zh-CN'], { type: 'region', fallback: 'code' })
const enNames = new Intl.DisplayNames(['en-GB'], { type: 'region', fallback: 'code' })

function regionName(code: string): { readonly zh: string; readonly en: string } {
  return { zh: zhNames.of(code) ?? code, en: enNames.of(code) ?? code }
}
