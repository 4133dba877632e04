/** The geometry of the map. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterPoints, fitCentre, panBy, projectionOf, scaleMax, zoomBy } from './map-view.ts'
import { fixturePoints } from '../dev/fixture-registers.ts'

const size = { width: 800, height: 420 }
const points = fixturePoints()

test('fitCentre() shows every point', () => {
  const projection = projectionOf(fitCentre(points, size), size)
  const shown = clusterPoints(points, projection, size).flatMap((mark) => mark.points)
  assert.equal(shown.length, points.length)
})

test('clusterPoints() gathers neighbours and sets them apart when zoomed in', () => {
  const far = clusterPoints(points, projectionOf({ longitude: 60, latitude: 30, scale: 2 }, size), size)
  assert.ok(far.length < points.length)
  const [first] = points
  assert.ok(first !== undefined)
  const near = clusterPoints(points, projectionOf({ longitude: first.longitude, latitude: first.latitude, scale: scaleMax }, size), size)
  assert.ok(near.every((mark) => mark.points.length === 1))
})

test('a cluster is led by the point that needs attention most', () => {
  const [first, second] = points
  assert.ok(first !== undefined && second !== undefined)
  const near = [
    { ...first, status: 'normal' as const },
    { ...second, latitude: first.latitude, longitude: first.longitude, status: 'warning' as const }
  ]
  const [mark] = clusterPoints(near, projectionOf(fitCentre(near, size), size), size)
  assert.equal(mark?.points[0]?.status, 'warning')
})

test('zoomBy() and panBy() stay within the world', () => {
  const centre = { longitude: 179, latitude: 79, scale: 3_000 }
  assert.equal(zoomBy(centre, 10).scale, scaleMax)
  assert.ok(panBy(centre, 9_000, -9_000).longitude < -170)
  assert.equal(panBy({ ...centre, scale: 3 }, 0, -9_000).latitude, 80)
})
