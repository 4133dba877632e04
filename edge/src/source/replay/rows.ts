/** One row of a recording as readings, by the layout of the file. Pure. */
import type { Decoded } from '@tracegate/model/codec'
import { qualityFlags, type QualityFlag } from '@tracegate/model/quality'
import { edgeError } from '../../errors.ts'
import type { SourceReading } from '../../intake/intake.ts'
import { splitCsv } from '../csv.ts'
import type { RecordingFormat, RecordingOptions } from './recording.ts'

export interface RowReader {
  readonly firstIsHeader: boolean
  read(text: string): Decoded<SourceReading[]>
}

const timeNames: ReadonlySet<string> = new Set(['timestamp', 'time', 'datetime', 'date', 'ts', 'timems', 'time_ms'])

/** Units by metric where neither the file nor the caller says. */
const knownUnits: Readonly<Record<string, string>> = { temperature: 'Cel', humidity: '%' }

export function createRowReader(context: {
  readonly file: string
  readonly first: string
  readonly deviceOfFile: string
  readonly options: RecordingOptions
}): RowReader {
  const { file, first, deviceOfFile, options } = context
  const format = options.format === 'auto' ? detectFormat(first) : options.format
  const device = options.device ?? deviceOfFile
  switch (format) {
    case 'jsonl':
      return { firstIsHeader: false, read: (text) => readJsonRow(text, device, options) }
    case 'motes':
      return { firstIsHeader: true, read: csvReader({ file, header: first, options, row: motesRow(options.device ?? 'mote', options) }) }
    case 'nab':
      return { firstIsHeader: true, read: csvReader({ file, header: first, options, row: nabRow(device, options) }) }
    case 'csv':
      return { firstIsHeader: true, read: csvReader({ file, header: first, options, row: tableRow(file, first, device, options) }) }
    default:
      return format satisfies never
  }
}

function detectFormat(first: string): Exclude<RecordingFormat, 'auto'> {
  if (first.trimStart().startsWith('{')) return 'jsonl'
  const header = splitCsv(first).map((name) => name.toLowerCase())
  if (header.includes('mote_id') && header.includes('reading')) return 'motes'
  return header.join(',') === 'timestamp,value' ? 'nab' : 'csv'
}

type Cells = Readonly<Record<string, string>>

function csvReader(context: {
  readonly file: string
  readonly header: string
  readonly options: RecordingOptions
  readonly row: (cells: Cells) => Decoded<SourceReading[]>
}): (text: string) => Decoded<SourceReading[]> {
  const names = splitCsv(context.header)
  if (new Set(names).size !== names.length)
    throw edgeError('RECORDING', { file: context.file, detail: `header "${context.header}" repeats a name` })
  return (text) => {
    const values = splitCsv(text)
    if (values.length !== names.length) return refuse('ROW_LENGTH', '', `row has ${values.length} cells, expected ${names.length}`)
    return context.row(Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])))
  }
}

function motesRow(prefix: string, options: RecordingOptions): (cells: Cells) => Decoded<SourceReading[]> {
  return (cells) => {
    const reading = Number(cells['reading'])
    if (!Number.isInteger(reading) || reading < 1)
      return refuse('ROW_TIME', '/reading', `reading is "${cells['reading']}", expected its running number`)
    const timeMs = options.startMs + (reading - 1) * options.intervalMs
    const device = `${prefix}-${cells['mote_id'] ?? ''}`
    return numbers({
      cells,
      columns:
        options.columns ??
        new Map([
          ['temperature', 'temperature'],
          ['humidity', 'humidity']
        ]),
      device,
      timeMs,
      options
    })
  }
}

/** The temperature series of that benchmark are in degrees Fahrenheit; the others have no unit of their own. */
function nabRow(device: string, options: RecordingOptions): (cells: Cells) => Decoded<SourceReading[]> {
  const isTemperature = device.includes('temperature')
  const metric = options.columns?.get('value') ?? (isTemperature ? 'temperature' : 'value')
  const units = new Map([['', isTemperature ? '[degF]' : '1'], ...(options.units ?? [])])
  return (cells) => {
    const timeMs = timeOf(cells['timestamp'])
    if (timeMs === undefined) return refuse('ROW_TIME', '/timestamp', `timestamp is "${cells['timestamp']}", expected a date and time`)
    return numbers({ cells, columns: new Map([['value', metric]]), device, timeMs, options: { ...options, units } })
  }
}

function tableRow(file: string, header: string, device: string, options: RecordingOptions): (cells: Cells) => Decoded<SourceReading[]> {
  const names = splitCsv(header)
  const timeColumn = options.timeColumn ?? names.find((name) => timeNames.has(name.toLowerCase()))
  if (options.timeColumn !== undefined && !names.includes(options.timeColumn))
    throw edgeError('RECORDING', { file, detail: `column "${options.timeColumn}" is not in the header ${names.join(', ')}` })
  const unknown = [...(options.columns?.keys() ?? [])].filter((name) => !names.includes(name))
  if (unknown.length > 0) throw edgeError('RECORDING', { file, detail: `column "${unknown[0]}" is not in the header ${names.join(', ')}` })
  const others = names.filter((name) => name !== timeColumn)
  let row = 0
  return (cells) => {
    const timeMs = timeColumn === undefined ? options.startMs + row * options.intervalMs : timeOf(cells[timeColumn])
    row += 1
    if (timeMs === undefined)
      return refuse('ROW_TIME', `/${timeColumn}`, `${timeColumn} is "${cells[timeColumn ?? '']}", expected a date and time`)
    // Without a choice a column of text is no column of numbers.
    const columns =
      options.columns ?? new Map(others.filter((name) => numberOf(cells[name]) !== undefined).map((name) => [name, metricOf(name)]))
    if (columns.size === 0) return refuse('ROW_EMPTY', '', 'row has no number')
    return numbers({ cells, columns, device, timeMs, options })
  }
}

function numbers(context: {
  readonly cells: Cells
  readonly columns: ReadonlyMap<string, string>
  readonly device: string
  readonly timeMs: number
  readonly options: RecordingOptions
}): Decoded<SourceReading[]> {
  const { cells, columns, device, timeMs, options } = context
  const readings: SourceReading[] = []
  for (const [name, metric] of columns) {
    const value = numberOf(cells[name])
    if (value === undefined) return refuse('ROW_VALUE', `/${name}`, `${name} is "${cells[name]}", expected a number`)
    readings.push(readingOf({ device, metric, timeMs, value, options }))
  }
  return { ok: true, value: readings }
}

function readJsonRow(text: string, deviceOfFile: string, options: RecordingOptions): Decoded<SourceReading[]> {
  let row: unknown
  try {
    row = JSON.parse(text)
  } catch (error) {
    return refuse('ROW_NOT_JSON', '', error instanceof Error ? error.message : String(error))
  }
  if (!isRecord(row)) return refuse('ROW_NOT_JSON', '', 'row is no JSON object')
  const timeName = options.timeColumn ?? Object.keys(row).find((name) => timeNames.has(name.toLowerCase()))
  const timeMs = timeName === undefined ? undefined : timeOf(row[timeName])
  if (timeMs === undefined) return refuse('ROW_TIME', `/${timeName ?? 'time'}`, 'row has no time that can be read')
  const device = typeof row['device'] === 'string' && options.device === undefined ? row['device'] : deviceOfFile
  const { metric, value, unit } = row
  if (typeof metric === 'string') {
    const number = jsonNumberOf(value)
    if (number === undefined) return refuse('ROW_VALUE', '/value', `value is ${JSON.stringify(value)}, expected a number or null`)
    const quality = qualityFlags.find((flag) => flag === row['quality'])
    const units = typeof unit === 'string' ? new Map([[metric, unit]]) : options.units
    return { ok: true, value: [readingOf({ device, metric, timeMs, value: number, options: { ...options, units }, quality })] }
  }
  const taken =
    options.columns ??
    new Map(
      Object.keys(row)
        .filter((name) => typeof row[name] === 'number')
        .map((name) => [name, metricOf(name)])
    )
  const readings: SourceReading[] = []
  for (const [name, metric] of taken) {
    if (name === timeName) continue
    const number = jsonNumberOf(row[name])
    if (number === undefined)
      return refuse('ROW_VALUE', `/${name}`, `${name} is ${JSON.stringify(row[name]) ?? 'missing'}, expected a number or null`)
    readings.push(readingOf({ device, metric, timeMs, value: number, options }))
  }
  return readings.length === 0 ? refuse('ROW_EMPTY', '', 'row has no number') : { ok: true, value: readings }
}

function readingOf(parts: {
  readonly device: string
  readonly metric: string
  readonly timeMs: number
  readonly value: number
  readonly options: RecordingOptions
  readonly quality?: QualityFlag | undefined
}): SourceReading {
  const { device, metric, timeMs, value, options } = parts
  const unit = options.units?.get(metric) ?? options.units?.get('') ?? knownUnits[metric] ?? '1'
  return { device, metric, unit, timeMs, value, quality: Number.isNaN(value) ? 9 : (parts.quality ?? 2) }
}

/** An empty cell is a missing value, which is a reading too. */
function numberOf(cell: string | undefined): number | undefined {
  if (cell === undefined) return undefined
  const text = cell.trim()
  if (text === '' || /^(nan|null|na)$/i.test(text)) return Number.NaN
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

function jsonNumberOf(value: unknown): number | undefined {
  if (value === null) return Number.NaN
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'number' ? value : undefined
}

/** A time without an offset is taken as UTC; a number counts milliseconds, or seconds when it is too small for them. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value))) {
    const number = Number(value)
    return Math.round(number < 100_000_000_000 ? number * 1_000 : number)
  }
  if (typeof value !== 'string') return undefined
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?$/.exec(value.trim())
  if (match === null) return undefined
  const timeMs = Date.parse(`${match[1]}T${match[2]}${match[3] ?? 'Z'}`)
  return Number.isNaN(timeMs) || timeMs < 0 ? undefined : timeMs
}

/** A column's name as a metric. */
function metricOf(name: string): string {
  return name
    .trim()
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
    .slice(0, 64)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(
  code: string,
  pointer: string,
  message: string
): { readonly ok: false; readonly reason: { code: string; pointer: string; message: string } } {
  return { ok: false, reason: { code, pointer, message } }
}
