/** The part of the telemetry suite that compares a store with the plainest model, over generated appends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { qualityFlags } from '@tracegate/model/quality'
import type { Reading } from '@tracegate/model/telemetry'
import { isStoreError } from './errors.ts'
import type { AlignedSeries, SeriesColumns, SeriesRollups, TelemetryStore } from './telemetry-store.ts'

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
  /** What the adapter says it cannot do; the suite leaves those scenes out. */
  readonly supports?: {
    /** False where roll-ups go together with the readings that they are made of. */
    readonly rollupsOutliveReadings?: boolean
  }
}

export type Scene = (name: string, body: (opened: OpenedTelemetry) => Promise<void>) => void

export const baseMs = 1_700_000_000_000
export const withCode = (code: string) => (error: unknown) => isStoreError(error, code)

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

/** Relative to figures above 1. */
export function near(found: number | undefined, wanted: number, tolerance = 1e-6, what = ''): void {
  const same = Object.is(found, wanted) || Math.abs((found ?? NaN) - wanted) <= tolerance * Math.max(1, Math.abs(wanted))
  assert.ok(same, `${what} is ${found}, expected ${wanted}`)
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
    await compareBuckets(store, within(expected, fromMs, toMs), { fromMs, toMs, buckets })
  await compareOthers(store, expected)
  const [info] = await store.series('')
  assert.equal(info?.count ?? 0, sorted.length)
  assert.equal(info?.firstMs, sorted[0]?.timeMs)
  assert.equal((await store.latest(''))[0]?.timeMs, sorted.at(-1)?.timeMs)
}

function within(expected: readonly number[][], fromMs: number, toMs: number): number[][] {
  return expected.filter(([timeMs = 0]) => timeMs >= fromMs && timeMs <= toMs)
}

interface BucketQuery {
  readonly fromMs: number
  readonly toMs: number
  readonly buckets: number
}

async function compareBuckets(store: TelemetryStore, expected: readonly number[][], query: BucketQuery): Promise<void> {
  const found = await store.buckets({ series, ...query })
  const span = query.toMs - query.fromMs + 1
  const filled = grouped(expected, (timeMs) => Math.floor(((timeMs - query.fromMs) * query.buckets) / span))
  assert.deepEqual(
    [...found.count],
    filled.map(([, readings]) => readings.length)
  )
  const { series: [grid] } = await store.aligned({ series: [series], ...query }) // prettier-ignore
  assert.ok(grid !== undefined)
  assert.equal(grid.count.length, query.buckets)
  for (const [at, [index, readings]] of filled.entries()) {
    const wanted = summaryOf(readings)
    assert.equal(found.startMs[at], query.fromMs + Math.ceil((index * span) / query.buckets))
    for (const name of ['min', 'minMs', 'max', 'maxMs', 'first', 'firstMs', 'last', 'lastMs'] as const)
      assert.equal(found[name][at], wanted[name], name)
    near(found.mean[at], wanted.mean, 1e-9)
    for (const name of ['min', 'max', 'first', 'last'] as const) assert.equal(grid[name][index], wanted[name], name)
    near(grid.mean[index], wanted.mean, 1e-9)
    assert.equal(grid.count[index], readings.length)
  }
  assert.equal(emptyIn(grid), query.buckets - filled.length)
}

function emptyIn({ min, mean, last, count }: AlignedSeries): number {
  return count.reduce((empty, one, at) => {
    if (one > 0) return empty
    assert.ok(Number.isNaN(min[at]) && Number.isNaN(mean[at]) && Number.isNaN(last[at]))
    return empty + 1
  }, 0)
}

/** Readings that count, by the bucket they fall into. */
function grouped(expected: readonly number[][], bucketOf: (timeMs: number) => number): [number, number[][]][] {
  const groups = new Map<number, number[][]>()
  for (const reading of expected) {
    const [timeMs = 0, , quality] = reading
    if (quality === 4 || quality === 9) continue
    groups.set(bucketOf(timeMs), [...(groups.get(bucketOf(timeMs)) ?? []), reading])
  }
  return [...groups].sort(([left], [right]) => left - right)
}

function summaryOf(readings: readonly number[][]) {
  const values = readings.map(([, value = NaN]) => value)
  const timeOf = (wanted: number): number | undefined => readings[values.indexOf(wanted)]?.[0]
  const min = Math.min(...values)
  const max = Math.max(...values)
  return {
    min,
    minMs: timeOf(min),
    max,
    maxMs: timeOf(max),
    first: values[0],
    firstMs: readings[0]?.[0],
    last: values.at(-1),
    lastMs: readings.at(-1)?.[0],
    mean: values.reduce((sum, value) => sum + value, 0) / values.length
  }
}

async function compareOthers(store: TelemetryStore, expected: readonly number[][]): Promise<void> {
  const pages = await collect(store.pages({ series, fromMs: 0, toMs: 400, pageReadings: 7 }))
  assert.deepEqual(pages.flatMap(rows), expected)
  for (const atMs of [0, 100, 399]) {
    const [found] = await store.asOf({ prefix: '', atMs })
    const wanted = within(expected, 0, atMs).at(-1)
    assert.deepEqual(found === undefined ? undefined : [found.timeMs, found.value, found.quality], wanted)
  }
  const seen = [20, ...within(expected, 20, 380).flatMap(([timeMs = 0, , quality]) => (quality === 9 ? [] : [timeMs])), 380]
  const { gaps } = await store.gaps({ series, fromMs: 20, toMs: 380, gapAfterMs: 15 })
  assert.deepEqual(
    gaps.map(({ fromMs, toMs }) => [fromMs, toMs]),
    seen.flatMap((toMs, at) => (toMs - (seen[at - 1] ?? toMs) > 15 ? [[seen[at - 1], toMs]] : []))
  )
  compareRollups(await store.rollups({ series, resolution: '1m', fromMs: 0, toMs: 400 }), expected)
  compareRollups(await store.rollups({ series, resolution: '1h', fromMs: 0, toMs: 400 }), expected)
}

/** All of the plan lies in one minute. */
function compareRollups(found: SeriesRollups, expected: readonly number[][]): void {
  const [readings] = grouped(expected, () => 0).map(([, group]) => group)
  assert.equal(found.count.length, readings === undefined ? 0 : 1)
  if (readings === undefined) return
  const wanted = summaryOf(readings)
  assert.equal(found.count[0], readings.length)
  for (const name of ['min', 'max', 'first', 'last'] as const) assert.equal(found[name][0], wanted[name], name)
  near(found.mean[0], wanted.mean, 1e-9)
  const kelvin = readings.map(([, value = NaN]) => value + 273.15)
  const weights = kelvin.map((temperature) => Math.exp(-83_144 / 8.314_472 / temperature))
  near(found.mkt[0], -83_144 / 8.314_472 / Math.log(weights.reduce((sum, weight) => sum + weight, 0) / weights.length) - 273.15, 1e-6)
}
