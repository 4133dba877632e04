/** How many events and keys there are. Distinct keys cannot be counted without reading them all, so past a bound a sample of buckets speaks. */
import { storeError } from '../../errors.ts'
import type { InfluxDatabase } from '../client.ts'
import { bucketNames } from './position.ts'
import { eventMeasurement, refMeasurement } from './points.ts'
import type { Selector } from './select.ts'

/** References read for an exact count; past it as many buckets as hold about so many. */
const refsReadMax = 100_000

export async function countAll(database: InfluxDatabase, selector: Selector): Promise<{ readonly events: number; readonly keys: number }> {
  const events = await countOf(database, eventMeasurement, 'event_ms')
  const refs = await countOf(database, refMeasurement, 'roles')
  const share = Math.min(1, refsReadMax / Math.max(refs, 1))
  const buckets = bucketNames.slice(0, Math.max(1, Math.floor(bucketNames.length * share)))
  const rows = await selector.rows({
    measurement: refMeasurement,
    fields: ['roles', 'key'],
    // Every bucket needs no condition; the server would compare each series with each of them.
    ...(buckets.length === bucketNames.length ? {} : { where: [{ tag: 'b', anyOf: buckets }] }),
    tags: []
  })
  const keys = new Set(rows.flatMap(({ values: [roles, key] }) => (Number(roles) > 0 ? [String(key)] : [])))
  return { events, keys: Math.round((keys.size * bucketNames.length) / buckets.length) }
}

async function countOf(database: InfluxDatabase, measurement: string, field: string): Promise<number> {
  const { rows, cut } = await database.select({ measurement, fields: [field], pick: { type: 'count' } })
  if (cut)
    throw storeError('STORE_TOO_MUCH', {
      action: 'count',
      what: `number of series of ${measurement}`,
      current: 'cut by the server',
      wanted: 'all'
    })
  return rows.reduce((sum, { values: [count] }) => sum + Number(count ?? 0), 0)
}
