/** One attempt at a delivery and what comes of it: sent, judged, told, kept. Who is due and what is read is the runner's. */
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import type { FeedReader } from './feed-reader.ts'
import { decideDelivery, type Decision, type DeliveryOutcome } from './delivery-rules.ts'
import type { SubscriptionEvents } from './events.ts'
import { factsOf } from './query-document.ts'
import type { DeadRow, Pending, Progress, SubscriptionRow } from './rows.ts'
import type { SubscriptionSettings } from './settings.ts'
import type { Slots } from './slots.ts'

const deadEventIDsMax = 100

export interface RunnerParts {
  readonly settings: SubscriptionSettings
  readonly reader: FeedReader
  readonly events: SubscriptionEvents
  readonly slots: { readonly first: Slots; readonly retry: Slots }
  /** What an event must be, as things stand; undefined when none can match. Rejects when the query cannot be read any more. */
  filterOf(queryName: string): Promise<EventFilter | undefined>
  send(options: { row: SubscriptionRow; pending: Pending; events: readonly string[]; signal: AbortSignal }): Promise<DeliveryOutcome>
  save(row: SubscriptionRow): Promise<void>
  bury(dead: DeadRow): Promise<void>
  /** Dead letters of the subscription so far. */
  buried(subscriptionID: string): number
}

export interface RunnerState {
  row: SubscriptionRow
  /** A run of a schedule that is not through. */
  run: { readonly startedMs: number; sent: boolean } | undefined
  /** New events were stored since the last look; for empty reports of a stream. */
  told: boolean
  keptAtMs: number
  /** The row in memory is newer than the one in the register. */
  isUnkept: boolean
}

export async function attempt(
  state: RunnerState,
  parts: RunnerParts,
  { pending, json, signal }: { readonly pending: Pending; readonly json: readonly string[]; readonly signal: AbortSignal }
): Promise<Decision> {
  const { settings } = parts
  const { first, retry } = parts.slots
  const releaseRetry = state.row.progress.attempts > 0 ? await retry.take(signal) : undefined
  let outcome: DeliveryOutcome
  let startedMs: number
  try {
    const release = await first.take(signal)
    startedMs = performance.now()
    try {
      outcome = await parts.send({ row: state.row, pending, events: json, signal })
    } finally {
      release()
    }
  } finally {
    releaseRetry?.()
  }
  const { progress } = state.row
  const decision = decideDelivery({ progress, outcome, nowMs: settings.nowMs(), random: settings.random(), limits: settings })
  report(state.row, decision, { parts, pending, tookMs: performance.now() - startedMs })
  await conclude(state, decision, { parts, pending, json })
  return decision
}

/** A dead letter is kept before the place moves past its event. */
async function conclude(
  state: RunnerState,
  decision: Decision,
  { parts, pending, json }: { readonly parts: RunnerParts; readonly pending: Pending; readonly json: readonly string[] }
): Promise<void> {
  const { dead } = decision
  if (dead === undefined) return keep(state, parts, decision.progress)
  const { id, queryName, progress } = state.row
  const nowMs = parts.settings.nowMs()
  const isFull = dead.kind === 'event' && parts.buried(id) >= parts.settings.deadLettersMax
  const code = isFull ? 'DEAD_LETTERS_FULL' : dead.code
  const message = isFull ? `${dead.message}; as many dead letters as are kept are there already` : dead.message
  await parts.bury({
    id: pending.id,
    kind: isFull ? 'stopped' : dead.kind,
    subscriptionID: id,
    queryName,
    ...(pending.after === undefined ? {} : { after: pending.after }),
    eventIDs: json.slice(0, deadEventIDsMax).flatMap((event) => factsOf(event).eventID ?? []),
    code,
    message,
    attempts: progress.attempts + 1,
    firstAttemptAtMs: pending.madeAtMs,
    diedAtMs: nowMs
  })
  await keep(state, parts, isFull ? { ...progress, stopped: { atMs: nowMs, code, message } } : decision.progress)
}

function report(
  row: SubscriptionRow,
  { result, progress, dead }: Decision,
  { parts, pending, tookMs }: { readonly parts: RunnerParts; readonly pending: Pending; readonly tookMs: number }
): void {
  const fields = { ...namesOf(row), delivery: pending.id }
  const reason = progress.lastFailure ?? ''
  if (result === 'delivered') parts.events.delivered({ ...fields, events: pending.count, tookMs })
  else if (result === 'halved') parts.events.halved({ ...namesOf(row), events: pending.count, batchMax: progress.batchMax })
  else if (result === 'dead') parts.events.died({ ...fields, kind: dead?.kind ?? '', reason: dead?.message ?? '' })
  else {
    const waitMs = (progress.retryAtMs ?? 0) - parts.settings.nowMs()
    parts.events.retried({ ...fields, attempts: progress.attempts, waitMs, reason })
  }
}

/** To be tried until it succeeds before anything else is done. */
export async function keepRow(state: RunnerState, parts: RunnerParts): Promise<void> {
  state.isUnkept = true
  await parts.save(state.row)
  state.isUnkept = false
  state.keptAtMs = parts.settings.nowMs()
}

/** In memory first: what cannot be kept now is kept before the next step, and a kill in between costs a repeat at worst. */
export async function keep(state: RunnerState, parts: RunnerParts, progress: Progress): Promise<void> {
  state.row = { ...state.row, progress }
  await keepRow(state, parts)
}

export function namesOf(row: SubscriptionRow): { subscription: string; query: string } {
  return { subscription: row.id, query: row.queryName }
}
