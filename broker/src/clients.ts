/** What the broker knows of each connected client, found by the library's client object. */
import type { Client } from 'aedes'
import type { ClientIdentity } from '@tracegate/service/identity'
import type { GuardedConnection } from './guarded-connection.ts'
import type { PendingPublishes } from './inbound.ts'
import type { SubscriberOutlet } from './outlet.ts'
import type { Session } from './sessions/session.ts'
import type { KnownTopic } from './topic-rights.ts'

export interface ClientState {
  readonly connection: GuardedConnection
  /** As asked for in CONNECT. */
  clientId: string
  clean: boolean
  /** One and a half of what was asked for in CONNECT (MQTT 3.1.1 §3.1.2.10); 0 is none. */
  keepAliveMs: number
  willTopic: string | undefined
  willBytes: number
  username: string
  identity: ClientIdentity | undefined
  /** Made when needed: a client that only sends has none. */
  session: Session | undefined
  outlet: SubscriberOutlet | undefined
  pending: PendingPublishes | undefined
  /** Topics already looked at. */
  topics: Map<string, KnownTopic> | undefined
  /** Left of the rate, and when it was counted. */
  rate: { tokens: number; atMs: number } | undefined
  /** Holds its client id. */
  claimed: boolean
}

export interface Clients {
  add(client: Client, connection: GuardedConnection): ClientState
  of(client: object | null): ClientState | undefined
  connected(client: Client): void
  disconnected(client: Client): void
  /** Every client that is connected. */
  states(): Iterable<ClientState>
  count(): number
  /** Who holds a client id: nobody else may take it over. */
  ownerOf(clientId: string): string | undefined
  /** Holds the client id for the user of this connection, until it is given back. */
  claim(state: ClientState): void
  unclaim(state: ClientState): void
}

/** `keptOwnerOf`: who a session belongs to whose client is away. */
export function createClients(keptOwnerOf: (clientId: string) => string | undefined): Clients {
  const states = new WeakMap<object, ClientState>()
  const connected = new Map<Client, ClientState>()
  const owners = new Map<string, { readonly username: string; holders: number }>()
  const of = (client: object | null) => (client === null ? undefined : states.get(client))
  return {
    of,
    add(client, connection) {
      const state = createState(connection)
      states.set(client, state)
      return state
    },
    connected(client) {
      const state = of(client)
      if (state !== undefined) connected.set(client, state)
    },
    disconnected: (client) => void connected.delete(client),
    states: () => connected.values(),
    count: () => connected.size,
    ownerOf: (clientId) => owners.get(clientId)?.username ?? keptOwnerOf(clientId),
    claim(state) {
      if (state.claimed) return
      state.claimed = true
      const owner = owners.get(state.clientId)
      if (owner === undefined) owners.set(state.clientId, { username: state.username, holders: 1 })
      else owner.holders += 1
    },
    unclaim(state) {
      if (!state.claimed) return
      state.claimed = false
      const owner = owners.get(state.clientId)
      if (owner === undefined) return
      owner.holders -= 1
      if (owner.holders === 0) owners.delete(state.clientId)
    }
  }
}

function createState(connection: GuardedConnection): ClientState {
  return {
    connection,
    clientId: '',
    clean: true,
    keepAliveMs: 0,
    willTopic: undefined,
    willBytes: 0,
    username: '',
    identity: undefined,
    session: undefined,
    outlet: undefined,
    pending: undefined,
    topics: undefined,
    rate: undefined,
    claimed: false
  }
}
