/** The questions the broker library asks of us, and our answers: may it, and is it committed. Who it is: `authentication.ts`. */
import type { Aedes, AedesOptions, Client, PublishPacket } from 'aedes'
import { payloadBytesMax } from '@tracegate/model/wire'
import type { Reason } from '@tracegate/model/errors'
import type { ClientIdentity } from '@tracegate/service/identity'
import type { IncomingMessage, IngestSink } from '@tracegate/service/ingest'
import type { Clients, ClientState } from './clients.ts'
import type { BrokerEvents, DropReason } from './events.ts'
import { readPublishHead, type FrameFault } from './frames.ts'
import type { BrokerLimits } from './limits.ts'
import type { Sessions } from './sessions.ts'
import { mayRetain, maySubscribe, publishRight, type PublishRight } from './topic-rights.ts'

export interface HooksOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly clients: Clients
  readonly sessions: Sessions
  readonly sink: IngestSink
}

export interface Hooks {
  readonly handlers: AedesOptions
  listen(aedes: Aedes): void
  /** A packet that is not read at all. */
  fault(client: Client, fault: FrameFault): void
  /** From now on nothing is taken; the wills of clients that we disconnect ourselves are not theirs. */
  close(): void
}

const rightsPerClientMax = 256
const headBytesMax = 4_096

export function createHooks(options: HooksOptions): Hooks {
  const { events, clients, limits } = options
  let closing = false

  async function commit(client: Client, packet: PublishPacket): Promise<Error | undefined> {
    const state = clients.of(client)
    if (closing || state?.identity === undefined) return new Error('not accepting messages')
    const message = messageOf(state, packet)
    events.received(packet.qos)
    const right = rightOf(state, state.identity, packet.topic)
    const reason = right === 'refuse' ? forbidden(state.username, packet.topic) : checkSize(message.payload)
    if (reason !== undefined) return refuse(state, message, reason)
    // Delivered all the same: a device that retains what nobody reads again must not fill the memory of all.
    if (packet.retain && !mayRetain(state.identity, packet.topic)) packet.retain = false
    if (right === 'route') return undefined
    try {
      await options.sink.commit(message)
      return undefined
    } catch (error) {
      return drop(state, 'commit', error instanceof Error ? error.message : String(error))
    }
  }

  /** MQTT 3.1.1 has no answer that refuses a PUBLISH: it is kept with its reason and the connection is closed. */
  async function refuse(state: ClientState, message: IncomingMessage, reason: Reason): Promise<Error> {
    try {
      await options.sink.refuse?.(message, reason)
    } catch (error) {
      events.failed('keep a refused message', error)
    }
    return drop(state, reason.code === 'TOPIC_FORBIDDEN' ? 'topic' : 'payload', reason.message)
  }

  function drop(state: ClientState, reason: DropReason, detail: string): Error {
    events.connectionDropped(reason, { clientId: state.clientId, detail })
    return new Error(detail)
  }

  const handlers: AedesOptions = {
    preConnect(client, packet, done) {
      const state = clients.of(client)
      if (state === undefined || closing) return done(new Error('closing'), false)
      state.clientId = packet.clientId
      state.clean = packet.clean ?? true
      state.willTopic = packet.will?.topic
      done(null, true)
    },
    authorizePublish(client, packet, done) {
      if (client === null) return done(null)
      const connection = clients.of(client)?.connection
      const answer = (error: Error | undefined) => {
        // A repeated QoS 2 message is not published again, so it is settled here.
        if (error !== undefined || packet.qos === 2) connection?.settle()
        done(error ?? null)
      }
      settle(commit(client, packet), answer, (error) => answer(error instanceof Error ? error : new Error(String(error))))
    },
    authorizeSubscribe(client, subscription, done) {
      const state = clients.of(client)
      const allowed = state?.identity !== undefined && maySubscribe(state.identity, subscription.topic)
      const room =
        state !== undefined && (state.subscriptions.has(subscription.topic) || state.subscriptions.size < limits.subscriptionsPerClientMax)
      if (!allowed || !room) {
        events.subscriptionRefused({ clientId: client.id, filter: subscription.topic })
        return done(null, null)
      }
      state.subscriptions.add(subscription.topic)
      done(null, subscription)
    },
    authorizeForward(client, packet) {
      const connection = clients.of(client)?.connection
      if (connection === undefined || connection.queuedBytes() <= limits.queuedBytesMax) return packet
      if (!connection.stream.destroyed) {
        events.connectionDropped('slowSubscriber', { clientId: client.id, detail: `${connection.queuedBytes()} bytes wait` })
        connection.stream.destroy(new Error('slow subscriber'))
      }
      return null
    },
    published(_packet, client, done) {
      clients.of(client)?.connection.settle()
      done(null)
    }
  }

  function listen(aedes: Aedes): void {
    aedes.on('client', (client) => {
      const state = clients.of(client)
      clients.connected(client)
      if (state === undefined) return
      clients.setOwner(client.id, state.username)
      events.connected({ clientId: client.id, username: state.username, address: state.connection.address })
    })
    aedes.on('clientReady', (client) => clients.of(client)?.connection.open())
    aedes.on('clientDisconnect', (client) => {
      clients.disconnected(client)
      if (!options.sessions.hasSession(client.id)) clients.setOwner(client.id, undefined)
    })
    aedes.on('unsubscribe', (topics, client) => {
      const state = clients.of(client)
      for (const topic of topics) state?.subscriptions.delete(topic)
    })
    aedes.on('clientError', (client, error) => {
      const slow = error.message === 'drain timeout'
      if (slow) events.connectionDropped('slowSubscriber', { clientId: client.id, detail: `took nothing for ${limits.drainTimeoutMs} ms` })
    })
  }

  function fault(client: Client, found: FrameFault): void {
    const state = clients.of(client)
    const detail = `packet of ${found.packetBytes} bytes, expected at most ${found.packetBytesMax}`
    events.connectionDropped('packet', { clientId: state?.clientId ?? '', detail })
    const head = readPublishHead(found.head)
    if (state?.identity === undefined || head === undefined) return
    const message: IncomingMessage = {
      topic: head.topic,
      payload: Buffer.from(head.payload.subarray(0, headBytesMax)),
      retain: false,
      receivedAtMs: Date.now(),
      clientId: state.clientId
    }
    const kept = options.sink.refuse?.(message, { code: found.code, pointer: '', message: detail })
    kept?.catch((error: unknown) => events.failed('keep a refused message', error))
  }

  return { handlers, listen, fault, close: () => void (closing = true) }
}

function rightOf(state: ClientState, identity: ClientIdentity, topic: string): PublishRight {
  const known = state.rights.get(topic)
  if (known !== undefined) return known
  if (state.rights.size >= rightsPerClientMax) state.rights.clear()
  const right = publishRight(identity, topic)
  state.rights.set(topic, right)
  return right
}

function messageOf(state: ClientState, packet: PublishPacket): IncomingMessage {
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
  return { topic: packet.topic, payload, retain: packet.retain, receivedAtMs: Date.now(), clientId: state.clientId }
}

function forbidden(username: string, topic: string): Reason {
  return { code: 'TOPIC_FORBIDDEN', pointer: '', message: `topic is "${topic}", expected one of "${username}"` }
}

function checkSize(payload: Uint8Array): Reason | undefined {
  if (payload.length <= payloadBytesMax) return undefined
  return { code: 'PAYLOAD_TOO_LARGE', pointer: '', message: `payload has ${payload.length} bytes, expected at most ${payloadBytesMax}` }
}

/** Calls back outside of the promise, so that what the callback throws is not taken for a failed answer. */
function settle<Value>(promise: Promise<Value>, onValue: (value: Value) => void, onError: (error: unknown) => void): void {
  promise.then(
    (value) => onValue(value),
    (error: unknown) => onError(error)
  )
}
