/** Requests and answers of `/api/v1/recalls` and `/api/v1/public/recalls`. Schemas only. */
import { Type, type Static } from 'typebox'
import { page, QueryTime } from './http.ts'
import { JournalEntry } from './http-details.ts'
import { CheckResult, EffectivenessSample, HolderReply, RecallCase, recallKinds, recallRoles, recallStatuses } from './recall-case.ts'
import { NoticeContent, NoticeFinding } from './recall-notice.ts'
import { FrozenScope, Knowledge, knowledgeMax, RecallPlan, Said, ScopeChange } from './recall-parts.ts'
import { ContactEntry, RecallReport } from './recall-steps.ts'
import { hazards, TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

const strict = { additionalProperties: false }
const id = Type.String({ minLength: 1, maxLength: 256 })

/** What every step may say of itself. */
const signed = {
  why: Type.Optional(Type.String({ maxLength: 2_000, description: 'Kept in the journal' })),
  role: Type.Optional(Type.Enum(recallRoles, { description: 'For callers with several rights: in which role' })),
  expectedLength: Type.Optional(Type.Integer({ minimum: 0, description: 'Steps of the journal that the caller has seen; others: 409' }))
}

export const RecallReportBody = Type.Object(
  {
    ...RecallReport.properties,
    origin: Type.Optional(Type.Partial(RecallReport.properties.origin)),
    drill: Type.Optional(Type.Boolean()),
    knowledge: Type.Optional(
      Type.Array(Knowledge, { maxItems: knowledgeMax, description: 'Time stamps that prove since when the company knew' })
    ),
    why: signed.why,
    role: signed.role
  },
  strict
)
export type RecallReportBody = Static<typeof RecallReportBody>

export const SignedBody = Type.Object(signed, strict)
export const RouteBody = Type.Object({ reference: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })), ...signed }, strict)
export const EvidenceBody = Type.Object({ knowledge: Type.Array(Knowledge, { minItems: 1, maxItems: knowledgeMax }), ...signed }, strict)
export const InvestigationBody = Type.Object({ question: Said, ...signed }, strict)
export const FindingBody = Type.Object(
  {
    verdict: Type.Union([Type.Literal('defect'), Type.Literal('noDefect')]),
    findings: Said,
    evidence: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { maxItems: 100 }),
    ...signed
  },
  strict
)
export const DeclineBody = Type.Object({ reason: Said, ...signed }, strict)
export const OrderBody = Type.Object({ authority: Said, basis: Said, urgent: Type.Optional(Said), ...signed }, strict)
export const PlanBody = Type.Object({ plan: RecallPlan, ...signed }, strict)
export const ScopeBody = Type.Object(
  {
    of: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 2_048 }), { minItems: 1, maxItems: 10_000 })),
    place: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048 })),
    from: Type.Optional(QueryTime),
    to: Type.Optional(QueryTime),
    warning: Type.Optional(id),
    anomaly: Type.Optional(id),
    knownAt: Type.Optional(QueryTime),
    reason: Type.Optional(Type.String({ maxLength: 2_000, description: 'Mandatory from the second version on' })),
    ...signed
  },
  strict
)
export const NoticeBody = Type.Object(
  {
    content: NoticeContent,
    override: Type.Optional(
      Type.String({ minLength: 8, maxLength: 2_000, description: 'Why findings of the lint are published all the same' })
    ),
    ...signed
  },
  strict
)
export const LintBody = Type.Object({ content: NoticeContent }, strict)
export const LintAnswer = Type.Object({ findings: Type.Array(NoticeFinding), policyVersion: Type.Integer() })
export const ContactsBody = Type.Object({ entries: Type.Array(ContactEntry, { minItems: 1, maxItems: 2_000 }), ...signed }, strict)
export const ReplyBody = Type.Object({ reply: HolderReply, ...signed }, strict)
export const SampleBody = Type.Object(
  {
    seed: Type.Optional(
      Type.String({ minLength: 8, maxLength: 256, description: 'Published before; without it the hash of the last step' })
    ),
    seedNote: Type.Optional(Type.String({ minLength: 1, maxLength: 512, description: 'Where the seed was published' })),
    ...signed
  },
  strict
)
export const ChecksBody = Type.Object({ results: Type.Array(CheckResult, { minItems: 1, maxItems: 500 }), ...signed }, strict)
export const ExtendBody = Type.Object(
  { reason: Said, completeBy: QueryTime, despitePassing: Type.Optional(Type.Boolean()), ...signed },
  strict
)
export const CloseBody = Type.Object({ summary: Said, ...signed }, strict)

/** A recall with how long its journal is; `journal` where one is asked for. */
export const RecallDetail = Type.Object({
  ...RecallCase.properties,
  length: Type.Integer({ minimum: 0 }),
  journal: Type.Optional(Type.Array(JournalEntry))
})
export type RecallDetail = Static<typeof RecallDetail>
export const RecallPage = page(RecallCase)

export const ScopeComparisonAnswer = Type.Object({
  change: ScopeChange,
  now: Type.Omit(FrozenScope, ['frozenAtMs', 'by', 'version', 'reason', 'change']),
  differs: Type.Boolean({ description: 'Whether a new version can be frozen' })
})

export const ManifestAnswer = Type.Object({
  recall: Type.String(),
  version: Type.Integer(),
  sha256: Type.String(),
  goods: Type.Array(
    Type.Object({
      key: Type.String(),
      state: Type.String(),
      holder: Type.String(),
      place: Type.Optional(Type.String()),
      quantities: Type.Optional(FrozenScope.properties.quantities)
    })
  )
})

export const SampleAnswer = Type.Object({
  sample: EffectivenessSample,
  rule: Type.String(),
  candidates: Type.Array(Type.Object({ id: Type.String(), stratum: Type.String() })),
  verified: Type.Boolean()
})

/** What anybody may know of a recall: no holders, no parties beyond the company that recalls. */
export const PublicRecall = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(recallStatuses),
    kind: Type.Optional(Type.Enum(recallKinds)),
    title: BilingualText,
    hazardKind: Type.Enum(hazards),
    company: BilingualText,
    products: Type.Array(TraceKey),
    lots: Type.Array(Type.String()),
    lotsFound: Type.Integer({ minimum: 0 }),
    goods: Type.Integer({ minimum: 0 }),
    notice: NoticeContent,
    noticeVersion: Type.Integer(),
    publishedAtMs: TimeMs,
    startedAtMs: Type.Optional(TimeMs),
    completeByMs: Type.Optional(TimeMs),
    closedAtMs: Type.Optional(TimeMs),
    correctionRate: Type.Optional(Type.Number()),
    scopeSha256: Type.String(),
    updatedAtMs: TimeMs
  },
  { title: 'publicRecall' }
)
export type PublicRecall = Static<typeof PublicRecall>
export const PublicRecallPage = Type.Object({ items: Type.Array(PublicRecall) })
