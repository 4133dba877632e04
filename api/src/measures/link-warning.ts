/** Notes on a warning's journal which measures were ordered for it. It decides nothing else about warnings. */
import { reduceWarning } from '@tracegate/model/warning-reducer'
import { warningCases } from '@tracegate/model/warning-cases'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'

const triesMax = 5

export function createWarningLink({ cases, bus, nowMs }: { readonly cases: CaseStore; readonly bus: Bus; readonly nowMs: () => number }) {
  async function linkOnce(id: string, measures: readonly string[], by: string): Promise<void> {
    const head = await cases.head('warning', id)
    const read = head === undefined ? undefined : warningCases.check(head.state)
    if (head === undefined || read?.ok !== true) return
    const data = { type: 'linked' as const, measures: [...measures] }
    const atMs = nowMs()
    const why = `measures were ordered: ${measures.join(', ')}`.slice(0, 1_024)
    const warning = reduceWarning(read.value, data, { id, atMs, by, why })
    await cases.append({
      kind: 'warning',
      id,
      expectedLength: head.length,
      step: { atMs, by, action: data.type, why, data },
      head: { open: head.open, ...(head.point === undefined ? {} : { point: head.point }), state: warning }
    })
    bus.publish('warning', { warning })
  }
  return async (id: string, measures: readonly string[], by: string): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        await linkOnce(id, measures, by)
        return
      } catch (error) {
        if (tries >= triesMax || !isStoreError(error, 'STORE_CONFLICT')) throw error
      }
    }
  }
}
