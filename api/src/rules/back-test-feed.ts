/** Feeds the thread of a back-test with stored history in slices, one at a time, within limits. It judges nothing. */
import { Worker } from 'node:worker_threads'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { FromTest, SliceColumns, TestStart, ToTest } from './back-test-messages.ts'

export interface History {
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
}

export interface FeedRequest {
  readonly start: TestStart
  readonly fromMs: number
  readonly toMs: number
  /** Series whose readings are told; none: no readings. */
  readonly series: readonly string[]
  readonly withEvents: boolean
  readonly signal: AbortSignal
  /** 0 to 1. */
  readonly onProgress: (share: number) => void
}

export interface FeedResult {
  readonly before: readonly Anomaly[]
  readonly after: readonly Anomaly[]
  readonly readings: number
  readonly events: number
  readonly truncatedAtMs?: number
}

const feedLimits = { readings: 20_000_000, events: 500_000 }
const readingsPerSlice = 200_000
const sliceMsMin = 60_000
const sliceMsMax = 86_400_000
const rangesTogether = 8
const eventsTogether = 50
const historyNewest = 200

/** Rejects when the signal aborts; the thread is ended then. */
export async function feedBackTest(history: History, request: FeedRequest): Promise<FeedResult> {
  const worker = new Worker(new URL('./back-test-worker.ts', import.meta.url), { workerData: request.start })
  const talk = createTalk(worker, history, request.signal)
  try {
    const readings = request.series.length === 0 ? { count: 0 } : await feedReadings(history, request, talk)
    const events = request.withEvents ? await feedEvents(history, request, talk) : { count: 0 }
    const result = await talk({ type: 'end', atMs: request.toMs })
    if (result.type !== 'result') throw new TypeError('Cannot back-test: the thread ended without a result')
    const truncatedAtMs = readings.truncatedAtMs ?? events.truncatedAtMs
    return {
      before: result.before,
      after: result.after,
      readings: readings.count,
      events: events.count,
      ...(truncatedAtMs === undefined ? (result.isCut ? { truncatedAtMs: request.toMs } : {}) : { truncatedAtMs })
    }
  } finally {
    await worker.terminate()
  }
}

type Talk = (message: ToTest, transfer?: ArrayBuffer[]) => Promise<FromTest>

/** One question at a time: the next slice is read when the last one is judged, so memory holds one. */
function createTalk(worker: Worker, { trace }: History, signal: AbortSignal): Talk {
  let waiting: PromiseWithResolvers<FromTest> | undefined
  const fail = (error: unknown): void => waiting?.reject(error)
  worker.on('error', fail)
  worker.on('exit', () => fail(new TypeError('Cannot back-test: the thread ended')))
  signal.addEventListener('abort', () => fail(signal.reason), { once: true })
  worker.on('message', (message: FromTest) => {
    if (message.type !== 'ask') return waiting?.resolve(message)
    trace.histories({ keys: message.keys, newest: historyNewest }).then((found) => {
      const facts = message.keys.map((key) => [key, found.get(key) ?? []] as const)
      worker.postMessage({ type: 'histories', facts } satisfies ToTest, [])
    }, fail)
  })
  return (message, transfer = []) => {
    signal.throwIfAborted()
    waiting = Promise.withResolvers()
    worker.postMessage(message, transfer)
    return waiting.promise
  }
}

interface Fed {
  readonly count: number
  readonly truncatedAtMs?: number
}

async function feedReadings(
  { telemetry }: History,
  { series, fromMs, toMs, withEvents, onProgress }: FeedRequest,
  talk: Talk
): Promise<Fed> {
  const share = withEvents ? 0.5 : 1
  let sliceMs = sliceMsMin * 15
  let count = 0
  for (let atMs = fromMs; atMs < toMs;) {
    const untilMs = Math.min(toMs, atMs + sliceMs)
    const columns = await sliceOf(telemetry, series, atMs, untilMs - 1)
    const size = columns.timeMs.length
    count += size
    await talk({ type: 'readings', columns, untilMs }, [
      columns.seriesAt.buffer,
      columns.timeMs.buffer,
      columns.value.buffer,
      columns.quality.buffer
    ])
    onProgress(((untilMs - fromMs) / (toMs - fromMs)) * share)
    if (count > feedLimits.readings) return { count, truncatedAtMs: untilMs }
    atMs = untilMs
    // As long as the last slice would have had to be to hold the wanted number.
    sliceMs = Math.min(sliceMsMax, Math.max(sliceMsMin, sliceMs * Math.min(4, readingsPerSlice / Math.max(1, size))))
  }
  return { count }
}

async function sliceOf(telemetry: TelemetryStore, names: readonly string[], fromMs: number, toMs: number): Promise<SliceColumns> {
  const found: { at: number; unit: string; timeMs: Float64Array; value: Float64Array; quality: Uint8Array }[] = []
  for (let start = 0; start < names.length; start += rangesTogether) {
    const some = names.slice(start, start + rangesTogether)
    const columns = await Promise.all(some.map((series) => telemetry.range({ series, fromMs, toMs, limit: readingsPerSlice })))
    for (const [index, { unit, timeMs, value, quality }] of columns.entries())
      found.push({ at: start + index, unit, timeMs, value, quality })
  }
  const size = found.reduce((sum, { timeMs }) => sum + timeMs.length, 0)
  const slice = {
    seriesAt: new Uint32Array(size),
    timeMs: new Float64Array(size),
    value: new Float64Array(size),
    quality: new Uint8Array(size)
  }
  let offset = 0
  for (const { at, timeMs, value, quality } of found) {
    slice.seriesAt.fill(at, offset, offset + timeMs.length)
    slice.timeMs.set(timeMs, offset)
    slice.value.set(value, offset)
    slice.quality.set(quality, offset)
    offset += timeMs.length
  }
  const series = names.map((name, index) => {
    const [point = '', device = '', ...metric] = name.split('/')
    return { point, device, metric: metric.join('/'), unit: found[index]?.unit ?? '' }
  })
  return { series, ...slice }
}

/** In the order in which they were recorded, as live detection hears of them. */
async function feedEvents({ trace }: History, { fromMs, toMs, series, onProgress }: FeedRequest, talk: Talk): Promise<Fed> {
  const done = series.length === 0 ? 0 : 0.5
  let count = 0
  let cursor: string | undefined
  do {
    const page = await trace.events({
      order: 'ascending',
      orderBy: 'recordTime',
      recordFromMs: fromMs,
      recordToMs: toMs,
      limit: eventsTogether,
      ...(cursor === undefined ? {} : { cursor })
    })
    if (page.json.length > 0) await talk({ type: 'events', json: page.json })
    count += page.json.length
    cursor = page.next
    onProgress(Math.min(0.99, done + (1 - done) * (count / (count + 1_000))))
    if (count >= feedLimits.events && cursor !== undefined) return { count, truncatedAtMs: recordTimeOf(page.json.at(-1)) ?? toMs }
  } while (cursor !== undefined)
  return { count }
}

function recordTimeOf(json: string | undefined): number | undefined {
  const time = /"recordTime":"([^"]+)"/.exec(json ?? '')?.[1]
  const timeMs = time === undefined ? NaN : Date.parse(time)
  return Number.isNaN(timeMs) ? undefined : timeMs
}
