/** Lists of reports in our own form, for hospitals, platforms and other institutions: JSON, or a spreadsheet file with a header. */
import { Type } from 'typebox'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { ReportTold, type ReportedGoods } from '@tracegate/model/report'
import { readCsv } from '../../master-data/csv-read.ts'
import { intakeError } from '../errors.ts'
import { given, line, timeOf, type Imported } from './imported.ts'

const Row = Type.Object(
  { sourceId: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })), report: ReportTold },
  { additionalProperties: false }
)
const rows = compileValidator(Row)
const lists = compileValidator(Type.Array(Type.Unknown()))

/** An array of `{ sourceId?, report }`. Rows that are none are given back with what is wrong, so that the others can be taken. */
export function readReportsJson(bytes: Uint8Array): (Imported | { readonly wrong: string })[] {
  const decoded = decodeJson(bytes)
  const list = decoded.ok ? lists.check(decoded.value) : decoded
  if (!list.ok) throw intakeError('REPORT_FORMAT', { format: 'reportsJson', detail: list.reason.message })
  return list.value.map((value) => {
    const read = rows.check(value)
    if (!read.ok) return { wrong: `${read.reason.pointer} ${read.reason.message}` }
    const { sourceId, report } = read.value
    return {
      ...(sourceId === undefined ? {} : { sourceId }),
      told: report,
      raw: { mediaType: 'application/json', text: JSON.stringify(value) }
    }
  })
}

const csvColumns = [
  'sourceId',
  'title',
  'text',
  'name',
  'brand',
  'model',
  'code',
  'lot',
  'serial',
  'worst',
  'injured',
  'fatal',
  'occurred',
  'country',
  'region'
] as const
type Column = (typeof csvColumns)[number]

export function readReportsCsv(bytes: Uint8Array): (Imported | { readonly wrong: string })[] {
  const table = readCsv(bytes)
  const places = new Map(table.header.cells.map((cell, index) => [cell.trim(), index]))
  const unknown = [...places.keys()].filter((name) => !csvColumns.some((column) => column === name))
  if (!places.has('text') || unknown.length > 0) {
    const detail = unknown.length > 0 ? `unknown columns ${unknown.join(', ').slice(0, 200)}` : 'it has no column "text"'
    throw intakeError('REPORT_FORMAT', { format: 'reportsCsv', detail })
  }
  return table.rows.map(({ cells }) => {
    const cell = (column: Column) => line(cells[places.get(column) ?? -1])
    const told = toldOf(cell, (cells[places.get('text') ?? -1] ?? '').trim())
    const read = rows.check({ report: told })
    if (!read.ok) return { wrong: `${read.reason.pointer} ${read.reason.message}` }
    const sourceId = cell('sourceId')
    return {
      ...(sourceId === undefined ? {} : { sourceId }),
      told: read.value.report,
      raw: {
        mediaType: 'application/json',
        text: JSON.stringify(Object.fromEntries(table.header.cells.map((name, index) => [name, cells[index]])))
      }
    }
  })
}

function toldOf(cell: (column: Column) => string | undefined, text: string): object {
  const title = cell('title')
  const country = cell('country')
  const region = cell('region')
  const occurredMs = timeOf(cell('occurred'))
  const code = cell('code')
  const worst = cell('worst')
  const [injured, fatal] = [Number(cell('injured') ?? 0), Number(cell('fatal') ?? 0)]
  const hasHarm = [worst, cell('injured'), cell('fatal')].some((one) => one !== undefined)
  return {
    ...(title === undefined ? {} : { title }),
    text,
    goods: given<ReportedGoods>({
      name: cell('name'),
      brand: cell('brand'),
      model: cell('model'),
      lot: cell('lot'),
      serial: cell('serial'),
      codes: code === undefined ? undefined : [code]
    }),
    ...(hasHarm ? { harm: { worst: worst ?? (fatal > 0 ? 'fatal' : injured > 0 ? 'minor' : 'none'), injured, fatal } } : {}),
    ...(occurredMs === undefined ? {} : { occurredMs }),
    ...(country === undefined ? {} : { country }),
    ...(region === undefined ? {} : { region })
  }
}
