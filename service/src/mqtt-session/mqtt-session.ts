/**
 * One client of a foreign broker: connects again with back-off, subscribes, hands over each message, and acknowledges it once it is
 * durable. It knows no payload.
 */
import mqtt, { type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../log.ts'
import { backOffMs } from '../back-off.ts'
import { type AckLine, createAckLine } from './ack-line.ts'
import { clientOptionsOf, type MqttConnection } from './mqtt-connection.ts'

export interface MqttSessionOptions {
  readonly connection: MqttConnection
  readonly clientId: string
  /** Keeps the session at the broker over a lost connection. */
  readonly persistent: boolean
  /** How long an MQTT 5 broker keeps it. */
  readonly sessionExpirySeconds?: number
  /** Made anew for each connection. */
  readonly will?: () => NonNullable<IClientOptions['will']>
  readonly filters: readonly { readonly topic: string; readonly qos: 0 | 1 }[]
  readonly inFlightMax: number
  /** Resolves when the message is durable or put aside; rejects when the broker has to send it again. Called in order of arrival. */
  readonly onMessage: (topic: string, payload: Uint8Array, about: { readonly retain: boolean }) => Promise<void>
  readonly onUp: () => void
  readonly onDown: () => void
  /** A message could not be kept; the connection is made anew. */
  readonly onFailed: (detail: string) => void
  readonly logger: Logger
  /** Never goes back. */
  readonly nowMs?: () => number
}

export interface MqttSession extends AsyncDisposable {
  readonly connected: boolean
  /** Why there is no connection, or `connected`. */
  readonly detail: string
  readonly repeated: number
  /** False when there is no connection. */
  publish(topic: string, payload: Uint8Array, options: { readonly qos: 0 | 1; readonly retain?: boolean }): boolean
}

const backOffLimits = { minMs: 500, maxMs: 30_000 }
/** A connection that lasted so long was a good one: the next wait is short again. */
const goodAfterMs = 10_000
/** Most payload bytes that are worked on at once. */
const inFlightBytesMax = 8_388_608
/** From this code on a SUBACK says no, in both versions. */
const subackFailure = 128
/** Longest time for what is worked on to become durable when the source ends, and then to say goodbye. */
const drainMs = 250
const goodbyeMs = 400

/** Skips the acknowledgement of MQTT.js, which would make one message wait for the commit of the one before. */
const acknowledgedLater = new Error('acknowledged later')

export function openMqttSession(options: MqttSessionOptions): MqttSession {
  const { connection, logger, nowMs = () => performance.now() } = options
  const source = connection.url
  let client: MqttClient | undefined
  let connected = false
  let detail = 'connecting'
  let attempt = 0
  let connectedAtMs: number | undefined
  let stopped = false
  let retryTimer: NodeJS.Timeout | undefined

  const acks = createAckLine({
    messagesMax: options.inFlightMax,
    bytesMax: inFlightBytesMax,
    acknowledge: (ids) => client?.stream.write(pubacks(ids)),
    onFailed(error) {
      detail = error instanceof Error ? error.message : String(error)
      options.onFailed(detail)
      // At once: what becomes durable from here on cannot be acknowledged on this line.
      acks.lost()
      client?.end(true)
    }
  })

  const retry = () => {
    if (stopped) return
    if (connectedAtMs !== undefined && nowMs() - connectedAtMs > goodAfterMs) attempt = 0
    connectedAtMs = undefined
    const waitMs = backOffMs(attempt, backOffLimits, Math.random())
    attempt += 1
    logger.warn({ source, detail, waitMs }, 'source not connected')
    retryTimer = setTimeout(connect, waitMs)
  }

  const connect = () => {
    let line: MqttClient
    try {
      line = mqtt.connect(source, clientOptions(options))
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error)
      retry()
      return
    }
    client = line
    acceptMessages(line, acks, options.onMessage)
    line.on('connect', (connack) => {
      acks.connected(connack.sessionPresent)
      subscribe(line, options.filters, (refusal) => {
        if (line !== client) return
        if (refusal !== undefined) {
          detail = refusal
          line.end(true)
          return
        }
        connected = true
        connectedAtMs = nowMs()
        detail = 'connected'
        logger.info({ source, session: sessionOf(connack) }, 'source connected')
        options.onUp()
      })
    })
    line.on('error', (error) => {
      detail = error.message
    })
    line.once('close', () => {
      if (line !== client) return
      client = undefined
      if (detail === 'connected') detail = 'the broker closed the connection'
      acks.lost()
      line.end(true)
      if (connected) {
        connected = false
        options.onDown()
      }
      retry()
    })
  }

  connect()
  return {
    get connected() {
      return connected
    },
    get detail() {
      return detail
    },
    get repeated() {
      return acks.repeated
    },
    publish(topic, payload, { qos, retain = false }) {
      if (client === undefined || !connected) return false
      client.publish(topic, Buffer.from(payload), { qos, retain })
      return true
    },
    async [Symbol.asyncDispose]() {
      stopped = true
      clearTimeout(retryTimer)
      acks.stopTaking()
      const deadlineMs = performance.now() + drainMs
      while (acks.waiting > 0 && performance.now() < deadlineMs) await sleep(10)
      const line = client
      client = undefined
      acks.lost()
      if (line !== undefined) await goodbye(line)
    }
  }
}

function clientOptions(options: MqttSessionOptions): IClientOptions {
  const { connection, clientId, persistent, will } = options
  const properties = {
    receiveMaximum: options.inFlightMax,
    ...(persistent ? { sessionExpiryInterval: options.sessionExpirySeconds ?? 86_400 } : {})
  }
  return {
    ...clientOptionsOf(connection),
    clientId,
    clean: !persistent,
    ...(will === undefined ? {} : { will: will() }),
    ...(connection.protocolVersion === '5' ? { properties } : {})
  }
}

/** MQTT.js gives the next message once the callback of this one is called: at once, until too many are worked on. */
function acceptMessages(line: MqttClient, acks: AckLine, onMessage: MqttSessionOptions['onMessage']): void {
  line.handleMessage = (packet, done) => {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    const { topic, qos, dup, messageId, retain } = packet
    const next = async () => {
      await acks.take({ topic, payload, qos, dup, messageId }, () => onMessage(topic, payload, { retain }))
      done(acknowledgedLater)
    }
    void next()
  }
}

function subscribe(line: MqttClient, filters: MqttSessionOptions['filters'], done: (refusal: string | undefined) => void): void {
  const wanted = Object.fromEntries(filters.map(({ topic, qos }) => [topic, { qos }]))
  line.subscribe(wanted, (error, granted) => {
    const refused = granted?.find((grant) => grant.qos >= subackFailure)
    if (error) done(`subscription refused: ${error.message}`)
    else done(refused === undefined ? undefined : `subscription to "${refused.topic}" refused by the broker, expected a grant`)
  })
}

/** PUBACK packets ([MQTT §3.4]): the short form without a reason code is "success" in version 5 too. */
function pubacks(messageIds: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(messageIds.length * 4)
  messageIds.forEach((id, index) => bytes.set([0x40, 2, id >> 8, id & 0xff], index * 4))
  return bytes
}

function sessionOf(connack: IConnackPacket): string {
  return connack.sessionPresent ? 'resumed' : 'new'
}

/** DISCONNECT, so that no last will is sent; by force when the broker does not let go. */
async function goodbye(line: MqttClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => line.end(true, () => resolve()), goodbyeMs)
  line.end(!line.connected, () => resolve())
  await promise
  clearTimeout(timer)
}
