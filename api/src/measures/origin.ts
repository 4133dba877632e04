/** What a measure is ordered for, as its case says: level, goods, whether it is a drill, and whether measures may be ordered for it now. */
import { compileValidator } from '@tracegate/model/codec'
import type { GradingPolicy } from '@tracegate/model/policy/grading'
import { RecallCase } from '@tracegate/model/recall-case'
import type { BilingualText } from '@tracegate/model/text'
import type { WarningCase, WarningLevel } from '@tracegate/model/warning'
import { warningCases } from '@tracegate/model/warning-cases'
import type { CaseStore } from '@tracegate/store/case-store'
import { measureOfficeError } from './errors.ts'
import { type FrozenGoodsOf, goodsOfRecall, goodsOfWarning, recallOfGoods } from './goods.ts'

export interface MeasureOrigin {
  readonly level: WarningLevel
  readonly drill: boolean
  readonly goods: readonly string[]
  readonly reason: BilingualText
}

/** A measure may be ordered before publication: an announcement needs a mandatory one. */
const warningAllows: readonly WarningCase['status'][] = ['assessed', 'approved', 'published']
const recallRefuses: readonly RecallCase['status'][] = ['noDefect', 'closed', 'routed']
const recalls = compileValidator(RecallCase)

export async function warningOf(cases: CaseStore, id: string): Promise<WarningCase | undefined> {
  const head = await cases.head('warning', id)
  const read = head === undefined ? undefined : warningCases.check(head.state)
  return read?.ok === true ? read.value : undefined
}

export async function recallOf(cases: CaseStore, id: string): Promise<RecallCase | undefined> {
  const head = await cases.head('recall', id)
  const read = head === undefined ? undefined : recalls.check(head.state)
  return read?.ok === true ? read.value : undefined
}

/** The warning decides where both are named: its level is the one a person decided. */
export async function originOf(
  cases: CaseStore,
  request: { readonly type: string; readonly warning?: string; readonly recall?: string },
  { grading, frozenGoods }: { readonly grading: GradingPolicy; readonly frozenGoods: FrozenGoodsOf }
): Promise<MeasureOrigin> {
  if (request.warning === undefined && request.recall === undefined) throw measureOfficeError('MEASURE_ORIGIN_MISSING')
  const recall = request.recall === undefined ? undefined : await openRecall(cases, request.recall)
  const id = request.warning ?? recall?.origin.warnings[0]
  const warning = id === undefined ? undefined : await warningOf(cases, id)
  if (request.warning !== undefined) {
    if (warning === undefined)
      throw measureOfficeError('MEASURE_ORIGIN_UNKNOWN', { pointer: '/warning', id: request.warning, what: 'warning' })
    if (!warningAllows.includes(warning.status))
      throw measureOfficeError('MEASURE_ORIGIN_STATUS', {
        what: 'warning',
        id: warning.id,
        status: warning.status,
        allowed: warningAllows.join(', ')
      })
    const exact = recallOfGoods(request, recall)
    const goods = exact?.scope === undefined ? goodsOfWarning(warning) : await goodsOfRecall(exact, frozenGoods)
    return { level: warning.level, drill: warning.drill, goods, reason: warning.title }
  }
  if (recall === undefined) throw measureOfficeError('MEASURE_ORIGIN_MISSING')
  return {
    level: warning?.level ?? levelOfHarm(recall.harm, grading),
    drill: recall.drill,
    goods: await goodsOfRecall(recall, frozenGoods),
    reason: recall.title
  }
}

async function openRecall(cases: CaseStore, id: string): Promise<RecallCase> {
  const recall = await recallOf(cases, id)
  if (recall === undefined) throw measureOfficeError('MEASURE_ORIGIN_UNKNOWN', { pointer: '/recall', id, what: 'recall' })
  if (recallRefuses.includes(recall.status))
    throw measureOfficeError('MEASURE_ORIGIN_STATUS', {
      what: 'recall',
      id,
      status: recall.status,
      allowed: `none of ${recallRefuses.join(', ')}`
    })
  return recall
}

/** A recall without a warning: the level that its harm alone gives by the table. */
function levelOfHarm(harm: number, { rows }: GradingPolicy): WarningLevel {
  return rows.find((row) => harm >= row.harmAtLeast && row.spreadAtLeast === undefined)?.level ?? 'IV'
}
