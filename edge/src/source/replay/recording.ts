/**
 * Reads recordings: CSV and JSON Lines files, and the layouts of two public data sets. A row becomes readings or a reason
 * why not; nothing is corrected, sorted or left out.
 */
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import type { Reason } from '@tracegate/model/errors'
import { edgeError } from '../../errors.ts'
import type { SourceReading } from '../../intake/intake.ts'
import { createRowReader, type RowReader } from './rows.ts'

export const recordingFormats = ['auto', 'motes', 'nab', 'csv', 'jsonl'] as const
export type RecordingFormat = (typeof recordingFormats)[number]

export interface RecordingOptions {
  readonly format: RecordingFormat
  /** Device id; where a recording has several devices, the beginning of theirs. Left out: from the name of the file. */
  readonly device?: string | undefined
  /** Columns to take, with the metric each becomes. Left out: every column of numbers. */
  readonly columns?: ReadonlyMap<string, string> | undefined
  /** UCUM code by metric; under the empty name the one for all others. */
  readonly units?: ReadonlyMap<string, string> | undefined
  /** Column of the time. Left out: the first column named like one. */
  readonly timeColumn?: string | undefined
  /** Where a recording has no times: when it starts, and the time between two rows. */
  readonly startMs: number
  readonly intervalMs: number
}

export type RecordedRow =
  | { readonly type: 'readings'; readonly line: number; readonly readings: readonly SourceReading[] }
  | { readonly type: 'refused'; readonly line: number; readonly reason: Reason; readonly text: string }

/** Longest line that is taken. */
const lineBytesMax = 65_536

/** Throws `RECORDING` for a file that is missing or has no known layout. */
export async function* readRecording(file: string, options: RecordingOptions): AsyncGenerator<RecordedRow> {
  const stream = createReadStream(file, { encoding: 'utf8' })
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  stream.once('error', (error) => failed.reject(edgeError('RECORDING', { file, detail: error.message }, error)))
  const lines = createInterface({ input: stream, crlfDelay: Infinity })[Symbol.asyncIterator]()
  let reader: RowReader | undefined
  try {
    for (let line = 1; ; line += 1) {
      const next = await Promise.race([lines.next(), failed.promise])
      if (next.done === true) break
      const text = line === 1 ? next.value.replace(/^\uFEFF/, '') : next.value
      if (text.trim() === '') continue
      if (text.length > lineBytesMax) {
        const message = `line has ${text.length} characters, expected at most ${lineBytesMax}`
        yield { type: 'refused', line, reason: { code: 'LINE_TOO_LONG', pointer: '', message }, text: text.slice(0, 200) }
        continue
      }
      if (reader === undefined) {
        reader = createRowReader({ file, first: text, deviceOfFile: deviceNameOf(file), options })
        if (reader.firstIsHeader) continue
      }
      const row = reader.read(text)
      yield row.ok
        ? { type: 'readings', line, readings: row.value }
        : { type: 'refused', line, reason: row.reason, text: text.slice(0, 200) }
    }
  } finally {
    stream.destroy()
  }
  if (reader === undefined) throw edgeError('RECORDING', { file, detail: 'it has no rows' })
}

/** The name of the file as a device id. */
export function deviceNameOf(file: string): string {
  const name = basename(file)
    .replace(/\.[A-Za-z0-9]+$/, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 56)
  return name === '' ? 'recording' : name
}
