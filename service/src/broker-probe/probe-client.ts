/**
 * One MQTT connection of a probe: it sends what it is told, also what no good client sends, and writes down what comes. It connects
 * once, repeats nothing by itself, and judges nothing.
 */
import type { Duplex } from 'node:stream'
import mqttPacket, { type IConnackPacket, type IConnectPacket, type IPublishPacket, type ISubscription, type Packet } from 'mqtt-packet'
import { serviceError } from '../errors.ts'
import { type BrokerTarget, openLine } from './target.ts'

export type ProtocolVersion = 3 | 4 | 5

export interface Delivery {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
  readonly messageId: number | undefined
  readonly atMs: number
}

export interface ProbeConnect {
  readonly version: ProtocolVersion
  readonly clientId: string
  readonly clean?: boolean
  readonly keepaliveS?: number
  readonly will?: { readonly topic: string; readonly payload: string }
  readonly properties?: IConnectPacket['properties']
  /** Deliveries with QoS 1 are acknowledged; the default. May be changed while it runs. */
  readonly acknowledges?: boolean
}

interface Connack {
  readonly code: number
  readonly sessionPresent: boolean
  readonly properties: NonNullable<IConnackPacket['properties']>
}

interface ProbePublish {
  readonly topic: string
  readonly payload: string | Buffer
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly dup?: boolean
  readonly properties?: IPublishPacket['properties']
}

/** acknowledged: PUBACK, PUBREC or PUBCOMP. closed: the broker ended the connection. silent: neither within the limit. */
export interface Answer {
  readonly type: 'acknowledged' | 'closed' | 'silent'
  /** MQTT 5 §2.4; 0 where there is none. */
  readonly code: number
  readonly tookMs: number
}

export interface ProbeClient extends AsyncDisposable {
  readonly connack: Connack
  readonly received: Delivery[]
  acknowledges: boolean
  readonly closed: boolean
  /** Writes a PUBLISH and waits for nothing; gives its packet id. */
  send(publish: ProbePublish, messageId?: number): number
  acknowledge(messageId: number): void
  /** QoS 1: until PUBACK. QoS 0: until it is written. */
  publish(publish: ProbePublish): Promise<Answer>
  /** PUBREL, as the answer to a PUBREC. */
  release(messageId: number): Promise<Answer>
  answerOf(messageId: number, command: 'puback' | 'pubrec' | 'pubcomp'): Promise<Answer>
  /** Whether a PUBACK has come that nobody waited for. */
  answered(messageId: number): boolean
  /** The granted QoS, 0x80 and above when refused; undefined when the connection was closed or nothing came. */
  subscribe(filter: string, qos?: 0 | 1 | 2): Promise<number | undefined>
  /** Resolves when the condition holds, true, or at the time limit or the end of the connection, false. */
  until(condition: () => boolean, timeoutMs?: number): Promise<boolean>
  /** DISCONNECT and end. */
  end(): Promise<void>
  /** Ends the line without DISCONNECT. */
  cut(): void
}

export interface OpenOptions {
  readonly target: BrokerTarget
  readonly stepMs: number
  readonly signal: AbortSignal
}

/** More than any probe asks for: a peer that sends without end is cut off. */
const receivedMax = 20_000
const bufferedBytesMax = 8 * 1_048_576
const endMs = 500

/** Rejects when the line cannot be opened, no CONNACK comes, or the signal is aborted. A refusal is a CONNACK like any other. */
export async function openProbeClient(connect: ProbeConnect, { target, stepMs, signal }: OpenOptions): Promise<ProbeClient> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(stepMs)])
  const line = await openLine(target, { signal: limit, subprotocol: connect.version === 3 ? 'mqttv3.1' : 'mqtt' })
  const received: Delivery[] = []
  const answers = new Map<string, number>()
  const granted = new Map<number, number>()
  const watchers = new Set<() => void>()
  let connack: Connack | undefined
  let acknowledges = connect.acknowledges ?? true
  let closed = false
  let nextId = 0

  const write = (packet: Packet) => {
    if (!closed && line.writable) line.write(mqttPacket.generate(packet, { protocolVersion: connect.version }))
  }
  const wake = () => {
    for (const watcher of watchers) watcher()
  }
  const onPacket = (packet: Packet) => {
    switch (packet.cmd) {
      case 'connack':
        connack = {
          code: packet.reasonCode ?? packet.returnCode ?? 0,
          sessionPresent: packet.sessionPresent,
          properties: packet.properties ?? {}
        }
        break
      case 'publish':
        received.push(deliveryOf(packet))
        if (received.length > receivedMax) line.destroy()
        if (packet.qos === 1 && acknowledges) write({ cmd: 'puback', messageId: packet.messageId, reasonCode: 0 })
        if (packet.qos === 2) write({ cmd: 'pubrec', messageId: packet.messageId, reasonCode: 0 })
        break
      case 'pubrel':
        write({ cmd: 'pubcomp', messageId: packet.messageId, reasonCode: 0 })
        break
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        answers.set(`${packet.cmd} ${packet.messageId}`, packet.reasonCode ?? 0)
        break
      case 'suback':
        granted.set(packet.messageId ?? 0, grantOf(packet.granted))
        break
      case 'auth':
      case 'connect':
      case 'disconnect':
      case 'pingreq':
      case 'pingresp':
      case 'subscribe':
      case 'unsuback':
      case 'unsubscribe':
        break
      default:
        packet satisfies never
    }
    wake()
  }
  const onClose = () => {
    closed = true
    wake()
  }
  read(line, connect.version, { onPacket, onClose })

  const until = async (condition: () => boolean, timeoutMs = stepMs): Promise<boolean> => {
    if (condition()) return true
    if (closed || signal.aborted) return false
    const { promise, resolve } = Promise.withResolvers<void>()
    const watcher = () => {
      if (closed || condition()) resolve()
    }
    const timer = setTimeout(resolve, timeoutMs)
    const onAbort = () => resolve()
    watchers.add(watcher)
    signal.addEventListener('abort', onAbort, { once: true })
    await promise
    clearTimeout(timer)
    watchers.delete(watcher)
    signal.removeEventListener('abort', onAbort)
    return condition()
  }
  const answerOf = async (messageId: number, command: 'puback' | 'pubrec' | 'pubcomp'): Promise<Answer> => {
    const startedMs = performance.now()
    const key = `${command} ${messageId}`
    await until(() => answers.has(key))
    const code = answers.get(key)
    const tookMs = performance.now() - startedMs
    answers.delete(key)
    return { type: code !== undefined ? 'acknowledged' : closed ? 'closed' : 'silent', code: code ?? 0, tookMs }
  }
  const send = ({ topic, payload, qos = 1, retain = false, dup = false, properties }: ProbePublish, given?: number): number => {
    if (given === undefined) nextId = (nextId % 65_535) + 1
    const messageId = given ?? nextId
    write({ cmd: 'publish', topic, payload, qos, retain, dup, ...(qos === 0 ? {} : { messageId }), ...(properties ? { properties } : {}) })
    return messageId
  }
  const destroy = () => {
    line.destroy()
    onClose()
  }

  write(connectPacketOf(connect, target))
  await until(() => connack !== undefined)
  if (connack === undefined) {
    const detail = closed ? 'the connection was closed' : `no answer within ${stepMs} ms`
    destroy()
    throw serviceError('BROKER_NO_CONNACK', { detail })
  }
  if (connack.code !== 0) destroy()
  const end = async () => {
    if (closed) return destroy()
    write(connect.version === 5 ? { cmd: 'disconnect', reasonCode: 0 } : { cmd: 'disconnect' })
    line.end()
    await until(() => closed, endMs)
    destroy()
  }
  return {
    connack,
    received,
    get acknowledges() {
      return acknowledges
    },
    set acknowledges(given) {
      acknowledges = given
    },
    get closed() {
      return closed
    },
    send,
    acknowledge: (messageId) => write({ cmd: 'puback', messageId, reasonCode: 0 }),
    async publish(publish) {
      const messageId = send(publish)
      if (publish.qos === 0) return { type: closed ? 'closed' : 'acknowledged', code: 0, tookMs: 0 }
      return answerOf(messageId, publish.qos === 2 ? 'pubrec' : 'puback')
    },
    release(messageId) {
      write({ cmd: 'pubrel', messageId, reasonCode: 0 })
      return answerOf(messageId, 'pubcomp')
    },
    answerOf,
    answered: (messageId) => answers.has(`puback ${messageId}`),
    async subscribe(filter, qos = 1) {
      nextId = (nextId % 65_535) + 1
      const messageId = nextId
      const subscription: ISubscription =
        connect.version === 5 ? { topic: filter, qos, nl: false, rap: false, rh: 0 } : { topic: filter, qos }
      write({ cmd: 'subscribe', messageId, subscriptions: [subscription] })
      await until(() => granted.has(messageId))
      return granted.get(messageId)
    },
    until,
    end,
    cut: destroy,
    [Symbol.asyncDispose]: end
  }
}

interface LineHandlers {
  readonly onPacket: (packet: Packet) => void
  readonly onClose: () => void
}

/** Whatever is no MQTT ends the line. */
function read(line: Duplex, version: ProtocolVersion, { onPacket, onClose }: LineHandlers): void {
  const parser = mqttPacket.parser({ protocolVersion: version })
  parser.on('packet', onPacket)
  parser.on('error', () => line.destroy())
  line.on('data', (chunk: Buffer) => {
    try {
      if (parser.parse(chunk) > bufferedBytesMax) line.destroy()
    } catch {
      line.destroy()
    }
  })
  line.on('error', () => undefined)
  line.on('end', () => line.destroy())
  line.on('close', onClose)
}

function deliveryOf(packet: IPublishPacket): Delivery {
  const { topic, qos, retain, dup, messageId } = packet
  return { topic, qos, retain, dup, messageId, payload: Buffer.from(packet.payload), atMs: performance.now() }
}

function grantOf(granted: readonly unknown[]): number {
  const [first] = granted
  return typeof first === 'number' ? first : 0x80
}

function connectPacketOf(connect: ProbeConnect, target: BrokerTarget): IConnectPacket {
  const { version, will } = connect
  return {
    cmd: 'connect',
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
    protocolVersion: version,
    clientId: connect.clientId,
    clean: connect.clean ?? true,
    keepalive: connect.keepaliveS ?? 60,
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: Buffer.from(target.password) }),
    ...(will === undefined ? {} : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false } }),
    ...(version === 5 && connect.properties !== undefined ? { properties: connect.properties } : {})
  }
}
