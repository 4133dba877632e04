/** The QARTOD tests beyond what the public vectors hold: seasons, distances, companions and neighbours, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { climatology } from './qartod-climatology.ts'
import { ellipsoidMetres, haversineMetres, impossibleDate, location, locationBounds } from './qartod-message.ts'
import { attenuatedSignal, multiVariate, neighbour } from './qartod-series.ts'

test('climatology takes ISO weeks and quarters of UTC, and the last member that fits', () => {
  const at = (text: string) => Date.parse(text)
  const week53 = [{ period: 'weekofyear', timeSpan: [53, 53], suspectSpan: [0, 1] }] as const
  const timesMs = [at('2021-01-03T12:00:00Z'), at('2021-01-04T00:00:00Z'), at('2020-12-27T00:00:00Z')]
  assert.deepEqual(climatology({ values: [5, 5, 5], timesMs }, week53), [3, 2, 2])
  const members = [
    { period: 'quarter', timeSpan: [1, 1], suspectSpan: [0, 10] },
    { period: 'month', timeSpan: [1, 1], suspectSpan: [0, 1], failSpan: [-1, 4] }
  ] as const
  assert.deepEqual(
    climatology({ values: [5, 5, null], timesMs: [at('2021-01-03'), at('2021-02-03'), at('2021-02-03')] }, members),
    [4, 1, 9]
  )
  assert.throws(() => climatology({ values: [1], timesMs: [0] }, [{ timeSpan: [2, 1], suspectSpan: [0, 1] }]), RangeError)
})

test('distances on the sphere and on the ellipsoid agree with published ones', () => {
  const flindersPeak = { longitude: 144.42486789, latitude: -37.95103342 }
  const buninyong = { longitude: 143.92649553, latitude: -37.65282114 }
  // Geoscience Australia, test line of Vincenty's formulae: 54,972.271 m on GRS 80.
  assert.ok(Math.abs(ellipsoidMetres(flindersPeak, buninyong) - 54_972.271) < 0.01)
  assert.ok(Math.abs(haversineMetres({ longitude: 0, latitude: 0 }, { longitude: 0, latitude: 1 }) - 111_195) < 1)
  assert.equal(ellipsoidMetres(buninyong, buninyong), 0)
  assert.ok(ellipsoidMetres({ longitude: 0, latitude: 0.5 }, { longitude: 179.9, latitude: -0.5 }) > 19_000_000)
})

test('half a position fails, none is missing, and an edge belongs to the polygon', () => {
  assert.deepEqual(location({ longitudes: [null, 1, 181], latitudes: [null, null, 0] }), [9, 4, 4])
  const square = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2]
  ] as const
  assert.deepEqual(locationBounds({ longitudes: [1, 2, 3], latitudes: [1, 1, 1] }, square, 'outside'), [1, 1, 4])
})

test('a date is possible up to the clock', () => {
  assert.deepEqual(impossibleDate([1_000, 3_000, -1, null], 2_000), [1, 4, 4, 9])
})

test('a jump that no companion shares is suspect; with a companion that jumps too it is not', () => {
  assert.deepEqual(multiVariate([1, 3, 3, 4, 9], [[1, 1, 3, 1, 1]]), [1, 3, 1, 3, 9])
  assert.deepEqual(multiVariate([3], [[9]]), [2])
})

test('a row is compared with the median of its neighbours', () => {
  const neighbours = [
    [5, 5, 5, null],
    [5.2, 20, 5.1, null]
  ]
  assert.deepEqual(neighbour([5.1, 12, 9, 5], neighbours, { suspect: 1, fail: 3 }), [1, 1, 4, 2])
  assert.throws(() => neighbour([1], [[1, 2]], {}), RangeError)
})

test('a window that starts with the array has too few rows to be called attenuated', () => {
  const settings = { suspect: 10, fail: 1, checkType: 'range', periodMs: 3_000, filledMsMin: 2_000 } as const
  assert.deepEqual(attenuatedSignal([1, 1, 1, 5], [0, 1_000, 2_000, 3_000], settings), [2, 4, 4, 3])
})
