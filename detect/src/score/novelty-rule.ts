/** The rule `score:novelty`: what an operator may set of the novelty score, and what holds where nobody did. */
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { RuleDefinition, RuleSetting } from '@tracegate/model/rules'

export const NoveltyParameters = Type.Object(
  {
    budgetPerMonth: Type.Number({
      minimum: 0.01,
      maximum: 1_000,
      description: 'Alerts a month (30 days) that one series may raise on average; the threshold follows from it'
    }),
    scoreMin: Type.Number({
      minimum: 0.01,
      maximum: 2,
      description:
        'Nothing is raised below this score, however much of the budget is left: above 0.03 a series in which nothing happens stays quiet'
    }),
    enabledSeries: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      maxItems: 64,
      description: 'Series that are scored, as point/device/metric; * stands for anything'
    }),
    learnReadings: Type.Integer({
      minimum: 100,
      maximum: 1_000_000,
      description: 'A series raises nothing before it has so many readings'
    }),
    learnMs: Type.Integer({
      minimum: 0,
      maximum: 31_536_000_000,
      description: 'A series raises nothing before it is so old, in milliseconds'
    }),
    closeAfterReadings: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description: 'An anomaly closes after so many readings in a row that are nothing new'
    }),
    memoryBytesMax: Type.Integer({
      minimum: 65_536,
      maximum: 8_589_934_592,
      description: 'Memory for all series together; 16 KiB are reckoned for each, further series are not scored'
    })
  },
  { additionalProperties: false, title: 'noveltyParameters' }
)
export type NoveltyParameters = Static<typeof NoveltyParameters>

export const noveltyRuleId = 'score:novelty'

export const noveltyDefaults: NoveltyParameters = {
  budgetPerMonth: 1,
  scoreMin: 0.01,
  enabledSeries: ['*'],
  learnReadings: 750,
  learnMs: 86_400_000,
  closeAfterReadings: 24,
  memoryBytesMax: 16_777_216
}

export const noveltyRule: RuleDefinition = {
  id: noveltyRuleId,
  category: 'device',
  types: ['novelty'],
  title: { zh: '读数与该序列以往不同（新颖度）', en: 'Readings unlike any before in their series (novelty)' },
  parameters: NoveltyParameters,
  defaults: noveltyDefaults
}

/** A rule as it is set: what a judge needs of it. */
export interface NoveltySettings extends NoveltyParameters {
  readonly version: number
  readonly enabled: boolean
}

const validator = compileValidator(NoveltyParameters)

/** The setting of the rule, or the defaults where there is none or where its parameters do not fit (an edit refuses such ones). */
export function noveltySettingsOf(rules: readonly RuleSetting[] | undefined): NoveltySettings {
  const setting = rules?.find(({ id }) => id === noveltyRuleId)
  const checked = setting === undefined ? undefined : validator.check({ ...noveltyDefaults, ...setting.parameters })
  return {
    ...(checked?.ok === true ? checked.value : noveltyDefaults),
    version: setting?.version ?? 1,
    enabled: setting?.enabled ?? true
  }
}
