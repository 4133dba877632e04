/** Every rule of the detectors by id, for those who edit them or ask what there is. It judges nothing; a definition stands beside its detector. */
import type { RuleDefinition } from '@tracegate/model/rules'

export const ruleDefinitions: readonly RuleDefinition[] = []

const byId = new Map(ruleDefinitions.map((definition) => [definition.id, definition]))

export function ruleDefinition(id: string): RuleDefinition | undefined {
  return byId.get(id)
}
