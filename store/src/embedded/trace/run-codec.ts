/**
 * The bytes of a run: a stretch of ledger rows sorted by hash, then by event, as differences. A row is the difference of its hash from
 * the row before, the event (from the row before when the hash is the same, else from the segment's first), the roles and the time (likewise).
 */
import { broken, readVarint, readZigzag, writeVarint, writeZigzag, type Writer } from '../../varint.ts'
import type { LedgerRow } from './ledger-row.ts'

/** What the differences of a segment start from. */
export interface RunBase {
  readonly firstSeq: number
  readonly baseMs: number
}

/** Two runs fit a page of 4 KiB. */
const runBytesMax = 1_990
const rowBytesMax = 32

export interface RunWriter {
  /** Hash of the first row; undefined while it is empty. */
  first(): number | undefined
  add(hash: number, row: LedgerRow): void
  full(): boolean
  /** The bytes so far; the writer is empty afterwards. */
  take(): Uint8Array
}

export function createRunWriter(base: RunBase): RunWriter {
  const writer: Writer = { bytes: new Uint8Array(runBytesMax), at: 0 }
  let first: number | undefined
  let lastHash = 0
  let lastSeq = 0
  let lastMs = 0
  return {
    first: () => first,
    add(hash, { seq, timeMs, roles }) {
      const same = first !== undefined && hash === lastHash
      writeVarint(writer, first === undefined ? 0 : hash - lastHash)
      writeVarint(writer, seq - (same ? lastSeq : base.firstSeq))
      writer.bytes[writer.at++] = roles
      writeZigzag(writer, timeMs - (same ? lastMs : base.baseMs))
      first ??= hash
      lastHash = hash
      lastSeq = seq
      lastMs = timeMs
    },
    full: () => writer.at > runBytesMax - rowBytesMax,
    take() {
      const bytes = writer.bytes.slice(0, writer.at)
      writer.at = 0
      first = undefined
      return bytes
    }
  }
}

/** Walks all rows; the members are those of the current row after `next` gave true. */
export interface RunCursor {
  hash: number
  seq: number
  timeMs: number
  roles: number
  next(): boolean
}

export function createRunCursor(bytes: Uint8Array, firstHash: number, base: RunBase): RunCursor {
  const reader = { bytes, at: 0 }
  const cursor: RunCursor = {
    hash: firstHash,
    seq: 0,
    timeMs: 0,
    roles: 0,
    next() {
      if (reader.at >= bytes.length) return false
      const starting = reader.at === 0
      const gap = readVarint(reader)
      const same = gap === 0 && !starting
      cursor.hash += gap
      cursor.seq = (same ? cursor.seq : base.firstSeq) + readVarint(reader)
      cursor.roles = bytes[reader.at++] ?? 0
      cursor.timeMs = (same ? cursor.timeMs : base.baseMs) + readZigzag(reader)
      return true
    }
  }
  return cursor
}

/** The rows of one hash, in the order of events. */
export function findInRun(
  run: { readonly bytes: Uint8Array; readonly firstHash: number; readonly base: RunBase },
  hash: number,
  visit: (row: LedgerRow) => void
): void {
  const { bytes, base } = run
  const reader = { bytes, at: 0 }
  let current = run.firstHash
  let seq = 0
  let timeMs = 0
  let matched = false
  while (reader.at < bytes.length) {
    const gap = readVarint(reader)
    current += gap
    if (current > hash) return
    if (current === hash) {
      seq = (matched ? seq : base.firstSeq) + readVarint(reader)
      const roles = bytes[reader.at++] ?? 0
      timeMs = (matched ? timeMs : base.baseMs) + readZigzag(reader)
      matched = true
      visit({ timeMs, seq, roles })
    } else skipRow(reader)
  }
}

function skipRow(reader: { readonly bytes: Uint8Array; at: number }): void {
  const { bytes } = reader
  let at = reader.at
  while ((bytes[at++] ?? 0) > 127) continue
  at += 1
  while ((bytes[at++] ?? 0) > 127) continue
  if (at > bytes.length) throw broken('it ends within a row')
  reader.at = at
}
