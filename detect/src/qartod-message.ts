/** QARTOD tests of when and where a message says it was measured, and of its form: data reception, impossible date, syntax (2) and location (3). */
import type { QualityFlag } from '@tracegate/model/quality'
import type { Span } from './qartod.ts'

type Numbers = readonly (number | null)[]

/** A message older than `failSpanMs` at `fromMs` came too late and is 4. */
export function dataReception(timesMs: Numbers, failSpanMs: number, fromMs: number): QualityFlag[] {
  return timesMs.map((time) => (isMissing(time) ? 9 : fromMs - time > failSpanMs ? 4 : 1))
}

/** Before this no instrument of ours measured; with the clock the span of times that are possible when none is given. */
const firstPossibleMs = Date.UTC(1970, 0, 1)

/** A time outside of the span is 4. Without a span every time up to the clock is possible. */
export function impossibleDate(timesMs: Numbers, nowMs: number, span: Span = [firstPossibleMs, nowMs]): QualityFlag[] {
  if (!(span[0] <= span[1])) throw new RangeError(`Cannot check dates: the span is [${span.join(', ')}], expected [low, high]`)
  return timesMs.map((time) => (isMissing(time) ? 9 : time < span[0] || time > span[1] ? 4 : 1))
}

export interface MessageForm {
  readonly length: number
  /** char counts UTF-16 units; byte takes the text for hexadecimal digits, two a byte. */
  readonly lengthUnit: 'char' | 'byte'
  /** When given, the parts between delimiters are counted. */
  readonly delimiter?: string
}

/** A message that is not of the length it should have is 4. */
export function syntax(messages: readonly (string | null)[], form: MessageForm): QualityFlag[] {
  if (form.lengthUnit !== 'char' && form.lengthUnit !== 'byte')
    throw new RangeError(`Cannot check syntax: lengthUnit is "${String(form.lengthUnit)}", expected char or byte`)
  return messages.map((message) => (message === null ? 9 : lengthOf(message, form) === form.length ? 1 : 4))
}

function lengthOf(message: string, { lengthUnit, delimiter }: MessageForm): number {
  if (delimiter !== undefined && delimiter !== '') return message.split(delimiter).length
  return lengthUnit === 'char' ? message.length : message.length / 2
}

export interface Positions {
  readonly longitudes: Numbers
  readonly latitudes: Numbers
}

/** [west, south, east, north] in degrees. */
export type Box = readonly [number, number, number, number]
const wholeEarth: Box = [-180, -90, 180, 90]

export interface LocationSettings {
  readonly box?: Box
  /** Farther from the position before than this is 3. */
  readonly rangeMaxMetres?: number
  readonly rangeMethod?: 'haversine' | 'wgs84'
}

/** Half a position, or one outside of the box, is 4; none is 9. */
export function location({ longitudes, latitudes }: Positions, settings: LocationSettings = {}): QualityFlag[] {
  requireSameLength(longitudes, latitudes)
  const { box = wholeEarth, rangeMaxMetres, rangeMethod = 'haversine' } = settings
  if (rangeMethod !== 'haversine' && rangeMethod !== 'wgs84')
    throw new RangeError(`Cannot check location: rangeMethod is "${String(rangeMethod)}", expected haversine or wgs84`)
  const distance = rangeMethod === 'wgs84' ? ellipsoidMetres : haversineMetres
  return longitudes.map((longitude, index) => {
    const latitude = latitudes[index] ?? null
    if (isMissing(longitude) && isMissing(latitude)) return 9
    if (isMissing(longitude) || isMissing(latitude)) return 4
    if (longitude < box[0] || latitude < box[1] || longitude > box[2] || latitude > box[3]) return 4
    const [fromLongitude, fromLatitude] = [longitudes[index - 1] ?? null, latitudes[index - 1] ?? null]
    if (rangeMaxMetres === undefined || isMissing(fromLongitude) || isMissing(fromLatitude)) return 1
    const metres = distance({ longitude: fromLongitude, latitude: fromLatitude }, { longitude, latitude })
    return metres > rangeMaxMetres ? 3 : 1
  })
}

/** A position outside of the polygon, or inside of it when that is the area to flag, is 4. Corners and edges belong to the polygon. */
export function locationBounds(
  { longitudes, latitudes }: Positions,
  shape: readonly (readonly [number, number])[],
  flagArea: 'outside' | 'inside'
): QualityFlag[] {
  requireSameLength(longitudes, latitudes)
  if (shape.length < 3) throw new RangeError(`Cannot check bounds: the polygon has ${shape.length} corners, expected at least 3`)
  if (flagArea !== 'outside' && flagArea !== 'inside')
    throw new RangeError(`Cannot check bounds: flagArea is "${String(flagArea)}", expected outside or inside`)
  return longitudes.map((longitude, index) => {
    const latitude = latitudes[index] ?? null
    if (isMissing(longitude) && isMissing(latitude)) return 9
    if (isMissing(longitude) || isMissing(latitude)) return 4
    return isWithin(longitude, latitude, shape) === (flagArea === 'inside') ? 4 : 1
  })
}

/** Counts the edges that a ray to the east crosses. */
function isWithin(x: number, y: number, shape: readonly (readonly [number, number])[]): boolean {
  let inside = false
  let [fromX, fromY] = shape.at(-1) ?? [0, 0]
  for (const [toX, toY] of shape) {
    const cross = (toX - fromX) * (y - fromY) - (toY - fromY) * (x - fromX)
    const between = x >= Math.min(fromX, toX) && x <= Math.max(fromX, toX) && y >= Math.min(fromY, toY) && y <= Math.max(fromY, toY)
    if (cross === 0 && between) return true
    if (fromY > y !== toY > y && x < ((toX - fromX) * (y - fromY)) / (toY - fromY) + fromX) inside = !inside
    ;[fromX, fromY] = [toX, toY]
  }
  return inside
}

interface Position {
  readonly longitude: number
  readonly latitude: number
}

/** Mean radius of the Earth (IUGG). */
const earthRadiusMetres = 6_371_008.8
const radians = (degrees: number): number => (degrees * Math.PI) / 180

export function haversineMetres(from: Position, to: Position): number {
  const [phi1, phi2] = [radians(from.latitude), radians(to.latitude)]
  const half =
    Math.sin((phi2 - phi1) / 2) ** 2 + Math.cos(phi1) * Math.cos(phi2) * Math.sin(radians(to.longitude - from.longitude) / 2) ** 2
  return 2 * earthRadiusMetres * Math.asin(Math.min(1, Math.sqrt(half)))
}

const semiMajorMetres = 6_378_137
const flattening = 1 / 298.257223563
const roundsMax = 200

/** Vincenty's inverse formula on the ellipsoid WGS 84; nearly opposite points, where it does not settle, get the length on the sphere. */
export function ellipsoidMetres(from: Position, to: Position): number {
  const semiMinor = semiMajorMetres * (1 - flattening)
  const u1 = Math.atan((1 - flattening) * Math.tan(radians(from.latitude)))
  const u2 = Math.atan((1 - flattening) * Math.tan(radians(to.latitude)))
  const [sin1, cos1, sin2, cos2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)]
  const length = radians(to.longitude - from.longitude)
  let lambda = length
  for (let round = 0; round < roundsMax; round += 1) {
    const [sinLambda, cosLambda] = [Math.sin(lambda), Math.cos(lambda)]
    const sinSigma = Math.hypot(cos2 * sinLambda, cos1 * sin2 - sin1 * cos2 * cosLambda)
    if (sinSigma === 0) return 0
    const cosSigma = sin1 * sin2 + cos1 * cos2 * cosLambda
    const sigma = Math.atan2(sinSigma, cosSigma)
    const sinAlpha = (cos1 * cos2 * sinLambda) / sinSigma
    const cosSquareAlpha = 1 - sinAlpha ** 2
    const cos2Sigma = cosSquareAlpha === 0 ? 0 : cosSigma - (2 * sin1 * sin2) / cosSquareAlpha
    const c = (flattening / 16) * cosSquareAlpha * (4 + flattening * (4 - 3 * cosSquareAlpha))
    const before = lambda
    const series = sigma + c * sinSigma * (cos2Sigma + c * cosSigma * (2 * cos2Sigma ** 2 - 1))
    lambda = length + (1 - c) * flattening * sinAlpha * series
    if (Math.abs(lambda - before) > 1e-12) continue
    const square = (cosSquareAlpha * (semiMajorMetres ** 2 - semiMinor ** 2)) / semiMinor ** 2
    const a = 1 + (square / 16_384) * (4096 + square * (square * (320 - 175 * square) - 768))
    const b = (square / 1_024) * (256 + square * (square * (74 - 47 * square) - 128))
    const inner = cosSigma * (2 * cos2Sigma ** 2 - 1) - (b / 6) * cos2Sigma * (4 * sinSigma ** 2 - 3) * (4 * cos2Sigma ** 2 - 3)
    return semiMinor * a * (sigma - b * sinSigma * (cos2Sigma + (b / 4) * inner))
  }
  return haversineMetres(from, to)
}

function requireSameLength(one: readonly unknown[], other: readonly unknown[]): void {
  if (one.length !== other.length)
    throw new RangeError(
      `Cannot check location: there are ${one.length} longitudes and ${other.length} latitudes, expected the same number`
    )
}

function isMissing(value: number | null): value is null {
  return value === null || Number.isNaN(value)
}
