/** What a sensor makes of the truth: offset, noise, resolution, and the two faults a sensor can have. */
import type { Random } from './world/random.ts'

/** stuck: repeats the last value for ever. drift: wanders off by so much a minute of simulated time. */
export type SensorFault = { readonly type: 'stuck' } | { readonly type: 'drift'; readonly perMinute: number }

export interface Sensor {
  /** Measures; `minutes` of simulated time passed since the last measurement. */
  measure(truth: number, minutes: number): number
  fault: SensorFault | undefined
}

export interface SensorDesign {
  readonly offset: number
  readonly noise: number
  readonly resolution: number
  readonly low: number
  readonly high: number
}

export function createSensor(design: SensorDesign, random: Random): Sensor {
  let drifted = 0
  let last: number | undefined
  const sensor: Sensor = {
    fault: undefined,
    measure(truth, minutes) {
      if (sensor.fault?.type === 'stuck' && last !== undefined) return last
      drifted = sensor.fault?.type === 'drift' ? drifted + sensor.fault.perMinute * minutes : 0
      const raw = truth + design.offset + drifted + random.normal() * design.noise
      const steps = Math.round(1 / design.resolution)
      last = Math.min(design.high, Math.max(design.low, Math.round(raw * steps) / steps))
      return last
    }
  }
  return sensor
}
