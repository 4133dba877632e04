/**
 * Where clients come in: plain TCP, TLS, WebSocket and secure WebSocket, any number of each. Every connection takes its place at the
 * door before its first byte is read, and has a time limit for its handshakes. It decides nothing about who a client is.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Admission } from './admission.ts'
import { certificateFactsOf } from './certificate-facts.ts'
import { brokerError } from './errors.ts'
import type { BrokerEvents } from './events.ts'
import type { BrokerLimits } from './limits.ts'
import { openTlsMaterial, type TlsMaterial, type TlsOptions } from './tls-material.ts'
import { createWebSocketGate } from './web-socket.ts'

interface ListenerAt {
  /** In metrics and logs. Default the type; further ones of a type are numbered. */
  readonly name?: string
  /** Default the broker's. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
}

export type ListenerOptions =
  | (ListenerAt & { readonly type: 'tcp' })
  | (ListenerAt & { readonly type: 'tls'; readonly tls: TlsOptions })
  | (ListenerAt & { readonly type: 'ws'; readonly origins?: readonly string[] })
  | (ListenerAt & { readonly type: 'wss'; readonly tls: TlsOptions; readonly origins?: readonly string[] })

export interface ListenerPort {
  readonly name: string
  readonly type: ListenerOptions['type']
  readonly port: number
}

export interface Listener extends ListenerPort {
  /** Reads certificate and key anew; connections stay. Gives whether anything changed; rejects and keeps what was when they cannot be used. */
  reloadTls(): Promise<boolean>
  /** No further connections; those that are there stay. */
  close(): void
}

export interface ListenerParts {
  readonly host: string
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly admission: Admission
}

/** Starts all or none. */
export async function startListeners(wanted: readonly ListenerOptions[], parts: ListenerParts): Promise<Listener[]> {
  const started: Listener[] = []
  try {
    for (const options of wanted) {
      const alike = started.filter(({ type }) => type === options.type).length
      const name = options.name ?? (alike === 0 ? options.type : `${options.type}-${alike + 1}`)
      started.push(await startListener(options, name, parts))
    }
  } catch (error) {
    for (const listener of started) listener.close()
    throw error
  }
  return started
}

async function startListener(options: ListenerOptions, name: string, parts: ListenerParts): Promise<Listener> {
  const { admission, events, limits } = parts
  const waits = new WeakMap<Socket, NodeJS.Timeout>()
  const accept = (stream: Duplex, raw: Socket, secured?: TLSSocket) => {
    clearTimeout(waits.get(raw))
    const certificate = secured === undefined ? undefined : certificateFactsOf(secured)
    const address = raw.remoteAddress ?? ''
    admission.accept(stream, { listener: name, address, ...(certificate === undefined ? {} : { certificate }) })
  }
  const way = await openWay({ options, name, parts, accept })
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) => {
    if (!admission.enter(socket, name)) return
    if (options.type !== 'tcp') {
      const late = setTimeout(() => {
        events.connectionRefused('handshakeTimeout', { listener: name, address: socket.remoteAddress ?? '' })
        socket.destroy()
      }, limits.handshakeTimeoutMs)
      waits.set(socket, late)
      socket.once('close', () => clearTimeout(late))
    }
    way.take(socket)
  })
  const host = options.host ?? parts.host
  const port = await listen(server, { host, port: options.port }).catch((error: unknown) => {
    way.material?.close()
    throw error
  })
  return {
    name,
    type: options.type,
    port,
    reloadTls: async () => (await way.material?.reload()) ?? false,
    close() {
      way.material?.close()
      server.close()
    }
  }
}

/** What happens to a socket between the door and the broker library. */
interface Way {
  take(socket: Socket): void
  readonly material?: TlsMaterial
}

interface WayParts {
  readonly options: ListenerOptions
  readonly name: string
  readonly parts: ListenerParts
  readonly accept: (stream: Duplex, raw: Socket, secured?: TLSSocket) => void
}

async function openWay({ options, name, parts, accept }: WayParts): Promise<Way> {
  switch (options.type) {
    case 'tcp':
      return { take: (socket) => accept(socket, socket) }
    case 'ws': {
      const take = webSocketWay({ options, name, parts, accept })
      return { take: (socket) => take(socket, socket) }
    }
    case 'tls':
      return openTls({ ...parts, name, tls: options.tls, onSecure: (secured, raw) => accept(secured, raw, secured) })
    case 'wss': {
      const take = webSocketWay({ options, name, parts, accept })
      return openTls({ ...parts, name, tls: options.tls, onSecure: take })
    }
    default:
      return options satisfies never
  }
}

function webSocketWay({ options, name, parts, accept }: WayParts & { readonly options: { readonly origins?: readonly string[] } }) {
  const { limits, events } = parts
  const raws = new WeakMap<object, Socket>()
  const gate = createWebSocketGate({
    origins: options.origins ?? [],
    messageBytesMax: limits.packetBytesMax,
    firstBytesMax: limits.connectBytesMax,
    onStream(stream, connection) {
      const raw = raws.get(connection)
      if (raw === undefined) stream.destroy()
      else accept(stream, raw, connection instanceof TLSSocket ? connection : undefined)
    },
    onFault(fault, connection, detail) {
      events.connectionRefused(fault, { listener: name, address: raws.get(connection)?.remoteAddress ?? '', detail })
    }
  })
  return (connection: Socket, raw: Socket) => {
    raws.set(connection, raw)
    gate.take(connection)
  }
}

interface TlsParts {
  readonly name: string
  readonly tls: TlsOptions
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly onSecure: (secured: TLSSocket, raw: Socket) => void
}

async function openTls({ name, tls, limits, events, onSecure }: TlsParts): Promise<Way> {
  const mode = tls.clientCertificate ?? 'optional'
  const material = await openTlsMaterial(tls, {
    onChange(context) {
      server.setSecureContext(context)
      events.tlsReloaded(name, material.expiresAtMs())
    },
    onFault: (error) => events.tlsKept(name, error)
  })
  const server: TlsServer = createTlsServer({
    ...material.context(),
    requestCert: mode !== 'none',
    // A certificate may be known by its fingerprint alone, so only a demanded one must come from an authority.
    rejectUnauthorized: mode === 'required' && tls.clientCa !== undefined,
    handshakeTimeout: limits.handshakeTimeoutMs * 2
  })
  events.tlsReloaded(name, material.expiresAtMs())
  // A socket is found again by its far end: the secured one wraps it without naming it.
  const opening = new Map<string, Socket>()
  server.on('secureConnection', (secured) => {
    const raw = opening.get(farEndOf(secured))
    const isBare = mode === 'required' && secured.getPeerX509Certificate() === undefined
    if (raw !== undefined && isBare) events.connectionRefused('noCertificate', { listener: name, address: raw.remoteAddress ?? '' })
    if (raw === undefined || isBare) secured.destroy()
    else onSecure(secured, raw)
  })
  server.on('tlsClientError', (error, secured) => {
    events.connectionRefused('tlsHandshake', { listener: name, address: secured.remoteAddress ?? '', detail: error.message })
    secured.destroy()
  })
  const take = (socket: Socket) => {
    const farEnd = farEndOf(socket)
    opening.set(farEnd, socket)
    socket.once('close', () => opening.delete(farEnd))
    server.emit('connection', socket)
  }
  return { take, material }
}

function farEndOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`
}

async function listen(server: Server, at: { readonly host: string; readonly port: number }): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(at.port, at.host, resolve)
  try {
    await promise
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw brokerError('BROKER_PORT_IN_USE', at, error)
    throw brokerError('BROKER_LISTEN', { ...at, detail: error instanceof Error ? error.message : String(error) }, error)
  }
  server.off('error', reject)
  const address: AddressInfo | string | null = server.address()
  return address === null || typeof address === 'string' ? at.port : address.port
}
