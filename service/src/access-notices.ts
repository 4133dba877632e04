/**
 * Tells every part of a process at once that somebody's credentials have changed: the directory forgets what it had read and checked,
 * the broker ends the connections. A process of its own is told by whoever carries the notice there; without one it reads the change
 * within the directory's `cacheMs`.
 */

/** What a credential is worth from a time on: nothing. */
export interface CredentialEnd {
  /** Without one every credential of the user. */
  readonly credential?: string
  readonly atMs: number
}

export interface AccessNotice {
  readonly username: string
  /** Missing when a credential was added only. */
  readonly ends?: CredentialEnd
}

/** What a broker must be able to do for the api. */
export interface DeviceSessions {
  /** Ends the connections of a user that came with a credential, now or at its end, those included that are just being let in. */
  disconnect(username: string, end?: CredentialEnd): void
}

export interface AccessNotices {
  tell(notice: AccessNotice): void
  /** Gives the function that ends it. A listener that throws does not keep the others from hearing. */
  listen(listener: (notice: AccessNotice) => void): () => void
}

export function createAccessNotices(onListenerError: (error: unknown) => void): AccessNotices {
  const listeners = new Set<(notice: AccessNotice) => void>()
  return {
    tell(notice) {
      for (const listener of listeners) {
        try {
          listener(notice)
        } catch (error) {
          onListenerError(error)
        }
      }
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
}

/** Directory first, so that nobody who is sent away comes back on what it remembers. */
export function connectNotices(
  notices: AccessNotices,
  parts: { readonly directory: { forget(username: string): void }; readonly sessions: DeviceSessions }
): () => void {
  return notices.listen(({ username, ends }) => {
    parts.directory.forget(username)
    if (ends !== undefined) parts.sessions.disconnect(username, ends)
  })
}
