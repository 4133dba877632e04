/**
 * The load of the ingest benchmarks: many devices on bare sockets, each with a window of unacknowledged QoS 1 messages, flat out
 * or at a fixed rate. Messages are built before the clock starts. It measures; it judges nothing.
 */
import { encodeConnect, encodePublish, openRawClient, packetTypes, type RawClient } from '@tracegate/broker/raw-client'

export interface LoadShape {
  readonly devices: number
  readonly windowMax: number
  readonly messages: number
  readonly readingsPerMessage: number
  /** Messages a second over all devices; flat out without it. */
  readonly messagesPerSecond?: number
}

export interface LoadOptions extends LoadShape {
  readonly port: number
  /** Another boot for each run: otherwise all would be duplicates. */
  readonly boot: string
}

export interface LoadResult {
  readonly messages: number
  readonly tookMs: number
  /** Before the first was sent: logging in and building the messages. */
  readonly preparedMs: number
  /**
   * Until the PUBACK: flat out from the send, sampled; paced from the moment the message was due, all of them, so that a broker which
   * stands still is not spared the messages that had to wait for it.
   */
  readonly latenciesMs: readonly number[]
}

interface Device {
  readonly client: RawClient
  /** The PUBLISH packets of this run, ready to go. */
  readonly packets: readonly Buffer[]
  readonly sentAtMs: Float64Array
  sent: number
  acknowledged: number
}

const loadTimeoutMs = 120_000
const sampleEvery = 97
const packetIdsMax = 65_535
/** Between two messages of a device, by its own clock. */
const messageEveryMs = 100

export const messagesOf = ({ messages, devices }: LoadShape): number => Math.floor(messages / devices) * devices

/** Resolves when every message is acknowledged. */
export async function sendLoad(options: LoadOptions): Promise<LoadResult> {
  const each = Math.floor(options.messages / options.devices)
  const beganMs = performance.now()
  // Live: nothing of it may be taken for backfill, or for the future.
  const startMs = Date.now() - each * messageEveryMs
  const devices: Device[] = []
  for (let index = 0; index < options.devices; index += 1)
    devices.push({
      client: await login(options.port, `probe-${index}`),
      packets: Array.from({ length: each }, (_, seq) => packetOf({ ...options, startMs }, index, seq)),
      sentAtMs: new Float64Array(each),
      sent: 0,
      acknowledged: 0
    })
  const latenciesMs: number[] = []
  const startedMs = performance.now()
  try {
    const done = Promise.all(devices.map((device) => untilAcknowledged(device, options, latenciesMs)))
    if (options.messagesPerSecond === undefined) for (const device of devices) fill(device, options.windowMax)
    else await Promise.race([done, pace(devices, options.messagesPerSecond)])
    await done
    return { messages: each * options.devices, tookMs: performance.now() - startedMs, preparedMs: startedMs - beganMs, latenciesMs }
  } finally {
    for (const { client } of devices) client.socket.destroy()
  }
}

async function login(port: number, device: string): Promise<RawClient> {
  const client = await openRawClient({ port })
  client.send(encodeConnect({ clientId: device, username: `port-1/${device}`, password: 'secret' }))
  await client.next(packetTypes.connack)
  return client
}

function untilAcknowledged(device: Device, { windowMax, messagesPerSecond }: LoadOptions, latenciesMs: number[]): Promise<void> {
  const { client, packets, sentAtMs } = device
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(
    () => reject(new Error(`only ${device.acknowledged} of ${packets.length} messages acknowledged`)),
    loadTimeoutMs + (messagesPerSecond === undefined ? 0 : packets.length * 1_000)
  )
  client.socket.on('data', () => {
    const nowMs = performance.now()
    for (const packet of client.packets.splice(0)) {
      if (packet.type !== packetTypes.puback) continue
      // Both brokers acknowledge in the order of sending, so that the count is the place.
      const at = device.acknowledged
      device.acknowledged += 1
      if (packet.body.readUInt16BE(0) !== packetIdOf(at)) return reject(new Error('a PUBACK came out of order'))
      if (messagesPerSecond !== undefined || at % sampleEvery === 0) latenciesMs.push(nowMs - (sentAtMs[at] ?? nowMs))
    }
    if (device.acknowledged < packets.length) {
      if (messagesPerSecond === undefined) fill(device, windowMax)
      return
    }
    clearTimeout(timer)
    resolve()
  })
  client.socket.on('close', () => {
    clearTimeout(timer)
    reject(new Error('the broker closed the connection'))
  })
  return promise
}

function fill(device: Device, windowMax: number): void {
  const until = Math.min(device.packets.length, device.acknowledged + windowMax)
  if (until <= device.sent) return
  device.sentAtMs.fill(performance.now(), device.sent, until)
  const batch = device.packets.slice(device.sent, until)
  device.sent = until
  device.client.send(Buffer.concat(batch))
}

/** Sends what is due, device after device, whether or not the broker keeps up. */
async function pace(devices: readonly Device[], messagesPerSecond: number): Promise<void> {
  const total = devices.reduce((sum, { packets }) => sum + packets.length, 0)
  const startedMs = performance.now()
  const { promise, resolve } = Promise.withResolvers<void>()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - startedMs) * messagesPerSecond) / 1_000))
    for (; sent < due; sent += 1) {
      const device = devices[sent % devices.length]
      const packet = device?.packets[device.sent]
      if (device === undefined || packet === undefined) continue
      device.sentAtMs[device.sent] = startedMs + ((sent + 1) * 1_000) / messagesPerSecond
      device.sent += 1
      device.client.send(packet)
    }
    if (sent < total) return
    clearInterval(timer)
    resolve()
  }, 1)
  return promise.finally(() => clearInterval(timer))
}

function packetIdOf(at: number): number {
  return (at % packetIdsMax) + 1
}

function packetOf({ boot, readingsPerMessage, startMs }: LoadOptions & { readonly startMs: number }, index: number, seq: number): Buffer {
  const timeMs = startMs + seq * messageEveryMs
  const readings: string[] = []
  for (let reading = 0; reading < readingsPerMessage; reading += 1) {
    // By the clock, up and down by a tenth of a degree each time, in every run alike: a jump would be an anomaly, and those are no part of the load.
    const value = (40 + Math.abs(((Math.floor(timeMs / messageEveryMs) + index + reading) % 100) - 50)) / 10
    readings.push(`{"metric":"t${reading}","value":${value},"unit":"Cel","quality":1}`)
  }
  const payload = Buffer.from(
    `{"v":1,"boot":"${boot}","seq":${seq},"timeMs":${timeMs},"timeQuality":"synchronized","readings":[${readings.join(',')}]}`
  )
  return encodePublish({ topic: `tg/v1/port-1/probe-${index}/telemetry`, payload, qos: 1, packetId: packetIdOf(seq) })
}
