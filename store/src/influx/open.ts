/** Opens the stores on an InfluxDB server, once it answers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '@tracegate/model/errors'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { storeError } from '../errors.ts'
import type { TelemetryStore } from '../telemetry-store.ts'
import type { InfluxDatabase, InfluxOptions } from './client.ts'
import { createInfluxDatabase } from './client-open.ts'
import { createInfluxTelemetryStore } from './telemetry.ts'
import type { TraceStore } from '../trace-store.ts'
import { createInfluxTraceStore } from '../influx-trace.ts'

export interface OpenInfluxOptions {
  readonly server: InfluxOptions
  readonly logger: Logger
  readonly metrics: Metrics
  /** 0 to 15: another for each process that captures events into the database. */
  readonly writer: number
  /** How long to try while the server does not answer. */
  readonly reachWithinMs: number
  readonly signal?: AbortSignal
  /** Remembers what is to be closed, the last first, and gives it back. */
  readonly keep: <Part extends { close(): void | Promise<void> }>(part: Part) => Part
}

const reachPauseMs = 1_000

export interface OpenedInfluxStores {
  readonly name: string
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
}

/** Rejects with `STORE_UNREACHABLE`, `STORE_ACCESS` or `STORE_SERVER_VERSION`. */
export async function openInfluxStores(options: OpenInfluxOptions): Promise<OpenedInfluxStores> {
  const { logger, metrics, writer, keep } = options
  const database = createInfluxDatabase(options.server)
  keep({ close: () => database.close() })
  const { version } = await reach(database, options)
  logger.info({ store: database.name, version }, 'InfluxDB opened')
  const telemetry = keep(createInfluxTelemetryStore({ database, logger: logger.child({ store: 'telemetry' }), metrics }))
  const trace = keep(createInfluxTraceStore({ database, logger: logger.child({ store: 'trace' }), metrics, writer }))
  return { name: database.name, telemetry, trace }
}

/** A server that starts, or a proxy before one that does, may answer in a while. */
function mayPass(error: unknown): error is CodedError {
  if (!(error instanceof CodedError)) return false
  if (error.code === 'STORE_SERVER') return Number(error.parameters['status']) >= 500
  return error.code === 'STORE_UNREACHABLE' || error.code === 'STORE_TIMEOUT'
}

async function reach(database: InfluxDatabase, options: OpenInfluxOptions): Promise<{ readonly version: string }> {
  const { reachWithinMs, logger, signal } = options
  const startedMs = performance.now()
  for (let tries = 1; ; tries += 1) {
    try {
      return await database.prepare()
    } catch (error) {
      if (!mayPass(error)) throw error
      const tookMs = Math.round(performance.now() - startedMs)
      if (tookMs + reachPauseMs > reachWithinMs || signal?.aborted === true) {
        const detail = `${tries} tries in ${tookMs} ms, at last: ${error.message}`
        throw storeError('STORE_UNREACHABLE', { action: 'open store', server: database.name, detail }, error)
      }
      if (tries === 1) logger.warn({ store: database.name, error: error.message }, 'InfluxDB does not answer yet')
      await sleep(reachPauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
    }
  }
}
