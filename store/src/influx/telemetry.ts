/**
 * The telemetry store on an InfluxDB server, 1.x, 2.x or 3.x. Appends go one after another, so that the last reading of a time wins;
 * questions go beside them. Other processes may read and write the same database; of two that write one reading at once either may win.
 */
import { silentLogger, type Logger } from '@tracegate/service/log'
import { createMetrics, type Metrics } from '@tracegate/service/metrics'
import type { Reading } from '@tracegate/model/telemetry'
import { RefusedReadings, storeError } from '../errors.ts'
import { readingsOfColumns } from '../reading-columns.ts'
import { requireRetention, requireStorable, type Retention } from '../telemetry-limits.ts'
import type { BatchSource, RetentionCounts, TelemetryStore } from '../telemetry-store.ts'
import type { InfluxDatabase } from './client.ts'
import { createLineWriter } from './line-writer.ts'
import { createTelemetryAppender } from './telemetry-append.ts'
import { influxTelemetryEvents } from './telemetry-events.ts'
import { createTelemetryLists } from './telemetry-lists.ts'
import { measurements } from './telemetry-model.ts'
import { telemetryReads } from './telemetry-reads.ts'
import { spanOfMs } from './selection.ts'

export interface InfluxTelemetryStoreOptions {
  /** Prepared; the store does not close it. */
  readonly database: InfluxDatabase
  readonly logger?: Logger
  readonly metrics?: Metrics
  /** Lines of one write request. Default 5,000. */
  readonly linesPerWriteMax?: number
}

const appendsWaitingMax = 1_000

export function createInfluxTelemetryStore(options: InfluxTelemetryStoreOptions): TelemetryStore {
  const { database, linesPerWriteMax } = options
  const events = influxTelemetryEvents(options.metrics ?? createMetrics(), options.logger ?? silentLogger)
  const writer = createLineWriter({
    database,
    onAnswer: (answer, lines) => events.answered(answer, lines),
    ...(linesPerWriteMax === undefined ? {} : { linesMax: linesPerWriteMax })
  })
  const appender = createTelemetryAppender({ database, writer })
  const lists = createTelemetryLists(database)
  let retention: Retention = requireRetention([])
  let closed = false
  let waiting = 0
  let tail: Promise<unknown> = Promise.resolve()
  events.watch(() => appender.seriesKnown)

  const open = (action: string): void => {
    if (closed) throw storeError('STORE_CLOSED', { action })
  }
  /** One after another, in the order they were asked for. */
  async function inTurn<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
    if (waiting >= appendsWaitingMax) throw storeError('STORE_BUSY', { action, waiting, waitingMax: appendsWaitingMax })
    waiting += 1
    const before = tail
    const own = before.then(work)
    tail = own.catch(() => {})
    try {
      return await own
    } finally {
      waiting -= 1
    }
  }
  async function append(readings: readonly Reading[], source: BatchSource | undefined): Promise<void> {
    open('append')
    requireStorable(readings)
    if (readings.length === 0 && source === undefined) return
    await inTurn('append', async () => {
      const startedMs = performance.now()
      try {
        if (await appender.append(readings, source)) events.stored(readings.length, performance.now() - startedMs)
        else events.dropped(readings.length)
      } catch (error) {
        if (error instanceof RefusedReadings) events.refused(error.refused?.length ?? 0, error.message)
        throw error
      }
    })
  }
  async function dropBefore(beforeMs: number, metric?: string): Promise<number> {
    const span = spanOfMs(0, Math.ceil(beforeMs) - 1)
    const count = span === undefined ? 0 : await lists.countBefore(beforeMs, metric)
    if (span === undefined || count === 0) return 0
    await database.remove({ measurement: measurements.reading, tags: metric === undefined ? {} : { metric }, span })
    events.retained(count)
    return count
  }

  return {
    ...telemetryReads({ database, lists, open }),
    append,
    appendColumns: async (columns, source) => append(readingsOfColumns(columns), source),
    async appendedUpTo(log) {
      open('appendedUpTo')
      return inTurn('appendedUpTo', () => appender.appendedUpTo(log))
    },
    async latest(prefix) {
      open('latest')
      return lists.latest(prefix)
    },
    async asOf({ prefix, atMs }) {
      open('asOf')
      return lists.asOf(prefix, atMs)
    },
    async series(prefix) {
      open('series')
      return lists.series(prefix)
    },
    async retain(beforeMs) {
      open('retain')
      return inTurn('retain', () => dropBefore(beforeMs))
    },
    async setRetention(policies) {
      open('setRetention')
      retention = requireRetention(policies)
    },
    async applyRetention(nowMs): Promise<RetentionCounts> {
      open('applyRetention')
      let raw = 0
      for (const metric of await lists.metrics()) {
        const kept = retention(metric, nowMs)
        if (kept !== undefined && kept.rawMs > 0) raw += await inTurn('applyRetention', () => dropBefore(kept.rawMs, metric))
      }
      return { raw, minute: 0, hour: 0 }
    },
    async close() {
      closed = true
      await tail
    }
  }
}
