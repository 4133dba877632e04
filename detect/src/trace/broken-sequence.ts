/**
 * Broken sequence: goods are received though nobody sent them, sent from where they were not, sold before they arrived, or steps come
 * in an order that their product does not allow. Silent about goods whose earlier events are not all known.
 */
import { Type, type Static } from 'typebox'
import type { TraceFact } from '@tracegate/model/trace-event'
import type { BilingualText } from '@tracegate/model/text'
import { childrenIn } from './contents.ts'
import { isIn } from './fact-index.ts'
import { isSale, type Life } from './life.ts'
import { at, defineRule, hoursBetween, minuteMs, stepName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { isLeaving, isOfContainer, sightingsOf, type Sighting } from './sightings.ts'
import { areApart, siteOf, type Site } from './sites.ts'

const BizSteps = Type.Array(Type.String({ maxLength: 256 }), { minItems: 1, maxItems: 32 })

const Order = Type.Object(
  {
    products: Type.Array(Type.String({ pattern: '^(\\d{2,6}|\\d{14})$' }), {
      maxItems: 256,
      description: 'HS prefixes or GTINs; none: every product'
    }),
    first: BizSteps,
    later: Type.Array(Type.String({ maxLength: 256 }), { maxItems: 32, description: 'Steps that come after; none: every other step' }),
    required: Type.Boolean({ description: 'The first step must be told of; otherwise it only must not come later' })
  },
  { additionalProperties: false }
)
type Order = Static<typeof Order>

const Parameters = Type.Object(
  {
    arrivingBizSteps: BizSteps,
    sendingBizSteps: BizSteps,
    sellingBizSteps: BizSteps,
    orders: Type.Array(Order, { maxItems: 64, description: 'Stage profiles of products: what comes before what' }),
    slackMinutes: Type.Number({ minimum: 0, description: 'By so much the clocks of two places may differ' }),
    graceSeconds: Type.Number({
      minimum: 0,
      maximum: 604_800,
      description: 'How long the missing event may come later than the one that misses it'
    })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const brokenSequenceRule = defineRule({
  type: 'brokenSequence',
  title: { zh: '环节顺序错误', en: 'Broken sequence' },
  parameters: Parameters,
  defaults: {
    arrivingBizSteps: ['receiving', 'arriving'],
    sendingBizSteps: ['shipping'],
    sellingBizSteps: ['stocking', 'retail_selling', 'dispensing'],
    orders: [
      { products: [], first: ['commissioning'], later: [], required: false },
      { products: [], first: ['retail_selling', 'dispensing'], later: ['installing', 'repairing', 'replacing'], required: false }
    ],
    slackMinutes: 5,
    graceSeconds: 10
  }
})

export function judgeBrokenSequence(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  if (life.kind !== 'item' && life.kind !== 'logistic' && life.kind !== 'asset') return []
  const found: Finding[] = []
  for (const finding of [...brokenMoves(life, context, parameters), ...brokenOrders(life, context, parameters)]) {
    const last = finding.witnesses.at(-1)
    if (last === undefined || context.told.has(last.eventID)) continue
    context.told.add(last.eventID)
    found.push(finding)
  }
  return found
}

const breaks = {
  received: { en: 'received at {to}, but was never sent from {from}', zh: '在{to}接收，但没有从{from}发出的记录' },
  sent: { en: 'sent from {to}, but was at {from}', zh: '从{to}发出，但当时位于{from}' },
  sold: { en: 'on sale at {to}, but never arrived there from {from}', zh: '在{to}上架或售出，但没有从{from}到达的记录' }
} as const satisfies Record<string, BilingualText>

function brokenMoves(life: Life, { sites }: RuleContext, parameters: Parameters): Finding[] {
  if (!life.complete) return []
  const found: Finding[] = []
  const sightings = sightingsOf(life, sites)
  for (const [index, now] of sightings.entries()) {
    const before = sightings[index - 1]
    if (before === undefined || now.step.via !== undefined || isOfContainer(life, before, now)) continue
    const kind = breakOf(before, now, parameters)
    // A sale of what was sold is a matter of cloned serials and of returns.
    if (kind === undefined || isSale(before.fact)) continue
    // Empty carriers go back by any way and nobody tells of it.
    if (life.kind === 'asset' && childrenIn(life.own, life.key, now.fact.eventTimeMs).length === 0) continue
    found.push(moveFinding(before, now, kind, parameters))
  }
  return found
}

function breakOf(before: Sighting, now: Sighting, parameters: Parameters): keyof typeof breaks | undefined {
  const from: Site = before.after ?? before.site
  if (from === now.site || before.site === now.site || !areApart(from, now.site)) return undefined
  const step = now.fact.bizStep ?? ''
  const underWay = isLeaving(before.fact)
  if (parameters.arrivingBizSteps.includes(step)) return underWay ? undefined : 'received'
  if (parameters.sendingBizSteps.includes(step)) return 'sent'
  return parameters.sellingBizSteps.includes(step) || isSale(now.fact) ? 'sold' : undefined
}

function moveFinding(before: Sighting, now: Sighting, kind: keyof typeof breaks, { graceSeconds }: Parameters): Finding {
  const [from, to, text] = [(before.after ?? before.site).name, now.site.name, breaks[kind]]
  return {
    type: 'brokenSequence',
    cause: [now.fact.eventID],
    onsetMs: before.fact.eventTimeMs,
    openedMs: now.fact.eventTimeMs,
    ...whereOf(now.fact, now.site),
    figures: { hours: hoursBetween(before.fact, now.fact), graceSeconds },
    witnesses: [before.fact, now.fact],
    dueMs: now.fact.recordTimeMs + graceSeconds * 1_000,
    proof: () => ({
      en: `{goods} at ${at(now.fact)} ${fill(text.en, from.en, to.en)}, where it was last told of at ${at(before.fact)}`,
      zh: `{goods} 于 ${at(now.fact)} ${fill(text.zh, from.zh, to.zh)}，上一次记录为 ${at(before.fact)}`
    })
  }
}

function fill(text: string, from: string, to: string): string {
  return text.replace('{from}', from).replace('{to}', to)
}

function brokenOrders(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  if (life.kind !== 'item') return []
  const found: Finding[] = []
  for (const order of parameters.orders) {
    if (!concerns(order, life, context)) continue
    const first = life.own.find((fact) => isFirst(fact, order, life.key))
    if (first === undefined && (!order.required || !life.complete)) continue
    const slackMs = parameters.slackMinutes * minuteMs
    const early = life.own.find(
      (fact) =>
        !isFirst(fact, order, life.key) && isLater(fact, order) && (first === undefined || fact.eventTimeMs < first.eventTimeMs - slackMs)
    )
    if (early !== undefined) found.push(orderFinding(early, first, order, context, parameters))
  }
  return found
}

function concerns({ products }: Order, { gtin }: Life, context: RuleContext): boolean {
  if (products.length === 0) return true
  const hsCode = context.products.get(gtin ?? '')?.hsCode ?? ''
  return products.some((one) => (one.length === 14 ? one === gtin : hsCode.startsWith(one)))
}

/** A thing is made by its commissioning or by coming out of a transformation. */
function isFirst(fact: TraceFact, { first }: Order, key: string): boolean {
  if (fact.type === 'TransformationEvent') return first.includes('commissioning') && isIn(fact, key, 'output')
  return first.includes(fact.bizStep ?? '')
}

function isLater(fact: TraceFact, { later }: Order): boolean {
  return later.length === 0 ? fact.type !== 'TransactionEvent' : later.includes(fact.bizStep ?? '')
}

function orderFinding(
  early: TraceFact,
  first: TraceFact | undefined,
  order: Order,
  { sites }: RuleContext,
  parameters: Parameters
): Finding {
  const [step, other] = [stepName(early), first === undefined ? undefined : stepName(first)]
  const missing = order.first.join(', ')
  return {
    type: 'brokenSequence',
    cause: [early.eventID, first?.eventID ?? missing],
    onsetMs: early.eventTimeMs,
    openedMs: first?.eventTimeMs ?? early.eventTimeMs,
    ...whereOf(early, siteOf(early, sites)),
    figures: first === undefined ? {} : { hours: hoursBetween(early, first), slackMinutes: parameters.slackMinutes },
    witnesses: first === undefined ? [early] : [first, early],
    dueMs: (first?.recordTimeMs ?? early.recordTimeMs) + parameters.graceSeconds * 1_000,
    proof: () => ({
      en: `{goods} ${step.en} at ${at(early)}, ${first === undefined || other === undefined ? `and no event tells of ${missing} before` : `before it was ${other.en} at ${at(first)}`}`,
      zh: `{goods} 于 ${at(early)} ${step.zh}，${first === undefined || other === undefined ? `此前没有 ${missing} 的记录` : `早于 ${at(first)} 的${other.zh}`}`
    })
  }
}
