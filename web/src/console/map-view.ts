/** The geometry of the overview map: which part of the world is shown, and which points stand so close that they are one mark. Pure. */
import { geoEquirectangular, type GeoProjection } from 'd3-geo'
import type { PointSummary } from '@tracegate/model/http'

export interface MapCentre {
  readonly longitude: number
  readonly latitude: number
  /** Pixels per degree. */
  readonly scale: number
}

export interface MapSize {
  readonly width: number
  readonly height: number
}

export interface MapMark {
  readonly points: readonly PointSummary[]
  readonly x: number
  readonly y: number
}

const scaleMin = 1.6
export const scaleMax = 4_000
/** Marks are 24 px targets; closer than this they would cover each other. */
const clusterPixels = 34

/** Shows all points with room around them; the whole world when there are none. */
export function fitCentre(points: readonly PointSummary[], size: MapSize): MapCentre {
  if (points.length === 0) return { longitude: 60, latitude: 20, scale: size.width / 360 }
  const longitudes = points.map((point) => point.longitude)
  const latitudes = points.map((point) => point.latitude)
  const west = Math.min(...longitudes)
  const east = Math.max(...longitudes)
  const south = Math.min(...latitudes)
  const north = Math.max(...latitudes)
  const scale = Math.min((size.width * 0.8) / Math.max(east - west, 0.5), (size.height * 0.72) / Math.max(north - south, 0.5))
  return clampCentre({ longitude: (west + east) / 2, latitude: (south + north) / 2, scale })
}

export function zoomBy(centre: MapCentre, factor: number): MapCentre {
  return clampCentre({ ...centre, scale: centre.scale * factor })
}

/** Moves the map by pixels: positive x shows what lies to the east. */
export function panBy(centre: MapCentre, x: number, y: number): MapCentre {
  return clampCentre({ ...centre, longitude: centre.longitude + x / centre.scale, latitude: centre.latitude - y / centre.scale })
}

function clampCentre(centre: MapCentre): MapCentre {
  return {
    longitude: ((((centre.longitude + 180) % 360) + 360) % 360) - 180,
    latitude: Math.max(-80, Math.min(80, centre.latitude)),
    scale: Math.max(scaleMin, Math.min(scaleMax, centre.scale))
  }
}

/** Equirectangular, turned so that the seam lies opposite the middle. */
export function projectionOf(centre: MapCentre, size: MapSize): GeoProjection {
  return geoEquirectangular()
    .rotate([-centre.longitude, 0])
    .center([0, centre.latitude])
    .scale((centre.scale * 180) / Math.PI)
    .translate([size.width / 2, size.height / 2])
    .clipExtent([
      [-20, -20],
      [size.width + 20, size.height + 20]
    ])
}

const statusRank = { warning: 0, anomaly: 1, offline: 2, stale: 3, normal: 4 } as const

/** Gathers points into marks, those that need attention first, so that a mark stands where its gravest point is. */
export function clusterPoints(points: readonly PointSummary[], projection: GeoProjection, size: MapSize): MapMark[] {
  const marks: { points: PointSummary[]; x: number; y: number }[] = []
  for (const point of points.toSorted(comparePoints)) {
    const place = projection([point.longitude, point.latitude])
    if (place === null) continue
    const [x, y] = place
    if (x < 0 || y < 0 || x > size.width || y > size.height) continue
    const near = marks.find((mark) => Math.hypot(mark.x - x, mark.y - y) < clusterPixels)
    if (near === undefined) marks.push({ points: [point], x, y })
    else near.points.push(point)
  }
  return marks
}

/** What needs attention first, then by id, so that the order stays. */
export function comparePoints(left: PointSummary, right: PointSummary): number {
  return statusRank[left.status] - statusRank[right.status] || left.id.localeCompare(right.id)
}
