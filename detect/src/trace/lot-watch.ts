/** Lots of which something was made or taken, and when their balance is to be asked for. It asks nobody; the engine's caller does. */
import { Type, type Static } from 'typebox'
import type { TraceFact } from '@tracegate/model/trace-event'
import { endsGoods } from '@tracegate/model/trace-graph/session'
import { isSale } from './life.ts'

/** Lots that wait to be asked for; past it those that waited longest go. */
const lotsMax = 5_000
const askedTogether = 4
/** Asked again when no answer came. */
const askAgainAfterMs = 60_000

/** When each is to be asked for. */
export const LotWatchState = Type.Record(Type.String(), Type.Number())

export interface LotWatch {
  note(fact: TraceFact, dueMs: number): void
  due(nowMs: number): string[]
  answered(lot: string): void
  snapshot(): Static<typeof LotWatchState>
  restore(state: Static<typeof LotWatchState>): void
}

export function createLotWatch(): LotWatch {
  let dueByLot = new Map<string, number>()
  return {
    note(fact, dueMs) {
      const takes = isSale(fact) || endsGoods(fact) || fact.bizStep === 'receiving' || fact.bizStep === 'shipping'
      for (const { key, kind, role, quantity } of fact.subjects) {
        if (kind !== 'lot' || quantity === undefined || (!takes && role !== 'input' && role !== 'output')) continue
        if (!dueByLot.has(key)) dueByLot.set(key, dueMs)
      }
      for (const lot of dueByLot.keys()) {
        if (dueByLot.size <= lotsMax) break
        dueByLot.delete(lot)
      }
    },
    due(nowMs) {
      const lots: string[] = []
      for (const [lot, dueMs] of dueByLot) {
        if (lots.length >= askedTogether) break
        if (dueMs <= nowMs) lots.push(lot)
      }
      for (const lot of lots) dueByLot.set(lot, nowMs + askAgainAfterMs)
      return lots
    },
    answered: (lot) => void dueByLot.delete(lot),
    snapshot: () => Object.fromEntries(dueByLot),
    restore(state) {
      dueByLot = new Map(Object.entries(state))
    }
  }
}
