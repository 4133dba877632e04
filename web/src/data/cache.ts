/** Brings what the stream said into the answers the pages hold. */
import type { QueryClient } from '@tanstack/react-query'
import type { LiveMessage } from '@tracegate/model/live'
import { anomaliesQuery, anomalyQuery, pointsQuery, warningsQuery } from './queries.ts'

/** A page with the item in it once: in its place when it was there, in front otherwise. */
export function upsertItem<Item extends { readonly id: string }>(items: readonly Item[], item: Item): Item[] {
  const index = items.findIndex((entry) => entry.id === item.id)
  return index === -1 ? [item, ...items] : items.with(index, item)
}

/** Anomalies come whole and are put in; warnings and devices come short and are asked for again. */
export function applyToCache(client: QueryClient, messages: readonly LiveMessage[]): void {
  const asked = new Set<string>()
  for (const message of messages) {
    if (message.type === 'anomaly') {
      const anomaly = message.data
      client.setQueryData(anomaliesQuery.queryKey, (page) => (page === undefined ? page : { ...page, items: upsertItem(page.items, anomaly) }))
      client.setQueryData(anomalyQuery(anomaly.id).queryKey, anomaly)
      asked.add('points')
    }
    if (message.type === 'warning') {
      asked.add('warnings')
      void client.invalidateQueries({ queryKey: ['warning', message.data.id] })
    }
    if (message.type === 'device') void client.invalidateQueries({ queryKey: ['point', message.data.point] })
  }
  if (asked.has('points')) void client.invalidateQueries({ queryKey: pointsQuery.queryKey })
  if (asked.has('warnings')) void client.invalidateQueries({ queryKey: warningsQuery.queryKey })
}
