/**
 * Lets a client in or not: who it is, whether its client id and its last will are its own, and whether there is room for its
 * session; and sends it away again when its credential ends. It asks the directory, and decides nothing about single messages.
 */
import type { AedesOptions, AuthenticateError, Client } from 'aedes'
import { usernameOf, type AdmittedClient, type ConnectRequest, type DeviceDirectory } from '@tracegate/service/identity'
import type { Peer } from './admission.ts'
import type { Clients, ClientState } from './clients.ts'
import type { BrokerEvents, ConnectionRefusal } from './events.ts'
import type { BrokerLimits } from './limits.ts'
import { publishRight } from './topic-rights.ts'

export interface AuthenticationOptions {
  readonly limits: BrokerLimits
  readonly events: BrokerEvents
  readonly clients: Clients
  readonly sessions: { hasRoomFor(clientId: string): boolean }
  readonly directory: DeviceDirectory
  readonly peerOf: (client: object) => Peer | undefined
}

export interface Authentication {
  /** What the broker library asks for each CONNECT. */
  readonly authenticate: NonNullable<AedesOptions['authenticate']>
  /** Sends away every client of a user, those included that are just being let in. */
  disconnect(username: string): void
}

/** CONNACK return codes of MQTT 3.1.1 §3.2.2.3. */
const identifierRejected = 2
const serverUnavailable = 3
const badCredentials = 4
const notAuthorized = 5

/** Longest wait that a timer can be set to. */
const timerMaxMs = 2_147_483_647

type Refusal = { readonly reason: ConnectionRefusal; readonly returnCode: number }

export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { events, clients } = options
  /** Between CONNECT and CONNACK, by client; the user name is known to `clients` only afterwards. */
  const entering = new Map<Client, string>()
  const sentAway = new WeakSet<Client>()

  function enter(client: Client, state: ClientState, username: string): void {
    entering.set(client, username)
    const leave = () => void entering.delete(client)
    client.once('connected', leave)
    state.connection.stream.once('close', leave)
  }

  async function admit(client: Client, state: ClientState, request: ConnectRequest): Promise<Refusal | undefined> {
    if (state.clientId === '' && !state.clean) return { reason: 'clientId', returnCode: identifierRejected }
    if (Buffer.byteLength(state.clientId) > options.limits.clientIdBytesMax)
      return { reason: 'clientIdBytes', returnCode: identifierRejected }
    if (state.willBytes > options.limits.willBytesMax) return { reason: 'willBytes', returnCode: notAuthorized }
    const identity = await within(options.directory.authenticate(request), options.limits.authenticateTimeoutMs)
    if (identity === 'late') return { reason: 'directory', returnCode: serverUnavailable }
    if (identity === undefined) return { reason: 'credentials', returnCode: badCredentials }
    const username = request.username ?? usernameOf(identity)
    const refusal = judge(options, { client, state, identity, username })
    if (refusal !== undefined) return refusal
    // Revoked while it was being looked at.
    if (sentAway.has(client)) return { reason: 'credentials', returnCode: badCredentials }
    state.identity = identity
    // The library names a client that names itself nothing.
    if (state.clientId === '') state.clientId = client.id
    state.username = username
    if (identity.expiresAtMs !== undefined) endAt(identity.expiresAtMs, client, state, events)
    return undefined
  }

  return {
    authenticate(client, username, password, done) {
      const state = clients.of(client)
      const peer = options.peerOf(client)
      if (state === undefined || peer === undefined) return done(authenticateError(serverUnavailable), false)
      enter(client, state, username ?? peer.certificate?.username ?? '')
      const answer = (refusal: Refusal | undefined) => {
        if (refusal === undefined) return done(null, true)
        const { listener, address } = peer
        const fields = { listener, address, clientId: state.clientId, ...(username === undefined ? {} : { username }) }
        events.connectionRefused(refusal.reason, fields)
        done(authenticateError(refusal.returnCode), false)
      }
      const { address, certificate } = peer
      const request = { clientId: state.clientId, username, password, address, ...(certificate === undefined ? {} : { certificate }) }
      // Answered outside of the promise, so that what the library throws is not taken for a failed answer.
      admit(client, state, request).then(answer, (error: unknown) => {
        events.failed('authenticate', error)
        answer({ reason: 'directory', returnCode: serverUnavailable })
      })
    },
    disconnect(username) {
      for (const [client, of] of entering) {
        if (of !== username) continue
        sentAway.add(client)
        client.close()
      }
      clients.disconnect(username)
    }
  }
}

interface Candidate {
  readonly client: Client
  readonly state: ClientState
  readonly identity: AdmittedClient
  readonly username: string
}

/** Whether a client that is who it says may also have what it asks for. */
function judge(options: AuthenticationOptions, { client, state, identity, username }: Candidate): Refusal | undefined {
  const owner = state.clientId === '' ? undefined : options.clients.ownerOf(state.clientId)
  if (owner !== undefined && owner !== username) return { reason: 'clientId', returnCode: identifierRejected }
  if (state.willTopic !== undefined && publishRight(identity, state.willTopic) === 'refuse')
    return { reason: 'will', returnCode: notAuthorized }
  if (!state.clean && !options.sessions.hasRoomFor(client.id)) return { reason: 'sessionsMax', returnCode: serverUnavailable }
  return undefined
}

function endAt(atMs: number, client: Client, state: ClientState, events: BrokerEvents): void {
  let timer: NodeJS.Timeout | undefined
  const wait = () => {
    const leftMs = atMs - Date.now()
    if (leftMs > 0) {
      timer = setTimeout(wait, Math.min(leftMs, timerMaxMs)).unref()
      return
    }
    events.connectionDropped('expired', { clientId: state.clientId, detail: 'the credential it came with has expired' })
    client.close()
  }
  wait()
  state.connection.stream.once('close', () => clearTimeout(timer))
}

function authenticateError(returnCode: number): AuthenticateError {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- declared as a const enum, which type stripping cannot import
  return Object.assign(new Error('connection refused'), { returnCode })
}

async function within<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value | 'late'> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => resolve('late'), timeoutMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
