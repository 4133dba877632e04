/** One line of cells. RFC 4180 within the line: quotes may hold separators and doubled quotes. */

/** `separator` is one character. */
export function splitCsv(line: string, separator = ','): string[] {
  const cells: string[] = []
  let at = 0
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*/.exec(line.slice(at))
    if (quoted !== null && (at + quoted[0].length === line.length || line[at + quoted[0].length] === separator)) {
      cells.push((quoted[1] ?? '').replaceAll('""', '"'))
      at += quoted[0].length
    } else {
      const end = line.indexOf(separator, at)
      cells.push(line.slice(at, end === -1 ? undefined : end).trim())
      at = end === -1 ? line.length : end
    }
    if (at >= line.length) return cells
    at += 1
    if (at === line.length) return [...cells, '']
  }
}
