/** The part of the telemetry suite that compares a store with the plainest model, over generated appends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { qualityFlags } from '@tracegate/model/quality'
import type { Reading } from '@tracegate/model/telemetry'
import type { SeriesColumns, TelemetryStore } from './telemetry-store.ts'

export interface OpenedTelemetry {
  readonly store: TelemetryStore
  /** Closes the store and opens the same data again; left out where nothing outlives `close`. */
  readonly reopen?: () => Promise<TelemetryStore>
  /** Brings what was appended into its final form, so that what follows meets it there. */
  readonly settle?: () => Promise<void>
  readonly dispose: () => Promise<void>
}

export interface TelemetrySuiteOptions {
  readonly name: string
  /** Opens an empty store. */
  open(): Promise<OpenedTelemetry>
  /** Runs of each property; fewer for a store that is slow to open. */
  readonly propertyRuns: number
}

/** The part of the suite that generates its appends; alone also for another setting of a store that ran the whole. */
export function runTelemetryModelTest(options: TelemetrySuiteOptions): void {
  void test(`${options.name}: any appends in any order, settled or not, answer like the plainest store`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, (plan) => withStore(options, (opened) => compareWithModel(opened, plan))),
      { numRuns: options.propertyRuns }
    )
  })
}

export async function withStore(options: TelemetrySuiteOptions, body: (opened: OpenedTelemetry) => Promise<void>): Promise<void> {
  const opened = await options.open()
  try {
    await body(opened)
  } finally {
    await opened.dispose()
  }
}

export function readingAt(timeMs: number, value: number, rest: Partial<Reading> = {}): Reading {
  return { point: 'port-1', device: 'plc', metric: 'temperature', unit: 'Cel', quality: 1, timeMs, value, ...rest }
}

export const series = 'port-1/plc/temperature'
export const rows = (columns: SeriesColumns): [number, number, number][] =>
  Array.from(columns.timeMs, (timeMs, index) => [timeMs, columns.value[index] ?? NaN, columns.quality[index] ?? 0])

interface Step {
  readonly readings: readonly { readonly timeMs: number; readonly value: number; readonly quality: Reading['quality'] }[]
  readonly settle: boolean
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    readings: fc.array(
      fc.record({
        timeMs: fc.integer({ min: 0, max: 400 }),
        value: fc.oneof(fc.integer({ min: -100, max: 100 }), fc.double({ min: -10, max: 10, noNaN: true })),
        quality: fc.constantFrom(...qualityFlags)
      }),
      { maxLength: 60, size: 'max' }
    ),
    settle: fc.boolean()
  }),
  { maxLength: 8, size: 'max' }
)

async function compareWithModel({ store, settle }: OpenedTelemetry, plan: readonly Step[]): Promise<void> {
  const model = new Map<number, Reading>()
  for (const step of plan) {
    const readings = step.readings.map(({ timeMs, value, quality }) => readingAt(timeMs, value, { quality }))
    await store.append(readings)
    for (const reading of readings) model.set(reading.timeMs, reading)
    if (step.settle) await settle?.()
  }
  const sorted = [...model.values()].sort((left, right) => left.timeMs - right.timeMs)
  const expected = sorted.map(({ timeMs, value, quality }) => [timeMs, quality === 9 ? NaN : value + 0, quality])
  assert.deepEqual(rows(await store.range({ series, fromMs: 0, toMs: 400 })), expected)
  assert.deepEqual(rows(await store.range({ series, fromMs: 100, toMs: 300, limit: 7 })), within(expected, 100, 300).slice(0, 7))
  for (const [fromMs, toMs, buckets] of [
    [0, 400, 7],
    [50, 333, 3],
    [10, 11, 5]
  ] as const)
    compareBuckets(await store.buckets({ series, fromMs, toMs, buckets }), within(expected, fromMs, toMs), { fromMs, toMs, buckets })
  const [info] = await store.series('')
  assert.equal(info?.count ?? 0, sorted.length)
  assert.equal(info?.firstMs, sorted[0]?.timeMs)
  assert.equal((await store.latest(''))[0]?.timeMs, sorted.at(-1)?.timeMs)
}

function within(expected: readonly number[][], fromMs: number, toMs: number): number[][] {
  return expected.filter(([timeMs = 0]) => timeMs >= fromMs && timeMs <= toMs)
}

function compareBuckets(
  found: Awaited<ReturnType<TelemetryStore['buckets']>>,
  expected: readonly number[][],
  query: { readonly fromMs: number; readonly toMs: number; readonly buckets: number }
): void {
  const groups = new Map<number, number[]>()
  for (const [timeMs = 0, value = NaN, quality = 9] of expected) {
    if (quality === 4 || quality === 9) continue
    const index = Math.floor(((timeMs - query.fromMs) * query.buckets) / (query.toMs - query.fromMs + 1))
    groups.set(index, [...(groups.get(index) ?? []), value])
  }
  const filled = [...groups].sort(([left], [right]) => left - right)
  assert.deepEqual(
    [...found.count],
    filled.map(([, values]) => values.length)
  )
  for (const [at, [index, values]] of filled.entries()) {
    assert.equal(found.startMs[at], query.fromMs + Math.ceil((index * (query.toMs - query.fromMs + 1)) / query.buckets))
    assert.equal(found.min[at], Math.min(...values))
    assert.equal(found.max[at], Math.max(...values))
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    assert.ok(Math.abs((found.mean[at] ?? NaN) - mean) < 1e-9)
  }
}
