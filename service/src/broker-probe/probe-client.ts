/**
 * One MQTT connection of a probe: it sends what it is told, also what no good client sends, and writes down what comes. It connects
 * once, repeats nothing by itself, and judges nothing.
 */
import type { Duplex } from 'node:stream'
import mqttPacket, { type IConnectPacket, type IPublishPacket, type ISubscription, type Packet } from 'mqtt-packet'
import { serviceError } from '../errors.ts'
import { type AnswerCommand, answerKey, type Connack, createProbeInbox, type Delivery, type ProbeInbox } from './probe-inbox.ts'
import { type BrokerTarget, openLine } from './target.ts'

export type ProtocolVersion = 3 | 4 | 5

export interface ProbeConnect {
  readonly version: ProtocolVersion
  readonly clientId: string
  readonly clean?: boolean
  readonly keepaliveS?: number
  readonly will?: { readonly topic: string; readonly payload: string }
  readonly properties?: IConnectPacket['properties']
  /** Deliveries with QoS 1 are acknowledged; the default. */
  readonly acknowledges?: boolean
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
  /** Its `acknowledges` may be changed while the connection lasts. */
  readonly inbox: ProbeInbox
  readonly closed: boolean
  /** Writes a PUBLISH and waits for nothing; gives its packet id. */
  send(publish: ProbePublish, messageId?: number): number
  acknowledge(messageId: number): void
  /** QoS 1: until PUBACK. QoS 0: until it is written. */
  publish(publish: ProbePublish): Promise<Answer>
  /** PUBREL, as the answer to a PUBREC. */
  release(messageId: number): Promise<Answer>
  answerOf(messageId: number, command: AnswerCommand): Promise<Answer>
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

const bufferedBytesMax = 8 * 1_048_576
const endMs = 500

/** Rejects when the line cannot be opened, no CONNACK comes, or the signal is aborted. A refusal is a CONNACK like any other. */
export async function openProbeClient(connect: ProbeConnect, { target, stepMs, signal }: OpenOptions): Promise<ProbeClient> {
  const { version } = connect
  const limit = AbortSignal.any([signal, AbortSignal.timeout(stepMs)])
  const line = await openLine(target, { signal: limit, subprotocol: version === 3 ? 'mqttv3.1' : 'mqtt' })
  const write = (packet: Packet) => {
    if (line.writable) line.write(mqttPacket.generate(packet, { protocolVersion: version }))
  }
  const acknowledges = connect.acknowledges ?? true
  const inbox = createProbeInbox({ acknowledges, stepMs, signal, write, onOverflow: () => void line.destroy() })
  readPackets(line, version, { onPacket: (packet) => inbox.take(packet), onClose: () => inbox.close() })
  const cut = () => {
    line.destroy()
    inbox.close()
  }
  const end = async () => {
    if (!inbox.closed) {
      write(version === 5 ? { cmd: 'disconnect', reasonCode: 0 } : { cmd: 'disconnect' })
      line.end()
      await inbox.until(() => inbox.closed, endMs)
    }
    cut()
  }
  write(connectPacketOf(connect, target))
  await inbox.until(() => inbox.connack !== undefined)
  const { connack } = inbox
  if (connack?.code !== 0) cut()
  if (connack === undefined)
    throw serviceError('BROKER_NO_CONNACK', { detail: limit.aborted ? `no answer within ${stepMs} ms` : 'the connection was closed' })
  return createClient({ inbox, connack, version, write, end, cut })
}

interface ClientParts {
  readonly inbox: ProbeInbox
  readonly connack: Connack
  readonly version: ProtocolVersion
  readonly write: (packet: Packet) => void
  readonly end: () => Promise<void>
  readonly cut: () => void
}

function createClient({ inbox, connack, version, write, end, cut }: ClientParts): ProbeClient {
  const { received } = inbox
  const until: ProbeClient['until'] = (condition, timeoutMs) => inbox.until(condition, timeoutMs)
  let lastId = 0
  const nextId = () => (lastId = (lastId % 65_535) + 1)
  const answerOf = async (messageId: number, command: AnswerCommand): Promise<Answer> => {
    const startedMs = performance.now()
    const key = answerKey(messageId, command)
    await until(() => inbox.answers.has(key))
    const code = inbox.answers.get(key)
    inbox.answers.delete(key)
    const tookMs = performance.now() - startedMs
    return { type: code !== undefined ? 'acknowledged' : inbox.closed ? 'closed' : 'silent', code: code ?? 0, tookMs }
  }
  const send = ({ topic, payload, qos = 1, retain = false, dup = false, properties }: ProbePublish, given?: number): number => {
    const messageId = given ?? nextId()
    write({ cmd: 'publish', topic, payload, qos, retain, dup, ...(qos === 0 ? {} : { messageId }), ...(properties ? { properties } : {}) })
    return messageId
  }
  return {
    inbox,
    connack,
    received,
    until,
    send,
    answerOf,
    end,
    cut,
    acknowledge: (messageId) => write({ cmd: 'puback', messageId, reasonCode: 0 }),
    answered: (messageId) => inbox.answers.has(answerKey(messageId, 'puback')),
    async publish(publish) {
      const messageId = send(publish)
      if (publish.qos === 0) return { type: inbox.closed ? 'closed' : 'acknowledged', code: 0, tookMs: 0 }
      return answerOf(messageId, publish.qos === 2 ? 'pubrec' : 'puback')
    },
    release(messageId) {
      write({ cmd: 'pubrel', messageId, reasonCode: 0 })
      return answerOf(messageId, 'pubcomp')
    },
    async subscribe(filter, qos = 1) {
      const messageId = nextId()
      const subscription: ISubscription = version === 5 ? { topic: filter, qos, nl: false, rap: false, rh: 0 } : { topic: filter, qos }
      write({ cmd: 'subscribe', messageId, subscriptions: [subscription] })
      await until(() => inbox.grants.has(messageId))
      return inbox.grants.get(messageId)
    },
    get closed() {
      return inbox.closed
    },
    [Symbol.asyncDispose]: end
  }
}

interface LineHandlers {
  readonly onPacket: (packet: Packet) => void
  readonly onClose: () => void
}

/** Whatever is no MQTT ends the line. */
function readPackets(line: Duplex, version: ProtocolVersion, { onPacket, onClose }: LineHandlers): void {
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
