/**
 * Steps on the journals of anomalies made by this process: what report rules see, and what people do. The collector writes to the same
 * journals; whoever comes second reads again. It decides nothing.
 */
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { apiError } from '../errors.ts'

const anomalies = compileValidator(Anomaly)
const triesMax = 8

interface AnomalyStep {
  readonly id: string
  readonly by: string
  readonly action: string
  readonly why: string
  /** The anomaly after the step; asked again when another writer came first. Undefined: nothing to do. */
  readonly change: (before: Anomaly | undefined) => Anomaly | undefined
  /** What the journal keeps of it; the anomaly where left out. */
  readonly data?: unknown
  readonly expectedLength?: number | undefined
  readonly receivedAtMs?: number
}

export interface AnomalyJournal {
  find(id: string): Promise<{ readonly anomaly: Anomaly; readonly length: number } | undefined>
  act(step: AnomalyStep): Promise<{ readonly anomaly: Anomaly; readonly length: number }>
}

export function createAnomalyJournal(options: {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly nowMs: () => number
}): AnomalyJournal {
  const { cases, bus, nowMs } = options
  async function find(id: string) {
    const head = await cases.head('anomaly', id)
    const read = head === undefined ? undefined : anomalies.check(head.state)
    return head === undefined || read?.ok !== true ? undefined : { anomaly: read.value, length: head.length }
  }
  async function actOnce({ id, by, action, why, change, data, expectedLength, receivedAtMs }: AnomalyStep) {
    const before = await find(id)
    const length = before?.length ?? 0
    if (expectedLength !== undefined && expectedLength !== length)
      throw apiError('CASE_CHANGED', { what: 'anomaly', id, length, expected: expectedLength })
    const anomaly = change(before?.anomaly)
    if (anomaly === undefined) {
      if (before === undefined) throw apiError('NOT_FOUND', { what: 'anomaly', id })
      return before
    }
    const atMs = nowMs()
    await cases.append({
      kind: 'anomaly',
      id,
      expectedLength: length,
      step: { atMs, by, action, why, data: data ?? anomaly },
      head: { open: anomaly.status === 'open', ...(anomaly.point === undefined ? {} : { point: anomaly.point }), state: anomaly }
    })
    bus.publish('anomaly', { anomaly, receivedAtMs: receivedAtMs ?? atMs })
    return { anomaly, length: length + 1 }
  }
  return {
    find,
    async act(step) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await actOnce(step)
        } catch (error) {
          if (tries >= triesMax || !isStoreError(error, 'STORE_CONFLICT')) throw error
        }
      }
    }
  }
}
