/** Every message of the wire contract with its schema: what is published to device makers and what the contract version covers. */
import type { TSchema } from 'typebox'
import { Command, CommandReply } from './command.ts'
import { Committed } from './committed.ts'
import { ControlList } from './control.ts'
import { EventMessage } from './event-message.ts'
import { ScanMessage } from './scan.ts'
import { State } from './state.ts'
import { Telemetry } from './telemetry.ts'
import type { Channel } from './topics.ts'

/** Channel of the topic to the schema of its payload. */
export const wireSchemas = {
  telemetry: Telemetry,
  scan: ScanMessage,
  event: EventMessage,
  state: State,
  command: Command,
  'command/reply': CommandReply,
  committed: Committed
} as const satisfies Readonly<Record<Channel, TSchema>>
export type WireMessageName = keyof typeof wireSchemas

/** What the platform tells a monitoring point as a whole: no device's own channel, and nothing that the collector reads. */
export const pointSchemas = { control: ControlList } as const satisfies Readonly<Record<string, TSchema>>

export { platformSchemas } from './platform-messages.ts'

/** Name of the published schema of a channel: `command/reply` is `command-reply`. */
export function schemaNameOf(channel: string): string {
  return channel.replaceAll('/', '-')
}
