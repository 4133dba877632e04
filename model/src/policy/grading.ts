/** The policy of grading: the table that makes a level of harm, urgency and scope, and the thresholds of the three (rules of task 8). */
import { Type, type Static } from 'typebox'
import type { Reason } from '../errors.ts'

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
    scope: Type.Object(
      { lots: Thresholds, holders: Thresholds, regions: Thresholds, goods: Thresholds },
      { additionalProperties: false, description: 'By count of lots, holders, countries and ports, and goods; the greatest counts' }
    ),
    urgency: Type.Object(
      {
        /** What each finding makes of urgency; the greatest of those that hold counts. */
        values: Type.Object(
          {
            closed: Score,
            open: Score,
            noticeable: Score,
            fast: Score,
            spoilt: Score,
            away: Score,
            onSale: Score,
            sold: Score,
            complaints: Score,
            injuries: Score
          },
          { additionalProperties: false }
        ),
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
  scope: { lots: [2, 5, 20], holders: [2, 4, 10], regions: [2, 3, 5], goods: [100, 1_000, 10_000] },
  urgency: {
    values: { closed: 1, open: 2, noticeable: 2, fast: 3, spoilt: 3, away: 3, onSale: 3, sold: 4, complaints: 3, injuries: 4 },
    kelvinPerHour: [1, 4],
    doseShareSpoilt: 1
  },
  harmUnknown: 2
}

const scores = [1, 2, 3, 4] as const
type Level = (typeof warningLevels)[number]

/** The level that the table gives; IV where no row fits. */
export function levelByRows(
  rows: GradingPolicy['rows'],
  values: { readonly harm: number; readonly urgency: number; readonly scope: number }
): Level {
  const spread = Math.max(values.urgency, values.scope)
  return rows.find((row) => values.harm >= row.harmAtLeast && spread >= (row.spreadAtLeast ?? 0))?.level ?? 'IV'
}

/** Two cases of which the graver one gets the less grave level; undefined when the table is monotone. */
export function monotonyCounterexample(rows: GradingPolicy['rows']) {
  for (const harm of scores)
    for (const urgency of scores)
      for (const scope of scores) {
        const less = { harm, urgency, scope }
        for (const name of ['harm', 'urgency', 'scope'] as const) {
          if (less[name] === 4) continue
          const more = { ...less, [name]: less[name] + 1 }
          const [before, after] = [levelByRows(rows, less), levelByRows(rows, more)]
          if (warningLevels.indexOf(after) > warningLevels.indexOf(before)) return { less, more, before, after }
        }
      }
  return undefined
}

/** What the schema cannot say: a table under which no criterion that rises ever lowers the level, and thresholds that ascend. */
export function gradingFaults({ rows, scope, urgency }: GradingPolicy): Reason[] {
  const faults: Reason[] = []
  const found = monotonyCounterexample(rows)
  if (found !== undefined) {
    const text = ({ harm, urgency: pressing, scope: spread }: typeof found.less) => `${harm}/${pressing}/${spread}`
    faults.push({
      code: 'POLICY_NOT_MONOTONE',
      pointer: '/rows',
      message: `/rows gives level ${found.before} for harm/urgency/scope ${text(found.less)} and the less grave ${found.after} for ${text(found.more)}, expected no criterion that rises to lower the level`
    })
  }
  const ascending = (list: readonly number[]) => list.every((value, at) => at === 0 || value > (list[at - 1] ?? 0))
  for (const name of ['lots', 'holders', 'regions', 'goods'] as const)
    if (!ascending(scope[name]))
      faults.push({
        code: 'POLICY_INVALID',
        pointer: `/scope/${name}`,
        message: `/scope/${name} is ${JSON.stringify(scope[name])}, expected ascending thresholds`
      })
  const [noticeable, fast] = urgency.kelvinPerHour
  if (fast < noticeable)
    faults.push({
      code: 'POLICY_INVALID',
      pointer: '/urgency/kelvinPerHour',
      message: `/urgency/kelvinPerHour is [${noticeable}, ${fast}], expected ascending ones`
    })
  const { values } = urgency
  for (const [less, more] of [
    ['closed', 'open'],
    ['noticeable', 'fast'],
    ['onSale', 'sold']
  ] as const)
    if (values[more] < values[less])
      faults.push({
        code: 'POLICY_NOT_MONOTONE',
        pointer: `/urgency/values/${more}`,
        message: `/urgency/values/${more} is ${values[more]} and ${less} is ${values[less]}, expected no less`
      })
  return faults
}
