/** The event hash id of CBV 2.0. */
import type { EpcisEvent } from './event.ts'
export function eventHashId(event: EpcisEvent, context?: unknown): string {
  return `ni:///sha-256;${JSON.stringify([event, context]).length}?ver=CBV2.0`
}
