/**
 * Dwell: goods stay longer at a stage than its limit, or are under way for longer. What is watched is one due time for all that came
 * by one event; it opens when the clock passes it and ends with the next event of the goods.
 */
import { Type, type Static } from 'typebox'
import { pointKinds, type PointKind } from '@tracegate/model/registers'
import type { TraceFact } from '@tracegate/model/trace-event'
import { gtinOf } from '../goods-key.ts'
import { isEndOf, isSale, stayAt, type Life } from './life.ts'
import { childrenIn, contentKeysIn } from './contents.ts'
import { at, defineRule, hourMs, minuteMs, siteName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { isLeaving, remoteBizSteps } from './sightings.ts'
import { siteAfter, siteOf } from './sites.ts'

const Hours = Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 876_000 }))
const kinds = pointKinds
const Limits = Type.Object(
  {
    underWay: Hours,
    factory: Hours,
    quay: Hours,
    reeferYard: Hours,
    gate: Hours,
    bondedStore: Hours,
    dock: Hours,
    laboratory: Hours,
    market: Hours,
    shop: Hours
  } satisfies Record<PointKind | 'underWay', typeof Hours>,
  { additionalProperties: false, description: 'Hours by kind of monitoring point, and on the way; where none is given nothing is watched' }
)
type Limits = Static<typeof Limits>
type Stage = keyof Limits

const Parameters = Type.Object(
  {
    limitHours: Limits,
    products: Type.Array(
      Type.Object(
        { products: Type.Array(Type.String({ pattern: '^(\\d{2,6}|\\d{14})$' }), { minItems: 1, maxItems: 256 }), limitHours: Limits },
        { additionalProperties: false }
      ),
      { maxItems: 64, description: 'Other limits for products by HS prefix or GTIN; the first that fits counts' }
    ),
    settleMinutes: Type.Number({
      minimum: 0,
      maximum: 100_000,
      description: 'So long after it was told of goods, what comes next may still be told: history comes event by event'
    })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

const day = 24

export const dwellRule = defineRule({
  type: 'dwell',
  title: { zh: '滞留超限', en: 'Dwell over the limit' },
  parameters: Parameters,
  defaults: {
    limitHours: { underWay: 60 * day, quay: 30 * day, reeferYard: 14 * day, gate: 2 * day, dock: 3 * day, bondedStore: 180 * day },
    products: [],
    settleMinutes: 60
  }
})

const stageNames = {
  underWay: { zh: '在途', en: 'under way' },
  factory: { zh: '工厂', en: 'factory' },
  quay: { zh: '码头', en: 'quay' },
  reeferYard: { zh: '冷藏箱堆场', en: 'reefer yard' },
  gate: { zh: '闸口', en: 'gate' },
  bondedStore: { zh: '保税库', en: 'bonded store' },
  dock: { zh: '月台', en: 'dock' },
  laboratory: { zh: '实验室', en: 'laboratory' },
  market: { zh: '市场', en: 'market' },
  shop: { zh: '商店', en: 'shop' }
} as const satisfies Record<Stage, { zh: string; en: string }>

export function judgeDwell(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  if (life.kind !== 'item' && life.kind !== 'logistic' && life.kind !== 'asset') return []
  const last = life.own.findLast((fact) => placesIt(fact))
  if (last === undefined || isSale(last)) return []
  // Most stages have no limit, so it is asked first.
  const stage = stageOf(last, context)
  if (stage === undefined || (parameters.limitHours[stage] === undefined && parameters.products.length === 0)) return []
  const limitHours = limitOf(stage, life, context, parameters)
  if (limitHours === undefined || life.steps.some((step) => isEndOf(step, life.key))) return []
  // What is inside of something waits with that, and an empty carrier waits for no harm.
  if (stayAt(life.stays, last) !== undefined && life.stays.some(({ closed }) => closed === undefined)) return []
  if (isEmptied(life, last)) return []
  const since = sinceOf(life, last, stage, context)
  const site = siteAfter(last, context.sites)
  const [name, kind] = [siteName(last, site), stageNames[stage]]
  return [
    {
      type: 'dwell',
      cause: [since.eventID, stage],
      onsetMs: since.eventTimeMs,
      openedMs: since.eventTimeMs + limitHours * hourMs,
      ...whereOf(last, site),
      figures: { limitHours },
      witnesses: [since],
      dueMs: Math.max(since.eventTimeMs + limitHours * hourMs, last.recordTimeMs + parameters.settleMinutes * minuteMs),
      proof: () =>
        stage === 'underWay'
          ? {
              en: `{goods} under way from ${name.en} since ${at(since)}, longer than ${limitHours} h`,
              zh: `{goods} 自 ${at(since)} 从${name.zh}发出后一直在途，已超过 ${limitHours} 小时`
            }
          : {
              en: `{goods} at ${name.en} (${kind.en}) since ${at(since)}, longer than ${limitHours} h`,
              zh: `{goods} 自 ${at(since)} 起滞留于${name.zh}（${kind.zh}），已超过 ${limitHours} 小时`
            }
    }
  ]
}

function placesIt(fact: TraceFact): boolean {
  return fact.type !== 'TransactionEvent' && !remoteBizSteps.has(fact.bizStep ?? '')
}

function isEmptied(life: Life, last: TraceFact): boolean {
  if (life.kind === 'item') return false
  const inside = childrenIn(life.own, life.key, last.eventTimeMs + 1)
  return inside.length === 0 && (life.kind === 'asset' || contentKeysIn(life).length > 0)
}

function stageOf(fact: TraceFact, { sites }: RuleContext): Stage | undefined {
  if (isLeaving(fact)) return siteOf(fact, sites) === undefined ? undefined : 'underWay'
  const kind = siteAfter(fact, sites)?.kind
  return kinds.find((one) => one === kind)
}

/** The first of its events since which it has been at that stage and place without a break. */
function sinceOf({ own }: Life, last: TraceFact, stage: Stage, context: RuleContext): TraceFact {
  const gln = siteAfter(last, context.sites)?.gln
  let since = last
  for (let index = own.length - 1; index >= 0; index -= 1) {
    const fact = own[index]
    if (fact === undefined || !placesIt(fact)) continue
    if (stageOf(fact, context) !== stage || (stage !== 'underWay' && siteAfter(fact, context.sites)?.gln !== gln)) break
    since = fact
  }
  return since
}

function limitOf(stage: Stage, life: Life, { products }: RuleContext, parameters: Parameters): number | undefined {
  const gtins = life.gtin === undefined ? contentKeysIn(life).map(gtinOf) : [life.gtin]
  for (const { products: wanted, limitHours } of parameters.products) {
    const fits = gtins.some((gtin) => {
      const hsCode = products.get(gtin ?? '')?.hsCode ?? ''
      return wanted.some((one) => (one.length === 14 ? one === gtin : hsCode.startsWith(one)))
    })
    if (fits) return limitHours[stage]
  }
  return parameters.limitHours[stage]
}
