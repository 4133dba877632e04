/**
 * Where the results of a run are kept: one file a cell in `test/out/crash/`, put together as `test/out/crash-matrix.json` and
 * `.md`. The test files of the parts run in processes of their own, two at a time, so that nobody may own the whole.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { CellResult, faults, parts, tableOf, type Matrix } from './result.ts'
import { mosquittoPath } from './chain.ts'

const out = fileURLToPath(new URL('../../out/', import.meta.url))
const folder = join(out, 'crash')
/** The test runner is the parent of every test file, so its id names the run. */
const runId = process.ppid
const Kept = compileValidator(Type.Object({ runId: Type.Number(), atMs: Type.Number(), cell: CellResult }))
/** Results that lie further apart are not put into one table. */
const apartMsMax = 6 * 3_600_000

export function keepResult(cell: CellResult): void {
  mkdirSync(folder, { recursive: true })
  const name = `${cell.broker}-${cell.part}-${cell.fault.replaceAll(' ', '-')}.json`
  writeWhole(join(folder, name), JSON.stringify({ runId, atMs: Date.now(), cell }))
  const matrix = readRun()
  writeWhole(join(out, 'crash-matrix.json'), `${JSON.stringify(matrix, undefined, 2)}\n`)
  writeWhole(join(out, 'crash-matrix.md'), `${tableOf(matrix.cells)}\n`)
}

/** The cells of this run so far, in the order of the matrix. */
export function readRun(): Matrix {
  return matrixOf(readKept().filter((kept) => kept.runId === runId))
}

/** The last result of each cell: of one run, or of several soon after each other, as when a part was run again. */
export function readLatest(): Matrix {
  const kept = readKept()
  const newestMs = Math.max(...kept.map(({ atMs }) => atMs))
  return matrixOf(kept.filter(({ atMs }) => newestMs - atMs <= apartMsMax))
}

function readKept() {
  mkdirSync(folder, { recursive: true })
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => Kept.check(JSON.parse(readFileSync(join(folder, name), 'utf8'))))
    .flatMap((checked) => (checked.ok ? [checked.value] : []))
}

function matrixOf(kept: readonly { readonly cell: CellResult }[]): Matrix {
  const place = ({ part, fault }: CellResult) => parts.indexOf(part) * faults.length + faults.indexOf(fault)
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    versions: `Node ${process.versions.node}, SQLite ${process.versions['sqlite'] ?? 'unknown'}, ${mosquittoVersion()}`,
    cells: kept.map(({ cell }) => cell).toSorted((left, right) => left.broker.localeCompare(right.broker) || place(left) - place(right))
  }
}

function writeWhole(path: string, text: string): void {
  const part = `${path}.${process.pid}`
  writeFileSync(part, text)
  renameSync(part, path)
}

function mosquittoVersion(): string {
  try {
    return `Mosquitto ${/version (\S+)/.exec(execFileSync(mosquittoPath, ['-h'], { encoding: 'utf8' }))?.[1] ?? 'unknown'}`
  } catch (error) {
    // Told its version and its options, it ends with 3.
    const text = error instanceof Error && 'stdout' in error ? String(error.stdout) : ''
    const version = /version (\S+)/.exec(text)?.[1]
    return version === undefined ? 'no Mosquitto' : `Mosquitto ${version}`
  }
}
