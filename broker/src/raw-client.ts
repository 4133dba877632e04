/**
 * Just enough of an MQTT 3.1.1 client on a bare socket for tests and benchmarks: it can send floods, halves and nonsense, and
 * costs little. Not for production use.
 */
import { connect, type Socket } from 'node:net'

export interface ConnectFields {
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  readonly clean?: boolean
  readonly keepaliveSeconds?: number
  readonly will?: { readonly topic: string; readonly payload: Uint8Array; readonly qos: 0 | 1; readonly retain: boolean }
}

export interface RawPacket {
  /** Packet type of MQTT 3.1.1 §2.2.1. */
  readonly type: number
  readonly flags: number
  readonly body: Buffer
}

export const packetTypes = { connack: 2, publish: 3, puback: 4, suback: 9, pingresp: 13 } as const

export function encodeConnect(fields: ConnectFields): Buffer {
  const { will } = fields
  const flags =
    (fields.username === undefined ? 0 : 0x80) |
    (fields.password === undefined ? 0 : 0x40) |
    (will === undefined ? 0 : 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0)) |
    ((fields.clean ?? true) ? 0x02 : 0)
  const parts = [encodeText('MQTT'), Buffer.from([4, flags]), encodeNumber(fields.keepaliveSeconds ?? 60), encodeText(fields.clientId)]
  if (will !== undefined) parts.push(encodeText(will.topic), encodeNumber(will.payload.length), Buffer.from(will.payload))
  if (fields.username !== undefined) parts.push(encodeText(fields.username))
  if (fields.password !== undefined) parts.push(encodeText(fields.password))
  return encodePacket(0x10, Buffer.concat(parts))
}

export interface PublishFields {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly packetId?: number
  readonly retain?: boolean
}

export function encodePublish({ topic, payload, qos, packetId = 1, retain = false }: PublishFields): Buffer {
  const id = qos === 0 ? Buffer.alloc(0) : encodeNumber(packetId)
  return encodePacket(0x30 | (qos << 1) | (retain ? 1 : 0), Buffer.concat([encodeText(topic), id, payload]))
}

export function encodeSubscribe(filters: readonly string[], qos: 0 | 1 = 1, packetId = 1): Buffer {
  return encodePacket(
    0x82,
    Buffer.concat([encodeNumber(packetId), ...filters.flatMap((filter) => [encodeText(filter), Buffer.from([qos])])])
  )
}

export const encodeDisconnect = (): Buffer => Buffer.from([0xe0, 0])

function encodePacket(first: number, body: Buffer): Buffer {
  const length: number[] = []
  let rest = body.length
  do {
    const digit = rest % 128
    rest = Math.floor(rest / 128)
    length.push(rest > 0 ? digit | 0x80 : digit)
  } while (rest > 0)
  return Buffer.concat([Buffer.from([first, ...length]), body])
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([encodeNumber(bytes.length), bytes])
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** Takes bytes as they come and gives whole packets. */
export function createPacketReader(onPacket: (packet: RawPacket) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (at + 2 <= bytes.length) {
      let length = 0
      let factor = 1
      let next = at + 1
      let more = true
      while (more && next < bytes.length) {
        const digit = bytes.readUInt8(next)
        length += (digit & 0x7f) * factor
        factor *= 128
        more = digit >= 0x80
        next += 1
      }
      if (more || next + length > bytes.length) break
      const first = bytes.readUInt8(at)
      onPacket({ type: first >> 4, flags: first & 0xf, body: bytes.subarray(next, next + length) })
      at = next + length
    }
    rest = bytes.subarray(at)
  }
}

export interface RawClient extends AsyncDisposable {
  readonly socket: Socket
  /** Every packet since the last `take`, in order. */
  readonly packets: RawPacket[]
  send(bytes: Uint8Array): boolean
  /** Waits for the next packet of a type. */
  next(type: number, timeoutMs?: number): Promise<RawPacket>
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
}

export async function openRawClient(at: { readonly port: number; readonly host?: string }): Promise<RawClient> {
  const socket = connect({ port: at.port, host: at.host ?? '127.0.0.1', noDelay: true })
  const packets: RawPacket[] = []
  const waiting = new Set<() => void>()
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>()
  const { promise: opened, resolve: onOpened, reject } = Promise.withResolvers<void>()
  socket.once('connect', onOpened)
  socket.once('error', reject)
  socket.on('error', () => {})
  socket.on('close', () => onClosed())
  const read = createPacketReader((packet) => {
    packets.push(packet)
    for (const wake of waiting) wake()
  })
  socket.on('data', read)
  await opened
  return {
    socket,
    packets,
    closed,
    send: (bytes) => socket.write(bytes),
    async next(type, timeoutMs = 5_000) {
      const { promise, resolve, reject } = Promise.withResolvers<RawPacket>()
      const look = () => {
        const index = packets.findIndex((packet) => packet.type === type)
        const [packet] = index < 0 ? [] : packets.splice(index, 1)
        if (packet === undefined) return
        // Two of the type may come at once; this call takes one.
        waiting.delete(look)
        resolve(packet)
      }
      const timer = setTimeout(() => reject(new Error(`Cannot read packet: none of type ${type} within ${timeoutMs} ms`)), timeoutMs)
      waiting.add(look)
      look()
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        waiting.delete(look)
      }
    },
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await closed
    }
  }
}
