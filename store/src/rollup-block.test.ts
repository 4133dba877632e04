/** Roll-ups: parts put together are the whole, and the codec gives back what it was given. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Columns } from './column-block.ts'
import { kelvinScaleOf } from './mean-kinetic-temperature.ts'
import { decodeRollups, encodeRollups } from './rollup-block.ts'
import { coarsen, mergeRollups, rollUp, type RollupColumns } from './rollups.ts'

const scale = kelvinScaleOf('Cel')
const value = fc.oneof(
  fc.integer({ min: -5_000, max: 5_000 }).map((one) => one / 100 + 0),
  fc.double({ min: -100, max: 100, noNaN: true })
)
const columns: fc.Arbitrary<Columns> = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 600_000 }), value, fc.constantFrom(1, 2, 3, 4, 9)), {
    selector: ([timeMs]) => timeMs,
    maxLength: 200,
    size: 'max'
  })
  .map((readings) => {
    const sorted = readings.sort(([left], [right]) => left - right)
    return {
      timeMs: Float64Array.from(sorted, ([timeMs]) => timeMs),
      value: Float64Array.from(sorted, ([, one, quality]) => (quality === 9 ? NaN : one)),
      quality: Uint8Array.from(sorted, ([, , quality]) => quality)
    }
  })

function same(left: RollupColumns, right: RollupColumns, tolerance = 0): void {
  for (const name of ['startMs', 'count', 'min', 'minMs', 'max', 'maxMs', 'first', 'firstMs', 'last', 'lastMs'] as const)
    assert.deepEqual(left[name], right[name], name)
  for (const name of ['sum', 'weight'] as const)
    for (const [row, one] of left[name].entries()) {
      const other = right[name][row] ?? NaN
      assert.ok(Math.abs(one - other) <= tolerance * Math.max(Math.abs(other), name === 'sum' ? 1 : 0), `${name} ${one}, expected ${other}`)
    }
}

void test('decodeRollups() gives back exactly what encodeRollups() took, of any width', () => {
  fc.assert(
    fc.property(columns, fc.constantFrom(1_000, 60_000, 3_600_000), fc.boolean(), (readings, widthMs, temperature) => {
      const kelvin = temperature ? scale : undefined
      const rollups = rollUp(readings, { widthMs, scale: kelvin })
      same(decodeRollups(encodeRollups(rollups), kelvin), rollups)
    }),
    { numRuns: 300 }
  )
})

void test('roll-ups of parts, in any order, come to the roll-ups of all', () => {
  fc.assert(
    fc.property(columns, fc.array(fc.nat({ max: 3 }), { minLength: 200, maxLength: 200 }), (readings, parts) => {
      const whole = rollUp(readings, { widthMs: 60_000, scale })
      const part = (wanted: number): RollupColumns => {
        const places = [...readings.timeMs.keys()].filter((place) => parts[place] === wanted)
        const pick = (column: Float64Array): Float64Array => Float64Array.from(places, (place) => column[place] ?? NaN)
        const quality = Uint8Array.from(places, (place) => readings.quality[place] ?? 9)
        return rollUp({ timeMs: pick(readings.timeMs), value: pick(readings.value), quality }, { widthMs: 60_000, scale })
      }
      const merged = [3, 1, 0, 2].map(part).reduce((left, right) => mergeRollups(left, right))
      same(merged, whole, 1e-12)
      same(coarsen(merged, 3_600_000), rollUp(readings, { widthMs: 3_600_000, scale }), 1e-12)
    }),
    { numRuns: 200 }
  )
})

void test('decodeRollups() of damaged bytes throws a RangeError or an error of zstd, and always ends', () => {
  fc.assert(
    fc.property(columns, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (readings, at, byte, cut) => {
      const bytes = encodeRollups(rollUp(readings, { widthMs: 60_000, scale }))
      const place = at % bytes.length
      try {
        decodeRollups(cut ? bytes.subarray(0, place) : bytes.with(place, byte), scale)
      } catch (error) {
        assert.ok(error instanceof RangeError || (error instanceof Error && 'code' in error), String(error))
      }
    }),
    { numRuns: 500 }
  )
})
