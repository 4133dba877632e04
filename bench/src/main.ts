/** `npm run bench -- <name> [--json] [--scale <number>]`: runs one benchmark and prints its report. */
import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, BenchOptions, BenchReport, BenchRow } from './bench.ts'

/** Loaded only when asked for, so that one benchmark never pays for the imports of another. */
const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  connections: () => import('./connections.ts'),
  'edge-backlog': () => import('./edge-backlog.ts'),
  influx: () => import('./influx.ts'),
  'influx-trace': () => import('./influx-trace.ts'),
  ingest: () => import('./ingest.ts'),
  opcua: () => import('./opcua.ts'),
  peers: () => import('./peers.ts'),
  reconnects: () => import('./reconnects.ts'),
  'telemetry-store': () => import('./telemetry-store.ts'),
  trace: () => import('./trace.ts')
}

const usage = `Usage: npm run bench -- <name> [--json] [--scale <number>] [--cpu-profile <folder>], with name one of: ${Object.keys(benches).join(', ')}`

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
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, scale: { type: 'string', default: '1' }, 'cpu-profile': { type: 'string' } }
    })
    const [name = '', ...rest] = positionals
    const load = benches[name]
    const scale = Number(values.scale)
    if (load === undefined || rest.length > 0) return usage
    if (!(scale > 0 && scale <= 1_000)) return `Cannot run bench: --scale is "${values.scale}", expected a number above 0, up to 1000`
    const profileDir = values['cpu-profile']
    return { load, options: { json: values.json, scale, ...(profileDir === undefined ? {} : { profileDir: resolve(profileDir) }) } }
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${usage}`
  }
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
