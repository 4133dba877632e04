/**
 * Which readings the agent keeps, and which of them are alarms, as it stands in the configuration. It only describes: `sampling.ts` and
 * `intake-alarm.ts` decide. The intervals are those of the temperature and humidity monitoring annex of China's GSP (《药品经营质量管理规范》
 * 附录《温湿度自动监测》): refreshed at least every minute, recorded at least every 30 minutes in storage and 5 in transport, and every 2 while
 * out of limits.
 */
import { Metric } from '@tracegate/model/telemetry'
import { Type, type Static } from 'typebox'

const Device = Type.Optional(
  Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Device id; every device with this metric when left out', examples: ['d1'] })
)
const OwnMetric = { ...Metric, examples: ['temperature'] }
const Limit = (description: string, example: number) => Type.Optional(Type.Number({ description, examples: [example] }))
const Interval = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000, description: `${description}, in milliseconds` }))

/** Limits of one metric beyond which its readings go ahead of all telemetry. */
export const MetricAlarm = Type.Object(
  {
    device: Device,
    metric: OwnMetric,
    low: Limit('A value below is out of limits; in the unit of the metric', 2),
    high: Limit('A value above is out of limits; in the unit of the metric', 8),
    onDelayMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 86_400_000,
        default: 0,
        description: 'Out of limits for so long, by the times of the readings, it is an alarm; in milliseconds'
      })
    )
  },
  {
    additionalProperties: false,
    description: 'Alarm limits of one metric: its readings in alarm, and the one that ends it, are sent ahead of all telemetry'
  }
)
export type MetricAlarm = Static<typeof MetricAlarm>

const samplingPolicies = ['all', 'coldChainStorage', 'coldChainTransport'] as const

/** How often readings of one metric are kept. */
export const MetricSampling = Type.Object(
  {
    device: Device,
    metric: OwnMetric,
    policy: Type.Enum(samplingPolicies, {
      description:
        'all: every reading; coldChainStorage: one in 30 minutes; coldChainTransport: one in 5 minutes; both one in 2 minutes out of limits, and always the extremes between two, changes of quality and of alarm'
    }),
    low: Limit('Least value within limits; that of the alarm when left out', 2),
    high: Limit('Greatest value within limits; that of the alarm when left out', 8),
    recordMs: Interval('Kept at least so often within limits; 1800000 in storage, 300000 in transport when left out'),
    recordOutMs: Interval('Kept at least so often out of limits; 120000 when left out'),
    refreshMs: Interval('A device that gives no reading for so long is late: counted, and its next reading kept; 60000 when left out')
  },
  { additionalProperties: false, description: 'Which readings of one metric are kept' }
)
export type MetricSampling = Static<typeof MetricSampling>
