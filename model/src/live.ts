/** What the live stream carries (`GET /api/v1/live`, Server-Sent Events): one schema per event name. */
import { Type, type Static } from 'typebox'
import { Anomaly } from './anomaly.ts'
import { Device } from './registers.ts'
import { QualityFlag } from './quality.ts'
import { WarningLevel } from './warning.ts'
import { TimeMs } from './wire.ts'

/** `[seriesKey, timeMs, value or null, quality]`: small, as thousands a second go out. */
export const LiveReading = Type.Tuple([Type.String(), TimeMs, Type.Union([Type.Number(), Type.Null()]), QualityFlag])
export type LiveReading = Static<typeof LiveReading>

export const LiveWarning = Type.Object({ id: Type.String(), level: WarningLevel, status: Type.String(), updatedAtMs: TimeMs })
export const LiveEvent = Type.Object({
  eventID: Type.String(),
  type: Type.String(),
  timeMs: TimeMs,
  bizStep: Type.Optional(Type.String()),
  place: Type.Optional(Type.String()),
  /** First key of the event and how many there are. */
  key: Type.Optional(Type.String()),
  count: Type.Integer()
})

/** Event name on the stream to the schema of its `data`. */
export const liveSchemas = {
  readings: Type.Object({ readings: Type.Array(LiveReading) }),
  anomaly: Anomaly,
  warning: LiveWarning,
  device: Device,
  event: LiveEvent
} as const
export type LiveEventName = keyof typeof liveSchemas
export type LiveMessage = {
  [Name in LiveEventName]: { readonly type: Name; readonly data: Static<(typeof liveSchemas)[Name]> }
}[LiveEventName]
