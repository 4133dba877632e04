/** The schematic map: coastlines only, no borders and no labels of states, by design. The list beside it says the same. */
import { useQuery } from '@tanstack/react-query'
import { geoGraticule10, geoPath } from 'd3-geo'
import { useEffect, useMemo, useRef, useState } from 'react'
import { feature } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import type { PointSummary } from '@tracegate/model/http'
import type { WarningLevel } from '@tracegate/model/warning'
import { useLocation } from 'wouter'
import coarseUrl from 'world-atlas/land-110m.json?url'
import fineUrl from 'world-atlas/land-50m.json?url'
import { useText } from '../../shared/use-text.ts'
import { clusterPoints, fitCentre, panBy, projectionOf, zoomBy, type MapCentre, type MapMark, type MapSize } from '../map-view.ts'
import { StatusShape, useStatusText } from './status-mark.tsx'

/** Height for a width: wide on a desk, not too flat on a phone. */
const sizeOf = (width: number): MapSize => ({ width, height: Math.max(260, Math.round(width * 0.58)) })
/** From this scale on the fine coastline is fetched. */
const fineFrom = 8

export function WorldMap({
  points,
  levels
}: {
  readonly points: readonly PointSummary[]
  readonly levels: ReadonlyMap<string, WarningLevel>
}) {
  const { t } = useText()
  const figure = useRef<HTMLElement>(null)
  const size = useSize(figure)
  const [moved, setMoved] = useState<MapCentre>()
  const centre = moved ?? fitCentre(points, size)
  const { longitude, latitude, scale } = centre
  const projection = useMemo(() => projectionOf({ longitude, latitude, scale }, size), [longitude, latitude, scale, size])
  const land = useLand(scale >= fineFrom ? fineUrl : coarseUrl)
  const paths = useMemo(() => {
    const path = geoPath(projection)
    return { land: land === undefined ? '' : (path(land) ?? ''), grid: path(geoGraticule10()) ?? '' }
  }, [projection, land])
  const marks = useMemo(() => clusterPoints(points, projection, size), [points, projection, size])
  const drag = useDrag((x, y) => setMoved(panBy(centre, -x, -y)))
  return (
    <figure className="map" ref={figure}>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role="group" aria-label={t('map.label')} {...drag}>
        <rect className="map-sea" width={size.width} height={size.height} />
        <path className="map-grid" d={paths.grid} />
        <path className="map-land" d={paths.land} />
        {marks.map((mark) => (
          <Mark key={mark.points[0]?.id} mark={mark} levels={levels} onOpenCluster={() => setMoved(fitMark(mark, centre, size))} />
        ))}
      </svg>
      <div className="map-tools" role="group" aria-label={t('map.tools')}>
        <button type="button" onClick={() => setMoved(zoomBy(centre, 2))} aria-label={t('map.zoomIn')}>
          +
        </button>
        <button type="button" onClick={() => setMoved(zoomBy(centre, 0.5))} aria-label={t('map.zoomOut')}>
          −
        </button>
        <button type="button" onClick={() => setMoved(undefined)} aria-label={t('map.fit')}>
          ⤢
        </button>
        <button type="button" onClick={() => setMoved(panBy(centre, -120, 0))} aria-label={t('map.west')}>
          ←
        </button>
        <button type="button" onClick={() => setMoved(panBy(centre, 120, 0))} aria-label={t('map.east')}>
          →
        </button>
        <button type="button" onClick={() => setMoved(panBy(centre, 0, -90))} aria-label={t('map.north')}>
          ↑
        </button>
        <button type="button" onClick={() => setMoved(panBy(centre, 0, 90))} aria-label={t('map.south')}>
          ↓
        </button>
      </div>
      <figcaption>{t('map.legend')}</figcaption>
    </figure>
  )
}

function Mark({
  mark,
  levels,
  onOpenCluster
}: {
  readonly mark: MapMark
  readonly levels: ReadonlyMap<string, WarningLevel>
  readonly onOpenCluster: () => void
}) {
  const { t, pick } = useText()
  const statusText = useStatusText()
  const [, navigate] = useLocation()
  const [first] = mark.points
  if (first === undefined) return null
  const level = levels.get(first.id)
  const single = mark.points.length === 1
  const label = single
    ? `${pick(first.name)}: ${statusText(first.status, level)}`
    : t('map.cluster', { count: mark.points.length, status: statusText(first.status, level) })
  const open = () => (single ? navigate(`/points/${encodeURIComponent(first.id)}`) : onOpenCluster())
  return (
    <g className="map-mark" transform={`translate(${mark.x - 15} ${mark.y - 15})`}>
      <rect
        className="map-mark-target"
        width="30"
        height="30"
        rx="6"
        role="button"
        tabIndex={0}
        aria-label={label}
        onClick={open}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return
          event.preventDefault()
          open()
        }}
      >
        <title>{label}</title>
      </rect>
      <g className="map-mark-sign" transform="translate(4 4)" aria-hidden="true">
        <StatusShape status={first.status} {...(level === undefined ? {} : { level })} />
      </g>
      {single ? null : (
        <g className="map-mark-sign" transform="translate(26 4)" aria-hidden="true">
          <circle className="map-count" r="9" />
          <text className="map-count-text" textAnchor="middle" y="4">
            {mark.points.length}
          </text>
        </g>
      )}
    </g>
  )
}

/** Shows the points of a mark apart; points at one and the same place just come nearer, the list tells them apart. */
function fitMark(mark: MapMark, centre: MapCentre, size: MapSize): MapCentre {
  const fitted = fitCentre(mark.points, size)
  return fitted.scale > centre.scale * 1.5 ? fitted : zoomBy({ ...fitted, scale: centre.scale }, 4)
}

/** One unit of the drawing is one pixel, so that marks are as large on a phone as on a wall. */
function useSize(element: React.RefObject<HTMLElement | null>): MapSize {
  const [size, setSize] = useState(() => sizeOf(860))
  useEffect(() => {
    const observed = element.current
    if (observed === null) return undefined
    const observer = new ResizeObserver(() => setSize(sizeOf(observed.clientWidth)))
    observer.observe(observed)
    return () => observer.disconnect()
  }, [element])
  return size
}

function useLand(url: string) {
  const { data } = useQuery({
    queryKey: ['land', url],
    queryFn: async () => {
      const response = await fetch(url)
      const topology: Topology<{ land: GeometryCollection }> = await response.json()
      return feature(topology, topology.objects.land)
    },
    staleTime: Infinity,
    placeholderData: (earlier) => earlier
  })
  return data
}

/** Dragging moves the map; the buttons do the same (WCAG 2.5.7). */
function useDrag(onMove: (x: number, y: number) => void) {
  const last = useRef<{ x: number; y: number } | undefined>(undefined)
  return {
    onPointerDown: (event: React.PointerEvent<SVGSVGElement>) => {
      last.current = { x: event.clientX, y: event.clientY }
    },
    onPointerMove: (event: React.PointerEvent<SVGSVGElement>) => {
      if (last.current === undefined || event.buttons !== 1) return
      onMove(event.clientX - last.current.x, event.clientY - last.current.y)
      last.current = { x: event.clientX, y: event.clientY }
    },
    onPointerUp: () => {
      last.current = undefined
    }
  }
}
