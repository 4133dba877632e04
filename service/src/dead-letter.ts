/** What could not be taken, kept with its reason: how the collector's dead letter is read by others. */
import type { DeadLetter } from '@tracegate/model/http'

export interface DeadLetterReader {
  /** Newest first. */
  list(query: { readonly limit: number; readonly cursor?: string }): Promise<{ readonly items: DeadLetter[]; readonly next?: string }>
  count(): Promise<number>
}
