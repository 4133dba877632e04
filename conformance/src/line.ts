/**
 * One TCP connection of the device: reads MQTT packets, writes every one of them down, and answers as the endpoint's behaviour says.
 * It judges nothing: what is wrong is answered as if it were right wherever the protocol allows, so that one fault does not hide others.
 */
import type { Socket } from 'node:net'
import mqttPacket, {
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type IUnsubscribePacket,
  type Packet
} from 'mqtt-packet'
import type { Blotter } from './blotter.ts'
import { type Admit, connectEntryOf, connackCodeOf } from './line-connect.ts'
import type { Observation, Side } from './observation.ts'

export type Acknowledge = 'now' | 'withhold' | 'twice' | { readonly delayMs: number }

/** What a line asks of the endpoint it belongs to. */
export interface LineHost {
  readonly blotter: Blotter
  readonly record: (observation: Observation) => void
  readonly nowMs: () => number
  readonly behaviour: () => { readonly admit: Admit; readonly acknowledge: Acknowledge }
  /** A client signed in: gives its session with the filters, where it wants one. */
  readonly signedIn: (
    line: Line,
    connect: { readonly clientId: string; readonly clean: boolean }
  ) => { readonly present: boolean; readonly filters: Set<string> } | undefined
  readonly acknowledged: (publish: IPublishPacket) => void
  readonly closed: (line: Line) => void
}

export interface Line {
  readonly connection: number
  readonly clientId: string
  readonly live: boolean
  readonly filters: ReadonlySet<string>
  /** PUBACKs that wait for their time. */
  readonly acknowledgementsWaiting: number
  /** Sends a message with QoS 1; lost when the line is. */
  publish(topic: string, payload: Uint8Array): void
  /** Sends a PUBACK that nobody asked for. */
  acknowledge(id: number): void
  /** Answers nothing from now on, says FIN, and reads on for a moment: what the device wrote before it knew is written down. */
  cut(): Promise<void>
  destroy(): void
}

/** A packet is at most a payload of the contract with topic and properties; four times that leaves room to say what was too large. */
const packetBytesMax = 1_048_576
const drainMs = 250
const malformedBytesMax = 64
const delayedMax = 10_000

export function openLine(socket: Socket, connection: number, host: LineHost): Line {
  const parser = mqttPacket.parser()
  const record = (observation: Observation) => host.record(observation)
  const timers = new Set<NodeJS.Timeout>()
  let version = 4
  let clientId = ''
  let connected = false
  let muted = false
  let endedBy: Side = 'device'
  let filters = new Set<string>()
  let nextId = 0
  /** PUBACKs that wait for their time, and the time of the last of them. */
  let waiting = 0
  let dueMs = 0

  const write = (packet: Packet): void => {
    if (socket.writable) socket.write(mqttPacket.generate(packet, { protocolVersion: version }))
  }
  const end = (): void => {
    endedBy = 'kit'
    socket.destroy()
  }
  const puback = (id: number): void => {
    if (muted) return
    record({ type: 'puback', atMs: host.nowMs(), connection, from: 'kit', id })
    write({ cmd: 'puback', messageId: id, reasonCode: 0 })
  }

  const onConnect = (packet: IConnectPacket): void => {
    version = packet.protocolVersion ?? 4
    clientId = packet.clientId
    const { admit } = host.behaviour()
    record(connectEntryOf(packet, { connection, blotter: host.blotter, atMs: host.nowMs() }))
    connected = admit === 'accept'
    const session = connected ? host.signedIn(line, { clientId, clean: packet.clean !== false }) : undefined
    if (session !== undefined) filters = session.filters
    const sessionPresent = session?.present === true
    const code = connackCodeOf(admit, version)
    record({ type: 'connack', atMs: host.nowMs(), connection, code, sessionPresent })
    write({ cmd: 'connack', sessionPresent, ...(version === 5 ? { reasonCode: code } : { returnCode: code }) })
    if (connected) return
    muted = true
    endedBy = 'kit'
    socket.end()
    timers.add(setTimeout(end, drainMs))
  }

  const onPublish = (packet: IPublishPacket): void => {
    const topic = host.blotter.text(packet.topic)
    const payload = host.blotter.bytes(Buffer.from(packet.payload))
    const secretIn = [...(topic.found ? ['topic'] : []), ...(payload.found ? ['payload'] : [])]
    const id = packet.messageId
    record({
      type: 'publish',
      atMs: host.nowMs(),
      connection,
      from: 'device',
      topic: topic.text,
      qos: packet.qos,
      retain: packet.retain,
      dup: packet.dup,
      ...(id === undefined ? {} : { id }),
      hex: payload.hex,
      ...(secretIn.length > 0 ? { secretIn } : {})
    })
    if (muted || id === undefined) return
    if (packet.qos === 2) {
      write({ cmd: 'pubrec', messageId: id, reasonCode: 0 })
      return
    }
    acknowledge(packet, id)
  }

  const acknowledge = (packet: IPublishPacket, id: number): void => {
    const how = host.behaviour().acknowledge
    if (how === 'withhold') return
    const send = (): void => {
      if (muted) return
      puback(id)
      host.acknowledged(packet)
      if (how === 'twice') puback(id)
    }
    // PUBACKs go out in the order of their PUBLISH (MQTT 3.1.1 §4.6): a prompt one waits behind a delayed one.
    const nowMs = performance.now()
    dueMs = Math.max(dueMs, nowMs + (typeof how === 'object' ? how.delayMs : 0))
    if (dueMs <= nowMs && waiting === 0) return send()
    if (waiting >= delayedMax) return
    waiting += 1
    const timer = setTimeout(() => {
      timers.delete(timer)
      waiting -= 1
      send()
    }, dueMs - nowMs)
    timers.add(timer)
  }

  const onSubscribe = (packet: ISubscribePacket): void => {
    const wanted = packet.subscriptions.map(({ topic, qos }) => ({ filter: host.blotter.text(topic).text, qos }))
    record({ type: 'subscribe', atMs: host.nowMs(), connection, filters: wanted.slice(0, 1_000) })
    for (const { filter } of wanted) if (filters.size < 1_000) filters.add(filter)
    if (!muted) write({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: wanted.map(({ qos }) => Math.min(qos, 1)) })
  }

  const onUnsubscribe = (packet: IUnsubscribePacket): void => {
    for (const filter of packet.unsubscriptions) filters.delete(filter)
    record({ type: 'packet', atMs: host.nowMs(), connection, from: 'device', name: 'unsubscribe' })
    if (!muted) write({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: packet.unsubscriptions.map(() => 0) })
  }

  const onPacket = (packet: Packet): void => {
    if (!connected && packet.cmd !== 'connect') {
      record({ type: 'malformed', atMs: host.nowMs(), connection, detail: `${packet.cmd} before CONNECT was accepted`, hex: '' })
      if (!muted) end()
      return
    }
    switch (packet.cmd) {
      case 'connect':
        return onConnect(packet)
      case 'publish':
        return onPublish(packet)
      case 'subscribe':
        return onSubscribe(packet)
      case 'unsubscribe':
        return onUnsubscribe(packet)
      case 'puback':
        return record({ type: 'puback', atMs: host.nowMs(), connection, from: 'device', id: packet.messageId ?? 0 })
      case 'disconnect':
        return record({ type: 'disconnect', atMs: host.nowMs(), connection, from: 'device' })
      case 'auth':
      case 'connack':
      case 'pingreq':
      case 'pingresp':
      case 'pubcomp':
      case 'pubrec':
      case 'pubrel':
      case 'suback':
      case 'unsuback':
        return onOther(packet)
      default:
        return packet satisfies never
    }
  }

  const onOther = (packet: Packet): void => {
    record({ type: 'packet', atMs: host.nowMs(), connection, from: 'device', name: packet.cmd })
    if (muted) return
    if (packet.cmd === 'pingreq') write({ cmd: 'pingresp' })
    if (packet.cmd === 'pubrel') write({ cmd: 'pubcomp', messageId: packet.messageId ?? 0, reasonCode: 0 })
  }

  const malformed = (detail: string, bytes: Uint8Array): void => {
    const hex = host.blotter.bytes(bytes.subarray(0, malformedBytesMax)).hex
    record({ type: 'malformed', atMs: host.nowMs(), connection, detail: detail.slice(0, 512), hex })
    end()
  }

  const line: Line = {
    connection,
    get clientId() {
      return clientId
    },
    get live() {
      return connected && !muted && !socket.destroyed
    },
    get filters() {
      return filters
    },
    get acknowledgementsWaiting() {
      return waiting
    },
    publish(topic, payload) {
      nextId = (nextId % 65_535) + 1
      const entry = { topic, qos: 1, retain: false, dup: false } as const
      record({
        type: 'publish',
        atMs: host.nowMs(),
        connection,
        from: 'kit',
        ...entry,
        id: nextId,
        hex: Buffer.from(payload).toString('hex')
      })
      write({ cmd: 'publish', ...entry, messageId: nextId, payload: Buffer.from(payload) })
    },
    acknowledge: puback,
    async cut() {
      muted = true
      endedBy = 'kit'
      if (socket.destroyed) return
      const { promise, resolve } = Promise.withResolvers<void>()
      socket.once('close', () => resolve())
      socket.end()
      timers.add(setTimeout(() => socket.destroy(), drainMs))
      await promise
    },
    destroy: end
  }

  parser.on('packet', onPacket)
  parser.on('error', (error: unknown) => malformed(error instanceof Error ? error.message : String(error), lastChunk))
  let lastChunk: Uint8Array = new Uint8Array()
  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    lastChunk = chunk
    if (parseSafely(chunk) > packetBytesMax) malformed(`packet is larger than ${packetBytesMax} bytes`, chunk)
  })
  const parseSafely = (chunk: Buffer): number => {
    try {
      return parser.parse(chunk)
    } catch (error) {
      malformed(error instanceof Error ? error.message : String(error), chunk)
      return 0
    }
  }
  // A reset line ends like any other: `close` follows.
  socket.on('error', () => undefined)
  socket.once('close', () => {
    for (const timer of timers) clearTimeout(timer)
    record({ type: 'close', atMs: host.nowMs(), connection, by: endedBy })
    host.closed(line)
  })
  return line
}
