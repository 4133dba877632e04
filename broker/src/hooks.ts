/**
 * The questions the broker library asks of us, and what follows from its events: sessions begin and end, subscriptions are
 * granted, last wills are committed. Who a client is: `authentication.ts`; what it publishes: `inbound.ts`.
 */
import type { Aedes, AedesOptions, Client, Subscription } from 'aedes'
import type { Clients, ClientState } from './clients.ts'
import type { BrokerEvents, SubscriptionRefusal } from './events.ts'
import { boundOf, type Inbound } from './inbound.ts'
import type { BrokerLimits } from './limits.ts'
import type { SubscriberOutlet } from './outlet.ts'
import { toQos } from './packets.ts'
import type { Session } from './sessions/session.ts'
import type { SessionTable } from './sessions/session-table.ts'
import { maySubscribe } from './topic-rights.ts'

export interface HooksOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly clients: Clients
  readonly sessions: SessionTable
  readonly inbound: Inbound
  readonly authenticate: NonNullable<AedesOptions['authenticate']>
  readonly sessionOf: (state: ClientState) => Session
  readonly outletFor: (state: ClientState, session: Session) => SubscriberOutlet
  readonly isClosing: () => boolean
}

export function createHooks(options: HooksOptions): AedesOptions {
  const { events, clients, limits, sessions } = options
  return {
    preConnect(client, packet, done) {
      const state = clients.of(client)
      if (state === undefined || options.isClosing()) return done(new Error('closing'), false)
      state.clientId = packet.clientId
      state.clean = packet.clean ?? true
      state.willTopic = packet.will?.topic
      state.willBytes = packet.will?.payload.length ?? 0
      state.keepAliveMs = (packet.keepalive ?? 0) * 1_500
      // One clock watches all of them (`watch.ts`); the library would make a timer for each.
      packet.keepalive = 0
      done(null, true)
    },
    authenticate(client, username, password, done) {
      options.authenticate(client, username, password, (error, isAdmitted) => {
        const state = clients.of(client)
        if (error === null && isAdmitted === true && state !== undefined) enter(options, state)
        done(error, isAdmitted)
      })
    },
    authorizePublish(client, packet, done) {
      const state = clients.of(client)
      if (state === undefined) return done(null)
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
      // Only last wills come this way.
      const answer = (error: Error | undefined) => {
        const known = options.inbound.knownTopic(state, packet.topic)
        if (packet.retain && (typeof known === 'string' || !known.mayRetain)) packet.retain = false
        done(error ?? null)
      }
      void options.inbound.will(state, { topic: packet.topic, payload }).then(answer)
    },
    authorizeSubscribe(client, subscription, done) {
      const state = clients.of(client)
      const refusal = state === undefined ? 'right' : grant(options, state, subscription)
      if (refusal === undefined) return done(null, subscription)
      if (state?.session !== undefined) sessions.unsubscribe(state.session, subscription.topic)
      events.subscriptionRefused(refusal, { clientId: client.id, filter: subscription.topic.slice(0, limits.topicBytesMax) })
      done(null, null)
    }
  }
}

/** Admitted: from here on the client id is its own. */
function enter({ clients, sessions, sessionOf }: HooksOptions, state: ClientState): void {
  clients.claim(state)
  if (state.connection.isClosed) clients.unclaim(state)
  if (state.clean) return
  if (sessions.find(state.clientId) !== undefined) state.connection.announceSession()
  sessionOf(state)
}

function grant(options: HooksOptions, state: ClientState, { topic, qos }: Subscription): SubscriptionRefusal | undefined {
  if (state.identity === undefined || !maySubscribe(state.identity, topic)) return 'right'
  const session = options.sessionOf(state)
  const bound = boundOf(topic, options.limits) ?? options.sessions.subscribe(session, topic, toQos(qos) ?? 0)
  // Now, so that what the client publishes right after comes back to it; a restored one is attached when it has its CONNACK.
  if (bound === undefined && state.outlet === undefined && state.connection.isOpen) attach(options, state, session)
  return bound
}

export function listenTo(aedes: Aedes, options: HooksOptions): void {
  const { events, clients, sessions } = options
  aedes.on('client', (client) => {
    const state = clients.of(client)
    clients.connected(client)
    if (state !== undefined) events.connected({ clientId: client.id, username: state.username, address: state.connection.address })
  })
  aedes.on('clientReady', (client) => {
    const state = clients.of(client)
    if (state === undefined) return
    if (state.session !== undefined) attach(options, state, state.session)
    state.connection.open()
  })
  aedes.on('clientDisconnect', (client) => {
    const state = clients.of(client)
    clients.disconnected(client)
    if (state !== undefined) leave(options, state)
  })
  aedes.on('subscribe', (subscriptions, client) => {
    const state = clients.of(client)
    if (state?.session === undefined) return
    for (const { topic, qos } of subscriptions) {
      const granted = toQos(qos)
      if (granted !== undefined) state.session.addRetained(retainedFor(sessions, topic, granted))
    }
  })
  aedes.on('unsubscribe', (filters, client) => {
    const session = clients.of(client)?.session
    if (session !== undefined && !session.persistent) for (const filter of filters) sessions.unsubscribe(session, filter)
  })
  aedes.on('clientError', (client, error) => fail(options, client, error))
  aedes.on('connectionError', (client, error) => fail(options, client, error))
}

function* retainedFor(sessions: SessionTable, filter: string, granted: 0 | 1 | 2) {
  for (const message of sessions.retainedFor(filter)) yield message.qos <= granted ? message : { ...message, qos: granted }
}

function attach(options: HooksOptions, state: ClientState, session: Session): void {
  if (state.connection.isClosed) return
  const outlet = options.outletFor(state, session)
  state.outlet = outlet
  options.sessions.seen(session, true)
  const begin = () => {
    if (state.outlet === outlet) session.attach(outlet)
  }
  // That a client is there must be known after a crash: what it was sent is then sent with DUP (§3.3.1.1).
  const durable = session.persistent && session.messages > 0 ? options.sessions.durable() : undefined
  if (durable === undefined) begin()
  // On a full disk it is sent all the same: what the client acknowledges makes room.
  else durable.then(begin, begin)
}

/** The session of a clean client ends with it; another connection may have taken the kept one over. */
function leave({ sessions, clients }: HooksOptions, state: ClientState): void {
  const { session, outlet } = state
  state.session = undefined
  state.outlet = undefined
  outlet?.close()
  clients.unclaim(state)
  if (session === undefined) return
  if (!session.persistent) return sessions.end(session)
  if (session.outlet !== outlet) return
  session.detach()
  sessions.seen(session, false)
}

/** What the library ends by itself; what we end was counted before. */
function fail({ clients, events }: HooksOptions, client: Client, { message }: Error): void {
  const clientId = clients.of(client)?.clientId ?? ''
  if (message === 'connect did not arrive in time') events.connectionDropped('connectTimeout', { clientId, detail: message })
  else if (message === 'topic has too many levels') events.connectionDropped('topicLevels', { clientId, detail: message })
}
