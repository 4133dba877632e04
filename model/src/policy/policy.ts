/**
 * The policy: every threshold, table, authority, time limit and channel that a decision rests on, as one versioned document. Each part of
 * the product owns the schema and the defaults of its section in this folder; what the regulation leaves open is ours and says so.
 */
import { Type, type Static } from 'typebox'
import { compileValidator, type Decoded } from '../codec.ts'
import { TimeMs } from '../wire.ts'
import { AssessmentPolicy, assessmentDefaults } from './assessment.ts'
import { ChannelsPolicy, channelsDefaults } from './channels.ts'
import { ExchangePolicy, exchangeDefaults } from './exchange.ts'
import { GradingPolicy, gradingDefaults } from './grading.ts'
import { MeasuresPolicy, measuresDefaults } from './measures.ts'
import { HandlingPolicy, handlingDefaults } from './handling.ts'
import { PublicationPolicy, publicationDefaults } from './publication.ts'
import { RecallPolicy, recallDefaults } from './recalls.ts'
import { ReportsPolicy, reportsDefaults } from './reports.ts'
import { SupervisionPolicy, supervisionDefaults } from './supervision.ts'

export const Policy = Type.Object(
  {
    grading: GradingPolicy,
    assessment: AssessmentPolicy,
    handling: HandlingPolicy,
    reports: ReportsPolicy,
    publication: PublicationPolicy,
    measures: MeasuresPolicy,
    channels: ChannelsPolicy,
    exchange: ExchangePolicy,
    recalls: RecallPolicy,
    supervision: SupervisionPolicy
  },
  { title: 'policy', additionalProperties: false }
)
export type Policy = Static<typeof Policy>

/** A policy with its place in time. Versions count from 1, which is the shipped one, and are never changed. */
export const PolicyVersion = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  /** From when decisions use it; decisions made before keep the version they used. */
  effectiveFromMs: TimeMs,
  by: Type.String(),
  why: Type.String(),
  policy: Policy
})
export type PolicyVersion = Static<typeof PolicyVersion>

export const policyDefaults: Policy = {
  grading: gradingDefaults,
  assessment: assessmentDefaults,
  handling: handlingDefaults,
  reports: reportsDefaults,
  publication: publicationDefaults,
  measures: measuresDefaults,
  channels: channelsDefaults,
  exchange: exchangeDefaults,
  recalls: recallDefaults,
  supervision: supervisionDefaults
}

const policies = compileValidator(Policy)

export function readPolicy(document: unknown): Decoded<Policy> {
  return policies.check(document)
}
