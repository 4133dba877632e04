/** What could not be taken, kept with its reason; bounded by count and bytes, the oldest go. */
import type { DeadLetterReader } from '@tracegate/service/dead-letter'
import { collectorError } from './errors.ts'
import type { CollectorLimits } from './limits.ts'
import type { DeadLetterEntry, LogTables } from './log-tables.ts'

export interface DeadLetters {
  /** To be called inside of a transaction. */
  insert(entry: DeadLetterEntry): void
  /** Takes the sizes from the database again, after a transaction failed. */
  reload(): void
  count(): number
  readonly reader: DeadLetterReader
}

const pageMax = 1_000

export function createDeadLetters(
  tables: LogTables,
  options: { readonly limits: CollectorLimits; readonly onDeadLettersDropped: (count: number) => void }
): DeadLetters {
  const { limits } = options
  let { count, bytes } = tables.deadSize()
  return {
    insert(entry) {
      tables.insertDead(entry)
      count += 1
      bytes += entry.payload.length
      let dropped = 0
      while (count > limits.deadLettersMax || bytes > limits.deadLetterBytesMax) {
        const gone = tables.dropOldestDead()
        if (gone === undefined) break
        count -= 1
        bytes -= gone
        dropped += 1
      }
      if (dropped > 0) options.onDeadLettersDropped(dropped)
    },
    reload: () => void ({ count, bytes } = tables.deadSize()),
    count: () => count,
    reader: {
      async list({ limit, cursor }) {
        const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : readCursor(cursor)
        const wanted = Math.min(Math.max(1, Math.trunc(limit)), pageMax)
        const found = tables.listDead(before, wanted + 1)
        const items = found.slice(0, wanted)
        const last = items.at(-1)
        return { items, ...(found.length > wanted && last !== undefined ? { next: String(last.id) } : {}) }
      },
      count: async () => count
    }
  }
}

function readCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw collectorError('COLLECTOR_CURSOR', { cursor: cursor.slice(0, 64) })
  return Number(cursor)
}
