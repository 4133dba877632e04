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
  ['[degR]', { quantity: 'temperature', factor: 5 / 9, offset: 0 }],
  ['mK', { quantity: 'temperature', factor: 1e-3, offset: 0 }],
  ...linear('pressure', {
    Pa: 1,
    hPa: 100,
    kPa: 1_000,
    MPa: 1e6,
    GPa: 1e9,
    mPa: 1e-3,
    bar: 1e5,
    mbar: 100,
    atm: 101_325,
    '[psi]': 6_894.757_293_168_361,
    'mm[Hg]': 133.322_387_415,
    "[in_i'Hg]": 3_386.388_640_341,
    'm[H2O]': 9_806.65,
    'mm[H2O]': 9.806_65
  }),
  ...linear('ratio', {
    '1': 1,
    '%': 0.01,
    '[ppth]': 1e-3,
    '[ppm]': 1e-6,
    '[ppb]': 1e-9,
    '{pair}': 2,
    '{dozen}': 12,
    '{hundred}': 100,
    '{gross}': 144,
    '{thousand}': 1_000
  }),
  ...linear('length', {
    m: 1,
    km: 1_000,
    dm: 0.1,
    cm: 0.01,
    mm: 1e-3,
    um: 1e-6,
    nm: 1e-9,
    '[in_i]': 0.0254,
    '[ft_i]': 0.3048,
    '[yd_i]': 0.9144,
    '[mi_i]': 1_609.344,
    '[nmi_i]': 1_852
  }),
  ...linear('area', {
    m2: 1,
    km2: 1e6,
    dm2: 0.01,
    cm2: 1e-4,
    mm2: 1e-6,
    ar: 100,
    har: 1e4,
    '[acr_br]': 4_046.856_422_4,
    '[sin_i]': 6.4516e-4,
    '[sft_i]': 0.092_903_04,
    '[syd_i]': 0.836_127_36
  }),
  ...linear('mass', {
    g: 1,
    kg: 1_000,
    cg: 0.01,
    mg: 1e-3,
    ug: 1e-6,
    t: 1e6,
    '{100kg}': 1e5,
    '[gr]': 0.064_798_91,
    '[oz_av]': 28.349_523_125,
    '[oz_tr]': 31.103_476_8,
    '[lb_av]': 453.592_37,
    '[stone_av]': 6_350.293_18,
    '[ston_av]': 907_184.74,
    '[lton_av]': 1_016_046.908_8
  }),
  ...linear('time', { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9, min: 60, h: 3_600, d: 86_400, wk: 604_800, a_j: 31_557_600 }),
  ...linear('frequency', { Hz: 1, kHz: 1_000, MHz: 1e6, GHz: 1e9, '/min': 1 / 60, '{rpm}/min': 1 / 60 }),
  ...linear('speed', {
    'm/s': 1,
    'cm/s': 0.01,
    'mm/s': 1e-3,
    'km/h': 1 / 3.6,
    '[ft_i]/s': 0.3048,
    '[kn_i]': 1_852 / 3_600,
    '[mi_i]/h': 0.447_04
  }),
  ...linear('acceleration', { 'm/s2': 1, '[g]': 9.806_65 }),
  ...linear('volume', {
    L: 1,
    kL: 1_000,
    hL: 100,
    dL: 0.1,
    cL: 0.01,
    mL: 1e-3,
    uL: 1e-6,
    m3: 1_000,
    dm3: 1,
    cm3: 1e-3,
    mm3: 1e-6,
    '[gal_us]': 3.785_411_784,
    '[gal_br]': 4.546_09,
    '[qt_us]': 0.946_352_946,
    '[pt_us]': 0.473_176_473,
    '[foz_us]': 0.029_573_529_562_5,
    '[foz_br]': 0.028_413_062_5,
    '[bbl_us]': 158.987_294_928,
    '[cin_i]': 0.016_387_064,
    '[cft_i]': 28.316_846_592,
    '[cyd_i]': 764.554_857_984
  }),
  ...linear('flow', {
    'L/s': 1,
    'L/min': 1 / 60,
    'L/h': 1 / 3_600,
    'm3/h': 1 / 3.6,
    'm3/min': 1_000 / 60,
    'm3/s': 1_000,
    'mL/min': 1e-3 / 60,
    'mL/s': 1e-3
  }),
  ...linear('massFlow', { 'kg/s': 1, 'g/s': 1e-3, 'g/h': 1e-3 / 3_600, 'kg/min': 1 / 60, 'kg/h': 1 / 3_600, 't/h': 1 / 3.6 }),
  ...linear('force', { N: 1, mN: 1e-3, kN: 1_000, MN: 1e6 }),
  ...linear('torque', { 'N.m': 1, 'kN.m': 1_000 }),
  ...linear('power', { W: 1, uW: 1e-6, mW: 1e-3, kW: 1_000, MW: 1e6, GW: 1e9, '[HP]': 745.699_871_582_270_2 }),
  ...linear('energy', {
    J: 1,
    kJ: 1_000,
    MJ: 1e6,
    GJ: 1e9,
    'W.h': 3_600,
    'kW.h': 3.6e6,
    'MW.h': 3.6e9,
    cal: 4.184,
    kcal: 4_184,
    '[Btu_IT]': 1_055.055_852_62,
    'GW.h': 3.6e12,
    kcal_IT: 4_186.8,
    eV: 1.602_176_634e-19
  }),
  ...linear('charge', { 'A.s': 1, 'A.h': 3_600 }),
  ...linear('capacitance', { 'A.s/V': 1, uF: 1e-6, nF: 1e-9, pF: 1e-12 }),
  ...linear('conductance', { S: 1, mS: 1e-3, uS: 1e-6 }),
  ...linear('conductivity', { 'S/m': 1, 'mS/cm': 0.1, 'uS/cm': 1e-4 }),
  ...linear('inductance', { H: 1, mH: 1e-3, uH: 1e-6 }),
  ...linear('magneticFlux', { Wb: 1, mWb: 1e-3 }),
  ...linear('magneticFluxDensity', { T: 1, mT: 1e-3, uT: 1e-6, nT: 1e-9 }),
  ...linear('amountOfSubstance', { mol: 1, mmol: 1e-3, kmol: 1_000 }),
  ...linear('molarConcentration', { 'mol/m3': 1, 'mol/L': 1_000, 'mol/dm3': 1_000, 'mmol/L': 1 }),
  ...linear('molality', { 'mol/kg': 1, 'mmol/kg': 1e-3 }),
  ...linear('dynamicViscosity', { 'Pa.s': 1, 'mPa.s': 1e-3, cP: 1e-3, P: 0.1 }),
  ...linear('kinematicViscosity', { 'm2/s': 1, 'mm2/s': 1e-6, St: 1e-4, cSt: 1e-6 }),
  ...linear('surfaceDensity', { 'kg/m2': 1, 'g/m2': 1e-3, 'mg/m2': 1e-6 }),
  ...linear('irradiance', { 'W/m2': 1, 'mW/m2': 1e-3, 'uW/m2': 1e-6 }),
  ...linear('radioactivity', { Bq: 1, kBq: 1_000, MBq: 1e6, GBq: 1e9, Ci: 3.7e10 }),
  ...linear('absorbedDose', { Gy: 1, mGy: 1e-3, '{rad}': 0.01 }),
  ...linear('absorbedDoseRate', { 'Gy/s': 1, 'Gy/h': 1 / 3_600, 'mGy/h': 1e-3 / 3_600, 'uGy/h': 1e-6 / 3_600, 'nGy/h': 1e-9 / 3_600 }),
  ...linear('effectiveDose', { Sv: 1, mSv: 1e-3, '[REM]': 0.01 }),
  ...linear('effectiveDoseRate', { 'Sv/s': 3_600, 'Sv/h': 1, 'mSv/h': 1e-3, 'uSv/h': 1e-6, 'nSv/h': 1e-9 }),
  ...linear('information', { bit: 1, By: 8, kBy: 8_000, MBy: 8e6, GBy: 8e9 }),
  ...linear('current', { A: 1, mA: 1e-3, uA: 1e-6, kA: 1_000 }),
  ...linear('voltage', { V: 1, mV: 1e-3, uV: 1e-6, kV: 1_000 }),
  ...linear('resistance', { Ohm: 1, kOhm: 1_000, MOhm: 1e6 }),
  ...linear('illuminance', { lx: 1, klx: 1_000 }),
  ...linear('massConcentration', {
    'g/m3': 1,
    'mg/m3': 1e-3,
    'ug/m3': 1e-6,
    'mg/L': 1,
    'g/L': 1_000,
    'kg/m3': 1_000,
    'kg/L': 1e6,
    'g/cm3': 1e6
  }),
  ...linear('angle', { rad: 1, mrad: 1e-3, deg: Math.PI / 180, gon: Math.PI / 200, "'": Math.PI / 10_800, "''": Math.PI / 648_000 }),
  ...linear('angularVelocity', { 'rad/s': 1, 'deg/s': Math.PI / 180 })
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
  return (
    convert(from, to, (before, after) => (value * before.factor + before.offset - after.offset) / after.factor) ?? sameUnit(value, from, to)
  )
}

/** The same for a difference between two values, as a standard deviation: the offset between two scales does not count. */
export function convertUnitDifference(value: number, from: string, to: string): number | undefined {
  return convert(from, to, (before, after) => (value * before.factor) / after.factor) ?? sameUnit(value, from, to)
}

function sameUnit(value: number, from: string, to: string): number | undefined {
  return ucumCodeOf(from) === ucumCodeOf(to) ? value : undefined
}

const zeroDust = 1e-12

function convert(from: string, to: string, change: (before: UnitFacts, after: UnitFacts) => number): number | undefined {
  const source = ucumCodeOf(from)
  const target = ucumCodeOf(to)
  const before = units.get(source)
  const after = units.get(target)
  if (source === target || before === undefined || after === undefined || before.quantity !== after.quantity) return undefined
  const converted = change(before, after)
  // What is left of two scales that meet at zero is dust of their offsets.
  if (Math.abs(converted) < zeroDust * (Math.abs(before.offset) + Math.abs(after.offset))) return 0
  // Binary fractions leave dust behind the twelfth digit, which a limit of exactly 8 °C would feel.
  return Number.isFinite(converted) ? Number(converted.toPrecision(12)) : converted
}
