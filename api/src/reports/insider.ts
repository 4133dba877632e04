/** What is left of a report that tells of an insider, however it came in: what was told, and nothing of who told it or where it is kept. */
import type { NewReport } from './report-office.ts'

/** Whoever signs in to hand it in may be the insider: their name, contact, and the number and form of their source go, too. */
export function withoutIdentity(report: NewReport): NewReport {
  if (report.source !== 'insider' && report.channel !== 'insider') return report
  const raw = { mediaType: 'application/json', text: JSON.stringify({ report: report.told }) }
  return { told: report.told, source: 'insider', channel: 'insider', raw }
}
