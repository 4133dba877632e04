/** One FSMA 204 answer in the format that was asked for: CSV as a stream, workbook and JSON whole. It knows no HTTP. */
import { Readable } from 'node:stream'
import { fsmaColumns, type FsmaRow } from '@tracegate/model/fsma'
import type { FsmaFormat, FsmaQuery } from '@tracegate/model/http-exports'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { version } from '../version.ts'
import { byteOrderMark, csvLine } from './csv.ts'
import { exportFsma, type FsmaExport } from './fsma-export.ts'
import { questionOf } from './question.ts'
import { writeWorkbookAside } from './workbook.ts'

/** Rows of a file that must be whole in memory, and how many such files are put together at once. */
export const heldRowsMax = 10_000
const heldMax = 3
export const csvRowsMax = 500_000
export const fsmaRule = '21 CFR Part 1 Subpart S (FSMA 204), electronic sortable spreadsheet of §1.1455(c)(3)'

export interface FsmaFile {
  readonly format: FsmaFormat
  /** A stream, a buffer, or for JSON the answer. */
  readonly body: unknown
}

export interface FsmaFiles {
  /** `begin` is called when the question is one, before anything is read. Rejects with `EXPORTS_BUSY`. */
  make(query: FsmaQuery, by: string, begin: () => Promise<void>): Promise<FsmaFile>
}

export function createFsmaFiles(context: Pick<ApiContext, 'trace' | 'registers' | 'masterData' | 'nowMs'>): FsmaFiles {
  let held = 0
  return {
    async make(query, by, begin) {
      const question = questionOf(query)
      const format = query.format ?? 'csv'
      if (format === 'csv') {
        await begin()
        const found = await exportFsma(context, { question, rowsMax: csvRowsMax })
        return { format, body: Readable.from(csvOf(found), { objectMode: false, highWaterMark: 65_536 }) }
      }
      if (held >= heldMax) throw apiError('EXPORTS_BUSY', { held, heldMax })
      held += 1
      try {
        await begin()
        const found = await exportFsma(context, { question, rowsMax: heldRowsMax })
        return { format, body: await wholeOf({ found, query, by, format, madeAtMs: context.nowMs() }) }
      } finally {
        held -= 1
      }
    }
  }
}

interface Whole {
  readonly found: FsmaExport
  readonly query: FsmaQuery
  readonly by: string
  readonly format: 'xlsx' | 'json'
  readonly madeAtMs: number
}

async function wholeOf({ found, query, by, format, madeAtMs }: Whole): Promise<unknown> {
  const rows: FsmaRow[] = []
  for await (const page of found.pages) rows.push(...page)
  const question: Readonly<Record<string, string>> = { ...query }
  if (format === 'json') return { about: { question, madeAtMs, by }, summary: found.summary(), rows }
  const about: [string, string | number][] = [
    ['Rule', fsmaRule],
    ['Made at (UTC)', new Date(madeAtMs).toISOString()],
    ['Made by', by],
    ['Software', `Tracegate ${version}`],
    ['Rows at most', heldRowsMax],
    ...Object.entries(question).map(([name, value]): [string, string] => [`Question: ${name}`, value])
  ]
  return writeWorkbookAside({ rows, summary: found.summary(), about })
}

async function* csvOf(found: FsmaExport): AsyncGenerator<Buffer, void> {
  yield Buffer.from(byteOrderMark + csvLine(fsmaColumns.map(({ title }) => title)))
  for await (const page of found.pages) if (page.length > 0) yield Buffer.from(page.map(lineOf).join(''))
  // A file that was cut must not be taken for whole.
  for (const cut of found.summary().cut) {
    const cells: Readonly<Record<string, string>> = { cte: 'CUT', remarks: cut }
    yield Buffer.from(csvLine(fsmaColumns.map(({ name }) => cells[name])))
  }
}

function lineOf(row: FsmaRow): string {
  return csvLine(
    fsmaColumns.map(({ name, type }) => {
      const value = row[name]
      return type === 'time' && typeof value === 'number' ? new Date(value).toISOString() : value
    })
  )
}
