/**
 * Tells a broker that ends connections from one where another client takes the session away: two collectors that were given one client
 * id, each of which would get a part of every device's messages. It ends no connection itself.
 */

export interface LostSession {
  connected(): void
  /** Gives true when it is suspected for the first time. */
  closed(cause: 'ours' | 'theirs' | 'takenOver'): boolean
  /** What an operator is told; undefined while nothing points to it. */
  suspicion(): string | undefined
}

export interface LostSessionOptions {
  readonly clientId: string
  readonly nowMs: () => number
}

/** Connections that end so soon, and how many of them in a row are no accident. */
const shortMs = 20_000
const shortOnesMax = 3

export function createLostSession({ clientId, nowMs }: LostSessionOptions): LostSession {
  let connectedAtMs: number | undefined
  let shortOnes = 0
  const isSuspected = () => shortOnes >= shortOnesMax
  return {
    connected: () => void (connectedAtMs = nowMs()),
    closed(cause) {
      const lastedMs = connectedAtMs === undefined ? undefined : nowMs() - connectedAtMs
      connectedAtMs = undefined
      const wasSuspected = isSuspected()
      // One that was never made says nothing.
      if (cause === 'takenOver') shortOnes = shortOnesMax
      else if (lastedMs !== undefined) shortOnes = cause === 'theirs' && lastedMs < shortMs ? shortOnes + 1 : 0
      return isSuspected() && !wasSuspected
    },
    suspicion() {
      if (connectedAtMs !== undefined && nowMs() - connectedAtMs >= shortMs) shortOnes = 0
      if (!isSuspected()) return undefined
      return `the broker ends the connection again and again: another client may have the client id "${clientId}", expected one that no other collector has`
    }
  }
}
