/** How a device is doing, as the collector sees it: when it was last heard, what came of it, and whether its clock can be trusted. */
import { Type, type Static } from 'typebox'
import { BootId, TimeMs } from './wire.ts'

/**
 * ok: near ours. ahead, behind: off by a steady amount. jumping: it went back, or ahead, more than once within an hour. unknown: nothing came, or
 * only a backlog, whose times say nothing of the clock.
 */
export const clockStates = ['ok', 'ahead', 'behind', 'jumping', 'unknown'] as const
export type ClockState = (typeof clockStates)[number]

const count = Type.Integer({ minimum: 0 })

export const DeviceHealth = Type.Object({
  point: Type.String(),
  device: Type.String(),
  lastMessageAtMs: { ...TimeMs, description: 'When the platform last took a message of it' },
  boot: Type.Optional(BootId),
  lastHour: Type.Object(
    {
      messages: { ...count, description: 'New ones' },
      readings: count,
      events: count,
      historicalReadings: { ...count, description: 'Readings that came long after their time' },
      duplicates: { ...count, description: 'Messages that came again' },
      deadLetters: count
    },
    { description: 'In steps of five minutes, since this run of the platform began at the earliest' }
  ),
  clock: Type.Object({
    state: Type.Enum(clockStates),
    offsetMs: Type.Optional(
      Type.Integer({ description: 'Least time from the device’s clock to the receipt: negative when it is ahead; the way included' })
    )
  }),
  lagMs: Type.Optional(Type.Integer({ description: 'From its newest event time to the receipt of its last message' })),
  watermark: Type.Optional(Type.Object({ boot: BootId, upTo: Type.Integer({ minimum: -1 }) })),
  openGaps: { ...count, description: 'Gaps in its numbers that may still be filled, at most 1,000' }
})
export type DeviceHealth = Static<typeof DeviceHealth>
