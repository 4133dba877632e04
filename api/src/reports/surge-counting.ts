/** Reports as the statistic of surges counts them, and what an anomaly tells of it. Pure. */
import type { CountedReport, Surge } from '@tracegate/detect/reports/surge'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { ReportCase } from '@tracegate/model/report'
import type { ReportIndex } from './report-index.ts'

export type SurgeType = 'complaintSurge' | 'injurySurge'

const dayMs = 86_400_000
const witnessesMax = 64

/** What counts: no duplicates, nothing that was discarded; of an imported list the time it happened, not that of the import. */
export function countedOf(reports: readonly ReportCase[], type: SurgeType): CountedReport[] {
  return reports
    .filter((report) => report.duplicateOf === undefined && report.status !== 'discarded')
    .filter(({ harm }) => type === 'complaintSurge' || harm.injured > 0 || harm.fatal > 0 || harm.worst !== 'none')
    .map((report) => ({
      id: report.id,
      atMs: countedAtMs(report),
      weight: report.reliability,
      lots: report.link?.lots ?? [],
      fatal: report.harm.fatal > 0 || report.harm.worst === 'fatal'
    }))
    .toSorted((left, right) => left.atMs - right.atMs || left.id.localeCompare(right.id))
}

function countedAtMs({ channel, receivedAtMs, told }: ReportCase): number {
  return channel === 'bulk' ? Math.min(told.occurredMs ?? receivedAtMs, receivedAtMs) : receivedAtMs
}

/** Since when reports come at all, and how many a month count for this rule. */
export function marketOf(index: ReportIndex, type: SurgeType, nowMs: number): { sinceMs: number; reportsPerMonth: number } {
  let sinceMs = nowMs
  let lastMonth = 0
  for (const report of index.all()) {
    const atMs = countedAtMs(report)
    sinceMs = Math.min(sinceMs, atMs)
    if (atMs > nowMs - 30 * dayMs && report.duplicateOf === undefined && (type === 'complaintSurge' || report.harm.worst !== 'none'))
      lastMonth += 1
  }
  return { sinceMs, reportsPerMonth: lastMonth }
}

export function figuresOf(surge: Surge): Anomaly['figures'] {
  return {
    reports: surge.reports.length,
    expected: round(surge.expected),
    windowDays: surge.windowDays,
    tail: surge.tail,
    limit: surge.limit,
    fatal: surge.fatal,
    lots: surge.lots.length
  }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

/** Who bears witness: the first ones, which opened it, and the newest. */
export function witnessIds(counted: readonly CountedReport[], onsetMs: number): string[] {
  const ids = counted.filter((report) => report.atMs >= onsetMs).map(({ id }) => id)
  return ids.length <= witnessesMax ? ids : [...ids.slice(0, witnessesMax / 2), ...ids.slice(-witnessesMax / 2)]
}
