/** What a benchmark is: a named piece of work with figures, measured beside a baseline in the same run. */
import { cpus, totalmem } from 'node:os'

export interface BenchOptions {
  /** The answer goes to a program: nothing but the report may be printed to standard output. */
  readonly json: boolean
  /** Multiplies the amount of work; 1 ends within a minute. */
  readonly scale?: number
  /** Folder for processor profiles of the process under test, where the benchmark has one. */
  readonly profileDir?: string
  /** Of a soak: how long, at which share of the peak or at which rate, and where its samples go. */
  readonly minutes?: number
  readonly share?: number
  readonly messagesPerSecond?: number
  readonly csvPath?: string
}

export interface BenchRow {
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** What it is compared with, measured in the same run; `ratio` above 1 says how many times better the figure is. */
  readonly baseline?: { readonly what: string; readonly value: number; readonly ratio: number }
}

export interface BenchReport {
  /** The work that was measured, with its amounts. */
  readonly work: string
  readonly machine: string
  readonly rows: readonly BenchRow[]
}

export interface Bench {
  readonly name: string
  readonly about: string
  run(options: BenchOptions): Promise<BenchReport>
}

export function describeMachine(): string {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  return `${processors.length} × ${model}, ${memoryGiB} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`
}

/** A row whose figure is better when it is higher (`more`) or lower (`less`). */
export function compare(
  row: Pick<BenchRow, 'figure' | 'value' | 'unit'>,
  baseline: { readonly what: string; readonly value: number },
  better: 'more' | 'less'
): BenchRow {
  const ratio = better === 'more' ? row.value / baseline.value : baseline.value / row.value
  return { ...row, baseline: { ...baseline, ratio } }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

/** Median of `rounds` measurements; each round is given its number. */
export async function medianOf(rounds: number, measure: (round: number) => Promise<number>): Promise<number> {
  const values: number[] = []
  for (let round = 0; round < rounds; round++) values.push(await measure(round))
  return median(values)
}

/** Milliseconds that the work took. */
export async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}
