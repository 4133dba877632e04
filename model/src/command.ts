/**
 * Orders to a device and what it answers. Topics `tg/v1/{point}/{device}/command` and `…/command/reply`, both QoS 1, never
 * retained. An order has an id, so that it is carried out once, and a deadline, so that a late one does no harm.
 */
import { Type, type Static } from 'typebox'
import { Metric } from './telemetry.ts'
import { TimeMs } from './wire.ts'
import { wireVersion } from './wire-limits.ts'

/** The orders of contract version 1. */
export const commandNames = ['rebirth', 'rescan', 'holdGate', 'releaseGate', 'setInterval', 'configure'] as const
export type CommandName = (typeof commandNames)[number]

/** Most characters of a configuration that travels in an order. */
export const configurationCharactersMax = 131_072

const CommandId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Id of the order; repeated in the reply' })

const order = {
  v: Type.Literal(wireVersion),
  id: CommandId,
  issuedAtMs: TimeMs,
  deadlineMs: TimeMs
} as const

const reason = { reason: Type.Optional(Type.String({ maxLength: 256, description: 'Why, for people' })) } as const

const SetIntervalArguments = Type.Object(
  {
    metric: Type.Optional(Metric),
    intervalMs: Type.Integer({
      minimum: 100,
      maximum: 86_400_000,
      description: 'Time between two readings; of all metrics when none is named'
    })
  },
  { additionalProperties: false }
)

/** A configuration that only its owner could have written: Ed25519 (RFC 8032) over the text that `signedConfigurationText` gives. */
export const ConfigureArguments = Type.Object(
  {
    version: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Higher than that of every configuration taken before'
    }),
    configuration: Type.String({ minLength: 1, maxLength: configurationCharactersMax, description: 'YAML or JSON' }),
    keyId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Which of the keys the device trusts' }),
    signature: Type.String({ pattern: '^[A-Za-z0-9_-]{86}$', description: 'Ed25519 signature, base64url' })
  },
  { additionalProperties: false }
)
export type ConfigureArguments = Static<typeof ConfigureArguments>

const closed = { additionalProperties: false } as const

export const Command = Type.Union(
  [
    Type.Object({ ...order, name: Type.Literal('rebirth') }, closed),
    Type.Object({ ...order, name: Type.Literal('rescan') }, closed),
    Type.Object({ ...order, name: Type.Literal('holdGate'), args: Type.Optional(Type.Object(reason, closed)) }, closed),
    Type.Object({ ...order, name: Type.Literal('releaseGate'), args: Type.Optional(Type.Object(reason, closed)) }, closed),
    Type.Object({ ...order, name: Type.Literal('setInterval'), args: SetIntervalArguments }, closed),
    Type.Object({ ...order, name: Type.Literal('configure'), args: ConfigureArguments }, closed)
  ],
  { $id: 'https://tracegate.dev/schema/v1/command.json', title: 'command' }
)
export type Command = Static<typeof Command>

/** What became of an order. `accepted` may be followed by one of the others; they are final. */
export const commandStatuses = ['accepted', 'done', 'refused', 'failed', 'expired'] as const
export type CommandStatus = (typeof commandStatuses)[number]

export const CommandReply = Type.Object(
  {
    v: Type.Literal(wireVersion),
    id: CommandId,
    status: Type.Enum(commandStatuses, {
      description: 'refused: not known or not allowed; failed: tried in vain; expired: came after its deadline and was not tried'
    }),
    timeMs: TimeMs,
    message: Type.Optional(Type.String({ maxLength: 512, description: 'Why, for people' }))
  },
  { $id: 'https://tracegate.dev/schema/v1/command-reply.json', title: 'command-reply', additionalProperties: false }
)
export type CommandReply = Static<typeof CommandReply>

/** The bytes that the signature of a configuration covers: to whom, which version, and the text itself. */
export function signedConfigurationText(order: {
  readonly point: string
  readonly device: string
  readonly version: number
  readonly configuration: string
}): string {
  return `tracegate-configuration/1\n${order.point}/${order.device}\n${order.version}\n${order.configuration}`
}
