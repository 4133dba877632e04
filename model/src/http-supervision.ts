/** Requests and answers about plans, draws, consignments, credit and certificates; beside `http.ts`. */
import { Type, type Static } from 'typebox'
import { creditEntryKinds, creditGrades, supervisionModes } from './policy/supervision.ts'
import { TraceKey } from './registers.ts'
import { Certificate, CertificateContent, Laboratory } from './supervision/certificate.ts'
import { Consignment, Declaration } from './supervision/consignment.ts'
import { CreditLedger } from './supervision/credit.ts'
import { DoubleDraw, DrawLists, inspectionOutcomes } from './supervision/double-draw.ts'
import { PlanCoverage } from './supervision/plan-coverage.ts'
import { MonitoringPlan, PlanContent } from './supervision/plan.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

const Id = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })
const strict = { additionalProperties: false } as const
/** In every call that changes a case: why, and the length of the journal that the caller has seen. */
const signed = {
  why: Type.Optional(Type.String({ maxLength: 2_048 })),
  expectedLength: Type.Optional(Type.Integer({ minimum: 0 }))
} as const
const page = <const Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema) =>
  Type.Object({ items: Type.Array(schema), next: Type.Optional(Type.String()) })

const Step = Type.Object({
  index: Type.Integer(),
  atMs: TimeMs,
  by: Type.String(),
  action: Type.String(),
  why: Type.String(),
  hash: Type.String()
})
const journal = { journal: Type.Array(Step), length: Type.Integer() } as const

export const PlanPage = page(MonitoringPlan)
export const PlanDetail = Type.Object({ ...MonitoringPlan.properties, coverage: PlanCoverage, ...journal })
export const PlanRequest = Type.Object({ id: Id, ...PlanContent.properties, ...signed }, strict)
export const PlanAmendment = Type.Object({ ...PlanContent.properties, ...signed }, strict)
export const PlainStep = Type.Object({ ...signed }, strict)
export const SampleRequest = Type.Object(
  {
    id: Id,
    item: Id,
    point: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    takenMs: TimeMs,
    goods: Type.Array(TraceKey, { maxItems: 64 }),
    consignment: Type.Optional(Id),
    ...signed
  },
  strict
)
export const SampleResult = Type.Object({ sample: Id, conforms: Type.Boolean(), certificate: Type.Optional(Id), ...signed }, strict)
export const PlanPublication = Type.Object({ summary: BilingualText, ...signed }, strict)
export const PublicPlan = Type.Object({
  id: Id,
  title: BilingualText,
  summary: Type.Optional(BilingualText),
  fromMs: TimeMs,
  toMs: TimeMs,
  publishedMs: Type.Optional(TimeMs),
  coverage: PlanCoverage
})

export const DrawPage = page(DoubleDraw)
export const DrawDetail = Type.Object({ ...DoubleDraw.properties, ...journal })
export const DrawRequest = Type.Object(
  {
    id: Id,
    ...DrawLists.properties,
    commitment: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of a secret of yours; without it a secret is made and shown once' })
    ),
    ...signed
  },
  strict
)
export const DrawAnnounced = Type.Object({
  ...DoubleDraw.properties,
  ownSecret: Type.Optional(Type.String({ description: 'Shown once; needed to carry the draw out' }))
})
export const DrawRevealed = Type.Object(
  { secret: Type.String({ minLength: 16, maxLength: 256 }), publicValue: Type.String({ minLength: 1, maxLength: 256 }), ...signed },
  strict
)
export const DrawInspection = Type.Object(
  {
    subject: Type.String({ minLength: 1, maxLength: 256 }),
    outcome: Type.Enum(inspectionOutcomes),
    note: Type.Optional(Type.String({ maxLength: 2_048 })),
    ...signed
  },
  strict
)
export const DrawVerdict = Type.Object({ ok: Type.Boolean(), faults: Type.Array(Type.String()) })

export const ConsignmentPage = page(Consignment)
export const ConsignmentDetail = Type.Object({ ...Consignment.properties, ...journal })
export const DeclarationRequest = Type.Object({ ...Declaration.properties, ...signed }, strict)
export const ModeDecision = Type.Object({ mode: Type.Enum(supervisionModes), ...signed }, strict)
export const InspectionResult = Type.Object({ conforms: Type.Boolean(), certificate: Type.Optional(Id), ...signed }, strict)
export const GuaranteeRequest = Type.Object(
  { place: TraceKey, untilMs: Type.Optional(TimeMs), conditions: BilingualText, ...signed },
  strict
)

export const CreditDetail = Type.Object({
  gln: Type.String(),
  points: Type.Integer(),
  grade: Type.Enum(creditGrades),
  blacklisted: Type.Boolean(),
  ledger: Type.Optional(CreditLedger),
  ...journal
})
export const CreditEntryRequest = Type.Object(
  {
    entry: Id,
    kind: Type.Enum(creditEntryKinds),
    case: Type.Object({ kind: Type.String({ minLength: 1, maxLength: 32 }), id: Type.String({ minLength: 1, maxLength: 128 }) }, strict),
    why: Type.String({ minLength: 1, maxLength: 2_048 }),
    expectedLength: signed.expectedLength
  },
  strict
)
export const AppealRequest = Type.Object({ grounds: Type.String({ minLength: 1, maxLength: 2_048 }), ...signed }, strict)
export const AppealDecision = Type.Object(
  { upheld: Type.Boolean(), why: Type.String({ minLength: 1, maxLength: 2_048 }), expectedLength: signed.expectedLength },
  strict
)
export const BlacklistRequest = Type.Object(
  { ground: Id, why: Type.String({ minLength: 1, maxLength: 2_048 }), expectedLength: signed.expectedLength },
  strict
)
export const BlacklistExit = Type.Object(
  { why: Type.String({ minLength: 1, maxLength: 2_048 }), expectedLength: signed.expectedLength },
  strict
)
export const Blacklist = Type.Object({
  items: Type.Array(Type.Object({ gln: Type.String(), name: Type.Optional(BilingualText), sinceMs: TimeMs, why: Type.String() })),
  truncated: Type.Boolean()
})
export type Blacklist = Static<typeof Blacklist>

export const LaboratoryList = Type.Object({ items: Type.Array(Laboratory) })
export const CertificatePage = page(Certificate)
export const CertificateDetail = Type.Object({ ...Certificate.properties, ...journal })
export const CertificateRequest = Type.Object({ id: Id, ...CertificateContent.properties, ...signed }, strict)
export const Revocation = Type.Object(
  { why: Type.String({ minLength: 1, maxLength: 2_048 }), expectedLength: signed.expectedLength },
  strict
)

/** A heading of the inspection catalogue (task 19) with the time that it holds. */
export const CatalogueEntry = Type.Object(
  {
    hsPrefix: Type.String({ pattern: '^\\d{2,10}$' }),
    title: BilingualText,
    fromMs: TimeMs,
    untilMs: Type.Optional(TimeMs)
  },
  strict
)
export type CatalogueEntry = Static<typeof CatalogueEntry>
export const CatalogueList = Type.Object({ items: Type.Array(CatalogueEntry) })
