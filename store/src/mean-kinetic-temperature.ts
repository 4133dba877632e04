/**
 * The mean kinetic temperature (USP <1079>, ICH Q1A): the one temperature that would do a product the same harm as all that it had. Pure.
 * A reading adds its weight exp(-ΔH / (R·T)); the mean of weights, turned back, is the answer, so parts are put together by adding.
 */
import { convertUnit, ucumCodeOf } from '@tracegate/model/units'

/** ΔH 83.144 kJ/mol over R 8.314472 J/(mol·K), in kelvin. */
const activationK = 83_144 / 8.314_472
const kelvinOfZeroCel = 273.15
const units: ReadonlySet<string> = new Set(['Cel', 'K', '[degF]'])

/** kelvin = value × factor + offset. */
export interface KelvinScale {
  readonly factor: number
  readonly offset: number
}

/** Undefined where the unit is none of Cel, K and [degF]. */
export function kelvinScaleOf(unit: string): KelvinScale | undefined {
  if (!units.has(ucumCodeOf(unit))) return undefined
  const offset = convertUnit(0, unit, 'K')
  const thousand = convertUnit(1_000, unit, 'K')
  return offset === undefined || thousand === undefined ? undefined : { factor: (thousand - offset) / 1_000, offset }
}

/** The weight of one reading; 0 at and below absolute zero. */
export function kineticWeightOf(value: number, scale: KelvinScale): number {
  const kelvin = value * scale.factor + scale.offset
  return kelvin > 0 ? Math.exp(-activationK / kelvin) : 0
}

/** In Cel, of so many readings with that sum of weights. NaN of none. */
export function meanKineticTemperatureOf(weight: number, count: number): number {
  return count === 0 ? NaN : -activationK / Math.log(weight / count) - kelvinOfZeroCel
}
