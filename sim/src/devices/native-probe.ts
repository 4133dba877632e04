/**
 * A container probe that speaks our contract itself: birth and will, telemetry with boot and sequence, and a buffer that is freed
 * only up to the commit watermark. A small model of what a device maker has to do.
 */
import { randomBytes } from 'node:crypto'
import mqtt from 'mqtt'
import { compileValidator, decodeMessage, encodeMessage } from '@tracegate/model/codec'
import { Committed } from '@tracegate/model/committed'
import type { MetricDeclaration } from '@tracegate/model/state'
import type { Telemetry } from '@tracegate/model/telemetry'
import { buildTopic, type DeviceChannel } from '@tracegate/model/topics'
import { wireVersion } from '@tracegate/model/wire'
import type { RoomSample } from '../plant.ts'

export interface NativeProbeOptions {
  readonly brokerUrl: string
  readonly point: string
  readonly device: string
  readonly secret: string
  readonly metrics: readonly MetricDeclaration[]
  readonly nowMs?: () => number
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

const committed = compileValidator(Committed)

export function startNativeProbe(options: NativeProbeOptions): NativeProbe {
  const { point, device } = options
  const nowMs = options.nowMs ?? Date.now
  const boot = randomBytes(8).toString('hex')
  const topic = (channel: DeviceChannel | 'committed') => buildTopic({ type: 'device', point, device, channel })
  const buffer: { readonly seq: number; readonly payload: Buffer }[] = []
  let nextSeq = 0
  let sentUpTo = -1
  let offsetMs = 0
  const death = Buffer.from(encodeMessage({ v: wireVersion, online: false, boot }))
  const client = mqtt.connect(options.brokerUrl, {
    clientId: `${point}-${device}`,
    username: `${point}/${device}`,
    password: options.secret,
    reconnectPeriod: 1_000,
    connectTimeout: 5_000,
    keepalive: 15,
    resubscribe: false,
    queueQoSZero: false,
    will: { topic: topic('state'), payload: death, qos: 1, retain: true }
  })
  const pump = (): void => {
    if (!client.connected) return
    const fromSeq = buffer[0]?.seq ?? nextSeq
    for (const message of buffer) {
      if (message.seq <= sentUpTo || message.seq >= fromSeq + sendWindow) continue
      sentUpTo = message.seq
      client.publish(topic('telemetry'), message.payload, { qos: 1 })
    }
  }
  client.on('connect', () => {
    sentUpTo = -1
    client.publish(topic('state'), Buffer.from(encodeMessage(birthOf(options, boot, nowMs() + offsetMs))), { qos: 1, retain: true })
    client.subscribe(topic('committed'), { qos: 1 })
    pump()
  })
  // Connections are tried again by the client library; there is nobody on a probe to tell.
  client.on('error', () => undefined)
  client.on('message', (_topic, payload) => {
    const decoded = decodeMessage(committed, payload)
    if (!decoded.ok || decoded.value.boot !== boot) return
    const { upTo } = decoded.value
    while (buffer[0] !== undefined && buffer[0].seq <= upTo) buffer.shift()
    pump()
  })
  return {
    send(sample) {
      const message: Telemetry = {
        v: wireVersion,
        boot,
        seq: nextSeq,
        timeMs: sample.timeMs + offsetMs,
        timeQuality: 'synchronized',
        readings: [
          { metric: 'temperature', value: sample.temperature1, unit: 'Cel', quality: 1 },
          { metric: 'humidity', value: sample.humidity, unit: '%', quality: 1 },
          { metric: 'power', value: sample.power, unit: 'kW', quality: 1 }
        ]
      }
      nextSeq += 1
      if (buffer.length >= bufferMessagesMax) buffer.shift()
      buffer.push({ seq: message.seq, payload: Buffer.from(encodeMessage(message)) })
      pump()
    },
    setClockOffset(milliseconds) {
      offsetMs = milliseconds
    },
    waiting: () => buffer.length,
    connected: () => client.connected,
    async [Symbol.asyncDispose]() {
      if (client.connected) await client.publishAsync(topic('state'), death, { qos: 1, retain: true }).catch(() => undefined)
      await client.endAsync(true)
    }
  }
}

function birthOf(options: NativeProbeOptions, boot: string, timeMs: number): object {
  return {
    v: wireVersion,
    online: true,
    boot,
    timeMs,
    timeQuality: 'synchronized',
    identity: { manufacturer: 'Tracegate simulator', model: 'TP-1', serialNumber: options.device.toUpperCase(), firmware: '1.0.0' },
    capabilities: ['telemetry'],
    metrics: options.metrics
  }
}
