/** Dead letters of subscriptions: the register `deliveries`, in memory by id. It keeps and gives them; it delivers nothing. */
import type { CaseStore } from '@tracegate/store/case-store'
import { apiError } from '../../errors.ts'
import type { SubscriptionEvents } from './events.ts'
import { deadRows, type DeadRow } from './rows.ts'

export interface Graveyard {
  ready(): Promise<void>
  bury(row: DeadRow): Promise<void>
  countOf(subscriptionID: string): number
  readonly size: number
  /** Newest first. */
  page(query: { readonly subscriptionID?: string; readonly queryName?: string; readonly after?: string; readonly limit: number }): {
    readonly items: readonly DeadRow[]
    readonly next?: string
  }
  /** Throws `NOT_FOUND`. */
  get(id: string): DeadRow
  remove(id: string): Promise<void>
  removeOf(subscriptionID: string, kind?: DeadRow['kind']): Promise<void>
}

export function createGraveyard({ cases, events }: { readonly cases: CaseStore; readonly events: SubscriptionEvents }): Graveyard {
  const kept = new Map<string, DeadRow>()
  let loading: Promise<void> | undefined

  async function load(): Promise<void> {
    for (const row of await cases.list('deliveries')) {
      const read = deadRows.check(row.document)
      if (read.ok) kept.set(read.value.id, read.value)
      else events.rowRefused({ register: 'deliveries', row: row.id, message: read.reason.message })
    }
  }
  async function remove(id: string): Promise<void> {
    await cases.remove('deliveries', id)
    kept.delete(id)
  }
  const of = (subscriptionID: string): DeadRow[] => [...kept.values()].filter((row) => row.subscriptionID === subscriptionID)

  return {
    ready: () =>
      (loading ??= load().catch((error: unknown) => {
        loading = undefined
        throw error
      })),
    async bury(row) {
      await cases.put('deliveries', row.id, row)
      kept.set(row.id, row)
    },
    countOf: (subscriptionID) => of(subscriptionID).length,
    get size() {
      return kept.size
    },
    page({ subscriptionID, queryName, after, limit }) {
      const rows = [...kept.values()]
        .filter((row) => subscriptionID === undefined || row.subscriptionID === subscriptionID)
        .filter((row) => queryName === undefined || row.queryName === queryName)
        .sort(newestFirst)
      const start = after === undefined ? 0 : rows.findIndex((row) => placeOf(row) > after)
      const items = start === -1 ? [] : rows.slice(start, start + limit)
      const last = items.at(-1)
      return { items, ...(last !== undefined && start + limit < rows.length ? { next: placeOf(last) } : {}) }
    },
    get(id) {
      const row = kept.get(id)
      if (row === undefined) throw apiError('NOT_FOUND', { what: 'dead letter', id: id.slice(0, 64) })
      return row
    },
    remove,
    async removeOf(subscriptionID, kind) {
      await Promise.all(
        of(subscriptionID)
          .filter((row) => kind === undefined || row.kind === kind)
          .map(({ id }) => remove(id))
      )
    }
  }
}

function newestFirst(a: DeadRow, b: DeadRow): number {
  return placeOf(a) < placeOf(b) ? -1 : 1
}

/** Ascending by text is newest first. */
function placeOf(row: DeadRow): string {
  return `${String(Number.MAX_SAFE_INTEGER - row.diedAtMs).padStart(16, '0')} ${row.id}`
}
