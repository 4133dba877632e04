/**
 * One client's socket as the broker library sees it: a stream of whole packets that is only read while the client's and the
 * process's messages in flight are below their bounds, and that ends a subscriber who does not take its messages.
 */
import { Duplex } from 'node:stream'
import { createFramer, type FrameBatch, type FrameFault } from './frames.ts'
import type { BrokerLimits } from './limits.ts'

export interface Budget {
  readonly messages: number
  readonly bytes: number
  has(): boolean
  take(messages: number, bytes: number): void
  /** Gives back, and lets waiting connections read on. */
  give(messages: number, bytes: number): void
  /** Calls once when there is room again. */
  wait(resume: () => void): void
}

export function createBudget(limits: { readonly inFlightMax: number; readonly inFlightBytesMax: number }): Budget {
  const waiting = new Set<() => void>()
  const budget = { messages: 0, bytes: 0 }
  const has = () => budget.messages < limits.inFlightMax && budget.bytes < limits.inFlightBytesMax
  return {
    get messages() {
      return budget.messages
    },
    get bytes() {
      return budget.bytes
    },
    has,
    take(messages, bytes) {
      budget.messages += messages
      budget.bytes += bytes
    },
    give(messages, bytes) {
      budget.messages -= messages
      budget.bytes -= bytes
      while (waiting.size > 0 && has()) {
        const [resume] = waiting
        if (resume === undefined) return
        waiting.delete(resume)
        resume()
      }
    },
    wait: (resume) => void waiting.add(resume)
  }
}

export interface GuardedConnection {
  readonly stream: Duplex
  readonly address: string
  /** The client is known: what it sent after CONNECT may be read. */
  open(): void
  /** One PUBLISH has been dealt with: refused, or committed and delivered. */
  settle(): void
  /** Bytes that wait for the client to take them. */
  queuedBytes(): number
  readonly inFlight: number
}

export interface GuardOptions {
  /** A socket, or a WebSocket that reads and writes as one. Must emit buffers, `close` last, and stop reading while paused. */
  readonly socket: Duplex
  /** Where the client is. */
  readonly address: string
  readonly limits: BrokerLimits
  readonly budget: Budget
  readonly onFault: (fault: FrameFault) => void
  readonly onClose: () => void
}

export function guardConnection(options: GuardOptions): GuardedConnection {
  const { socket, limits, budget } = options
  const { packetBytesMax, connectBytesMax } = limits
  const framer = createFramer({ packetBytesMax, connectBytesMax, publishesMax: Math.ceil(limits.inFlightPerClientMax / 2) })
  const ready: FrameBatch[] = []
  let inFlight = 0
  let inFlightBytes = 0
  let wanted = false
  /** none: CONNECT has not come; asked: it is being answered; open: accepted. */
  let phase: 'none' | 'asked' | 'open' = 'none'
  let ended = false
  let closed = false
  let waiting = false

  const stream = new Duplex({
    allowHalfOpen: false,
    readableHighWaterMark: 1,
    writableHighWaterMark: limits.queuedBytesSoft,
    read() {
      wanted = true
      feed()
    },
    writev: (chunks, done) => send(socket, joinChunks(chunks), limits.queuedBytesSoft, done),
    final: (done) => void socket.end(() => done()),
    destroy(error, done) {
      release(error)
      done(error)
    }
  })

  function feed(): void {
    while (wanted) {
      if (closed) return
      const batch = ready[0]
      if (batch === undefined) {
        if (ended) stream.push(null)
        else socket.resume()
        return
      }
      if (phase === 'asked') return
      if (batch.publishes > 0 && inFlight > 0 && inFlight + batch.publishes > limits.inFlightPerClientMax) return
      if (batch.publishes > 0 && !budget.has()) {
        if (!waiting) budget.wait(resume)
        waiting = true
        return
      }
      ready.shift()
      if (phase === 'none') phase = 'asked'
      if (batch.publishes > 0) {
        inFlight += batch.publishes
        inFlightBytes += batch.bytes.length
        budget.take(batch.publishes, batch.bytes.length)
      }
      wanted = false
      stream.push(batch.bytes)
    }
  }

  function resume(): void {
    waiting = false
    feed()
  }

  function settle(): void {
    if (inFlight === 0) return
    const bytes = inFlightBytes / inFlight
    inFlight -= 1
    inFlightBytes -= bytes
    budget.give(1, bytes)
    feed()
  }

  function release(error: Error | null): void {
    if (closed) return
    closed = true
    ready.length = 0
    const [messages, bytes] = [inFlight, inFlightBytes]
    inFlight = 0
    inFlightBytes = 0
    budget.give(messages, bytes)
    if (error === null) destroySoon(socket)
    else socket.destroy()
  }

  socket.on('data', (chunk: Buffer) => {
    ready.push(...framer.add(chunk))
    if (ready.length > 0) socket.pause()
    feed()
    if (framer.fault !== undefined) {
      options.onFault(framer.fault)
      stream.destroy(new Error(framer.fault.code))
    }
  })
  socket.on('end', () => {
    ended = true
    feed()
  })
  socket.on('error', (error) => stream.destroy(error))
  socket.on('close', () => {
    stream.destroy()
    options.onClose()
  })
  return {
    stream,
    address: options.address,
    open() {
      phase = 'open'
      feed()
    },
    settle,
    queuedBytes: () => stream.writableLength + socket.writableLength,
    get inFlight() {
      return inFlight
    }
  }
}

function joinChunks(chunks: readonly { readonly chunk: unknown }[]): Buffer {
  const parts: Buffer[] = []
  for (const { chunk } of chunks) if (Buffer.isBuffer(chunk)) parts.push(chunk)
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}

/** Hands bytes to the socket; below the soft bound the next may come at once, above it only after the client took some. */
function send(socket: Duplex, bytes: Buffer, softBytes: number, done: (error?: Error | null) => void): void {
  if (socket.destroyed) return done(new Error('connection closed'))
  if (socket.writableLength + bytes.length < softBytes) {
    socket.write(bytes)
    done()
  } else {
    socket.write(bytes, (error) => done(error))
  }
}

/** A refused client shall still read the reason, but not for long. */
function destroySoon(socket: Duplex): void {
  if (socket.destroyed) return
  if (socket.writableFinished) return void socket.destroy()
  socket.once('finish', () => socket.destroy())
  socket.end()
  setTimeout(() => socket.destroy(), 1_000).unref()
}
