/**
 * Assessments as cases: opened with what the data propose, revised by people, completed and withdrawn. Every step keeps the result it came
 * to and the version of the policy; it decides no warning.
 */
import { Assessment, type Corrections } from '@tracegate/model/assessment'
import { judgeAssessment } from '@tracegate/model/assessment-judge'
import { AssessmentStep, reduceAssessment, requireAssessmentTransition } from '@tracegate/model/assessment-reducer'
import type { AssessmentOpenRequest, AssessmentReviseRequest } from '@tracegate/model/http-warnings'
import type { PolicyVersion } from '@tracegate/model/policy/policy'
import { criterionNames } from '@tracegate/model/warning'
import type { CaseStore } from '@tracegate/store/case-store'
import { createCaseBook, type CaseBook, type KeptCase } from '../cases/case-book.ts'
import { apiError } from '../errors.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import { nextCaseNumber } from '../warnings/case-numbers.ts'
import type { ScopeSources } from '../warnings/judge-scope.ts'
import type { WarningBook } from '../warnings/warning-office.ts'
import { proposeFor, type Proposed } from './propose.ts'

type AssessmentBook = CaseBook<Assessment, AssessmentStep>

interface Signature {
  readonly id: string
  readonly by: string
  readonly why: string
  readonly expectedLength?: number
}

export interface AssessmentOffice {
  readonly book: AssessmentBook
  open(request: AssessmentOpenRequest, by: string): Promise<KeptCase<Assessment>>
  revise(request: AssessmentReviseRequest, signature: Signature): Promise<KeptCase<Assessment>>
  complete(signature: Signature): Promise<KeptCase<Assessment>>
  withdraw(signature: Signature): Promise<KeptCase<Assessment>>
}

export interface AssessmentOptions extends ScopeSources {
  readonly cases: CaseStore
  readonly policy: PolicyBook
  readonly warnings: WarningBook
}

export function createAssessmentOffice(options: AssessmentOptions): AssessmentOffice {
  const { cases, policy, nowMs } = options
  const book: AssessmentBook = createCaseBook({
    cases,
    kind: 'assessment',
    what: 'assessment',
    state: Assessment,
    step: AssessmentStep,
    reduce: reduceAssessment,
    action: (step) => step.type,
    isOpen: ({ status }) => status === 'open',
    nowMs
  })

  async function open(request: AssessmentOpenRequest, by: string): Promise<KeptCase<Assessment>> {
    const current = await policy.current()
    const proposed = await proposeFor(options, request, current)
    const { title, hazard, scenarios = [], evidence = [], warning, subject, why } = request
    const content = {
      title: title ?? proposed.title,
      hazard: hazard ?? proposed.hazard,
      scenarios,
      evidence: [...proposed.evidence, ...evidence]
    }
    const result = judgeAssessment({ ...content, proposal: proposed.proposal, corrections: {} }, current.policy)
    const step: AssessmentStep = {
      type: 'opened',
      ...(warning === undefined ? {} : { warning }),
      ...(subject === undefined ? {} : { subject }),
      products: proposed.products,
      ...content,
      proposal: proposed.proposal,
      result,
      policyVersion: current.version
    }
    const id = await nextCaseNumber(cases, 'A', nowMs())
    return book.act({ id, by, why, decide: () => step })
  }

  const sign = (signature: Signature, decide: (before: Assessment) => AssessmentStep | Promise<AssessmentStep>) =>
    book.act({
      ...signature,
      decide(before) {
        if (before === undefined) throw apiError('NOT_FOUND', { what: 'assessment', id: signature.id })
        return decide(before)
      }
    })

  return {
    book,
    open,
    revise: (request, signature) =>
      sign(signature, async (before) => {
        requireAssessmentTransition(before, 'revised', before.id)
        const current = await policy.current()
        const proposed = request.propose === true ? await proposeFor(options, questionOf(before), current) : undefined
        return revised(before, { request, proposed, current, signed: { atMs: nowMs(), by: signature.by } })
      }),
    complete: (signature) =>
      sign(signature, async (before) => {
        const current = await policy.current()
        return { type: 'completed', result: judgeAssessment(before, current.policy), policyVersion: current.version }
      }),
    withdraw: (signature) => sign(signature, () => ({ type: 'withdrawn' }))
  }
}

function questionOf({ warning, products }: Assessment): Pick<AssessmentOpenRequest, 'warning' | 'goods'> {
  return warning === undefined ? { goods: products.slice(0, 100) } : { warning }
}

interface Revision {
  readonly request: AssessmentReviseRequest
  readonly proposed: Proposed | undefined
  readonly current: PolicyVersion
  readonly signed: { readonly atMs: number; readonly by: string }
}

function revised(before: Assessment, { request, proposed, current, signed }: Revision): AssessmentStep {
  const content = {
    title: request.title ?? before.title,
    hazard: request.hazard ?? before.hazard,
    scenarios: request.scenarios ?? before.scenarios,
    evidence: request.evidence ?? before.evidence
  }
  const proposal = proposed?.proposal ?? before.proposal
  const corrections = correctionsOf(before.corrections, request, signed)
  const result = judgeAssessment({ ...content, proposal, corrections }, current.policy)
  const bodies = request.bodies ?? before.bodies
  return { type: 'revised', content, proposal, corrections, bodies, result, policyVersion: current.version }
}

/** A correction replaces the one before; null takes it back, and the proposal counts again. */
function correctionsOf(before: Corrections, { corrections = {} }: AssessmentReviseRequest, signed: Revision['signed']): Corrections {
  const after: { -readonly [Name in keyof Corrections]: Corrections[Name] } = {}
  for (const name of criterionNames) {
    const asked = corrections[name]
    const kept = asked === undefined ? before[name] : asked === null ? undefined : { ...asked, ...signed }
    if (kept !== undefined) after[name] = kept
  }
  return after
}
