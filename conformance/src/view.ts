/**
 * The log arranged for the rules: connections with what happened on each, and the messages of the device with their PUBACKs. Pure; reads
 * the log once.
 */
import { parseTopic, type DeviceChannel, deviceChannels } from '@tracegate/model/topics'
import { leastAnswerMs, leastWatchMs, scaledLimit } from './time-scale.ts'
import { readMessage, type ReadMessage } from './message.ts'
import type { ConnectEntry, HookName, Observation, PublishEntry, Scene, Side } from './observation.ts'

/** A PUBLISH of the device on a topic of its own. */
export interface Publish extends ReadMessage {
  /** Place of the entry in the log. */
  readonly line: number
  readonly connection: Connection
  readonly entry: PublishEntry
  readonly atMs: number
  readonly channel: DeviceChannel
  ackedAtMs: number | undefined
}

/** One that has a place in a stream. */
export interface Sequenced extends Publish {
  readonly boot: string
  readonly seq: number
}

/** A PUBLISH of the kit. */
export interface Sent {
  readonly line: number
  readonly atMs: number
  readonly connection: Connection
  readonly topic: string
  readonly bytes: Uint8Array
}

export interface Connection {
  readonly number: number
  readonly line: number
  readonly openedAtMs: number
  connect: ConnectEntry | undefined
  connectLine: number
  code: number | undefined
  sessionPresent: boolean
  acceptedAtMs: number | undefined
  closedAtMs: number | undefined
  closedBy: Side | undefined
  /** The broker was down when the connection ended. */
  brokerDown: boolean
  disconnectLine: number | undefined
  readonly publishes: Publish[]
  /** Every PUBLISH, on whatever topic. */
  readonly entries: { readonly line: number; readonly entry: PublishEntry }[]
  readonly sent: Sent[]
  readonly subscriptions: { readonly line: number; readonly atMs: number; readonly filter: string; readonly qos: number }[]
  /** PUBACKs of the kit that no packet in flight waited for. */
  readonly oddAcknowledgements: { readonly line: number; readonly atMs: number; readonly id: number }[]
  /** Times of everything that the device sent on it. */
  readonly heardAtMs: number[]
  inFlightMax: number
}

export interface HookCall {
  readonly line: number
  readonly atMs: number
  readonly name: HookName
  readonly ok: boolean
  readonly seconds: number
  readonly detail: string
}

export interface View {
  readonly scene: Scene
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly connections: readonly Connection[]
  /** Messages of the judged device in the order they came. */
  readonly publishes: readonly Publish[]
  readonly sequenced: readonly Sequenced[]
  readonly hooks: readonly HookCall[]
  readonly malformed: readonly { readonly line: number; readonly detail: string; readonly hex: string }[]
  readonly observations: readonly Observation[]
  /** Where the broker was not there to be reached. */
  readonly listenerDown: readonly { readonly fromMs: number; readonly toMs: number }[]
  /** A limit of the contract for an answer: shorter under a time scale, but never so short that the machine is measured. */
  limitMs(ms: number): number
  /** How long what must not happen is looked for. */
  watchMs(ms: number): number
}

export function createView(scene: Scene, observations: readonly Observation[]): View {
  const reading = new Reading(scene)
  for (const [line, observation] of observations.entries()) reading.take(observation, line)
  return reading.view(observations)
}

const sequencedChannels: readonly DeviceChannel[] = ['telemetry', 'scan', 'event']

/** The state of one pass over the log. */
class Reading {
  readonly #scene: Scene
  readonly #connections = new Map<number, Connection>()
  readonly #inFlight = new Map<string, Publish | undefined>()
  readonly #inFlightCount = new Map<number, number>()
  readonly #publishes: Publish[] = []
  readonly #hooks: HookCall[] = []
  readonly #malformed: { line: number; detail: string; hex: string }[] = []
  readonly #listenerDown: { fromMs: number; toMs: number }[] = []
  #brokerDown = false

  constructor(scene: Scene) {
    this.#scene = scene
  }

  take(entry: Observation, line: number): void {
    if (entry.type === 'listener') this.#listener(entry.open, entry.atMs)
    if (entry.type === 'hook')
      this.#hooks.push({ line, atMs: entry.atMs, name: entry.name, ok: entry.ok, seconds: entry.seconds ?? 0, detail: entry.detail ?? '' })
    if (!('connection' in entry)) return
    const connection = this.#connection(entry.connection, { line, atMs: entry.atMs })
    if (isOfDevice(entry)) connection.heardAtMs.push(entry.atMs)
    switch (entry.type) {
      case 'connect':
        connection.connect = entry
        connection.connectLine = line
        break
      case 'connack':
        connection.code = entry.code
        connection.sessionPresent = entry.sessionPresent
        if (entry.code === 0) connection.acceptedAtMs = entry.atMs
        break
      case 'publish':
        this.#publish(connection, entry, line)
        break
      case 'puback':
        if (entry.from === 'kit') this.#acknowledge(connection, { id: entry.id, atMs: entry.atMs, line })
        break
      case 'subscribe':
        for (const { filter, qos } of entry.filters) connection.subscriptions.push({ line, atMs: entry.atMs, filter, qos })
        break
      case 'disconnect':
        if (entry.from === 'device') connection.disconnectLine ??= line
        break
      case 'malformed':
        this.#malformed.push({ line, detail: entry.detail, hex: entry.hex })
        break
      case 'close':
        connection.closedAtMs = entry.atMs
        connection.closedBy = entry.by
        connection.brokerDown = this.#brokerDown
        break
      case 'open':
      case 'packet':
        break
      default:
        return entry satisfies never
    }
  }

  view(observations: readonly Observation[]): View {
    const { timeScale } = this.#scene
    const endedAtMs = observations.at(-1)?.atMs ?? 0
    for (const down of this.#listenerDown) down.toMs = Math.min(down.toMs, endedAtMs)
    return {
      scene: this.#scene,
      startedAtMs: observations[0]?.atMs ?? 0,
      endedAtMs,
      connections: [...this.#connections.values()],
      publishes: this.#publishes,
      sequenced: this.#publishes.filter(isSequenced),
      hooks: this.#hooks,
      malformed: this.#malformed,
      observations,
      listenerDown: this.#listenerDown,
      limitMs: (ms) => scaledLimit(ms, { timeScale, leastMs: leastAnswerMs }),
      watchMs: (ms) => scaledLimit(ms, { timeScale, leastMs: leastWatchMs })
    }
  }

  #connection(number: number, opened: { readonly line: number; readonly atMs: number }): Connection {
    const known = this.#connections.get(number)
    if (known !== undefined) return known
    const connection: Connection = {
      number,
      line: opened.line,
      openedAtMs: opened.atMs,
      connect: undefined,
      connectLine: -1,
      code: undefined,
      sessionPresent: false,
      acceptedAtMs: undefined,
      closedAtMs: undefined,
      closedBy: undefined,
      brokerDown: false,
      disconnectLine: undefined,
      publishes: [],
      entries: [],
      sent: [],
      subscriptions: [],
      oddAcknowledgements: [],
      heardAtMs: [],
      inFlightMax: 0
    }
    this.#connections.set(number, connection)
    return connection
  }

  #publish(connection: Connection, entry: PublishEntry, line: number): void {
    if (entry.from === 'kit') {
      connection.sent.push({ line, atMs: entry.atMs, connection, topic: entry.topic, bytes: Buffer.from(entry.hex, 'hex') })
      return
    }
    connection.entries.push({ line, entry })
    const publish = this.#read(connection, entry, line)
    if (entry.qos > 0 && entry.id !== undefined) {
      const key = `${connection.number}/${entry.id}`
      if (!this.#inFlight.has(key)) this.#count(connection, 1)
      this.#inFlight.set(key, publish)
    }
    if (publish === undefined) return
    connection.publishes.push(publish)
    this.#publishes.push(publish)
  }

  #read(connection: Connection, entry: PublishEntry, line: number): Publish | undefined {
    const channel = channelOf(entry.topic, this.#scene)
    if (channel === undefined) return undefined
    const read = readMessage(channel, Buffer.from(entry.hex, 'hex'))
    return { ...read, line, connection, entry, atMs: entry.atMs, channel, ackedAtMs: undefined }
  }

  #acknowledge(connection: Connection, puback: { readonly id: number; readonly atMs: number; readonly line: number }): void {
    const key = `${connection.number}/${puback.id}`
    if (!this.#inFlight.has(key)) {
      connection.oddAcknowledgements.push(puback)
      return
    }
    const publish = this.#inFlight.get(key)
    if (publish !== undefined) publish.ackedAtMs = puback.atMs
    this.#inFlight.delete(key)
    this.#count(connection, -1)
  }

  #count(connection: Connection, change: number): void {
    const count = (this.#inFlightCount.get(connection.number) ?? 0) + change
    this.#inFlightCount.set(connection.number, count)
    connection.inFlightMax = Math.max(connection.inFlightMax, count)
  }

  #listener(open: boolean, atMs: number): void {
    this.#brokerDown = !open
    const last = this.#listenerDown.at(-1)
    if (open && last !== undefined) last.toMs = atMs
    if (!open) this.#listenerDown.push({ fromMs: atMs, toMs: Number.POSITIVE_INFINITY })
  }
}

function isOfDevice(entry: Observation): boolean {
  if (entry.type === 'connect' || entry.type === 'subscribe' || entry.type === 'malformed') return true
  return 'from' in entry && entry.from === 'device'
}

/** The channel of a topic of the judged device. */
export function channelOf(topic: string, scene: Scene): DeviceChannel | undefined {
  const parsed = parseTopic(topic)
  if (!parsed.ok || parsed.topic.type !== 'device') return undefined
  const { point, device, channel } = parsed.topic
  return point === scene.point && device === scene.device ? deviceChannels.find((name) => name === channel) : undefined
}

function isSequenced(publish: Publish): publish is Sequenced {
  return sequencedChannels.includes(publish.channel) && publish.boot !== undefined && publish.seq !== undefined
}
