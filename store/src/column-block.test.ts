/** The column codec gives back what it was given, whatever that was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeBlock, encodeBlock, headOf, type Columns } from './column-block.ts'

const timeMax = 253_402_300_799_999
const decimal = fc
  .tuple(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), fc.integer({ min: 0, max: 9 }))
  .map(([whole, scale]) => whole / 10 ** scale + 0)
const single = fc.float({ noNaN: true })
const values = fc.oneof(
  fc.array(fc.oneof({ arbitrary: decimal, weight: 5 }, { arbitrary: fc.constant(NaN), weight: 1 }), { maxLength: 300, size: 'max' }),
  fc.array(single, { maxLength: 100, size: 'max' }),
  fc.array(fc.double(), { maxLength: 100 }),
  fc.array(fc.constantFrom(0, 1), { maxLength: 200 })
)
const columns: fc.Arbitrary<Columns> = values.chain((value) =>
  fc
    .tuple(
      fc.oneof(
        fc.uniqueArray(fc.integer({ min: 0, max: timeMax }), { minLength: value.length, maxLength: value.length }),
        fc
          .tuple(fc.integer({ min: 0, max: 2_000_000_000_000 }), fc.integer({ min: 1, max: 100_000 }))
          .map(([first, step]) => value.map((_, index) => first + index * step))
      ),
      fc.array(fc.constantFrom(1, 2, 3, 4, 9), { minLength: value.length, maxLength: value.length })
    )
    .map(([times, quality]) => ({
      timeMs: Float64Array.from(times).sort(),
      value: Float64Array.from(value),
      quality: Uint8Array.from(quality)
    }))
)

const same = (left: Columns, right: Columns): void => {
  assert.deepEqual(left.timeMs, right.timeMs)
  assert.ok(left.value.length === right.value.length && left.value.every((one, index) => Object.is(one, right.value[index])))
  assert.deepEqual(left.quality, right.quality)
}

void test('decodeBlock() gives back exactly what encodeBlock() took', () => {
  fc.assert(
    fc.property(columns, fc.boolean(), (block, compress) => same(decodeBlock(encodeBlock(block, { compress })), block)),
    { numRuns: 400 }
  )
})

void test('decodeBlock() of damaged bytes throws a RangeError or gives columns of equal length, and always ends', () => {
  fc.assert(
    fc.property(columns, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (block, at, byte, cut) => {
      const bytes = encodeBlock(block)
      const place = at % bytes.length
      const damaged = cut ? bytes.subarray(0, place) : bytes.with(place, byte)
      try {
        const decoded = decodeBlock(damaged)
        assert.equal(decoded.timeMs.length, decoded.value.length)
        assert.equal(decoded.timeMs.length, decoded.quality.length)
      } catch (error) {
        assert.ok(error instanceof RangeError || (error instanceof Error && 'code' in error), String(error))
      }
    })
  )
})

const walk = (count: number, round: (value: number) => number): Columns => ({
  timeMs: Float64Array.from({ length: count }, (_, index) => 1_790_000_000_000 + index * 1_000),
  value: Float64Array.from({ length: count }, (_, index) => round(4 + 3 * Math.sin(index / 90))),
  quality: new Uint8Array(count).fill(1)
})

void test('a regular series of hundredths takes less than 1.5 bytes a reading', () => {
  const block = walk(2_048, (value) => Math.round(value * 100) / 100)
  assert.ok(encodeBlock(block).length / 2_048 < 1.5)
  assert.ok(encodeBlock(block, { compress: true }).length < encodeBlock(block).length)
})

void test('single-precision values take about 4 bytes a reading', () => {
  assert.ok(encodeBlock(walk(2_048, Math.fround)).length / 2_048 < 4.1)
})

void test('a single decimal that does not scale makes the block fall back to raw doubles', () => {
  const block = walk(100, (value) => Math.round(value * 100) / 100)
  block.value[50] = Math.PI
  same(decodeBlock(encodeBlock(block)), block)
  assert.ok(encodeBlock(block).length > 800)
})

void test('headOf() counts neither failed nor missing readings', () => {
  const head = headOf({
    timeMs: Float64Array.of(1, 2, 3, 4, 5),
    value: Float64Array.of(5, NaN, -1, 100, 3),
    quality: Uint8Array.of(1, 9, 3, 4, 2)
  })
  const times = { minMs: 3, maxMs: 1, firstMs: 1, lastMs: 5 }
  assert.deepEqual(head, { firstMs: 1, lastMs: 5, count: 5, good: { count: 3, sum: 7, min: -1, max: 5, first: 5, last: 3, ...times } })
})
