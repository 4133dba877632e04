/** Requests and answers of the intake of reports; api serves them, web asks them. */
import { Type, type Static } from 'typebox'
import { page, PageQuery } from './http.ts'
import { attachmentMediaTypes } from './policy/reports.ts'
import { TraceKey } from './registers.ts'
import { Attachment, LinkCandidate, ReportCase, ReportedHarm, reportStatuses, ReportTold } from './report.ts'
import { RawPayload } from './report-reducer.ts'
import { reportSources } from './report-sources.ts'
import { TimeMs } from './wire.ts'

const Contact = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    contact: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Telephone, mail or another way to ask back' }))
  },
  { additionalProperties: false }
)

export const ReportRequest = Type.Object(
  {
    source: Type.Enum(reportSources),
    sourceId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: "The source's own number; the same again changes nothing" })
    ),
    reporter: Type.Optional(Contact),
    report: ReportTold
  },
  { title: 'reportRequest', additionalProperties: false }
)

/** The complaint form of the public. `website` stays empty: people do not see it, programs fill it in. */
export const PublicReportRequest = Type.Object(
  {
    insider: Type.Optional(Type.Boolean({ description: 'Keep no identity: no contact, and of the time the hour only' })),
    reporter: Type.Optional(Contact),
    report: ReportTold,
    website: Type.Optional(Type.String({ maxLength: 256, description: 'Leave empty' }))
  },
  { title: 'publicReportRequest', additionalProperties: false }
)

export const ReportReceived = Type.Object({
  receipt: Type.String({ description: 'Shown once; with it the state can be looked up and photographs added' }),
  receivedAtMs: TimeMs,
  status: Type.Enum(reportStatuses)
})
export type ReportReceived = Static<typeof ReportReceived>

/** What the holder of a receipt may know. */
export const ReportState = Type.Object({
  status: Type.Enum(reportStatuses),
  receivedAtMs: TimeMs,
  attachments: Type.Integer({ minimum: 0 }),
  conclusion: Type.Optional(Type.String())
})
export type ReportState = Static<typeof ReportState>

export const ReportPage = page(ReportCase)
export const ReportQuery = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(['open', 'closed'] as const)),
  status: Type.Optional(Type.Enum(reportStatuses)),
  source: Type.Optional(Type.Enum(reportSources)),
  product: Type.Optional(TraceKey),
  duplicates: Type.Optional(Type.Boolean({ description: 'Whether those that tell of an event again are listed; they are where left out' }))
})
export type ReportQuery = Static<typeof ReportQuery>

export const ReportDetail = Type.Object({
  ...ReportCase.properties,
  length: Type.Integer({ minimum: 1, description: 'Steps of its journal: `expectedLength` of the next one' }),
  reporter: Type.Optional(Contact),
  raw: RawPayload,
  journal: Type.Array(
    Type.Object({ index: Type.Integer(), atMs: TimeMs, by: Type.String(), action: Type.String(), why: Type.String(), hash: Type.String() })
  )
})

const Why = Type.String({ minLength: 1, maxLength: 2_000 })
const ExpectedLength = Type.Optional(Type.Integer({ minimum: 0 }))
const Act = { why: Why, expectedLength: ExpectedLength }

export const TriageRequest = Type.Object(
  { ...Act, reliability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })), harm: Type.Optional(ReportedHarm) },
  { additionalProperties: false }
)
export const LinkRequest = Type.Object(
  {
    ...Act,
    goods: Type.Array(Type.String({ minLength: 1, maxLength: 2_048 }), {
      minItems: 1,
      maxItems: 100,
      description: 'Product, lots or items of one product, as key, Digital Link, EPC, element string or GTIN'
    })
  },
  { additionalProperties: false }
)
export const DuplicateRequest = Type.Object({ ...Act, of: Type.String({ minLength: 1, maxLength: 128 }) }, { additionalProperties: false })
export const ReasonRequest = Type.Object(Act, { additionalProperties: false })
export const ConcludeRequest = Type.Object(
  {
    ...Act,
    text: Type.String({ minLength: 1, maxLength: 10_000 }),
    assessment: Type.Optional(Type.String({ maxLength: 128 })),
    warning: Type.Optional(Type.String({ maxLength: 128 }))
  },
  { additionalProperties: false }
)
export const ReportStepAnswer = Type.Object({ report: ReportCase, length: Type.Integer({ minimum: 1 }) })
export const LinkCandidates = Type.Object({ candidates: Type.Array(LinkCandidate) })

export const ReportSummary = Type.Object({
  byStatus: Type.Record(Type.String(), Type.Integer()),
  bySource: Type.Record(Type.String(), Type.Integer()),
  duplicates: Type.Integer(),
  unlinked: Type.Integer(),
  held: Type.Integer({ description: 'Reports that these figures are of: the recent ones' })
})
export type ReportSummary = Static<typeof ReportSummary>

export const AttachmentAnswer = Attachment
export const attachmentTypes = attachmentMediaTypes

export const BulkRow = Type.Object({
  row: Type.Integer({ minimum: 0 }),
  outcome: Type.Enum(['received', 'known', 'duplicate', 'refused'] as const),
  id: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String())
})
export const BulkAnswer = Type.Object({
  format: Type.String(),
  rows: Type.Array(BulkRow),
  received: Type.Integer(),
  known: Type.Integer(),
  duplicates: Type.Integer(),
  refused: Type.Integer()
})
export type BulkAnswer = Static<typeof BulkAnswer>
