/**
 * One webhook subscription at work: it waits for its time, reads the next batch, has it sent and keeps how far it came. One delivery is
 * under way at a time, so the order of the store is kept. It must not know of HTTP or of other subscriptions.
 */
import { randomUUID } from 'node:crypto'
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import { isStoreError } from '@tracegate/store/errors'
import type { Batch } from './feed-reader.ts'
import { resumed, withoutPlace } from './delivery-rules.ts'
import { factsOf } from './query-document.ts'
import type { Pending, SubscriptionRow } from './rows.ts'
import { attempt, keep, keepRow, namesOf, type RunnerParts, type RunnerState } from './runner-attempt.ts'
import { timetableOfKept } from './schedule.ts'
import { createBell } from './slots.ts'

/** How often the place in the feed is kept while nothing matches. */
const keepEveryMs = 60_000

export interface Runner {
  readonly row: SubscriptionRow
  start(): void
  /** There may be something new. */
  wake(): void
  resume(): Promise<void>
  /** Begins nothing new, and ends what is under way after the time given; resolves when nothing is any more. */
  stop(graceMs?: number): Promise<void>
}

export function createRunner(initial: SubscriptionRow, parts: RunnerParts): Runner {
  const { settings } = parts
  const state: RunnerState = { row: initial, run: undefined, told: false, keptAtMs: settings.nowMs(), isUnkept: false }
  const bell = createBell()
  const ending = new AbortController()
  let working: Promise<void> | undefined
  const phase = { isEnding: false, isBusy: false }

  async function work(): Promise<void> {
    let faults = 0
    while (!phase.isEnding) {
      let waitMs: number
      phase.isBusy = true
      try {
        waitMs = await turn(state, parts, ending.signal)
        faults = 0
      } catch (error) {
        if (ending.signal.aborted) return
        const { progress } = state.row
        if (isStoreError(error, 'STORE_QUERY') && progress.cursor !== undefined)
          state.row = { ...state.row, progress: withoutPlace(progress) }
        parts.events.faulted({ ...namesOf(state.row), error })
        faults += 1
        waitMs = Math.min(settings.backOff.maxMs, settings.backOff.minMs * 2 ** Math.min(faults, 20))
      } finally {
        phase.isBusy = false
      }
      if (waitMs <= 0 || phase.isEnding) continue
      const rang = await bell.wait(Math.min(waitMs, settings.sleepMaxMs), ending.signal)
      if (rang) await createBell().wait(settings.gatherMs, ending.signal)
    }
  }

  return {
    get row() {
      return state.row
    },
    start() {
      working ??= work()
    },
    wake() {
      state.told = true
      if (state.row.schedule === undefined) bell.ring()
    },
    async resume() {
      await keep(state, parts, resumed(state.row.progress))
      bell.ring()
    },
    async stop(graceMs = 0) {
      phase.isEnding = true
      if (graceMs === 0 || !phase.isBusy) ending.abort()
      const cut = setTimeout(() => ending.abort(), graceMs)
      await working
      clearTimeout(cut)
    }
  }
}

/** One step; gives how long to wait before the next unless something rings. */
async function turn(state: RunnerState, parts: RunnerParts, signal: AbortSignal): Promise<number> {
  const { settings } = parts
  if (state.isUnkept) await keepRow(state, parts)
  const { progress, schedule } = state.row
  const nowMs = settings.nowMs()
  if (progress.stopped !== undefined) return settings.sleepMaxMs
  const retryInMs = (progress.retryAtMs ?? 0) - nowMs
  // Longer than any wait that is ever set: the clock was set back.
  if (retryInMs > 0 && retryInMs <= Math.max(settings.retryAfterMaxMs, settings.backOff.maxMs)) return retryInMs
  if (schedule === undefined) {
    const told = state.told
    state.told = false
    const step = await deliverNext(state, parts, { signal, reportEmpty: state.row.reportIfEmpty && told })
    return step === 'on' ? 0 : settings.pollMs * (0.75 + settings.random() / 2)
  }
  if (state.run === undefined && progress.pending === undefined) {
    const dueMs = timetableOfKept(schedule)?.nextMs(Math.min(nowMs, progress.servedMs ?? state.row.createdAtMs))
    if (dueMs === undefined) return settings.sleepMaxMs
    if (dueMs > nowMs) return dueMs - nowMs
  }
  state.run ??= { startedMs: nowMs, sent: false }
  return continueRun(state, state.run, { parts, signal })
}

/** A run takes everything that was stored when it began; what is due while it lasts is served by it. */
async function continueRun(
  state: RunnerState,
  run: NonNullable<RunnerState['run']>,
  { parts, signal }: { readonly parts: RunnerParts; readonly signal: AbortSignal }
): Promise<number> {
  const reportEmpty = state.row.reportIfEmpty && !run.sent
  const before = state.row.progress.lastNotifiedAtMs
  const step = await deliverNext(state, parts, { signal, reportEmpty })
  const { progress } = state.row
  run.sent ||= progress.lastNotifiedAtMs !== before
  const isThrough = step === 'idle' || (step === 'on' && progress.pending === undefined && progress.minRecordMs >= run.startedMs)
  if (!isThrough) return 0
  state.run = undefined
  await keep(state, parts, { ...progress, servedMs: run.startedMs })
  return 0
}

/** on: there may be more at once; idle: nothing is there; wait: the progress says when to try again. */
type Step = 'on' | 'idle' | 'wait'

async function deliverNext(
  state: RunnerState,
  parts: RunnerParts,
  { signal, reportEmpty }: { readonly signal: AbortSignal; readonly reportEmpty: boolean }
): Promise<Step> {
  const filter = await parts.filterOf(state.row.queryName)
  const batch = filter === undefined ? undefined : await readNext(state, parts, { filter, signal })
  signal.throwIfAborted()
  const json = batch?.json ?? []
  const under = state.row.progress.pending
  // What master data say may have changed since: the events of a repeat need not match any longer.
  const isMoot = json.length === 0 && under !== undefined && under.count > 0
  if (isMoot || (json.length === 0 && !reportEmpty && under === undefined)) {
    await passOver(state, parts, batch)
    return isMoot || batch?.more === true ? 'on' : 'idle'
  }
  const pending = await prepare(state, parts, { batch, json })
  const decision = await attempt(state, parts, { pending, json, signal })
  if (decision.result === 'retry' || decision.progress.stopped !== undefined) return 'wait'
  return json.length === 0 && batch?.more !== true ? 'idle' : 'on'
}

function readNext(
  state: RunnerState,
  parts: RunnerParts,
  { filter, signal }: { readonly filter: EventFilter; readonly signal: AbortSignal }
): Promise<Batch> {
  const { progress, initialRecordMs } = state.row
  const { pending, fromRecordMs = initialRecordMs } = progress
  const isRepeat = pending !== undefined && pending.count > 0
  return parts.reader.read({
    filter,
    after: isRepeat ? pending.after : progress.cursor,
    fromRecordMs,
    eventsMax: isRepeat ? pending.count : progress.batchMax,
    bytesMax: isRepeat ? Infinity : parts.settings.batchBytesMax,
    signal
  })
}

/** Nothing matched: the place in the feed moves on, and is kept now and then. */
async function passOver(state: RunnerState, parts: RunnerParts, batch: Batch | undefined): Promise<void> {
  const nowMs = parts.settings.nowMs()
  const { pending: _, ...rest } = state.row.progress
  const progress = { ...rest, ...(batch === undefined ? {} : { cursor: batch.next }) }
  if (nowMs - state.keptAtMs >= keepEveryMs) await keep(state, parts, progress)
  else state.row = { ...state.row, progress }
}

/** The delivery under way, kept before its first attempt; an empty report gives way to events that came since. */
async function prepare(
  state: RunnerState,
  parts: RunnerParts,
  { batch, json }: { readonly batch: Batch | undefined; readonly json: readonly string[] }
): Promise<Pending> {
  const { progress } = state.row
  if (progress.pending !== undefined && (progress.pending.count > 0 || json.length === 0)) return progress.pending
  const [firstRecordMs, lastRecordMs] = [json[0], json.at(-1)].map((event) => (event === undefined ? undefined : factsOf(event).recordMs))
  const pending: Pending = {
    id: randomUUID(),
    ...(progress.cursor === undefined ? {} : { after: progress.cursor }),
    ...(batch === undefined ? {} : { next: batch.next }),
    count: json.length,
    madeAtMs: parts.settings.nowMs(),
    ...(firstRecordMs === undefined ? {} : { firstRecordMs }),
    ...(lastRecordMs === undefined ? {} : { lastRecordMs })
  }
  await keep(state, parts, { ...progress, pending })
  return pending
}
