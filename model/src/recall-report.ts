/** The closing report of a recall: all figures, the time line and the hashes that prove it. It is written once, as text, into the journal. */
import { Type, type Static } from 'typebox'
import { compileValidator, type Decoded } from './codec.ts'
import { RecallCase } from './recall-case.ts'
import { RecallProgress } from './recall-progress.ts'
import { TimeMs } from './wire.ts'

export const recallReportFormat = 'tracegate-recall-report/1'

const { id, status, kind, title, description, hazard, harm, company, products, reported, concealment } = RecallCase.properties
const { investigation, order, plan, scopeVersions, notice, startedAtMs, completeByMs, sample, checks, outcomes, extensions } =
  RecallCase.properties

const Step = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  atMs: TimeMs,
  by: Type.String(),
  action: Type.String(),
  why: Type.String(),
  previousHash: Type.String(),
  hash: Type.String()
})

export const RecallClosingReport = Type.Object({
  format: Type.Literal(recallReportFormat),
  id,
  status,
  kind,
  title,
  description,
  hazard,
  harm,
  company,
  products,
  reported,
  concealment,

  investigation,
  order,
  plan,
  scopeVersions,
  notice,
  startedAtMs,
  completeByMs,
  sample,
  checks,
  outcomes,
  extensions,

  /** Of the scope in force; the goods themselves are in the journal. */
  scope: Type.Object({ version: Type.Integer(), goods: Type.Integer(), sha256: Type.String(), truncated: Type.Boolean() }),
  progress: RecallProgress,
  /** Every step up to the report, each with the hash that chains it to the one before. */
  journal: Type.Array(Step),
  policyVersion: Type.Integer(),
  madeAtMs: TimeMs,
  madeBy: Type.String()
})
export type RecallClosingReport = Static<typeof RecallClosingReport>

const reports = compileValidator(RecallClosingReport)

export function readClosingReport(text: string): Decoded<RecallClosingReport> {
  return reports.check(JSON.parse(text))
}
