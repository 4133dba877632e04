/** What the broker knows of each connected client, found by the library's client object. */
import type { Client } from 'aedes'
import type { ClientIdentity } from '@tracegate/service/identity'
import type { GuardedConnection } from './connection.ts'
import type { PublishRight } from './topic-rights.ts'

export interface ClientState {
  readonly connection: GuardedConnection
  /** As asked for in CONNECT. */
  clientId: string
  clean: boolean
  willTopic: string | undefined
  username: string
  identity: ClientIdentity | undefined
  readonly subscriptions: Set<string>
  /** Rights already worked out, by topic. */
  readonly rights: Map<string, PublishRight>
}

export interface Clients {
  add(client: Client, connection: GuardedConnection): ClientState
  of(client: object | null): ClientState | undefined
  connected(client: Client): void
  disconnected(client: Client): void
  disconnect(username: string): void
  count(): number
  /** Who holds a client id: nobody else may take it over. */
  ownerOf(clientId: string): string | undefined
  setOwner(clientId: string, username: string | undefined): void
}

export function createClients(): Clients {
  const states = new WeakMap<object, ClientState>()
  const connected = new Set<Client>()
  const owners = new Map<string, string>()
  const of = (client: object | null) => (client === null ? undefined : states.get(client))
  return {
    of,
    add(client, connection) {
      const state: ClientState = {
        connection,
        clientId: '',
        clean: true,
        willTopic: undefined,
        username: '',
        identity: undefined,
        subscriptions: new Set(),
        rights: new Map()
      }
      states.set(client, state)
      return state
    },
    connected: (client) => void connected.add(client),
    disconnected: (client) => void connected.delete(client),
    disconnect(username) {
      for (const client of connected) if (of(client)?.username === username) client.close()
    },
    count: () => connected.size,
    ownerOf: (clientId) => owners.get(clientId),
    setOwner(clientId, username) {
      if (username === undefined) owners.delete(clientId)
      else owners.set(clientId, username)
    }
  }
}
