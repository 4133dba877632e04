/**
 * Makes one segment of the ledger out of sorted rows, slice by slice, each its own short transaction: of what was gathered in memory,
 * or of several segments. What it writes counts when the last slice is committed; what a stop leaves of it is swept away at the next start.
 */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../sqlite.ts'
import { createKeyFilter, type KeyFilter } from './key-filter.ts'
import { roleBits } from './key-hash.ts'
import type { LedgerRow } from './ledger-row.ts'
import type { SortedRows } from './memtable.ts'
import { createRunWriter, type RunBase } from './run-codec.ts'
import { runId, type Segment, type SegmentReader } from './segments.ts'

/** Rows in order; `current` is undefined at the end, and before it one object whose members change. */
export interface RowSource {
  readonly current: { readonly hash: number; readonly row: LedgerRow } | undefined
  advance(): void
}

export interface SegmentJobOptions {
  readonly database: DatabaseSync
  readonly id: number
  readonly sources: readonly RowSource[]
  readonly base: RunBase
  /** Upper bounds of the distinct hashes of event ids and of everything else. */
  readonly idsMax: number
  readonly keysMax: number
  /** Rows of later events are left out. */
  readonly lastSeqMax?: number
  /** In the transaction that makes the segment count: for the file only, as it may fail and come again. */
  readonly onFinish: () => void
}

export interface SegmentJob {
  /** Writes a slice; false when all is done. */
  step(): boolean
}

const rowsPerSlice = 16_384

interface Made {
  readonly fences: number[]
  readonly idFilter: KeyFilter
  readonly keyFilter: KeyFilter
  rows: number
  ids: number
  keys: number
  lastSeq: number
}

export function createSegmentJob(options: SegmentJobOptions): SegmentJob {
  const { database, id, sources, base } = options
  const insertRun = database.prepare('INSERT OR REPLACE INTO run (id, data) VALUES (?, ?)')
  const writer = createRunWriter(base)
  const idFilter = createKeyFilter(options.idsMax)
  const keyFilter = createKeyFilter(options.keysMax)
  const made: Made = { fences: [], idFilter, keyFilter, rows: 0, ids: 0, keys: 0, lastSeq: 0 }
  let runs: Uint8Array[] = []
  let stored = 0
  let lastHash = -1
  let lastSeq = -1

  const take = (hash: number, row: LedgerRow): void => {
    // A stop between two transactions may have left an event's rows in two places.
    if (hash === lastHash && row.seq === lastSeq) return
    if (hash !== lastHash) count(made, hash, row.roles)
    lastHash = hash
    lastSeq = row.seq
    made.rows += 1
    made.lastSeq = Math.max(made.lastSeq, row.seq)
    writer.add(hash, row)
    if (writer.full()) flush()
  }
  const flush = (): void => {
    const first = writer.first()
    if (first === undefined) return
    made.fences.push(first)
    runs.push(writer.take())
  }
  /** What fails here is written with the next slice: nothing is forgotten before it is committed. */
  const commit = (finish: () => void): void => {
    inTransaction(database, () => {
      for (const [at, bytes] of runs.entries()) insertRun.run(runId(id, stored + at), bytes)
      finish()
    })
    stored += runs.length
    runs = []
  }
  return {
    step() {
      for (let slice = 0; slice < rowsPerSlice; slice += 1) {
        const source = leastOf(sources)
        if (source?.current === undefined) {
          flush()
          commit(() => {
            if (made.rows > 0) insertSegment(database, { id, base, made })
            options.onFinish()
          })
          return false
        }
        const { hash, row } = source.current
        if (row.seq <= (options.lastSeqMax ?? Infinity)) take(hash, row)
        source.advance()
      }
      commit(() => undefined)
      return true
    }
  }
}

function count(made: Made, hash: number, roles: number): void {
  if (roles === roleBits.eventID) {
    made.ids += 1
    made.idFilter.add(hash)
  } else {
    made.keys += 1
    made.keyFilter.add(hash)
  }
}

function insertSegment(
  database: DatabaseSync,
  { id, base, made }: { readonly id: number; readonly base: RunBase; readonly made: Made }
): void {
  const { fences, idFilter, keyFilter, rows, ids, keys, lastSeq } = made
  database
    .prepare(
      `INSERT INTO segment (id, rows, ids, keys, first_seq, last_seq, base_ms, fences, id_filter, key_filter)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    )
    .run(
      id,
      rows,
      ids,
      keys,
      base.firstSeq,
      lastSeq,
      base.baseMs,
      new Uint8Array(Float64Array.from(fences).buffer),
      idFilter.bytes,
      keyFilter.bytes
    )
}

export function leastOf(sources: readonly RowSource[]): RowSource | undefined {
  let least: RowSource | undefined
  for (const source of sources) {
    const { current } = source
    if (current === undefined) continue
    const best = least?.current
    if (best === undefined || current.hash < best.hash || (current.hash === best.hash && current.row.seq < best.row.seq)) least = source
  }
  return least
}

export function memorySource(rows: SortedRows, fromHash = 0): RowSource {
  let at = -1
  while (at + 1 < rows.count && rows.hashAt(at + 1) < fromHash) at += 1
  const current = { hash: 0, row: { timeMs: 0, seq: 0, roles: 0 } }
  const source: { current: RowSource['current']; advance(): void } = {
    current,
    advance() {
      at += 1
      if (at >= rows.count) {
        source.current = undefined
        return
      }
      current.hash = rows.hashAt(at)
      rows.readInto(at, current.row)
    }
  }
  source.advance()
  return source
}

const noRow: LedgerRow = { timeMs: 0, seq: 0, roles: 0 }

export function segmentSource(reader: SegmentReader, segment: Segment, fromHash = 0): RowSource {
  const rows = reader.walk(segment, fromHash)[Symbol.iterator]()
  const current = { hash: 0, row: noRow }
  const source: { current: RowSource['current']; advance(): void } = {
    current,
    advance() {
      const { done, value } = rows.next()
      if (done === true) {
        source.current = undefined
        return
      }
      current.hash = value.hash
      current.row = value
    }
  }
  source.advance()
  return source
}
