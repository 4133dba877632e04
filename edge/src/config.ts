/**
 * The configuration of an edge agent: one schema, every member with its meaning, unit and default. It only describes;
 * `withDefaults` fills in what was left out. Sources have schemas of their own beside it.
 */
import { DeviceIdentity, MetricDeclaration } from '@tracegate/model/state'
import { BilingualText } from '@tracegate/model/text'
import { Device, TraceKey } from '@tracegate/model/registers'
import { TimeQuality } from '@tracegate/model/wire'
import { Type, type Static } from 'typebox'
import { SourceConfig } from './source/source-config.ts'

const Name = (description: string) => Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description })
const Milliseconds = (description: string, value: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000, default: value, description: `${description}, in milliseconds` }))
const Count = (description: string, value: number, maximum = 1_000_000) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, default: value, description }))

export const edgeDefaults = {
  timeQuality: 'unknown',
  outboxBytesMax: 268_435_456,
  outboxSync: 'full',
  commitAfterMs: 20,
  batchReadingsMax: 200,
  batchAfterMs: 100,
  windowMessagesMax: 256,
  windowBytesMax: 8_388_608,
  watermarkTimeoutMs: 10_000,
  pubackTimeoutMs: 20_000,
  connectTimeoutMs: 10_000,
  backOffMinMs: 500,
  backOffMaxMs: 60_000,
  replayMessagesPerSecondMax: 2_000,
  flushTimeoutMs: 1_500
} as const

export const EdgeDevice = Type.Object(
  {
    id: Name('Id of the device at this point, as in its topic'),
    kind: Device.properties.kind,
    name: BilingualText,
    place: Type.Optional(TraceKey),
    identity: Type.Optional(DeviceIdentity),
    metrics: Type.Array(MetricDeclaration, { maxItems: 1_000, default: [], description: 'What it measures; published with its birth' })
  },
  { additionalProperties: false }
)
export type EdgeDevice = Static<typeof EdgeDevice>

export const EdgeConfig = Type.Object(
  {
    point: Name('Monitoring point that the agent serves'),
    agent: Name('Device id of the agent itself; it signs in as `{point}/{agent}`'),
    secret: Type.String({ minLength: 1, maxLength: 1_024, description: 'Password of the agent at the broker' }),
    brokerUrl: Type.String({
      pattern: '^mqtts?://[^/@]+$',
      description: 'Broker, `mqtt://host:port` or `mqtts://host:port`, never with a secret'
    }),
    dataDir: Type.String({ minLength: 1, description: 'Folder of the outbox, the dead letter and the certificates; made when missing' }),
    timeQuality: Type.Optional(TimeQuality),
    outboxBytesMax: Type.Optional(
      Type.Integer({
        minimum: 65_536,
        maximum: 1_099_511_627_776,
        default: edgeDefaults.outboxBytesMax,
        description: 'Most bytes of unsent and uncommitted messages; at the limit the oldest telemetry gives way, events and scans never'
      })
    ),
    outboxSync: Type.Optional(
      Type.Union([Type.Literal('full'), Type.Literal('normal')], {
        default: edgeDefaults.outboxSync,
        description: 'full: a commit survives the loss of power; normal: it survives the end of the process only'
      })
    ),
    commitAfterMs: Milliseconds('Longest wait for others to share one commit of the outbox', edgeDefaults.commitAfterMs),
    batchReadingsMax: Count('Most readings in one telemetry message', edgeDefaults.batchReadingsMax, 1_000),
    batchAfterMs: Milliseconds('Longest wait of a reading for others of its device', edgeDefaults.batchAfterMs),
    windowMessagesMax: Count('Most messages sent and not yet committed', edgeDefaults.windowMessagesMax, 65_535),
    windowBytesMax: Count('Most bytes sent and not yet committed', edgeDefaults.windowBytesMax, 1_073_741_824),
    watermarkTimeoutMs: Milliseconds(
      'Silence of the commit watermark after which acknowledged messages are sent again',
      edgeDefaults.watermarkTimeoutMs
    ),
    pubackTimeoutMs: Milliseconds('Wait for a PUBACK after which the connection is made anew', edgeDefaults.pubackTimeoutMs),
    connectTimeoutMs: Milliseconds('Wait for the broker to take the connection', edgeDefaults.connectTimeoutMs),
    backOffMinMs: Milliseconds('First wait between two attempts to connect; doubles, with jitter', edgeDefaults.backOffMinMs),
    backOffMaxMs: Milliseconds('Longest wait between two attempts to connect', edgeDefaults.backOffMaxMs),
    replayMessagesPerSecondMax: Count(
      'Most messages per second of a backlog; live ones are not held back',
      edgeDefaults.replayMessagesPerSecondMax
    ),
    flushTimeoutMs: Milliseconds(
      'Longest time to stop the sources, hand over what waits and say goodbye when the agent ends',
      edgeDefaults.flushTimeoutMs
    ),
    sources: Type.Array(SourceConfig, {
      maxItems: 64,
      default: [],
      description: 'Where readings and scans come from'
    }),
    devices: Type.Array(EdgeDevice, { maxItems: 1_000, default: [], description: 'The devices behind this agent' })
  },
  { additionalProperties: false }
)
export type EdgeConfig = Static<typeof EdgeConfig>

/** The configuration with every optional limit filled in. */
export type ResolvedEdgeConfig = EdgeConfig & Required<Pick<EdgeConfig, keyof typeof edgeDefaults>>

export function withDefaults(config: EdgeConfig): ResolvedEdgeConfig {
  return { ...edgeDefaults, ...config }
}
