/** Puts a guard before the broker library for each connection, and sends its packets to the parts that deal with them. */
import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'
import type { Reason } from '@tracegate/model/errors'
import type { IncomingMessage, IngestSink } from '@tracegate/service/ingest'
import type { Budget } from './budget.ts'
import type { Clients, ClientState } from './clients.ts'
import { guardConnection } from './connection.ts'
import type { BrokerEvents } from './events.ts'
import { readPublishHead, type FrameFault } from './frames.ts'
import type { Inbound } from './inbound.ts'
import type { BrokerLimits } from './limits.ts'
import { createOutputTurn } from './output-turn.ts'
import type { PacketHandler, PauseReason } from './guarded-connection.ts'
import { packetType, readPacketId, type PacketPlace } from './packets.ts'

export interface ClientConnectionsOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly clients: Clients
  readonly budget: Budget
  readonly inbound: Inbound
  readonly sink: IngestSink
  readonly nowMs: () => number
  readonly handle: (stream: Duplex) => Client
}

export interface ClientConnections {
  /** Takes a connection whose handshakes are done. */
  accept(socket: Duplex, address: string): Client
}

const headBytesMax = 4_096
/** CONNACK 1: unacceptable protocol version (MQTT 3.1.1 §3.2.2.3). */
const unacceptableProtocol = Buffer.from([packetType.connack << 4, 2, 0, 1])

export function createClientConnections(options: ClientConnectionsOptions): ClientConnections {
  const { limits, budget, clients, nowMs } = options
  const turn = createOutputTurn()
  return {
    accept(socket, address) {
      const handler = new ClientHandler(options)
      const connection = guardConnection({ socket, address, limits, budget, turn, handler, nowMs })
      const client = options.handle(connection.stream)
      handler.state = clients.add(client, connection)
      return client
    }
  }
}

/** A class for the sake of memory only: ten thousand of them share their functions. */
class ClientHandler implements PacketHandler {
  /** Set before anything can arrive. */
  state: ClientState | undefined
  readonly #options: ClientConnectionsOptions

  constructor(options: ClientConnectionsOptions) {
    this.#options = options
  }

  publish(place: PacketPlace): void {
    if (this.state !== undefined) this.#options.inbound.publish(this.state, place)
  }

  acknowledge(place: PacketPlace): void {
    const { state } = this
    if (state === undefined) return
    const packetId = readPacketId(place)
    if (typeof packetId === 'string') return this.#drop('protocol', packetId)
    const type = place.first >> 4
    if (type === packetType.pubrel) return this.#options.inbound.release(state, packetId)
    state.session?.acknowledged(type, packetId)
    state.outlet?.relieve()
  }

  violation({ detail, returnCode }: { readonly detail: string; readonly returnCode?: 1 }): void {
    if (returnCode !== undefined) this.state?.connection.send(unacceptableProtocol)
    this.#drop('protocol', detail)
  }

  fault(fault: FrameFault): void {
    const detail = `packet of ${fault.packetBytes} bytes, expected at most ${fault.packetBytesMax}`
    const { state } = this
    const head = readPublishHead(fault.head)
    this.#drop(fault.code === 'PACKET_LENGTH' ? 'protocol' : 'packet', detail)
    if (state?.identity === undefined || head === undefined) return
    const message: IncomingMessage = {
      topic: head.topic,
      payload: Buffer.from(head.payload.subarray(0, headBytesMax)),
      retain: false,
      receivedAtMs: Date.now(),
      clientId: state.clientId
    }
    const reason: Reason = { code: fault.code, pointer: '', message: detail }
    const { sink, events } = this.#options
    sink.refuse?.(message, reason)?.catch((error: unknown) => events.failed('keep a refused message', error))
  }

  drained(): void {
    this.state?.session?.pump()
    this.state?.outlet?.relieve()
  }

  paused(reason: PauseReason): void {
    this.#options.events.readPaused(reason)
  }

  rateDelayMs(): number {
    const perSecond = this.#options.limits.publishesPerSecondMax
    if (perSecond === 0 || this.state === undefined) return 0
    const now = performance.now()
    const rate = (this.state.rate ??= { tokens: perSecond, atMs: now })
    rate.tokens = Math.min(perSecond, rate.tokens + ((now - rate.atMs) / 1_000) * perSecond)
    rate.atMs = now
    if (rate.tokens < 1) return Math.max(1, Math.ceil(((1 - rate.tokens) / perSecond) * 1_000))
    rate.tokens -= 1
    return 0
  }

  closed(): void {
    if (this.state !== undefined) this.#options.clients.unclaim(this.state)
  }

  #drop(reason: 'protocol' | 'packet', detail: string): void {
    const { state } = this
    if (state === undefined || state.connection.isClosed) return
    this.#options.events.connectionDropped(reason, { clientId: state.clientId, detail })
    state.connection.end(detail)
  }
}
