/**
 * A spreadsheet of products, parties or places taken into a register: first what every line would change, then all of it or, when asked,
 * what is right of it. An empty cell says nothing; the same file twice changes nothing the second time.
 */
import type { Reason } from '@tracegate/model/errors'
import type { CsvFinding, CsvImportAnswer, CsvRowChange } from '@tracegate/model/master-data-import'
import type { MasterDataKind, Said } from '@tracegate/model/master-data-record'
import { FindingsError } from '../problem.ts'
import { readCsv, type CsvEncoding, type CsvLine, type CsvTable } from './csv-read.ts'
import { masterDataError } from './errors.ts'
import { kindSpecs, type Draft, type Field, type KindSpec } from './kinds.ts'
import type { MasterData, Planner } from './master-data.ts'
import type { Plan } from './records.ts'

export interface CsvImportOptions {
  readonly kind: MasterDataKind
  readonly bytes: Uint8Array
  readonly encoding?: CsvEncoding
  readonly dryRun: boolean
  /** rollback: one wrong line and nothing is changed; proceed: the other lines are taken. */
  readonly onError: 'rollback' | 'proceed'
  readonly by: string
  readonly nowMs: number
}

/** Findings that are listed; `errors` counts all. */
const findingsMax = 200
/** Rows whose change is listed; the counts are of all. */
const rowsShownMax = 1_000

export async function importCsv(masterData: MasterData, options: CsvImportOptions): Promise<CsvImportAnswer> {
  const spec = kindSpecs[options.kind]
  const table = readCsv(options.bytes, options.encoding)
  const columns = columnsOf(spec, table.header)
  const said: Said = { via: 'csv', by: options.by, atMs: options.nowMs }
  return masterData.planAll(options.kind, async (planner) => {
    const read = readRows({ spec, table, columns, said, planner })
    const isRefused = read.faultyRows > 0 && options.onError === 'rollback'
    const isDone = !options.dryRun && !isRefused
    if (isRefused && !options.dryRun) {
      const error = masterDataError('CSV_INVALID', { count: read.findings.length })
      throw new FindingsError(error, read.findings.slice(0, findingsMax).map(asReason))
    }
    if (isDone && read.plans.some((plan) => plan.change !== 'unchanged')) {
      const why = `CSV of ${table.rows.length} lines`
      await planner.store(read.plans, options.by, why)
    }
    const count = (change: Plan['change']) => read.plans.filter((plan) => plan.change === change).length
    return {
      done: isDone,
      encoding: table.encoding,
      delimiter: table.delimiter,
      columns: columns.map(({ field }) => field.header),
      rows: table.rows.length,
      added: count('added'),
      changed: count('changed'),
      unchanged: count('unchanged'),
      refused: read.faultyRows,
      changes: read.changes.slice(0, rowsShownMax),
      findings: read.findings.slice(0, findingsMax),
      truncated: read.changes.length > rowsShownMax || read.findings.length > findingsMax
    }
  })
}

interface Column {
  readonly index: number
  readonly field: Field
}

const norm = (text: string) => text.toLowerCase().replaceAll(/[\s_\-（）()]/g, '')

/** The header line read: any column that we do not know, or know twice, would be data that is silently lost. */
function columnsOf(spec: KindSpec, header: CsvLine): Column[] {
  const known = new Map<string, Field>()
  for (const field of spec.fields)
    for (const name of [field.path, field.header, field.zh, ...(field.aliases ?? [])])
      if (!known.has(norm(name))) known.set(norm(name), field)
  const columns: Column[] = []
  for (const [index, cell] of header.cells.entries()) {
    if (cell === '') continue
    const field = known.get(norm(cell))
    const wanted = spec.fields.map((one) => `${one.header} (${one.zh})`).join(', ')
    if (field === undefined)
      throw masterDataError('CSV_HEADER', { detail: `column ${index + 1} is "${cell.slice(0, 48)}", expected one of ${wanted}` })
    const twice = columns.find((column) => column.field === field)
    if (twice !== undefined)
      throw masterDataError('CSV_HEADER', {
        detail: `columns ${twice.index + 1} and ${index + 1} are both ${field.header}, expected each once`
      })
    columns.push({ index, field })
  }
  const [id] = spec.fields
  if (id !== undefined && !columns.some((column) => column.field === id))
    throw masterDataError('CSV_HEADER', { detail: `no column is ${id.header} (${id.zh}), expected one that names the ${spec.what}` })
  return columns
}

interface ReadRowsInput {
  readonly spec: KindSpec
  readonly table: CsvTable
  readonly columns: readonly Column[]
  readonly said: Said
  readonly planner: Planner
}

function readRows({ spec, table, columns, said, planner }: ReadRowsInput) {
  const plans: Plan[] = []
  const changes: CsvRowChange[] = []
  const findings: CsvFinding[] = []
  const lineOf = new Map<string, number>()
  let faultyRows = 0
  for (const row of table.rows) {
    const faults = extraCells(row, table.header)
    const { body, faults: cellFaults } = bodyOf(row, columns)
    faults.push(...cellFaults.map((reason) => findingOf(row.line, columns, reason)))
    const id = body[spec.id]
    if (id === undefined && cellFaults.length === 0) faults.push(missingId(spec, row, columns))
    const earlier = typeof id === 'string' ? lineOf.get(id) : undefined
    if (earlier !== undefined)
      faults.push({
        ...missingId(spec, row, columns),
        code: 'ROW_REPEATED',
        message: `${spec.id} stands in line ${earlier} already, expected once`
      })
    if (faults.length === 0) {
      const planned = planner.plan(body, said)
      if (planned.ok) {
        lineOf.set(planned.plan.id, row.line)
        plans.push(planned.plan)
        changes.push({
          line: row.line,
          id: planned.plan.id,
          change: planned.plan.change,
          fields: [...planned.plan.fields],
          notes: notesOf(row, columns)
        })
        continue
      }
      faults.push(...planned.findings.map((reason) => findingOf(row.line, columns, reason)))
    }
    faultyRows += 1
    findings.push(...faults)
  }
  changes.sort((left, right) => left.line - right.line)
  findings.sort((left, right) => left.line - right.line || left.column - right.column)
  return { plans, changes, findings, faultyRows }
}

function extraCells(row: CsvLine, header: CsvLine): CsvFinding[] {
  const at = row.cells.findIndex((cell, index) => index >= header.cells.length && cell !== '')
  if (at < 0) return []
  const message = `line ${row.line} has a cell in column ${at + 1}, expected at most the ${header.cells.length} columns of the header`
  return [{ line: row.line, column: at + 1, header: '', code: 'ROW_TOO_LONG', message }]
}

function bodyOf(row: CsvLine, columns: readonly Column[]): { readonly body: Draft; readonly faults: readonly Reason[] } {
  const body: Record<string, unknown> = {}
  const names: Record<string, unknown> = {}
  const faults: Reason[] = []
  for (const { index, field } of columns) {
    const text = row.cells[index] ?? ''
    if (text === '') continue
    const read = field.read(text)
    const [member = '', inner] = field.path.split('.')
    if (!read.ok)
      faults.push({
        code: read.reason.code,
        pointer: `/${field.path.replace('.', '/')}`,
        message: `${field.header} ${read.reason.message}`
      })
    else if (inner === undefined) body[member] = read.value
    else names[inner] = read.value
  }
  return { body: Object.keys(names).length === 0 ? body : { ...body, name: names }, faults }
}

function notesOf(row: CsvLine, columns: readonly Column[]): string[] {
  return columns.flatMap(({ index, field }) => {
    const text = row.cells[index] ?? ''
    const note = text === '' ? undefined : field.read(text).note
    return note === undefined ? [] : [`${field.header}: ${note}`]
  })
}

function missingId(spec: KindSpec, row: CsvLine, columns: readonly Column[]): CsvFinding {
  const message = `${spec.id} is empty, expected the ${spec.what} that the line is about`
  return findingOf(row.line, columns, { code: 'CELL_MISSING', pointer: `/${spec.id}`, message })
}

function findingOf(line: number, columns: readonly Column[], reason: Reason): CsvFinding {
  const path = reason.pointer.slice(1).replace('/', '.')
  const column = columns.find(({ field }) => field.path === path || field.path.startsWith(`${path}.`))
  return {
    line,
    column: column === undefined ? 0 : column.index + 1,
    header: column?.field.header ?? '',
    code: reason.code,
    message: reason.message
  }
}

function asReason(finding: CsvFinding): Reason {
  const where = finding.column === 0 ? `line ${finding.line}` : `line ${finding.line}, column ${finding.column}`
  return { code: finding.code, pointer: `/${finding.line}/${finding.column}`, message: `${where}: ${finding.message}` }
}
