/**
 * Unregistered point or product: goods under watch are read at a place that no register knows, or goods of a product that no register
 * knows come past a monitoring point. One anomaly for each such place and product; it ends when the register has it.
 */
import { Type, type Static } from 'typebox'
import { pointKinds } from '@tracegate/model/registers'
import type { TraceFact } from '@tracegate/model/trace-event'
import { gtinOf } from '../goods-key.ts'
import { type Life } from './life.ts'
import { contentKeysIn } from './contents.ts'
import { at, defineRule, siteName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { siteOf, unknownGlnOf } from './sites.ts'

const Parameters = Type.Object(
  {
    pointKinds: Type.Array(Type.Enum(pointKinds), {
      maxItems: pointKinds.length,
      description: 'Monitoring points at which every product must be known; at a factory raw materials are not'
    }),
    points: Type.Boolean({ description: 'Whether places are judged' }),
    products: Type.Boolean({ description: 'Whether products are judged' })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const unregisteredRule = defineRule({
  type: 'unregistered',
  title: { zh: '未登记的监测点或产品', en: 'Unregistered point or product' },
  parameters: Parameters,
  defaults: { pointKinds: ['quay', 'reeferYard', 'gate', 'bondedStore', 'dock', 'market', 'shop'], points: true, products: true }
})

export function judgeUnregistered(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  const { sites, products } = context
  if (sites.size === 0 || products.size === 0) return []
  const found: Finding[] = []
  if (parameters.points && isWatched(life, context)) {
    const glns = new Set<string>()
    for (const fact of life.own)
      for (const place of [fact.readPoint, fact.bizLocation]) {
        const gln = unknownGlnOf(place, sites)
        if (gln === undefined || glns.has(gln)) continue
        glns.add(gln)
        found.push(pointFinding(fact, gln))
      }
  }
  if (parameters.products && life.gtin !== undefined && !products.has(life.gtin)) {
    const fact = life.own.find((one) => {
      const kind = siteOf(one, sites)?.kind
      return kind !== undefined && parameters.pointKinds.includes(kind)
    })
    if (fact !== undefined) found.push(productFinding(fact, life.gtin, context))
  }
  return found
}

/** Goods of a registered product, or a unit that holds such. */
function isWatched(life: Life, { products }: RuleContext): boolean {
  if (life.gtin !== undefined) return products.has(life.gtin)
  if (life.kind !== 'logistic' && life.kind !== 'asset') return false
  return contentKeysIn(life).some((key) => products.has(gtinOf(key) ?? ''))
}

function pointFinding(fact: TraceFact, gln: string): Finding {
  return {
    type: 'unregistered',
    cause: ['point', gln],
    onsetMs: fact.eventTimeMs,
    openedMs: fact.eventTimeMs,
    ...whereOf(fact, undefined),
    figures: {},
    witnesses: [fact],
    proof: () => ({
      en: `{goods} read at ${at(fact)} at a place with GLN ${gln} that no register knows`,
      zh: `{goods} 于 ${at(fact)} 在 GLN ${gln} 被识读，登记簿中没有该地点`
    })
  }
}

function productFinding(fact: TraceFact, gtin: string, { sites }: RuleContext): Finding {
  const site = siteOf(fact, sites)
  const name = siteName(fact, site)
  return {
    type: 'unregistered',
    cause: ['product', gtin],
    onsetMs: fact.eventTimeMs,
    openedMs: fact.eventTimeMs,
    ...whereOf(fact, site),
    figures: {},
    witnesses: [fact],
    proof: () => ({
      en: `{goods} came to ${name.en} at ${at(fact)}, of a product with GTIN ${gtin} that no register knows`,
      zh: `{goods} 于 ${at(fact)} 到达${name.zh}，其产品 GTIN ${gtin} 未登记`
    })
  }
}

/** Whether the registers know by now what they did not know: what the anomaly was about. */
export function isRegistered(cause: readonly string[], { sites, products }: Pick<RuleContext, 'sites' | 'products'>): boolean {
  const [what, id = ''] = cause
  return what === 'point' ? sites.has(id) : what === 'product' && products.has(id)
}
