/**
 * One way of the field device to the outside: sends what waits in the buffer over MQTT, in order, and lets an item go when it is
 * safe. native: when PUBACK and the commit watermark have come (TG-404, TG-405). field: when the site's broker has acknowledged.
 */
import mqtt, { type MqttClient } from 'mqtt'
import { compileValidator, decodeMessage, encodeMessage } from '@tracegate/model/codec'
import { Committed } from '@tracegate/model/committed'
import type { Birth, Death } from '@tracegate/model/state'
import { deviceOf, fieldMessage, metrics, nativeMessage, point, unit, type LaneName } from './content.ts'
import type { BufferedItem, DeviceBuffer } from './device-buffer.ts'

export interface LaneOptions {
  readonly lane: LaneName
  readonly url: string
  readonly boot: string
  readonly buffer: DeviceBuffer
  /** Whether an item is kept until the commit watermark covers it. */
  readonly awaitsWatermark: boolean
  /** Silence of the watermark after which acknowledged items are sent again. */
  readonly silenceMs: number
}

export interface Lane {
  /** Something new waits in the buffer. */
  wake(): void
  stop(): Promise<void>
}

const windowMax = 64
const pubackTimeoutMs = 1_500
const retryMs = { first: 60, most: 600 } as const
const tickMs = 100
const committed = compileValidator(Committed)

interface InFlight {
  readonly item: BufferedItem
  readonly sentAtMs: number
  acknowledged: boolean
}

export function startLane({ lane, url, boot, buffer, awaitsWatermark, silenceMs }: LaneOptions): Lane {
  const watermarks = new Map<string, number>()
  let inFlight: InFlight[] = []
  let cursor = 0
  let line: MqttClient | undefined
  let ready = false
  let attempts = 0
  let progressAtMs = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  const isSafe = ({ item, acknowledged }: InFlight) => acknowledged && (!awaitsWatermark || item.seq <= (watermarks.get(item.boot) ?? -1))

  const settle = () => {
    const safe = inFlight.filter((entry) => isSafe(entry))
    if (safe.length === 0) return
    try {
      buffer.release(safe.map(({ item }) => item.id))
    } catch {
      // The disk is full: they stay, and are tried again with the next tick.
      return
    }
    inFlight = inFlight.filter((entry) => !safe.includes(entry))
    progressAtMs = performance.now()
  }

  const send = (to: MqttClient, item: BufferedItem) => {
    if (inFlight.length === 0) progressAtMs = performance.now()
    const entry: InFlight = { item, sentAtMs: performance.now(), acknowledged: false }
    inFlight.push(entry)
    const { topic, payload } = lane === 'native' ? nativeMessage(item) : fieldMessage(item)
    to.publish(topic, payload, { qos: 1 }, (error) => {
      if (error || to !== line) return
      entry.acknowledged = true
      settle()
      pump()
    })
  }

  const pump = () => {
    if (!ready || line === undefined || inFlight.length >= windowMax) return
    const items = buffer.read(lane, cursor, windowMax - inFlight.length)
    cursor = items.at(-1)?.id ?? cursor
    for (const item of items) send(line, item)
  }

  const again = () => {
    inFlight = []
    cursor = 0
    progressAtMs = performance.now()
  }

  const tick = () => {
    if (!ready) return
    settle()
    const nowMs = performance.now()
    if (inFlight.some((entry) => !entry.acknowledged && nowMs - entry.sentAtMs > pubackTimeoutMs)) {
      line?.end(true)
      return
    }
    // The oldest one counts: newer ones are acknowledged all the time.
    if (inFlight[0]?.acknowledged === true && nowMs - progressAtMs > silenceMs) again()
    pump()
  }

  const open = (opened: MqttClient) => {
    if (opened !== line) return
    attempts = 0
    again()
    ready = true
    pump()
  }

  /** TG-406: the watermark is subscribed to before the first message. */
  const subscribe = (made: MqttClient) => {
    made.subscribe(`tg/v1/${point}/${deviceOf(lane)}/committed`, { qos: 1 }, (error) => {
      if (error) {
        made.end(true)
        return
      }
      made.publish(stateTopic(lane), birthOf(lane, boot), { qos: 1, retain: true })
      open(made)
    })
  }

  const connect = () => {
    if (stopped) return
    const made = mqtt.connect(url, connectOptions(lane, boot))
    line = made
    made.on('error', () => {})
    made.on('connect', () => {
      if (lane === 'field') open(made)
      else subscribe(made)
    })
    made.on('message', (_topic, payload) => {
      const decoded = decodeMessage(committed, payload)
      if (!decoded.ok) return
      watermarks.set(decoded.value.boot, Math.max(decoded.value.upTo, watermarks.get(decoded.value.boot) ?? -1))
      settle()
      pump()
    })
    made.once('close', () => {
      if (made !== line) return
      line = undefined
      ready = false
      made.end(true)
      const waitMs = Math.min(retryMs.most, retryMs.first * 2 ** attempts) * (0.5 + Math.random() / 2)
      attempts = Math.min(attempts + 1, 8)
      if (!stopped) timer = setTimeout(connect, waitMs)
    })
  }

  const ticking = setInterval(tick, tickMs)
  connect()
  return {
    wake: pump,
    async stop() {
      stopped = true
      clearInterval(ticking)
      clearTimeout(timer)
      await line?.endAsync(true)
    }
  }
}

const stateTopic = (lane: LaneName) => `tg/v1/${point}/${deviceOf(lane)}/state`

function connectOptions(lane: LaneName, boot: string): mqtt.IClientOptions {
  const common = {
    clientId: deviceOf(lane),
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: 1_500,
    keepalive: 10
  } as const
  if (lane === 'field') return common
  const death: Death = { v: 1, online: false, boot }
  return {
    ...common,
    username: `${point}/${deviceOf(lane)}`,
    password: 'secret',
    will: { topic: stateTopic(lane), payload: Buffer.from(encodeMessage(death)), qos: 1, retain: true }
  }
}

function birthOf(lane: LaneName, boot: string): Buffer {
  const birth: Birth = {
    v: 1,
    online: true,
    boot,
    timeMs: Date.now(),
    timeQuality: 'unknown',
    identity: { manufacturer: 'Tracegate', model: 'crash device', serialNumber: deviceOf(lane), firmware: '1' },
    capabilities: ['telemetry', 'event'],
    metrics: metrics.map((metric) => ({ metric, unit }))
  }
  return Buffer.from(encodeMessage(birth))
}
