/**
 * The live stream's hub: takes what the bus says, batches readings to 100 ms, keeps a bounded ring for `Last-Event-ID` and hands
 * frames to its clients. Lossy on purpose: a client that reads too slowly is dropped and comes back with its last id.
 */
import { randomBytes } from 'node:crypto'
import type { LiveMessage, LiveReading } from '@tracegate/model/live'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { Bus } from '@tracegate/service/bus'
import type { ApiEvents } from './events.ts'
import type { Registers } from './registers.ts'

export const flushEveryMs = 100
export const heartbeatEveryMs = 15_000
export const retryMs = 2_000
/** Frames and bytes kept for clients that come back; an older id gets a `reset` event. */
export const ringFramesMax = 4_096
export const ringBytesMax = 8_388_608
export const readingsPerFrameMax = 1_000
/** Readings waiting for the next flush; what comes on top is not shown live, and counted. The store has it all the same. */
export const readingsWaitingMax = 50_000
export const clientsMax = 500
/** A client with more than this unsent is dropped. */
export const clientBytesMax = 1_048_576

export interface LiveFrame {
  readonly sequence: number
  /** Empty when the frame belongs to no single point. */
  readonly point: string
  readonly text: string
}

export interface LiveClient {
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
  close(): void
}

export interface LiveHubOptions {
  readonly bus: Bus
  readonly registers: Registers
  readonly events: ApiEvents
}

export function createLiveHub(options: LiveHubOptions): LiveHub {
  const ring = createRing(randomBytes(4).toString('hex'))
  const clients = new Set<LiveClient>()
  const waiting = createWaitingReadings(options.events)
  let pointsByPlace: ReadonlyMap<string, string> = new Map()
  const refreshPlaces = () =>
    options.registers.places().then(
      (places) => (pointsByPlace = new Map(places.map((place) => [place.key, place.point]))),
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

  const subscriptions = [
    options.bus.subscribe('readings', ({ readings }) => waiting.add(readings)),
    options.bus.subscribe('events', ({ events }) => events.slice(-liveEventsPerBatchMax).forEach(tellEvent)),
    options.bus.subscribe('anomaly', ({ anomaly }) => tell({ type: 'anomaly', data: anomaly }, anomaly.point ?? '')),
    options.bus.subscribe('warning', ({ warning }) =>
      tell(
        {
          type: 'warning',
          data: { id: warning.id, level: warning.proposal.level, status: warning.status, updatedAtMs: warning.updatedAtMs }
        },
        warning.point ?? ''
      )
    ),
    options.bus.subscribe('device', ({ device }) => tell({ type: 'device', data: device }, device.point))
  ]
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

/** Ids are `{run}-{sequence}`: those of an earlier run of the process are told apart and answered with a reset. */
function createRing(run: string) {
  const frames: LiveFrame[] = []
  let bytes = 0
  let next = 1
  return {
    lastId: () => `${run}-${next - 1}`,
    add(message: LiveMessage, point: string): LiveFrame {
      const sequence = next
      next += 1
      const text = `id: ${run}-${sequence}\nevent: ${message.type}\ndata: ${JSON.stringify(message.data)}\n\n`
      const frame = { sequence, point, text }
      frames.push(frame)
      bytes += text.length
      while (frames.length > ringFramesMax || bytes > ringBytesMax) bytes -= frames.shift()?.text.length ?? bytes
      return frame
    },
    /** The frames after an id; undefined when some of them are gone. A new client has missed nothing. */
    after(id: string | undefined): readonly LiveFrame[] | undefined {
      if (id === undefined || id === '') return []
      const match = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id)
      const last = Number(match?.[2])
      if (match === null || match[1] !== run || last >= next) return undefined
      const first = frames[0]?.sequence ?? next
      return last + 1 < first ? undefined : frames.slice(last + 1 - first)
    }
  }
}
