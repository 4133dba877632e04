/**
 * The segments of the ledger in the file, as a reader sees them: which there are, where in them a key may be, and its rows. Segments never
 * change; merging makes new ones and takes away old ones. Reads only; any thread.
 */
import type { DatabaseSync } from 'node:sqlite'
import { storeError } from '../../errors.ts'
import { bytesOf, numberOf, type Row } from '../sqlite.ts'
import { createCache } from './cache.ts'
import { keyFilterOf, type KeyFilter } from './key-filter.ts'
import type { LedgerRow } from './ledger-row.ts'
import { createRunCursor, findInRun, type RunBase, type RunCursor, type RunPlace } from './run-codec.ts'
import { indexFile } from './schema.ts'

export interface Segment {
  readonly id: number
  readonly rows: number
  /** Distinct hashes of event ids, and of everything else. */
  readonly ids: number
  readonly keys: number
  readonly lastSeq: number
  readonly base: RunBase
  /** The first hash of each run. */
  readonly fences: Float64Array
  readonly idFilter: KeyFilter
  /** Missing where a reader asked for event ids only. */
  readonly keyFilter: KeyFilter | undefined
}

export interface SegmentReader {
  /** Segments may have come or gone. */
  changed(): void
  segments(): readonly Segment[]
  /** Rows of the hash, segment by segment; `isEventID` says which filter knows it. */
  find(hash: number, isEventID: boolean): LedgerRow[]
  /** The rows of one segment from a hash on, in order. */
  walk(segment: Segment, fromHash?: number): Iterable<RunCursor>
}

export const runsPerSegment = 2 ** 22

export function runId(segment: number, run: number): number {
  return segment * runsPerSegment + run
}

/** A run that is gone means that its segment went between two reads: the list is read again. */
const attempts = 5

/** Bytes of runs that a reader keeps by default. */
const cachedRunBytesMax = 4 * 2 ** 20

interface SegmentReaderOptions {
  readonly keyFilters: boolean
  readonly cachedRunBytesMax?: number
}

export function createSegmentReader(index: DatabaseSync, options: SegmentReaderOptions): SegmentReader {
  const columns = `id, rows, ids, keys, first_seq, last_seq, base_ms, fences, id_filter${options.keyFilters ? ', key_filter' : ''}`
  const selectSegments = index.prepare('SELECT id FROM segment ORDER BY id')
  const selectSegment = index.prepare(`SELECT ${columns} FROM segment WHERE id = ?`)
  const selectRun = index.prepare('SELECT data FROM run WHERE id = ?')
  let known: Segment[] | undefined

  const load = (): Segment[] => {
    const before = new Map(known?.map((segment) => [segment.id, segment]))
    return selectSegments.all().flatMap((row) => {
      const id = numberOf(row, 'id')
      const kept = before.get(id)
      if (kept !== undefined) return kept
      const found = selectSegment.get(id)
      return found === undefined ? [] : segmentOf(found)
    })
  }
  let stale = true
  const segments = (): Segment[] => {
    if (known === undefined || stale) {
      known = load()
      places.clear()
    }
    stale = false
    return known
  }
  // Runs never change, and the ids of segments are never used again.
  const runs = createCache<Uint8Array>(options.cachedRunBytesMax ?? cachedRunBytesMax, (bytes) => bytes.length)
  const runOf = (segment: Segment, run: number): Uint8Array | undefined => {
    const id = runId(segment.id, run)
    const cached = runs.get(id)
    if (cached !== undefined) return cached
    const row = selectRun.get(id)
    if (row === undefined) return undefined
    const bytes = bytesOf(row, 'data')
    runs.set(id, bytes)
    return bytes
  }
  // Questions about many keys come in the order of their hashes, so that the next key is mostly further on in the run of the last one.
  const places = new Map<number, RunPlace & { readonly run: number }>()
  const placeIn = (segment: Segment, run: number, firstHash: number, hash: number): RunPlace | undefined => {
    const last = places.get(segment.id)
    if (last?.run === run && last.hash < hash) return last
    const bytes = runOf(segment, run)
    if (bytes === undefined) return undefined
    const place = { run, bytes, base: segment.base, at: 0, hash: firstHash }
    places.set(segment.id, place)
    return place
  }
  /** False when a run is gone. */
  const findIn = (segment: Segment, hash: number, visit: (row: LedgerRow) => void): boolean => {
    const { fences } = segment
    for (let run = firstRun(fences, hash); run < fences.length; run += 1) {
      const firstHash = fences[run] ?? 0
      if (firstHash > hash) return true
      const place = placeIn(segment, run, firstHash, hash)
      if (place === undefined) return false
      findInRun(place, hash, visit)
    }
    return true
  }
  return {
    changed() {
      stale = true
    },
    segments,
    find(hash, isEventID) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const rows: LedgerRow[] = []
        try {
          const complete = segments().every((segment) => {
            const filter = isEventID ? segment.idFilter : segment.keyFilter
            return filter?.mayHave(hash) === false || findIn(segment, hash, (row) => rows.push(row))
          })
          if (complete) return rows
        } catch (error) {
          throw toCorrupt(error)
        }
        stale = true
      }
      throw damaged('segments name runs that are not there')
    },
    *walk(segment, fromHash = 0) {
      const { id, fences, base } = segment
      for (let run = firstRun(fences, fromHash); run < fences.length; run += 1) {
        const bytes = runOf(segment, run)
        if (bytes === undefined) throw damaged(`run ${run} of segment ${id} is not there`)
        const cursor = createRunCursor(bytes, fences[run] ?? 0, base)
        while (nextOf(cursor)) if (cursor.hash >= fromHash) yield cursor
      }
    }
  }
}

function nextOf(cursor: RunCursor): boolean {
  try {
    return cursor.next()
  } catch (error) {
    throw toCorrupt(error)
  }
}

/** Damaged bytes are read until a number leaves its range. */
function toCorrupt(error: unknown): unknown {
  return error instanceof RangeError ? damaged(error.message, error) : error
}

function damaged(detail: string, cause?: unknown): Error {
  return storeError('STORE_CORRUPT', { action: 'read ledger', path: indexFile, detail }, cause)
}

/** The last run that begins before the hash, or the first of all. */
function firstRun(fences: Float64Array, hash: number): number {
  let low = 0
  let high = fences.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((fences[middle] ?? 0) < hash) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

function segmentOf(row: Row): Segment {
  const fences = bytesOf(row, 'fences')
  const aligned = new Float64Array(fences.length / 8)
  new Uint8Array(aligned.buffer).set(fences)
  const keyFilter = row['key_filter']
  return {
    id: numberOf(row, 'id'),
    rows: numberOf(row, 'rows'),
    ids: numberOf(row, 'ids'),
    keys: numberOf(row, 'keys'),
    lastSeq: numberOf(row, 'last_seq'),
    base: { firstSeq: numberOf(row, 'first_seq'), baseMs: numberOf(row, 'base_ms') },
    fences: aligned,
    idFilter: keyFilterOf(bytesOf(row, 'id_filter')),
    keyFilter: keyFilter instanceof Uint8Array ? keyFilterOf(keyFilter) : undefined
  }
}
