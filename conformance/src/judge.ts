/** The verdicts over a log: each requirement by its rule. Pure; the live run and the judge of a capture both end here. */
import type { Observation, Scene } from './observation.ts'
import type { Requirement } from './requirements.ts'
import { commandRules } from './rules/commands.ts'
import { connectionRules } from './rules/connection.ts'
import { deliveryRules } from './rules/delivery.ts'
import type { Fault, Rule } from './rules/finding.ts'
import { messageRules } from './rules/messages.ts'
import { readingRules } from './rules/readings.ts'
import { scanRules } from './rules/scans.ts'
import { stateRules } from './rules/state.ts'
import { timeRules } from './rules/time.ts'
import { watermarkRules } from './rules/watermarks.ts'
import { createView } from './view.ts'

/** Requirement id to the rule that decides it. */
export const rules: Readonly<Record<string, Rule>> = {
  ...connectionRules,
  ...messageRules,
  ...stateRules,
  ...deliveryRules,
  ...watermarkRules,
  ...timeRules,
  ...readingRules,
  ...scanRules,
  ...commandRules
}

/** `warning` is a SHOULD or MAY that is not kept. */
export const outcomes = ['passed', 'failed', 'warning', 'not tested'] as const
export type Outcome = (typeof outcomes)[number]

export interface Verdict {
  readonly requirement: Requirement
  readonly outcome: Outcome
  /** What was looked at, or why nothing was. */
  readonly detail: string
  /** The first faults; `faultCount` has them all. */
  readonly faults: readonly Fault[]
  readonly faultCount: number
}

const faultsShownMax = 5

export function judge(
  log: { readonly scene: Scene; readonly observations: readonly Observation[] },
  requirements: readonly Requirement[]
): Verdict[] {
  const view = createView(log.scene, log.observations)
  return requirements.map((requirement) => {
    const rule = rules[requirement.id]
    if (rule === undefined) throw new TypeError(`Cannot judge: ${requirement.id} has no rule, expected one`)
    const { faults, notTested, checked } = rule(view)
    const failed = requirement.level === 'MUST' ? 'failed' : 'warning'
    const outcome: Outcome = faults.length > 0 ? failed : notTested === undefined ? 'passed' : 'not tested'
    return {
      requirement,
      outcome,
      detail: outcome === 'not tested' ? (notTested ?? '') : checked,
      faults: faults.slice(0, faultsShownMax),
      faultCount: faults.length
    }
  })
}
