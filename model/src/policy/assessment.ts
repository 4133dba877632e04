/** The policy of assessments (task 6): the matrix of severity and probability, what a step of a probability is, and what a risk means for harm. */
import { Type, type Static } from 'typebox'
import type { Reason } from '../errors.ts'

const closed = { additionalProperties: false } as const

/** From the least to the gravest. */
export const riskLevels = ['low', 'medium', 'high', 'serious'] as const
export type RiskLevel = (typeof riskLevels)[number]
const Risk = Type.Enum(riskLevels)
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Score = Type.Integer({ minimum: 1, maximum: 4 })

export const AssessmentPolicy = Type.Object(
  {
    id: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    source: Type.String(),
    matrix: Type.Object(
      {
        source: Type.String(),
        /** Gravest probability first; a probability belongs to the first row that it is strictly above. The last row is for the rest. */
        rows: Type.Array(
          Type.Object(
            {
              above: Type.Optional(
                Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, description: 'Strictly above; none: whatever is left' })
              ),
              /** By severity 1 to 4. */
              levels: Type.Tuple([Risk, Risk, Risk, Risk])
            },
            closed
          ),
          { minItems: 2, maxItems: 16 }
        )
      },
      closed
    ),
    /** What one step up or down is for the probability of a scenario's step: so many times more or less; the rows of the matrix are decades. */
    probabilityStep: Type.Integer({ minimum: 2, maximum: 1_000 }),
    harmOf: Type.Object({ low: Score, medium: Score, high: Score, serious: Score }, closed),
    /** Weights of the index of how well an assessment is founded; their sum is 1. */
    foundation: Type.Object({ evidence: Share, kinds: Share, basis: Share, robustness: Share }, closed),
    /** Pieces and kinds of evidence from which their share counts in full. */
    evidenceEnough: Type.Integer({ minimum: 1, maximum: 100 }),
    evidenceKindsEnough: Type.Integer({ minimum: 1, maximum: 8 }),
    /** What a product's worst assessed risk takes from the quality index of its group. */
    qualityWeights: Type.Object({ low: Share, medium: Share, high: Share, serious: Share }, closed)
  },
  closed
)
export type AssessmentPolicy = Static<typeof AssessmentPolicy>

/** What the schema cannot say: rows in order, and no cell less grave than one of less severity or less probability. */
export function assessmentFaults({ matrix, harmOf, foundation }: AssessmentPolicy): Reason[] {
  const faults: Reason[] = []
  const fault = (pointer: string, message: string) => faults.push({ code: 'POLICY_INVALID', pointer, message: `${pointer} ${message}` })
  const rank = (level: RiskLevel | undefined) => (level === undefined ? -1 : riskLevels.indexOf(level))
  for (const [at, row] of matrix.rows.entries()) {
    const pointer = `/matrix/rows/${at}`
    const below = matrix.rows[at + 1]
    if ((row.above === undefined) !== (below === undefined))
      fault(`${pointer}/above`, 'expected a number in every row but the last, and none in the last')
    if (row.above !== undefined && below?.above !== undefined && below.above >= row.above)
      fault(`${pointer}/above`, `is ${row.above} and the next row has ${below.above}, expected descending ones`)
    for (const [severity, level] of row.levels.entries()) {
      if (rank(row.levels[severity - 1]) > rank(level))
        fault(
          `${pointer}/levels/${severity}`,
          `is ${level}, expected no less than ${String(row.levels[severity - 1])} of a lesser severity`
        )
      const less = below?.levels[severity]
      if (rank(less) > rank(level))
        fault(`${pointer}/levels/${severity}`, `is ${level}, expected no less than ${String(less)} of a lesser probability`)
    }
  }
  const harms = riskLevels.map((level) => harmOf[level])
  if (harms.some((harm, at) => at > 0 && harm < (harms[at - 1] ?? 1))) fault('/harmOf', 'expected a graver risk to have no less harm')
  const sum = foundation.evidence + foundation.kinds + foundation.basis + foundation.robustness
  if (Math.abs(sum - 1) > 1e-9) fault('/foundation', `sums up to ${sum}, expected 1`)
  return faults
}

export const assessmentDefaults: AssessmentPolicy = {
  id: 'tracegate-assessment',
  version: 1,
  source: '[ours] Guofa [2017] No. 43, tasks 1 and 6 name hazards and the assessment, and leave the method to the authority',
  matrix: {
    source:
      'Commission Decision 2010/15/EU, appendix 5, table 4 (risk level from the combination of severity and probability), kept in Implementing Decision (EU) 2019/417',
    rows: [
      { above: 0.5, levels: ['high', 'serious', 'serious', 'serious'] },
      { above: 0.1, levels: ['medium', 'serious', 'serious', 'serious'] },
      { above: 0.01, levels: ['medium', 'serious', 'serious', 'serious'] },
      { above: 0.001, levels: ['low', 'high', 'serious', 'serious'] },
      { above: 0.0001, levels: ['low', 'medium', 'high', 'serious'] },
      { above: 0.00001, levels: ['low', 'low', 'medium', 'high'] },
      { above: 0.000001, levels: ['low', 'low', 'low', 'medium'] },
      { levels: ['low', 'low', 'low', 'low'] }
    ]
  },
  probabilityStep: 10,
  harmOf: { low: 1, medium: 2, high: 3, serious: 4 },
  foundation: { evidence: 0.3, kinds: 0.2, basis: 0.3, robustness: 0.2 },
  evidenceEnough: 5,
  evidenceKindsEnough: 3,
  qualityWeights: { low: 0.1, medium: 0.3, high: 0.6, serious: 1 }
}
