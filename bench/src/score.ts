/** How many readings a second the novelty score takes on one core, beside a plain z-score over as many readings, and what a series costs in memory. */
import { createNoveltyJudge, stateBytes } from '@tracegate/detect/novelty-judge'
import { emptyNoveltySeries } from '@tracegate/detect/judge-novelty'
import { emptyNovelty, scoreNovelty } from '@tracegate/detect/novelty-score'
import type { Reading } from '@tracegate/model/telemetry'
import { compare, describeMachine, median, type Bench } from './bench.ts'

const series = 200
const readingsPerSeries = 5_000
const window = 96
const stepMs = 300_000
const rounds = 3

export const bench: Bench = {
  name: 'score',
  about: 'readings a second through the novelty score on one core, 200 series in turn',
  run({ scale = 1 }) {
    const each = Math.max(1_000, Math.round(readingsPerSeries * scale))
    const [calm, wild] = [valuesOf(each, 0), valuesOf(each, 0.02)]
    // Once over everything before anything is measured: the figures are of a process that has been running
    for (const work of [scoreAll, judgeAll, zScoreAll]) work(valuesOf(500, 0.02))
    const plain = measure(() => zScoreAll(calm), each)
    const row = (figure: string, value: number) =>
      compare({ figure, value, unit: 'readings/s of one core' }, { what: `z-score over ${window} readings`, value: plain }, 'more')
    return Promise.resolve({
      work: `${series} series of ${each} readings, every ${stepMs / 60_000} minutes, in turn`,
      machine: describeMachine(),
      rows: [
        row(
          'scored, ordinary series',
          measure(() => scoreAll(calm), each)
        ),
        row(
          'scored, series that jump every fiftieth reading',
          measure(() => scoreAll(wild), each)
        ),
        row(
          'judged: score, threshold by budget, anomalies',
          measure(() => judgeAll(calm), each)
        ),
        { figure: 'numbers of one series', value: stateBytes(emptyNoveltySeries()), unit: 'bytes' },
        { figure: 'snapshot of one series', value: snapshotBytes(calm), unit: 'bytes of JSON' }
      ]
    })
  }
}

/** Readings a second of processor time, so that other work on the machine does not count. */
function measure(work: () => void, each: number): number {
  const rates = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (series * each * 1e6) / (user + system)
  })
  return median(rates)
}

/** A room that swings by compressor and day, with noise; `jumps` of the readings lie anywhere. */
function valuesOf(each: number, jumps: number): Float64Array {
  let seed = 7
  const random = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296
  return Float64Array.from({ length: each }, (_, at) => {
    const ordinary = 4 + Math.sin(at / 6) * 0.5 + Math.sin((at / 288) * 2 * Math.PI) * 0.3 + (random() - 0.5) * 0.2
    return random() < jumps ? random() * 40 : ordinary
  })
}

function scoreAll(values: Float64Array): void {
  const states = Array.from({ length: series }, () => emptyNovelty())
  for (const [at, value] of values.entries()) for (const state of states) scoreNovelty(state, at * stepMs, value)
}

function judgeAll(values: Float64Array): void {
  const judge = createNoveltyJudge()
  const names = Array.from({ length: series }, (_, index) => `D${index}`)
  for (const [at, value] of values.entries()) {
    const timeMs = at * stepMs
    for (const device of names) {
      const reading: Reading = { point: 'P', device, metric: 'temperature', unit: 'Cel', timeMs, value, quality: 1 }
      judge.judge(reading, { nowMs: timeMs, historical: false })
    }
  }
}

function zScoreAll(values: Float64Array): void {
  const rings = Array.from({ length: series }, () => new Float64Array(window))
  let largest = 0
  for (const [at, value] of values.entries())
    for (const ring of rings) {
      let sum = 0
      let squares = 0
      for (const held of ring) {
        sum += held
        squares += held * held
      }
      const mean = sum / window
      largest = Math.max(largest, Math.abs(value - mean) / Math.sqrt(Math.max(squares / window - mean * mean, 1e-12)))
      ring[at % window] = value
    }
  if (!(largest > 0)) throw new Error('Cannot measure: the z-score found nothing, expected a largest one')
}

function snapshotBytes(values: Float64Array): number {
  const judge = createNoveltyJudge()
  for (const [at, value] of values.entries()) {
    const timeMs = at * stepMs
    const reading: Reading = { point: 'P', device: 'D', metric: 'temperature', unit: 'Cel', timeMs, value, quality: 1 }
    judge.judge(reading, { nowMs: timeMs, historical: false })
  }
  return JSON.stringify(judge.snapshot()).length
}
