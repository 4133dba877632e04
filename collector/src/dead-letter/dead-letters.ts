/**
 * What could not be taken, kept with its reason; bounded by count, bytes and age. Past the bound the oldest go of whoever has most, so
 * that the rubbish of one device does not push out what others would lose.
 */
import type { DeadLetter } from '@tracegate/model/http-dead-letters'
import type { DeadLetterReader } from '@tracegate/service/dead-letter'
import { collectorError } from '../errors.ts'
import type { CollectorLimits } from '../limits.ts'
import type { Closing, DeadLetterEntry, DeadLetterSize, DeadLetterTables } from './dead-letter-tables.ts'

export interface DeadLetters {
  /** To be called inside of a transaction. */
  insert(entry: DeadLetterEntry): void
  /** To be called inside of a transaction. False when the letter is not there or somebody has dealt with it. */
  close(id: number, closing: Closing): boolean
  /** Drops a bounded number of those that are too old; gives how many went. */
  expire(nowMs: number): number
  /** Takes the sizes from the database again, after a transaction failed. */
  reload(): void
  count(): number
  readonly reader: Omit<DeadLetterReader, 'replay' | 'discard'>
}

const pageMax = 1_000
/** Payload of a page: a letter may have 256 KiB, and a page is one answer in memory. It has one letter at least. */
const pageBytesMax = 4 * 1_048_576
const expireMax = 1_000
const dayMs = 86_400_000

export function createDeadLetters(
  tables: DeadLetterTables,
  options: {
    readonly limits: CollectorLimits
    readonly onDeadLettersDropped: (count: number) => void
    readonly onDeadLettersExpired: (count: number) => void
  }
): DeadLetters {
  const { limits } = options
  const shares = createShares(limits)
  shares.load(tables.sizes())
  return {
    insert(entry) {
      tables.insert(entry)
      shares.add(entry.device, 1, entry.payload.length)
      let dropped = 0
      while (shares.isOver()) {
        const device = shares.largest()
        const bytes = tables.dropOldest(device)
        if (bytes === undefined) break
        shares.add(device, -1, -bytes)
        dropped += 1
      }
      if (dropped > 0) options.onDeadLettersDropped(dropped)
    },
    close: (id, closing) => tables.close(id, closing),
    expire(nowMs) {
      const gone = tables.expire(nowMs - limits.deadLetterDaysMax * dayMs, expireMax)
      for (const { device, count, bytes } of gone) shares.add(device, -count, -bytes)
      if (gone.length > 0) options.onDeadLettersExpired(gone.length)
      return gone.length
    },
    reload: () => shares.load(tables.sizes()),
    count: () => shares.count(),
    reader: {
      async list({ limit, cursor, ...filter }) {
        const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : readCursor(cursor)
        const wanted = Math.min(Math.max(1, Math.trunc(limit)), pageMax)
        const items: DeadLetter[] = []
        let bytes = 0
        for (const letter of tables.list(filter, before, wanted + 1)) {
          const last = items.at(-1)
          bytes += letter.payloadBytes
          if (last !== undefined && (items.length === wanted || bytes > pageBytesMax)) return { items, next: String(last.id) }
          items.push(letter)
        }
        return { items }
      },
      get: async (id) => tables.get(id),
      count: async (filter = {}) => tables.count(filter),
      groups: async (limit) => tables.groups(Math.min(Math.max(1, Math.trunc(limit)), pageMax))
    }
  }
}

function readCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw collectorError('COLLECTOR_CURSOR', { cursor: cursor.slice(0, 64) })
  return Number(cursor)
}

interface Share {
  readonly device: string | undefined
  count: number
  bytes: number
}

/** What each device takes of the room; whoever takes most is known without looking through all. */
function createShares(limits: Pick<CollectorLimits, 'deadLettersMax' | 'deadLetterBytesMax'>) {
  const shares = new Map<string | undefined, Share>()
  const weigh = (share: Share) => share.count / limits.deadLettersMax + share.bytes / limits.deadLetterBytesMax
  let total = { count: 0, bytes: 0 }
  let top: Share | undefined

  function add(device: string | undefined, count: number, bytes: number): void {
    const share = shares.get(device) ?? { device, count: 0, bytes: 0 }
    share.count += count
    share.bytes += bytes
    total.count += count
    total.bytes += bytes
    if (share.count > 0) shares.set(device, share)
    else shares.delete(device)
    if (top === undefined || weigh(share) > weigh(top)) top = share
    // Looked for again only when it can no longer be the largest: a flood drops one letter for each that comes.
    else if (top === share && (share.count === 0 || weigh(share) < weigh({ device, ...total }) / shares.size))
      top = [...shares.values()].reduce<Share | undefined>(
        (best, one) => (best === undefined || weigh(one) > weigh(best) ? one : best),
        undefined
      )
  }

  return {
    add,
    load(sizes: readonly DeadLetterSize[]) {
      shares.clear()
      total = { count: 0, bytes: 0 }
      top = undefined
      for (const { device, count, bytes } of sizes) add(device, count, bytes)
    },
    isOver: () => total.count > limits.deadLettersMax || total.bytes > limits.deadLetterBytesMax,
    largest: () => top?.device,
    count: () => total.count
  }
}
