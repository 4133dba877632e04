/** The load of the ingest benchmark: many devices on bare sockets, each with a window of unacknowledged QoS 1 messages. */
import { encodeConnect, encodePublish, openRawClient, packetTypes, type RawClient } from '@tracegate/broker/raw-client'

export interface LoadOptions {
  readonly port: number
  readonly devices: number
  readonly windowMax: number
  readonly messages: number
  readonly readingsPerMessage: number
  /** Another boot for each run: otherwise all would be duplicates. */
  readonly boot: string
}

export interface LoadResult {
  readonly tookMs: number
  /** From the send to the PUBACK, sampled. */
  readonly latenciesMs: readonly number[]
}

const loadTimeoutMs = 120_000
const sampleEvery = 97
const startMs = Date.UTC(2026, 10, 23)

/** Resolves when every message is acknowledged. */
export async function sendLoad(options: LoadOptions): Promise<LoadResult> {
  const clients = await Promise.all(Array.from({ length: options.devices }, (_, index) => login(options.port, `probe-${index}`)))
  const latenciesMs: number[] = []
  const startedMs = performance.now()
  try {
    await Promise.all(clients.map(({ client, device }, index) => sendOne(client, { ...options, device, index, latenciesMs })))
    return { tookMs: performance.now() - startedMs, latenciesMs }
  } finally {
    for (const { client } of clients) client.socket.destroy()
  }
}

async function login(port: number, device: string): Promise<{ readonly client: RawClient; readonly device: string }> {
  const client = await openRawClient({ port })
  client.send(encodeConnect({ clientId: device, username: `port-1/${device}`, password: 'secret' }))
  await client.next(packetTypes.connack)
  return { client, device }
}

interface DeviceLoad extends LoadOptions {
  readonly device: string
  readonly index: number
  readonly latenciesMs: number[]
}

function sendOne(client: RawClient, options: DeviceLoad): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const total = Math.floor(options.messages / options.devices)
  const sentAtMs = new Map<number, number>()
  let sent = 0
  let acknowledged = 0
  const timer = setTimeout(() => reject(new Error(`only ${acknowledged} of ${total} messages acknowledged`)), loadTimeoutMs)
  const fill = () => {
    const batch: Buffer[] = []
    while (sent < total && sent - acknowledged < options.windowMax) {
      const packetId = (sent % 65_535) + 1
      if (sent % sampleEvery === 0) sentAtMs.set(packetId, performance.now())
      batch.push(encodePublish({ topic: `tg/v1/port-1/${options.device}/telemetry`, payload: payloadOf(options, sent), qos: 1, packetId }))
      sent += 1
    }
    if (batch.length > 0) client.send(Buffer.concat(batch))
  }
  client.socket.on('data', () => {
    for (const packet of client.packets.splice(0)) {
      if (packet.type !== packetTypes.puback) continue
      acknowledged += 1
      const packetId = packet.body.readUInt16BE(0)
      const atMs = sentAtMs.get(packetId)
      if (atMs === undefined) continue
      sentAtMs.delete(packetId)
      options.latenciesMs.push(performance.now() - atMs)
    }
    if (acknowledged < total) return fill()
    clearTimeout(timer)
    resolve()
  })
  client.socket.on('close', () => reject(new Error('the broker closed the connection')))
  fill()
  return promise
}

function payloadOf({ boot, index, readingsPerMessage }: DeviceLoad, seq: number): Buffer {
  const timeMs = startMs + seq * 1_000
  const readings: string[] = []
  for (let reading = 0; reading < readingsPerMessage; reading += 1) {
    const value = (40 + ((seq + index + reading) % 50)) / 10
    readings.push(`{"metric":"t${reading}","value":${value},"unit":"Cel","quality":1}`)
  }
  return Buffer.from(
    `{"v":1,"boot":"${boot}","seq":${seq},"timeMs":${timeMs},"timeQuality":"synchronized","readings":[${readings.join(',')}]}`
  )
}
