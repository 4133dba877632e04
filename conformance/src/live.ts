/** What the steps of a run must know of it while it goes on: counted from the same entries that the rules judge afterwards. */
import { channelOf } from './view.ts'
import { readMessage } from './message.ts'
import type { Observation, Scene } from './observation.ts'

export interface Live {
  take(observation: Observation): void
  /** Sequenced messages of the device so far, those sent again included. */
  readonly messages: number
  readonly births: number
  readonly replies: number
  /** PUBACKs of the device for what the kit sent. */
  readonly acknowledgements: number
  /** Scans and events so far. */
  readonly scans: number
  readonly capabilities: readonly string[]
  /** The boot of the last message, and the greatest number sent of it. */
  readonly boot: string | undefined
  readonly lastSeq: number
  /** TCP connections so far. */
  readonly connections: number
  readonly lastClosedAtMs: number | undefined
  /** Longest wait between the end of a connection and the next attempt. */
  readonly waitMaxMs: number
  /** Messages of the connection that have no PUBACK. */
  unacknowledged(connection: number): string[]
  /** Messages of the connection that have one. */
  acknowledged(connection: number): string[]
  /** Whether all of these came on a later connection. */
  cameAgain(messages: readonly string[], afterConnection: number): boolean
  /** Whether all of these were sent a second time on this connection. */
  cameTwice(messages: readonly string[], connection: number): boolean
  /** Packets in flight, so that one can be named that is not. */
  inFlight(connection: number): ReadonlySet<number>
}

interface Counts {
  messages: number
  births: number
  replies: number
  acknowledgements: number
  scans: number
  capabilities: readonly string[]
  boot: string | undefined
  lastSeq: number
  connections: number
  lastClosedAtMs: number | undefined
  waitMaxMs: number
}

export function createLive(scene: Scene): Live {
  const counts: Counts = {
    messages: 0,
    births: 0,
    replies: 0,
    acknowledgements: 0,
    scans: 0,
    capabilities: [],
    boot: undefined,
    lastSeq: -1,
    connections: 0,
    lastClosedAtMs: undefined,
    waitMaxMs: 0
  }
  /** Message to the last connection it was sent on. */
  const lastSend = new Map<string, number>()
  /** Messages that were sent more than once on the connection that they were last sent on. */
  const twice = new Set<string>()
  const flight = new Map<number, Map<number, string | undefined>>()
  const done = new Map<number, string[]>()

  const onPublish = (entry: Observation & { type: 'publish' }): void => {
    if (entry.from === 'kit') return
    const channel = channelOf(entry.topic, scene)
    let key: string | undefined
    if (channel !== undefined) {
      const read = readMessage(channel, Buffer.from(entry.hex, 'hex'))
      if (read.message?.type === 'birth') {
        counts.births += 1
        counts.capabilities = read.message.value.capabilities
      }
      if (channel === 'command/reply') counts.replies += 1
      if (channel === 'scan' || channel === 'event') counts.scans += 1
      if (channel !== 'state' && channel !== 'command/reply' && read.boot !== undefined && read.seq !== undefined) {
        counts.messages += 1
        counts.lastSeq = counts.boot === read.boot ? Math.max(counts.lastSeq, read.seq) : read.seq
        counts.boot = read.boot
        key = `${read.boot}/${read.seq}`
        if (lastSend.get(key) === entry.connection) twice.add(key)
        else twice.delete(key)
        lastSend.set(key, entry.connection)
      }
    }
    if (entry.id === undefined || entry.qos === 0) return
    const own = flight.get(entry.connection) ?? new Map<number, string | undefined>()
    flight.set(entry.connection, own.set(entry.id, key))
  }

  const onPuback = (connection: number, id: number): void => {
    const own = flight.get(connection)
    const key = own?.get(id)
    own?.delete(id)
    if (key === undefined) return
    const list = done.get(connection) ?? []
    list.push(key)
    done.set(connection, list)
  }

  return {
    take(entry) {
      if (entry.type === 'open') {
        counts.connections = Math.max(counts.connections, entry.connection)
        if (counts.lastClosedAtMs !== undefined) counts.waitMaxMs = Math.max(counts.waitMaxMs, entry.atMs - counts.lastClosedAtMs)
      }
      if (entry.type === 'close') counts.lastClosedAtMs = entry.atMs
      if (entry.type === 'publish') onPublish(entry)
      if (entry.type === 'puback' && entry.from === 'device') counts.acknowledgements += 1
      if (entry.type === 'puback' && entry.from === 'kit') onPuback(entry.connection, entry.id)
    },
    get messages() {
      return counts.messages
    },
    get births() {
      return counts.births
    },
    get replies() {
      return counts.replies
    },
    get acknowledgements() {
      return counts.acknowledgements
    },
    get scans() {
      return counts.scans
    },
    get capabilities() {
      return counts.capabilities
    },
    get boot() {
      return counts.boot
    },
    get lastSeq() {
      return counts.lastSeq
    },
    get connections() {
      return counts.connections
    },
    get lastClosedAtMs() {
      return counts.lastClosedAtMs
    },
    get waitMaxMs() {
      return counts.waitMaxMs
    },
    unacknowledged: (connection) => [...(flight.get(connection)?.values() ?? [])].filter((key) => key !== undefined),
    acknowledged: (connection) => done.get(connection) ?? [],
    cameAgain: (messages, afterConnection) => messages.every((key) => (lastSend.get(key) ?? 0) > afterConnection),
    cameTwice: (messages, connection) => messages.every((key) => twice.has(key) && lastSend.get(key) === connection),
    inFlight: (connection) => new Set(flight.get(connection)?.keys() ?? [])
  }
}
