/**
 * The one place where values change their unit: UCUM codes of what is measured around goods, each as a factor and an offset to a base
 * of its quantity. A code that is not listed converts to itself only. Pure; knows no metric.
 */

interface UnitFacts {
  readonly quantity: string
  /** base = value × factor + offset. */
  readonly factor: number
  readonly offset: number
}

const linear = (quantity: string, factors: Readonly<Record<string, number>>): [string, UnitFacts][] =>
  Object.entries(factors).map(([code, factor]) => [code, { quantity, factor, offset: 0 }])

/** Factors are those of UCUM 2.1; pound-force, inch and nautical mile are exact by definition. */
const units: ReadonlyMap<string, UnitFacts> = new Map<string, UnitFacts>([
  ['K', { quantity: 'temperature', factor: 1, offset: 0 }],
  ['Cel', { quantity: 'temperature', factor: 1, offset: 273.15 }],
  ['[degF]', { quantity: 'temperature', factor: 5 / 9, offset: 459.67 * (5 / 9) }],
  ['[degRe]', { quantity: 'temperature', factor: 1.25, offset: 273.15 }],
  ['mK', { quantity: 'temperature', factor: 1e-3, offset: 0 }],
  ...linear('pressure', {
    Pa: 1,
    hPa: 100,
    kPa: 1_000,
    MPa: 1e6,
    bar: 1e5,
    mbar: 100,
    atm: 101_325,
    '[psi]': 6_894.757_293_168_361,
    'mm[Hg]': 133.322_387_415,
    "[in_i'Hg]": 3_386.388_640_341,
    'm[H2O]': 9_806.65,
    'mm[H2O]': 9.806_65
  }),
  ...linear('ratio', { '1': 1, '%': 0.01, '[ppth]': 1e-3, '[ppm]': 1e-6, '[ppb]': 1e-9 }),
  ...linear('length', { m: 1, km: 1_000, dm: 0.1, cm: 0.01, mm: 1e-3, um: 1e-6, '[in_i]': 0.0254, '[ft_i]': 0.3048, '[mi_i]': 1_609.344 }),
  ...linear('mass', { g: 1, kg: 1_000, mg: 1e-3, t: 1e6, '[lb_av]': 453.592_37, '[oz_av]': 28.349_523_125 }),
  ...linear('time', { s: 1, ms: 1e-3, us: 1e-6, min: 60, h: 3_600, d: 86_400 }),
  ...linear('frequency', { Hz: 1, kHz: 1_000, '/min': 1 / 60, '{rpm}/min': 1 / 60 }),
  ...linear('speed', { 'm/s': 1, 'km/h': 1 / 3.6, '[kn_i]': 1_852 / 3_600, '[mi_i]/h': 0.447_04, 'cm/s': 0.01 }),
  ...linear('acceleration', { 'm/s2': 1, '[g]': 9.806_65 }),
  ...linear('volume', { L: 1, mL: 1e-3, m3: 1_000, '[gal_us]': 3.785_411_784, hL: 100 }),
  ...linear('flow', { 'L/s': 1, 'L/min': 1 / 60, 'L/h': 1 / 3_600, 'm3/h': 1 / 3.6, 'm3/s': 1_000 }),
  ...linear('power', { W: 1, mW: 1e-3, kW: 1_000, MW: 1e6, '[HP]': 745.699_871_582_270_2 }),
  ...linear('energy', { J: 1, kJ: 1_000, MJ: 1e6, GJ: 1e9, 'W.h': 3_600, 'kW.h': 3.6e6, 'MW.h': 3.6e9, cal: 4.184, kcal: 4_184 }),
  ...linear('current', { A: 1, mA: 1e-3, uA: 1e-6, kA: 1_000 }),
  ...linear('voltage', { V: 1, mV: 1e-3, uV: 1e-6, kV: 1_000 }),
  ...linear('resistance', { Ohm: 1, kOhm: 1_000, MOhm: 1e6 }),
  ...linear('illuminance', { lx: 1, klx: 1_000 }),
  ...linear('massConcentration', { 'g/m3': 1, 'mg/m3': 1e-3, 'ug/m3': 1e-6, 'mg/L': 1, 'g/L': 1_000, 'kg/m3': 1_000 }),
  ...linear('angle', { deg: Math.PI / 180, rad: 1 })
])

/** What devices write where UCUM has another code. */
const spellings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '°C': 'Cel',
    '℃': 'Cel',
    C: 'Cel',
    degC: 'Cel',
    '°F': '[degF]',
    '℉': '[degF]',
    F: '[degF]',
    degF: '[degF]',
    psi: '[psi]',
    mmHg: 'mm[Hg]',
    inHg: "[in_i'Hg]",
    ppm: '[ppm]',
    ppb: '[ppb]',
    '%RH': '%',
    '%rh': '%',
    percent: '%',
    Wh: 'W.h',
    kWh: 'kW.h',
    MWh: 'MW.h',
    lux: 'lx',
    l: 'L',
    ml: 'mL',
    'l/min': 'L/min',
    'l/h': 'L/h',
    'm³': 'm3',
    'm³/h': 'm3/h',
    'µg/m³': 'ug/m3',
    ft: '[ft_i]',
    in: '[in_i]',
    lb: '[lb_av]',
    kn: '[kn_i]',
    kph: 'km/h',
    mph: '[mi_i]/h',
    '°': 'deg',
    rpm: '/min',
    'rev/min': '/min',
    Ω: 'Ohm'
  })
)

/** The UCUM code of what a device wrote; annotations in braces are no part of the unit (UCUM §6). */
export function ucumCodeOf(text: string): string {
  const spelt = spellings.get(text.trim()) ?? text.trim()
  if (units.has(spelt)) return spelt
  const bare = spelt.replaceAll(/\{[^}]*\}/g, '')
  return bare === '' ? '1' : (spellings.get(bare) ?? bare)
}

/** The value in the other unit; undefined where one of the units is not known or they measure different quantities. */
export function convertUnit(value: number, from: string, to: string): number | undefined {
  const source = ucumCodeOf(from)
  const target = ucumCodeOf(to)
  if (source === target) return value
  const before = units.get(source)
  const after = units.get(target)
  if (before === undefined || after === undefined || before.quantity !== after.quantity) return undefined
  const converted = (value * before.factor + before.offset - after.offset) / after.factor
  // Binary fractions leave dust behind the twelfth digit, which a limit of exactly 8 °C would feel.
  return Number.isFinite(converted) ? Number(converted.toPrecision(12)) : converted
}
