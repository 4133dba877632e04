/**
 * The clients of the connections benchmark, in a process of their own: `connections-load.ts <port> <count>`, told over the IPC
 * channel what to do. Each connection has one subscription and is otherwise silent.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPacketReader, encodeConnect, encodePublish, encodeSubscribe, packetTypes } from '@tracegate/broker/raw-client'

/** What a port number and one source address allow, with room for other programs. */
const perAddressMax = 2_000
const atOnce = 200
const stepTimeoutMs = 60_000
const pingsPerSecond = 2_000
const ping = Buffer.from([0xc0, 0])

interface Device {
  readonly socket: Socket
  /** Called with the type of each packet. */
  onPacket: (type: number) => void
}

if (import.meta.main) main(Number(process.argv[2]), Number(process.argv[3]))

function main(port: number, count: number): void {
  let devices: Device[] = []
  const steps: Readonly<Record<string, () => Promise<Readonly<Record<string, number>>>>> = {
    async connect() {
      const startedMs = performance.now()
      devices = await connectAll(port, count)
      return { tookMs: performance.now() - startedMs, connected: devices.length }
    },
    ping: () => pingAll(devices),
    message: () => messageAll(devices, port)
  }
  process.on('message', (step) => {
    const run = steps[String(step)]
    void run?.().then(
      (result) => process.send?.(result),
      (error: unknown) => process.send?.({ failed: 1, detail: String(error) })
    )
  })
  process.once('disconnect', () => process.exit(0))
}

const nameOf = (index: number) => `dev-${index}`
const addressOf = (index: number) => `127.0.0.${2 + Math.floor(index / perAddressMax)}`

async function connectAll(port: number, count: number): Promise<Device[]> {
  const devices: Device[] = []
  let next = 0
  const work = async () => {
    while (next < count) {
      const index = next++
      devices[index] = await open(port, index)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return devices
}

async function open(port: number, index: number): Promise<Device> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: addressOf(index), noDelay: true })
  const device: Device = { socket, onPacket: () => {} }
  socket.on(
    'data',
    createPacketReader(({ type }) => device.onPacket(type))
  )
  const name = nameOf(index)
  socket.on('error', () => {})
  socket.write(encodeConnect({ clientId: name, username: `port-1/${name}`, password: 'secret', keepaliveSeconds: 600 }))
  await waitFor(device, packetTypes.connack)
  const suback = waitFor(device, packetTypes.suback)
  socket.write(encodeSubscribe([`tg/v1/port-1/${name}/command`]))
  await suback
  return device
}

/** Resolves with the milliseconds until the next packet of the type. */
function waitFor(device: Device, wanted: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const startedMs = performance.now()
  const timer = setTimeout(() => reject(new Error(`no packet of type ${wanted} within ${stepTimeoutMs} ms`)), stepTimeoutMs)
  device.onPacket = (type) => {
    if (type !== wanted) return
    clearTimeout(timer)
    resolve(performance.now() - startedMs)
  }
  return promise
}

/** Each is asked once, spread over the seconds as keep-alives are. */
async function pingAll(devices: readonly Device[]): Promise<Readonly<Record<string, number>>> {
  const answers: Promise<number>[] = []
  const startedMs = performance.now()
  for (const [index, device] of devices.entries()) {
    const dueMs = startedMs + (index / pingsPerSecond) * 1_000
    const earlyMs = dueMs - performance.now()
    if (earlyMs >= 1) await sleep(earlyMs)
    answers.push(waitFor(device, packetTypes.pingresp))
    device.socket.write(ping)
  }
  const settled = await Promise.allSettled(answers)
  const latenciesMs = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])).toSorted((left, right) => left - right)
  const at = (share: number) => latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0
  return { answered: latenciesMs.length, p50: at(0.5), p99: at(0.99) }
}

/** One message to each, from one more connection. */
async function messageAll(devices: readonly Device[], port: number): Promise<Readonly<Record<string, number>>> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const publisher: Device = { socket, onPacket: () => {} }
  socket.on(
    'data',
    createPacketReader(({ type }) => publisher.onPacket(type))
  )
  socket.write(encodeConnect({ clientId: 'service', username: 'service', password: 'secret' }))
  await waitFor(publisher, packetTypes.connack)
  const startedMs = performance.now()
  const received = devices.map((device) => waitFor(device, packetTypes.publish))
  for (let index = 0; index < devices.length; index += 1) {
    const topic = `tg/v1/port-1/${nameOf(index)}/command`
    socket.write(encodePublish({ topic, payload: Buffer.from('{"v":1}'), qos: 1, packetId: (index % 65_535) + 1 }))
  }
  const settled = await Promise.allSettled(received)
  const tookMs = performance.now() - startedMs
  socket.destroy()
  return { received: settled.filter(({ status }) => status === 'fulfilled').length, tookMs }
}
