/**
 * The configuration of an edge agent: one schema, every member with its meaning, unit and default. It only describes;
 * `withDefaults` fills in what was left out. Sources have schemas of their own beside it.
 */
import { DeviceIdentity, MetricDeclaration } from '@tracegate/model/state'
import { BilingualText } from '@tracegate/model/text'
import { Device, TraceKey } from '@tracegate/model/registers'
import { TimeQuality } from '@tracegate/model/wire'
import { Type, type Static } from 'typebox'
import { MetricCheck } from './checks/check-config.ts'
import { dropPolicies } from './outbox/drop-policy.ts'
import { MetricAlarm, MetricSampling } from './sampling/sampling-config.ts'
import { SourceConfig } from './source/source-config.ts'

const Name = (description: string, example: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: `${description} (1 to 64 of A-Z a-z 0-9 _ -)`, examples: [example] })
const Milliseconds = (description: string, value: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000, default: value, description: `${description}, in milliseconds` }))
const Count = (description: string, value: number, maximum = 1_000_000) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, default: value, description }))

export const edgeDefaults = {
  timeQuality: 'unknown',
  outboxBytesMax: 268_435_456,
  outboxDropPolicy: 'oldest-telemetry',
  outboxSync: 'full',
  commitAfterMs: 20,
  sealAfterMs: 300_000,
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
  flushTimeoutMs: 1_500,
  devicesMax: 1_000,
  statusHost: '127.0.0.1',
  uplinkAlarmAfterMs: 60_000
} as const

export const EdgeDevice = Type.Object(
  {
    id: Name('Id of the device at this point, as in its topic', 'd1'),
    kind: Device.properties.kind,
    name: { ...BilingualText, description: 'Name in Chinese and English', examples: [{ zh: '冷库探头', en: 'Cold store probe' }] },
    place: Type.Optional(TraceKey),
    identity: Type.Optional(DeviceIdentity),
    metrics: Type.Array(MetricDeclaration, {
      maxItems: 1_000,
      default: [],
      description:
        'What it measures; published with its birth. Readings in another unit are converted where both are known, else refused; a value outside min and max is 4, fail',
      examples: [[{ metric: 'temperature', unit: 'Cel', min: -40, max: 60 }]]
    })
  },
  { additionalProperties: false, description: 'A device behind this agent' }
)
export type EdgeDevice = Static<typeof EdgeDevice>

/** A key that may sign configurations for this agent. */
const TrustedKey = Type.Object(
  {
    id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Id of the key, as in `keyId` of an order', examples: ['site-2026'] }),
    publicKey: Type.String({
      pattern: '^[A-Za-z0-9_-]{43}$',
      description: 'Ed25519 public key, 32 bytes in base64url (43 characters), as `npm run edge -- keys <folder>` prints it',
      examples: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo']
    })
  },
  { additionalProperties: false }
)
export type TrustedKey = Static<typeof TrustedKey>

const RemoteConfiguration = Type.Object(
  {
    allowBroker: Type.Optional(
      Type.Boolean({ default: false, description: 'Whether a signed configuration may change brokerUrl and brokerCaFile too' })
    ),
    confirmWithinMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 86_400_000,
        default: 300_000,
        description:
          'Without a connection to the broker for so long after a signed configuration was taken it is rolled back, in milliseconds'
      })
    )
  },
  { additionalProperties: false, default: {}, description: 'How signed configurations from the platform are taken' }
)

const UplinkAlarm = Type.Object(
  {
    command: Type.Array(Type.String({ minLength: 1, maxLength: 4_096 }), {
      minItems: 1,
      maxItems: 64,
      description:
        'Program and arguments, run without a shell; `raise` or `clear` and the time without a connection in ms are put after them',
      examples: [['/usr/local/bin/siren', '--relay=1']]
    }),
    timeoutMs: Type.Optional(
      Type.Integer({ minimum: 100, maximum: 600_000, default: 10_000, description: 'The program is ended after so long, in milliseconds' })
    )
  },
  { additionalProperties: false, description: 'What is run when the alarm of the uplink is raised and cleared' }
)

export const EdgeConfig = Type.Object(
  {
    point: Name('Monitoring point that the agent serves', 'cold-store'),
    agent: Name('Device id of the agent itself; it signs in as `{point}/{agent}`', 'edge-1'),
    secret: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_024,
        description: 'Password of the agent at the broker; better by secretFile or in the environment',
        examples: ['${env:TRACEGATE_EDGE_SECRET}']
      })
    ),
    secretFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'File that holds the password of the agent, with nothing else; its end of line is left out',
        examples: ['./edge.secret']
      })
    ),
    brokerUrl: Type.String({
      pattern: '^mqtts?://[^/@]+$',
      description: 'Broker, `mqtt://host:port` or `mqtts://host:port`, never with a secret',
      examples: ['mqtt://127.0.0.1:1883']
    }),
    brokerCaFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'PEM file of the authority that signed the certificate of the broker, for mqtts; those of the system when left out',
        examples: ['./broker-ca.pem']
      })
    ),
    dataDir: Type.String({
      minLength: 1,
      description: 'Folder of the outbox, the dead letter and the certificates; made when missing',
      examples: ['./data/edge-1']
    }),
    timeQuality: Type.Optional(TimeQuality),
    outboxBytesMax: Type.Optional(
      Type.Integer({
        minimum: 65_536,
        maximum: 1_099_511_627_776,
        default: edgeDefaults.outboxBytesMax,
        description: 'Most bytes that the files of the outbox take on the disk; what happens at the limit says outboxDropPolicy'
      })
    ),
    outboxDropPolicy: Type.Optional(
      Type.Enum(dropPolicies, {
        default: edgeDefaults.outboxDropPolicy,
        description:
          'Who gives way at the limit. oldest-telemetry: what has waited longest, in whole files, and its numbers tell how many readings were inside; newest-telemetry: what comes is refused. Events, scans and alarms never do'
      })
    ),
    outboxSync: Type.Optional(
      Type.Union([Type.Literal('full'), Type.Literal('normal')], {
        default: edgeDefaults.outboxSync,
        description: 'full: a commit survives the loss of power; normal: it survives the end of the process only'
      })
    ),
    commitAfterMs: Milliseconds('Longest wait for others to share one commit of the outbox', edgeDefaults.commitAfterMs),
    sealAfterMs: Milliseconds(
      'Longest wait of readings for others of their device while nothing can be sent; they are durable meanwhile',
      edgeDefaults.sealAfterMs
    ),
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
    statusPort: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description: 'Port of the status page, /status.json, /metrics and /health; 0 chooses a free one, none is opened when left out',
        examples: [9180]
      })
    ),
    statusHost: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        default: edgeDefaults.statusHost,
        description: 'Address that the status page listens on; beyond loopback anybody there can read it'
      })
    ),
    uplinkAlarmAfterMs: Milliseconds(
      'Time without a connection to the broker after which the local alarm is raised',
      edgeDefaults.uplinkAlarmAfterMs
    ),
    uplinkAlarm: Type.Optional(UplinkAlarm),
    trustedKeys: Type.Optional(
      Type.Array(TrustedKey, {
        maxItems: 16,
        default: [],
        description: 'Keys whose signed configurations are taken; none are taken without one'
      })
    ),
    gates: Type.Optional(
      Type.Array(
        Type.Object(
          { reader: Name('Device that scans', 'lane1'), gate: Name('Device that the orders holdGate and releaseGate go to', 'gate1') },
          { additionalProperties: false }
        ),
        {
          maxItems: 1_000,
          default: [],
          description: 'Which gate is held when goods are refused at a reader; the reader itself when it is not named here'
        }
      )
    ),
    controlKeys: Type.Optional(
      Type.Array(TrustedKey, {
        maxItems: 16,
        default: [],
        description: 'Keys whose signed lists of held goods are taken; without one every list is taken that the broker lets through'
      })
    ),
    remoteConfiguration: Type.Optional(RemoteConfiguration),
    devicesMax: Count(
      'Most devices that the agent speaks for, those that only a source names among them; of more nothing is taken',
      edgeDefaults.devicesMax,
      100_000
    ),
    checks: Type.Optional(Type.Array(MetricCheck, { maxItems: 1_000, default: [], description: 'QARTOD tests of the readings' })),
    alarms: Type.Optional(
      Type.Array(MetricAlarm, { maxItems: 1_000, default: [], description: 'Limits beyond which readings go ahead of all telemetry' })
    ),
    sampling: Type.Optional(
      Type.Array(MetricSampling, { maxItems: 1_000, default: [], description: 'Which readings are kept; every one when left out' })
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
export type ResolvedEdgeConfig = EdgeConfig & Required<Pick<EdgeConfig, keyof typeof edgeDefaults | 'secret'>>

/** `secretFile` and references must have been resolved before: see `load-config.ts`. */
export function withDefaults(config: EdgeConfig): ResolvedEdgeConfig {
  return { secret: '', ...edgeDefaults, ...config }
}
