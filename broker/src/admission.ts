/** Lets sockets in, up to the bounds, and hands each to the broker library behind its guard. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'
import type { Clients } from './clients.ts'
import { guardConnection, type Budget } from './connection.ts'
import type { BrokerEvents } from './events.ts'
import type { FrameFault } from './frames.ts'
import type { Hooks } from './hooks.ts'
import type { BrokerLimits } from './limits.ts'

export interface AdmissionOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly clients: Clients
  readonly budget: Budget
  readonly hooks: Hooks
  readonly handle: (stream: Duplex) => Client
}

export function createAdmission(options: AdmissionOptions) {
  const { limits, events, clients, budget } = options
  const sockets = new Set<Socket>()
  const perAddress = new Map<string, number>()

  function accept(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const ofAddress = perAddress.get(address) ?? 0
    const full = sockets.size >= limits.connectionsMax
    if (full || ofAddress >= limits.connectionsPerAddressMax) {
      events.connectionRefused(full ? 'connectionsMax' : 'connectionsPerAddressMax', { address })
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    sockets.add(socket)
    perAddress.set(address, ofAddress + 1)
    const leave = () => {
      if (!sockets.delete(socket)) return
      const left = (perAddress.get(address) ?? 1) - 1
      if (left > 0) perAddress.set(address, left)
      else perAddress.delete(address)
    }
    const onFault = (fault: FrameFault) => options.hooks.fault(client, fault)
    const connection = guardConnection({ socket, address, limits, budget, onFault, onClose: leave })
    const client = options.handle(connection.stream)
    clients.add(client, connection)
  }

  return {
    accept,
    destroyAll() {
      for (const socket of sockets) socket.destroy()
    }
  }
}
