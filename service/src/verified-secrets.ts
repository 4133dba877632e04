/**
 * Secrets that were found right, so that a device which comes again costs no scrypt. Neither the secret nor anything it could be
 * guessed from outside of this process is held: only its HMAC under a key that this process made. An entry stands for one stored hash;
 * when the row says something else, it is worth nothing.
 */
import { createHmac, randomBytes } from 'node:crypto'

/** The one that was used longest ago goes first. */
export const verifiedSecretsMax = 20_000
/** Long enough for a site that comes back after a day without power; what was revoked is dropped at once. */
export const verifiedSecretsMs = 24 * 60 * 60_000

interface VerifiedSecret {
  readonly credential: string
  /** Of the stored hash that it fits. */
  readonly hash: string
}

export interface VerifiedSecrets {
  /** Stands for a user name and a secret in this process. */
  keyOf(username: string, secret: Uint8Array): string
  find(key: string): VerifiedSecret | undefined
  add(username: string, key: string, verified: VerifiedSecret): void
  forget(username: string): void
  readonly size: number
}

export function createVerifiedSecrets(nowMs: () => number): VerifiedSecrets {
  const hmacKey = randomBytes(32)
  const entries = new Map<string, VerifiedSecret & { readonly username: string; readonly usedAtMs: number }>()
  const byUser = new Map<string, Set<string>>()

  function drop(key: string): void {
    const username = entries.get(key)?.username
    entries.delete(key)
    const keys = username === undefined ? undefined : byUser.get(username)
    keys?.delete(key)
    if (username !== undefined && keys?.size === 0) byUser.delete(username)
  }

  return {
    keyOf: (username, secret) =>
      createHmac('sha256', hmacKey)
        .update(`${Buffer.byteLength(username)}:${username}`)
        .update(secret)
        .digest('base64'),
    find(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (nowMs() - entry.usedAtMs > verifiedSecretsMs) {
        drop(key)
        return undefined
      }
      // Taken out and put back, so that the map stays ordered by last use.
      entries.delete(key)
      entries.set(key, { ...entry, usedAtMs: nowMs() })
      return entry
    },
    add(username, key, verified) {
      drop(key)
      entries.set(key, { ...verified, username, usedAtMs: nowMs() })
      byUser.set(username, (byUser.get(username) ?? new Set()).add(key))
      const oldest = entries.size > verifiedSecretsMax ? entries.keys().next().value : undefined
      if (oldest !== undefined) drop(oldest)
    },
    forget(username) {
      for (const key of byUser.get(username) ?? []) entries.delete(key)
      byUser.delete(username)
    },
    get size() {
      return entries.size
    }
  }
}
