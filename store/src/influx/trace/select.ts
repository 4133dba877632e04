/** Selections of any length, in pages and a few at a time, within the time that one question has. */
import { storeError } from '../../errors.ts'
import type { InfluxDatabase } from '../client.ts'
import { nanosTextOf } from '../line-protocol.ts'
import { wholeTime, type SelectedRow, type Selection, type TimeSpan } from '../selection.ts'

export interface PagedSelection extends Omit<Selection, 'pick' | 'wholeMs'> {
  readonly tags: readonly string[]
  readonly order?: 'ascending' | 'descending'
  /** Rows wanted at most; more may come, never fewer while there are some. */
  readonly rowsMax?: number
}

export interface Selector {
  readonly database: InfluxDatabase
  /** Rows in order of time; rows of one time in the order of their tags. */
  rows(selection: PagedSelection): Promise<SelectedRow[]>
  /** The same for several selections, in few requests where the server takes that. */
  rowsEach(selections: readonly PagedSelection[]): Promise<SelectedRow[][]>
  /** Any work on many, a few at a time. */
  each<Item, Result>(items: readonly Item[], work: (item: Item, index: number) => Promise<Result>): Promise<Result[]>
}

const pageRows = 5_000
const pageRowsMax = 1_280_000
const atOnceMax = 4
const statementsPerRequest = 32

export function createSelector(database: InfluxDatabase, options: { readonly action: string; readonly timeoutMs: number }): Selector {
  const { action, timeoutMs } = options
  const endMs = performance.now() + timeoutMs
  const requireTime = (): void => {
    if (performance.now() > endMs) throw storeError('STORE_TIMEOUT', { action, timeoutMs })
  }
  const selector: Selector = {
    database,
    async rows({ tags, order = 'ascending', rowsMax = Infinity, ...selection }) {
      const found: SelectedRow[] = []
      let span = selection.span ?? wholeTime
      for (let limit = Math.min(pageRows, rowsMax); ;) {
        requireTime()
        const { rows, cut } = await database.select({ ...selection, span, pick: { type: 'every', tags, order, limit } })
        const last = rows.at(-1)
        if (last === undefined || (!cut && rows.length < limit) || found.length + rows.length >= rowsMax) return [...found, ...rows]
        // The rest of the last time is not here yet: it comes again with the next page, as a whole.
        const whole = rows.filter((row) => row.timeMs !== last.timeMs || row.nanos !== last.nanos)
        for (const row of whole) found.push(row)
        if (whole.length === 0) {
          if (cut || limit >= pageRowsMax)
            throw storeError('STORE_TOO_MUCH', { action, what: 'points of one time', current: limit, wanted: limit - 1 })
          limit *= 4
        } else span = spanFrom(span, last, order)
      }
    },
    async rowsEach(selections) {
      const answers = await selector.each(chunksOf(selections, statementsPerRequest), async (chunk) => {
        if (database.selectEach === undefined || chunk.length === 1) return selector.each(chunk, (one) => selector.rows(one))
        const firsts = await database.selectEach(chunk.map(firstPageOf))
        return selector.each(chunk, async (one, index) => {
          const { rows, cut } = firsts[index] ?? { rows: [], cut: true }
          const { limit } = firstPageOf(one).pick
          // What does not fit one page is rare: it is read again from its start.
          return !cut && rows.length < limit ? [...rows] : selector.rows(one)
        })
      })
      return answers.flat()
    },
    async each(items, work) {
      const results = new Array<Awaited<ReturnType<typeof work>>>(items.length)
      const open = items.entries()
      const run = async (): Promise<void> => {
        for (const [index, item] of open) {
          requireTime()
          results[index] = await work(item, index)
        }
      }
      await Promise.all(Array.from({ length: Math.min(atOnceMax, items.length) }, run))
      return results
    }
  }
  return selector
}

function firstPageOf({ tags, order = 'ascending', rowsMax = Infinity, ...selection }: PagedSelection) {
  return { ...selection, pick: { type: 'every', tags, order, limit: Math.min(pageRows, rowsMax) } as const }
}

function spanFrom(span: TimeSpan, { timeMs, nanos }: SelectedRow, order: 'ascending' | 'descending'): TimeSpan {
  const at = nanosTextOf(timeMs, nanos)
  return order === 'ascending' ? { ...span, fromNanos: at } : { ...span, toNanos: at }
}

export function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))
}
