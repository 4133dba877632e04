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

/** How far a run was read: everything before `at` has a hash of at most `hash`. */
export interface RunPlace {
  readonly bytes: Uint8Array
  readonly base: RunBase
  at: number
  /** Hash of the row before `at`; of the run's first row at its start. */
  hash: number
}

/** The rows of one hash from the place on, in the order of events. The place moves to what comes before the first larger hash. */
export function findInRun(place: RunPlace, hash: number, visit: (row: LedgerRow) => void): void {
  const { bytes, base } = place
  const reader = { bytes, at: place.at }
  let current = place.hash
  let seq = 0
  let timeMs = 0
  let matched = false
  while (reader.at < bytes.length) {
    const before = reader.at
    const next = current + readVarint(reader)
    if (next > hash) {
      place.at = before
      place.hash = current
      return
    }
    current = next
    if (current === hash) {
      seq = (matched ? seq : base.firstSeq) + readVarint(reader)
      const roles = bytes[reader.at++] ?? 0
      timeMs = (matched ? timeMs : base.baseMs) + readZigzag(reader)
      matched = true
      visit({ timeMs, seq, roles })
    } else skipRow(reader)
  }
  place.at = reader.at
  place.hash = current
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
