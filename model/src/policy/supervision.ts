/**
 * The policy of supervision: when sampling is overdue, how a consignment's supervision is proposed, what moves a company's credit, and how
 * one comes on the blacklist and off it. The regulation names these things (tasks 1, 13, 14, 19 to 21) and leaves the figures open: they are
 * ours and say so.
 */
import { Type, type Static, type TSchema } from 'typebox'
import { BilingualText } from '../text.ts'

/** Task 20: 抽查, 检验, 验证, 采信, 合格保证. From the strictest to the lightest: inspection, sampling, verification, guarantee, acceptance. */
export const supervisionModes = ['inspection', 'sampling', 'verification', 'guarantee', 'acceptance'] as const
export type SupervisionMode = (typeof supervisionModes)[number]

export const creditGrades = ['A', 'B', 'C', 'D'] as const
export type CreditGrade = (typeof creditGrades)[number]

/** What is entered in a company's ledger, with a case that bears it. */
export const creditEntryKinds = [
  'conformantInspection',
  'voluntaryReport',
  'recallDoneInTime',
  'nonConformity',
  'lateReport',
  'orderNotCarriedOut',
  'concealment',
  'falseDocument',
  'seriousViolation'
] as const
export type CreditEntryKind = (typeof creditEntryKinds)[number]

const strict = { additionalProperties: false } as const
const Points = Type.Integer({ minimum: -100, maximum: 100 })
const Share = Type.Number({ minimum: 0, maximum: 1 })
const perMode = <const Schema extends TSchema>(schema: Schema) =>
  Type.Object({ inspection: schema, sampling: schema, verification: schema, guarantee: schema, acceptance: schema }, strict)
const perEntry = <const Schema extends TSchema>(schema: Schema) =>
  Type.Object(
    {
      conformantInspection: schema,
      voluntaryReport: schema,
      recallDoneInTime: schema,
      nonConformity: schema,
      lateReport: schema,
      orderNotCarriedOut: schema,
      concealment: schema,
      falseDocument: schema,
      seriousViolation: schema
    },
    strict
  )
const Duration = Type.Integer({ minimum: 1_000, maximum: 20 * 366 * 86_400_000, description: 'Milliseconds' })

export const SupervisionPolicy = Type.Object(
  {
    source: Type.String(),
    plans: Type.Object(
      {
        overdueShare: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Sampling is overdue when less than this share of what the time gone asks for is done'
        }),
        graceMs: Type.Integer({ minimum: 0, description: 'After the start of a plan, before which nothing is overdue' })
      },
      strict
    ),
    modes: Type.Object(
      {
        names: perMode(BilingualText),
        /** Share of consignments that are opened under a mode. */
        rates: perMode(Share),
        inspectFromHarm: Type.Integer({
          minimum: 1,
          maximum: 5,
          description: 'From this harm of a product on every consignment is inspected'
        }),
        inspectGrades: Type.Array(Type.Enum(creditGrades)),
        acceptGrades: Type.Array(Type.Enum(creditGrades), { description: 'Whose certificates of third parties are accepted' }),
        guaranteeGrades: Type.Array(Type.Enum(creditGrades), { description: 'Whose goods may leave the port under a quality guarantee' }),
        acceptUpToHarm: Type.Integer({ minimum: 0, maximum: 4 }),
        historyMs: Duration,
        inspectFromNonConformities: Type.Integer({ minimum: 1, description: 'Of the product or the company within the time looked back' })
      },
      strict
    ),
    guarantee: Type.Object({ untilMs: Duration }, strict),
    credit: Type.Object(
      {
        start: Points,
        /** An entry counts for so long; then it stands in the ledger and moves nothing. */
        countsMs: Duration,
        points: perEntry(Points),
        /** At least so many points for a grade; D below C. */
        gradesFrom: Type.Object({ A: Points, B: Points, C: Points }, strict),
        appealWithinMs: Duration
      },
      strict
    ),
    blacklist: Type.Object(
      {
        /** Entries that alone are a ground. */
        grounds: Type.Array(Type.Enum(creditEntryKinds)),
        /** Not sooner than this after the entry may one come off, and only without new grounds since. */
        stayAtLeastMs: Duration
      },
      strict
    )
  },
  strict
)
export type SupervisionPolicy = Static<typeof SupervisionPolicy>

const day = 86_400_000
const year = 365 * day

export const supervisionDefaults: SupervisionPolicy = {
  source:
    '[ours] Guofa [2017] No. 43, tasks 1, 13, 14 and 19 to 21 name plans, credit, blacklist and modes and leave the figures to the authority',
  plans: { overdueShare: 0.8, graceMs: 7 * day },
  modes: {
    names: {
      inspection: { zh: '检验', en: 'inspection' },
      sampling: { zh: '抽查', en: 'sampling' },
      verification: { zh: '验证', en: 'verification' },
      guarantee: { zh: '合格保证', en: 'guarantee of conformity' },
      acceptance: { zh: '采信', en: 'acceptance of a third party’s result' }
    },
    rates: { inspection: 1, sampling: 0.1, verification: 0.02, guarantee: 0.05, acceptance: 0.02 },
    inspectFromHarm: 4,
    inspectGrades: ['D'],
    acceptGrades: ['A', 'B'],
    guaranteeGrades: ['A', 'B', 'C'],
    acceptUpToHarm: 3,
    historyMs: year,
    inspectFromNonConformities: 2
  },
  guarantee: { untilMs: 30 * day },
  credit: {
    start: 60,
    countsMs: 3 * year,
    points: {
      conformantInspection: 1,
      voluntaryReport: 5,
      recallDoneInTime: 5,
      nonConformity: -8,
      lateReport: -5,
      orderNotCarriedOut: -10,
      concealment: -30,
      falseDocument: -30,
      seriousViolation: -60
    },
    gradesFrom: { A: 80, B: 60, C: 40 },
    appealWithinMs: 60 * day
  },
  blacklist: { grounds: ['concealment', 'falseDocument', 'seriousViolation'], stayAtLeastMs: year }
}
