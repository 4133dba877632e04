/** A row of the ledger: that an event names a key. */
export interface LedgerRow {
  readonly timeMs: number
  readonly seq: number
  /** Bits of `roleBits`. */
  readonly roles: number
}

/** Oldest first, events of one time as they came. */
export function compareRows(a: LedgerRow, b: LedgerRow): number {
  return a.timeMs - b.timeMs || a.seq - b.seq
}
