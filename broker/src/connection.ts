/**
 * One client's socket: cut into packets, read only while the client's and the process's messages in flight are below their
 * bounds, and written to once a turn. Packets that carry messages go to the handler, the others to the broker library, in order.
 */
import type { Duplex } from 'node:stream'
import type { Budget } from './budget.ts'
import { addBytes, clear, createFrames, nextFrame, pendingBytes, type FrameFault, type Frames } from './frames.ts'
import { LibraryStream, type LibraryStreamOwner } from './library-stream.ts'
import type { BrokerLimits } from './limits.ts'
import type { OutputTurn } from './output-turn.ts'
import type { GuardedConnection, PacketHandler, PauseReason } from './guarded-connection.ts'
import { packetType, pingResponse } from './packets.ts'
import { checkPacket } from './protocol.ts'
import { answerEach, repeatedFilters, type AskedFilters } from './subscribe-answer.ts'

export interface GuardOptions {
  /** A socket, or a WebSocket that reads and writes as one. Must emit buffers, `close` last, and stop reading while paused. */
  readonly socket: Duplex
  /** Where the client is. */
  readonly address: string
  readonly limits: BrokerLimits
  readonly budget: Budget
  readonly turn: OutputTurn
  readonly handler: PacketHandler
  readonly nowMs: () => number
}

/** Joined below, written one by one above. */
const joinBytesMax = 16_384
const flushBytes = 65_536
const lingerMs = 1_000
/** While CONNECT is answered or the library is busy. */
const readAheadBytesMax = 65_536

export function guardConnection(options: GuardOptions): GuardedConnection {
  const connection = new Connection(options)
  connection.listen()
  return connection
}

/** A class for the sake of memory only: ten thousand of them share their functions. */
class Connection implements GuardedConnection, LibraryStreamOwner {
  readonly stream: Duplex
  readonly address: string
  inFlight = 0
  lastPacketMs: number
  readonly #options: GuardOptions
  readonly #frames: Frames = createFrames()
  #output: Buffer[] = []
  #outputBytes = 0
  /** The library has read what it was given. */
  #wanted = false
  /** none: CONNECT has not come; asked: it is being answered; open: accepted. */
  #phase: 'none' | 'asked' | 'open' = 'none'
  /** A packet was cut out and waits for room. */
  #held = false
  #blocks = 0
  #ended = false
  #closed = false
  #waiting = false
  #sessionPresent = false
  /** The library took a SUBSCRIBE or UNSUBSCRIBE: it would begin with the next before it is through, and lose what that asks for. */
  #unanswered = false
  /** Of that SUBSCRIBE, when it names a filter twice. */
  #asked: AskedFilters | undefined

  constructor(options: GuardOptions) {
    this.#options = options
    this.address = options.address
    this.lastPacketMs = options.nowMs()
    this.stream = new LibraryStream(this)
  }

  libraryReads(): void {
    this.#wanted = true
    // After the library has handled what it is just taking: packets keep their order.
    process.nextTick(() => this.#feed())
  }

  libraryAnswers(bytes: Buffer): void {
    if (this.#sessionPresent && bytes[0] === packetType.connack << 4 && bytes[3] === 0) bytes[2] = 1
    const type = (bytes[0] ?? 0) >> 4
    if (type !== packetType.suback && type !== packetType.unsuback) return this.send(bytes)
    this.send(this.#asked === undefined ? bytes : answerEach(bytes, this.#asked))
    this.#asked = undefined
    this.#unanswered = false
    process.nextTick(() => this.#feed())
  }

  listen(): void {
    const { socket, handler } = this.#options
    socket.on('data', (chunk: Buffer) => {
      addBytes(this.#frames, chunk)
      this.#feed()
    })
    socket.on('drain', () => this.#drained())
    socket.on('end', () => {
      this.#ended = true
      this.#feed()
    })
    socket.on('error', (error) => this.stream.destroy(error))
    socket.on('close', () => {
      this.stream.destroy()
      handler.closed()
    })
  }

  get isHeld(): boolean {
    return this.#held
  }

  get isOpen(): boolean {
    return this.#phase === 'open'
  }

  get isClosed(): boolean {
    return this.#closed
  }

  open(): void {
    this.#phase = 'open'
    this.lastPacketMs = this.#options.nowMs()
    this.#feed()
  }

  queuedBytes(): number {
    return this.#outputBytes + this.#options.socket.writableLength
  }

  announceSession(): void {
    this.#sessionPresent = true
  }

  settle(bytes: number): void {
    this.inFlight -= 1
    this.#options.budget.give(1, bytes)
    if (this.#held && !this.#closed) this.#feed()
  }

  block(): void {
    this.#blocks += 1
  }

  unblock(): void {
    this.#blocks -= 1
    if (this.#blocks === 0 && this.#held && !this.#closed) this.#feed()
  }

  send(bytes: Buffer): void {
    if (this.#closed) return
    if (this.#output.length === 0) this.#options.turn.add(this)
    this.#output.push(bytes)
    this.#outputBytes += bytes.length
    if (this.#outputBytes >= flushBytes) this.flush()
  }

  flush(): void {
    const { socket, limits } = this.#options
    const output = this.#output
    if (output.length === 0) return
    const bytes = this.#outputBytes
    const wasCrowded = this.queuedBytes() >= limits.queuedBytesSoft
    this.#output = []
    this.#outputBytes = 0
    if (socket.destroyed || socket.writableEnded) return
    if (bytes <= joinBytesMax) socket.write(output.length === 1 ? output[0] : Buffer.concat(output, bytes))
    else {
      socket.cork()
      for (const one of output) socket.write(one)
      socket.uncork()
    }
    // The socket took all of it at once and will not tell.
    if (wasCrowded && !socket.writableNeedDrain) process.nextTick(() => this.#drained())
  }

  end(detail: string, discard?: 'discard'): void {
    if (discard !== undefined) this.#options.socket.destroy()
    this.stream.destroy(new Error(detail))
  }

  #drained(): void {
    this.#options.handler.drained()
    this.#feed()
  }

  /** Gives packets on while there is room; stops reading where there is none. */
  #feed(): void {
    const { limits, socket, handler } = this.#options
    while (!this.#closed && this.#phase !== 'asked' && this.#wanted && !this.#unanswered) {
      if (this.queuedBytes() >= limits.queuedBytesSoft) {
        if (!socket.isPaused()) handler.paused('output')
        return this.#stopReading()
      }
      if (!this.#held && !nextFrame(this.#frames, this.#phase === 'none' ? limits.connectBytesMax : limits.packetBytesMax)) {
        if (this.#frames.fault !== undefined) return this.#fault(this.#frames.fault)
        if (this.#ended) this.stream.push(null)
        else if (socket.isPaused()) socket.resume()
        return
      }
      if (!this.#give()) return this.#stopReading()
    }
    if (pendingBytes(this.#frames) > readAheadBytesMax) this.#stopReading()
  }

  /** False when the packet must wait. */
  #give(): boolean {
    const { handler } = this.#options
    const frames = this.#frames
    const type = frames.first >> 4
    if (type === packetType.publish && this.#phase === 'open') {
      const isNew = !this.#held
      this.#held = true
      if (!this.#hasRoom(isNew)) return false
      this.#held = false
      this.lastPacketMs = this.#options.nowMs()
      this.inFlight += 1
      this.#options.budget.take(1, frames.end - frames.bodyStart)
      handler.publish(frames)
      return true
    }
    this.lastPacketMs = this.#options.nowMs()
    const violation = checkPacket(frames, this.#phase === 'none')
    if (violation !== undefined) handler.violation(violation)
    else if (type >= packetType.puback && type <= packetType.pubcomp) handler.acknowledge(frames)
    else if (type === packetType.pingreq) this.send(pingResponse)
    else {
      if (this.#phase === 'none') this.#phase = 'asked'
      if (type === packetType.subscribe) this.#asked = repeatedFilters(frames)
      this.#unanswered = type === packetType.subscribe || type === packetType.unsubscribe
      this.#wanted = false
      this.stream.push(frames.bytes.subarray(frames.start, frames.end))
    }
    return true
  }

  #hasRoom(isNew: boolean): boolean {
    const { limits, budget, handler } = this.#options
    if (this.inFlight >= limits.inFlightPerClientMax) return this.#refuseRoom(isNew, 'inFlightPerClient')
    if (this.#blocks > 0) return this.#refuseRoom(isNew, 'subscriber')
    if (!budget.has()) {
      this.#waitWith((resume) => budget.wait(resume))
      return this.#refuseRoom(isNew, 'inFlight')
    }
    const delayMs = handler.rateDelayMs()
    if (delayMs <= 0) return true
    this.#waitWith((resume) => void setTimeout(resume, delayMs))
    return this.#refuseRoom(isNew, 'rate')
  }

  #refuseRoom(isNew: boolean, reason: PauseReason): false {
    if (isNew) this.#options.handler.paused(reason)
    return false
  }

  #waitWith(wait: (resume: () => void) => void): void {
    if (this.#waiting) return
    this.#waiting = true
    wait(() => {
      this.#waiting = false
      this.#feed()
    })
  }

  #stopReading(): void {
    if (!this.#closed) this.#options.socket.pause()
  }

  #fault(fault: FrameFault): void {
    this.#options.handler.fault(fault)
    this.end(fault.code)
  }

  libraryEnds(): void {
    if (this.#closed) return
    this.flush()
    this.#closed = true
    clear(this.#frames)
    destroySoon(this.#options.socket)
  }
}

/** A refused client shall still read the reason, but not for long. */
function destroySoon(socket: Duplex): void {
  if (socket.destroyed) return
  if (socket.writableFinished) return void socket.destroy()
  socket.once('finish', () => socket.destroy())
  socket.end()
  setTimeout(() => socket.destroy(), lingerMs).unref()
}
