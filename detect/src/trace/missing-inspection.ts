/**
 * Missing inspection: goods whose product must be inspected are put on sale, or leave the bonded store by themselves or packed in
 * something, and no event says that they, their lot or what they came in was inspected before and found conformant.
 */
import { Type, type Static } from 'typebox'
import type { TraceFact } from '@tracegate/model/trace-event'
import type { Life } from './life.ts'
import { at, defineRule, stepName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { siteOf, type Site } from './sites.ts'

const Parameters = Type.Object(
  {
    releasingBizSteps: Type.Array(Type.String({ maxLength: 256 }), {
      maxItems: 32,
      description: 'Steps by which goods come to those who use them'
    }),
    inspectionDispositions: Type.Array(Type.String({ maxLength: 256 }), {
      minItems: 1,
      maxItems: 32,
      description: 'Results that let goods pass'
    })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const missingInspectionRule = defineRule({
  type: 'missingInspection',
  title: { zh: '未经检验放行', en: 'Released without inspection' },
  parameters: Parameters,
  defaults: { releasingBizSteps: ['retail_selling', 'dispensing', 'stocking'], inspectionDispositions: ['conformant'] }
})

export function judgeMissingInspection(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  const product = context.products.get(life.gtin ?? '')
  if (product?.inspectionRequired !== true || (life.kind !== 'item' && life.kind !== 'lot')) return []
  const release = life.steps.find(({ fact }) => isRelease(fact, context.sites, parameters))?.fact
  if (release === undefined || wasInspected(life, release, context, parameters)) return []
  const step = stepName(release)
  return [
    {
      type: 'missingInspection',
      cause: [release.eventID],
      onsetMs: release.eventTimeMs,
      openedMs: release.eventTimeMs,
      ...whereOf(release, siteOf(release, context.sites)),
      figures: {},
      witnesses: [release],
      proof: () => ({
        en: `{goods} of ${product.name.en} ${step.en} at ${at(release)} and no event says that an inspection found them conformant`,
        zh: `${product.name.zh} {goods} 于 ${at(release)} ${step.zh}，但没有检验合格的事件记录`
      })
    }
  ]
}

function wasInspected(life: Life, release: TraceFact, { lives }: RuleContext, parameters: Parameters): boolean {
  const passes = (fact: TraceFact) => fact.eventTimeMs <= release.eventTimeMs && isPassing(fact, parameters)
  if (life.steps.some(({ fact }) => passes(fact))) return true
  if (life.lots.some((lot) => lives.of(lot).steps.some(({ fact }) => passes(fact)))) return true
  // What is told of a class of goods, or in a history that was cut, may lie in an event that is not known here.
  return !life.complete
}

/** An inspection that found its goods conformant. */
function isPassing(fact: TraceFact, { inspectionDispositions }: Parameters): boolean {
  return fact.bizStep === 'inspecting' && inspectionDispositions.includes(fact.disposition ?? '')
}

/** Whether goods go on sale with this event, or out of the bonded store. */
export function isRelease(fact: TraceFact, sites: ReadonlyMap<string, Site>, { releasingBizSteps }: Parameters): boolean {
  if (fact.bizStep === undefined || (fact.type === 'AggregationEvent' && fact.action === 'DELETE')) return false
  if (releasingBizSteps.includes(fact.bizStep)) return true
  return fact.bizStep === 'shipping' && siteOf(fact, sites)?.bonded === true
}
