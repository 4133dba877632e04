/** The trace rules in the order in which they are asked: what one has told of, those after it do not tell again. */
import type { RuleDefinition, RuleSetting } from '@tracegate/model/rules'
import { aggregationMismatchRule, judgeAggregationMismatch } from './aggregation-mismatch.ts'
import { brokenSequenceRule, judgeBrokenSequence } from './broken-sequence.ts'
import { clonedSerialRule, judgeClonedSerial } from './cloned-serial.ts'
import { dwellRule, judgeDwell } from './dwell.ts'
import { impossibleTravelRule, judgeImpossibleTravel } from './impossible-travel.ts'
import { lateEventRule } from './late-event.ts'
import type { Life } from './life.ts'
import { massBalanceRule } from './mass-balance.ts'
import { judgeMissingInspection, missingInspectionRule } from './missing-inspection.ts'
import { judgeMovedAlthoughHeld, movedAlthoughHeldRule } from './moved-although-held.ts'
import type { Finding, Judge, RuleContext, Setting } from './rule.ts'
import { judgeUnregistered, unregisteredRule } from './unregistered.ts'
import { judgeUseAfterEnd, useAfterEndRule } from './use-after-end.ts'

export const traceRuleDefinitions: readonly RuleDefinition[] = [
  clonedSerialRule,
  impossibleTravelRule,
  useAfterEndRule,
  aggregationMismatchRule,
  brokenSequenceRule,
  missingInspectionRule,
  movedAlthoughHeldRule,
  unregisteredRule,
  dwellRule,
  massBalanceRule,
  lateEventRule
].map(({ definition }) => definition)

export type TraceSettings = ReturnType<typeof traceSettings>

/** How every trace rule is set: as the register says, or as it is shipped. */
export function traceSettings(rules: readonly RuleSetting[]) {
  return {
    clonedSerial: clonedSerialRule.settingIn(rules),
    impossibleTravel: impossibleTravelRule.settingIn(rules),
    useAfterEnd: useAfterEndRule.settingIn(rules),
    aggregationMismatch: aggregationMismatchRule.settingIn(rules),
    brokenSequence: brokenSequenceRule.settingIn(rules),
    missingInspection: missingInspectionRule.settingIn(rules),
    movedAlthoughHeld: movedAlthoughHeldRule.settingIn(rules),
    unregistered: unregisteredRule.settingIn(rules),
    dwell: dwellRule.settingIn(rules),
    massBalance: massBalanceRule.settingIn(rules),
    lateEvent: lateEventRule.settingIn(rules)
  }
}

/** A finding with the rule that made it. */
export interface Found {
  readonly finding: Finding
  readonly rule: { readonly id: string; readonly version: number }
}

/** Everything that the rules over lives find about one thing. */
export function judgeLife(life: Life, context: RuleContext, settings: TraceSettings): Found[] {
  context.told.clear()
  const found: Found[] = []
  const ask = <Parameters>(judge: Judge<Parameters>, { enabled, id, version, parameters }: Setting<Parameters>): void => {
    if (!enabled) return
    for (const finding of judge(life, context, parameters)) found.push({ finding, rule: { id, version } })
  }
  ask(judgeClonedSerial, settings.clonedSerial)
  ask(judgeUseAfterEnd, settings.useAfterEnd)
  ask(judgeImpossibleTravel, settings.impossibleTravel)
  ask(judgeAggregationMismatch, settings.aggregationMismatch)
  ask(judgeBrokenSequence, settings.brokenSequence)
  // What follows is allowed to speak of an event that is wrong in another way as well.
  ask(judgeMissingInspection, settings.missingInspection)
  ask(judgeMovedAlthoughHeld, settings.movedAlthoughHeld)
  ask(judgeUnregistered, settings.unregistered)
  ask(judgeDwell, settings.dwell)
  return found
}
