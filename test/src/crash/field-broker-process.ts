/**
 * The site's own small MQTT broker, which field devices speak to and the edge subscribes to: `node field-broker-process.ts`. It
 * keeps nothing: a message is acknowledged to the device when the edge has acknowledged it, and what the edge has not is
 * delivered to the next one that subscribes. It knows QoS 1, one subscriber, and no sessions.
 */
import { writeSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { bodyAt, createFrameCutter, frameTypes, typeOf } from './frames.ts'

/** Messages that wait for the edge; past it a device is not acknowledged and comes again. */
const pendingMax = 10_000

interface Pending {
  readonly from: Socket
  readonly deviceId: number
  readonly frame: Buffer
}

if (import.meta.main) main()

function main(): void {
  /** By the packet id towards the edge. */
  const pending = new Map<number, Pending>()
  let subscriber: Socket | undefined
  let lastId = 0

  const deliver = (id: number, { frame }: Pending) => {
    const copy = Buffer.from(frame)
    copy.writeUInt16BE(id, idAt(copy))
    subscriber?.write(copy)
  }
  const onPublish = (from: Socket, frame: Buffer) => {
    if (pending.size >= pendingMax) return
    do lastId = (lastId % 65_535) + 1
    while (pending.has(lastId))
    const entry: Pending = { from, deviceId: frame.readUInt16BE(idAt(frame)), frame: Buffer.from(frame) }
    pending.set(lastId, entry)
    deliver(lastId, entry)
  }
  const onAcknowledged = (id: number) => {
    const entry = pending.get(id)
    pending.delete(id)
    if (entry !== undefined && !entry.from.destroyed) entry.from.write(packet(0x40, entry.deviceId))
  }
  const onFrame = (socket: Socket, frame: Buffer) => {
    const at = bodyAt(frame)
    switch (typeOf(frame)) {
      case frameTypes.connect:
        return void socket.write(Buffer.from([0x20, 2, 0, 0]))
      case frameTypes.subscribe: {
        const filters = countFilters(frame, at + 2)
        subscriber = socket
        socket.write(Buffer.from([0x90, 2 + filters, frame[at] ?? 0, frame[at + 1] ?? 0, ...new Array<number>(filters).fill(1)]))
        for (const [id, entry] of pending) deliver(id, entry)
        return
      }
      case frameTypes.publish:
        return onPublish(socket, frame)
      case frameTypes.puback:
        return onAcknowledged(frame.readUInt16BE(at))
      case frameTypes.pingreq:
        return void socket.write(Buffer.from([0xd0, 0]))
      default:
    }
  }

  const server = createServer({ noDelay: true }, (socket) => {
    socket.on(
      'data',
      createFrameCutter((frame) => onFrame(socket, frame))
    )
    socket.on('error', () => {})
    socket.on('close', () => {
      if (socket === subscriber) subscriber = undefined
      // A device that is gone sends again what it was not acknowledged.
      for (const [id, { from }] of pending) if (from === socket) pending.delete(id)
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    writeSync(1, `${JSON.stringify({ ready: { port: typeof address === 'object' ? address?.port : 0 } })}\n`)
  })
  process.once('SIGTERM', () => process.exit(0))
}

/** Where the packet id of a PUBLISH of QoS 1 stands. */
function idAt(frame: Buffer): number {
  const at = bodyAt(frame)
  return at + 2 + frame.readUInt16BE(at)
}

function countFilters(frame: Buffer, from: number): number {
  let count = 0
  for (let at = from; at + 2 < frame.length; at += 3 + frame.readUInt16BE(at)) count += 1
  return count
}

function packet(first: number, id: number): Buffer {
  const bytes = Buffer.from([first, 2, 0, 0])
  bytes.writeUInt16BE(id, 2)
  return bytes
}
