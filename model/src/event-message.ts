/**
 * The event message: an EPCIS 2.0 event or document with its place in the sender's stream. Topic
 * `tg/v1/{point}/{device}/event`. A bare EPCIS event or document is taken as well; it is then known by its event id alone.
 */
import { Type, type Static } from 'typebox'
import { envelope } from './wire.ts'

export const EventMessage = Type.Object(
  { ...envelope, epcis: Type.Object({}, { additionalProperties: true, description: 'EPCIS 2.0 event or EPCISDocument' }) },
  { $id: 'https://tracegate.dev/schema/v1/event.json', title: 'event', additionalProperties: false }
)
export type EventMessage = Static<typeof EventMessage>
