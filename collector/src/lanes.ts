/**
 * The lanes of the log: trace events before alarms before telemetry, each with its own order, its own offset in the stores and its own
 * writer, so that neither waits for the backlog of another. Decides by what a message is, never by who sent it.
 */
import type { Taken } from './decode.ts'

/** event: scans, EPCIS events, births and deaths, replies; alarm: readings of a device's alarm lane; telemetry: all others. */
export const lanes = ['event', 'alarm', 'telemetry'] as const
export type Lane = (typeof lanes)[number]

/** Of the alarm lane: its boot is that of the device with this behind it (TG-414). */
const alarmLaneSuffix = '-a'

export function laneOf({ work, stream }: Taken): Lane {
  if (work.type !== 'readings') return 'event'
  return stream?.boot.endsWith(alarmLaneSuffix) === true ? 'alarm' : 'telemetry'
}

/** How a lane is named to the stores; the telemetry lane has the name that the whole log had before there were lanes. */
export function sourceName(log: string, lane: Lane): string {
  return lane === 'telemetry' ? log : `${log}-${lane}`
}

export function eachLane<Value>(make: (lane: Lane) => Value): Readonly<Record<Lane, Value>> {
  return { event: make('event'), alarm: make('alarm'), telemetry: make('telemetry') }
}
