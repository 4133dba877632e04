/** The contents that a step of a recall must have, beyond the shape of it: what is missing is told by JSON pointer. Pure. */
import type { Reason } from './errors.ts'
import { RecallContentError, recallError } from './recall-errors.ts'
import type { RecallCase } from './recall-case.ts'
import { draw } from './draw.ts'
import type { RecallStepContext } from './recall-reducer.ts'
import type { RecallStep } from './recall-steps.ts'
import { sha256Hex } from './sha256.ts'

/** Throws the error of the first rule that is broken. */
export function requireContents(before: RecallCase | undefined, step: RecallStep, context: RecallStepContext): void {
  if (before === undefined) return
  requireRegime(before, step)
  switch (step.type) {
    case 'investigationEnded':
      return requireFindings(step, context, before)
    case 'planDeclined':
      if (before.investigation?.ended === undefined) refuse(before, step, 'an investigation that has ended')
      return
    case 'ordered':
      return requireOrderable(before, step, context)
    case 'planned':
      return requirePlan(before, step, context)
    case 'scopeFrozen':
      return requireScope(before, step)
    case 'noticePublished':
      return requireNotice(before, step, context)
    case 'started':
      return requireReady(before, step, context)
    case 'contacted':
      for (const { holder } of step.entries) requireHolder(before, step, holder)
      if (before.notice === undefined) refuse(before, step, 'a published notice')
      return
    case 'replied':
      requireHolder(before, step, step.holder)
      if (before.notice === undefined) refuse(before, step, 'a published notice')
      return
    case 'sampleDrawn':
      return requireSample(before, step)
    case 'checked':
      return requireDrawn(before, step)
    case 'effectivenessConcluded':
      return requireChecked(before)
    case 'extended':
      return requireExtension(before, step, context)
    case 'closed': {
      const last = before.outcomes.at(-1)
      if (last !== undefined && !last.passed)
        throw recallError('RECALL_NOT_EFFECTIVE', { id: before.id, share: last.share, wanted: last.wanted })
      if (sha256Hex(step.report) !== step.reportSha256)
        incomplete(before, step, [lacks('/reportSha256', 'it is not the hash of the report, expected it to be')])
      return
    }
    case 'reported':
    case 'companyReported':
    case 'evidenceAdded':
    case 'investigationOpened':
    case 'routed':
      return
    default:
      return step satisfies never
  }
}

/** Food follows the food-safety law and plan (rules.md §1): what is known of it is kept and handed over, and nothing of this procedure is run. */
function requireRegime(before: RecallCase, step: RecallStep): void {
  if (before.regime === 'food' && !foodSteps.has(step.type)) throw recallError('RECALL_FOOD', { id: before.id, step: step.type })
  if (before.regime !== 'food' && step.type === 'routed')
    throw recallError('RECALL_STEP', { id: before.id, step: step.type, status: `of regime ${before.regime}`, allowed: 'of regime food' })
}
const foodSteps: ReadonlySet<RecallStep['type']> = new Set(['companyReported', 'evidenceAdded', 'routed'])

function refuse(before: RecallCase, step: RecallStep, allowed: string): never {
  throw recallError('RECALL_STEP', { id: before.id, step: step.type, status: before.status, allowed: `${before.status} with ${allowed}` })
}

function incomplete(before: RecallCase, step: RecallStep, findings: readonly Reason[]): void {
  if (findings.length > 0) throw new RecallContentError('RECALL_INCOMPLETE', { id: before.id, step: step.type }, findings)
}

const lacks = (pointer: string, message: string): Reason => ({ code: 'RECALL_CONTENT', pointer, message })

type StepOf<Type extends RecallStep['type']> = Extract<RecallStep, { type: Type }>

function requireFindings(step: StepOf<'investigationEnded'>, { atMs }: RecallStepContext, before: RecallCase): void {
  if (before.investigation?.ended !== undefined) refuse(before, step, 'an investigation that has not ended')
  const findings: Reason[] = []
  if (step.evidence.length === 0) findings.push(lacks('/evidence', 'no evidence is named, expected at least one piece'))
  if (step.verdict === 'defect' && (step.planDueMs === undefined || step.planDueMs < atMs))
    findings.push(lacks('/planDueMs', 'no time is set for the voluntary plan, expected one that is to come'))
  incomplete(before, step, findings)
}

/** An order waits for the end of the investigation and for the voluntary plan, unless it was declined or the harm is grave. */
function requireOrderable(before: RecallCase, step: StepOf<'ordered'>, { id, atMs }: RecallStepContext): void {
  if (before.investigation?.ended?.verdict !== 'defect') refuse(before, step, 'a defect found')
  if (step.planDueMs <= atMs) incomplete(before, step, [lacks('/planDueMs', 'the plan is due at once, expected a time that is to come')])
  const dueMs = before.planDueMs ?? 0
  const isOver = atMs > dueMs || before.planDeclined !== undefined
  const isGrave = step.urgent !== undefined && before.harm >= step.orderAtOnceFromHarm
  if (!isOver && !isGrave)
    throw recallError('RECALL_ORDER_EARLY', { id, dueAt: new Date(dueMs).toISOString(), harm: step.orderAtOnceFromHarm })
}

function requirePlan(before: RecallCase, step: StepOf<'planned'>, { id, atMs }: RecallStepContext): void {
  const { plan, role, remediesAtLeast, completeWithinMs } = step
  if (role === 'authority' && before.kind !== 'ordered') refuse(before, step, 'an order before, as only the company plans voluntarily')
  if (before.kind !== 'ordered' && before.plan === undefined && before.planDueMs !== undefined && atMs > before.planDueMs)
    throw recallError('RECALL_PLAN_LATE', { id, dueAt: new Date(before.planDueMs).toISOString() })
  const findings: Reason[] = []
  if (plan.remedies.length < remediesAtLeast)
    findings.push(
      lacks(
        '/plan/remedies',
        `${plan.remedies.length} remedies are offered, expected at least ${remediesAtLeast} of repair, replace, refund`
      )
    )
  if (plan.contact.phone === undefined && plan.contact.email === undefined && plan.contact.address === undefined)
    findings.push(lacks('/plan/contact', 'nobody can be reached, expected phone, email or address'))
  if (plan.completeByMs <= plan.startByMs) findings.push(lacks('/plan/completeByMs', 'it is not after the start, expected it to be'))
  if (plan.completeByMs - atMs > completeWithinMs)
    findings.push(
      lacks('/plan/completeByMs', `it is later than ${String(Math.round(completeWithinMs / 86_400_000))} days from now, expected it sooner`)
    )
  if (plan.depth !== 'consumer' && plan.returnTo.length === 0)
    findings.push(lacks('/plan/returnTo', 'no place or party takes the goods back, expected at least one'))
  incomplete(before, step, findings)
}

function requireScope(before: RecallCase, step: StepOf<'scopeFrozen'>): void {
  const { id } = before
  const { version, goods, reason, sha256, change } = step.scope
  const wanted = (before.scope?.version ?? 0) + 1
  if (version !== wanted) throw recallError('RECALL_SCOPE_VERSION', { id, version, wanted })
  if (goods === 0) throw recallError('RECALL_SCOPE_EMPTY', { id })
  if (version === 1) return
  if (reason.trim() === '' || change === undefined) throw recallError('RECALL_SCOPE_REASON', { id, version })
  if (sha256 === before.scope?.sha256) throw recallError('RECALL_SCOPE_SAME', { id, version, wanted: `version ${String(version - 1)}` })
}

function requireNotice(before: RecallCase, step: StepOf<'noticePublished'>, { id }: RecallStepContext): void {
  if (before.scope === undefined) refuse(before, step, 'a frozen scope')
  if (step.findings.length > 0 && step.override === undefined)
    throw new RecallContentError(
      'RECALL_NOTICE_WORDS',
      { id },
      step.findings.map(({ pointer, found, why, from, to }) => ({
        code: 'RECALL_NOTICE_WORD',
        pointer: `/content${pointer}`,
        message: `"${found}" at ${from} to ${to}: ${why.en}`
      }))
    )
  const offered = new Set(step.content.remedies.map(({ remedy }) => remedy))
  if (offered.size < step.remediesAtLeast)
    incomplete(before, step, [
      lacks(
        '/content/remedies',
        `${offered.size} remedies are offered, expected at least ${step.remediesAtLeast} of repair, replace, refund`
      )
    ])
}

function requireReady(before: RecallCase, step: StepOf<'started'>, _context: RecallStepContext): void {
  const findings: Reason[] = []
  if (before.plan === undefined) findings.push(lacks('/plan', 'there is no plan, expected one'))
  if (before.scope === undefined) findings.push(lacks('/scope', 'no scope is frozen, expected one'))
  if (before.notice === undefined) findings.push(lacks('/notice', 'no notice is published, expected one'))
  incomplete(before, step, findings)
}

function requireHolder(before: RecallCase, step: RecallStep, holder: string): void {
  const known = before.scope?.holders.some(({ id }) => id === holder) === true || before.contacts[holder] !== undefined
  if (!known) throw recallError('RECALL_HOLDER', { id: before.id, step: step.type, holder })
}

/** The journal proves the draw: what was drawn must follow from the seed and the holders of the frozen scope. */
function requireSample(before: RecallCase, step: StepOf<'sampleDrawn'>): void {
  const { id } = before
  const { sample } = step
  const fail = (detail: string): never => {
    throw recallError('RECALL_SAMPLE', { id, step: step.type, detail })
  }
  if (sample.round !== before.outcomes.length + 1) fail(`round is ${String(sample.round)}, expected ${String(before.outcomes.length + 1)}`)
  if (before.sample?.round === sample.round) fail('a sample of this round is drawn already, expected its checks')
  if (sample.scopeVersion !== before.scope?.version) fail('it is drawn of another scope, expected the one in force')
  const candidates = sampleCandidates(before)
  const wanted = draw({ seed: sample.seed, candidates, count: sampleSize(candidates.length, sample.share) })
  if (wanted.populationSha256 !== sample.populationSha256 || wanted.drawn.length !== sample.rows.length)
    fail('the holders are others, expected those of the scope')
  if (wanted.drawn.some(({ id: holder, ticket }, at) => sample.rows[at]?.holder !== holder || sample.rows[at]?.ticket !== ticket))
    fail('other holders than the seed draws are in it, expected those')
}

/** Of the share at least one, where any is asked for. */
export function sampleSize(population: number, share: number): number {
  return Math.min(population, Math.ceil(Number((population * share).toPrecision(12))))
}

/** The holders that can be visited, in strata by how much they held: each stratum ten times the one before. */
export function sampleCandidates({ scope }: Pick<RecallCase, 'scope'>): { readonly id: string; readonly stratum: string }[] {
  return (scope?.holders ?? [])
    .filter(({ key }) => key !== 'unknown')
    .map(({ id, count }) => ({ id, stratum: `1e${String(Math.min(6, Math.floor(Math.log10(Math.max(1, count)))))}` }))
}

function requireDrawn(before: RecallCase, step: StepOf<'checked'>): void {
  const { id, sample } = before
  if (sample === undefined || sample.round !== before.outcomes.length + 1)
    throw recallError('RECALL_SAMPLE', { id, step: step.type, detail: 'no sample of this round is drawn, expected one' })
  const drawn = new Set(sample.rows.map(({ holder }) => holder))
  const seen = new Set<string>()
  for (const { holder } of step.results) {
    if (!drawn.has(holder)) throw recallError('RECALL_CHECK', { id, holder, state: 'not drawn' })
    if (seen.has(holder)) throw recallError('RECALL_CHECK', { id, holder, state: 'there twice' })
    seen.add(holder)
  }
}

function requireChecked(before: RecallCase): void {
  const { id, sample, checks } = before
  if (sample === undefined || sample.round !== before.outcomes.length + 1)
    throw recallError('RECALL_SAMPLE', { id, step: 'effectivenessConcluded', detail: 'no sample of this round is drawn, expected one' })
  if (checks.length < sample.rows.length) throw recallError('RECALL_CHECKS_OPEN', { id, checked: checks.length, drawn: sample.rows.length })
}

function requireExtension(before: RecallCase, step: StepOf<'extended'>, { atMs }: RecallStepContext): void {
  if (before.outcomes.at(-1)?.passed === true && !step.despitePassing) throw recallError('RECALL_EFFECTIVE', { id: before.id })
  if (step.completeByMs <= atMs) incomplete(before, step, [lacks('/completeByMs', 'it is over already, expected a time that is to come')])
}
