/**
 * What the register `credentials` holds of a client of the broker: its role and the credentials it may show. Pure functions make the
 * next row of the last one; nothing here reads a secret, a clock or a store.
 */
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { identityRoles, type ClientIdentity } from './identity.ts'
import { SecretHash, secretOrigins } from './secret-hash.ts'

const Time = Type.Integer({ minimum: 0, description: 'milliseconds since 1970' })
const shared = {
  id: Type.String({ minLength: 1, maxLength: 64 }),
  /** Missing of those that the first version made. */
  createdAtMs: Type.Optional(Time),
  createdBy: Type.Optional(Type.String({ maxLength: 128 })),
  /** From then on it is worth nothing: the end of a token or certificate, or of the overlap after a rotation. */
  validUntilMs: Type.Optional(Time),
  revokedAtMs: Type.Optional(Time),
  note: Type.Optional(Type.String({ maxLength: 256 }))
}
const Fingerprint = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the certificate' })

export const StoredCredential = Type.Union([
  Type.Object({ kind: Type.Literal('secret'), origin: Type.Enum(secretOrigins), hash: SecretHash, ...shared }),
  /** One certificate. */
  Type.Object({ kind: Type.Literal('certificate'), fingerprint: Fingerprint, ...shared }),
  /** Every certificate of an authority that names this client. */
  Type.Object({ kind: Type.Literal('issuer'), fingerprint: Fingerprint, ...shared }),
  /** A token whose `jti` is the id. */
  Type.Object({ kind: Type.Literal('token'), ...shared })
])
export type StoredCredential = Static<typeof StoredCredential>
export const credentialKinds = ['secret', 'certificate', 'issuer', 'token'] as const
export type CredentialKind = (typeof credentialKinds)[number]

/** Credentials of one client that are worth something at a time. */
export const activeCredentialsMax = 8
/** Those that are not are kept so long, so that a list can tell of them; the oldest go first. */
export const pastCredentialsMax = 16

export const StoredAccess = Type.Object({
  role: Type.Enum(identityRoles),
  point: Type.String(),
  device: Type.String(),
  credentials: Type.Array(StoredCredential, { maxItems: activeCredentialsMax + pastCredentialsMax })
})
export type StoredAccess = Static<typeof StoredAccess>

/** As the first version wrote it: one generated secret. */
const FirstAccess = Type.Object({
  role: Type.Enum(identityRoles),
  point: Type.String(),
  device: Type.String(),
  secretHash: Type.String({ pattern: '^[0-9a-f]{64}$' })
})

const stored = compileValidator(StoredAccess)
const first = compileValidator(FirstAccess)

/**
 * What this needs of the case store. Rows of the register lie under the user name; `put` with an expected version rejects when
 * another came first.
 */
export interface CredentialRegister {
  get(register: 'credentials', id: string): Promise<{ readonly version: number; readonly document: unknown } | undefined>
  put(register: 'credentials', id: string, document: unknown, expectedVersion?: number): Promise<unknown>
}

export interface AccessRow {
  readonly version: number
  readonly access: StoredAccess
}

/** Undefined when there is no row of that name, or it is no client of the broker (service keys of the API lie there, too). */
export async function readAccess(register: CredentialRegister, username: string): Promise<AccessRow | undefined> {
  const row = await register.get('credentials', username)
  const access = row === undefined ? undefined : accessOf(row.document)
  return row === undefined || access === undefined ? undefined : { version: row.version, access }
}

/** Takes the form of the first version, too. */
export function accessOf(document: unknown): StoredAccess | undefined {
  const checked = stored.check(document)
  if (checked.ok) return checked.value
  const old = first.check(document)
  if (!old.ok) return undefined
  const { role, point, device, secretHash } = old.value
  const hash = { scheme: 'sha256', hash: secretHash } as const
  return { role, point, device, credentials: [{ id: 'first', kind: 'secret', origin: 'generated', hash }] }
}

export function isActive(credential: StoredCredential, nowMs: number): boolean {
  return credential.revokedAtMs === undefined && (credential.validUntilMs === undefined || credential.validUntilMs > nowMs)
}

export function activeOf(access: StoredAccess, nowMs: number): StoredCredential[] {
  return access.credentials.filter((credential) => isActive(credential, nowMs))
}

/** Undefined when there are as many as may be. */
export function withCredential(access: StoredAccess, credential: StoredCredential, nowMs: number): StoredAccess | undefined {
  const others = access.credentials.filter(({ id }) => id !== credential.id)
  const active = others.filter((one) => isActive(one, nowMs))
  if (active.length >= activeCredentialsMax) return undefined
  const past = others.filter((one) => !isActive(one, nowMs)).slice(-pastCredentialsMax)
  return { ...access, credentials: [...past, ...active, credential] }
}

/** Undefined when there is none of that id. */
export function withChange(
  access: StoredAccess,
  id: string,
  change: (credential: StoredCredential) => StoredCredential
): StoredAccess | undefined {
  if (!access.credentials.some((credential) => credential.id === id)) return undefined
  return { ...access, credentials: access.credentials.map((credential) => (credential.id === id ? change(credential) : credential)) }
}

export function identityOf({ role, point, device }: StoredAccess): ClientIdentity {
  return { role, point, device }
}
