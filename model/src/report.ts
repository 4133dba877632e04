/**
 * A report of harm or danger as it was told: by whom in what role, of which goods, with what injuries. What is done about it is a journal
 * whose reducer is in `report-reducer.ts`. It holds no name and no contact: these are kept apart, so that they can be removed.
 */
import { Type, type Static } from 'typebox'
import { attachmentMediaTypes } from './policy/reports.ts'
import { hazards, TraceKey } from './registers.ts'
import { reportSources } from './report-sources.ts'
import { TimeMs } from './wire.ts'

export const reportStatuses = ['received', 'triaged', 'linked', 'assessed', 'discarded'] as const
export type ReportStatus = (typeof reportStatuses)[number]

/** How it came in. An insider's report keeps no identity and its times are those of the hour. */
export const reportChannels = ['signedIn', 'public', 'insider', 'bulk'] as const
export type ReportChannel = (typeof reportChannels)[number]

/** Worst injury that it tells of; the grades of the European guidelines (Decision (EU) 2019/417, table of injuries: 1 to 4). */
export const injuryGrades = ['none', 'minor', 'treated', 'hospitalised', 'lasting', 'fatal'] as const
export type InjuryGrade = (typeof injuryGrades)[number]

export const reportTextMax = 20_000
const Line = Type.String({ maxLength: 256 })
const Words = Type.String({ minLength: 1, maxLength: 256 })

/** The goods in the words of the reporter, and every code that was scanned or typed. */
export const ReportedGoods = Type.Object(
  {
    name: Type.Optional(Words),
    brand: Type.Optional(Words),
    model: Type.Optional(Words),
    manufacturer: Type.Optional(Words),
    category: Type.Optional(Words),
    originCountry: Type.Optional(Line),
    codes: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 2_048 }), {
        maxItems: 64,
        description: 'As scanned or typed: GTIN, Digital Link, element string, EPC'
      })
    ),
    lot: Type.Optional(Type.String({ minLength: 1, maxLength: 20, description: 'Lot number as printed' })),
    serial: Type.Optional(Type.String({ minLength: 1, maxLength: 20, description: 'Serial number as printed' })),
    quantity: Type.Optional(Type.Object({ value: Type.Number({ minimum: 0 }), unit: Line }, { additionalProperties: false }))
  },
  { additionalProperties: false }
)
export type ReportedGoods = Static<typeof ReportedGoods>

export const ReportedHarm = Type.Object(
  {
    worst: Type.Enum(injuryGrades),
    injured: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    fatal: Type.Integer({ minimum: 0, maximum: 1_000_000 })
  },
  { additionalProperties: false }
)
export type ReportedHarm = Static<typeof ReportedHarm>

/** What anybody may tell; the members that a report shares whichever way it comes. */
export const ReportTold = Type.Object(
  {
    title: Type.Optional(Words),
    text: Type.String({ minLength: 1, maxLength: reportTextMax }),
    goods: ReportedGoods,
    harm: Type.Optional(ReportedHarm),
    hazard: Type.Optional(Type.Enum(hazards)),
    occurredMs: Type.Optional(TimeMs),
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2, where it happened' })),
    region: Type.Optional(Line),
    webAddress: Type.Optional(Type.String({ maxLength: 2_048, description: 'Where it was published, as text; never fetched' }))
  },
  { additionalProperties: false }
)
export type ReportTold = Static<typeof ReportTold>

export const Attachment = Type.Object(
  {
    id: Type.String(),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    bytes: Type.Integer({ minimum: 1 }),
    mediaType: Type.Enum(attachmentMediaTypes)
  },
  { title: 'attachment' }
)
export type Attachment = Static<typeof Attachment>

/** code: a code of the goods names it; name: brand and name fit; person: somebody said so. */
export const linkGrounds = ['code', 'name', 'person'] as const

/** The goods of the trace that the report is about. */
export const ReportLink = Type.Object(
  {
    product: Type.Optional(TraceKey),
    lots: Type.Array(TraceKey, { maxItems: 100 }),
    items: Type.Array(TraceKey, { maxItems: 100 }),
    ground: Type.Enum(linkGrounds),
    score: Type.Number({ minimum: 0, maximum: 1 })
  },
  { additionalProperties: false }
)
export type ReportLink = Static<typeof ReportLink>

export const LinkCandidate = Type.Object({ product: TraceKey, score: Type.Number({ minimum: 0, maximum: 1 }), why: Type.String() })
export type LinkCandidate = Static<typeof LinkCandidate>

/** sourceId: the source's own number; content: the same words of the same goods; similar: nearly so, within the time of one event. */
export const duplicateGrounds = ['sourceId', 'content', 'similar', 'person'] as const
export const DuplicateOf = Type.Object({
  report: Type.String(),
  ground: Type.Enum(duplicateGrounds),
  similarity: Type.Optional(Type.Number({ minimum: 0, maximum: 1 }))
})
export type DuplicateOf = Static<typeof DuplicateOf>

export const ReportCase = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(reportStatuses),
    source: Type.Enum(reportSources),
    channel: Type.Enum(reportChannels),
    /** The source's own number of it. */
    sourceId: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    /** Format it was read from, where it came as somebody else's notice. */
    format: Type.Optional(Type.String({ maxLength: 64 })),
    /** The account or key that handed it in; never that of an insider or of the public. */
    handedInBy: Type.Optional(Type.String({ maxLength: 128 })),
    receivedAtMs: TimeMs,
    told: ReportTold,
    /** SHA-256 of the receipt number: who holds the number may look up the state. */
    receipt: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Kept apart from the case: whether name or contact of the reporter are known. */
    contactKept: Type.Boolean(),
    attachments: Type.Array(Attachment, { maxItems: 64 }),
    /** Weight of one report when reports are counted; of its source, until a person corrects it. */
    reliability: Type.Number({ minimum: 0, maximum: 1 }),
    /** Harm as assessed by who triaged it; until then what was told. */
    harm: ReportedHarm,
    link: Type.Optional(ReportLink),
    candidates: Type.Array(LinkCandidate, { maxItems: 20 }),
    duplicateOf: Type.Optional(DuplicateOf),
    /** Reports from whose finding as duplicates a person has freed it: they are not found again. */
    notDuplicateOf: Type.Array(Type.String(), { maxItems: 64 }),
    conclusion: Type.Optional(
      Type.Object({ text: Type.String(), assessment: Type.Optional(Type.String()), warning: Type.Optional(Type.String()) })
    ),
    discardedFor: Type.Optional(Type.String()),
    updatedAtMs: TimeMs,
    policyVersion: Type.Integer({ minimum: 1 })
  },
  { title: 'report' }
)
export type ReportCase = Static<typeof ReportCase>
