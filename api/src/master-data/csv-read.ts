/**
 * A spreadsheet file as rows of cells with their lines: UTF-8 with and without BOM, UTF-16 as spreadsheets save it, GB18030; comma,
 * semicolon or tab; quoted line breaks. It knows no columns and keeps nothing.
 */
import { CsvError, parse } from 'csv-parse/sync'
import { masterDataError } from './errors.ts'

export const csvEncodings = ['utf-8', 'gb18030', 'utf-16le'] as const
export type CsvEncoding = (typeof csvEncodings)[number]
const csvDelimiters = [',', ';', '\t'] as const

/** Lines of one file after its header. */
const csvRowsMax = 5_000
export const csvBytesMax = 8 * 1_048_576
const cellBytesMax = 16_384

export interface CsvLine {
  /** Line of the file where the record begins, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

export interface CsvTable {
  readonly encoding: CsvEncoding
  readonly delimiter: (typeof csvDelimiters)[number]
  readonly header: CsvLine
  readonly rows: readonly CsvLine[]
}

export function readCsv(bytes: Uint8Array, wanted?: CsvEncoding): CsvTable {
  const { text, encoding } = decode(bytes, wanted)
  const delimiter = delimiterOf(text)
  const lines = parseLines(text, delimiter).filter(({ cells }) => cells.some((cell) => cell !== ''))
  const [header, ...rows] = lines
  if (header === undefined) throw masterDataError('CSV_EMPTY')
  if (rows.length > csvRowsMax) throw masterDataError('CSV_TOO_MANY_ROWS', { max: csvRowsMax })
  return { encoding, delimiter, header, rows }
}

/** What is UTF-8 is taken for UTF-8: text in GB18030 with a Chinese character is practically never valid UTF-8 by chance. */
function decode(bytes: Uint8Array, wanted: CsvEncoding | undefined): { readonly text: string; readonly encoding: CsvEncoding } {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  for (const encoding of wanted === undefined ? ([utf16 ? 'utf-16le' : 'utf-8', 'gb18030'] as const) : [wanted]) {
    try {
      return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding }
    } catch {
      // Not in this encoding; the next one is tried.
    }
  }
  throw masterDataError('CSV_ENCODING', { encoding: wanted ?? 'UTF-8 nor GB18030' })
}

/** The mark that the header line has most of, outside of quotes. */
function delimiterOf(text: string): CsvTable['delimiter'] {
  let quoted = false
  const counts = new Map<string, number>()
  for (const character of text) {
    if (character === '"') quoted = !quoted
    else if (!quoted && (character === '\n' || character === '\r')) {
      if (counts.size > 0) break
    } else if (!quoted) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  const count = (delimiter: string) => counts.get(delimiter) ?? 0
  return csvDelimiters.toSorted((left, right) => count(right) - count(left))[0] ?? ','
}

function parseLines(text: string, delimiter: string): CsvLine[] {
  let begin = 1
  const lines: CsvLine[] = []
  try {
    parse(text, {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: false,
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: cellBytesMax * 4,
      // One more than is taken, so that too many are noticed without reading a huge file to its end.
      to: csvRowsMax + 1_000,
      on_record: (record: string[], { lines: end }) => {
        lines.push({ line: begin, cells: record.map(plainCell) })
        begin = end + 1
        return null
      }
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error['lines'] === 'number' ? error['lines'] : begin
    throw masterDataError('CSV_BROKEN', { line, detail: error.code }, error)
  }
  return lines
}

/**
 * A cell as it was meant: without the apostrophe that keeps a spreadsheet from calculating (our own export writes it), without the
 * `="…"` by which other exports keep leading zeros. Formulas stay text; nothing here calculates.
 */
function plainCell(cell: string): string {
  const text = cell.trim()
  const exact = /^="([^"]*)"$/.exec(text)?.[1]
  if (exact !== undefined) return exact
  return /^'[=+\-@\t\r']/.test(text) || /^'\d+$/.test(text) ? text.slice(1) : text
}
