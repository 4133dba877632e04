/** The range check by declared limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { spike } from '@tracegate/detect/qartod-series'
import type { MetricCheck } from './check-config.ts'
import { createRangeCheck, createReadingCheck } from './check.ts'

const check = createRangeCheck([
  { id: 'd1', kind: 'probe', name: { zh: '探头', en: 'Probe' }, metrics: [{ metric: 'temperature', unit: 'Cel', min: -40, max: 60 }] }
])
const reading = { point: 'p1', device: 'd1', metric: 'temperature', unit: 'Cel', timeMs: 0, value: 4, quality: 2 } as const

test('a value outside what its sensor can give is a fail, everything else stays as it is', () => {
  assert.equal(check(reading).quality, 2)
  assert.equal(check({ ...reading, value: 60 }).quality, 2)
  assert.equal(check({ ...reading, value: 60.1 }).quality, 4)
  assert.equal(check({ ...reading, value: -41 }).quality, 4)
  assert.equal(check({ ...reading, metric: 'other', value: 1_000 }).quality, 2)
  assert.deepEqual(check({ ...reading, value: Number.NaN, quality: 9 }), { ...reading, value: Number.NaN, quality: 9 })
})

const device = { id: 'd1', kind: 'probe', name: { zh: '探头', en: 'Probe' }, metrics: [{ metric: 'temperature', unit: 'Cel' }] } as const
const devices = [{ ...device, metrics: [...device.metrics] }]

function flagsOf(settings: Omit<MetricCheck, 'metric'>, values: readonly number[], stepMs = 1_000): number[] {
  const judge = createReadingCheck(devices, [{ metric: 'temperature', ...settings }])
  return values.map((value, index) => judge({ ...reading, timeMs: index * stepMs, value }).quality)
}

test('gross range flags 3 outside the suspect span and 4 outside the fail span', () => {
  assert.deepEqual(flagsOf({ failSpan: [-40, 60], suspectSpan: [-30, 40] }, [4, -30, -31, 41, 61]), [2, 2, 3, 3, 4])
})

test('a spike is flagged when it comes, a step once only, and calm readings after it not at all', () => {
  assert.deepEqual(flagsOf({ spikeSuspect: 3, spikeFail: 8 }, [4, 4, 9, 4, 4, 20, 4]), [2, 2, 3, 2, 2, 4, 2])
  assert.deepEqual(flagsOf({ spikeSuspect: 3 }, [4, 4, 10, 10.5, 10.2, 10]), [2, 2, 3, 2, 2, 2])
})

test('the final flag of a spike comes with the reading after it: a step is none, and what was not seen at first is', () => {
  const judge = createReadingCheck(devices, [{ metric: 'temperature', spikeSuspect: 3, spikeFail: 8 }])
  const values = [4, 4, 10, 10.5, 10.2, 3, 10.2]
  const sent = values.map((value, index) => {
    const { quality } = judge({ ...reading, timeMs: index * 1_000, value })
    const settled = judge.settled()
    return settled === undefined ? [quality] : [quality, settled.timeMs / 1_000, settled.quality]
  })
  // 10 went out as a spike and is the start of a step; 3 went out as one and is one.
  assert.deepEqual(sent, [[2], [2], [3], [2, 2, 2], [2], [3], [2]])
  assert.equal(judge.settled(), undefined)
})

test('final flags are those of the array test, whatever went out first', () => {
  const values = fc.array(
    fc.integer({ min: -40, max: 40 }).map((tenths) => tenths / 10),
    { minLength: 3, maxLength: 50 }
  )
  fc.assert(
    fc.property(values, (series) => {
      const judge = createReadingCheck(devices, [{ metric: 'temperature', spikeSuspect: 1, spikeFail: 3 }])
      const stored = new Map<number, number>()
      for (const [index, value] of series.entries()) {
        const checked = judge({ ...reading, timeMs: index * 1_000, value })
        const settled = judge.settled()
        if (settled !== undefined) stored.set(settled.timeMs / 1_000, settled.quality)
        stored.set(index, checked.quality)
      }
      const flags = spike(series, { suspect: 1, fail: 3 }, 'differential').map((flag) => (flag === 1 ? 2 : flag))
      for (let index = 1; index < series.length - 1; index += 1) assert.equal(stored.get(index), flags[index], `row ${index}`)
    })
  )
})

test('rate of change is judged a second, whatever the interval', () => {
  assert.deepEqual(flagsOf({ rateSuspectPerSecond: 1, rateFailPerSecond: 5 }, [0, 1, 3, 20]), [2, 2, 3, 4])
  assert.deepEqual(flagsOf({ rateSuspectPerSecond: 1, rateFailPerSecond: 5 }, [0, 1, 3, 20], 60_000), [2, 2, 2, 2])
  assert.deepEqual(flagsOf({ rateFailPerSecond: 5 }, [0, 4, 20]), [2, 2, 4])
})

test('a flat line is suspect, then a fail, and ends with the first change', () => {
  assert.deepEqual(
    flagsOf({ flatTolerance: 0.1, flatSuspectMs: 2_000, flatFailMs: 4_000 }, [5, 5, 5.05, 5, 5, 5.3, 5.3]),
    [2, 2, 3, 3, 4, 2, 2]
  )
})

test('an older reading and a missing one change nothing of what is known', () => {
  const judge = createReadingCheck(devices, [{ metric: 'temperature', rateSuspectPerSecond: 1 }])
  assert.equal(judge({ ...reading, timeMs: 10_000, value: 4 }).quality, 2)
  assert.equal(judge({ ...reading, timeMs: 5_000, value: 90 }).quality, 2)
  assert.equal(judge({ ...reading, timeMs: 11_000, value: Number.NaN, quality: 9 }).quality, 9)
  assert.equal(judge({ ...reading, timeMs: 12_000, value: 4.5 }).quality, 2)
})

test('no check ever raises a flag', () => {
  const value = fc.double({ min: -100, max: 100, noNaN: true })
  const given = fc.record({ value, stepMs: fc.integer({ min: -2_000, max: 60_000 }), quality: fc.constantFrom(1, 2, 3, 4, 9) })
  const rank: Readonly<Record<number, number>> = { 1: 0, 2: 0, 3: 1, 4: 2, 9: 3 }
  fc.assert(
    fc.property(fc.array(given, { maxLength: 60 }), (readings) => {
      const settings = { failSpan: [-50, 50], suspectSpan: [-30, 30], spikeSuspect: 5, rateFailPerSecond: 2, flatSuspectMs: 3_000 } as const
      const judge = createReadingCheck(devices, [
        { metric: 'temperature', ...settings, failSpan: [...settings.failSpan], suspectSpan: [...settings.suspectSpan] }
      ])
      let timeMs = 0
      return readings.every(({ value: one, stepMs, quality }) => {
        timeMs += stepMs
        const judged = judge({ ...reading, timeMs, value: quality === 9 ? Number.NaN : one, quality })
        return judged.quality === quality || (rank[judged.quality] ?? -1) > (rank[quality] ?? 9)
      })
    })
  )
})

test('the check of the very device goes before the one of every device, and memory is bounded', () => {
  const judge = createReadingCheck(
    devices,
    [
      { metric: 'temperature', failSpan: [0, 10] },
      { metric: 'temperature', device: 'd1', failSpan: [0, 100] }
    ],
    2
  )
  assert.equal(judge({ ...reading, value: 50 }).quality, 2)
  for (const other of ['a', 'b', 'c', 'd']) assert.equal(judge({ ...reading, device: other, value: 50 }).quality, 4)
})
