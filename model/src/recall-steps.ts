/** The steps of a recall's journal: what each says, from which status it is allowed and who may take it (rules.md §3). Schemas and tables. */
import { Type, type Static } from 'typebox'
import {
  CheckResult,
  contactStatuses,
  EffectivenessSample,
  HolderReply,
  type RecallRole,
  recallRoles,
  type RecallStatus
} from './recall-case.ts'
import { FrozenScope, Knowledge, knowledgeMax, RecallCompany, recallHoldersMax, RecallPlan, Said } from './recall-parts.ts'
import { ManifestPart, manifestPartsMax } from './recall-manifest.ts'
import { NoticeContent, NoticeFinding } from './recall-notice.ts'
import { hazards, regimes, TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

const strict = { additionalProperties: false }
const Ids = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 100 })
const Evidence = Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { maxItems: 100 })

/** What a recall is reported with. */
export const RecallReport = Type.Object(
  {
    title: Said,
    description: Said,
    regime: Type.Enum(regimes),
    hazard: Type.Enum(hazards),
    harm: Type.Integer({ minimum: 1, maximum: 4 }),
    company: RecallCompany,
    products: Type.Array(TraceKey, { minItems: 1, maxItems: 100 }),
    origin: Type.Object({ warnings: Ids, anomalies: Ids, reports: Ids, assessments: Ids }, strict),
    drill: Type.Boolean()
  },
  strict
)
export type RecallReport = Static<typeof RecallReport>

export const ContactEntry = Type.Object(
  {
    holder: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    status: Type.Enum(contactStatuses),
    atMs: TimeMs,
    channel: Type.Optional(Type.String({ maxLength: 64 })),
    failure: Type.Optional(Type.String({ maxLength: 300, description: 'What went wrong' })),
    dead: Type.Optional(Type.Boolean({ description: 'Of a mail that failed: it is not tried again; false has a dead one tried anew' }))
  },
  strict
)
export type ContactEntry = Static<typeof ContactEntry>

const Version = { policyVersion: Type.Integer({ minimum: 1 }) }

/** `rules` and times in a step are those of the policy version it names, so that replaying it needs no policy. */
export const RecallStep = Type.Union([
  Type.Object({
    type: Type.Literal('reported'),
    report: RecallReport,
    role: Type.Enum(recallRoles),
    knowledge: Type.Array(Knowledge, { maxItems: knowledgeMax }),
    reportWithinMs: Type.Integer({ minimum: 0 }),
    ...Version
  }),
  /** The company reports what another one has reported before it. */
  Type.Object({ type: Type.Literal('companyReported'), ...Version }),
  Type.Object({
    type: Type.Literal('evidenceAdded'),
    knowledge: Type.Array(Knowledge, { minItems: 1, maxItems: knowledgeMax }),
    ...Version
  }),
  Type.Object({ type: Type.Literal('investigationOpened'), question: Said, dueMs: TimeMs, ...Version }),
  Type.Object({
    type: Type.Literal('investigationEnded'),
    verdict: Type.Union([Type.Literal('defect'), Type.Literal('noDefect')]),
    findings: Said,
    evidence: Evidence,
    /** When the voluntary plan is due, for a defect. */
    planDueMs: Type.Optional(TimeMs),
    ...Version
  }),
  Type.Object({ type: Type.Literal('planDeclined'), reason: Said, ...Version }),
  Type.Object({
    type: Type.Literal('ordered'),
    authority: Said,
    basis: Said,
    planDueMs: TimeMs,
    urgent: Type.Optional(Said),
    orderAtOnceFromHarm: Type.Integer({ minimum: 1, maximum: 5 }),
    ...Version
  }),
  Type.Object({
    type: Type.Literal('planned'),
    plan: RecallPlan,
    role: Type.Enum(recallRoles),
    remediesAtLeast: Type.Integer({ minimum: 1, maximum: 3 }),
    completeWithinMs: Type.Integer({ minimum: 0 }),
    ...Version
  }),
  Type.Object({
    type: Type.Literal('scopeFrozen'),
    scope: Type.Omit(FrozenScope, ['frozenAtMs', 'by']),
    manifest: Type.Array(ManifestPart, { maxItems: manifestPartsMax }),
    ...Version
  }),
  Type.Object({
    type: Type.Literal('noticePublished'),
    content: NoticeContent,
    findings: Type.Array(NoticeFinding),
    override: Type.Optional(Type.String({ minLength: 8, maxLength: 2_000 })),
    remediesAtLeast: Type.Integer({ minimum: 1, maximum: 3 }),
    ...Version
  }),
  Type.Object({ type: Type.Literal('started'), ...Version }),
  Type.Object({
    type: Type.Literal('contacted'),
    entries: Type.Array(ContactEntry, { minItems: 1, maxItems: recallHoldersMax }),
    ...Version
  }),
  Type.Object({ type: Type.Literal('replied'), holder: ContactEntry.properties.holder, reply: HolderReply, ...Version }),
  Type.Object({
    type: Type.Literal('sampleDrawn'),
    sample: Type.Omit(EffectivenessSample, ['drawnAtMs', 'by']),
    ...Version
  }),
  Type.Object({
    type: Type.Literal('checked'),
    results: Type.Array(CheckResult, { minItems: 1, maxItems: 500 }),
    ...Version
  }),
  Type.Object({ type: Type.Literal('effectivenessConcluded'), wanted: Type.Number({ minimum: 0, maximum: 1 }), ...Version }),
  Type.Object({ type: Type.Literal('extended'), reason: Said, completeByMs: TimeMs, despitePassing: Type.Boolean(), ...Version }),
  Type.Object({
    type: Type.Literal('closed'),
    /** The closing report as text (`recall-report.ts`), and its SHA-256. */
    report: Type.String({ maxLength: 8_388_608 }),
    reportSha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    summary: Said,
    ...Version
  }),
  Type.Object({
    type: Type.Literal('routed'),
    to: BilingualText,
    reference: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    ...Version
  })
])
export type RecallStep = Static<typeof RecallStep>
export type RecallStepType = RecallStep['type']

const early = ['reported', 'investigating', 'ordered', 'planned'] as const
const live = ['running', 'effectivenessChecked', 'extended'] as const

/** From which statuses each step is allowed; `none` is the case that is not there yet. */
export const recallTransitions: Readonly<Record<RecallStepType, readonly (RecallStatus | 'none')[]>> = {
  reported: ['none'],
  companyReported: [...early, ...live],
  evidenceAdded: [...early, ...live],
  investigationOpened: ['reported'],
  investigationEnded: ['investigating'],
  planDeclined: ['investigating'],
  ordered: ['investigating'],
  planned: ['reported', 'investigating', 'ordered', 'planned'],
  scopeFrozen: [...early, ...live],
  noticePublished: ['planned', ...live],
  started: ['planned'],
  contacted: ['planned', ...live],
  replied: ['planned', ...live],
  sampleDrawn: ['running', 'extended'],
  checked: ['running', 'extended'],
  effectivenessConcluded: ['running', 'extended'],
  extended: ['effectivenessChecked'],
  closed: ['effectivenessChecked'],
  routed: early
}

/** Who may take each step: the company by `respond`, the authority by `order`, an inspector by `inspect`, the machine by itself. */
export const recallStepRoles: Readonly<Record<RecallStepType, readonly RecallRole[]>> = {
  reported: ['company', 'authority'],
  companyReported: ['company'],
  evidenceAdded: ['authority', 'inspector', 'machine'],
  investigationOpened: ['authority'],
  investigationEnded: ['authority'],
  planDeclined: ['company'],
  ordered: ['authority'],
  planned: ['company', 'authority'],
  scopeFrozen: ['company', 'authority'],
  noticePublished: ['company', 'authority'],
  started: ['company', 'authority'],
  contacted: ['company', 'authority', 'machine'],
  replied: ['company', 'authority', 'machine'],
  sampleDrawn: ['inspector', 'authority'],
  checked: ['inspector'],
  effectivenessConcluded: ['inspector', 'authority'],
  extended: ['authority'],
  closed: ['authority'],
  routed: ['authority']
}
