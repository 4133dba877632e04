/** The published matrix, `docs/crash-matrix.md`: reads its tables back, and puts new ones between its markers. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { faults, parts, tableOf, type BrokerName, type FaultName, type Matrix, type PartName } from './result.ts'

export const publishedPath = fileURLToPath(new URL('../../../docs/crash-matrix.md', import.meta.url))

export interface PublishedCell {
  readonly part: PartName
  readonly fault: FaultName
  readonly sent: number
  readonly acknowledged: number
  readonly stored: number
  readonly lost: number
  readonly duplicated: number
}

export async function publishedCells(broker: BrokerName): Promise<PublishedCell[]> {
  const section = sectionOf(await readFile(publishedPath, 'utf8'), broker)
  return section.split('\n').flatMap((line) => {
    const cells = line.split('|').map((text) => text.trim())
    const part = parts.find((name) => name === cells[1])
    const fault = faults.find((name) => name === cells[2])
    if (part === undefined || fault === undefined) return []
    const [sent, acknowledged, stored, lost, duplicated] = [cells[4], cells[5], cells[7], cells[8], cells[9]].map(Number)
    if (sent === undefined || acknowledged === undefined || stored === undefined || lost === undefined || duplicated === undefined)
      return []
    return [{ part, fault, sent, acknowledged, stored, lost, duplicated }]
  })
}

/** The text of the page with the tables of a run in it. */
export function withMatrix(text: string, matrix: Matrix): string {
  const about = `Run of ${matrix.date} on ${matrix.machine}; ${matrix.versions}.`
  const of = (broker: BrokerName) => matrix.cells.filter((cell) => cell.broker === broker)
  return (['embedded', 'mosquitto'] as const).reduce((page, broker) => {
    const cells = of(broker)
    const sum = (pick: (cell: Matrix['cells'][number]) => number) => cells.reduce((total, cell) => total + pick(cell), 0)
    const total = `${cells.length} cells, ${sum((cell) => cell.sent)} items sent, ${sum((cell) => cell.stored)} readings and events stored, ${sum((cell) => cell.lost)} lost, ${sum((cell) => cell.duplicated)} duplicated.`
    return replaceSection(page, broker, `\n${about}\n\n${tableOf(cells)}\n\n${total}\n\n`)
  }, text)
}

const open = (broker: BrokerName) => `<!-- generated: ${broker} -->\n`
const close = '<!-- /generated -->'

function sectionOf(text: string, broker: BrokerName): string {
  const { start, end } = placeOf(text, broker)
  return text.slice(start, end)
}

function replaceSection(text: string, broker: BrokerName, section: string): string {
  const { start, end } = placeOf(text, broker)
  return `${text.slice(0, start)}${section}${text.slice(end)}`
}

function placeOf(text: string, broker: BrokerName): { readonly start: number; readonly end: number } {
  const start = text.indexOf(open(broker))
  const end = text.indexOf(close, start)
  if (start < 0 || end < 0)
    throw new RangeError(`Cannot find the table: the page has no section "${open(broker).trim()}", expected one that ends in "${close}"`)
  return { start: start + open(broker).length, end }
}
