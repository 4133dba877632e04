/**
 * A TCP line between two parts that a test can spoil: cut it, let it go dead without closing (half-open), make it slow, and
 * repeat MQTT frames on it. Its own port stays the same when the far side starts anew on another one.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFrameCutter, frameTypes, qosOf, typeOf } from './frames.ts'

export interface Repeats {
  /** Of the frames that carry a message or acknowledge one, this share comes again. */
  readonly share: number
  readonly random: () => number
}

export interface Line extends AsyncDisposable {
  readonly port: number
  /** Where it leads; without a port connections are refused. */
  aim(port: number | undefined): void
  /** Resets every connection; gives how many. */
  cut(): number
  /** Swallows everything for a while without closing anything, then resets what was spoilt. */
  goDead(forMs: number): Promise<void>
  /** Lets nothing through for a while and everything after it. */
  hold(forMs: number): Promise<void>
  /** Repeats frames from now on; undefined ends it. */
  repeat(repeats: Repeats | undefined): void
  /** Frames that went twice. */
  readonly repeated: number
}

const repeatLaterMsMax = 150

interface LineState {
  target: number | undefined
  dead: boolean
  held: boolean
  repeats: Repeats | undefined
  repeated: number
}

interface Connection {
  readonly sockets: readonly [near: Socket, far: Socket]
  /** What waits while the line is held, in order. */
  readonly waiting: { readonly to: Socket; readonly frame: Buffer }[]
  dead: boolean
}

export async function startLine(): Promise<Line> {
  const connections = new Set<Connection>()
  const state: LineState = { target: undefined, dead: false, held: false, repeats: undefined, repeated: 0 }
  const server = createServer((near) => {
    near.on('error', () => {})
    if (state.target === undefined) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ port: state.target, host: '127.0.0.1', noDelay: true })
    near.setNoDelay(true)
    const connection: Connection = { sockets: [near, far], waiting: [], dead: state.dead }
    connections.add(connection)
    const onClosed = () => connections.delete(connection)
    pass(connection, { from: near, to: far, state, onClosed })
    pass(connection, { from: far, to: near, state, onClosed })
  })
  const port = await listen(server)
  const reset = (which: (connection: Connection) => boolean): number => {
    const chosen = [...connections].filter((connection) => which(connection))
    for (const { sockets } of chosen) for (const socket of sockets) socket.resetAndDestroy()
    return chosen.length
  }
  return {
    port,
    aim: (target) => void (state.target = target),
    cut: () => reset(() => true),
    async goDead(forMs) {
      state.dead = true
      for (const connection of connections) connection.dead = true
      await sleep(forMs)
      state.dead = false
      reset(({ dead }) => dead)
    },
    async hold(forMs) {
      state.held = true
      await sleep(forMs)
      state.held = false
      for (const { waiting } of connections) for (const { to, frame } of waiting.splice(0)) if (!to.destroyed) to.write(frame)
    },
    repeat: (repeats) => void (state.repeats = repeats),
    get repeated() {
      return state.repeated
    },
    async [Symbol.asyncDispose]() {
      reset(() => true)
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      await promise
    }
  }
}

interface Direction {
  readonly from: Socket
  readonly to: Socket
  readonly state: LineState
  readonly onClosed: () => void
}

/** One direction of a connection. */
function pass(connection: Connection, { from, to, state, onClosed }: Direction): void {
  const write = (frame: Buffer) => {
    if (connection.dead || to.destroyed) return
    if (state.held) connection.waiting.push({ to, frame })
    else to.write(frame)
  }
  const cutFrames = createFrameCutter((frame) => {
    write(frame)
    if (state.repeats === undefined) return
    repeatFrame(frame, state.repeats, (copy) => {
      state.repeated += 1
      write(copy)
    })
  })
  from.on('data', (chunk: Buffer) => {
    connection.dead ||= state.dead
    if (!connection.dead) cutFrames(chunk)
  })
  from.on('error', () => {})
  from.on('close', () => {
    // A dead line passes on no farewell; it is reset when its time is over.
    if (connection.dead) return
    to.destroy()
    onClosed()
  })
}

/** PUBLISH of QoS 1 and PUBACK come again at once or a little later; a PUBLISH with DUP (MQTT 3.1.1 §3.3.1.1) or without. */
function repeatFrame(frame: Buffer, repeats: Repeats, again: (frame: Buffer) => void): void {
  const isPublish = typeOf(frame) === frameTypes.publish && qosOf(frame) === 1
  if (!isPublish && typeOf(frame) !== frameTypes.puback) return
  if (repeats.random() >= repeats.share) return
  const copy = Buffer.from(frame)
  if (isPublish && repeats.random() < 0.5) copy[0] = (copy[0] ?? 0) | 0x08
  if (repeats.random() < 0.5) again(copy)
  else setTimeout(() => again(copy), repeats.random() * repeatLaterMsMax)
}

async function listen(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => resolve())
  await promise
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
