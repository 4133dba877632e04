/**
 * The line to the broker: one MQTT connection, made anew with back-off, that sends what the window asks for and hands the
 * commit watermarks back to it. It decides nothing (`window.ts` does) and keeps nothing (the outbox does): MQTT.js must not
 * resend by itself, so every connection is a new client.
 */
import { type Committed, Committed as CommittedSchema } from '@tracegate/model/committed'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { buildTopic, parseTopic, topicRoot } from '@tracegate/model/topics'
import type { Logger } from '@tracegate/service/log'
import mqtt, { type MqttClient } from 'mqtt'
import type { EdgeDevice, ResolvedEdgeConfig } from '../config.ts'
import type { EdgeEvents } from '../events.ts'
import { bootOf, isUrgentBoot, streamKeyOf, type StreamName, streamNameOf } from '../outbox/message.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { backOffMs } from '@tracegate/service/back-off'
import { connectOptions } from './connect-options.ts'
import { bufferOf, createAcknowledgements, endWithin, sendAtOnce, subscribeIfAllowed } from './line.ts'
import { birthOf, deathOf, payloadOf, wireChannelOf } from './payload.ts'
import type { WindowEffect, WindowEvent } from './window-types.ts'
import { initialWindow, reduceWindow } from './window.ts'

export interface UplinkOptions {
  readonly config: ResolvedEdgeConfig
  readonly boot: string
  readonly outbox: Outbox
  readonly logger: Logger
  readonly events: EdgeEvents
  readonly random?: () => number
  /** An order to the agent or a device behind it, as it came. Left out: no orders are subscribed. */
  readonly onCommand?: (device: string, payload: Uint8Array) => void
  /** A message with control orders of the point. Left out: none are subscribed. */
  readonly onControl?: (payload: Uint8Array) => void
  /** The connection is up and subscribed. */
  readonly onConnected?: () => void
}

export interface Uplink {
  start(): void
  /** New messages are in the outbox. */
  appended(messages: readonly StreamName[]): void
  /** Publishes the birth of a device, now and at each new connection. */
  announce(device: EdgeDevice): void
  /** Publishes its death, with the reason. */
  withdraw(device: EdgeDevice, reason: string): void
  /** Publishes the present birth or death of a device again; false when there is none or no connection. */
  rebirth(device: string): boolean
  /** Publishes an answer to an order; false when there is no connection. `taken` is called with its PUBACK. */
  reply(device: string, payload: Uint8Array, taken: () => void): boolean
  readonly connected: boolean
  readonly inFlight: number
  /** Why the last connection ended or was refused. */
  readonly lastError: string | undefined
  /** Says goodbye for every device and closes, within the time limit. */
  stop(timeoutMs: number): Promise<void>
}

const tickMs = 100
const committedValidator = compileValidator(CommittedSchema)

interface Presence {
  readonly device: EdgeDevice
  readonly online: boolean
  readonly reason: string
}

export function createUplink(options: UplinkOptions): Uplink {
  const { config, outbox, events, logger } = options
  const random = options.random ?? Math.random
  const limits = {
    messagesMax: config.windowMessagesMax,
    bytesMax: config.windowBytesMax,
    watermarkTimeoutMs: config.watermarkTimeoutMs,
    pubackTimeoutMs: config.pubackTimeoutMs,
    replayMessagesPerSecondMax: config.replayMessagesPerSecondMax
  }
  const signIn = connectOptions(config, `edge-${config.point}-${config.agent}`)
  const presences = new Map<string, Presence>()
  let window = initialWindow({ telemetry: options.boot, urgent: bootOf(options.boot, true) })
  let client: MqttClient | undefined
  let attempt = 0
  let stopped = false
  let lastError: string | undefined
  let retryTimer: NodeJS.Timeout | undefined
  let tickTimer: NodeJS.Timeout | undefined

  const dispatch = (event: WindowEvent) => {
    const queue: WindowEvent[] = [event]
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const step = reduceWindow(window, next, { nowMs: performance.now(), limits })
      window = step.state
      for (const effect of step.effects) {
        const answer = perform(effect)
        if (answer !== undefined) queue.push(answer)
      }
    }
  }

  // What comes after the connection is gone finds an empty window.
  const acknowledge = createAcknowledgements((stream, ids) => dispatch({ type: 'acknowledged', stream, ids }))

  const perform = (effect: WindowEffect): WindowEvent | undefined => {
    switch (effect.type) {
      case 'send':
        return send(effect)
      case 'release':
        outbox.release({ device: streamNameOf(effect.stream).device, boot: effect.boot, upTo: effect.upTo })
        return undefined
      case 'resend':
        events.resent(effect.messages)
        logger.debug({ stream: effect.stream, messages: effect.messages }, 'watermark silent: sending again')
        return undefined
      case 'tooFar':
        events.watermarkRefused()
        logger.warn({ stream: effect.stream, upTo: effect.upTo, sentUpTo: effect.sentUpTo }, 'watermark beyond what was sent')
        return undefined
      case 'reconnect':
        lastError = `no PUBACK within ${config.pubackTimeoutMs} ms`
        client?.end(true)
        return undefined
      default:
        return effect satisfies never
    }
  }

  const send = (effect: WindowEffect & { type: 'send' }): WindowEvent => {
    const line = client
    const { stream, afterId, messagesMax, bytesMax } = effect
    const messages = outbox.read({ ...streamNameOf(stream), afterId, messagesMax, bytesMax })
    for (const message of messages) {
      const topic = buildTopic({ type: 'device', point: config.point, device: message.device, channel: wireChannelOf(message) })
      line?.publish(topic, bufferOf(payloadOf(message, config.timeQuality)), { qos: 1 }, (error) => {
        if (!error && line === client) acknowledge(stream, message.id)
      })
    }
    events.sent(messages.length)
    return {
      type: 'sent',
      stream,
      exhausted: messages.length === 0,
      messages: messages.map((message) => ({
        id: message.id,
        boot: message.boot,
        seq: message.seq,
        bytes: message.payload.length
      }))
    }
  }

  const publishPresence = (presence: Presence) => {
    const { device, online, reason } = presence
    const timeMs = Math.max(0, Date.now())
    const payload = online
      ? birthOf(device, { boot: options.boot, timeMs, timeQuality: config.timeQuality })
      : deathOf(options.boot, { timeMs, reason })
    const topic = buildTopic({ type: 'device', point: config.point, device: device.id, channel: 'state' })
    client?.publish(topic, Buffer.from(payload), { qos: 1, retain: true }, (error) => {
      if (error) logger.debug({ device: device.id, detail: error.message }, 'state not published')
    })
  }

  const onMessage = (topic: string, payload: Buffer) => {
    const parsed = parseTopic(topic)
    if (parsed.ok && parsed.topic.type === 'control' && parsed.topic.point === config.point) return options.onControl?.(payload)
    if (!parsed.ok || parsed.topic.type !== 'device' || parsed.topic.point !== config.point) return
    if (parsed.topic.channel === 'command') return options.onCommand?.(parsed.topic.device, payload)
    if (parsed.topic.channel !== 'committed') return
    const decoded = decodeMessage(committedValidator, payload)
    if (!decoded.ok) {
      events.watermarkRefused()
      logger.warn({ topic, ...decoded.reason }, 'watermark cannot be read')
      return
    }
    const watermark: Committed = decoded.value
    const stream = streamKeyOf({ device: parsed.topic.device, urgent: isUrgentBoot(watermark.boot) })
    dispatch({ type: 'watermark', stream, boot: watermark.boot, upTo: watermark.upTo })
  }

  const onOpen = (line: MqttClient) => {
    sendAtOnce(line)
    line.subscribe(`${topicRoot}/${config.point}/+/committed`, { qos: 1 }, (error, granted) => {
      if (line !== client) return
      if (error || granted?.some((grant) => grant.qos > 2)) {
        lastError = `watermark subscription refused: ${error?.message ?? 'not granted'}`
        line.end(true)
        return
      }
      attempt = 0
      lastError = undefined
      logger.info({ broker: config.brokerUrl, waiting: outbox.messages }, 'connected to the broker')
      events.connected(true)
      for (const presence of presences.values()) publishPresence(presence)
      subscribeOrders(line)
      outbox.setOnline(true)
      const backlog = outbox.backlog().map((waiting) => ({ ...waiting, stream: streamKeyOf(waiting) }))
      dispatch({ type: 'connected', backlog })
      options.onConnected?.()
    })
  }

  const subscribeOrders = (line: MqttClient) => {
    const refused = (what: string) => (detail: string) =>
      line === client && logger.warn({ detail }, `no ${what} are taken: the subscription was refused`)
    if (options.onCommand !== undefined) subscribeIfAllowed(line, `${topicRoot}/${config.point}/+/command`, refused('orders'))
    if (options.onControl !== undefined) subscribeIfAllowed(line, `${topicRoot}/${config.point}/-/control/#`, refused('control orders'))
  }

  const connect = () => {
    if (stopped) return
    const line = mqtt.connect(config.brokerUrl, {
      ...signIn,
      will: {
        topic: buildTopic({ type: 'device', point: config.point, device: config.agent, channel: 'state' }),
        payload: Buffer.from(deathOf(options.boot)),
        qos: 1,
        retain: true
      }
    })
    client = line
    line.on('connect', () => onOpen(line))
    line.on('message', onMessage)
    line.on('error', (error) => {
      lastError = error.message
    })
    line.once('close', () => {
      if (line !== client) return
      client = undefined
      line.end(true)
      events.connected(false)
      outbox.setOnline(false)
      dispatch({ type: 'disconnected' })
      if (stopped) return
      const waitMs = backOffMs(attempt, { minMs: config.backOffMinMs, maxMs: config.backOffMaxMs }, random())
      attempt += 1
      logger.warn({ broker: config.brokerUrl, detail: lastError ?? 'closed', attempt, waitMs }, 'no connection to the broker')
      retryTimer = setTimeout(connect, waitMs)
    })
  }

  return {
    start() {
      outbox.setOnline(false)
      connect()
      tickTimer = setInterval(() => dispatch({ type: 'tick' }), tickMs)
    },
    appended(messages) {
      const streams = [...Map.groupBy(messages, streamKeyOf)].map(([stream, its]) => ({
        stream,
        ...streamNameOf(stream),
        messages: its.length
      }))
      if (streams.length > 0) dispatch({ type: 'appended', streams })
    },
    announce(device) {
      const presence = { device, online: true, reason: '' }
      presences.set(device.id, presence)
      if (window.connected) publishPresence(presence)
    },
    withdraw(device, reason) {
      if (presences.get(device.id)?.online === false) return
      const presence = { device, online: false, reason }
      presences.set(device.id, presence)
      if (window.connected) publishPresence(presence)
    },
    rebirth(device) {
      const presence = presences.get(device)
      if (presence === undefined || !window.connected) return false
      publishPresence(presence)
      return presence.online
    },
    reply(device, payload, taken) {
      const line = client
      if (line === undefined || !window.connected) return false
      const topic = buildTopic({ type: 'device', point: config.point, device, channel: 'command/reply' })
      line.publish(topic, Buffer.from(payload), { qos: 1 }, (error) => {
        if (!error) taken()
      })
      return true
    },
    get connected() {
      return window.connected
    },
    get inFlight() {
      return window.inFlightMessages
    },
    get lastError() {
      return lastError
    },
    async stop(timeoutMs) {
      stopped = true
      clearTimeout(retryTimer)
      clearInterval(tickTimer)
      const line = client
      if (line === undefined) return
      if (window.connected)
        for (const presence of presences.values())
          if (presence.online) publishPresence({ ...presence, online: false, reason: 'agent stopped' })
      await endWithin(line, timeoutMs)
    }
  }
}
