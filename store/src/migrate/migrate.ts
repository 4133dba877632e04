/**
 * Copies readings and events of one store into another, in pieces, and proves that both have the same. Interrupted, it goes on where
 * it was; run twice, it changes nothing the second time. It deletes nothing, and copies no roll-ups: the target makes its own.
 */
import { randomUUID } from 'node:crypto'
import type { SeriesInfo, TelemetryStore } from '../telemetry-store.ts'
import type { TraceStore } from '../trace-store.ts'
import { storedTraceEvent } from '../stored-event.ts'
import { comparePages, type Difference } from './compare.ts'
import { readMigrationState, writeMigrationState, type MigrationState } from './migration-state.ts'

export interface MigrationSide {
  /** The URL of the store, without secrets. */
  readonly name: string
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
}

interface MigrationProgress {
  readonly phase: 'readings' | 'events' | 'check'
  readonly done: number
  readonly total: number
}

export interface MigrationOptions {
  readonly from: MigrationSide
  readonly to: MigrationSide
  /** Where to remember how far it came. */
  readonly statePath: string
  /** counts: readings of each series and events. values: each reading besides. */
  readonly check: 'counts' | 'values'
  readonly onProgress?: (progress: MigrationProgress) => void
  /** Ends it after the piece under way; the next call goes on there. */
  readonly signal?: AbortSignal
}

export interface MigrationReport {
  readonly series: number
  readonly readings: { readonly from: number; readonly to: number; readonly copied: number }
  readonly events: { readonly from: number; readonly to: number; readonly copied: number }
  /** Empty when the copy is whole. A target that had readings of its own before may have more; then they stand here. */
  readonly differences: readonly Difference[]
  /** False when it was ended before its end. */
  readonly finished: boolean
}

const pageReadings = 20_000
const pageEvents = 500
const allMs = { fromMs: 0, toMs: 8_640_000_000_000_000 }

export async function migrateStores(options: MigrationOptions): Promise<MigrationReport> {
  const { from, to, statePath, signal } = options
  const between = { from: from.name, to: to.name }
  const keeper = createStateKeeper(
    statePath,
    readMigrationState(statePath, between) ?? {
      version: 1,
      log: `migration-${randomUUID()}`,
      ...between,
      events: { batches: 0, done: false }
    }
  )
  const readingsCopied = await copyReadings(options, keeper)
  const eventsCopied = signal?.aborted === true ? 0 : await copyEvents(options, keeper)
  const sources = await from.telemetry.series('')
  const targets = new Map((await to.telemetry.series('')).map((info) => [info.series, info]))
  const [fromCounts, toCounts] = [await from.trace.counts(), await to.trace.counts()]
  const finished = signal?.aborted !== true
  return {
    series: sources.length,
    readings: { from: sumOf(sources), to: sumOf([...targets.values()]), copied: readingsCopied },
    events: { from: fromCounts.events, to: toCounts.events, copied: eventsCopied },
    differences: finished ? await differencesOf(options, { sources, targets, events: [fromCounts.events, toCounts.events] }) : [],
    finished
  }
}

interface StateKeeper {
  readonly state: MigrationState
  set(change: Partial<MigrationState>): void
  /** The series under way is done. */
  seriesDone(): void
}

function createStateKeeper(path: string, first: MigrationState): StateKeeper {
  let state = first
  const keep = (next: MigrationState) => {
    state = next
    writeMigrationState(path, state)
  }
  return {
    get state() {
      return state
    },
    set: (change) => keep({ ...state, ...change }),
    seriesDone() {
      const { series, ...rest } = state
      if (series !== undefined) keep(rest)
    }
  }
}

/** A series is done when the target has as many readings; one that was under way goes on behind what is remembered of it. */
async function copyReadings({ from, to, onProgress, signal }: MigrationOptions, keeper: StateKeeper): Promise<number> {
  const isEnded = () => signal?.aborted === true
  const sources = await from.telemetry.series('')
  const total = sumOf(sources)
  const there = new Map((await to.telemetry.series('')).map(({ series, count }) => [series, count]))
  let [done, copied] = [0, 0]
  for (const { series, count } of sources) {
    if (isEnded()) return copied
    const { series: under } = keeper.state
    const here = there.get(series) ?? 0
    const begun = under?.name === series && here > 0 ? under.upToMs : undefined
    if (count > 0 && (begun !== undefined || here < count)) {
      for await (const page of from.telemetry.pages({ series, ...allMs, fromMs: begun === undefined ? 0 : begun + 1, pageReadings })) {
        const [point = '', device = '', ...metric] = series.split('/')
        const { timeMs, value, quality, unit } = page
        const names = [{ point, device, metric: metric.join('/'), unit }]
        await to.telemetry.appendColumns({ series: names, seriesAt: new Uint32Array(timeMs.length), timeMs, value, quality })
        copied += timeMs.length
        const upToMs = timeMs.at(-1)
        if (upToMs !== undefined) keeper.set({ series: { name: series, upToMs } })
        onProgress?.({ phase: 'readings', done: Math.min(total, done + copied), total })
        if (isEnded()) return copied
      }
      // Should it have grown before that time meanwhile, the next run copies all of it.
      keeper.seriesDone()
    } else done += count
    onProgress?.({ phase: 'readings', done: Math.min(total, done + copied), total })
  }
  return copied
}

/** By the time at which they were recorded, with the offset of each batch: the target takes none twice, error declarations neither. */
async function copyEvents({ from, to, onProgress, signal }: MigrationOptions, keeper: StateKeeper): Promise<number> {
  const total = (await from.trace.counts()).events
  const isEnded = () => signal?.aborted === true
  await beginAnew({ from, to }, keeper)
  let copied = 0
  let done = keeper.state.events.cursor === undefined ? 0 : keeper.state.events.batches * pageEvents
  while (!keeper.state.events.done && !isEnded()) {
    const { batches, cursor } = keeper.state.events
    const page = await from.trace.events({
      order: 'ascending',
      orderBy: 'recordTime',
      limit: pageEvents,
      ...(cursor === undefined ? {} : { cursor })
    })
    const events = page.json.map((json) => storedTraceEvent(json, from.name))
    const outcomes = events.length === 0 ? [] : await to.trace.capture(events, { log: keeper.state.log, upTo: batches })
    copied += outcomes.filter(({ outcome }) => outcome === 'stored').length
    const next = page.next === undefined ? {} : { cursor: page.next }
    keeper.set({ events: { batches: batches + 1, done: page.next === undefined, ...next } })
    done += events.length
    onProgress?.({ phase: 'events', done: keeper.state.events.done ? total : Math.min(total, done), total })
  }
  return copied
}

/** From the first event, when events came after the last run, or the target is not the one that the state tells of. */
async function beginAnew({ from, to }: Pick<MigrationOptions, 'from' | 'to'>, keeper: StateKeeper): Promise<void> {
  const { log, events } = keeper.state
  if (events.batches === 0) return
  const taken = await to.trace.capturedUpTo(log)
  const [fromCounts, toCounts] = [await from.trace.counts(), await to.trace.counts()]
  if (taken >= events.batches - 1 && !(events.done && toCounts.events < fromCounts.events)) return
  keeper.set({ events: { batches: taken + 1, done: false } })
}

async function differencesOf(
  { from, to, check, onProgress }: MigrationOptions,
  found: {
    readonly sources: readonly SeriesInfo[]
    readonly targets: ReadonlyMap<string, SeriesInfo>
    readonly events: readonly [number, number]
  }
): Promise<Difference[]> {
  const differences: Difference[] = []
  const [eventsFrom, eventsTo] = found.events
  if (eventsFrom !== eventsTo) differences.push({ what: 'events', detail: `${eventsFrom} there, ${eventsTo} here` })
  for (const [at, { series, count }] of found.sources.entries()) {
    const here = found.targets.get(series)?.count ?? 0
    if (here !== count) differences.push({ what: series, detail: `${count} readings there, ${here} here` })
    else if (check === 'values') {
      const difference = await comparePages(
        from.telemetry.pages({ series, ...allMs, pageReadings }),
        to.telemetry.pages({ series, ...allMs, pageReadings })
      )
      if (difference !== undefined) differences.push({ what: series, detail: difference })
    }
    onProgress?.({ phase: 'check', done: at + 1, total: found.sources.length })
  }
  return differences
}

function sumOf(series: readonly SeriesInfo[]): number {
  return series.reduce((sum, { count }) => sum + count, 0)
}
