/** The schedule of a subscription: its grammar, and what its missing fields mean. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { completeSchedule, readSchedule, scheduleFields } from './query-schedule.ts'

const valuesOf = (schedule: object) => {
  const read = readSchedule(schedule)
  assert.ok(read.ok, JSON.stringify(read))
  return read.values
}

test('numbers, ranges in brackets and lists of both are read', () => {
  assert.deepEqual(valuesOf({ second: '5,7', minute: '[1-3]', hour: '[22-23],0', dayOfWeek: '7' }), {
    second: [5, 7],
    minute: [1, 2, 3],
    hour: [0, 22, 23],
    dayOfWeek: [7]
  })
})

test('what is no schedule is refused with a finding that names the member', () => {
  const bad: [object, string][] = [
    [{}, '/schedule'],
    [{ second: '60' }, '/schedule/second'],
    [{ hour: '24' }, '/schedule/hour'],
    [{ dayOfMonth: '0' }, '/schedule/dayOfMonth'],
    [{ month: '13' }, '/schedule/month'],
    [{ dayOfWeek: '0' }, '/schedule/dayOfWeek'],
    [{ minute: '[3-1]' }, '/schedule/minute'],
    [{ minute: '1-3' }, '/schedule/minute'],
    [{ minute: '*' }, '/schedule/minute'],
    [{ minute: '*/5' }, '/schedule/minute'],
    [{ minute: '' }, '/schedule/minute'],
    [{ minute: 5 }, '/schedule/minute'],
    [{ minutes: '5' }, '/schedule/minutes'],
    [[], '/schedule']
  ]
  for (const [schedule, pointer] of bad) {
    const read = readSchedule(schedule)
    assert.equal(read.ok, false, JSON.stringify(schedule))
    if (!read.ok) assert.equal(read.findings[0]?.pointer, pointer)
  }
})

test('fields finer than the finest one given have their lowest value, coarser ones are no condition', () => {
  assert.deepEqual(completeSchedule(valuesOf({ hour: '1', minute: '5' })), { hour: [1], minute: [5], second: [0] })
  assert.deepEqual(completeSchedule(valuesOf({ second: '30' })), { second: [30] })
  assert.deepEqual(completeSchedule(valuesOf({ hour: '2', second: '30' })), { hour: [2], second: [30] })
  assert.deepEqual(completeSchedule(valuesOf({ dayOfWeek: '1' })), { dayOfWeek: [1], hour: [0], minute: [0], second: [0] })
  assert.deepEqual(completeSchedule(valuesOf({ month: '1' })), { month: [1], dayOfMonth: [1], hour: [0], minute: [0], second: [0] })
})

test('anything at all is read or refused, and never throws', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...scheduleFields, 'x'), fc.oneof(fc.string(), fc.jsonValue())), (schedule) => {
      const read = readSchedule(schedule)
      assert.ok(read.ok || read.findings.length > 0)
    })
  )
})
