/**
 * Whether a secret is one of a client's: from memory when it was found right before, with scrypt otherwise, and not at all for a while
 * for whoever guesses. It reads no register.
 */
import { activeOf, type StoredAccess, type StoredCredential } from './credentials.ts'
import { nobodysHash, secretLengthMax, workOf, type SecretHash, type SecretHasher } from './secret-hash.ts'
import { createThrottle, networkOf } from './throttle.ts'
import { createVerifiedSecrets } from './verified-secrets.ts'

interface SecretAttempt {
  readonly username: string
  readonly secret: Uint8Array
  /** Empty where it is not known; then only the user name counts. */
  readonly address: string
  readonly access: StoredAccess | undefined
}

export type SecretCredential = Extract<StoredCredential, { kind: 'secret' }>

type SecretVerdict =
  | { readonly type: 'right'; readonly credential: SecretCredential; readonly fromMemory: boolean }
  | { readonly type: 'wrong' }
  /** Nothing was worked out. */
  | { readonly type: 'throttled' }

export interface SecretCheck {
  /** Rejects with `SECRETS_BUSY`. */
  check(attempt: SecretAttempt): Promise<SecretVerdict>
  /** The stored hash was replaced by a stronger one of the same secret. */
  renewed(username: string, secret: Uint8Array, credential: SecretCredential): void
  forget(username: string): void
}

export interface SecretCheckOptions {
  readonly hasher: SecretHasher
  readonly nowMs: () => number
}

/** Checks of one user name that run at a time: a device has one secret, or two while it changes. */
const checksPerUserMax = 4
const trackedMax = 20_000
/** A person's slips are free; a guesser gets a few hundred tries a month. */
const userThrottle = { freeFailures: 5, baseMs: 1_000, maxMs: 15 * 60_000, trackedMax }
/** A whole site may lie behind one address, so it has more tries, and never waits long. */
const addressThrottle = { freeFailures: 100, baseMs: 1_000, maxMs: 60_000, trackedMax }

export function createSecretCheck({ hasher, nowMs }: SecretCheckOptions): SecretCheck {
  const verified = createVerifiedSecrets(nowMs)
  const users = createThrottle({ ...userThrottle, nowMs })
  const networks = createThrottle({ ...addressThrottle, nowMs })
  /** Where a user last came in from: strangers elsewhere do not make it wait. */
  const homes = new Map<string, string>()
  const running = new Map<string, Promise<SecretVerdict>>()
  const runningOf = new Map<string, number>()

  function isThrottled({ username, access }: SecretAttempt, network: string): boolean {
    if (network !== '' && networks.waitMs(network) > 0) return true
    // 256 random bits are found by nobody: waiting for those who try would only keep the device itself out, as after a restart.
    if (access !== undefined && secretsOf(access, nowMs()).every(({ origin }) => origin === 'generated')) return false
    return users.waitMs(username) > 0 && (network === '' || homes.get(username) !== network)
  }

  function settle(username: string, network: string, isRight: boolean): void {
    if (isRight) {
      users.succeeded(username)
      cameFrom(username, network)
      return
    }
    users.failed(username)
    if (network !== '') networks.failed(network)
  }

  function cameFrom(username: string, network: string): void {
    homes.delete(username)
    if (network !== '') homes.set(username, network)
    const oldest = homes.size > trackedMax ? homes.keys().next().value : undefined
    if (oldest !== undefined) homes.delete(oldest)
  }

  async function compare(key: string, attempt: SecretAttempt): Promise<SecretVerdict> {
    const { username, address } = attempt
    runningOf.set(username, (runningOf.get(username) ?? 0) + 1)
    try {
      const credential = await findRight(hasher, attempt, nowMs())
      settle(username, networkOf(address), credential !== undefined)
      if (credential === undefined) return { type: 'wrong' }
      verified.add(username, key, { credential: credential.id, hash: credential.hash.hash })
      return { type: 'right', credential, fromMemory: false }
    } finally {
      const left = (runningOf.get(username) ?? 1) - 1
      if (left > 0) runningOf.set(username, left)
      else runningOf.delete(username)
    }
  }

  return {
    async check(attempt) {
      const { username, secret, access, address } = attempt
      if (secret.length > secretLengthMax) return { type: 'wrong' }
      const key = verified.keyOf(username, secret)
      const known = verified.find(key)
      const credential = known === undefined || access === undefined ? undefined : findKnown(access, known, nowMs())
      if (credential !== undefined) {
        cameFrom(username, networkOf(address))
        return { type: 'right', credential, fromMemory: true }
      }
      // The same client that comes twice at once is checked once.
      const same = running.get(key)
      if (same !== undefined) return same
      if ((runningOf.get(username) ?? 0) >= checksPerUserMax || isThrottled(attempt, networkOf(address))) return { type: 'throttled' }
      const verdict = compare(key, attempt).finally(() => running.delete(key))
      running.set(key, verdict)
      return verdict
    },
    renewed: (username, secret, { id, hash }) =>
      verified.add(username, verified.keyOf(username, secret), { credential: id, hash: hash.hash }),
    forget: (username) => verified.forget(username)
  }
}

/** Whether a hash was made with less work than is due now. */
export function isWeak(hash: SecretHash, origin: SecretCredential['origin']): boolean {
  return hash.scheme !== 'scrypt' || hash.cost * hash.parallel < workOf[origin].cost * workOf[origin].parallel
}

function secretsOf(access: StoredAccess | undefined, nowMs: number): SecretCredential[] {
  return access === undefined ? [] : activeOf(access, nowMs).flatMap((one) => (one.kind === 'secret' ? [one] : []))
}

function findKnown(access: StoredAccess, known: { readonly credential: string; readonly hash: string }, nowMs: number) {
  return secretsOf(access, nowMs).find(({ id, hash }) => id === known.credential && hash.hash === known.hash)
}

/** Newest first: during a rotation most devices have the new one already. */
async function findRight(hasher: SecretHasher, attempt: SecretAttempt, nowMs: number): Promise<SecretCredential | undefined> {
  const secrets = secretsOf(attempt.access, nowMs).toReversed()
  if (secrets.length === 0) await hasher.verify(attempt.secret, nobodysHash)
  for (const credential of secrets) if (await hasher.verify(attempt.secret, credential.hash)) return credential
  return undefined
}
