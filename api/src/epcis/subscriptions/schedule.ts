/** When a schedule is due. It keeps no timer and asks no clock: others wait. */
import { Cron } from 'croner'
import {
  completeSchedule,
  readSchedule,
  scheduleFields,
  type QuerySchedule,
  type ScheduleValues
} from '@tracegate/model/epcis/query-schedule'

export interface Timetable {
  /** The first time after `afterMs` that the schedule is due; undefined when there is none any more. */
  nextMs(afterMs: number): number | undefined
}

/** All fields must hold, days of the month and of the week alike (EPCIS 2.0 §8.2.5.3); times are UTC. */
export function timetableOf(values: ScheduleValues): Timetable {
  const complete = completeSchedule(values)
  // The fields of a cron pattern come in the same order.
  const pattern = scheduleFields.map((field) => complete[field]?.join(',') ?? '*').join(' ')
  const cron = new Cron(pattern, { paused: true, timezone: 'UTC', mode: '6-part', domAndDow: true })
  return { nextMs: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() }
}

/** Of a schedule that was accepted before. */
export function timetableOfKept(schedule: QuerySchedule): Timetable | undefined {
  const read = readSchedule(schedule)
  return read.ok ? timetableOf(read.values) : undefined
}
