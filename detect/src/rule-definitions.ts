/** Every rule of the detectors by id, for those who edit them or ask what there is. It judges nothing; a definition stands beside its detector. */
import type { RuleDefinition } from '@tracegate/model/rules'
import { complaintSurgeRule, injurySurgeRule } from './reports/surge.ts'

export const ruleDefinitions: readonly RuleDefinition[] = [complaintSurgeRule, injurySurgeRule]

const byId = new Map(ruleDefinitions.map((definition) => [definition.id, definition]))

export function ruleDefinition(id: string): RuleDefinition | undefined {
  return byId.get(id)
}
