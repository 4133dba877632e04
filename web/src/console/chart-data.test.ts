/** Columns of a chart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendReading, breakGaps, columnsOf, emptyColumns, gapOf, joinTail, tailMax, toCsv, valueRange } from './chart-data.ts'

const raw = { series: 'a/b/c', unit: 'Cel', truncated: false }

test('columnsOf() shows an empty bucket and a missing reading as gaps', () => {
  const buckets = columnsOf({ ...raw, buckets: [[1, 2, 4, 3, 5], [2, 0, 0, 0, 0]] }) // prettier-ignore
  assert.deepEqual(buckets.means, [3, null])
  assert.deepEqual(buckets.highs, [4, null])
  assert.deepEqual(columnsOf({ ...raw, readings: [[1, null, 9]] }).means, [null])
})

test('appendReading() takes newer readings only and stays bounded', () => {
  let tail = appendReading([], ['s', 5, 1, 1])
  assert.equal(appendReading(tail, ['s', 5, 2, 1]), tail)
  for (let timeMs = 6; timeMs < tailMax + 50; timeMs += 1) tail = appendReading(tail, ['s', timeMs, 1, 1])
  assert.equal(tail.length, tailMax)
})

test('joinTail() neither repeats a reading nor keeps what left the window', () => {
  const columns = columnsOf({ ...raw, readings: [[1, 10, 1], [2, 20, 1]] }) // prettier-ignore
  const joined = joinTail(columns, [['s', 2, 20, 1], ['s', 3, 30, 1]], 2) // prettier-ignore
  assert.deepEqual(joined.timesMs, [2, 3])
  assert.deepEqual(joined.means, [20, 30])
})

test('breakGaps() draws no line over an outage', () => {
  const columns = columnsOf({ ...raw, readings: [[0, 1, 1], [1_000, 2, 1], [60_000, 3, 1]] }) // prettier-ignore
  assert.deepEqual(breakGaps(columns, 5_000).means, [1, 2, null, 3])
  assert.equal(gapOf([0, 1_000, 2_000, 60_000]), 3_000)
})

test('valueRange() holds the limits even without a reading', () => {
  const [from, to] = valueRange(emptyColumns, [2, 8])
  assert.ok(from < 2 && to > 8)
  assert.deepEqual(valueRange(emptyColumns, []), [0, 1])
})

test('toCsv() writes a head and one line a reading', () => {
  assert.equal(
    toCsv(columnsOf({ ...raw, readings: [[0, 1.5, 1]] }), 'Cel'),
    'time,mean [Cel],min [Cel],max [Cel]\r\n1970-01-01T00:00:00.000Z,1.5,1.5,1.5'
  )
})
