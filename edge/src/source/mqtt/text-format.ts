/** Readings in plain text: one value, or lines of cells. Pure: text in, findings and reasons out. */
import { splitCsv } from '../csv.ts'
import { metricPattern } from '@tracegate/model/names'
import { createFindings, type PayloadContext, type PayloadResult, reasonOf } from './finding.ts'
import type { CsvFormat, TextFormat } from './format-config.ts'
import { numberOf, shown, timeOf, withPoint } from './values.ts'

/** Most lines of one payload. */
const linesMax = 1_000

export function readText(format: TextFormat, text: string, context: PayloadContext & { readonly deviceId: string }): PayloadResult {
  const findings = createFindings()
  const name = context.metric ?? ''
  const own = format.metrics !== undefined && Object.hasOwn(format.metrics, name) ? format.metrics[name] : undefined
  const metric = own?.metric ?? format.metric ?? name
  if ((format.metrics !== undefined && own === undefined) || !metricPattern.test(metric)) {
    const expected = format.metrics === undefined ? metricPattern.source : `one of ${Object.keys(format.metrics).slice(0, 20).join(', ')}`
    findings.refuse(reasonOf('METRIC_UNKNOWN', '', `metric in the topic is "${name}", expected ${expected}`))
    return findings.result()
  }
  const trimmed = text.trim()
  const suffix = format.suffix?.trim() ?? ''
  const bare = suffix !== '' && trimmed.endsWith(suffix) ? trimmed.slice(0, -suffix.length).trim() : trimmed
  const { words } = format
  const scaling = { ...scalingOf(own ?? format), ...(words === undefined ? {} : { words }) }
  const value = numberOf(isNothing(bare) ? null : withPoint(bare, format.decimalComma), scaling)
  if (value === undefined) {
    const also = words === undefined ? '' : `, or one of ${Object.keys(words).join(', ')}`
    findings.refuse(reasonOf('VALUE_NOT_NUMERIC', '', `payload is ${shown(trimmed)}, expected a number${also}`))
    return findings.result()
  }
  const quality = Number.isNaN(value) ? 9 : 2
  findings.reading({ device: context.deviceId, metric, unit: own?.unit ?? format.unit, timeMs: context.receivedAtMs, value, quality })
  return findings.result()
}

export function readCsv(format: CsvFormat, text: string, context: PayloadContext & { readonly deviceId: string }): PayloadResult {
  const findings = createFindings()
  const lines = text.split(/\r\n|\n|\r/).slice(format.skipLines ?? 0)
  const full = lines.map((line, index) => ({ line, number: index + 1 + (format.skipLines ?? 0) })).filter(({ line }) => line.trim() !== '')
  if (full.length > linesMax) {
    findings.refuse(reasonOf('PAYLOAD_TOO_LARGE', '', `payload has ${full.length} lines, expected at most ${linesMax}`))
    return findings.result()
  }
  for (const { line, number } of full) readLine(format, { cells: splitCsv(line, format.separator ?? ','), number, context, findings })
  if (findings.isEmpty) findings.refuse(reasonOf('VALUE_MISSING', '', 'payload has no line, expected at least one'))
  return findings.result()
}

function readLine(
  format: CsvFormat,
  line: {
    readonly cells: readonly string[]
    readonly number: number
    readonly context: PayloadContext & { readonly deviceId: string }
    readonly findings: ReturnType<typeof createFindings>
  }
): void {
  const { cells, number, context, findings } = line
  const { time } = format
  const timeMs = time === undefined ? context.receivedAtMs : timeOf(cells[time.column - 1], time)
  if (timeMs === undefined) {
    const cell = shown(cells[(time?.column ?? 1) - 1])
    return findings.refuse(reasonOf('TIME_UNREADABLE', '', `cell ${time?.column} of line ${number} is ${cell}, expected ${time?.format}`))
  }
  for (const column of format.columns) {
    const cell = cells[column.column - 1]
    if (cell === undefined) {
      const message = `line ${number} has ${cells.length} cells, expected at least ${column.column} for ${column.metric}`
      findings.refuse(reasonOf('VALUE_MISSING', '', message))
      continue
    }
    const value = numberOf(isNothing(cell) ? null : withPoint(cell, format.decimalComma), {
      ...scalingOf(column),
      ...(column.words === undefined ? {} : { words: column.words })
    })
    if (value === undefined) {
      findings.refuse(reasonOf('VALUE_NOT_NUMERIC', '', `cell ${column.column} of line ${number} is ${shown(cell)}, expected a number`))
      continue
    }
    const { metric, unit } = column
    findings.reading({ device: context.deviceId, metric, unit, timeMs, value, quality: Number.isNaN(value) ? 9 : 2 })
  }
}

/** How devices write that they have no value. */
function isNothing(text: string): boolean {
  return /^(|null|nan|n\/a|na|-|--|---)$/i.test(text.trim())
}

function scalingOf(rule: { readonly scale?: number; readonly offset?: number }): { scale?: number; offset?: number } {
  return {
    ...(rule.scale === undefined ? {} : { scale: rule.scale }),
    ...(rule.offset === undefined ? {} : { offset: rule.offset })
  }
}
