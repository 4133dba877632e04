/**
 * What the kit saw and did, one entry after the other: the only thing the rules know, live or from a capture. An entry is plain data and
 * goes into a capture file as it is. Times are milliseconds of a clock that never jumps, counted from 1970.
 */
import { Type, type Static, type TProperties } from 'typebox'

const closed = { additionalProperties: false } as const
const Hex = Type.String({ pattern: '^([0-9a-f]{2})*$', description: 'Bytes in hexadecimal' })
const Text = Type.String({ maxLength: 65_535 })
const PacketId = Type.Integer({ minimum: 0, maximum: 65_535 })
const Qos = Type.Integer({ minimum: 0, maximum: 2 })
const Connection = Type.Integer({ minimum: 1, description: 'Number of the TCP connection, from 1' })
const AtMs = Type.Number({ description: 'When, in milliseconds since 1970-01-01T00:00:00Z, by a clock that never jumps' })

const sides = ['device', 'kit'] as const
const From = Type.Enum(sides, { description: 'Who sent the packet' })
export type Side = (typeof sides)[number]

/** Where the secret was found besides the password of CONNECT. */
const SecretIn = Type.Optional(
  Type.Array(Type.String({ maxLength: 32 }), { description: 'Where else the secret stood; it is blotted out' })
)

const hookNames = ['restart', 'clock', 'scan'] as const
export type HookName = (typeof hookNames)[number]

const entry = <const Name extends string, Properties extends TProperties>(type: Name, properties: Properties) =>
  Type.Object({ type: Type.Literal(type), atMs: AtMs, ...properties }, closed)

const Will = Type.Object({ topic: Text, qos: Qos, retain: Type.Boolean(), hex: Hex }, closed)

export const ConnectEntry = entry('connect', {
  connection: Connection,
  version: Type.Integer({ description: 'Protocol level: 4 is MQTT 3.1.1, 5 is MQTT 5' }),
  clientId: Text,
  clean: Type.Boolean(),
  keepAliveS: Type.Integer({ minimum: 0, maximum: 65_535 }),
  username: Type.Optional(Text),
  password: Type.Enum(['right', 'wrong', 'absent'], { description: 'The password itself is never written down' }),
  will: Type.Optional(Will),
  secretIn: SecretIn
})

export const PublishEntry = entry('publish', {
  connection: Connection,
  from: From,
  topic: Text,
  qos: Qos,
  retain: Type.Boolean(),
  dup: Type.Boolean(),
  id: Type.Optional(PacketId),
  hex: Hex,
  secretIn: SecretIn
})

export const Observation = Type.Union([
  entry('open', { connection: Connection }),
  ConnectEntry,
  entry('connack', { connection: Connection, code: Type.Integer({ minimum: 0, maximum: 255 }), sessionPresent: Type.Boolean() }),
  PublishEntry,
  entry('puback', { connection: Connection, from: From, id: PacketId }),
  entry('subscribe', {
    connection: Connection,
    filters: Type.Array(Type.Object({ filter: Text, qos: Qos }, closed), { maxItems: 1_000 })
  }),
  entry('packet', { connection: Connection, from: From, name: Type.String({ maxLength: 32 }) }),
  entry('disconnect', { connection: Connection, from: From }),
  entry('malformed', { connection: Connection, detail: Type.String({ maxLength: 512 }), hex: Hex }),
  entry('close', { connection: Connection, by: From }),
  entry('listener', { open: Type.Boolean({ description: 'false: the broker is down' }) }),
  entry('step', { name: Type.String({ maxLength: 64 }) }),
  entry('hook', {
    name: Type.Enum(hookNames),
    ok: Type.Boolean(),
    seconds: Type.Optional(Type.Number({ description: 'By how much the clock of the device was moved' })),
    detail: Type.Optional(Type.String({ maxLength: 512 }))
  }),
  entry('end', { dropped: Type.Integer({ minimum: 0, description: 'Entries beyond the limit of the log' }) })
])
export type Observation = Static<typeof Observation>
export type ConnectEntry = Static<typeof ConnectEntry>
export type PublishEntry = Static<typeof PublishEntry>

const Name = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

/** What the rules must know of the run besides its entries: the first line of a capture. */
export const Scene = Type.Object(
  {
    format: Type.Literal('tracegate-capture/1'),
    point: Name,
    device: Name,
    agent: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Device that signs in, where it is another' })),
    timeScale: Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Factor on every time limit; 1 for a real device' }),
    patienceMs: Type.Number({ minimum: 0, description: 'Wait for a device to connect again, before the scale' })
  },
  closed
)
export type Scene = Static<typeof Scene>

/** Takes entries in; full after so many. */
export interface Recorder {
  record(observation: Observation): void
  readonly observations: readonly Observation[]
  readonly full: boolean
}

export const observationsMax = 400_000

export function createRecorder(onEntry: (observation: Observation) => void = () => undefined): Recorder {
  const observations: Observation[] = []
  let dropped = 0
  let ended = false
  return {
    observations,
    get full() {
      return dropped > 0
    },
    record(observation) {
      // What comes while the endpoint is taken down is no part of the run.
      if (ended) return
      ended = observation.type === 'end'
      if (observations.length >= observationsMax && observation.type !== 'end') {
        dropped += 1
        return
      }
      const entry = observation.type === 'end' ? { ...observation, dropped } : observation
      observations.push(entry)
      onEntry(entry)
    }
  }
}
