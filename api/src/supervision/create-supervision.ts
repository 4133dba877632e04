/** Puts the office of supervision together from the api's own parts. */
import type { CaseStore } from '@tracegate/store/case-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { AnomalyJournal } from '../anomalies/anomaly-journal.ts'
import { recallStatusOf } from '../digital-link/recall-status.ts'
import type { ApiEvents } from '../events.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { RecallOffice } from '../recalls/recall-office.ts'
import type { Registers } from '../registers.ts'
import { createSupervisionBooks } from './supervision-books.ts'
import { createSupervisionOffice } from './supervision-office.ts'

export interface SupervisionOptions {
  readonly cases: CaseStore
  readonly trace: TraceStore
  readonly registers: Registers
  readonly policy: PolicyBook
  readonly anomalies: AnomalyJournal
  readonly recalls: Pick<RecallOffice, 'finder'>
  readonly events: ApiEvents
  readonly nowMs: () => number
}

export function createSupervision({ cases, trace, registers, policy, anomalies, recalls, events, nowMs }: SupervisionOptions) {
  const books = createSupervisionBooks({ cases, nowMs })
  const office = createSupervisionOffice({
    cases,
    registers,
    books,
    policy,
    anomalies,
    statusOf: (key) => recallStatusOf({ cases, trace, recalls, nowMs }, key),
    onFailure: (what, error) => events.supervisionFailed({ what, error }),
    nowMs
  })
  return { books, office }
}
