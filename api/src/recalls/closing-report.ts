/** Makes the closing report of a recall: figures from events, time line and hashes from the journal. It writes nothing. */
import type { RecallCase } from '@tracegate/model/recall-case'
import { recallReportFormat, type RecallClosingReport } from '@tracegate/model/recall-report'
import { compileValidator } from '@tracegate/model/codec'
import { RecallStep } from '@tracegate/model/recall-steps'
import type { JournalStep } from '@tracegate/store/case-store'
import type { RecallOffice } from './recall-office.ts'

export async function makeReport(
  office: RecallOffice,
  recall: RecallCase,
  made: { readonly atMs: number; readonly by: string }
): Promise<RecallClosingReport> {
  const [journal, progress] = await Promise.all([office.book.journal(recall.id), office.progress(recall)])
  const { kind, concealment, investigation, order, plan, notice, startedAtMs, completeByMs, sample, scope } = recall
  const { id, status, title, description, hazard, harm, company, products, reported } = recall
  const { scopeVersions, checks, outcomes, extensions, policyVersion } = recall
  return {
    format: recallReportFormat,
    id,
    status,
    title,
    description,
    hazard,
    harm,
    company,
    products,
    reported,
    scopeVersions,
    checks,
    outcomes,
    extensions,

    ...(kind === undefined ? {} : { kind }),
    ...(concealment === undefined ? {} : { concealment }),
    ...(investigation === undefined ? {} : { investigation }),
    ...(order === undefined ? {} : { order }),
    ...(plan === undefined ? {} : { plan }),
    ...(notice === undefined ? {} : { notice }),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(completeByMs === undefined ? {} : { completeByMs }),
    ...(sample === undefined ? {} : { sample }),
    scope: { version: scope?.version ?? 0, goods: scope?.goods ?? 0, sha256: scope?.sha256 ?? '', truncated: scope?.truncated ?? false },
    progress,
    journal: journal.map(stepOf),
    policyVersion,
    madeAtMs: made.atMs,
    madeBy: made.by
  }
}

function stepOf({ index, atMs, by, action, why, previousHash, hash }: JournalStep): RecallClosingReport['journal'][number] {
  return { index, atMs, by, action, why, previousHash, hash }
}

const steps = compileValidator(RecallStep)

/** The report as it was stored when the recall was closed; undefined before. */
export function storedReport(journal: readonly JournalStep[]): string | undefined {
  const read = steps.check(journal.findLast(({ action }) => action === 'closed')?.data)
  return read.ok && read.value.type === 'closed' ? read.value.report : undefined
}
