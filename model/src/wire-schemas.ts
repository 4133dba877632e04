/** Every message of the wire contract with its schema: what is published to device makers and what the contract version covers. */
import type { TSchema } from 'typebox'
import { Committed } from './committed.ts'
import { EventMessage } from './event-message.ts'
import { ScanMessage } from './scan.ts'
import { State } from './state.ts'
import { Telemetry } from './telemetry.ts'
import type { Channel } from './topics.ts'

/** Channel of the topic to the schema of its payload. `command` and `command/reply` have none in version 1 yet. */
export const wireSchemas = {
  telemetry: Telemetry,
  scan: ScanMessage,
  event: EventMessage,
  state: State,
  committed: Committed
} as const satisfies Readonly<Partial<Record<Channel, TSchema>>>
export type WireMessageName = keyof typeof wireSchemas
