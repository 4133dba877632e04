/**
 * Checks `telemetry.db` from end to end, beside a running store or alone: the file by SQLite's own check, every block and roll-up by
 * decoding it, and what the tables say of each other. It reads one state of the file and changes nothing.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openSqlite, numberOf, textOf, toStoreError } from './embedded/sqlite.ts'
import { telemetryMigrations } from './embedded/telemetry/tables.ts'
import { createTelemetryChecks } from './embedded/telemetry/checks.ts'
import { storeError } from './errors.ts'

export interface VerifyOptions {
  /** Of the file, or of a copy of it. */
  readonly path: string
  /** Findings in the answer; past it they are only counted. Default 1,000. */
  readonly findingsMax?: number
  readonly onProgress?: (progress: { readonly series: number; readonly of: number }) => void
  readonly signal?: AbortSignal
}

export interface Finding {
  /** `file`, or a series with the time of the block, or the number of a batch. */
  readonly place: string
  readonly problem: string
}

export interface VerifyResult {
  readonly findings: readonly Finding[]
  readonly findingsTotal: number
  readonly series: number
  readonly blocks: number
  readonly readings: number
  readonly rollups: number
  readonly batches: number
}

/** The path of the readings in a data folder. */
export function telemetryPathIn(dataDir: string): string {
  return join(resolve(dataDir), 'telemetry.db')
}

/** Rejects with `STORE_IO`, `STORE_VERSION` or, where the file is none of SQLite's, `STORE_CORRUPT`; all else is a finding. */
export async function verifyTelemetry(options: VerifyOptions): Promise<VerifyResult> {
  const { path } = options
  const where = { action: 'verify telemetry', path }
  if (!existsSync(path)) throw storeError('STORE_IO', { ...where, detail: 'no such file' })
  const database = openSqlite({ path, migrations: telemetryMigrations, readOnly: true })
  const findings: Finding[] = []
  let findingsTotal = 0
  const report = (place: string, problem: string): void => {
    findingsTotal += 1
    if (findings.length < (options.findingsMax ?? 1_000)) findings.push({ place, problem })
  }
  try {
    database.exec('BEGIN')
    for (const row of database.prepare('PRAGMA quick_check(100)').all()) {
      const said = textOf(row, 'quick_check')
      if (said !== 'ok') report('file', said)
    }
    const checks = createTelemetryChecks(database, report)
    const series = database.prepare('SELECT id, name FROM series ORDER BY name').all()
    for (const [index, row] of series.entries()) {
      options.signal?.throwIfAborted()
      checks.series(numberOf(row, 'id'), textOf(row, 'name'))
      options.onProgress?.({ series: index + 1, of: series.length })
      await nextTurn()
    }
    checks.batches()
    checks.belonging()
    return { findings, findingsTotal, series: series.length, ...checks.counts() }
  } catch (error) {
    throw toStoreError(where, error)
  } finally {
    database.close()
  }
}
