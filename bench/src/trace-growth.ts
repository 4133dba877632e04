/**
 * How look-ups grow with the store: the same questions at a tenth of the events and at all of them. Events are small, so that ten million of
 * them can be made in minutes: two EPCs of few bytes each; what grows, ledger, heads and packs, grows as with larger ones.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore, type EmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { describeMachine, timeMs, type Bench } from './bench.ts'
import { eventsPerBatch, key, percentiles, startMs } from './trace-world.ts'

const eventsAtScale1 = 100_000
const growth = 10
const looks = 2_000
/** Later events name keys again: each is named by four events in the end. */
const keysPerEvent = 0.5

export const bench: Bench = {
  name: 'trace-growth',
  about: 'look-ups of the embedded trace store at a tenth of the events and at all of them',
  async run({ scale = 1 }) {
    const few = Math.round(eventsAtScale1 * scale)
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
    const store = await createEmbeddedTraceStore({ dataDir: folder, logger: silentLogger, metrics: createMetrics() })
    try {
      const first = await growTo(store, 0, few)
      const second = await growTo(store, few, few * growth)
      return {
        work: `events of 2 EPCs each, ${few} and then ${few * growth}; ${looks} random keys asked for one after another`,
        machine: describeMachine(),
        rows: [
          { figure: `all events of one EPC at ${few} events, median`, value: first.p50, unit: 'ms' },
          { figure: `all events of one EPC at ${few * growth} events, median`, value: second.p50, unit: 'ms' },
          { figure: 'growth of the median', value: second.p50 / first.p50, unit: '×' },
          { figure: `… at ${few} events, 99th percentile`, value: first.p99, unit: 'ms' },
          { figure: `… at ${few * growth} events, 99th percentile`, value: second.p99, unit: 'ms' },
          { figure: 'capture of the later events until settled', value: second.perSecond, unit: 'events/s' },
          { figure: 'on disk when settled', value: second.bytes, unit: 'bytes/event' }
        ]
      }
    } finally {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function growTo(store: EmbeddedTraceStore, from: number, to: number) {
  let bytes = 0
  const tookMs = await timeMs(async () => {
    for (let at = from; at < to; at += eventsPerBatch) {
      await store.capture(Array.from({ length: Math.min(eventsPerBatch, to - at) }, (_, index) => smallEvent(at + index)))
    }
    const used = await store.settle()
    bytes = (used.recentBytes + used.indexBytes) / to
  })
  const look = (at: number): Promise<unknown> =>
    store.events({
      anyKeys: [keyOf((at * 7_919) % Math.floor(to * keysPerEvent))],
      order: 'ascending',
      orderBy: 'eventTime',
      limit: 100
    })
  for (let at = 0; at < looks; at += 1) await look(at)
  const times: number[] = []
  for (let at = looks; at < looks * 2; at += 1) times.push(await timeMs(() => look(at)))
  return { ...percentiles(times), bytes, perSecond: ((to - from) / tookMs) * 1_000 }
}

function keyOf(number: number): string {
  return key.item(Math.floor(number / 200), number % 200)
}

/** Names a new key and an older one. */
function smallEvent(number: number): TraceEvent {
  const timeMs = startMs + number * 100
  const at = key.place(number % 50)
  const subjects = [Math.floor(number * keysPerEvent), Math.floor((number * keysPerEvent * 7) / 8)].map((of) => ({
    key: keyOf(of),
    kind: 'item' as const,
    role: 'object' as const
  }))
  const eventID = `urn:uuid:${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`
  return {
    eventID,
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTimeMs: timeMs,
    recordTimeMs: timeMs,
    timeZoneOffset: '+00:00',
    bizLocation: at,
    subjects,
    sources: [],
    destinations: [],
    bizTransactions: [],
    json: JSON.stringify({
      type: 'ObjectEvent',
      eventID,
      action: 'OBSERVE',
      eventTime: new Date(timeMs).toISOString(),
      epcList: subjects.map((subject) => subject.key),
      bizLocation: { id: at }
    })
  }
}
