/**
 * What the steps of a warning's journal make of it: the state machine of `regulation/rules.md` §3. Pure: the case is a function of its
 * journal and nothing else. A step is refused here when no policy could allow it; what the policy and rights ask is in `warning-decide.ts`.
 */
import { publicationFaults } from './warning-contents.ts'
import { contentError, warningError } from './warning-errors.ts'
import type { DraftedContent, WarningStep, WarningStepName } from './warning-steps.ts'
import type { ChangeKind, WarningCase, WarningLevel, WarningRange, WarningStatus } from './warning.ts'
import { warningLevels } from './warning.ts'

export { readWarningStep, type WarningStep, type WarningStepName } from './warning-steps.ts'

/** From which status a step may be taken; `none` stands for no case yet. */
export const warningTransitions: Readonly<Record<WarningStepName, readonly (WarningStatus | 'none')[]>> = {
  drafted: ['none'],
  updated: ['draft'],
  assessed: ['draft'],
  approved: ['assessed'],
  returned: ['assessed', 'approved'],
  // From `assessed` by the fast path only.
  published: ['assessed', 'approved'],
  raised: ['published'],
  lowered: ['published'],
  extended: ['published'],
  amended: ['published'],
  lifted: ['published'],
  discarded: ['draft', 'assessed', 'approved'],
  routed: ['draft', 'assessed', 'approved'],
  linked: ['draft', 'assessed', 'approved', 'published', 'lifted'],
  numberReleased: ['draft', 'assessed', 'approved', 'published', 'lifted', 'discarded', 'routed']
}

/** Steps by which goods of the food regime would go on in our own procedure. */
const ownProcedure: ReadonlySet<WarningStepName> = new Set(['approved', 'published', 'raised', 'lowered', 'extended', 'amended'])

/** Cases linked to one warning, and its changes of content. */
export const listMax = 256

export interface WarningStepContext {
  readonly id: string
  readonly atMs: number
  readonly by: string
  readonly why: string
}

/** Whether the case still needs somebody. */
export function isOpenWarning({ status }: Pick<WarningCase, 'status'>): boolean {
  return status === 'draft' || status === 'assessed' || status === 'approved' || status === 'published'
}

/** Negative when the first is the graver one. */
export function compareLevels(left: WarningLevel, right: WarningLevel): number {
  return warningLevels.indexOf(left) - warningLevels.indexOf(right)
}

export function requireTransition(before: WarningCase | undefined, step: WarningStepName, id: string): void {
  const status = before?.status ?? 'none'
  const allowed = warningTransitions[step]
  if (!allowed.some((one) => one === status)) throw warningError('WARNING_STEP', { step, id, status, allowed: allowed.join(' or ') })
}

/** The case after the step. */
export function reduceWarning(before: WarningCase | undefined, step: WarningStep, context: WarningStepContext): WarningCase {
  requireTransition(before, step.type, context.id)
  if (step.type === 'drafted') return drafted(step.content, context)
  if (before === undefined) throw new TypeError(`Cannot apply ${step.type} to warning ${context.id}: there is none`)
  if (before.regime === 'food' && ownProcedure.has(step.type))
    throw warningError('WARNING_FOOD', { step: step.type, id: context.id, procedure: 'the procedure for food' })
  return { ...applied(before, step, context), updatedAtMs: context.atMs }
}

const noRange: WarningRange = { regions: [], hsPrefixes: [], brands: [] }

function drafted(content: DraftedContent, { id, atMs }: WarningStepContext): WarningCase {
  const { origin, drill, range, audience, measuresStated, policyVersion, ...rest } = content
  return {
    id,
    status: 'draft',
    ...rest,
    // The first journals held drafts of anomalies only, made under the shipped policy.
    origin: origin ?? 'anomaly',
    drill: drill ?? false,
    range: range ?? noRange,
    audience: audience ?? {},
    measuresStated: measuresStated ?? [],
    policyVersion: policyVersion ?? 1,
    level: content.proposal.level,
    measures: [],
    recalls: [],
    evaluations: [],
    version: 0,
    changes: [],
    updatedAtMs: atMs
  }
}

function applied(before: WarningCase, step: Exclude<WarningStep, { type: 'drafted' }>, context: WarningStepContext): WarningCase {
  const signed = { atMs: context.atMs, by: context.by, why: context.why }
  switch (step.type) {
    case 'updated':
      return updated(before, step)
    case 'assessed': {
      const next = rewritten(before, step)
      return { ...next, status: 'assessed', assessment: step.assessment, criteria: step.criteria, assessed: signed }
    }
    case 'approved':
      requireContents(before, step.type, [], true)
      return { ...decided(before, step), status: 'approved', approved: signed }
    case 'returned': {
      const { assessed: _assessed, approved: _approved, ...rest } = decided(before, step)
      return { ...rest, status: 'draft' }
    }
    case 'published':
      return published(before, step, context)
    case 'raised':
    case 'lowered':
    case 'amended':
      return rewrittenVersion(before, step, context)
    case 'extended':
      return extended(before, step, context)
    case 'lifted':
      requireOnFile(before, step.type, step.evaluation)
      return { ...withoutDue(decided(before, step)), status: 'lifted', lifted: { ...signed, evaluation: step.evaluation } }
    case 'discarded':
      return { ...withoutDue(decided(before, step)), status: 'discarded', discarded: signed }
    case 'routed': {
      const reference = step.reference === undefined ? {} : { reference: step.reference }
      return { ...withoutDue(decided(before, step)), status: 'routed', routed: { ...signed, to: step.to, ...reference } }
    }
    case 'linked':
      return linked(before, step)
    case 'numberReleased':
      return before
    default:
      return step satisfies never
  }
}

function updated(before: WarningCase, { content }: Extract<WarningStep, { type: 'updated' }>): WarningCase {
  // Once a person has written the content, the machine brings the goods and its proposal up to date and nothing else.
  if (before.assessment !== undefined) {
    const { proposal, scope, policyVersion, dueMs } = content
    const known = { policyVersion: policyVersion ?? before.policyVersion, ...(dueMs === undefined ? {} : { dueMs }) }
    return { ...before, proposal, scope, ...known }
  }
  return { ...before, ...content, policyVersion: content.policyVersion ?? before.policyVersion, level: content.proposal.level }
}

interface Decision {
  readonly policyVersion: number
  readonly dueMs?: number
}

/** The policy it was made under, and the deadline of what comes next; none when the step gives none. */
function decided(before: WarningCase, { policyVersion, dueMs }: Decision): WarningCase {
  return { ...withoutDue(before), policyVersion, ...(dueMs === undefined ? {} : { dueMs }) }
}

function withoutDue({ dueMs: _dueMs, ...rest }: WarningCase): WarningCase {
  return rest
}

type Rewriting = Extract<WarningStep, { readonly content: { readonly level: WarningLevel } }>

function rewritten(before: WarningCase, step: Rewriting): WarningCase {
  const { kind: _kind, untilMs: _untilMs, controlInstruction: _instruction, advice: _advice, ...kept } = decided(before, step)
  return { ...kept, ...step.content, ...(step.scope === undefined ? {} : { scope: step.scope }) }
}

function published(before: WarningCase, step: Extract<WarningStep, { type: 'published' }>, context: WarningStepContext): WarningCase {
  const fast = step.fast === true
  if (fast !== (before.status === 'assessed'))
    throw warningError('WARNING_STEP', {
      step: 'published',
      id: context.id,
      status: before.status,
      allowed: fast ? 'assessed, for the fast path' : 'approved'
    })
  if (before.assessment === undefined) throw warningError('WARNING_ASSESSMENT', { id: context.id, detail: 'it has no assessment' })
  requireContents(before, step.type, step.mandatoryMeasures)
  const at = { atMs: context.atMs, by: context.by, firstAtMs: context.atMs }
  return {
    ...decided(before, step),
    status: 'published',
    number: step.number,
    version: 1,
    published: { ...at, ...(fast ? { fast } : {}) }
  }
}

type Rewrite = Extract<WarningStep, { type: 'raised' | 'lowered' | 'amended' }>

function rewrittenVersion(before: WarningCase, step: Rewrite, context: WarningStepContext): WarningCase {
  const [from, to] = [before.level, step.content.level]
  const order = compareLevels(to, from)
  const fits = step.type === 'raised' ? order < 0 : step.type === 'lowered' ? order > 0 : order === 0
  const wanted = step.type === 'raised' ? 'a graver one' : step.type === 'lowered' ? 'a less grave one' : 'the same'
  if (!fits) throw warningError('WARNING_LEVEL', { step: step.type, id: before.id, from, to, wanted })
  if (step.content.regime === 'food')
    throw warningError('WARNING_FOOD', { step: step.type, id: before.id, procedure: 'the procedure for food' })
  const evaluation = step.type === 'amended' ? undefined : step.evaluation
  if (evaluation !== undefined) requireOnFile(before, step.type, evaluation)
  const after = rewritten(before, step)
  requireContents(after, step.type, step.mandatoryMeasures)
  return changed(after, { kind: step.type, fromLevel: from, evaluation }, context)
}

function extended(before: WarningCase, step: Extract<WarningStep, { type: 'extended' }>, context: WarningStepContext): WarningCase {
  const { untilMs: from, ...rest } = before
  if (from === undefined || (step.untilMs !== undefined && step.untilMs <= from))
    throw warningError('WARNING_UNTIL', { id: before.id, from: shown(from), to: shown(step.untilMs) })
  if (step.evaluation !== undefined) requireOnFile(before, step.type, step.evaluation)
  const after = { ...decided(rest, step), ...(step.untilMs === undefined ? {} : { untilMs: step.untilMs }) }
  return changed(after, { kind: 'extended', fromLevel: before.level, evaluation: step.evaluation }, context)
}

function shown(untilMs: number | undefined): string {
  return untilMs === undefined ? 'never' : new Date(untilMs).toISOString()
}

interface Change {
  readonly kind: ChangeKind
  readonly fromLevel: WarningLevel
  readonly evaluation: string | undefined
}

function changed(after: WarningCase, { kind, fromLevel, evaluation }: Change, { atMs, by, why }: WarningStepContext): WarningCase {
  if (after.changes.length >= listMax) throw full(after, `${listMax} changes`)
  const version = after.version + 1
  const change = { version, kind, fromLevel, toLevel: after.level, atMs, by, why, ...(evaluation === undefined ? {} : { evaluation }) }
  const { published } = after
  return {
    ...after,
    version,
    changes: [...after.changes, change],
    ...(published === undefined ? {} : { published: { ...published, atMs, by } })
  }
}

function linked(before: WarningCase, step: Extract<WarningStep, { type: 'linked' }>): WarningCase {
  const joined = (known: readonly string[], more: readonly string[] | undefined) => {
    const all = [...new Set([...known, ...(more ?? [])])]
    if (all.length > listMax) throw full(before, `${listMax} linked cases`)
    return all
  }
  return {
    ...before,
    measures: joined(before.measures, step.measures),
    recalls: joined(before.recalls, step.recalls),
    evaluations: joined(before.evaluations, step.evaluations)
  }
}

function full({ id, status }: WarningCase, what: string) {
  return warningError('WARNING_STEP', { step: 'change', id, status, allowed: `a new case: this one has ${what}` })
}

function requireOnFile(before: WarningCase, step: WarningStepName, evaluation: string): void {
  if (!before.evaluations.includes(evaluation))
    throw warningError('WARNING_EVALUATION', { step, id: before.id, detail: `${evaluation} is not on its file`, verdict: step })
}

type StatedMeasures = Parameters<typeof publicationFaults>[1]

function requireContents(after: WarningCase, step: WarningStepName, mandatory: StatedMeasures, measureLater = false): void {
  const faults = publicationFaults(after, mandatory).filter((fault) => !measureLater || fault.pointer !== '/measuresStated')
  if (faults.length > 0) throw contentError('WARNING_INCOMPLETE', { step, id: after.id }, faults)
}
