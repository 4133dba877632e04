/** Use after end of life: a thing was decommissioned, destroyed (by itself or with what it was in) or used up, and is seen again. */
import { Type, type Static } from 'typebox'
import type { TraceFact } from '@tracegate/model/trace-event'
import { isIn } from './fact-index.ts'
import { isEndOf, type Life, type Step } from './life.ts'
import { at, defineRule, hoursBetween, minuteMs, siteName, stepName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { siteOf } from './sites.ts'

const Parameters = Type.Object(
  {
    slackMinutes: Type.Number({ minimum: 0, description: 'By so much the clocks of two places may differ' }),
    allowedBizSteps: Type.Array(Type.String({ maxLength: 256 }), {
      maxItems: 32,
      description: 'What may be told of a thing after its end'
    }),
    allowedDispositions: Type.Array(Type.String({ maxLength: 256 }), {
      maxItems: 32,
      description: 'What may be told of a thing after its end'
    })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const useAfterEndRule = defineRule({
  type: 'useAfterEnd',
  title: { zh: '终止后仍被使用', en: 'Use after end of life' },
  parameters: Parameters,
  defaults: {
    slackMinutes: 5,
    // A number is taken back first and its thing destroyed later; both are told of what is to be destroyed.
    allowedBizSteps: ['decommissioning', 'destroying'],
    allowedDispositions: ['destroyed', 'disposed', 'inactive', 'non_sellable_other']
  }
})

const endNames = {
  destroyed: { zh: '销毁', en: 'destroyed' },
  used: { zh: '被消耗', en: 'used up' },
  decommissioned: { zh: '注销', en: 'decommissioned' }
} as const

export function judgeUseAfterEnd(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  if (life.kind !== 'item' && life.kind !== 'logistic' && life.kind !== 'asset') return []
  let end: Step | undefined
  for (const step of life.steps) {
    const { fact, via } = step
    if (end === undefined) {
      if (isEndOf(step, life.key)) end = step
      continue
    }
    if (via !== undefined || isEndOf(step, life.key)) continue
    // A number may be given again once its thing is no more (GS1 General Specifications §4.2, §4.3).
    if (isGivenAgain(fact, life.key)) end = undefined
    else if (isUse(fact, end.fact, parameters) && !context.told.has(fact.eventID)) {
      context.told.add(fact.eventID)
      return [findingOf(end, fact, context, parameters)]
    }
  }
  return []
}

function isUse(fact: TraceFact, end: TraceFact, { slackMinutes, allowedBizSteps, allowedDispositions }: Parameters): boolean {
  if (fact.type === 'TransactionEvent' || fact.eventTimeMs - end.eventTimeMs <= slackMinutes * minuteMs) return false
  return !allowedBizSteps.includes(fact.bizStep ?? '') && !allowedDispositions.includes(fact.disposition ?? '')
}

function isGivenAgain(fact: TraceFact, key: string): boolean {
  return fact.type === 'ObjectEvent' && fact.action === 'ADD' && fact.bizStep === 'commissioning' && isIn(fact, key, 'object')
}

function findingOf(end: Step, use: TraceFact, { sites }: RuleContext, { slackMinutes }: Parameters): Finding {
  const site = siteOf(use, sites)
  const [where, there, step, ended] = [
    siteName(use, site),
    siteName(end.fact, siteOf(end.fact, sites)),
    stepName(use),
    endNames[endOf(end.fact)]
  ]
  const [withEn, withZh] = end.via === undefined ? ['', ''] : [` with ${end.via} that it was in`, `（随所在的 ${end.via}）`]
  const hours = hoursBetween(end.fact, use)
  return {
    type: 'useAfterEnd',
    cause: [end.fact.eventID, use.eventID],
    onsetMs: end.fact.eventTimeMs,
    openedMs: use.eventTimeMs,
    ...whereOf(use, site),
    figures: { hours, slackMinutes },
    witnesses: [end.fact, use],
    proof: () => ({
      en: `{goods} ${step.en} at ${where.en} at ${at(use)}, ${hours} h after it was ${ended.en}${withEn} at ${there.en} at ${at(end.fact)}`,
      zh: `{goods} 于 ${at(use)} 在${where.zh}${step.zh}，而此前 ${hours} 小时（${at(end.fact)}）已在${there.zh}${withZh}${ended.zh}`
    })
  }
}

function endOf(fact: TraceFact): keyof typeof endNames {
  if (fact.type === 'TransformationEvent') return 'used'
  return fact.bizStep === 'destroying' || fact.disposition === 'destroyed' ? 'destroyed' : 'decommissioned'
}
