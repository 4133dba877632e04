/** What is told of publication: a log line and a counter for each. Ids go to the log, never addresses; labels are few. */
import type { Delivery } from '@tracegate/model/publication'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export interface PublicationEvents {
  published(facts: { readonly id: string; readonly channels: number }): void
  delivered(channel: Delivery['channel'], result: string): void
  failed(facts: { readonly what: string; readonly error: unknown }): void
}

export function createPublicationEvents({ logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics }): PublicationEvents {
  const count = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.counter({ name: `tracegate_api_${name}_total`, help, labels })
  const published = count('publications', 'Editions of warnings and recalls that were published')
  const delivered = count('publication_deliveries', 'Attempts to deliver a publication', ['channel', 'result'])
  const failed = count('publication_faults', 'Unexpected faults of publication')
  return {
    published({ id, channels }) {
      published.add()
      logger.info({ id, channels }, 'published')
    },
    delivered(channel, result) {
      delivered.add(1, { channel, result })
    },
    failed({ what, error }) {
      failed.add()
      logger.error({ what, error }, 'publication failed; it is tried again')
    }
  }
}
