/** The checks that the agent makes of each reading, as they stand in the configuration. They only describe; `check.ts` makes them. */
import { Metric } from '@tracegate/model/telemetry'
import { Type, type Static } from 'typebox'

const Span = (description: string, example: readonly [number, number]) =>
  Type.Optional(
    Type.Tuple([Type.Number(), Type.Number()], {
      description: `${description}, as [low, high] in the unit of the metric`,
      examples: [example]
    })
  )
const Threshold = (description: string, example: number) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, description, examples: [example] }))

/** Thresholds of the QARTOD tests; those left out are not made. */
export const MetricCheck = Type.Object(
  {
    device: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,64}$',
        description: 'Device id; every device with this metric when left out',
        examples: ['d1']
      })
    ),
    metric: { ...Metric, examples: ['temperature'] },
    failSpan: Span('Gross range (QARTOD test 4): a value outside is 4, fail', [-40, 60]),
    suspectSpan: Span('Gross range: a value outside is 3, suspect', [-30, 40]),
    spikeSuspect: Threshold(
      'Spike (test 6): farther than this from the mean of the two readings before is 3; in the unit of the metric',
      3
    ),
    spikeFail: Threshold('Spike: farther than this is 4; in the unit of the metric', 10),
    rateSuspectPerSecond: Threshold('Rate of change (test 7): faster than this is 3; in the unit of the metric a second', 2),
    rateFailPerSecond: Threshold('Rate of change: faster than this is 4; in the unit of the metric a second', 5),
    flatTolerance: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        default: 1e-6,
        description: 'Flat line (test 8): readings that span less than this did not change; in the unit of the metric'
      })
    ),
    flatSuspectMs: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 604_800_000, description: 'Flat for so long is 3, in milliseconds', examples: [600_000] })
    ),
    flatFailMs: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 604_800_000, description: 'Flat for so long is 4, in milliseconds', examples: [3_600_000] })
    )
  },
  { additionalProperties: false, description: 'QARTOD tests of one metric; flags are lowered by them, never raised' }
)
export type MetricCheck = Static<typeof MetricCheck>
