/**
 * Who a client of the broker is, from its user name and secret. Only the hash of a secret is known here; it is compared in
 * constant time, and an unknown name costs as much time as a wrong secret.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { ClientIdentity, ConnectRequest, DeviceDirectory, IdentityRole } from './identity.ts'

/** What the register `credentials` holds under the user name. */
export interface StoredCredential {
  readonly role: IdentityRole
  readonly point: string
  readonly device: string
  /** SHA-256 of the secret, 64 hexadecimal digits. Enough for random secrets of 256 bits; no secret that people choose may stand here. */
  readonly secretHash: string
}

export interface DeviceDirectoryOptions {
  readonly read: (username: string) => Promise<StoredCredential | undefined>
  /** How long a credential may be used without asking again: a withdrawn one works so much longer. Default 5 s. */
  readonly cacheMs?: number
  readonly nowMs?: () => number
}

/** Most credentials kept at a time; the oldest goes first. */
export const cachedCredentialsMax = 10_000

const usernameLengthMax = 256

export function hashSecret(secret: string | Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex')
}

export function createDeviceDirectory(options: DeviceDirectoryOptions): DeviceDirectory {
  const cacheMs = options.cacheMs ?? 5_000
  const nowMs = options.nowMs ?? Date.now
  const cache = new Map<string, { readonly credential: StoredCredential; readonly untilMs: number }>()
  const find = async (username: string): Promise<StoredCredential | undefined> => {
    const cached = cache.get(username)
    if (cached !== undefined && cached.untilMs > nowMs()) return cached.credential
    cache.delete(username)
    const credential = await options.read(username)
    if (credential === undefined) return undefined
    const oldest = cache.size >= cachedCredentialsMax ? cache.keys().next().value : undefined
    if (oldest !== undefined) cache.delete(oldest)
    cache.set(username, { credential, untilMs: nowMs() + cacheMs })
    return credential
  }
  return {
    async authenticate(request: ConnectRequest): Promise<ClientIdentity | undefined> {
      const { username, password } = request
      if (username === undefined || username.length > usernameLengthMax || password === undefined) return undefined
      const credential = await find(username)
      const same = equalHashes(hashSecret(password), credential?.secretHash ?? '')
      return credential !== undefined && same ? { role: credential.role, point: credential.point, device: credential.device } : undefined
    }
  }
}

function equalHashes(given: string, stored: string): boolean {
  const left = Buffer.from(given, 'hex')
  const right = Buffer.alloc(left.length)
  const written = right.write(stored, 'hex')
  const equal = timingSafeEqual(left, right)
  return equal && written === left.length && stored.length === given.length
}
