/**
 * What devices call a unit, as its UCUM code. Only names that mean one thing: a name that is not here and is no UCUM code is for the
 * configuration to explain.
 */

const names: Readonly<Record<string, string>> = {
  '°C': 'Cel',
  '℃': 'Cel',
  degC: 'Cel',
  deg_C: 'Cel',
  'deg C': 'Cel',
  Celsius: 'Cel',
  celsius: 'Cel',
  '°F': '[degF]',
  '℉': '[degF]',
  degF: '[degF]',
  'deg F': '[degF]',
  Fahrenheit: '[degF]',
  '%RH': '%',
  '% RH': '%',
  '%rH': '%',
  RH: '%',
  percent: '%',
  '‰': '[ppth]',
  ppm: '[ppm]',
  ppb: '[ppb]',
  bar: 'bar',
  mbar: 'mbar',
  psi: '[psi]',
  kWh: 'kW.h',
  Wh: 'W.h',
  MWh: 'MW.h',
  VA: 'V.A',
  kVA: 'kV.A',
  'm/s': 'm/s',
  'm/s²': 'm/s2',
  'km/h': 'km/h',
  'm³': 'm3',
  'm³/h': 'm3/h',
  'l/min': 'L/min',
  rpm: '/min',
  lux: 'lx',
  dB: 'dB',
  '°': 'deg',
  Ω: 'Ohm',
  µm: 'um',
  pH: '[pH]',
  sec: 's',
  hr: 'h'
}

/** UCUM codes that devices send as they are. */
const codes: ReadonlySet<string> = new Set(
  (
    '1 % Cel K [degF] Pa hPa kPa MPa bar mbar V mV kV A mA uA W kW MW Hz kHz MHz g kg t mg ug N kN J kJ MJ m mm cm km um s ms min h d ' +
    'L mL m2 m3 lx lm cd deg rad Ohm kOhm mol Bq Gy Sv uSv/h S mS/cm uS/cm [pH] m/s km/h L/min m3/h kg/h g/m3 mg/m3 ug/m3 [ppm] [ppb] dB B[10.nV]'
  ).split(' ')
)

/** `undefined` for a name that nobody has explained. `own` goes first. */
export function ucumOf(name: string, own: Readonly<Record<string, string>> = {}): string | undefined {
  const trimmed = name.trim()
  if (Object.hasOwn(own, trimmed)) return own[trimmed]
  if (Object.hasOwn(names, trimmed)) return names[trimmed]
  return codes.has(trimmed) ? trimmed : undefined
}
