/** A product profile as the detectors use it: in degrees Celsius, with what it leaves out filled in. Pure. */
import type { ProductProfile } from '@tracegate/model/registers'
import { convertUnit, convertUnitDifference } from '@tracegate/model/units'

export interface ProfileLimits {
  readonly profile: ProductProfile
  readonly low: number | undefined
  readonly high: number | undefined
  readonly deadBand: number
  readonly degreeMinutesMax: number | undefined
  readonly outsideMsMax: number | undefined
  readonly cumulativeWindowMs: number
  readonly meanKineticTemperatureMax: number | undefined
  readonly intervalMaxMs: number
  readonly intervalOutsideMaxMs: number
}

/** GSP annex on automatic temperature and humidity monitoring: while out of limits a record at least every two minutes. */
const intervalOutsideMs = 120_000

export function limitsOf(profile: ProductProfile): ProfileLimits {
  const celsius = (value: number | undefined) => (value === undefined ? undefined : convertUnit(value, profile.unit, 'Cel'))
  const kelvins = (value: number) => convertUnitDifference(value, profile.unit, 'Cel') ?? value
  return {
    profile,
    low: celsius(profile.low),
    high: celsius(profile.high),
    deadBand: kelvins(profile.deadBand),
    degreeMinutesMax: profile.degreeMinutesMax === undefined ? undefined : kelvins(profile.degreeMinutesMax),
    outsideMsMax: profile.outsideMsMax,
    cumulativeWindowMs: profile.cumulativeWindowMs ?? profile.meanKineticWindowMs,
    meanKineticTemperatureMax: celsius(profile.meanKineticTemperatureMax),
    intervalMaxMs: profile.recordingIntervalMaxMs,
    intervalOutsideMaxMs: profile.recordingIntervalOutsideMaxMs ?? Math.min(intervalOutsideMs, profile.recordingIntervalMaxMs)
  }
}
