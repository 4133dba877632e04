/** Every rule of the detectors by id, for those who edit them or ask what there is. It judges nothing; a definition stands beside its detector. */
import type { RuleDefinition } from '@tracegate/model/rules'
import { readingRuleDefinitions } from './readings/reading-rules.ts'
import { complaintSurgeRule, injurySurgeRule } from './reports/surge.ts'
import { noveltyRule } from './score/novelty-rule.ts'
import { traceRuleDefinitions } from './trace/trace-rules.ts'

export const ruleDefinitions: readonly RuleDefinition[] = [
  ...readingRuleDefinitions,
  complaintSurgeRule,
  injurySurgeRule,
  noveltyRule,
  ...traceRuleDefinitions
]

const byId = new Map(ruleDefinitions.map((definition) => [definition.id, definition]))

export function ruleDefinition(id: string): RuleDefinition | undefined {
  return byId.get(id)
}
