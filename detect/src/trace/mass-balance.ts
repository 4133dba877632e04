/**
 * Mass balance: more comes out of a transformation than went in, or far less; more of a lot is gone and left than was ever made. A
 * transformation is judged by its own events; a lot by the balance that the caller asks of the trace store.
 */
import { Type, type Static } from 'typebox'
import type { BalanceAccount, BalanceAnswer, BalanceSum } from '@tracegate/model/trace-balance'
import type { TraceFact } from '@tracegate/model/trace-event'
import { compareSides, type Portion } from '@tracegate/model/trace-graph/balance-step'
import { iso } from '../proof.ts'
import { at, defineRule, siteName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { siteOf } from './sites.ts'

const Parameters = Type.Object(
  {
    gainShareMax: Type.Number({ minimum: 0, maximum: 10, description: 'So much more may come out than went in, by weighing' }),
    lossShareMax: Type.Number({ minimum: 0, maximum: 1, description: 'So much may be lost in a transformation: water, peel, scrap' }),
    lotLossShareMax: Type.Number({ minimum: 0, maximum: 1, description: 'So much of a lot may be unaccounted for; 1: anything' }),
    graceMinutes: Type.Number({
      minimum: 0,
      maximum: 100_000,
      description: 'How long a transformation told in several events may stay incomplete'
    }),
    settleSeconds: Type.Number({
      minimum: 1,
      maximum: 86_400,
      description: 'How long after something was taken from a lot its balance is asked for'
    })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const massBalanceRule = defineRule({
  type: 'massBalance',
  title: { zh: '物料不平衡', en: 'Mass balance' },
  parameters: Parameters,
  defaults: { gainShareMax: 0.01, lossShareMax: 0.7, lotLossShareMax: 1, graceMinutes: 60, settleSeconds: 30 }
})

/** The transformation's events, all of them; `facts` without those declared wrong. */
export function judgeTransformation(
  facts: readonly TraceFact[],
  { sites }: Pick<RuleContext, 'sites'>,
  parameters: Parameters
): Finding | undefined {
  const last = facts.at(-1)
  if (last === undefined) return undefined
  const portions = facts.flatMap((fact) =>
    fact.subjects.flatMap((subject): Portion[] =>
      subject.role === 'input' || subject.role === 'output' ? [{ side: subject.role, subject }] : []
    )
  )
  const worst = compareSides(portions, 0).sums.find((sum) => isBroken(sum, parameters))
  if (worst === undefined) return undefined
  const site = siteOf(last, sites)
  const { input, output, rest, unit } = worst
  const name = siteName(last, site)
  const [gain, share] = [rest < 0, Math.round(Math.abs(worst.restShare ?? 0) * 1_000) / 10]
  return {
    type: 'massBalance',
    cause: [last.transformationID ?? last.eventID],
    onsetMs: facts[0]?.eventTimeMs ?? last.eventTimeMs,
    openedMs: last.eventTimeMs,
    ...whereOf(last, site),
    figures: { input, output, rest, sharePercent: share, gainShareMax: parameters.gainShareMax, lossShareMax: parameters.lossShareMax },
    witnesses: facts.slice(0, 64),
    ...(last.transformationID === undefined ? {} : { dueMs: last.recordTimeMs + parameters.graceMinutes * 60_000 }),
    proof: () => ({
      en: `{goods} made at ${name.en} at ${at(last)}: ${input} ${unit} went in and ${output} ${unit} came out, ${share} % ${gain ? 'more' : 'less'}`,
      zh: `{goods} 于 ${at(last)} 在${name.zh}生产：投入 ${input} ${unit}，产出 ${output} ${unit}，${gain ? '多出' : '少'} ${share} %`
    })
  }
}

function isBroken({ verdict, restShare = 0 }: BalanceSum, { gainShareMax, lossShareMax }: Parameters): boolean {
  if (verdict === 'gain') return -restShare > gainShareMax
  return verdict === 'loss' && restShare > lossShareMax
}

/** Of a lot: more left than was made, or more unaccounted for than may be. */
export function judgeLot(balance: BalanceAnswer, nowMs: number, parameters: Parameters): Finding | undefined {
  if (balance.truncated || balance.quantityUnknown.length > 0) return undefined
  for (const account of balance.accounts) {
    // Where nobody told of its making there is nothing to hold against what came of it.
    if (account.made <= 0) continue
    const share = account.unexplained / account.made
    if (-share <= parameters.gainShareMax && share <= parameters.lotLossShareMax) continue
    return lotFinding(balance, account, nowMs, parameters)
  }
  return undefined
}

function lotFinding(
  { of, steps }: BalanceAnswer,
  account: BalanceAccount,
  nowMs: number,
  { gainShareMax, lotLossShareMax }: Parameters
): Finding {
  const { made, consumed, sold, destroyed, present, underWay, unexplained, unit } = account
  const out = Math.round((made - unexplained) * 1_000) / 1_000
  const share = Math.round((Math.abs(unexplained) / made) * 1_000) / 10
  const how = unexplained < 0 ? { zh: '多出', en: 'more' } : { zh: '少', en: 'less' }
  return {
    type: 'massBalance',
    cause: ['lot', of],
    onsetMs: steps.at(-1)?.timeMs ?? nowMs,
    openedMs: nowMs,
    figures: { made, consumed, sold, destroyed, present, underWay, rest: unexplained, sharePercent: share, gainShareMax, lotLossShareMax },
    witnesses: [],
    proof: () => ({
      en: `{goods}: ${made} ${unit} were made, and ${out} ${unit} are sold, used, destroyed, under way or in stock at ${iso(nowMs)}, ${share} % ${how.en}`,
      zh: `{goods}：共生产 ${made} ${unit}，截至 ${iso(nowMs)} 已售、已用、已销毁、在途及库存合计 ${out} ${unit}，${how.zh} ${share} %`
    })
  }
}
