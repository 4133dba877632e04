/**
 * The live stream's hub: takes what the bus says, batches readings to 100 ms, keeps a bounded ring for `Last-Event-ID` and hands
 * frames to its clients. Lossy on purpose: a client that reads too slowly is dropped and comes back with its last id.
 */
import type { LiveMessage, LiveReading } from '@tracegate/model/live'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { Bus } from '@tracegate/service/bus'
import type { ApiEvents } from './events.ts'
import { createLiveRing, type LiveFrame } from './live-ring.ts'
import type { Registers } from './registers.ts'

const flushEveryMs = 100
const heartbeatEveryMs = 15_000
const retryMs = 2_000
const readingsPerFrameMax = 1_000
/** Readings waiting for the next flush; what comes on top is not shown live, and counted. The store has it all the same. */
export const readingsWaitingMax = 50_000
export const clientsMax = 500
/** Streams of one account or key, so that nobody takes all of them. */
export const clientsPerCallerMax = 64
/** A client with more than this unsent is dropped. */
export const clientBytesMax = 1_048_576

export interface LiveClient {
  /** Account or key. */
  readonly caller: string
  readonly point: string | undefined
  /** Gives false when the client is too slow and must go. */
  write(text: string): boolean
  /** Says good-bye with `retry:` and closes. */
  end(text: string): void
}

export interface LiveHub {
  /** Sends what the client missed and then everything new. Gives the function that takes it out. */
  join(client: LiveClient, lastEventId: string | undefined): () => void
  clients(): number
  clientsOf(caller: string): number
  close(): void
}

export interface LiveHubOptions {
  readonly bus: Bus
  readonly registers: Registers
  readonly events: ApiEvents
}

export function createLiveHub(options: LiveHubOptions): LiveHub {
  const ring = createLiveRing()
  const clients = new Set<LiveClient>()
  const waiting = createWaitingReadings(options.events)
  let pointsByPlace: ReadonlyMap<string, string> = new Map()
  const refreshPlaces = () =>
    options.registers.places().then(
      (places) => (pointsByPlace = new Map(places.flatMap(({ key, point }) => (point === undefined ? [] : [[key, point] as const])))),
      () => undefined
    )
  void refreshPlaces()

  function drop(client: LiveClient): void {
    clients.delete(client)
    client.end('')
    options.events.liveDropped('client')
  }
  function send(frame: LiveFrame): void {
    for (const client of clients) if (wants(client, frame) && !client.write(frame.text)) drop(client)
  }
  function tell(message: LiveMessage, point: string): void {
    send(ring.add(message, point))
  }
  function flush(): void {
    for (const [point, readings] of waiting.take())
      for (let start = 0; start < readings.length; start += readingsPerFrameMax)
        tell({ type: 'readings', data: { readings: readings.slice(start, start + readingsPerFrameMax) } }, point)
  }
  function tellEvent(event: TraceEvent): void {
    const place = event.bizLocation ?? event.readPoint
    tell(liveEventOf(event), place === undefined ? '' : (pointsByPlace.get(place) ?? ''))
  }

  const subscriptions = subscribe(options.bus, { readings: (readings) => waiting.add(readings), event: tellEvent, tell })
  const flushTimer = setInterval(flush, flushEveryMs)
  const heartbeat = setInterval(() => {
    void refreshPlaces()
    for (const client of clients) if (!client.write(': alive\n\n')) drop(client)
  }, heartbeatEveryMs)
  flushTimer.unref()
  heartbeat.unref()

  return {
    join(client, lastEventId) {
      client.write(`retry: ${retryMs}\n\n`)
      const missed = ring.after(lastEventId)
      if (missed === undefined) client.write(`id: ${ring.lastId()}\nevent: reset\ndata: {}\n\n`)
      else for (const frame of missed) if (wants(client, frame)) client.write(frame.text)
      clients.add(client)
      return () => clients.delete(client)
    },
    clients: () => clients.size,
    clientsOf: (caller) => [...clients].filter((client) => client.caller === caller).length,
    close() {
      for (const end of subscriptions) end()
      clearInterval(flushTimer)
      clearInterval(heartbeat)
      flush()
      for (const client of clients) client.end(`retry: ${retryMs}\n\n`)
      clients.clear()
    }
  }
}

interface Listeners {
  readonly readings: (readings: readonly Reading[]) => void
  readonly event: (event: TraceEvent) => void
  readonly tell: (message: LiveMessage, point: string) => void
}

function subscribe(bus: Bus, { readings, event, tell }: Listeners): (() => void)[] {
  return [
    bus.subscribe('readings', (message) => readings(message.readings)),
    bus.subscribe('events', (message) => message.events.slice(-liveEventsPerBatchMax).forEach(event)),
    bus.subscribe('anomaly', ({ anomaly }) => tell({ type: 'anomaly', data: anomaly }, anomaly.point ?? '')),
    bus.subscribe('warning', ({ warning }) => {
      // A drill is shown where drills are asked for, never among what is real.
      if (warning.drill) return
      const data = { id: warning.id, level: warning.level, status: warning.status, updatedAtMs: warning.updatedAtMs }
      tell({ type: 'warning', data }, warning.point ?? '')
    }),
    bus.subscribe('device', ({ device }) => tell({ type: 'device', data: device }, device.point))
  ]
}

/** A bulk import of events would push everything else out of the ring; the newest of a batch are enough for a screen. */
const liveEventsPerBatchMax = 20

function wants(client: LiveClient, frame: LiveFrame): boolean {
  return client.point === undefined || client.point === frame.point
}

function liveEventOf(event: TraceEvent): LiveMessage {
  const place = event.bizLocation ?? event.readPoint
  const key = event.subjects[0]?.key
  return {
    type: 'event',
    data: {
      eventID: event.eventID,
      type: event.type,
      timeMs: event.eventTimeMs,
      ...(event.bizStep === undefined ? {} : { bizStep: event.bizStep }),
      ...(place === undefined ? {} : { place }),
      ...(key === undefined ? {} : { key }),
      count: event.subjects.length
    }
  }
}

function createWaitingReadings(events: ApiEvents) {
  let byPoint = new Map<string, LiveReading[]>()
  let count = 0
  return {
    add(readings: readonly Reading[]) {
      const room = readingsWaitingMax - count
      if (readings.length > room) events.liveDropped('reading', readings.length - room)
      for (const reading of readings.slice(0, Math.max(0, room))) {
        const list = byPoint.get(reading.point) ?? []
        if (list.length === 0) byPoint.set(reading.point, list)
        list.push([seriesKeyOf(reading), reading.timeMs, Number.isFinite(reading.value) ? reading.value : null, reading.quality])
        count += 1
      }
    },
    take(): ReadonlyMap<string, LiveReading[]> {
      const taken = byPoint
      if (count > 0) byPoint = new Map()
      count = 0
      return taken
    }
  }
}
