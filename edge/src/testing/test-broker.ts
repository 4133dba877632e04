/** A broker with a stand-in collector for tests: real sockets, and faults on demand. It publishes watermarks as a collector does. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { decodeJson, encodeMessage } from '@tracegate/model/codec'
import { parseTopic } from '@tracegate/model/topics'
import { Aedes, type AedesPublishPacket } from 'aedes'

export interface Received {
  readonly topic: string
  readonly device: string
  readonly channel: string
  readonly boot: string
  readonly seq: number
  readonly message: Record<string, unknown>
  readonly retain: boolean
}

export interface TestBroker extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly received: Received[]
  /** Of every sign-in. */
  readonly passwords: string[]
  /** Faults, to be changed while it runs. */
  readonly faults: { watermarks: boolean; acknowledge: boolean; refuse: boolean }
  /** `device/boot/seq`, each once. */
  distinct(): Set<string>
  cut(): void
}

export async function startTestBroker(port = 0, received: Received[] = []): Promise<TestBroker> {
  const faults = { watermarks: true, acknowledge: true, refuse: false }
  const passwords: string[] = []
  const next = new Map<string, number>()
  const seen = new Set(
    received.filter((message) => message.channel !== 'state').map((message) => `${message.device}/${message.boot}/${message.seq}`)
  )
  const broker = await Aedes.createBroker({
    authenticate: (_client, _username, password, done) => {
      passwords.push(password?.toString() ?? '')
      if (faults.refuse) done(Object.assign(new Error('refused'), { returnCode: 5 }), false)
      else done(null, true)
    },
    authorizePublish: (client, packet, done) => {
      if (client === null) return done(null)
      if (!faults.acknowledge) return
      take(packet)
      done(null)
    }
  })
  const take = (packet: Pick<AedesPublishPacket, 'topic' | 'payload' | 'retain'>) => {
    const parsed = parseTopic(packet.topic)
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    const decoded = decodeJson(payload)
    if (!parsed.ok || parsed.topic.type !== 'device' || !decoded.ok || !isRecord(decoded.value)) return
    const { device, channel, point } = parsed.topic
    const boot = String(decoded.value['boot'])
    const seq = Number(decoded.value['seq'] ?? -1)
    received.push({ topic: packet.topic, device, channel, boot, seq, message: decoded.value, retain: packet.retain })
    if (channel === 'state') return
    seen.add(`${device}/${boot}/${seq}`)
    const key = `${device}/${boot}`
    let upTo = next.get(key) ?? 0
    while (seen.has(`${device}/${boot}/${upTo}`)) upTo += 1
    next.set(key, upTo)
    if (!faults.watermarks || upTo === 0) return
    broker.publish(
      {
        cmd: 'publish',
        qos: 1,
        dup: false,
        retain: false,
        topic: `tg/v1/${point}/${device}/committed`,
        payload: Buffer.from(encodeMessage({ v: 1, boot, upTo: upTo - 1 }))
      },
      () => undefined
    )
  }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    broker.handle(socket)
  })
  const open = await listen(server, port)
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: open,
    url: `mqtt://127.0.0.1:${open}`,
    received,
    passwords,
    faults,
    distinct: () => seen,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      broker.close()
      await closed
    }
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Polls until the condition holds; rejects with what it waited for. */
export async function until(what: string, condition: () => boolean, timeoutMs = 20_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
  }
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', () => resolve())
  await promise
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
