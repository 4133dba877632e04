/**
 * What the instruments' readings are checked by. The rooms run faster than the clock that readings carry, so spans of time are
 * divided by the speed and rates multiplied by it, as it is done for the profiles.
 */
import { seriesCheckDefaults, type SeriesCheckSettings } from '@tracegate/detect/series-checks'

type Checks = Record<'temperature' | 'humidity', Partial<SeriesCheckSettings>>

/** A sensor of the port reads the same as before about once in eight times; so often in a row it does not in years. */
const flatLineCountMin = 10
const flatLineMsMin = 10_000
/** Up to this speed no room changes as fast as the default rates allow. */
const speedOfDefaultRates = 30

export function checksAt(speed: number): Checks {
  return { temperature: scaled('temperature', speed), humidity: scaled('humidity', speed) }
}

function scaled(quantity: keyof Checks, speed: number): Partial<SeriesCheckSettings> {
  const { flatLineMs, ratePerSecondSuspect, ratePerSecondFail } = seriesCheckDefaults[quantity]
  const faster = Math.max(1, speed / speedOfDefaultRates)
  return {
    flatLineMs: Math.max(flatLineMsMin, Math.round(flatLineMs / speed)),
    flatLineCountMin,
    ratePerSecondSuspect: ratePerSecondSuspect * faster,
    ratePerSecondFail: ratePerSecondFail * faster
  }
}
