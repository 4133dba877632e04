/** A broker to talk to: its address, who signs in, and the line to it (TCP, TLS, WebSocket). It speaks no MQTT. */
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { createWebSocketStream, WebSocket } from 'ws'
import { serviceError } from '../errors.ts'

export interface BrokerTarget {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`, without user and password. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** In PEM; without a certificate authority those of Node count. */
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
}

export const brokerSchemes = ['mqtt:', 'mqtts:', 'ws:', 'wss:'] as const
const defaultPorts: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 }

/** Throws `BROKER_URL`. Credentials in an address end up in logs, in process lists and in shells' histories. */
export function parseBrokerUrl(text: string): URL {
  const withoutSecret = text.replace(/\/\/[^/]*@/, '//***@')
  if (!URL.canParse(text))
    throw serviceError('BROKER_URL', { url: withoutSecret, detail: 'an address such as mqtts://broker.example:8883' })
  const url = new URL(text)
  if (!brokerSchemes.some((scheme) => scheme === url.protocol))
    throw serviceError('BROKER_URL', { url: withoutSecret, detail: 'one that begins with mqtt://, mqtts://, ws:// or wss://' })
  if (url.username !== '' || url.password !== '')
    throw serviceError('BROKER_URL', { url: withoutSecret, detail: 'one without user and password: give these apart' })
  if (url.hostname === '') throw serviceError('BROKER_URL', { url: withoutSecret, detail: 'one with a host' })
  return url
}

/** Resolves with a line that is open; rejects with why there is none, at the latest when the signal is aborted. */
export async function openLine(
  target: BrokerTarget,
  options: { readonly signal: AbortSignal; readonly subprotocol: string }
): Promise<Duplex> {
  const url = parseBrokerUrl(target.url)
  const { signal } = options
  const tls: ConnectionOptions = { ca: target.ca, cert: target.cert, key: target.key }
  const at = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (defaultPorts[url.protocol] ?? 0) : Number(url.port)
  }
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const line = openStream(url, { at, tls, subprotocol: options.subprotocol, onOpen: resolve })
  const onAbort = () => reject(new Error('no answer in time'))
  signal.addEventListener('abort', onAbort, { once: true })
  line.once('error', reject)
  line.once('close', () => reject(new Error('the connection was closed')))
  try {
    await promise
  } catch (error) {
    line.on('error', () => undefined)
    line.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    line.off('error', reject)
  }
  return line
}

interface StreamOptions {
  readonly at: { readonly host: string; readonly port: number }
  readonly tls: ConnectionOptions
  readonly subprotocol: string
  readonly onOpen: () => void
}

function openStream(url: URL, { at, tls, subprotocol, onOpen }: StreamOptions): Duplex {
  switch (url.protocol) {
    case 'mqtt:':
      return connectTcp({ ...at, noDelay: true }, onOpen)
    case 'mqtts:':
      // A name for the certificate, which an address is not (RFC 6066 §3).
      return connectTls({ ...tls, ...at, ...(/^[\d.]+$|:/.test(at.host) ? {} : { servername: at.host }) }, onOpen)
    default: {
      const socket = new WebSocket(url, [subprotocol], { ...tls, perMessageDeflate: false })
      socket.once('open', onOpen)
      return createWebSocketStream(socket)
    }
  }
}
