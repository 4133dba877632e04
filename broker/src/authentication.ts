/**
 * Lets a client in or not: who it is, whether its client id and its last will are its own, and whether there is room for its
 * session. It asks the directory, and decides nothing about single messages.
 */
import type { AedesOptions, AuthenticateError, Client } from 'aedes'
import type { ConnectRequest, DeviceDirectory } from '@tracegate/service/identity'
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
}

/** What the broker library asks for each CONNECT. */
export type Authenticate = NonNullable<AedesOptions['authenticate']>

/** CONNACK return codes of MQTT 3.1.1 §3.2.2.3. */
const identifierRejected = 2
const serverUnavailable = 3
const badCredentials = 4
const notAuthorized = 5

type Refusal = { readonly reason: ConnectionRefusal; readonly returnCode: number }

export function createAuthentication(options: AuthenticationOptions): Authenticate {
  const { events, clients, limits } = options

  async function admit(client: Client, state: ClientState, request: ConnectRequest): Promise<Refusal | undefined> {
    if (state.clientId === '' && !state.clean) return { reason: 'clientId', returnCode: identifierRejected }
    const identity = await within(options.directory.authenticate(request), limits.authenticateTimeoutMs)
    if (identity === 'late') return { reason: 'directory', returnCode: serverUnavailable }
    if (identity === undefined) return { reason: 'credentials', returnCode: badCredentials }
    const owner = state.clientId === '' ? undefined : clients.ownerOf(state.clientId)
    if (owner !== undefined && owner !== request.username) return { reason: 'clientId', returnCode: identifierRejected }
    if (state.willTopic !== undefined && publishRight(identity, state.willTopic) === 'refuse')
      return { reason: 'will', returnCode: notAuthorized }
    if (!state.clean && !options.sessions.hasRoomFor(client.id)) return { reason: 'sessionsMax', returnCode: serverUnavailable }
    state.identity = identity
    // The library names a client that names itself nothing.
    if (state.clientId === '') state.clientId = client.id
    state.username = request.username ?? ''
    return undefined
  }

  return (client, username, password, done) => {
    const state = clients.of(client)
    if (state === undefined) return done(authenticateError(serverUnavailable), false)
    const answer = (refusal: Refusal | undefined) => {
      if (refusal === undefined) return done(null, true)
      events.connectionRefused(refusal.reason, {
        address: state.connection.address,
        clientId: state.clientId,
        ...(username === undefined ? {} : { username })
      })
      done(authenticateError(refusal.returnCode), false)
    }
    // Answered outside of the promise, so that what the library throws is not taken for a failed answer.
    admit(client, state, { clientId: state.clientId, username, password }).then(answer, (error: unknown) => {
      events.failed('authenticate', error)
      answer({ reason: 'directory', returnCode: serverUnavailable })
    })
  }
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
