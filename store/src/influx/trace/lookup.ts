/** Where the events that name a key are: the points of its bucket whose field holds it. Reads only. */
import type { SelectedRow, TimeSpan } from '../selection.ts'
import { bucketOf, indexText, positionKey, type Position } from './position.ts'
import { positionOf } from './position-reader.ts'
import { refMeasurement } from './points.ts'
import { chunksOf, type Selector } from './select.ts'

/** Keys of one statement: the server's cost grows with their square past some dozens. */
export const keysPerStatement = 48

export interface LookupOptions {
  readonly span?: TimeSpan
  readonly order?: 'ascending' | 'descending'
  /** Of one statement; without it all. */
  readonly rowsMax?: number
}

export interface Found {
  /** In the order asked for; a key that nothing names is left out. They may be of events that never came to be. */
  readonly positions: ReadonlyMap<string, readonly Position[]>
  /** `rowsMax` was reached. */
  readonly isCut: boolean
}

/** Any number of keys, several statements. */
export async function lookUp(selector: Selector, keys: readonly string[], options: LookupOptions = {}): Promise<Found> {
  const found = await selector.each(chunksOf([...new Set(keys)], keysPerStatement), (chunk) => lookUpOnce(selector, chunk, options))
  return { positions: new Map(found.flatMap(({ positions }) => [...positions])), isCut: found.some(({ isCut }) => isCut) }
}

/** Distinct keys of one statement. */
export async function lookUpOnce(selector: Selector, keys: readonly string[], options: LookupOptions): Promise<Found> {
  const byText = Map.groupBy(keys, indexText)
  const rows = await selector.rows({
    measurement: refMeasurement,
    fields: ['roles', 'key'],
    where: [{ pairOf: ['b', 'key'], anyOf: keys.map((key) => [bucketOf(key), indexText(key)] as const) }],
    tags: ['s'],
    ...options
  })
  const found = new Map<string, Map<string, Position>>()
  for (const row of rows) for (const key of byText.get(String(row.values[1])) ?? []) note(found, key, row)
  const positions = new Map([...found].map(([key, ofKey]) => [key, [...ofKey.values()]]))
  return { positions, isCut: rows.length >= (options.rowsMax ?? Infinity) }
}

function note(found: Map<string, Map<string, Position>>, key: string, row: SelectedRow): void {
  const position = positionOf(row)
  const positions = found.get(key)
  if (positions === undefined) found.set(key, new Map([[positionKey(position), position]]))
  else positions.set(positionKey(position), position)
}
