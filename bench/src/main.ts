/** `npm run bench -- <name> [--json] [--scale <number>]`: runs one benchmark and prints its report. */
import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, BenchOptions, BenchReport, BenchRow } from './bench.ts'

/** Loaded only when asked for, so that one benchmark never pays for the imports of another. */
const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  connections: () => import('./connections.ts'),
  control: () => import('./control.ts'),
  detect: () => import('./detect.ts'),
  'edge-backlog': () => import('./edge-backlog.ts'),
  'epcis-http': () => import('./epcis-http.ts'),
  influx: () => import('./influx.ts'),
  'influx-trace': () => import('./influx-trace.ts'),
  ingest: () => import('./ingest.ts'),
  opcua: () => import('./opcua.ts'),
  peers: () => import('./peers.ts'),
  'recall-progress': () => import('./recall-progress.ts'),
  reconnects: () => import('./reconnects.ts'),
  score: () => import('./score.ts'),
  soak: () => import('./soak.ts'),
  'telemetry-store': () => import('./telemetry-store.ts'),
  trace: () => import('./trace.ts'),
  'trace-growth': () => import('./trace-growth.ts'),
  'trace-rules': () => import('./trace-rules.ts'),
  'trace-walks': () => import('./trace-walks.ts'),
  trigger: () => import('./trigger.ts')
}

const usage = `Usage: npm run bench -- <name> [--json] [--scale <number>] [--cpu-profile <folder>]\n       npm run bench -- soak [--minutes 60] [--share 0.5 | --rate <messages/s>] [--csv <file>]\nwith name one of: ${Object.keys(benches).join(', ')}`

const flags = {
  json: { type: 'boolean', default: false },
  scale: { type: 'string' },
  'cpu-profile': { type: 'string' },
  minutes: { type: 'string' },
  share: { type: 'string' },
  rate: { type: 'string' },
  csv: { type: 'string' }
} as const

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  const parsed = parse(args)
  if (typeof parsed === 'string') {
    writeSync(2, `${parsed}\n`)
    return 2
  }
  const { bench } = await parsed.load()
  const report = await bench.run(parsed.options)
  writeSync(1, parsed.options.json ? `${JSON.stringify({ name: bench.name, ...report })}\n` : render(bench, report))
  return 0
}

function parse(args: string[]): { load: () => Promise<{ readonly bench: Bench }>; options: BenchOptions } | string {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: flags })
    const [name = '', ...rest] = positionals
    const load = benches[name]
    if (load === undefined || rest.length > 0) return usage
    const [scale, minutes] = [numberOf(values, 'scale', 1_000), numberOf(values, 'minutes', 100_000)]
    const [share, messagesPerSecond] = [numberOf(values, 'share', 1), numberOf(values, 'rate', 1_000_000)]
    const wrong = [scale, minutes, share, messagesPerSecond].find((value) => typeof value === 'string')
    if (typeof wrong === 'string') return wrong
    const { 'cpu-profile': profileDir, csv } = values
    const options = {
      json: values.json,
      scale: Number(scale ?? 1),
      ...(minutes === undefined ? {} : { minutes: Number(minutes) }),
      ...(share === undefined ? {} : { share: Number(share) }),
      ...(messagesPerSecond === undefined ? {} : { messagesPerSecond: Number(messagesPerSecond) }),
      ...(profileDir === undefined ? {} : { profileDir: resolve(profileDir) }),
      ...(csv === undefined ? {} : { csvPath: resolve(csv) })
    }
    return { load, options }
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${usage}`
  }
}

/** Undefined when the flag is not given, a text that says what is wrong with it otherwise. */
function numberOf(
  values: Readonly<Record<string, string | boolean | undefined>>,
  name: keyof typeof flags,
  max: number
): number | string | undefined {
  const text = values[name]
  const value = Number(text)
  if (text === undefined || (value > 0 && value <= max)) return text === undefined ? undefined : value
  return `Cannot run bench: --${name} is "${text}", expected a number above 0, up to ${max}`
}

function render(bench: Bench, report: BenchReport): string {
  const lines = [`${bench.name}: ${bench.about}`, `work     ${report.work}`, `machine  ${report.machine}`, '']
  const cells = [['figure', 'value', 'unit', 'baseline', 'value', 'ratio'], ...report.rows.map(cellsOf)]
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length))) ?? []
  const right = new Set([1, 4, 5])
  for (const row of cells) {
    const padded = row.map((cell, column) => (right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
    lines.push(padded.join('  ').trimEnd())
  }
  return `${lines.join('\n')}\n`
}

function cellsOf({ figure, value, unit, baseline }: BenchRow): string[] {
  const compared = baseline === undefined ? ['', '', ''] : [baseline.what, number(baseline.value), `${number(baseline.ratio)}×`]
  return [figure, number(value), unit, ...compared]
}

function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 3
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
