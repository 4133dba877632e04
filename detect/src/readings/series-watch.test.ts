/** The streaming checks of one series against the array tests of the manual: what they say in the end is the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { climatology, type ClimatologyMember } from '../qartod-climatology.ts'
import { attenuatedSignal, spike } from '../qartod-series.ts'
import { flatLine, grossRange, rateOfChange } from '../qartod.ts'
import { judgeSeries, newSeries, type SeriesFaultType, type SeriesSettings, type SeriesState, type SeriesVerdict } from './series-watch.ts'

const startMs = Date.UTC(2026, 2, 1)
const infinite: [number, number] = [-Infinity, Infinity]
const off: SeriesSettings = {
  failSpan: infinite,
  suspectSpan: infinite,
  climatology: [],
  spike: undefined,
  rate: undefined,
  flat: { tolerance: 1e-6, durationMs: 1, countMin: Infinity },
  attenuated: undefined,
  slowCountMin: Infinity
}

/** For each row whether the check told of it, at once or with the row after it. */
function streamed(values: readonly number[], stepMs: number, settings: Partial<SeriesSettings>, type: SeriesFaultType): boolean[] {
  const told = values.map(() => false)
  const verdict: SeriesVerdict = { fault: undefined, figure: 0, aboutMs: 0, aboutValue: 0, sound: true, still: false }
  let state: SeriesState | undefined
  for (const [index, value] of values.entries()) {
    const timeMs = startMs + index * stepMs
    const isFirst = state === undefined
    state ??= newSeries(timeMs, value)
    judgeSeries(state, { timeMs, value }, { ...off, ...settings }, { isFirst, intervalMaxMs: Infinity }, verdict)
    if (verdict.fault === type) told[Math.round((verdict.aboutMs - startMs) / stepMs)] = true
  }
  return told
}

const timesOf = (values: readonly number[], stepMs: number): number[] => values.map((_, index) => startMs + index * stepMs)
/** Values of a sensor with a resolution, so that equal ones are frequent. */
const series = fc.array(
  fc.integer({ min: -40, max: 40 }).map((tenths) => tenths / 10),
  { minLength: 1, maxLength: 60 }
)

test('gross range tells of the rows that the array test flags', () => {
  fc.assert(
    fc.property(series, (values) => {
      const spans = { failSpan: [-3, 3], suspectSpan: [-2, 1.5] } as const
      const flags = grossRange(values, spans)
      assert.deepEqual(
        streamed(values, 1_000, spans, 'grossRange'),
        flags.map((flag) => flag >= 3)
      )
    })
  )
})

test('climatology tells of the rows that the array test flags', () => {
  const members: ClimatologyMember[] = [
    { period: 'hour', timeSpan: [0, 11], suspectSpan: [-2, 2], failSpan: [-3, 3] },
    { period: 'dayofyear', timeSpan: [61, 62], suspectSpan: [0, 4] }
  ]
  fc.assert(
    fc.property(series, (values) => {
      const flags = climatology({ values, timesMs: timesOf(values, 3_600_000) }, members)
      assert.deepEqual(
        streamed(values, 3_600_000, { climatology: members }, 'climatology'),
        flags.map((flag) => flag >= 3)
      )
    })
  )
})

test('a spike is told, with the row after it, of the rows that the array test flags; the newest row is not judged yet', () => {
  fc.assert(
    fc.property(series, (values) => {
      const thresholds = { suspect: 1, fail: 3 }
      const flags = spike(values, thresholds, 'differential')
      assert.deepEqual(
        streamed(values, 1_000, { spike: { ...thresholds, intervalMsMax: 60_000 } }, 'spike'),
        flags.map((flag) => flag >= 3)
      )
    })
  )
})

test('rate of change tells, with the row after it, of the rows that the array test flags', () => {
  fc.assert(
    fc.property(series, (values) => {
      const thresholds = { suspect: 1, fail: 3 }
      const flags = rateOfChange(values, timesOf(values, 1_000), thresholds)
      assert.deepEqual(streamed(values, 1_000, { rate: thresholds }, 'rate').slice(0, -1), flags.map((flag) => flag >= 3).slice(0, -1))
    })
  )
})

test('a flat line is told of the rows that the array test flags', () => {
  const few = fc.array(fc.constantFrom(5, 5, 5, 5.1), { minLength: 2, maxLength: 60 })
  fc.assert(
    fc.property(few, (values) => {
      const flags = flatLine(values, timesOf(values, 1_000), { suspectSeconds: 4, failSeconds: 1e6, tolerance: 0.05 })
      assert.deepEqual(
        streamed(values, 1_000, { flat: { tolerance: 0.05, durationMs: 4_000, countMin: 2 } }, 'flatLine'),
        flags.map((flag) => flag >= 3)
      )
    })
  )
})

test('an attenuated signal is told of the rows that the array test flags, at one row a slice', () => {
  const stepMs = 60_000
  const calm = fc.array(fc.constantFrom(5, 5.01, 5.02, 5.3), { minLength: 2, maxLength: 80 })
  fc.assert(
    fc.property(calm, (values) => {
      const settings = { suspect: 0.05, fail: -1, checkType: 'range', periodMs: 12.5 * stepMs, countMin: 13 } as const
      const flags = attenuatedSignal(values, timesOf(values, stepMs), settings)
      assert.deepEqual(
        streamed(values, stepMs, { attenuated: { periodMs: 12 * stepMs, rangeMin: 0.05 } }, 'attenuated'),
        flags.map((flag) => flag === 3)
      )
    })
  )
})

test('steps that are too long are told of when they are the rule, not for one silence', () => {
  const verdict: SeriesVerdict = { fault: undefined, figure: 0, aboutMs: 0, aboutValue: 0, sound: true, still: false }
  const state = newSeries(0, 5)
  const told = [60, 400, 460, 800, 1_200, 1_260, 1_320].map((seconds) => {
    judgeSeries(
      state,
      { timeMs: seconds * 1_000, value: seconds },
      { ...off, slowCountMin: 2 },
      { isFirst: false, intervalMaxMs: 300_000 },
      verdict
    )
    return verdict.fault
  })
  assert.deepEqual(told, [undefined, undefined, undefined, undefined, 'recordingInterval', 'recordingInterval', undefined])
})
