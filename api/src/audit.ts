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

export interface Refusal {
  readonly by: string
  readonly right: string
  /** What was to be done, and to what. */
  readonly action: string
  readonly what: string
}

/** Who tried what without the right to it: one journal a caller, so that nobody waits for another. */
export function auditRefusal(trail: AuditTrail, { by, right, action, what }: Refusal): Promise<void> {
  return trail.append(`refused:${by}`, { by, action: 'refused', why: `${action} needs the right ${right}`, state: { right, action, what } })
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
