/** The check that an agent can make alone: a value outside what its sensor can give, as its declaration says, is a fail. Pure. */
import { grossRangeFlag } from '@tracegate/detect/qartod'
import type { Reading } from '@tracegate/model/telemetry'
import type { EdgeDevice } from './config.ts'

/** Takes the `min` and `max` that devices declare for their metrics; readings of other metrics stay as they are. */
export function createRangeCheck(devices: readonly EdgeDevice[]): (reading: Reading) => Reading {
  const spans = new Map(
    devices.flatMap((device) =>
      device.metrics.flatMap(({ metric, min, max }): [string, [number, number]][] =>
        min === undefined && max === undefined ? [] : [[`${device.id}/${metric}`, [min ?? -Infinity, max ?? Infinity]]]
      )
    )
  )
  return (reading) => {
    const span = spans.get(`${reading.device}/${reading.metric}`)
    // One passed test does not make a reading good; it only fails here, or is judged by others.
    return span !== undefined && grossRangeFlag(reading.value, span, undefined) === 4 ? { ...reading, quality: 4 } : reading
  }
}
