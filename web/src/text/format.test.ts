/** Formats against times, values and keys written by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAge, formatDuration, formatKey, formatNumber, formatTime, formatValue, offsetMinutesAt, readableText } from './format.ts'

const noon = Date.UTC(2026, 10, 23, 10, 52, 7)

test('formatTime() always carries the offset', () => {
  assert.equal(formatTime(noon, 'utc'), '2026-11-23 10:52:07 +00:00')
  assert.equal(formatTime(noon, '+08:00'), '2026-11-23 18:52:07 +08:00')
  assert.equal(formatTime(noon, '-03:30'), '2026-11-23 07:22:07 -03:30')
})

test('formatTime() in any offset names the same instant', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), fc.integer({ min: -14, max: 14 }), (seconds, hours) => {
      const zone = hours < 0 ? (`-${String(-hours).padStart(2, '0')}:00` as const) : (`+${String(hours).padStart(2, '0')}:00` as const)
      const text = formatTime(seconds * 1_000, zone)
      assert.equal(Date.parse(text.replace(' ', 'T').replace(' ', '')), seconds * 1_000)
    })
  )
})

test('readableText() writes times and keys in a sentence as the page does and leaves the rest', () => {
  assert.equal(readableText('https://id.gs1.org/01/09521001000017/21/4711, read', 'utc'), '(01) 09521001000017 (21) 4711, read')
  assert.equal(
    readableText('above 8 °C since 2026-11-23T10:52:07.214Z, LOT2026-11', '+08:00'),
    'above 8 °C since 2026-11-23 18:52:07 +08:00, LOT2026-11'
  )
  assert.equal(readableText('2026-99-99T99:99:99Z', 'utc'), '2026-99-99T99:99:99Z')
})

test('offsetMinutesAt() takes an unreadable offset as UTC', () => {
  assert.equal(offsetMinutesAt(noon, '+8'), 0)
})

test('formatDuration() gives the two largest units', () => {
  assert.equal(formatDuration(7_500_000, 'en'), '2 hrs 5 mins')
  assert.equal(formatDuration(7_500_000, 'zh'), '2小时5分钟')
  assert.equal(formatDuration(412, 'zh'), '412毫秒')
})

test('formatAge() never speaks of the future', () => {
  assert.equal(formatAge(noon + 5_000, noon, 'zh'), '0秒前')
})

test('formatNumber() writes a true minus and no negative zero', () => {
  assert.equal(formatNumber(-18.44), '−18.4')
  assert.equal(formatNumber(-0.001), '0.00')
  assert.equal(formatNumber(5), '5')
})

test('formatValue() writes a dash for a missing value and the sign of the unit', () => {
  assert.equal(formatValue(null, 'Cel'), '–')
  assert.equal(formatValue(4.25, 'Cel'), '4.25 °C')
  assert.equal(formatValue(1, '1'), '1')
})

test('formatKey() writes application identifiers in brackets', () => {
  assert.equal(formatKey('https://id.gs1.org/01/09506000134352/10/LOT%2F7/21/4711'), '(01) 09506000134352 (10) LOT/7 (21) 4711')
  assert.equal(formatKey('urn:example:1'), 'urn:example:1')
})
