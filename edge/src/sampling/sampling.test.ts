/** Alarm limits and sampling as pure functions: the rule of the cold-chain annex, extremes, changes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AlarmState, judgeAlarm, quietAlarm } from '../intake/intake-alarm.ts'
import { heldOf, type Judged, ruleOf, sample, type SampledReading, type SamplingRule, type SamplingState } from './sampling.ts'

const storage: SamplingRule = { recordMs: 1_800_000, recordOutMs: 120_000, refreshMs: 60_000, low: 2, high: 8 }

/** Samples a series; gives what was kept, with what was held back at the end. */
function run(readings: readonly Judged<SampledReading>[], rule: SamplingRule) {
  let state: SamplingState<SampledReading> | undefined
  const kept: Judged<SampledReading>[] = []
  let thinned = 0
  for (const judged of readings) {
    const sampled = sample(state, judged, rule)
    state = sampled.state
    kept.push(...sampled.kept)
    thinned += sampled.thinned
  }
  return { kept, thinned, held: state === undefined ? [] : heldOf(state) }
}

const series = fc
  .array(
    fc.record({
      passMs: fc.integer({ min: 1, max: 70_000 }),
      value: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constant(Number.NaN)),
      isUrgent: fc.boolean()
    }),
    { minLength: 1, maxLength: 200 }
  )
  .map((steps) => {
    let timeMs = 0
    return steps.map(({ passMs, value, isUrgent }) => {
      timeMs += passMs
      return { reading: { timeMs, value, quality: Number.isNaN(value) ? 9 : 2 }, isUrgent }
    })
  })

test('every reading is kept, held back or counted as thinned, and the kept ones are in the order of time', () => {
  fc.assert(
    fc.property(series, (readings) => {
      const { kept, thinned, held } = run(readings, storage)
      assert.equal(kept.length + held.length + thinned, readings.length)
      const times = kept.map(({ reading }) => reading.timeMs)
      assert.deepEqual(
        times,
        times.toSorted((left, right) => left - right)
      )
    })
  )
})

test('the extremes of the whole series and of any time are among what is kept or held back', () => {
  fc.assert(
    fc.property(series, (readings) => {
      const { kept, held } = run(readings, storage)
      const valuesOf = (list: readonly Judged<SampledReading>[]) =>
        list.map(({ reading }) => reading.value).filter((value) => !Number.isNaN(value))
      const [all, some] = [valuesOf(readings), valuesOf([...kept, ...held])]
      assert.equal(Math.min(...some), Math.min(...all))
      assert.equal(Math.max(...some), Math.max(...all))
    })
  )
})

test('each change of quality, of alarm and of the limits is kept', () => {
  fc.assert(
    fc.property(series, (readings) => {
      const kept = new Set(run(readings, storage).kept)
      const signOf = ({ reading: { value, quality }, isUrgent }: Judged<SampledReading>) =>
        `${quality} ${isUrgent} ${value < 2 || value > 8}`
      for (const [index, judged] of readings.entries()) {
        const before = readings[index - 1]
        if (before === undefined || signOf(before) !== signOf(judged)) assert.ok(kept.has(judged))
      }
    })
  )
})

test('readings every ten seconds are kept every 30 minutes in storage, 5 in transport, and 2 out of limits', () => {
  const steady = (value: number) =>
    Array.from({ length: 8_640 }, (_, index) => ({ reading: { timeMs: index * 10_000, value, quality: 2 }, isUrgent: false }))
  const ruleFor = (policy: 'coldChainStorage' | 'coldChainTransport') =>
    ruleOf({ metric: 'temperature', policy }, { low: 2, high: 8 }) ?? assert.fail()
  assert.equal(run(steady(4), ruleFor('coldChainStorage')).kept.length, 48)
  assert.equal(run(steady(4), ruleFor('coldChainTransport')).kept.length, 288)
  assert.equal(run(steady(9), ruleFor('coldChainStorage')).kept.length, 720)
  assert.equal(ruleOf({ metric: 'temperature', policy: 'all' }, undefined), undefined)
})

test('a reading that comes later than the refresh of a minute is kept and told of', () => {
  const first = sample(undefined, { reading: { timeMs: 0, value: 4, quality: 2 }, isUrgent: false }, storage)
  const next = sample(first.state, { reading: { timeMs: 60_001, value: 4, quality: 2 }, isUrgent: false }, storage)
  assert.equal(next.isLate, true)
  assert.equal(next.kept.length, 1)
})

test('an alarm begins after its delay and ends with the first reading within limits; a dead sensor ends nothing', () => {
  let state: AlarmState = quietAlarm
  const judge = (timeMs: number, value: number, quality = 2) => {
    const judged = judgeAlarm(state, { timeMs, value, quality }, { low: 2, high: 8, onDelayMs: 60_000 })
    state = judged.state
    return judged.isUrgent
  }
  assert.deepEqual(
    [
      judge(0, 5),
      judge(1_000, 9),
      judge(60_000, 9),
      judge(61_000, 9),
      judge(62_000, Number.NaN, 9),
      judge(63_000, 99, 4),
      judge(64_000, 8),
      judge(65_000, 8)
    ],
    [false, false, false, true, true, true, true, false]
  )
})
