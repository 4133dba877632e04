/**
 * MQTT over WebSocket (MQTT 3.1.1 §6): takes an HTTP connection to a WebSocket of the subprotocol `mqtt`, and gives it as a stream of
 * bytes with back-pressure both ways. It serves nothing else over HTTP, and reads no MQTT.
 */
import { createServer, STATUS_CODES, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'

export type WebSocketFault = 'notWebSocket' | 'subprotocol' | 'origin' | 'textFrame' | 'frame'

export interface WebSocketGateOptions {
  /** Pages of these origins may connect; `*` stands for all. A client that names no origin is no browser and may always. */
  readonly origins: readonly string[]
  /** Longest WebSocket message. */
  readonly messageBytesMax: number
  /** Bytes that a client may send before its first message is whole: nobody knows it yet. */
  readonly firstBytesMax: number
  readonly onStream: (stream: Duplex, connection: Duplex) => void
  readonly onFault: (fault: WebSocketFault, connection: Duplex, detail: string) => void
}

export interface WebSocketGate {
  /** Takes a TCP or TLS connection on which HTTP is spoken. */
  take(connection: Duplex): void
}

const subprotocol = 'mqtt'
const headBytesMax = 8_192
const closeTimeoutMs = 1_000
/** Header of a frame, as of RFC 6455 §5.2, and a few control frames. */
const frameOverheadBytes = 1_024

export function createWebSocketGate(options: WebSocketGateOptions): WebSocketGate {
  const settings = {
    noServer: true,
    clientTracking: false,
    // Compressing costs more memory for each client than a reading is worth.
    perMessageDeflate: false,
    maxPayload: options.messageBytesMax,
    handleProtocols: () => subprotocol,
    skipUTF8Validation: true,
    closeTimeout: closeTimeoutMs
  }
  const webSockets = new WebSocketServer(settings)
  const refuse = (fault: WebSocketFault, connection: Duplex, answer: { readonly status: number; readonly detail: string }) => {
    options.onFault(fault, connection, answer.detail)
    answerAndEnd(connection, answer)
  }
  webSockets.on('wsClientError', (error, connection) => refuse('notWebSocket', connection, { status: 400, detail: error.message }))
  const server = createServer({ maxHeaderSize: headBytesMax, insecureHTTPParser: false }, (request) =>
    refuse('notWebSocket', request.socket, { status: 426, detail: 'expected a WebSocket of subprotocol mqtt' })
  )
  server.on('clientError', (error, connection) => refuse('notWebSocket', connection, { status: 400, detail: error.message }))
  server.on('upgrade', (request, connection, head) => {
    // The engine takes its own listener off at an upgrade.
    connection.on('error', () => connection.destroy())
    const origin = request.headers.origin
    if (origin !== undefined && !options.origins.includes('*') && !options.origins.includes(origin))
      return refuse('origin', connection, { status: 403, detail: `origin is "${origin.slice(0, 128)}", expected an allowed one` })
    // [MQTT-6.0.0-3]
    if (!offers(request).includes(subprotocol))
      return refuse('subprotocol', connection, { status: 400, detail: 'expected the subprotocol mqtt to be offered' })
    webSockets.handleUpgrade(request, connection, head, (webSocket) =>
      options.onStream(streamOf(webSocket, { ...options, connection }), connection)
    )
  })
  return { take: (connection) => void server.emit('connection', connection) }
}

function offers(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
}

function answerAndEnd(connection: Duplex, { status, detail }: { readonly status: number; readonly detail: string }): void {
  if (!connection.writable) return void connection.destroy()
  const body = `${detail}\n`
  const upgrade = status === 426 ? 'Upgrade: websocket\r\n' : ''
  const head = `${upgrade}Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`
  // Who neither reads nor hangs up is not waited for.
  setTimeout(() => connection.destroy(), closeTimeoutMs).unref()
  connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n\r\n${body}`)
}

/** Packets may be cut and joined over frames as the sender likes ([MQTT-6.0.0-2]), so frames become plain bytes. */
function streamOf(webSocket: WebSocket, options: WebSocketGateOptions & { readonly connection: Duplex }): Duplex {
  const { connection } = options
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => webSocket.resume(),
    writev: (chunks, done) => sendFrame(webSocket, joined(chunks), done),
    final(done) {
      if (webSocket.readyState === webSocket.CLOSED) return done()
      webSocket.once('close', () => done())
      webSocket.close(1_000)
    },
    destroy(error, done) {
      webSocket.terminate()
      done(error)
    }
  })
  const fail = (fault: WebSocketFault, detail: string) => {
    options.onFault(fault, connection, detail)
    stream.destroy(new Error(detail))
  }
  const unwatch = watchBytes(connection, options.firstBytesMax + frameOverheadBytes, () =>
    fail('frame', `no whole message within ${options.firstBytesMax} bytes`)
  )
  webSocket.on('message', (data, isBinary) => {
    unwatch()
    // [MQTT-6.0.0-1]
    if (!isBinary) return fail('textFrame', 'expected binary frames')
    if (!stream.destroyed && !stream.push(bytesOf(data))) webSocket.pause()
  })
  webSocket.on('error', (error) => fail('frame', error.message))
  webSocket.on('close', () => stream.push(null))
  return stream
}

/** Until the first message is whole, what is held of it must stay small. Gives what ends the watch. */
function watchBytes(connection: Duplex, bytesMax: number, onTooMany: () => void): () => void {
  let bytes = 0
  let watching = true
  const end = () => {
    watching = false
    connection.off('data', count)
  }
  const count = (chunk: Buffer) => {
    bytes += chunk.length
    if (!watching || bytes <= bytesMax) return
    end()
    onTooMany()
  }
  connection.on('data', count)
  return end
}

function sendFrame(webSocket: WebSocket, bytes: Buffer, done: (error?: Error | null) => void): void {
  if (webSocket.readyState !== webSocket.OPEN) return done(new Error('connection closed'))
  webSocket.send(bytes, { binary: true }, (error) => done(error))
}

function joined(chunks: readonly { readonly chunk: unknown }[]): Buffer {
  const parts: Buffer[] = []
  for (const { chunk } of chunks) if (Buffer.isBuffer(chunk)) parts.push(chunk)
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
