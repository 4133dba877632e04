/** Finds a free position for each of a batch, by reading what stands at those it would take first. */
import { storeError } from '../../errors.ts'
import { attemptsMax, positionKey, positionsOf, type Position, type Wanted } from './position.ts'
import { positionOf, type PositionReader } from './position-reader.ts'
import type { Selector } from './select.ts'

export interface PlacingOptions {
  readonly reader: PositionReader
  readonly measurement: string
}

/** In the order of the wanted. What an earlier try left of the same version is written over. Rejects with `STORE_TOO_MUCH`. */
export async function placeAll(
  selector: Selector,
  wanted: readonly (Wanted & { readonly id: string; readonly version: string })[],
  { reader, measurement }: PlacingOptions
): Promise<Position[]> {
  const placed = new Array<Position>(wanted.length)
  const taken = new Set<string>()
  let open = wanted.map((one, index) => ({ one, index, next: positionsOf(one) }))
  for (let attempt = 0; open.length > 0; attempt += 1) {
    const [first] = open
    if (attempt >= attemptsMax && first !== undefined) throw noRoom(first.one)
    const tries = open.map((entry) => ({ ...entry, position: entry.next(attempt) }))
    const rows = await reader.rowsAt(
      selector,
      tries.map(({ position }) => position),
      { measurement, fields: ['record_ms', 'id', 'version'] }
    )
    const standing = new Map(rows.map((row) => [positionKey(positionOf(row)), row.values]))
    open = tries.filter(({ one, index, position }) => {
      const key = positionKey(position)
      const [, id, version] = standing.get(key) ?? []
      const isFree = id === undefined || (id === one.id && version === one.version)
      if (!isFree || taken.has(key)) return true
      taken.add(key)
      placed[index] = position
      return false
    })
  }
  return placed
}

function noRoom({ id, timeMs }: Wanted & { readonly id: string }): Error {
  const what = `number of events at ${timeMs} ms, where ${id.slice(0, 200)} finds no seat,`
  return storeError('STORE_TOO_MUCH', { action: 'capture events', what, current: 'over a million', wanted: 1_000_000 })
}
