/**
 * The reading half of the telemetry port over `telemetry.db` while another process writes it: no claim, no writing, every answer from one
 * state of the file, what is committed seen at the next question. For reports, checks and exports beside a running platform.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { silentLogger, type Logger } from '@tracegate/service/log'
import { openSqlite, numberOf, withStoreErrors } from './embedded/sqlite.ts'
import { createTelemetryReader } from './embedded/telemetry/reader.ts'
import { followSeriesIndex } from './embedded/telemetry/series-index.ts'
import { telemetryMigrations } from './embedded/telemetry/tables.ts'
import { createWorkerClient } from './embedded/telemetry/worker-client.ts'
import { createWriteTurn } from './embedded/write-turn.ts'
import { storeError } from './errors.ts'
import type { TelemetryReader } from './telemetry-store.ts'

export interface TelemetryReaderOptions {
  readonly dataDir: string
  readonly logger?: Logger
}

/**
 * Rejects with `STORE_IO` where no file is, and with `STORE_VERSION` when its schema is not today's: an older one is brought there by
 * whoever opens it for writing.
 */
export async function openTelemetryReadOnly(options: TelemetryReaderOptions): Promise<TelemetryReader> {
  const path = join(resolve(options.dataDir), 'telemetry.db')
  const where = { action: 'read telemetry', path }
  if (!existsSync(path)) throw storeError('STORE_IO', { ...where, detail: 'no such file' })
  const database = openSqlite({ path, migrations: telemetryMigrations, readOnly: true })
  const offset = database.prepare('SELECT up_to FROM source WHERE log = ?')
  const index = followSeriesIndex(database)
  const turn = createWriteTurn()
  const worker = createWorkerClient({
    worker: { path, turn: turn.shared, blockReadingsMax: 1, pageCountMax: undefined, readOnly: true },
    turn,
    logger: (options.logger ?? silentLogger).child({ store: 'telemetry' }),
    onFolded: () => undefined,
    onBackground: () => undefined,
    onRestart: () => undefined
  })
  let closing: Promise<void> | undefined
  const current = () => withStoreErrors(where, index)

  return {
    ...createTelemetryReader({
      index: { get: (name) => current().get(name), matching: (prefix) => current().matching(prefix) },
      worker,
      requireOpen(action) {
        if (closing !== undefined) throw storeError('STORE_CLOSED', { action })
      },
      appendedUpTo: (log) =>
        withStoreErrors(where, () => {
          const row = offset.get(log)
          return row === undefined ? -1 : numberOf(row, 'up_to')
        })
    }),
    close() {
      closing ??= worker.close().then(() => database.close())
      return closing
    }
  }
}
