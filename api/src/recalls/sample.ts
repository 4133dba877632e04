/** The sample of holders for effectiveness checks: its share by level and plan, its seed, and the draw. Pure. */
import { draw } from '@tracegate/model/draw'
import { sampleCandidates, sampleSize } from '@tracegate/model/recall-contents'
import { recallError } from '@tracegate/model/recall-errors'
import type { RecallCase } from '@tracegate/model/recall-case'
import type { RecallStep } from '@tracegate/model/recall-steps'
import type { PolicyVersion } from '@tracegate/model/policy/policy'

interface SampleAsked {
  readonly policy: PolicyVersion
  /** Of the last step of the journal: nobody who draws can choose it. */
  readonly lastHash: string
  readonly seed?: string
  readonly seedNote?: string
}

export function drawSample(state: RecallCase, { policy, lastHash, seed: given, seedNote }: SampleAsked): RecallStep {
  const { id, plan, scope } = state
  const fail = (detail: string) => recallError('RECALL_SAMPLE', { id, step: 'sampleDrawn', detail })
  if (plan === undefined || scope === undefined) throw fail('there is no plan or no scope, expected both')
  if (given !== undefined && seedNote === undefined) throw fail('a seed is given without where it was published, expected seedNote')
  const share = shareOf(plan, policy)
  const seed = given ?? lastHash
  const candidates = sampleCandidates(state)
  const result = draw({ seed, candidates, count: sampleSize(candidates.length, share) })
  return {
    type: 'sampleDrawn',
    sample: {
      round: state.outcomes.length + 1,
      level: plan.level,
      share,
      scopeVersion: scope.version,
      seed,
      seedSource: given === undefined ? 'journal' : 'given',
      ...(seedNote === undefined ? {} : { seedNote }),
      population: candidates.length,
      populationSha256: result.populationSha256,
      strata: result.strata.map((row) => ({ ...row })),
      rows: result.drawn.map(({ id: holder, stratum, ticket }) => ({ holder, stratum, ticket }))
    },
    policyVersion: policy.version
  }
}

/** What the plan asks for where its level leaves a range and it lies inside, else the share of the policy. */
function shareOf(plan: Pick<NonNullable<RecallCase['plan']>, 'level' | 'share'>, { policy }: PolicyVersion): number {
  const row = policy.recalls.effectiveness.find(({ level }) => level === plan.level)
  if (row === undefined) return 1
  const { share } = plan
  const { above, below } = row
  if (share === undefined || above === undefined || below === undefined) return row.share
  return share > above && share < below ? share : row.share
}

export function wantedShare({ policy }: PolicyVersion): number {
  return policy.recalls.effectiveShareAtLeast
}
