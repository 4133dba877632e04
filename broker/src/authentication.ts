/**
 * Lets a client in or not: who it is, whether its client id and its last will are its own, and whether there is room for its
 * session; and sends it away again when its credential ends. It asks the directory, and decides nothing about single messages.
 */
import type { AedesOptions, AuthenticateError, Client } from 'aedes'
import type { CredentialEnd } from '@tracegate/service/access-notices'
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
  /** Sends away the clients of a user that came with a credential, those included that are just being let in. Without `end` all, now. */
  disconnect(username: string, end?: CredentialEnd): void
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
  /** From CONNECT on until the connection has ended. */
  const guests = new Map<Client, Guest>()

  function enter(client: Client, state: ClientState, username: string): Guest {
    const guest: Guest = { client, state, username, credential: undefined, ends: [], timer: undefined }
    guests.set(client, guest)
    state.connection.stream.once('close', () => {
      clearTimeout(guest.timer)
      guests.delete(client)
    })
    return guest
  }

  async function admit(guest: Guest, request: ConnectRequest): Promise<Refusal | undefined> {
    const { client, state } = guest
    if (state.clientId === '' && !state.clean) return { reason: 'clientId', returnCode: identifierRejected }
    if (Buffer.byteLength(state.clientId) > options.limits.clientIdBytesMax)
      return { reason: 'clientIdBytes', returnCode: identifierRejected }
    if (state.willBytes > options.limits.willBytesMax) return { reason: 'willBytes', returnCode: notAuthorized }
    let reason: 'credentials' | 'throttled' = 'credentials'
    const onThrottled = () => void (reason = 'throttled')
    const identity = await within(options.directory.authenticate({ ...request, onThrottled }), options.limits.authenticateTimeoutMs)
    if (identity === 'late') return { reason: 'directory', returnCode: serverUnavailable }
    if (identity === undefined) return { reason, returnCode: badCredentials }
    const username = request.username ?? usernameOf(identity)
    const refusal = judge(options, { client, state, identity, username })
    if (refusal !== undefined) return refusal
    guest.credential = identity.credential
    if (identity.expiresAtMs !== undefined) guest.ends.push({ atMs: identity.expiresAtMs })
    // It may have been revoked while it was being looked at.
    if (endOf(guest) <= Date.now()) return { reason: 'credentials', returnCode: badCredentials }
    state.identity = identity
    // The library names a client that names itself nothing.
    if (state.clientId === '') state.clientId = client.id
    state.username = username
    waitForEnd(guest, events)
    return undefined
  }

  return {
    authenticate(client, username, password, done) {
      const state = clients.of(client)
      const peer = options.peerOf(client)
      if (state === undefined || peer === undefined) return done(authenticateError(serverUnavailable), false)
      const arrivedAtMs = performance.now()
      const guest = enter(client, state, username ?? peer.certificate?.username ?? '')
      const answer = (refusal: Refusal | undefined) => {
        if (refusal === undefined) return done(null, true)
        const { listener, address } = peer
        const fields = { listener, address, clientId: state.clientId, ...(username === undefined ? {} : { username }) }
        events.connectionRefused(refusal.reason, fields)
        const waitMs = refusal.returnCode === badCredentials ? options.limits.refusalMinMs - (performance.now() - arrivedAtMs) : 0
        const refuse = () => done(authenticateError(refusal.returnCode), false)
        if (waitMs > 0) setTimeout(refuse, waitMs).unref()
        else refuse()
      }
      const { address, certificate } = peer
      const request = { clientId: state.clientId, username, password, address, ...(certificate === undefined ? {} : { certificate }) }
      // Answered outside of the promise, so that what the library throws is not taken for a failed answer.
      admit(guest, request).then(answer, (error: unknown) => {
        events.failed('authenticate', error)
        answer({ reason: 'directory', returnCode: serverUnavailable })
      })
    },
    disconnect(username, end = { atMs: 0 }) {
      for (const guest of guests.values()) {
        if (guest.username !== username) continue
        if (!isMeant(end, guest)) continue
        guest.ends.push(end)
        // One that is being looked at hears of it when it is known which credential it came with.
        if (guest.state.identity !== undefined) waitForEnd(guest, events)
      }
    }
  }
}

/** A client from CONNECT on. */
interface Guest {
  readonly client: Client
  readonly state: ClientState
  readonly username: string
  /** Undefined until it is known, or where the directory does not tell. */
  credential: string | undefined
  readonly ends: CredentialEnd[]
  timer: NodeJS.Timeout | undefined
}

function isMeant(end: CredentialEnd, { credential }: Guest): boolean {
  return end.credential === undefined || credential === undefined || end.credential === credential
}

/** When the credential that it came with ends. */
function endOf(guest: Guest): number {
  const meant = guest.ends.filter((end) => isMeant(end, guest))
  return Math.min(Number.POSITIVE_INFINITY, ...meant.map(({ atMs }) => atMs))
}

function waitForEnd(guest: Guest, events: BrokerEvents): void {
  clearTimeout(guest.timer)
  const atMs = endOf(guest)
  if (atMs === Number.POSITIVE_INFINITY) return
  const leftMs = atMs - Date.now()
  if (leftMs > 0) {
    guest.timer = setTimeout(() => waitForEnd(guest, events), Math.min(leftMs, timerMaxMs)).unref()
    return
  }
  const { clientId } = guest.state
  events.connectionDropped('credential', { clientId, detail: 'the credential that it came with has ended or was revoked' })
  guest.client.close()
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
