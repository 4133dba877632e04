/** What people may do about an anomaly and what that makes of it: acknowledge, shelve until a time, take off the shelf, comment. Pure. */
import { defineErrors } from './errors.ts'
import type { Anomaly } from './anomaly.ts'
import type { HandlingPolicy } from './policy/handling.ts'

export type HandlingAct =
  | { readonly type: 'acknowledged' }
  | { readonly type: 'shelved'; readonly untilMs: number }
  | { readonly type: 'unshelved' }
  | { readonly type: 'commented' }

export const handlingError = defineErrors({
  ANOMALY_ACKNOWLEDGED: { status: 409, message: 'Cannot acknowledge anomaly "{id}": "{by}" did so already, expected it to wait for it' },
  ANOMALY_NOT_SHELVED: { status: 409, message: 'Cannot take anomaly "{id}" off the shelf: it is not on it' },
  ANOMALY_CLOSED: { status: 409, message: 'Cannot shelve anomaly "{id}": it is closed, expected it to be open' },
  SHELVE_UNTIL: {
    status: 422,
    message: 'Cannot shelve anomaly "{id}" until {until}: expected a time after now and before {latest}'
  }
})

export interface HandlingContext {
  readonly nowMs: number
  readonly by: string
  readonly why: string
  readonly policy: HandlingPolicy
}

/** On the shelf at that time; the end of it needs nobody to do anything. */
export function isShelved({ handling }: Pick<Anomaly, 'handling'>, nowMs: number): boolean {
  return (handling?.shelved?.untilMs ?? 0) > nowMs
}

/** The anomaly after the act. Throws the errors above. */
export function handle(anomaly: Anomaly, act: HandlingAct, context: HandlingContext): Anomaly {
  const { nowMs, by, why, policy } = context
  const { id, handling = {} } = anomaly
  switch (act.type) {
    case 'acknowledged': {
      if (handling.acknowledged !== undefined) throw handlingError('ANOMALY_ACKNOWLEDGED', { id, by: handling.acknowledged.by })
      return { ...anomaly, handling: { ...handling, acknowledged: { atMs: nowMs, by, why } } }
    }
    case 'shelved': {
      if (anomaly.status === 'closed') throw handlingError('ANOMALY_CLOSED', { id })
      const latestMs = nowMs + policy.shelveMsMax
      if (act.untilMs <= nowMs || act.untilMs > latestMs)
        throw handlingError('SHELVE_UNTIL', { id, until: new Date(act.untilMs).toISOString(), latest: new Date(latestMs).toISOString() })
      return { ...anomaly, handling: { ...handling, shelved: { atMs: nowMs, untilMs: act.untilMs, by, why } } }
    }
    case 'unshelved': {
      if (!isShelved(anomaly, nowMs)) throw handlingError('ANOMALY_NOT_SHELVED', { id })
      const { shelved: _shelved, ...rest } = handling
      return { ...anomaly, handling: rest }
    }
    case 'commented':
      return anomaly
    default:
      return neverAct(act)
  }
}

/** How bad its type is by the policy; 2 for one that the policy does not name. */
export function severityOf({ type }: Pick<Anomaly, 'type'>, policy: HandlingPolicy): number {
  return policy.severity[type] ?? 2
}

function neverAct(act: never): never {
  throw new TypeError(`Cannot handle: act is ${JSON.stringify(act)}`)
}
