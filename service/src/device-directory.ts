/**
 * Who a client of the broker is: by its certificate, by a signed token, or by its secret, in this order. Rows of the register are held
 * for a few seconds, secrets that were right for longer; `forget` drops both at once. It tells nobody why a client was refused.
 */
import { activeOf, identityOf, isActive, readAccess, withChange, type CredentialRegister, type StoredAccess } from './credentials.ts'
import { createCredentialUses } from './credential-uses.ts'
import type { AdmittedClient, CertificateFacts, ConnectRequest, DeviceDirectory } from './identity.ts'
import type { Metrics } from './metrics.ts'
import { createSecretCheck, isWeak, type SecretCredential } from './secret-check.ts'
import { createSecretHasher, type SecretHasher } from './secret-hash.ts'
import { looksLikeToken, tokenSkewS, type TokenKeys } from './tokens.ts'

export interface DeviceDirectoryOptions {
  readonly register: CredentialRegister
  /** Without them a token is a wrong secret. */
  readonly tokens?: TokenKeys
  readonly metrics?: Metrics
  readonly hasher?: SecretHasher
  /** How long a row may be used without asking again: what another process revoked works so much longer. Default 5 s. */
  readonly cacheMs?: number
  readonly nowMs?: () => number
  /** Something behind the scenes did not work: a hash that was not renewed, a use that was not written. */
  readonly onTrouble?: (error: unknown) => void
}

export interface CredentialDirectory extends DeviceDirectory, AsyncDisposable {
  /** Drops whatever is held of a user. */
  forget(username: string): void
  /** Writes what is not written yet: renewed hashes, times of last use. */
  flush(): Promise<void>
}

export const signInOutcomes = [
  'cached',
  'secret',
  'token',
  'certificate',
  'wrongSecret',
  'wrongToken',
  'wrongCertificate',
  'throttled',
  'incomplete'
] as const
type Outcome = (typeof signInOutcomes)[number]

/** Most rows held at a time; the oldest goes first. */
export const cachedRowsMax = 10_000
const usernameLengthMax = 256
/** Hashes renewed at a time; a client past that is renewed when it comes next. */
const renewalsMax = 1_000

export function createDeviceDirectory(options: DeviceDirectoryOptions): CredentialDirectory {
  const { register, tokens, nowMs = Date.now, onTrouble = () => {} } = options
  const hasher = options.hasher ?? createSecretHasher({ nowMs })
  const rows = createRowCache(register, { cacheMs: options.cacheMs ?? 5_000, nowMs })
  const secrets = createSecretCheck({ hasher, nowMs })
  const uses = createCredentialUses(register, onTrouble)
  const renewals = new Set<Promise<void>>()
  const outcomes = options.metrics?.counter({
    name: 'tracegate_access_sign_ins_total',
    help: 'Clients of the broker that showed who they are, by outcome',
    labels: ['outcome']
  })

  function refuse(outcome: Outcome): undefined {
    outcomes?.add(1, { outcome })
    return undefined
  }

  function admit(
    outcome: Outcome,
    access: StoredAccess,
    { id, untilMs }: { readonly id: string; readonly untilMs?: number }
  ): AdmittedClient {
    outcomes?.add(1, { outcome })
    uses.used(`${access.point === '' ? '' : `${access.point}/`}${access.device}`, id, nowMs())
    return { ...identityOf(access), credential: id, ...(untilMs === undefined ? {} : { expiresAtMs: untilMs }) }
  }

  async function byCertificate(certificate: CertificateFacts, username: string | undefined): Promise<AdmittedClient | undefined> {
    const { username: named, fingerprint, issuers, validFromMs, validToMs } = certificate
    if (named === undefined || (username !== undefined && username !== named)) return undefined
    if (nowMs() < validFromMs || nowMs() >= validToMs) return undefined
    const access = await rows.find(named)
    if (access === undefined) return undefined
    const credential = activeOf(access, nowMs()).find(
      (one) =>
        (one.kind === 'certificate' && one.fingerprint === fingerprint) || (one.kind === 'issuer' && issuers.includes(one.fingerprint))
    )
    if (credential === undefined) return undefined
    return admit('certificate', access, { id: credential.id, untilMs: Math.min(validToMs, credential.validUntilMs ?? validToMs) })
  }

  async function byToken(keys: TokenKeys, password: Uint8Array, username: string): Promise<AdmittedClient | undefined> {
    const verified = await keys.verify(Buffer.from(password).toString('latin1'))
    if (typeof verified === 'string' || verified.username !== username) return refuse('wrongToken')
    const access = await rows.find(username)
    const known = access?.credentials.find((one) => one.kind === 'token' && one.id === verified.id)
    if (access === undefined || known === undefined || known.revokedAtMs !== undefined) return refuse('wrongToken')
    // Within the skew a token may look expired here while it is not where it was issued.
    const graceMs = verified.expiresAtMs > nowMs() ? 0 : tokenSkewS * 1_000
    const untilMs = Math.min(verified.expiresAtMs, known.validUntilMs ?? verified.expiresAtMs) + graceMs
    return untilMs > nowMs() ? admit('token', access, { id: known.id, untilMs }) : refuse('wrongToken')
  }

  async function bySecret(request: ConnectRequest, username: string, secret: Uint8Array): Promise<AdmittedClient | undefined> {
    const access = await rows.find(username)
    const verdict = await secrets.check({ username, secret, address: request.address ?? '', access })
    if (verdict.type === 'throttled') request.onThrottled?.()
    if (verdict.type !== 'right') return refuse(verdict.type === 'wrong' ? 'wrongSecret' : 'throttled')
    const { credential, fromMemory } = verdict
    if (access === undefined || !isActive(credential, nowMs())) return refuse('wrongSecret')
    if (isWeak(credential.hash, credential.origin) && renewals.size < renewalsMax) renew(username, secret, credential)
    const { id, validUntilMs } = credential
    return admit(fromMemory ? 'cached' : 'secret', access, { id, ...(validUntilMs === undefined ? {} : { untilMs: validUntilMs }) })
  }

  /** Behind the client's back: it is let in whether this works or not. */
  function renew(username: string, secret: Uint8Array, credential: SecretCredential): void {
    const work = async () => {
      const hash = await hasher.hash(secret, credential.origin)
      const row = await readAccess(register, username)
      const change = (one: StoredAccess['credentials'][number]) =>
        one.kind === 'secret' && one.hash.hash === credential.hash.hash ? { ...one, hash } : one
      const next = row === undefined ? undefined : withChange(row.access, credential.id, change)
      if (row === undefined || next === undefined) return
      await register.put('credentials', username, next, row.version)
      rows.forget(username)
      secrets.renewed(username, secret, { ...credential, hash })
    }
    const renewal = work()
      .catch(onTrouble)
      .finally(() => renewals.delete(renewal))
    renewals.add(renewal)
  }

  async function flush(): Promise<void> {
    await Promise.all(renewals)
    await uses.flush()
  }

  return {
    async authenticate(request) {
      const { username, password, certificate } = request
      if (username !== undefined && username.length > usernameLengthMax) return refuse('incomplete')
      const certified = certificate === undefined ? undefined : await byCertificate(certificate, username)
      if (certified !== undefined) return certified
      if (username === undefined || password === undefined) return refuse(certificate === undefined ? 'incomplete' : 'wrongCertificate')
      if (tokens !== undefined && looksLikeToken(password)) return byToken(tokens, password, username)
      return bySecret(request, username, password)
    },
    forget(username) {
      rows.forget(username)
      secrets.forget(username)
    },
    flush,
    async [Symbol.asyncDispose]() {
      await flush()
      await uses.close()
    }
  }
}

function createRowCache(register: CredentialRegister, { cacheMs, nowMs }: { readonly cacheMs: number; readonly nowMs: () => number }) {
  const cache = new Map<string, { readonly access: StoredAccess; readonly untilMs: number }>()
  /** Counts up whenever something is forgotten, so that a row which was being read meanwhile is not kept. */
  let forgotten = 0
  return {
    async find(username: string): Promise<StoredAccess | undefined> {
      const cached = cache.get(username)
      if (cached !== undefined && cached.untilMs > nowMs()) return cached.access
      cache.delete(username)
      const before = forgotten
      const row = await readAccess(register, username)
      if (row === undefined) return undefined
      const oldest = cache.size >= cachedRowsMax ? cache.keys().next().value : undefined
      if (oldest !== undefined) cache.delete(oldest)
      if (before === forgotten) cache.set(username, { access: row.access, untilMs: nowMs() + cacheMs })
      return row.access
    },
    forget(username: string) {
      forgotten += 1
      cache.delete(username)
    }
  }
}
