/**
 * Ledger rows in memory, until they go into a segment of the file: a row is added and found in constant time, and they are sorted once,
 * when they go. It knows no file.
 */
import type { LedgerRow } from './ledger-row.ts'

export interface Memtable {
  /** Throws a `RangeError` past four million rows. */
  add(hash: number, row: LedgerRow): void
  rows(): number
  find(hash: number, visit: (row: LedgerRow) => void): void
  sorted(): SortedRows
}

/** By hash, then in the order they came in, which is that of the events. */
export interface SortedRows {
  readonly count: number
  hashAt(at: number): number
  rolesAt(at: number): number
  rowAt(at: number): LedgerRow
  readInto(at: number, row: { -readonly [Member in keyof LedgerRow]: LedgerRow[Member] }): void
  /** Of the row that came first. */
  readonly firstSeq: number
}

/** Of a hash, the part that decides the order before the place in the table: 32 bits, and 10 beside 22 bits of the place. */
const placeBits = 22
const placesMax = 2 ** placeBits

const rowsAtFirst = 16_384

export function createMemtable(): Memtable {
  let columns = columnsOf(rowsAtFirst)
  let count = 0

  const grow = (): void => {
    const size = columns.hashes.length * 2
    if (size > placesMax) throw new RangeError(`Cannot add ledger row: ${count} are there, expected at most ${placesMax}`)
    const { hashes, seqs, times, roles } = columns
    columns = columnsOf(size)
    columns.hashes.set(hashes)
    columns.seqs.set(seqs)
    columns.times.set(times)
    columns.roles.set(roles)
    for (let place = 0; place < count; place += 1) chain(place)
  }
  const chain = (place: number): void => {
    const { heads, nexts, hashes } = columns
    const bucket = bucketOf(hashes[place] ?? 0, heads)
    nexts[place] = heads[bucket] ?? 0
    heads[bucket] = place + 1
  }
  const rowAt = (place: number): LedgerRow => ({
    timeMs: columns.times[place] ?? 0,
    seq: columns.seqs[place] ?? 0,
    roles: columns.roles[place] ?? 0
  })
  return {
    add(hash, row) {
      if (count === columns.hashes.length) grow()
      columns.hashes[count] = hash
      columns.seqs[count] = row.seq
      columns.times[count] = row.timeMs
      columns.roles[count] = row.roles
      chain(count)
      count += 1
    },
    rows: () => count,
    find(hash, visit) {
      const { heads, nexts, hashes } = columns
      for (let place = heads[bucketOf(hash, heads)] ?? 0; place !== 0; place = nexts[place - 1] ?? 0) {
        if (hashes[place - 1] === hash) visit(rowAt(place - 1))
      }
    },
    sorted() {
      const places = sortedPlaces(columns.hashes.subarray(0, count))
      return {
        count,
        hashAt: (at) => columns.hashes[places[at] ?? 0] ?? 0,
        rolesAt: (at) => columns.roles[places[at] ?? 0] ?? 0,
        readInto(at, row) {
          const place = places[at] ?? 0
          row.timeMs = columns.times[place] ?? 0
          row.seq = columns.seqs[place] ?? 0
          row.roles = columns.roles[place] ?? 0
        },
        firstSeq: columns.seqs[0] ?? 0,
        rowAt: (at) => rowAt(places[at] ?? 0)
      }
    }
  }
}

/** The number of heads is a power of two. */
function bucketOf(hash: number, heads: Int32Array): number {
  return Math.floor(hash / 2_048) & (heads.length - 1)
}

function columnsOf(size: number) {
  return {
    hashes: new Float64Array(size),
    seqs: new Float64Array(size),
    times: new Float64Array(size),
    roles: new Uint8Array(size),
    // Chains of rows that share a bucket, by place plus one: zero ends a chain.
    heads: new Int32Array(size),
    nexts: new Int32Array(size)
  }
}

/** One 64-bit word a row, hash and place, sorted by the runtime's own sort of numbers: comparing in JavaScript takes ten times as long. */
function sortedPlaces(hashes: Float64Array): Uint32Array {
  const words = new BigUint64Array(hashes.length)
  const halves = new Uint32Array(words.buffer)
  for (let place = 0; place < hashes.length; place += 1) {
    const hash = hashes[place] ?? 0
    const high = Math.floor(hash / 1_024)
    halves[place * 2 + highHalf] = high
    halves[place * 2 + 1 - highHalf] = (hash - high * 1_024) * placesMax + place
  }
  words.sort()
  const places = new Uint32Array(hashes.length)
  for (let at = 0; at < places.length; at += 1) places[at] = (halves[at * 2 + 1 - highHalf] ?? 0) % placesMax
  return places
}

const highHalf = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0
