/** How each QARTOD test of the cases is run: names of the cases' configuration on one side, arguments of `detect` on the other. It judges nothing. */
import { Type, type Static, type TSchema } from 'typebox'
import { flatLine, grossRange, rateOfChange, timeGap, type Span } from '@tracegate/detect/qartod'
import { climatology, climatologyPeriods, type ClimatologyMember } from '@tracegate/detect/qartod-climatology'
import { dataReception, impossibleDate, location, locationBounds, syntax, type Box } from '@tracegate/detect/qartod-message'
import { attenuatedSignal, densityInversion, percentileRange, spike, spikeMethods } from '@tracegate/detect/qartod-series'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import { combineFlags, qualityFlags, type QualityFlag } from '@tracegate/model/quality'

const column = Type.Optional(Type.Unknown())
export const Case = Type.Object({
  id: Type.String(),
  test: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
  input: Type.Object({ values: column, times: column, flags: column, depths: column, lon: column, lat: column }),
  expectedFlags: Type.Optional(Type.Array(Type.Number())),
  expectError: Type.Optional(Type.Boolean())
})
export type Case = Static<typeof Case>

const Nullable = Type.Union([Type.Number(), Type.Null()])
const Pair = Type.Tuple([Type.Number(), Type.Number()])
const numbers = compileValidator(Type.Array(Nullable))
const texts = compileValidator(Type.Array(Type.Union([Type.String(), Type.Null()])))
const flagRows = compileValidator(Type.Array(Type.Array(Type.Number())))
const pair = compileValidator(Pair)
const box = compileValidator(Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]))
const shape = compileValidator(Type.Array(Pair))
const members = compileValidator(
  Type.Array(
    Type.Object({
      tspan: Type.Union([Pair, Type.Tuple([Type.String(), Type.String()])]),
      vspan: Pair,
      fspan: Type.Optional(Type.Union([Pair, Type.Null()])),
      zspan: Type.Optional(Type.Union([Pair, Type.Null()])),
      period: Type.Optional(Type.Union([Type.Enum(climatologyPeriods), Type.Null()]))
    })
  )
)
const method = compileValidator(Type.Enum(spikeMethods))
const checkType = compileValidator(Type.Enum(['std', 'range'] as const))
const rangeMethod = compileValidator(Type.Enum(['haversine', 'wgs84'] as const))
const flagArea = compileValidator(Type.Enum(['outside', 'inside'] as const))
const lengthUnit = compileValidator(Type.Enum(['char', 'byte'] as const))
const text = compileValidator(Type.String())
const hourMs = 3_600_000

/** Each throws a `RangeError` for a configuration or an input that makes no sense. */
export const qartodTests: Readonly<Record<string, (one: Case) => QualityFlag[]>> = {
  aggregate: (one) => aggregate(take(flagRows, one.input.flags ?? [], one)),
  attenuatedSignal: (one) =>
    attenuatedSignal(valuesOf(one), timesOf(one).map(requireTime), {
      suspect: numberOf(one, 'suspectThreshold'),
      fail: numberOf(one, 'failThreshold'),
      checkType: has(one, 'checkType') ? take(checkType, one.config['checkType'], one) : 'std',
      ...optional(one, 'testPeriod', (seconds) => ({ periodMs: seconds * 1_000 })),
      ...optional(one, 'minObs', (countMin) => ({ countMin })),
      ...optional(one, 'minPeriod', (seconds) => ({ filledMsMin: seconds * 1_000 }))
    }),
  climatology: (one) =>
    climatology(
      { values: valuesOf(one), timesMs: timesOf(one), ...(one.input.depths === undefined ? {} : { depths: depthsOf(one) }) },
      take(members, one.config['periods'], one).map(memberOf)
    ),
  dataReception: (one) => {
    const fromMs = has(one, 'fromTime') ? timeOf(one, 'fromTime') : Date.now()
    return dataReception(timesOf(one), numberOf(one, 'failSpan') * hourMs, fromMs)
  },
  densityInversion: (one) => densityInversion(valuesOf(one), depthsOf(one), thresholdsOf(one)),
  flatLine: (one) =>
    flatLine(valuesOf(one), timesOf(one).map(requireTime), {
      suspectSeconds: numberOf(one, 'suspectThreshold'),
      failSeconds: numberOf(one, 'failThreshold'),
      tolerance: has(one, 'tolerance') ? numberOf(one, 'tolerance') : 0
    }),
  grossRange: (one) =>
    grossRange(valuesOf(one), {
      failSpan: spanOf(one, 'failSpan'),
      ...(has(one, 'suspectSpan') ? { suspectSpan: spanOf(one, 'suspectSpan') } : {})
    }),
  impossibleDate: (one) => {
    const nowMs = has(one, 'now') ? timeOf(one, 'now') : Date.now()
    return has(one, 'failSpan') ? impossibleDate(timesOf(one), nowMs, timeSpanOf(one)) : impossibleDate(timesOf(one), nowMs)
  },
  location: (one) =>
    location(positionsOf(one), {
      ...(has(one, 'bbox') ? { box: boxOf(one) } : {}),
      ...optional(one, 'rangeMax', (rangeMaxMetres) => ({ rangeMaxMetres })),
      ...(has(one, 'rangeMethod') ? { rangeMethod: take(rangeMethod, one.config['rangeMethod'], one) } : {})
    }),
  locationBounds: (one) =>
    locationBounds(positionsOf(one), take(shape, one.config['shape'], one), take(flagArea, one.config['flagArea'], one)),
  percentileRange: (one) =>
    percentileRange(valuesOf(one), {
      lowPercentile: numberOf(one, 'lowPercentile'),
      highPercentile: numberOf(one, 'highPercentile'),
      pad: has(one, 'pad') ? numberOf(one, 'pad') : 0
    }),
  rateOfChange: (one) =>
    rateOfChange(valuesOf(one), timesOf(one).map(requireTime), {
      suspect: numberOf(one, 'threshold'),
      ...optional(one, 'failThreshold', (fail) => ({ fail }))
    }),
  spike: (one) => spike(valuesOf(one), thresholdsOf(one), has(one, 'method') ? take(method, one.config['method'], one) : 'average'),
  syntax: (one) =>
    syntax(take(texts, one.input.values, one), {
      length: numberOf(one, 'length'),
      lengthUnit: has(one, 'lengthUnit') ? take(lengthUnit, one.config['lengthUnit'], one) : 'char',
      ...(has(one, 'delimiter') ? { delimiter: take(text, one.config['delimiter'], one) } : {})
    }),
  timeGap: (one) => timeGap(timesOf(one), numberOf(one, 'failSpan') * hourMs)
}

function aggregate(flags: readonly (readonly number[])[]): QualityFlag[] {
  return (flags[0] ?? []).map((_, index) => combineFlags(flags.map((row) => requireFlag(row[index]))))
}

function requireFlag(value: number | undefined): QualityFlag {
  const flag = qualityFlags.find((known) => known === value)
  if (flag === undefined) throw new RangeError(`Cannot aggregate: flag is ${value}, expected one of ${qualityFlags.join(', ')}`)
  return flag
}

function memberOf(member: Static<typeof members.schema>[number]): ClimatologyMember {
  const { tspan, vspan, fspan, zspan, period } = member
  const [from, to] = tspan
  return {
    timeSpan: [typeof from === 'string' ? Date.parse(from) : from, typeof to === 'string' ? Date.parse(to) : to],
    suspectSpan: vspan,
    ...(fspan === undefined || fspan === null ? {} : { failSpan: fspan }),
    ...(zspan === undefined || zspan === null ? {} : { depthSpan: zspan }),
    ...(period === undefined || period === null ? {} : { period })
  }
}

const valuesOf = (one: Case): (number | null)[] => take(numbers, one.input.values ?? [], one)
const depthsOf = (one: Case): (number | null)[] => take(numbers, one.input.depths ?? [], one)
const timesOf = (one: Case): (number | null)[] =>
  take(texts, one.input.times ?? [], one).map((time) => (time === null ? null : Date.parse(time)))
const boxOf = (one: Case): Box => take(box, one.config['bbox'], one)

function positionsOf(one: Case): { longitudes: (number | null)[]; latitudes: (number | null)[] } {
  return { longitudes: take(numbers, one.input.lon, one), latitudes: take(numbers, one.input.lat, one) }
}

function thresholdsOf(one: Case): { suspect?: number; fail?: number } {
  return {
    ...optional(one, 'suspectThreshold', (suspect) => ({ suspect })),
    ...optional(one, 'failThreshold', (fail) => ({ fail }))
  }
}

function has(one: Case, name: string): boolean {
  return one.config[name] !== undefined && one.config[name] !== null
}

function optional<const Part extends object>(one: Case, name: string, make: (value: number) => Part): Part | Record<string, never> {
  return has(one, name) ? make(numberOf(one, name)) : {}
}

function take<Schema extends TSchema>(validator: Validator<Schema>, value: unknown, one: Case): Static<Schema> {
  const checked = validator.check(value)
  if (!checked.ok) throw new RangeError(`Cannot run ${one.test}: ${checked.reason.message}`)
  return checked.value
}

function requireTime(time: number | null): number {
  if (time === null || Number.isNaN(time)) throw new RangeError('Cannot run the test: a time is missing, expected all times')
  return time
}

function numberOf(one: Case, name: string): number {
  const value = one.config[name]
  if (typeof value !== 'number') throw new RangeError(`Cannot run ${one.test}: ${name} is ${JSON.stringify(value)}, expected a number`)
  return value
}

function timeOf(one: Case, name: string): number {
  return requireTime(Date.parse(take(text, one.config[name], one)))
}

function timeSpanOf(one: Case): Span {
  const [from, to] = take(texts, one.config['failSpan'], one)
  return [requireTime(Date.parse(from ?? '')), requireTime(Date.parse(to ?? ''))]
}

function spanOf(one: Case, name: string): [number, number] {
  const checked = pair.check(one.config[name])
  if (!checked.ok)
    throw new RangeError(`Cannot run ${one.test}: ${name} is ${JSON.stringify(one.config[name])}, expected a pair [low, high]`)
  return checked.value
}
