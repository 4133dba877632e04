/** What an adapter makes of one notice or row of somebody else: the report, the source's number and the piece it was read from. */
import type { ReportTold } from '@tracegate/model/report'
import { reportTextMax } from '@tracegate/model/report'
import { intakeError } from '../errors.ts'

export interface Imported {
  readonly sourceId?: string
  readonly told: ReportTold
  /** Word for word, as far as the format has pieces. */
  readonly raw: { readonly mediaType: string; readonly text: string }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

export function textOf(bytes: Uint8Array, format: string): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw intakeError('REPORT_FORMAT', { format, detail: `its ${bytes.length} bytes are not UTF-8` }, error)
  }
}

/** Paragraphs with their names, those without words left out; cut where a report ends. */
export function paragraphs(parts: readonly (readonly [string, string | undefined])[]): string {
  const told = parts.flatMap(([name, text]) => (text === undefined || text.trim() === '' ? [] : [`${name}: ${text.trim()}`]))
  return told.join('\n').slice(0, reportTextMax)
}

/** At most 256 characters of one line; undefined for none. */
export function line(text: string | undefined): string | undefined {
  const plain = text?.replaceAll(/\s+/g, ' ').trim().slice(0, 256)
  return plain === '' ? undefined : plain
}

export function timeOf(text: string | undefined): number | undefined {
  const timeMs = text === undefined ? NaN : Date.parse(text)
  return Number.isNaN(timeMs) || timeMs < 0 ? undefined : timeMs
}

/** Members whose value is there. */
export function given<Value extends object>(members: { readonly [Name in keyof Value]: Value[Name] | undefined }): Partial<Value> {
  const kept: Partial<Value> = {}
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}
