/** The FSMA 204 rows as a workbook: one sheet a tracking event, all in one, and one about the answer. Dates are dates, numbers numbers. */
import type { Blob } from 'node:buffer'
import type Stream from 'node:stream'
import writeWorkbook, { type Cell, type Feature, type Row, type Sheet } from 'write-excel-file/node'
import { columnsOf, criticalTrackingEvents, cteTitles, fsmaColumns, type FsmaColumn, type FsmaRow } from '@tracegate/model/fsma'
import type { FsmaSummary } from '@tracegate/model/http-exports'

export interface FsmaWorkbook {
  readonly rows: readonly FsmaRow[]
  readonly summary: FsmaSummary
  /** Lines of the sheet `about`: name and value. */
  readonly about: readonly (readonly [string, string | number])[]
}

const cellTextMax = 32_767
const widths = { text: 24, number: 12, date: 12, time: 20 } as const

export async function writeFsmaWorkbook({ rows, summary, about }: FsmaWorkbook): Promise<Buffer> {
  const byTitle = Map.groupBy(rows, (row) => row.cte)
  const sheets = [
    tableSheet('all', fsmaColumns, rows),
    ...criticalTrackingEvents.map((cte) => tableSheet(cteTitles[cte], columnsOf(cte), byTitle.get(cteTitles[cte]) ?? [])),
    aboutSheet(about, summary)
  ]
  return writeWorkbook(sheets, { features: [filters(sheets)] }).toBuffer()
}

/** What the library takes pictures from; we have none. */
type Content = Stream | Buffer | Blob
type TableSheet = Sheet<Content>

function tableSheet(sheet: string, columns: readonly FsmaColumn[], rows: readonly FsmaRow[]): TableSheet {
  const header = columns.map(({ title }): Cell => ({
    value: title,
    fontWeight: 'bold',
    backgroundColor: '#DDE6F0',
    wrap: true,
    alignVertical: 'top'
  }))
  return {
    sheet,
    data: [header, ...rows.map((row): Row => columns.map((column) => cellOf(column, row[column.name])))],
    columns: columns.map(({ type }) => ({ width: widths[type] })),
    stickyRowsCount: 1
  }
}

function cellOf({ type }: FsmaColumn, value: string | number | undefined): Cell {
  if (value === undefined) return null
  if (typeof value === 'number')
    return type === 'time' ? { value: new Date(value), type: Date, format: 'yyyy-mm-dd hh:mm:ss' } : { value, type: Number }
  const day = type === 'date' && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : NaN
  if (!Number.isNaN(day)) return { value: new Date(day), type: Date, format: 'yyyy-mm-dd' }
  // A text cell runs no formula, whatever it begins with.
  return { value: cleaned(value), type: String }
}

/** XML 1.0 §2.2 has no place for most control characters, and a cell ends at 32,767. */
function cleaned(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters meant
  return text
    .replaceAll(
      /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
      '\uFFFD'
    )
    .slice(0, cellTextMax)
}

function aboutSheet(about: FsmaWorkbook['about'], summary: FsmaSummary): TableSheet {
  const line = (name: string, value: string | number): Row => [
    { value: name, type: String },
    typeof value === 'number' ? { value, type: Number } : { value: cleaned(value), type: String }
  ]
  const section = (title: string, counts: Readonly<Record<string, number>>): Row[] => [
    [{ value: title, type: String, fontWeight: 'bold' }],
    ...Object.entries(counts).map(([name, count]) => line(name, count))
  ]
  return {
    sheet: 'about',
    data: [
      ...about.map(([name, value]) => line(name, value)),
      ...section('Rows by critical tracking event', summary.rows),
      line('Rows in all', summary.total),
      line('Rows that lack nothing', summary.complete),
      ...section('Missing key data elements, rows', summary.missing),
      ...section('Events that gave no row', summary.leftOut),
      [{ value: 'Cut by a limit', type: String, fontWeight: 'bold' }],
      ...(summary.cut.length === 0 ? [line('nothing', '')] : summary.cut.map((cut) => line(cut, '')))
    ],
    columns: [{ width: 60 }, { width: 60 }]
  }
}

/** The library knows no filters; an autoFilter comes right after the data (ECMA-376 §18.3.1.99). */
function filters(sheets: readonly TableSheet[]): Feature<Content> {
  return {
    files: {
      transform: {
        'xl/worksheets/sheet{id}.xml': {
          transform: (content, _options, { sheetIndex }) => {
            const [header = [], ...rows] = sheets[sheetIndex]?.sheet === 'about' ? [] : (sheets[sheetIndex]?.data ?? [])
            if (header.length === 0) return content
            return content.replace('</sheetData>', `</sheetData><autoFilter ref="A1:${columnName(header.length)}${rows.length + 1}"/>`)
          }
        }
      }
    }
  }
}

/** 1 is A, 27 is AA. */
function columnName(number: number): string {
  const rest = (number - 1) % 26
  const head = (number - 1 - rest) / 26
  return `${head === 0 ? '' : columnName(head)}${String.fromCharCode(65 + rest)}`
}
