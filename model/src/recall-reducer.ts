/**
 * What the steps of a recall's journal make of it. Pure: the case is a function of its journal alone, and a step that its status, its
 * role or its contents do not allow throws the operating error of the rule.
 */
import { conclude, mergeContacts, mergeReply } from './recall-contacts.ts'
import { recallError } from './recall-errors.ts'
import { type RecallCase } from './recall-case.ts'
import { type Concealment, type FrozenScope, type Knowledge, knowledgeMax, recallHoldersMax, scopeVersionsMax } from './recall-parts.ts'
import { requireContents } from './recall-contents.ts'
import { recallTransitions, type RecallStep, type RecallStepType } from './recall-steps.ts'

export interface RecallStepContext {
  readonly id: string
  readonly atMs: number
  readonly by: string
  readonly why: string
}

type StepOf<Type extends RecallStepType> = Extract<RecallStep, { type: Type }>

export function reduceRecall(before: RecallCase | undefined, step: RecallStep, context: RecallStepContext): RecallCase {
  const { id, atMs } = context
  const status = before?.status ?? 'none'
  const allowed = recallTransitions[step.type]
  if (!allowed.includes(status)) throw recallError('RECALL_STEP', { id, step: step.type, status, allowed: allowed.join(' or ') })
  requireContents(before, step, context)
  const after = before === undefined ? first(step, context) : next(before, step, context)
  return { ...after, policyVersion: step.policyVersion, updatedAtMs: atMs }
}

function first(step: RecallStep, { id, atMs, by }: RecallStepContext): RecallCase {
  if (step.type !== 'reported') throw new TypeError(`Cannot begin recall ${id} by the step ${step.type}, expected reported`)
  const { report, role, knowledge, reportWithinMs, policyVersion } = step
  return withConcealment({
    id,
    status: 'reported',
    ...report,
    reported: { atMs, by, role },
    ...(role === 'company' ? { companyReportedAtMs: atMs } : {}),
    reportWithinMs,
    knowledge: sorted(knowledge),
    scopeVersions: [],
    contacts: {},
    checks: [],
    outcomes: [],
    extensions: [],
    policyVersion,
    updatedAtMs: atMs
  })
}

function next(before: RecallCase, step: RecallStep, context: RecallStepContext): RecallCase {
  const { atMs, by } = context
  switch (step.type) {
    case 'reported':
      throw recallError('RECALL_STEP', { id: before.id, step: step.type, status: before.status, allowed: 'none' })
    case 'companyReported':
      return withConcealment({ ...before, companyReportedAtMs: before.companyReportedAtMs ?? atMs })
    case 'evidenceAdded':
      return withConcealment({ ...before, knowledge: sorted([...before.knowledge, ...step.knowledge]) })
    case 'investigationOpened':
      return { ...before, status: 'investigating', investigation: { openedAtMs: atMs, by, question: step.question, dueMs: step.dueMs } }
    case 'investigationEnded':
      return endInvestigation(before, step, context)
    case 'planDeclined':
      return { ...before, planDeclined: { atMs, by, reason: step.reason } }
    case 'ordered':
      return order(before, step, context)
    case 'planned':
      return plan(before, step, context)
    case 'scopeFrozen':
      return freeze(before, { ...step.scope, frozenAtMs: atMs, by })
    case 'noticePublished':
      return publishNotice(before, step, context)
    case 'started':
      return {
        ...before,
        status: 'running',
        startedAtMs: atMs,
        ...(before.plan === undefined ? {} : { completeByMs: before.plan.completeByMs })
      }
    case 'contacted':
      return { ...before, contacts: mergeContacts(before, step.entries) }
    case 'replied':
      return { ...before, contacts: mergeReply(before, step, context) }
    case 'sampleDrawn':
      return { ...before, sample: { ...step.sample, drawnAtMs: atMs, by }, checks: [] }
    case 'checked': {
      const anew = new Set(step.results.map(({ holder }) => holder))
      const kept = before.checks.filter(({ holder }) => !anew.has(holder))
      return { ...before, checks: [...kept, ...step.results.map((result) => ({ ...result, atMs, by }))].slice(-recallHoldersMax) }
    }
    case 'effectivenessConcluded':
      return { ...before, status: 'effectivenessChecked', outcomes: [...before.outcomes, conclude(before, step.wanted, { atMs, by })] }
    case 'extended': {
      const { reason, completeByMs } = step
      return { ...before, status: 'extended', completeByMs, extensions: [...before.extensions, { atMs, by, reason, completeByMs }] }
    }
    case 'closed':
      return { ...before, status: 'closed', closed: { atMs, by, reportSha256: step.reportSha256, summary: step.summary } }
    case 'routed': {
      const { to, reference } = step
      return { ...before, status: 'routed', routed: { atMs, by, to, ...(reference === undefined ? {} : { reference }) } }
    }
    default:
      return neverStep(step)
  }
}

function endInvestigation(before: RecallCase, step: StepOf<'investigationEnded'>, { atMs, by }: RecallStepContext): RecallCase {
  const { verdict, findings, evidence, planDueMs } = step
  const { investigation } = before
  return {
    ...before,
    ...(verdict === 'noDefect' ? { status: 'noDefect' } : {}),
    ...(investigation === undefined ? {} : { investigation: { ...investigation, ended: { atMs, by, verdict, findings, evidence } } }),
    ...(planDueMs === undefined ? {} : { planDueMs })
  }
}

function order(before: RecallCase, step: StepOf<'ordered'>, { atMs, by }: RecallStepContext): RecallCase {
  const { authority, basis, planDueMs, urgent } = step
  return {
    ...before,
    status: 'ordered',
    kind: 'ordered',
    planDueMs,
    order: { atMs, by, authority, basis, planDueMs, ...(urgent === undefined ? {} : { urgent }) }
  }
}

function plan(before: RecallCase, step: StepOf<'planned'>, { atMs, by }: RecallStepContext): RecallCase {
  const version = (before.plan?.version ?? 0) + 1
  return {
    ...before,
    status: 'planned',
    kind: before.kind ?? 'voluntary',
    plan: { ...step.plan, atMs, by, role: step.role, version }
  }
}

function freeze(before: RecallCase, scope: FrozenScope): RecallCase {
  const { version, frozenAtMs, goods, sha256, reason } = scope
  const versions = [...before.scopeVersions, { version, frozenAtMs, goods, sha256, reason }]
  if (versions.length > scopeVersionsMax)
    throw recallError('RECALL_FULL', {
      id: before.id,
      step: 'scopeFrozen',
      count: versions.length - 1,
      what: 'scopes',
      max: scopeVersionsMax
    })
  return { ...before, scope, scopeVersions: versions }
}

function publishNotice(before: RecallCase, step: StepOf<'noticePublished'>, { atMs, by }: RecallStepContext): RecallCase {
  const { content, findings, override } = step
  const version = (before.notice?.version ?? 0) + 1
  const scopeVersion = before.scope?.version ?? 1
  return { ...before, notice: { version, atMs, by, content, findings, ...(override === undefined ? {} : { override }), scopeVersion } }
}

/** Oldest first, each once, the first ones where there are too many: the oldest one decides. */
function sorted(knowledge: readonly Knowledge[]): Knowledge[] {
  const known = new Map(knowledge.map((one) => [`${one.kind} ${one.ref} ${String(one.atMs)}`, one]))
  return [...known.values()].sort((a, b) => a.atMs - b.atMs || (a.ref < b.ref ? -1 : 1)).slice(0, knowledgeMax)
}

/** From time stamps alone: first knowledge against the company's report, or the first report of all where it never came. */
function withConcealment(before: RecallCase): RecallCase {
  const { concealment: _before, ...rest } = before
  const found = concealmentOf(rest)
  return found === undefined ? rest : { ...rest, concealment: found }
}

export function concealmentOf({
  knowledge,
  reportWithinMs,
  companyReportedAtMs,
  reported
}: Pick<RecallCase, 'knowledge' | 'reportWithinMs' | 'companyReportedAtMs' | 'reported'>): Concealment | undefined {
  const [first] = knowledge
  if (first === undefined) return undefined
  const reportedAtMs = companyReportedAtMs ?? reported.atMs
  const lateByMs = reportedAtMs - first.atMs - reportWithinMs
  if (lateByMs <= 0) return undefined
  return { knewAtMs: first.atMs, first, reportedAtMs, limitMs: reportWithinMs, lateByMs, byCompany: companyReportedAtMs !== undefined }
}

function neverStep(step: never): never {
  throw new TypeError(`Cannot apply step: type is ${JSON.stringify(step)}`)
}
