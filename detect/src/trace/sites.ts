/** Where events happen, as the rules need it: which site a place key belongs to, how far sites are apart. Reads registers once. */
import type { MonitoringPoint, PointKind } from '@tracegate/model/registers'
import type { BilingualText } from '@tracegate/model/text'
import type { TraceFact } from '@tracegate/model/trace-event'
import type { DetectionRegisters } from '../engine.ts'
import { glnOf } from '../goods-key.ts'

/** A site is one GLN; its extensions (chambers, slots, lanes) are parts of it. */
export interface Site {
  readonly gln: string
  readonly name: BilingualText
  readonly latitude?: number
  readonly longitude?: number
  /** Of the monitoring point, where the site is one. */
  readonly kind?: PointKind
  readonly point?: MonitoringPoint
  /** Goods that leave it leave a bonded store: the store itself, or a dock that its keeper runs in the same town. */
  readonly bonded: boolean
}

/** Places nearer than this to each other are one place where rules ask whether goods moved. */
const samePlaceKilometres = 2

export function sitesOf(registers: Pick<DetectionRegisters, 'points' | 'places'>): Map<string, Site> {
  const sites = new Map<string, Site>()
  const pointById = new Map(registers.points.map((point) => [point.id, point]))
  const bondedDocks = new Set(
    registers.points.filter(({ kind }) => kind === 'bondedStore').map(({ operator, unlocode }) => `${operator} ${unlocode}`)
  )
  const addPoint = (gln: string, point: MonitoringPoint): void => {
    const { name, latitude, longitude, kind } = point
    const bonded = kind === 'bondedStore' || (kind === 'dock' && bondedDocks.has(`${point.operator} ${point.unlocode}`))
    sites.set(gln, { gln, name, latitude, longitude, kind, point, bonded })
  }
  for (const point of registers.points) addPoint(glnOf(point.key) ?? '', point)
  for (const place of registers.places) {
    const gln = glnOf(place.key)
    if (gln === undefined) continue
    const point = pointById.get(place.point ?? '')
    if (point !== undefined) {
      addPoint(gln, point)
      continue
    }
    if (sites.has(gln)) continue
    const { name, latitude, longitude } = place
    sites.set(gln, {
      gln,
      name,
      bonded: false,
      ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude })
    })
  }
  return sites
}

const placesMax = 10_000
const sitesByPlace = new WeakMap<ReadonlyMap<string, Site>, Map<string, Site | undefined>>()

/** The site of a place key; remembered, as it is asked of every event of every life. */
function siteOfPlace(place: string, sites: ReadonlyMap<string, Site>): Site | undefined {
  let known = sitesByPlace.get(sites)
  if (known === undefined) {
    known = new Map()
    sitesByPlace.set(sites, known)
  }
  const found = known.get(place)
  if (found !== undefined || known.has(place)) return found
  const site = sites.get(glnOf(place) ?? '')
  if (known.size >= placesMax) known.clear()
  known.set(place, site)
  return site
}

/** Where the event was read, or else where its goods are after it; undefined for a place that no register knows. */
export function siteOf({ readPoint, bizLocation }: TraceFact, sites: ReadonlyMap<string, Site>): Site | undefined {
  const site = readPoint === undefined ? undefined : siteOfPlace(readPoint, sites)
  return site ?? (bizLocation === undefined ? undefined : siteOfPlace(bizLocation, sites))
}

/** Where the goods are after the event, where it says so. */
export function siteAfter(fact: TraceFact, sites: ReadonlyMap<string, Site>): Site | undefined {
  const site = fact.bizLocation === undefined ? undefined : siteOfPlace(fact.bizLocation, sites)
  return site ?? siteOf(fact, sites)
}

/** The GLN of a place that no register knows; undefined for one that is known, and for what is no GLN. */
export function unknownGlnOf(place: string | undefined, sites: ReadonlyMap<string, Site>): string | undefined {
  return place === undefined || siteOfPlace(place, sites) !== undefined ? undefined : glnOf(place)
}

/** Undefined where the coordinates of one of them are not known. */
export function kilometresBetween(a: Site, b: Site): number | undefined {
  if (a.gln === b.gln) return 0
  if (a.latitude === undefined || a.longitude === undefined || b.latitude === undefined || b.longitude === undefined) return undefined
  return distanceKilometres({ latitude: a.latitude, longitude: a.longitude }, { latitude: b.latitude, longitude: b.longitude })
}

/** Whether it is known that goods cannot be at both at once. */
export function areApart(a: Site, b: Site): boolean {
  const kilometres = kilometresBetween(a, b)
  return kilometres !== undefined && kilometres >= samePlaceKilometres
}

const earthRadiusKilometres = 6_371

/** Great-circle distance by the haversine formula. */
function distanceKilometres(
  a: { readonly latitude: number; readonly longitude: number },
  b: { readonly latitude: number; readonly longitude: number }
): number {
  const radians = Math.PI / 180
  const latitude = Math.sin(((b.latitude - a.latitude) * radians) / 2)
  const longitude = Math.sin(((b.longitude - a.longitude) * radians) / 2)
  const half = latitude ** 2 + Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * longitude ** 2
  return 2 * earthRadiusKilometres * Math.asin(Math.min(1, Math.sqrt(half)))
}
