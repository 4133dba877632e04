/** Moved although recalled or held: goods that a measure or a recall holds leave their place, are loaded, put on sale or sold. */
import { Type, type Static } from 'typebox'
import type { TraceFact } from '@tracegate/model/trace-event'
import type { Hold } from '../engine.ts'
import { iso } from '../proof.ts'
import type { Life } from './life.ts'
import { at, defineRule, siteName, stepName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { siteOf } from './sites.ts'

const Parameters = Type.Object(
  {
    movingBizSteps: Type.Array(Type.String({ maxLength: 256 }), { maxItems: 32, description: 'Steps that held goods must not take' }),
    allowedDispositions: Type.Array(Type.String({ maxLength: 256 }), {
      maxItems: 32,
      description: 'What carries the order out, e.g. goods on their way back'
    }),
    slackMinutes: Type.Number({ minimum: 0, description: 'For so long after the order nobody can be blamed' })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const movedAlthoughHeldRule = defineRule({
  type: 'movedAlthoughHeld',
  title: { zh: '召回或扣留货物仍被移动', en: 'Moved although recalled or held' },
  parameters: Parameters,
  defaults: {
    movingBizSteps: ['shipping', 'departing', 'transporting', 'loading', 'stocking', 'retail_selling', 'dispensing'],
    allowedDispositions: ['recalled', 'returned', 'destroyed', 'disposed'],
    slackMinutes: 0
  }
})

export function judgeMovedAlthoughHeld(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  if (context.holds.count === 0) return []
  const found: Finding[] = []
  for (const hold of holdsOn(life, context)) {
    if (hold.except?.some((key) => key === life.key || life.lots.includes(key)) === true) continue
    const move = life.steps.find(({ fact }) => isMove(fact, parameters) && isForbidden(fact, hold, context, parameters))
    if (move !== undefined) found.push(findingOf(move.fact, hold, context, parameters))
  }
  return found
}

/** Those that name the thing itself, its lot, its product, or what it was in when it moved. */
function holdsOn(life: Life, { holds }: RuleContext): Hold[] {
  const product = life.gtin === undefined ? [] : [life.key.slice(0, life.key.indexOf('/01/') + 18)]
  const keys = [life.key, ...life.lots, ...product]
  return [...new Set(keys.flatMap((key) => holds.on(key)))]
}

function isMove(fact: TraceFact, { movingBizSteps, allowedDispositions }: Parameters): boolean {
  if (!movingBizSteps.includes(fact.bizStep ?? '') || fact.type === 'TransactionEvent') return false
  return !allowedDispositions.includes(fact.disposition ?? '')
}

function isForbidden(fact: TraceFact, hold: Hold, { sites }: RuleContext, parameters: Parameters): boolean {
  if (!isDuring(fact, hold, parameters) || isAllowedBy(fact, hold)) return false
  if (hold.bizSteps?.includes(fact.bizStep ?? '') === false) return false
  return hold.points === undefined || hold.points.includes(siteOf(fact, sites)?.point?.id ?? '')
}

function isDuring(fact: TraceFact, { sinceMs, untilMs = Infinity }: Hold, { slackMinutes }: Parameters): boolean {
  return fact.eventTimeMs > sinceMs + slackMinutes * 60_000 && fact.eventTimeMs < untilMs
}

function isAllowedBy(fact: TraceFact, { order }: Hold): boolean {
  return fact.bizTransactions.some(({ id }) => id === order || id.endsWith(`/${order}`) || id.endsWith(`:${order}`))
}

function findingOf(move: TraceFact, hold: Hold, { sites }: RuleContext, { slackMinutes }: Parameters): Finding {
  const site = siteOf(move, sites)
  const [where, step] = [siteName(move, site), stepName(move)]
  return {
    type: 'movedAlthoughHeld',
    cause: [hold.order, move.eventID],
    onsetMs: move.eventTimeMs,
    openedMs: move.eventTimeMs,
    ...whereOf(move, site),
    figures: { hoursHeld: Math.round((move.eventTimeMs - hold.sinceMs) / 3_600) / 1_000, slackMinutes },
    witnesses: [move],
    proof: () => ({
      en: `{goods} ${step.en} at ${where.en} at ${at(move)} although held since ${iso(hold.sinceMs)} by ${hold.order}: ${hold.reason.en}`,
      zh: `{goods} 自 ${iso(hold.sinceMs)} 起被 ${hold.order} 扣留（${hold.reason.zh}），却于 ${at(move)} 在${where.zh}${step.zh}`
    })
  }
}
