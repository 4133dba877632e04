/**
 * Which events name a key: segments of sorted rows in the file, and tables in memory before it. What is gathered in memory becomes a
 * segment, segments of one size become a larger one, so that a key is looked for in few of them; both in slices, each its own short transaction.
 */
import type { DatabaseSync } from 'node:sqlite'
import { bytesOf, inTransaction, numberOf } from '../sqlite.ts'
import { createKeySketch } from './key-sketch.ts'
import { roleBits, subjectBits } from './key-hash.ts'
import { compareRows, type LedgerRow } from './ledger-row.ts'
import { createMemtable, type Memtable } from './memtable.ts'
import type { Progress } from './progress.ts'
import { createSegmentJob, leastOf, memorySource, segmentSource, type SegmentJob } from './segment-job.ts'
import { createSegmentReader, runId, runsPerSegment, type Segment, type SegmentReader } from './segments.ts'

interface LedgerFind {
  readonly hash: number
  /** Rows with one of these bits; `roleBits.eventID` stands alone. */
  readonly roles: number
  readonly fromMs?: number
  /** Included. */
  readonly toMs?: number
  readonly limit: number
}

export interface Ledger {
  add(hash: number, row: LedgerRow): void
  /** Oldest first. */
  find(query: LedgerFind): LedgerRow[]
  /** Rows in memory that wait to be frozen. */
  pending(): number
  /** Freezes what is in memory; `mergeStep` then writes it. `upTo` is the last event it covers. */
  startMerge(upTo: number): void
  /** Whether what was frozen is not in the file yet. */
  merging(): boolean
  mergeStep(): void
  /** Joins segments, takes away what is no longer needed; false when there is nothing to do. With `all` it leaves few segments. */
  tidyStep(all: boolean): boolean
  /** Distinct keys of subjects: exact while there are few. */
  keys(): number
  /** Hashes of subjects from this one on, in order, each with events that name it. */
  subjects(fromHash: number): Iterable<readonly [hash: number, seqs: readonly number[]]>
}

export interface LedgerOptions {
  readonly index: DatabaseSync
  readonly progress: Progress
}

/** Segments of one size class that are joined, and how much larger the next class is. */
const segmentsPerClass = 4
/** Segments that a store at rest keeps. */
const segmentsAtRest = 4
const countedRowsMax = 200_000
const runsPerSweep = 512
const cachedRunBytesMax = 16 * 2 ** 20

interface Frozen {
  readonly table: Memtable
  readonly job: SegmentJob
}

export function createLedger({ index, progress }: LedgerOptions): Ledger {
  const reader = createSegmentReader(index, { keyFilters: true, cachedRunBytesMax })
  const sweep = createSweep(index)
  const sketch = createKeySketch(storedSketch(index))
  const storeSketch = index.prepare('INSERT OR REPLACE INTO sketch (id, data) VALUES (0, ?)')
  let table = createMemtable()
  let frozen: Frozen | undefined
  let joining: { readonly job: SegmentJob; readonly joined: readonly Segment[] } | undefined
  let nextId = 1 + lastId(index)
  sweep.leftovers(reader.segments())

  const newId = (): number => {
    nextId += 1
    return nextId - 1
  }
  return {
    add(hash, row) {
      table.add(hash, row)
      if ((row.roles & subjectBits) !== 0) sketch.add(hash)
    },
    find({ hash, roles, fromMs = -Infinity, toMs = Infinity, limit }) {
      const rows = reader.find(hash, roles === roleBits.eventID)
      const visit = (row: LedgerRow): void => void rows.push(row)
      frozen?.table.find(hash, visit)
      table.find(hash, visit)
      const isWanted = (row: LedgerRow): boolean => (row.roles & roles) !== 0 && row.timeMs >= fromMs && row.timeMs <= toMs
      const wanted = rows.every(isWanted) ? rows : rows.filter(isWanted)
      if (wanted.some((row, at) => at > 0 && compareRows(wanted[at - 1] ?? row, row) > 0)) wanted.sort(compareRows)
      return wanted.length > limit ? wanted.slice(0, limit) : wanted
    },
    pending: () => table.rows(),
    startMerge(upTo) {
      if (frozen !== undefined || table.rows() === 0) return
      const full = table
      const onFinish = (): void => {
        progress.set('merged', upTo)
        storeSketch.run(sketch.bytes)
      }
      frozen = { table: full, job: storeTable({ index, table: full, id: newId(), onFinish }) }
      table = createMemtable()
    },
    merging: () => frozen !== undefined,
    mergeStep() {
      if (frozen === undefined) return
      try {
        if (frozen.job.step()) return
      } catch (error) {
        progress.reload()
        throw error
      }
      frozen = undefined
      reader.changed()
    },
    tidyStep(all) {
      if (joining !== undefined) {
        if (joining.job.step()) return true
        sweep.add(joining.joined.map(({ id }) => id))
        joining = undefined
        reader.changed()
        return true
      }
      const wanted = segmentsToJoin(reader.segments(), all)
      if (wanted.length > 1) {
        joining = { joined: wanted, job: joinSegments({ index, reader, joined: wanted, id: newId() }) }
        return true
      }
      return sweep.step()
    },
    subjects: (fromHash) => subjectsOf(reader, [table, ...(frozen === undefined ? [] : [frozen.table])], fromHash),
    keys: () => countKeys(reader, [table, ...(frozen === undefined ? [] : [frozen.table])]) ?? sketch.count()
  }
}

function storedSketch(index: DatabaseSync): Uint8Array | undefined {
  const row = index.prepare('SELECT data FROM sketch WHERE id = 0').get()
  return row === undefined ? undefined : bytesOf(row, 'data')
}

interface NewSegment {
  readonly index: DatabaseSync
  readonly id: number
}

function storeTable({ index, table, id, onFinish }: NewSegment & { readonly table: Memtable; readonly onFinish: () => void }): SegmentJob {
  const rows = table.sorted()
  let [ids, keys, last] = [0, 0, -1]
  for (let at = 0; at < rows.count; at += 1) {
    const hash = rows.hashAt(at)
    if (hash === last) continue
    last = hash
    if (rows.rolesAt(at) === roleBits.eventID) ids += 1
    else keys += 1
  }
  const base = { firstSeq: rows.firstSeq, baseMs: rows.count === 0 ? 0 : rows.rowAt(0).timeMs }
  return createSegmentJob({ database: index, id, sources: [memorySource(rows)], base, idsMax: ids, keysMax: keys, onFinish })
}

interface JoinOptions extends NewSegment {
  readonly reader: SegmentReader
  readonly joined: readonly Segment[]
  readonly lastSeqMax?: number
}

export function joinSegments({ index, reader, joined, id, lastSeqMax }: JoinOptions): SegmentJob {
  const forget = index.prepare('DELETE FROM segment WHERE id = ?')
  const sum = (of: (segment: Segment) => number): number => joined.reduce((total, segment) => total + of(segment), 0)
  return createSegmentJob({
    database: index,
    id,
    sources: joined.map((segment) => segmentSource(reader, segment)),
    base: {
      firstSeq: Math.min(...joined.map(({ base }) => base.firstSeq)),
      baseMs: joined[0]?.base.baseMs ?? 0
    },
    idsMax: sum(({ ids }) => ids),
    keysMax: sum(({ keys }) => keys),
    ...(lastSeqMax === undefined ? {} : { lastSeqMax }),
    onFinish() {
      for (const segment of joined) forget.run(segment.id)
    }
  })
}

/** Four of a size class, the smallest class first; at rest the smallest ones until few are left. */
function segmentsToJoin(segments: readonly Segment[], all: boolean): readonly Segment[] {
  const classOf = ({ rows }: Segment): number => Math.max(0, Math.floor(Math.log(rows / 65_536) / Math.log(segmentsPerClass)))
  const classes = [...Map.groupBy(segments, classOf)].sort(([a], [b]) => a - b)
  const full = classes.find(([, members]) => members.length >= segmentsPerClass)?.[1]
  if (full !== undefined) return full
  if (!all || segments.length <= segmentsAtRest) return []
  return segments.toSorted((a, b) => a.rows - b.rows).slice(0, segments.length - segmentsAtRest + 1)
}

/** Undefined when there is too much to count. */
function countKeys(reader: SegmentReader, tables: readonly Memtable[]): number | undefined {
  const segments = reader.segments()
  const rows = [...segments.map((segment) => segment.rows), ...tables.map((table) => table.rows())].reduce((sum, of) => sum + of, 0)
  if (rows > countedRowsMax) return undefined
  const hashes = new Set<number>()
  for (const segment of segments) {
    for (const { hash, roles } of reader.walk(segment)) if ((roles & subjectBits) !== 0) hashes.add(hash)
  }
  for (const table of tables) {
    const sorted = table.sorted()
    for (let at = 0; at < sorted.count; at += 1) if ((sorted.rolesAt(at) & subjectBits) !== 0) hashes.add(sorted.hashAt(at))
  }
  return hashes.size
}

function* subjectsOf(reader: SegmentReader, tables: readonly Memtable[], fromHash: number): Generator<[number, number[]]> {
  const sources = [
    ...tables.map((table) => memorySource(table.sorted(), fromHash)),
    ...reader.segments().map((segment) => segmentSource(reader, segment, fromHash))
  ]
  let current: [number, number[]] | undefined
  for (let source = leastOf(sources); source?.current !== undefined; source = leastOf(sources)) {
    const { hash, row } = source.current
    if ((row.roles & subjectBits) !== 0) {
      if (current !== undefined && current[0] !== hash) yield current
      if (current?.[0] !== hash) current = [hash, []]
      if (current[1].length < seqsPerSubjectMax) current[1].push(row.seq)
    }
    source.advance()
  }
  if (current !== undefined) yield current
}

/** The first event tells the key; others only where hashes of two keys are the same. */
const seqsPerSubjectMax = 16

/** Deletes the runs of segments that are gone, a slice at a time. */
function createSweep(index: DatabaseSync) {
  const nextRun = index.prepare('SELECT MIN(id) AS id FROM run WHERE id >= ?')
  const deleteRuns = index.prepare(
    `DELETE FROM run WHERE id IN (SELECT id FROM run WHERE id >= ? AND id < ? ORDER BY id LIMIT ${runsPerSweep})`
  )
  const gone: number[] = []
  return {
    add: (segments: readonly number[]): void => void gone.push(...segments),
    /** Runs of segments that never came to count, or whose deletion a stop broke off. */
    leftovers(segments: readonly Segment[]): void {
      const counted = new Set(segments.map(({ id }) => id))
      for (let from = 0; ;) {
        const id = nextRun.get(from)?.['id']
        if (typeof id !== 'number') return
        const segment = Math.floor(id / runsPerSegment)
        if (!counted.has(segment)) gone.push(segment)
        from = runId(segment + 1, 0)
      }
    },
    step(): boolean {
      const segment = gone[0]
      if (segment === undefined) return false
      const { changes } = inTransaction(index, () => deleteRuns.run(runId(segment, 0), runId(segment + 1, 0)))
      if (Number(changes) < runsPerSweep) gone.shift()
      return true
    }
  }
}

/** The highest segment of which anything is there, counted or not. */
function lastId(index: DatabaseSync): number {
  const id = (text: string): number => numberOf(index.prepare(text).get(), 'id')
  const ofRuns = id('SELECT COALESCE(MAX(id), 0) AS id FROM run')
  return Math.max(id('SELECT COALESCE(MAX(id), 0) AS id FROM segment'), Math.floor(ofRuns / runsPerSegment))
}
