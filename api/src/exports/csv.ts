/** CSV for people and spreadsheets: RFC 4180, a byte order mark so that UTF-8 is seen, no cell that a spreadsheet would run. Pure. */

/** Makes spreadsheets take the file for UTF-8. */
export const byteOrderMark = '\uFEFF'

/** One line with its CR LF. */
export function csvLine(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

/**
 * A text that begins as a formula gets an apostrophe before it (OWASP, CSV injection): `=`, `+`, `-`, `@`, tab, line ends, and their
 * full-width forms. Numbers are numbers and stay as they are.
 */
export function csvCell(cell: string | number | undefined): string {
  if (cell === undefined) return ''
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : ''
  const text = guarded(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function guarded(text: string): string {
  return /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(text) && !isOffset(text) ? `'${text}` : text
}

/** An offset from UTC or a plain number begins with a sign and runs nothing. */
function isOffset(text: string): boolean {
  return /^[+-]\d{1,2}:\d\d$|^[+-]?\d+(?:\.\d+)?$/.test(text)
}
