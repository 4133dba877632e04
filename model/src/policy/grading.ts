/** The policy of grading: the table that makes a level of harm, urgency and scope, and the thresholds of the three (rules of task 8). */
import { Type, type Static } from 'typebox'

export const warningLevels = ['I', 'II', 'III', 'IV'] as const

const Thresholds = Type.Array(Type.Number(), { maxItems: 3, description: 'Ascending; the criterion is 1 plus how many are reached' })
const Score = Type.Integer({ minimum: 1, maximum: 4 })

export const GradingPolicy = Type.Object(
  {
    id: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    source: Type.String(),
    /** The first row that fits gives the level: harm at least, and where set max(urgency, scope) at least. */
    rows: Type.Array(
      Type.Object(
        { level: Type.Enum(warningLevels), harmAtLeast: Score, spreadAtLeast: Type.Optional(Score) },
        { additionalProperties: false }
      ),
      { minItems: 1, maxItems: 16 }
    ),
    scope: Type.Object({ lots: Thresholds, holders: Thresholds, regions: Thresholds }, { additionalProperties: false }),
    urgency: Type.Object(
      {
        kelvinPerHour: Type.Tuple([Type.Number(), Type.Number()], {
          description: 'Kelvin an hour out of the limits at which things get worse noticeably, and fast'
        }),
        doseShareSpoilt: Type.Number({ description: 'Share of the allowed degree-minutes at which goods are taken as spoilt' })
      },
      { additionalProperties: false }
    ),
    harmUnknown: Score
  },
  { additionalProperties: false }
)
export type GradingPolicy = Static<typeof GradingPolicy>

export const gradingDefaults: GradingPolicy = {
  id: 'tracegate-level',
  version: 1,
  source: '[ours] Guofa [2017] No. 43, task 8 names the criteria and leaves the table to the authority',
  rows: [
    { level: 'I', harmAtLeast: 4, spreadAtLeast: 3 },
    { level: 'II', harmAtLeast: 4 },
    { level: 'II', harmAtLeast: 3, spreadAtLeast: 3 },
    { level: 'III', harmAtLeast: 3 },
    { level: 'III', harmAtLeast: 2, spreadAtLeast: 3 },
    { level: 'IV', harmAtLeast: 1 }
  ],
  scope: { lots: [2, 5, 20], holders: [2, 4, 10], regions: [2, 3, 5] },
  urgency: { kelvinPerHour: [1, 4], doseShareSpoilt: 1 },
  harmUnknown: 2
}
