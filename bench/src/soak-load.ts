/** The load of the soak: devices that send one reading a message at a fixed rate for a long time, each message built when it is due. */
import { encodeConnect, encodePublish, openRawClient, packetTypes, type RawClient } from '@tracegate/broker/raw-client'

export interface SoakLoad {
  /** Acknowledged so far. */
  acknowledged(): number
  /** Due and not sent, as too many of the device are not acknowledged. */
  held(): number
  /** No more are sent; resolves when all sent are acknowledged, or at the time limit. */
  stop(timeoutMs: number): Promise<void>
  /** Why it went on without a device; undefined when none was lost. */
  failure(): string | undefined
}

interface Device {
  readonly client: RawClient
  readonly name: string
  sent: number
  acknowledged: number
  lastMs: number
}

const windowMax = 500
const packetIdsMax = 65_535
const tickMs = 5

export async function startSoakLoad(options: {
  readonly port: number
  readonly devices: number
  readonly messagesPerSecond: number
  readonly boot: string
}): Promise<SoakLoad> {
  const devices: Device[] = []
  let failure: string | undefined
  for (let index = 0; index < options.devices; index += 1) {
    const name = `probe-${index}`
    const client = await openRawClient({ port: options.port })
    client.send(encodeConnect({ clientId: name, username: `port-1/${name}`, password: 'secret', keepaliveSeconds: 0 }))
    await client.next(packetTypes.connack)
    const device: Device = { client, name, sent: 0, acknowledged: 0, lastMs: 0 }
    client.socket.on('data', () => {
      for (const { type } of client.packets.splice(0)) if (type === packetTypes.puback) device.acknowledged += 1
    })
    client.socket.on('close', () => (failure ??= stopped ? undefined : `the broker closed the connection of ${name}`))
    devices.push(device)
  }
  let stopped = false
  let due = 0
  let held = 0
  const startedMs = performance.now()
  const timer = setInterval(() => {
    const now = Math.floor(((performance.now() - startedMs) * options.messagesPerSecond) / 1_000)
    for (; due < now; due += 1) {
      const device = devices[due % devices.length]
      if (device === undefined || device.sent - device.acknowledged >= windowMax) held += 1
      else send(device, options.boot)
    }
  }, tickMs)
  const sum = (member: 'sent' | 'acknowledged') => devices.reduce((total, device) => total + device[member], 0)
  return {
    acknowledged: () => sum('acknowledged'),
    held: () => held,
    failure: () => failure,
    async stop(timeoutMs) {
      clearInterval(timer)
      const end = Date.now() + timeoutMs
      while (sum('acknowledged') < sum('sent') && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
      stopped = true
      for (const { client } of devices) client.socket.destroy()
    }
  }
}

function send(device: Device, boot: string): void {
  const seq = device.sent
  // A time of its own for each, so that none replaces another.
  device.lastMs = Math.max(device.lastMs + 1, Date.now())
  // Slow and fine, as messages may stand a millisecond apart: what changes faster is an anomaly, and those are no part of the load.
  const value = (4 + Math.abs(((device.lastMs / 20_000) % 10) - 5)).toFixed(4)
  const payload = Buffer.from(
    `{"v":1,"boot":"${boot}","seq":${seq},"timeMs":${device.lastMs},"timeQuality":"synchronized","readings":[` +
      `{"metric":"temperature","value":${value},"unit":"Cel","quality":1}]}`
  )
  device.client.send(encodePublish({ topic: `tg/v1/port-1/${device.name}/telemetry`, payload, qos: 1, packetId: (seq % packetIdsMax) + 1 }))
  device.sent += 1
}
