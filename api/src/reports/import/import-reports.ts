/** Takes a whole file of reports in, row by row: each is received like any other, and a wrong one keeps no other out. */
import type { BulkAnswer } from '@tracegate/model/http-reports'
import { compileValidator } from '@tracegate/model/codec'
import { ReportTold } from '@tracegate/model/report'
import type { ReportSource } from '@tracegate/model/report-sources'
import { intakeError } from '../errors.ts'
import type { ReportOffice } from '../report-office.ts'
import { readCpscJson, readCpscXml } from './cpsc.ts'
import type { Imported } from './imported.ts'
import { readNhtsa } from './nhtsa.ts'
import { readOpenFdaJson, readOpenFdaText } from './open-fda.ts'
import { readReportsCsv, readReportsJson } from './own-lists.ts'
import { readRss } from './rss.ts'

export const importFormats = ['reportsJson', 'reportsCsv', 'cpscJson', 'cpscXml', 'openFdaJson', 'openFdaText', 'rss', 'nhtsa'] as const
export type ImportFormat = (typeof importFormats)[number]

const adapters: Readonly<Record<ImportFormat, (bytes: Uint8Array) => (Imported | { readonly wrong: string })[]>> = {
  reportsJson: readReportsJson,
  reportsCsv: readReportsCsv,
  cpscJson: readCpscJson,
  cpscXml: readCpscXml,
  openFdaJson: readOpenFdaJson,
  openFdaText: readOpenFdaText,
  rss: readRss,
  nhtsa: readNhtsa
}
const tolds = compileValidator(ReportTold)

export interface ImportRequest {
  readonly bytes: Uint8Array
  readonly format: ImportFormat
  readonly source: ReportSource
  readonly by: string
  readonly rowsMax: number
}

export function readImport(bytes: Uint8Array, format: ImportFormat): (Imported | { readonly wrong: string })[] {
  return adapters[format](bytes)
}

export async function importReports(office: ReportOffice, { bytes, format, source, by, rowsMax }: ImportRequest): Promise<BulkAnswer> {
  const read = readImport(bytes, format)
  if (read.length > rowsMax) throw intakeError('REPORTS_TOO_MANY', { rows: read.length, rowsMax })
  const rows: BulkAnswer['rows'] = []
  for (const [row, one] of read.entries()) rows.push({ row, ...(await takeRow(office, one, { format, source, by })) })
  const count = (outcome: BulkAnswer['rows'][number]['outcome']) => rows.filter((row) => row.outcome === outcome).length
  return { format, rows, received: count('received'), known: count('known'), duplicates: count('duplicate'), refused: count('refused') }
}

async function takeRow(
  office: ReportOffice,
  one: Imported | { readonly wrong: string },
  of: { readonly format: ImportFormat; readonly source: ReportSource; readonly by: string }
): Promise<Omit<BulkAnswer['rows'][number], 'row'>> {
  if ('wrong' in one) return { outcome: 'refused', reason: one.wrong }
  const told = tolds.check(one.told)
  if (!told.ok) return { outcome: 'refused', reason: `${told.reason.pointer} ${told.reason.message}` }
  const received = await office.receive({
    told: told.value,
    source: of.source,
    sourceId: one.sourceId,
    format: of.format,
    channel: 'bulk',
    by: of.by,
    raw: one.raw
  })
  const { id, duplicateOf } = received.kept.state
  if (received.outcome === 'known') return { outcome: 'known', id }
  return { outcome: duplicateOf === undefined ? 'received' : 'duplicate', id }
}
