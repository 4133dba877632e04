/** Keeps the rows of a list where they are on screen; new ones wait behind a pill until they are called in. */
import { useEffect, useMemo, useState } from 'react'
import { holdRows, type HeldRows } from './order.ts'

/** `viewKey` names the filter: another filter draws the list afresh. */
export function useHeldRows<Row extends { readonly id: string }>(
  sorted: readonly Row[],
  viewKey: string
): HeldRows<Row> & { readonly show: () => void } {
  const [held, setHeld] = useState<{ readonly viewKey: string; readonly ids: readonly string[] }>()
  const fresh = held === undefined || held.viewKey !== viewKey
  useEffect(() => {
    if (fresh && sorted.length > 0) setHeld({ viewKey, ids: sorted.map((row) => row.id) })
  }, [fresh, sorted, viewKey])
  const rows = useMemo(() => (fresh ? { rows: sorted, newCount: 0 } : holdRows(held.ids, sorted)), [fresh, held, sorted])
  return { ...rows, show: () => setHeld({ viewKey, ids: sorted.map((row) => row.id) }) }
}
