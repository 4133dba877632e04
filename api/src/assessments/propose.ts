/** What the data propose for an assessment: criteria, hazard, products and evidence by reference. It writes nothing and judges no scenario. */
import { Anomaly } from '@tracegate/model/anomaly'
import type { Evidence } from '@tracegate/model/assessment'
import { evidenceMax } from '@tracegate/model/assessment'
import { compileValidator } from '@tracegate/model/codec'
import type { AssessmentOpenRequest } from '@tracegate/model/http-warnings'
import type { PolicyVersion } from '@tracegate/model/policy/policy'
import type { Hazard } from '@tracegate/model/registers'
import type { BilingualText } from '@tracegate/model/text'
import type { LevelProposal, WarningCase } from '@tracegate/model/warning'
import type { CaseStore } from '@tracegate/store/case-store'
import { apiError } from '../errors.ts'
import { keyOfText } from '../keys.ts'
import { judgeScope, readRegisters, scopeOfGoods, type ScopeSources } from '../warnings/judge-scope.ts'
import type { WarningBook } from '../warnings/warning-office.ts'

export interface Proposed {
  readonly title: BilingualText
  readonly hazard: Hazard
  readonly products: string[]
  readonly proposal: LevelProposal
  readonly evidence: Evidence[]
}

export interface ProposeSources extends ScopeSources {
  readonly cases: CaseStore
  readonly warnings: WarningBook
}

type Question = Pick<AssessmentOpenRequest, 'warning' | 'goods'>

const anomalies = compileValidator(Anomaly)
const productsMax = 1_024

export async function proposeFor(sources: ProposeSources, question: Question, policy: PolicyVersion): Promise<Proposed> {
  if (question.warning !== undefined) return proposeForWarning(sources, question.warning)
  const goods = (question.goods ?? []).map(keyOfText)
  const registers = await readRegisters(sources.registers)
  const found = await scopeOfGoods(sources, { goods, stays: [], truncated: false })
  const figures = { open: false, complaints: 0, injuries: 0 }
  const { content, products } = judgeScope({ ...found, registers, policy, figures, here: {} })
  const names = products.map((product) => product.name)
  return {
    title: { zh: names.map((name) => name.zh).join('、') || '风险评估', en: names.map((name) => name.en).join(', ') || 'Risk assessment' },
    hazard: content.hazard,
    products: found.scope.products.slice(0, productsMax),
    proposal: content.proposal,
    evidence: []
  }
}

async function proposeForWarning({ cases, warnings }: ProposeSources, id: string): Promise<Proposed> {
  const found = await warnings.find(id)
  if (found === undefined) throw apiError('NOT_FOUND', { what: 'warning', id })
  const warning = found.state
  return {
    title: warning.title,
    hazard: warning.hazard,
    products: warning.scope.products.slice(0, productsMax),
    proposal: warning.proposal,
    evidence: await evidenceOf(cases, warning)
  }
}

async function evidenceOf(cases: CaseStore, { anomaly: id, report, certificate }: WarningCase): Promise<Evidence[]> {
  const evidence: Evidence[] = []
  if (report !== undefined) evidence.push({ type: 'report', ref: report })
  if (certificate !== undefined) evidence.push({ type: 'certificate', ref: certificate })
  const read = id === undefined ? undefined : anomalies.check((await cases.head('anomaly', id))?.state)
  if (read?.ok !== true) return evidence
  const anomaly = read.value
  evidence.push({ type: 'anomaly', ref: anomaly.id, timeMs: anomaly.openedMs, note: anomaly.proof.en.slice(0, 1_024) })
  for (const one of anomaly.reports ?? []) evidence.push({ type: 'report', ref: one })
  for (const witness of anomaly.witnesses)
    evidence.push(
      witness.type === 'reading'
        ? { type: 'reading', ref: witness.series, timeMs: witness.timeMs, note: `${String(witness.value)} ${witness.unit}` }
        : { type: 'event', ref: witness.eventID, timeMs: witness.timeMs }
    )
  return evidence.slice(0, evidenceMax)
}
