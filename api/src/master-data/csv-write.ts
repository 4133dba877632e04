/** Records as CSV that a spreadsheet opens without calculating and that imports again unchanged. It reads no store. */
import { at } from './records.ts'
import type { Draft, KindSpec } from './kinds.ts'

/** UTF-8 with BOM and CRLF: what spreadsheets in both languages open rightly. */
export function writeCsv(spec: KindSpec, records: readonly Draft[], language: 'en' | 'zh'): string {
  const header = spec.fields.map((field) => (language === 'zh' ? field.zh : field.header))
  const lines = records.map((record) => spec.fields.map((field) => cellOf(at(record, field.path))))
  return `\uFEFF${[header, ...lines].map((cells) => cells.map(quote).join(',')).join('\r\n')}\r\n`
}

function cellOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? guarded(value) : ''
}

/** What begins like a formula gets an apostrophe before it, and so does what already begins with one before such a character. */
function guarded(text: string): string {
  return /^(?:'*[=+\-@\t\r]|'')/.test(text) || /^'+\d+$/.test(text) ? `'${text}` : text
}

function quote(cell: string): string {
  return /[",;\r\n\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
