/** What follows from the outcome of a delivery. Pure: it neither sends nor waits nor draws lots. */
import { backOffMs, type BackOffLimits } from '@tracegate/service/back-off'
import type { Progress } from './rows.ts'

export type DeliveryOutcome =
  | { readonly type: 'delivered' }
  /** 413: smaller batches are wanted. */
  | { readonly type: 'tooLarge'; readonly retryAfterMs?: number }
  /** 410: the receiver is gone for good. */
  | { readonly type: 'gone' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly retryAfterMs?: number }

export interface DeliveryLimits {
  readonly backOff: BackOffLimits
  /** Longest that a Retry-After is obeyed. */
  readonly retryAfterMaxMs: number
  /** A receiver that failed so long is left alone until somebody resumes it. */
  readonly deadAfterMs: number
  readonly batchEventsMax: number
}

export interface Decision {
  readonly progress: Progress
  readonly result: 'delivered' | 'halved' | 'retry' | 'dead'
  /** stopped: the whole subscription waits; event: one event is left out and the rest goes on. */
  readonly dead?: { readonly kind: 'stopped' | 'event'; readonly code: string; readonly message: string }
}

export interface DecisionInput {
  readonly progress: Progress
  readonly outcome: DeliveryOutcome
  readonly nowMs: number
  /** In [0, 1). */
  readonly random: number
  readonly limits: DeliveryLimits
}

export function decideDelivery(input: DecisionInput): Decision {
  const { progress, outcome, nowMs } = input
  switch (outcome.type) {
    case 'delivered':
      return { progress: afterSuccess(input), result: 'delivered' }
    case 'tooLarge': {
      if (progress.pending?.count !== 0) return afterTooLarge(input, outcome.retryAfterMs)
      return afterFailure(input, {
        ...outcome,
        type: 'failed',
        code: 'RECEIVER_413',
        message: 'the receiver answered 413 to an empty report'
      })
    }
    case 'gone': {
      const message = 'the receiver answered 410: it is gone for good'
      return stop(failed(progress, message, nowMs), { code: 'RECEIVER_GONE', message, nowMs })
    }
    case 'failed':
      return afterFailure(input, outcome)
    default:
      return outcome satisfies never
  }
}

function afterSuccess({ progress, nowMs, limits }: DecisionInput): Progress {
  const { pending, cursor, minRecordMs, delivered, batchMax, servedMs, fromRecordMs } = progress
  const count = pending?.count ?? 0
  const next = pending?.next ?? cursor
  return {
    ...(next === undefined ? {} : { cursor: next }),
    ...(servedMs === undefined ? {} : { servedMs }),
    ...(fromRecordMs === undefined ? {} : { fromRecordMs }),
    minRecordMs: Math.max(minRecordMs, pending?.lastRecordMs ?? 0),
    lastNotifiedAtMs: nowMs,
    delivered: delivered + count,
    // A tenth more after each full batch: what was too large once may have been one large event.
    batchMax: count < batchMax ? batchMax : Math.min(limits.batchEventsMax, batchMax + Math.max(1, Math.floor(batchMax / 10))),
    attempts: 0
  }
}

/** EPCIS 2.0 REST binding: 413 of the receiver means smaller batches. Below one event there is nothing smaller. */
function afterTooLarge({ progress, nowMs, limits }: DecisionInput, retryAfterMs: number | undefined): Decision {
  const { pending, ...rest } = progress
  const count = pending?.count ?? 0
  const wait = retryAfterMs === undefined ? {} : { retryAtMs: nowMs + Math.min(retryAfterMs, limits.retryAfterMaxMs) }
  if (count > 1) return { progress: { ...rest, ...wait, batchMax: Math.floor(count / 2) }, result: 'halved' }
  const next = pending?.next ?? rest.cursor
  const { failingSinceMs: _, ...calm } = rest
  return {
    progress: { ...calm, ...wait, ...(next === undefined ? {} : { cursor: next }), batchMax: 1, attempts: 0 },
    result: 'dead',
    dead: { kind: 'event', code: 'RECEIVER_TOO_LARGE', message: 'the receiver answered 413 to a document with this one event' }
  }
}

function afterFailure(
  { progress, nowMs, random, limits }: DecisionInput,
  outcome: Extract<DeliveryOutcome, { readonly type: 'failed' }>
): Decision {
  const next = failed(progress, outcome.message, nowMs)
  const since = next.failingSinceMs ?? nowMs
  if (nowMs - since >= limits.deadAfterMs) {
    const message = `no success for ${Math.round((nowMs - since) / 1_000)} s: ${outcome.message}`
    return stop(next, { code: outcome.code, message, nowMs })
  }
  const asked = Math.min(outcome.retryAfterMs ?? 0, limits.retryAfterMaxMs)
  const waitMs = Math.max(asked, backOffMs(progress.attempts, limits.backOff, random))
  return { progress: { ...next, retryAtMs: nowMs + waitMs }, result: 'retry' }
}

function failed(progress: Progress, message: string, nowMs: number): Progress {
  const { retryAtMs: _, ...rest } = progress
  return { ...rest, attempts: progress.attempts + 1, failingSinceMs: progress.failingSinceMs ?? nowMs, lastFailure: message }
}

function stop(progress: Progress, why: { readonly code: string; readonly message: string; readonly nowMs: number }): Decision {
  const { code, message, nowMs } = why
  return { progress: { ...progress, stopped: { atMs: nowMs, code, message } }, result: 'dead', dead: { kind: 'stopped', code, message } }
}

/** The store does not know the place, as after a move to another one: everything from the last success on is delivered once more. */
export function withoutPlace(progress: Progress): Progress {
  const { cursor: _cursor, pending: _pending, ...rest } = progress
  return { ...rest, fromRecordMs: progress.minRecordMs }
}

/** Goes on where it stopped, with the delivery that was under way. */
export function resumed(progress: Progress): Progress {
  const { stopped: _stopped, retryAtMs: _retryAtMs, failingSinceMs: _failingSinceMs, ...rest } = progress
  return { ...rest, attempts: 0 }
}
