/** The steps of a report's journal and what they make of it: received → triaged → linked → assessed | discarded (rules.md §3). Pure. */
import { Type, type Static } from 'typebox'
import { reportError } from './report-errors.ts'
import { Attachment, DuplicateOf, LinkCandidate, ReportCase, ReportedHarm, ReportLink, type ReportStatus } from './report.ts'

const {
  id: _id,
  status: _status,
  updatedAtMs: _updated,
  notDuplicateOf: _not,
  conclusion: _conclusion,
  ...receivedMembers
} = ReportCase.properties
const { discardedFor: _discarded, policyVersion: _policy, ...content } = receivedMembers

/** Payloads of more characters are kept as their head of so many, their size and their digest. */
export const rawLengthMax = 131_072

/** What came in, word for word. */
export const RawPayload = Type.Object({
  mediaType: Type.String({ maxLength: 128 }),
  text: Type.String({ maxLength: rawLengthMax }),
  bytes: Type.Integer({ minimum: 0 }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' })
})
export type RawPayload = Static<typeof RawPayload>

const PolicyVersion = { policyVersion: Type.Integer({ minimum: 1 }) }

export const ReportStep = Type.Union([
  Type.Object({ type: Type.Literal('received'), content: Type.Object(content), raw: RawPayload, ...PolicyVersion }),
  /** A person looked at it: corrects how far it is relied on and what harm it tells of. */
  Type.Object({
    type: Type.Literal('triaged'),
    reliability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    harm: Type.Optional(ReportedHarm),
    ...PolicyVersion
  }),
  Type.Object({ type: Type.Literal('linked'), link: ReportLink, ...PolicyVersion }),
  /** The machine found the goods, or others, later, e.g. when the product was registered. */
  Type.Object({
    type: Type.Literal('proposed'),
    link: Type.Optional(ReportLink),
    candidates: Type.Array(LinkCandidate, { maxItems: 20 }),
    ...PolicyVersion
  }),
  Type.Object({ type: Type.Literal('duplicate'), of: DuplicateOf, ...PolicyVersion }),
  Type.Object({ type: Type.Literal('notDuplicate') }),
  Type.Object({ type: Type.Literal('attached'), attachment: Attachment }),
  Type.Object({ type: Type.Literal('contactRemoved') }),
  Type.Object({ type: Type.Literal('noted') }),
  Type.Object({
    type: Type.Literal('assessed'),
    text: Type.String({ minLength: 1, maxLength: 10_000 }),
    assessment: Type.Optional(Type.String({ maxLength: 128 })),
    warning: Type.Optional(Type.String({ maxLength: 128 })),
    ...PolicyVersion
  }),
  Type.Object({ type: Type.Literal('discarded') })
])
export type ReportStep = Static<typeof ReportStep>
export type ReportStepName = ReportStep['type']

/** From which states a step is allowed; `received` opens the case. */
export const reportSteps: Readonly<Record<ReportStepName, readonly ReportStatus[]>> = {
  received: [],
  triaged: ['received', 'triaged', 'linked'],
  linked: ['triaged', 'linked'],
  proposed: ['received', 'triaged'],
  duplicate: ['received', 'triaged', 'linked'],
  notDuplicate: ['received', 'triaged', 'linked'],
  attached: ['received', 'triaged', 'linked'],
  contactRemoved: ['received', 'triaged', 'linked', 'assessed', 'discarded'],
  noted: ['received', 'triaged', 'linked', 'assessed', 'discarded'],
  assessed: ['linked'],
  discarded: ['received', 'triaged', 'linked']
}

/** Whether it still needs somebody. */
export function isReportOpen(report: ReportCase): boolean {
  return report.status !== 'assessed' && report.status !== 'discarded'
}

export interface ReportStepContext {
  readonly id: string
  readonly atMs: number
  readonly why: string
}

/** Throws `REPORT_STEP` when the step is not allowed in that state. */
export function reduceReport(before: ReportCase | undefined, step: ReportStep, { id, atMs, why }: ReportStepContext): ReportCase {
  if (step.type === 'received') {
    if (before !== undefined) throw refusal(before, step)
    const { content: told, policyVersion } = step
    return { id, status: 'received', ...told, notDuplicateOf: [], updatedAtMs: atMs, policyVersion }
  }
  if (before === undefined || !reportSteps[step.type].includes(before.status)) throw refusal(before, step, id)
  return { ...change(before, step, why), updatedAtMs: atMs, ...('policyVersion' in step ? { policyVersion: step.policyVersion } : {}) }
}

function change(before: ReportCase, step: Exclude<ReportStep, { type: 'received' }>, why: string): ReportCase {
  switch (step.type) {
    case 'triaged':
      return {
        ...before,
        status: before.status === 'linked' ? 'linked' : 'triaged',
        reliability: step.reliability ?? before.reliability,
        harm: step.harm ?? before.harm
      }
    case 'linked':
      return { ...before, status: 'linked', link: step.link }
    case 'proposed': {
      const { link: _link, ...rest } = before
      return { ...rest, ...(step.link === undefined ? {} : { link: step.link }), candidates: step.candidates }
    }
    case 'duplicate':
      if (step.of.report === before.id) throw reportError('REPORT_DUPLICATE', { id: before.id, of: step.of.report })
      return { ...before, duplicateOf: step.of }
    case 'notDuplicate': {
      const { duplicateOf, ...rest } = before
      if (duplicateOf === undefined) throw reportError('REPORT_NO_DUPLICATE', { id: before.id })
      return { ...rest, notDuplicateOf: [...before.notDuplicateOf, duplicateOf.report].slice(-64) }
    }
    case 'attached':
      return { ...before, attachments: [...before.attachments, step.attachment] }
    case 'contactRemoved':
      return { ...before, contactKept: false }
    case 'noted':
      return before
    case 'assessed': {
      const { text, assessment, warning } = step
      const conclusion = { text, ...(assessment === undefined ? {} : { assessment }), ...(warning === undefined ? {} : { warning }) }
      return { ...before, status: 'assessed', conclusion }
    }
    case 'discarded':
      if (why.trim() === '') throw reportError('REPORT_REASON', { id: before.id })
      return { ...before, status: 'discarded', discardedFor: why }
    default:
      return neverStep(step)
  }
}

function refusal(before: ReportCase | undefined, step: ReportStep, id = before?.id ?? ''): Error {
  const from = reportSteps[step.type]
  return reportError('REPORT_STEP', {
    id,
    step: step.type,
    status: before?.status ?? 'absent',
    wanted: from.length === 0 ? 'absent' : from.join(', ')
  })
}

function neverStep(step: never): never {
  throw new TypeError(`Cannot apply step: type is ${JSON.stringify(step)}`)
}
