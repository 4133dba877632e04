/** Which readings are alarms: those beyond the limits of their metric for long enough, and the one that ends it. Pure, one state a series. */
import type { MetricAlarm } from '../sampling/sampling-config.ts'

export interface AlarmState {
  readonly isAlarm: boolean
  /** Since when the value is out of limits, by the times of the readings. */
  readonly outSinceMs: number | undefined
}

export const quietAlarm: AlarmState = { isAlarm: false, outSinceMs: undefined }

export interface AlarmReading {
  readonly timeMs: number
  readonly value: number
  readonly quality: number
}

/** A reading that says nothing (missing, or failed its checks) changes nothing: a dead sensor must not end an alarm. */
export function judgeAlarm(
  state: AlarmState,
  reading: AlarmReading,
  limits: Pick<MetricAlarm, 'low' | 'high' | 'onDelayMs'>
): { readonly state: AlarmState; readonly isUrgent: boolean } {
  if (Number.isNaN(reading.value) || reading.quality === 9 || reading.quality === 4) return { state, isUrgent: state.isAlarm }
  if (!isOut(reading.value, limits)) return { state: quietAlarm, isUrgent: state.isAlarm }
  const outSinceMs = Math.min(state.outSinceMs ?? reading.timeMs, reading.timeMs)
  const isAlarm = state.isAlarm || reading.timeMs - outSinceMs >= (limits.onDelayMs ?? 0)
  return { state: { isAlarm, outSinceMs }, isUrgent: isAlarm }
}

/** Both ends count as within. */
export function isOut(value: number, limits: Pick<MetricAlarm, 'low' | 'high'>): boolean {
  return (limits.low !== undefined && value < limits.low) || (limits.high !== undefined && value > limits.high)
}
