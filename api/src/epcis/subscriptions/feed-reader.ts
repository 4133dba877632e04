/** Reads batches of a subscription from the feed of the trace store: bounded by events and bytes, the same ones when asked again. */
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Slots } from './slots.ts'

interface BatchRequest {
  readonly filter: EventFilter
  /** Without it the feed is read from `fromRecordMs`. */
  readonly after: string | undefined
  readonly fromRecordMs: number
  readonly eventsMax: number
  readonly bytesMax: number
  readonly signal: AbortSignal
}

export interface Batch {
  readonly json: readonly string[]
  /** Place in the feed behind the last of them. */
  readonly next: string
  readonly more: boolean
}

/** Pages of the feed that one batch looks through; a filter that matches little goes on from there at the next turn. */
const pagesMax = 16

export interface FeedReader {
  read(request: BatchRequest): Promise<Batch>
}

export function createFeedReader(options: { readonly trace: TraceStore; readonly slots: Slots }): FeedReader {
  return {
    async read(request) {
      const release = await options.slots.take(request.signal)
      try {
        const batch = await readBatch(options.trace, request)
        const fitting = countWithin(batch.json, request.bytesMax)
        // The feed tells where a page ends, not where an event does: the part that fits is read once more for its end.
        return fitting === batch.json.length ? batch : await readBatch(options.trace, { ...request, eventsMax: fitting })
      } finally {
        release()
      }
    }
  }
}

async function readBatch(trace: TraceStore, request: BatchRequest): Promise<Batch> {
  const { fromRecordMs, eventsMax, signal } = request
  const recordFromMs = Math.max(fromRecordMs, request.filter.recordFromMs ?? 0)
  const filter = { ...request.filter, recordFromMs }
  const json: string[] = []
  let after = request.after
  for (let page = 1; ; page += 1) {
    const limit = eventsMax - json.length
    const read = await trace.feed({ ...(after === undefined ? {} : { after }), fromRecordMs, limit, filter })
    json.push(...read.json)
    after = read.next
    if (json.length >= eventsMax || !read.more || page >= pagesMax || signal.aborted) return { json, next: read.next, more: read.more }
  }
}

/** At least one: an event larger than the bound goes alone. */
function countWithin(json: readonly string[], bytesMax: number): number {
  let bytes = 0
  for (const [index, event] of json.entries()) {
    bytes += Buffer.byteLength(event)
    if (bytes > bytesMax) return Math.max(1, index)
  }
  return json.length
}
