/**
 * A container probe that speaks our contract itself: birth and will, telemetry with boot and sequence, and a buffer that is freed
 * only up to the commit watermark. A small model of what a device maker has to do; it passes the conformance kit.
 */
import { randomBytes } from 'node:crypto'
import mqtt, { type MqttClient } from 'mqtt'
import { compileValidator, decodeMessage, encodeMessage } from '@tracegate/model/codec'
import { Committed } from '@tracegate/model/committed'
import type { MetricDeclaration } from '@tracegate/model/state'
import type { Telemetry } from '@tracegate/model/telemetry'
import { buildTopic, type DeviceChannel } from '@tracegate/model/topics'
import { type TimeQuality } from '@tracegate/model/wire'
import { wireVersion } from '@tracegate/model/wire-limits'
import { withLimit } from '@tracegate/service/lifecycle'
import type { RoomSample } from '../plant.ts'

export interface NativeProbeOptions {
  readonly brokerUrl: string
  readonly point: string
  readonly device: string
  readonly secret: string
  readonly metrics: readonly MetricDeclaration[]
  readonly nowMs?: () => number
  /** First wait between two attempts to connect; doubles up to a minute, with jitter. */
  readonly backOffMinMs?: number
  /** First wait for a watermark before what was acknowledged is sent again (TG-405); doubles up to four times this. */
  readonly silenceMs?: number
}

export interface NativeProbe extends AsyncDisposable {
  send(sample: RoomSample): void
  /** By how much the clock of the device is off. */
  setClockOffset(offsetMs: number): void
  /** Messages not yet known to be committed. */
  waiting(): number
  connected(): boolean
}

/** An hour of readings at one a second; then the oldest is lost. */
const bufferMessagesMax = 3_600
/** Sent again after a new connection so many at a time, the rest follow as the watermark moves. */
const sendWindow = 200
const backOffMaxMs = 60_000
/** A clock that is off by more was moved by hand. */
const clockTrustMs = 1_000
const goodbyeMs = 500
const silenceFactorMax = 4

interface Waiting {
  readonly seq: number
  readonly payload: Buffer
  acknowledged: boolean
}

const committed = compileValidator(Committed)

export function startNativeProbe(options: NativeProbeOptions): NativeProbe {
  const { point, device } = options
  const nowMs = options.nowMs ?? Date.now
  const backOffMinMs = options.backOffMinMs ?? 1_000
  const boot = randomBytes(8).toString('hex')
  const topic = (channel: DeviceChannel | 'committed') => buildTopic({ type: 'device', point, device, channel })
  const buffer: Waiting[] = []
  let nextSeq = 0
  let sentUpTo = -1
  /** Over all connections: nothing beyond it can be committed. */
  let everSentUpTo = -1
  let watermark = -1
  let offsetMs = 0
  let attempt = 0
  let stopped = false
  let retry: NodeJS.Timeout | undefined
  const silenceMs = options.silenceMs ?? 10_000
  let silence = { seq: -1, sinceMs: 0, waitMs: silenceMs }
  const timeQuality = (): TimeQuality => (Math.abs(offsetMs) > clockTrustMs ? 'unsynchronized' : 'synchronized')
  const deathOf = (sent?: { readonly timeMs: number; readonly reason: string }) =>
    Buffer.from(encodeMessage({ v: wireVersion, online: false, boot, ...sent }))

  const pump = (line: MqttClient): void => {
    if (!line.connected) return
    const fromSeq = buffer[0]?.seq ?? nextSeq
    for (const message of buffer) {
      if (message.seq <= sentUpTo || message.seq >= fromSeq + sendWindow) continue
      sentUpTo = message.seq
      everSentUpTo = Math.max(everSentUpTo, sentUpTo)
      line.publish(topic('telemetry'), message.payload, { qos: 1 }, (error) => {
        if (error || line !== client) return
        message.acknowledged = true
        free(line)
      })
    }
  }
  const free = (line: MqttClient): void => {
    for (let first = buffer[0]; first !== undefined && first.seq <= watermark && first.acknowledged; first = buffer[0]) buffer.shift()
    pump(line)
  }
  const sendAgain = (): void => {
    sentUpTo = -1
    for (const message of buffer) message.acknowledged = false
  }
  /** A broker may have lost what it acknowledged; the platform does not wait for the next connection. */
  const breakSilence = (): void => {
    const oldest = buffer[0]
    if (!client.connected || oldest?.acknowledged !== true) return
    const steadyMs = performance.now()
    if (oldest.seq !== silence.seq) silence = { seq: oldest.seq, sinceMs: steadyMs, waitMs: silenceMs }
    if (steadyMs - silence.sinceMs < silence.waitMs) return
    silence = { seq: oldest.seq, sinceMs: steadyMs, waitMs: Math.min(2 * silence.waitMs, silenceFactorMax * silenceMs) }
    sendAgain()
    pump(client)
  }
  const onOpen = (line: MqttClient): void => {
    attempt = 0
    sendAgain()
    silence = { seq: -1, sinceMs: 0, waitMs: silenceMs }
    const birth = birthOf(options, { boot, timeMs: nowMs() + offsetMs, timeQuality: timeQuality() })
    line.publish(topic('state'), Buffer.from(encodeMessage(birth)), { qos: 1, retain: true })
    line.subscribe(topic('committed'), { qos: 1 })
    pump(line)
  }
  const onWatermark = (line: MqttClient, payload: Buffer): void => {
    const decoded = decodeMessage(committed, payload)
    if (!decoded.ok || decoded.value.boot !== boot || decoded.value.upTo > everSentUpTo) return
    watermark = Math.max(watermark, decoded.value.upTo)
    free(line)
  }
  /** A new client for each connection: the library must send nothing again by itself, before the birth. */
  const connect = (): MqttClient => {
    const line = mqtt.connect(options.brokerUrl, {
      clientId: `${point}-${device}`,
      username: `${point}/${device}`,
      password: options.secret,
      reconnectPeriod: 0,
      connectTimeout: 5_000,
      keepalive: 15,
      resubscribe: false,
      queueQoSZero: false,
      will: { topic: topic('state'), payload: deathOf(), qos: 1, retain: true }
    })
    line.on('connect', () => onOpen(line))
    line.on('message', (_topic, payload) => onWatermark(line, payload))
    // There is nobody on a probe to tell; `close` follows.
    line.on('error', () => undefined)
    line.once('close', () => {
      line.end(true)
      if (stopped || line !== client) return
      const ceilingMs = Math.min(backOffMaxMs, backOffMinMs * 2 ** Math.min(attempt, 10))
      attempt += 1
      retry = setTimeout(() => (client = connect()), ceilingMs * (0.75 + Math.random() / 4))
    })
    return line
  }
  let client = connect()
  const silenceTimer = setInterval(breakSilence, silenceMs / 10)
  return {
    send(sample) {
      const message: Telemetry = {
        v: wireVersion,
        boot,
        seq: nextSeq,
        timeMs: sample.timeMs + offsetMs,
        timeQuality: timeQuality(),
        readings: [
          { metric: 'temperature', value: sample.temperature1, unit: 'Cel', quality: 1 },
          { metric: 'humidity', value: sample.humidity, unit: '%', quality: 1 },
          { metric: 'power', value: sample.power, unit: 'kW', quality: 1 }
        ]
      }
      nextSeq += 1
      if (buffer.length >= bufferMessagesMax) buffer.shift()
      buffer.push({ seq: message.seq, payload: Buffer.from(encodeMessage(message)), acknowledged: false })
      pump(client)
    },
    setClockOffset(milliseconds) {
      offsetMs = milliseconds
    },
    waiting: () => buffer.length,
    connected: () => client.connected,
    async [Symbol.asyncDispose]() {
      stopped = true
      clearTimeout(retry)
      clearInterval(silenceTimer)
      const death = deathOf({ timeMs: nowMs() + offsetMs, reason: 'probe stopped' })
      if (client.connected)
        await withLimit(client.publishAsync(topic('state'), death, { qos: 1, retain: true }), goodbyeMs, 'the goodbye').catch(
          () => undefined
        )
      await withLimit(client.endAsync(!client.connected), goodbyeMs, 'the end').catch(() => client.end(true))
    }
  }
}

function birthOf(
  options: NativeProbeOptions,
  at: { readonly boot: string; readonly timeMs: number; readonly timeQuality: TimeQuality }
): object {
  return {
    v: wireVersion,
    online: true,
    ...at,
    identity: { manufacturer: 'Tracegate simulator', model: 'TP-1', serialNumber: options.device.toUpperCase(), firmware: '1.0.0' },
    capabilities: ['telemetry'],
    metrics: options.metrics
  }
}
