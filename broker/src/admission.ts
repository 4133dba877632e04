/**
 * The door of all listeners: counts connections against the bounds of the process and of each address, from the first byte to the
 * last, and hands those that have come through their handshakes to the broker library behind a guard.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'
import type { CertificateFacts } from '@tracegate/service/identity'
import type { BrokerEvents } from './events.ts'
import type { BrokerLimits } from './limits.ts'

/** Who is at the other end of a connection, as far as the listener can tell. */
export interface Peer {
  /** Name of the listener. */
  readonly listener: string
  readonly address: string
  readonly certificate?: CertificateFacts
}

export interface AdmissionOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly connect: (stream: Duplex, address: string) => Client
}

export interface Admission {
  /** Takes a place for a new socket, given back when it closes; false when there is none, and the socket is destroyed. */
  enter(socket: Socket, listener: string): boolean
  /** Hands on a connection whose handshakes are done. */
  accept(stream: Duplex, peer: Peer): void
  peerOf(client: object): Peer | undefined
  destroyAll(): void
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { limits, events } = options
  const sockets = new Set<Socket>()
  const perAddress = new Map<string, number>()
  const perListener = new Map<string, number>()
  const peers = new WeakMap<object, Peer>()

  function change(counts: Map<string, number>, key: string, by: 1 | -1): number {
    const count = (counts.get(key) ?? 0) + by
    if (count > 0) counts.set(key, count)
    else counts.delete(key)
    return count
  }

  function enter(socket: Socket, listener: string): boolean {
    const address = socket.remoteAddress ?? ''
    const full = sockets.size >= limits.connectionsMax
    socket.on('error', () => {})
    if (full || (perAddress.get(address) ?? 0) >= limits.connectionsPerAddressMax) {
      events.connectionRefused(full ? 'connectionsMax' : 'connectionsPerAddressMax', { listener, address })
      socket.destroy()
      return false
    }
    sockets.add(socket)
    change(perAddress, address, 1)
    events.listenerConnections(listener, change(perListener, listener, 1))
    socket.once('close', () => {
      sockets.delete(socket)
      change(perAddress, address, -1)
      events.listenerConnections(listener, change(perListener, listener, -1))
    })
    return true
  }

  function accept(stream: Duplex, peer: Peer): void {
    peers.set(options.connect(stream, peer.address), peer)
    events.accepted(peer.listener)
  }

  return {
    enter,
    accept,
    peerOf: (client) => peers.get(client),
    destroyAll() {
      for (const socket of sockets) socket.destroy()
    }
  }
}
