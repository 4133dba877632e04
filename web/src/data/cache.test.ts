/** Live messages in held answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryClient } from '@tanstack/react-query'
import { fixtureAnomaly } from '../dev/fixture-cases.ts'
import { applyToCache, upsertItem } from './cache.ts'
import { anomaliesQuery } from './queries.ts'

test('upsertItem() replaces in place and puts a new item in front', () => {
  const items = [{ id: 'a', at: 1 }, { id: 'b', at: 1 }] // prettier-ignore
  assert.deepEqual(upsertItem(items, { id: 'b', at: 2 }), [{ id: 'a', at: 1 }, { id: 'b', at: 2 }]) // prettier-ignore
  assert.deepEqual(upsertItem(items, { id: 'c', at: 1 }).map((item) => item.id), ['c', 'a', 'b']) // prettier-ignore
})

test('applyToCache() shows a closed anomaly as closed', () => {
  const client = new QueryClient()
  const anomaly = fixtureAnomaly({ id: 'a' })
  client.setQueryData(anomaliesQuery.queryKey, { items: [anomaly] })
  applyToCache(client, [{ type: 'anomaly', data: { ...anomaly, status: 'closed' } }])
  assert.equal(client.getQueryData(anomaliesQuery.queryKey)?.items[0]?.status, 'closed')
  client.clear()
})

test('applyToCache() does not invent a list that nobody asked for', () => {
  const client = new QueryClient()
  applyToCache(client, [{ type: 'anomaly', data: fixtureAnomaly({ id: 'a' }) }])
  assert.equal(client.getQueryData(anomaliesQuery.queryKey), undefined)
  client.clear()
})
