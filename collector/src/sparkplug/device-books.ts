/**
 * What is known of each Sparkplug device here: its place in its stream, its metrics, and until when they are told. Decides which readings
 * follow from a birth, a value and an end, so that the latest value of a metric is the live one or a mark that it is stale. Sends nothing.
 */
import type { DeviceChange, HostReading, NodeName } from '@tracegate/model/sparkplug/host/host-types'
import type { KnownDevice } from './known-nodes.ts'
import { staleReading } from './wire-messages.ts'

interface MetricBook {
  unit: string
  /** The newest time that a reading or mark of it was given with. */
  lastMs: number
  /** Of its last mark; a value that comes anew has to be after it. */
  markedMs: number
}

export interface DeviceBook {
  readonly node: NodeName
  readonly point: string
  readonly id: string
  /** Of the next telemetry message. */
  seq: number
  online: boolean
  /** Born in this run. */
  isBorn: boolean
  /** Not born again since the start of this run: the next one does not wait for it. */
  isGivenUp: boolean
  /** Time of its last birth. */
  bornAtMs: number
  readonly metrics: Map<string, MetricBook>
}

export interface DeviceBooks {
  of(id: string, node: NodeName): DeviceBook
  /** Those of the last run; they are not known to live. Whatever it marked was before now. */
  know(devices: readonly KnownDevice[], nowMs: number): void
  readonly all: Iterable<DeviceBook>
  known(): Iterable<KnownDevice>
}

/** Metrics of one device whose staleness is told; as many as a payload of Sparkplug may have. */
const metricsMax = 10_000
/** A time so far ahead of this clock is wrong, and no mark has to be after it. */
const aheadMaxMs = 60_000

export function createDeviceBooks(pointOf: (node: NodeName) => string): DeviceBooks {
  const books = new Map<string, DeviceBook>()
  const of = (id: string, node: NodeName): DeviceBook => {
    const point = pointOf(node)
    const key = `${point}/${id}`
    const found = books.get(key)
    if (found !== undefined) return found
    const { group, node: name } = node
    const made: DeviceBook = {
      node: { group, node: name },
      point,
      id,
      seq: 0,
      online: false,
      isBorn: false,
      isGivenUp: false,
      bornAtMs: 0,
      metrics: new Map()
    }
    books.set(key, made)
    return made
  }
  return {
    of,
    know(devices, nowMs) {
      for (const { group, node, id, metrics } of devices) {
        const book = of(id, { group, node })
        for (const [metric, unit] of Object.entries(metrics)) book.metrics.set(metric, { unit, lastMs: 0, markedMs: nowMs })
      }
    },
    get all() {
      return books.values()
    },
    *known() {
      for (const { node, point, id, metrics, isGivenUp } of books.values())
        if (!isGivenUp) yield { ...node, point, id, metrics: Object.fromEntries([...metrics].map(([metric, { unit }]) => [metric, unit])) }
    }
  }
}

/**
 * Takes a birth down. Gives the marks of the metrics that it no longer has: nobody will send them again. `true` for `isNew` when what is
 * declared is not what was.
 */
export function born(book: DeviceBook, change: DeviceChange, nowMs: number): { readonly marks: HostReading[]; readonly isNew: boolean } {
  const declared = new Map((change.declared?.metrics ?? []).map(({ metric, unit }) => [metric, unit]))
  const gone = [...book.metrics.keys()].filter((metric) => !declared.has(metric))
  const marks = marksOf(book, { metrics: gone, timeMs: Math.min(change.timeMs, nowMs), nowMs })
  for (const metric of gone) book.metrics.delete(metric)
  let isNew = gone.length > 0 || !book.isBorn
  for (const [metric, unit] of declared) {
    const known = book.metrics.get(metric)
    if (known?.unit === unit) continue
    isNew = true
    book.metrics.set(metric, { unit, lastMs: known?.lastMs ?? 0, markedMs: known?.markedMs ?? 0 })
  }
  book.online = true
  book.isBorn = true
  book.isGivenUp = false
  book.bornAtMs = Math.min(change.timeMs, nowMs)
  return { marks, isNew }
}

/**
 * The readings as they go on. A birth says what holds at its time, also of a value that was measured long before: such a value is given at
 * that time too, so that neither the mark of an end nor what comes later of the time before (`is_historical`) stands for the live value.
 */
export function withLiveValues(
  book: DeviceBook,
  readings: readonly HostReading[],
  { isBirth, nowMs }: { readonly isBirth: boolean; readonly nowMs: number }
): HostReading[] {
  const given = [...readings]
  for (const reading of readings) {
    const metric = metricOf(book, reading)
    if (metric === undefined) continue
    const liveMs = isBirth ? Math.max(book.bornAtMs, firstFreeMs(metric, { timeMs: reading.timeMs, nowMs })) : reading.timeMs
    if (liveMs > reading.timeMs) given.push({ ...reading, timeMs: liveMs })
    metric.lastMs = Math.max(metric.lastMs, liveMs, reading.timeMs)
  }
  return given
}

/** All that the device ever told is stale from `timeMs` on, or from now when that is still to come. */
export function ended(book: DeviceBook, timeMs: number, nowMs: number): HostReading[] {
  book.online = false
  return marksOf(book, { metrics: [...book.metrics.keys()], timeMs: Math.min(timeMs, nowMs), nowMs })
}

/** A mark is after the last value, whatever the clocks say: it must stand for it, and not take its place. */
function marksOf(
  book: DeviceBook,
  { metrics, timeMs, nowMs }: { readonly metrics: readonly string[]; readonly timeMs: number; readonly nowMs: number }
): HostReading[] {
  return metrics.flatMap((name) => {
    const metric = book.metrics.get(name)
    if (metric === undefined) return []
    metric.markedMs = Math.max(timeMs, firstFreeMs(metric, { timeMs, nowMs }))
    metric.lastMs = metric.markedMs
    return [staleReading(book.id, { metric: name, unit: metric.unit, timeMs: metric.markedMs })]
  })
}

/** From when on a value or mark is the newest one of its metric, whatever the clocks said before. */
function firstFreeMs({ lastMs, markedMs }: MetricBook, { timeMs, nowMs }: { readonly timeMs: number; readonly nowMs: number }): number {
  return timeMs > lastMs || lastMs > nowMs + aheadMaxMs ? Math.max(timeMs, markedMs + 1) : lastMs + 1
}

function metricOf(book: DeviceBook, { metric, unit }: HostReading): MetricBook | undefined {
  const found = book.metrics.get(metric)
  if (found !== undefined || book.metrics.size >= metricsMax) return found
  const made = { unit, lastMs: 0, markedMs: 0 }
  book.metrics.set(metric, made)
  return made
}
