/**
 * Evaluations of what a warning and its measures brought about, as cases of their own: opened with figures from the data, completed with the
 * verdict of a person. Each is put on the file of its warning; it changes no warning.
 */
import { Evaluation, EvaluationStep, proposeVerdict, reduceEvaluation, type Verdict } from '@tracegate/model/evaluation'
import type { WarningCase } from '@tracegate/model/warning'
import { warningError } from '@tracegate/model/warning-errors'
import { createCaseBook, type CaseBook, type KeptCase } from '../cases/case-book.ts'
import { apiError } from '../errors.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import { nextCaseNumber } from './case-numbers.ts'
import { evaluationFigures, type FigureSources } from './evaluation-figures.ts'
import type { WarningOffice } from './warning-office.ts'

type EvaluationBook = CaseBook<Evaluation, EvaluationStep>

interface EvaluationSignature {
  readonly id: string
  readonly by: string
  readonly why: string
  readonly expectedLength?: number
}

export interface EvaluationOffice {
  readonly book: EvaluationBook
  open(request: { readonly warning: string; readonly by: string; readonly why: string }): Promise<KeptCase<Evaluation>>
  refresh(signature: EvaluationSignature): Promise<KeptCase<Evaluation>>
  complete(signature: EvaluationSignature, verdict: Verdict): Promise<KeptCase<Evaluation>>
  withdraw(signature: EvaluationSignature): Promise<KeptCase<Evaluation>>
}

export interface EvaluationOptions extends FigureSources {
  readonly policy: PolicyBook
  readonly warnings: WarningOffice
}

export function createEvaluationOffice(options: EvaluationOptions): EvaluationOffice {
  const { cases, policy, warnings, nowMs } = options
  const book: EvaluationBook = createCaseBook({
    cases,
    kind: 'evaluation',
    what: 'evaluation',
    state: Evaluation,
    step: EvaluationStep,
    reduce: reduceEvaluation,
    action: (step) => step.type,
    isOpen: ({ status }) => status === 'open',
    nowMs
  })

  async function gathered(warning: WarningCase) {
    const { policy: rules, version } = await policy.current()
    const figures = await evaluationFigures(options, warning)
    return { figures, proposal: proposeVerdict(figures, rules.publication.evaluation), policyVersion: version }
  }

  async function warningOf(id: string): Promise<WarningCase> {
    return (await warnings.book.get(id)).state
  }

  const sign = (signature: EvaluationSignature, decide: (before: Evaluation) => EvaluationStep | Promise<EvaluationStep>) =>
    book.act({
      ...signature,
      decide(before) {
        if (before === undefined) throw apiError('NOT_FOUND', { what: 'evaluation', id: signature.id })
        return decide(before)
      }
    })

  return {
    book,
    async open({ warning: warningId, by, why }) {
      const warning = await warningOf(warningId)
      if (warning.status !== 'published')
        throw warningError('WARNING_STEP', { step: 'evaluation', id: warningId, status: warning.status, allowed: 'published' })
      const facts = await gathered(warning)
      const id = await nextCaseNumber(cases, 'E', nowMs())
      const opened = await book.act({
        id,
        by,
        why,
        decide: () => ({ type: 'opened', warning: warningId, drill: warning.drill, ...facts })
      })
      await warnings.link(warningId, { evaluations: [id] }, by)
      return opened
    },
    refresh: (signature) =>
      sign(signature, async (before) => ({ type: 'refreshed', ...(await gathered(await warningOf(before.warning))) })),
    async complete(signature, verdict) {
      const completed = await sign(signature, async () => ({
        type: 'completed',
        verdict,
        policyVersion: (await policy.current()).version
      }))
      // Again, in case the process ended between the opening and its note on the file.
      await warnings.link(completed.state.warning, { evaluations: [signature.id] }, signature.by)
      return completed
    },
    withdraw: (signature) => sign(signature, () => ({ type: 'withdrawn' }))
  }
}
