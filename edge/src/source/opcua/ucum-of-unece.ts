/** Units of OPC UA variables: the UNECE Recommendation 20 code in EUInformation (OPC 10000-8 §5.6.3) as a UCUM code. Pure. */

/** Common code to UCUM, for what is measured on goods, places and machines. */
const ucumOfCode: Readonly<Record<string, string>> = {
  CEL: 'Cel',
  FAH: '[degF]',
  KEL: 'K',
  P1: '%',
  '59': '[ppm]',
  '61': '[ppb]',
  C62: '1',
  MTR: 'm',
  KMT: 'km',
  CMT: 'cm',
  MMT: 'mm',
  MTS: 'm/s',
  KMH: 'km/h',
  C16: 'mm/s',
  MSK: 'm/s2',
  DD: 'deg',
  C81: 'rad',
  KGM: 'kg',
  GRM: 'g',
  TNE: 't',
  LTR: 'L',
  MLT: 'mL',
  MTQ: 'm3',
  MQH: 'm3/h',
  MQS: 'm3/s',
  L2: 'L/min',
  E32: 'L/h',
  GP: 'mg/m3',
  GQ: 'ug/m3',
  SEC: 's',
  C26: 'ms',
  MIN: 'min',
  HUR: 'h',
  DAY: 'd',
  HTZ: 'Hz',
  KHZ: 'kHz',
  RPM: '{rev}/min',
  PAL: 'Pa',
  A97: 'hPa',
  KPA: 'kPa',
  BAR: 'bar',
  MBR: 'mbar',
  JOU: 'J',
  KJO: 'kJ',
  WHR: 'W.h',
  KWH: 'kW.h',
  MWH: 'MW.h',
  WTT: 'W',
  KWT: 'kW',
  MAW: 'MW',
  D54: 'W/m2',
  VLT: 'V',
  '2Z': 'mV',
  AMP: 'A',
  '4K': 'mA',
  OHM: 'Ohm',
  LUX: 'lx',
  LUM: 'lm',
  '2N': 'dB',
  Q30: '[pH]',
  BQL: 'Bq',
  A18: 'Bq/kg',
  D13: 'Sv'
}

/** What servers without codes write into the display name. */
const ucumOfSymbol: Readonly<Record<string, string>> = {
  '°C': 'Cel',
  '℃': 'Cel',
  '°F': '[degF]',
  K: 'K',
  '%': '%',
  '%RH': '%',
  '% r.H.': '%',
  ppm: '[ppm]',
  m: 'm',
  mm: 'mm',
  'm/s': 'm/s',
  'km/h': 'km/h',
  kg: 'kg',
  g: 'g',
  t: 't',
  l: 'L',
  L: 'L',
  'm³': 'm3',
  'm³/h': 'm3/h',
  s: 's',
  min: 'min',
  h: 'h',
  Hz: 'Hz',
  Pa: 'Pa',
  hPa: 'hPa',
  kPa: 'kPa',
  bar: 'bar',
  mbar: 'mbar',
  W: 'W',
  kW: 'kW',
  kWh: 'kW.h',
  V: 'V',
  A: 'A',
  lx: 'lx',
  dB: 'dB'
}

export interface UnitInformation {
  readonly namespaceUri: string
  readonly unitId: number
  readonly displayName: string
}

const uneceNamespace = 'http://www.opcfoundation.org/UA/units/un/cefact'

/** Undefined for a unit that the table does not have. */
export function ucumOf(unit: UnitInformation): string | undefined {
  const byCode = unit.namespaceUri === uneceNamespace ? ucumOfCode[commonCodeOf(unit.unitId)] : undefined
  return byCode ?? ucumOfSymbol[unit.displayName.trim()]
}

/** The code's characters are the bytes of the number, the first one highest: 4408652 is `CEL`. */
export function commonCodeOf(unitId: number): string {
  if (!Number.isInteger(unitId) || unitId <= 0 || unitId > 0x7fffffff) return ''
  const bytes = [24, 16, 8, 0].map((shift) => (unitId >>> shift) & 0xff)
  return String.fromCharCode(...bytes.filter((byte) => byte !== 0))
}

/** The number of a common code, as EUInformation carries it. */
export function unitIdOf(code: string): number {
  return Buffer.from(code, 'latin1').reduce((id, byte) => id * 256 + byte, 0)
}

/** All codes of the table, for its test and the published mapping. */
export const knownUnits: readonly (readonly [code: string, ucum: string])[] = Object.entries(ucumOfCode)
