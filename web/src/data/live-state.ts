/** What the page knows from the live stream, as a pure reducer over its messages. Must not touch the network or a clock. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { LiveMessage, LiveReading } from '@tracegate/model/live'
import type { Device } from '@tracegate/model/registers'

/** stale: the line is open but nothing came for `staleAfterMs`. */
const connections = ['connecting', 'live', 'reconnecting', 'stale', 'paused'] as const
export type Connection = (typeof connections)[number]

type LiveEvent = Extract<LiveMessage, { type: 'event' }>['data']
type LiveWarning = Extract<LiveMessage, { type: 'warning' }>['data']

export interface LiveState {
  readonly connection: Connection
  /** When the last message came; missing before the first. */
  readonly lastMessageMs?: number
  readonly latest: ReadonlyMap<string, LiveReading>
  readonly anomalies: ReadonlyMap<string, Anomaly>
  readonly warnings: ReadonlyMap<string, LiveWarning>
  readonly devices: ReadonlyMap<string, Device>
  /** Newest first. */
  readonly events: readonly LiveEvent[]
  readonly readingsTotal: number
}

export const seriesMax = 5_000
const casesMax = 500
export const eventsMax = 50
export const staleAfterMs = 10_000

export const emptyLiveState: LiveState = {
  connection: 'connecting',
  latest: new Map(),
  anomalies: new Map(),
  warnings: new Map(),
  devices: new Map(),
  events: [],
  readingsTotal: 0
}

/** Takes the messages that came since the last paint. Copies each map at most once. */
export function applyMessages(state: LiveState, messages: readonly LiveMessage[], nowMs: number): LiveState {
  if (messages.length === 0) return state
  const latest = new Map(state.latest)
  const anomalies = new Map(state.anomalies)
  const warnings = new Map(state.warnings)
  const devices = new Map(state.devices)
  const events: LiveEvent[] = []
  let readingsTotal = state.readingsTotal
  for (const message of messages) {
    switch (message.type) {
      case 'readings':
        readingsTotal += message.data.readings.length
        for (const reading of message.data.readings) if (isNewer(latest.get(reading[0]), reading)) keep(latest, reading[0], reading, seriesMax)
        break
      case 'anomaly':
        keep(anomalies, message.data.id, message.data, casesMax)
        break
      case 'warning':
        keep(warnings, message.data.id, message.data, casesMax)
        break
      case 'device':
        keep(devices, `${message.data.point}/${message.data.id}`, message.data, seriesMax)
        break
      case 'event':
        events.unshift(message.data)
        break
      default:
        return neverMessage(message)
    }
  }
  return {
    connection: 'live',
    lastMessageMs: nowMs,
    latest,
    anomalies,
    warnings,
    devices,
    events: [...events, ...state.events].slice(0, eventsMax),
    readingsTotal
  }
}

/** The state of the line after some time without a message. */
export function connectionAt(state: LiveState, nowMs: number): Connection {
  if (state.connection !== 'live' || state.lastMessageMs === undefined) return state.connection
  return nowMs - state.lastMessageMs > staleAfterMs ? 'stale' : 'live'
}

/** Late and repeated readings never replace a newer one. */
function isNewer(known: LiveReading | undefined, next: LiveReading): boolean {
  return known === undefined || next[1] >= known[1]
}

/** At the limit the entry that changed longest ago goes. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value, countMax: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= countMax) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

function neverMessage(message: never): never {
  throw new TypeError(`Cannot apply live message: type is ${JSON.stringify(message)}`)
}
