/** What could not be taken, kept with its reason: how the collector's dead letter is read and worked off by others. */
import type { DeadLetter, DeadLetterGroup, ReplayAnswer } from '@tracegate/model/http-dead-letters'

/** Members that are given must all hold. Times are those of receipt, both ends included. */
export interface DeadLetterFilter {
  /** Default `open`. */
  readonly state?: DeadLetter['state'] | 'any'
  readonly code?: string
  readonly point?: string
  /** `point/device`. */
  readonly device?: string
  readonly fromMs?: number
  readonly toMs?: number
  /** Part of topic, message or pointer, any case. */
  readonly text?: string
}

export interface DeadLetterQuery extends DeadLetterFilter {
  readonly limit: number
  readonly cursor?: string
}

/** What a mended message has instead of the one that was kept. */
export interface DeadLetterFix {
  readonly topic?: string
  readonly payload?: Uint8Array
}

export interface DeadLetterReader {
  /** Newest first. */
  list(query: DeadLetterQuery): Promise<{ readonly items: DeadLetter[]; readonly next?: string }>
  get(id: number): Promise<DeadLetter | undefined>
  /** Without a filter: how many are open. */
  count(filter?: DeadLetterFilter): Promise<number>
  /** The open ones by reason and device, largest first. */
  groups(limit: number): Promise<DeadLetterGroup[]>
  /**
   * Hands the message in again as it is or mended. Committed, it goes the way of every message and the letter counts as replayed, in
   * one commit; a message that still cannot be taken leaves the letter as it was. Its number in the sender's stream is known
   * already and does not count against it.
   */
  replay(id: number, options: { readonly by: string; readonly fix?: DeadLetterFix }): Promise<ReplayAnswer>
  /** Lets an open letter go; false when there is none. It stays in the list as discarded until it expires. */
  discard(id: number, by: string): Promise<boolean>
}
