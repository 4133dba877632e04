/** Sorted columns of ledger rows in memory: what was indexed but is not yet in the file. Pure. */

export interface LedgerRow {
  readonly timeMs: number
  readonly seq: number
  readonly roles: number
}

export interface Run {
  readonly hash: Float64Array
  readonly timeMs: Float64Array
  readonly seq: Float64Array
  readonly roles: Uint8Array
}

export interface LedgerRef extends LedgerRow {
  readonly hash: number
}

export function runOf(refs: LedgerRef[]): Run {
  refs.sort((a, b) => a.hash - b.hash || a.timeMs - b.timeMs || a.seq - b.seq)
  const run = emptyRun(refs.length)
  for (const [at, ref] of refs.entries()) {
    run.hash[at] = ref.hash
    run.timeMs[at] = ref.timeMs
    run.seq[at] = ref.seq
    run.roles[at] = ref.roles
  }
  return run
}

function emptyRun(length: number): Run {
  return { hash: new Float64Array(length), timeMs: new Float64Array(length), seq: new Float64Array(length), roles: new Uint8Array(length) }
}

export function mergeRuns(a: Run, b: Run): Run {
  const run = emptyRun(a.hash.length + b.hash.length)
  let atA = 0
  let atB = 0
  for (let at = 0; at < run.hash.length; at += 1) {
    const fromA = atB >= b.hash.length || (atA < a.hash.length && compareRows(a, atA, b, atB) <= 0)
    copyRow(fromA ? a : b, fromA ? atA : atB, run, at)
    if (fromA) atA += 1
    else atB += 1
  }
  return run
}

function compareRows(a: Run, atA: number, b: Run, atB: number): number {
  return cell(a.hash, atA) - cell(b.hash, atB) || cell(a.timeMs, atA) - cell(b.timeMs, atB) || cell(a.seq, atA) - cell(b.seq, atB)
}

function copyRow(from: Run, at: number, to: Run, toAt: number): void {
  to.hash[toAt] = cell(from.hash, at)
  to.timeMs[toAt] = cell(from.timeMs, at)
  to.seq[toAt] = cell(from.seq, at)
  to.roles[toAt] = cell(from.roles, at)
}

export function rowAt(run: Run, at: number): LedgerRef {
  return { hash: cell(run.hash, at), timeMs: cell(run.timeMs, at), seq: cell(run.seq, at), roles: cell(run.roles, at) }
}

/** Index of the first row of the hash, or of the next higher one. */
export function lowerBound(run: Run, hash: number): number {
  let low = 0
  let high = run.hash.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (cell(run.hash, middle) < hash) low = middle + 1
    else high = middle
  }
  return low
}

/** The rows of one hash, oldest first. */
export function* rowsOf(run: Run, hash: number): Generator<LedgerRow> {
  for (let at = lowerBound(run, hash); at < run.hash.length && run.hash[at] === hash; at += 1) yield rowAt(run, at)
}

function cell(column: Float64Array | Uint8Array, at: number): number {
  return column[at] ?? 0
}
