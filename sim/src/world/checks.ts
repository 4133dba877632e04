/**
 * What the instruments' readings are checked by. The rooms run faster than the clock that readings carry, so spans of time are
 * divided by the speed and rates multiplied by it, as it is done for the profiles.
 */
import { readingDefaults, type ReadingParameters } from '@tracegate/detect/readings/reading-parameters'

/** A sensor of the port reads the same as before about once in eight times; so often in a row it does not in years. */
const flatLineCountMin = 10
const flatLineMsMin = 10_000
/** What comes back within two samples or three has not been away. */
const reopenMsMin = 5_000
/** Up to this speed no room changes as fast as the default rates allow. */
const speedOfDefaultRates = 30

export function checksAt(speed: number): Pick<ReadingParameters, 'rate' | 'flatLine' | 'grouping'> {
  const { rate, flatLine, grouping } = readingDefaults
  const faster = Math.max(1, speed / speedOfDefaultRates)
  const rateOf = ({ suspectPerSecond, failPerSecond }: ReadingParameters['rate']['temperature']) => ({
    suspectPerSecond: suspectPerSecond * faster,
    failPerSecond: failPerSecond * faster
  })
  const flatLineOf = ({ tolerance, durationMs }: ReadingParameters['flatLine']['temperature']) => ({
    tolerance,
    durationMs: Math.max(flatLineMsMin, Math.round(durationMs / speed)),
    countMin: flatLineCountMin
  })
  return {
    rate: { temperature: rateOf(rate.temperature), humidity: rateOf(rate.humidity) },
    flatLine: { temperature: flatLineOf(flatLine.temperature), humidity: flatLineOf(flatLine.humidity) },
    grouping: { ...grouping, reopenMs: Math.max(reopenMsMin, Math.round(grouping.reopenMs / speed)) }
  }
}
