/** Writes who did what to the hash-chained journals of kind `audit`, one step after the other for each of them. It judges nothing. */
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'

interface AuditStep {
  readonly by: string
  readonly action: string
  readonly why?: string
  /** What is so afterwards; never a secret. */
  readonly state: unknown
}

export interface AuditTrail {
  append(id: string, step: AuditStep): Promise<void>
}

/** Another process may write the same journal. */
const attemptsMax = 5

export function createAuditTrail(cases: CaseStore, nowMs: () => number): AuditTrail {
  return {
    async append(id, { by, action, why = '', state }) {
      for (let attempt = 1; ; attempt += 1) {
        const expectedLength = (await cases.head('audit', id))?.length ?? 0
        try {
          const step = { atMs: nowMs(), by, action, why, data: state }
          await cases.append({ kind: 'audit', id, expectedLength, step, head: { open: false, state } })
          return
        } catch (error) {
          if (attempt >= attemptsMax || !isStoreError(error, 'STORE_CONFLICT')) throw error
        }
      }
    }
  }
}
