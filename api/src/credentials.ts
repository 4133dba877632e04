/**
 * Enrols devices and agents: makes, lists, rotates and revokes their credentials. Every change is written to a journal before it is made,
 * and told to the parts of the process that let clients in. A secret is given once, to the caller, and kept nowhere.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { CredentialMade, CredentialRequest, CredentialView, RotationRequest } from '@tracegate/model/http-credentials'
import { overlapDefaultS } from '@tracegate/model/http-credentials'
import type { AccessNotices } from '@tracegate/service/access-notices'
import { readUses } from '@tracegate/service/credential-uses'
import {
  accessOf,
  activeOf,
  isActive,
  withChange,
  withCredential,
  type StoredAccess,
  type StoredCredential
} from '@tracegate/service/credentials'
import type { IdentityRole } from '@tracegate/service/identity'
import { createSecretHasher } from '@tracegate/service/secret-hash'
import { looksLikeToken, type TokenKeys } from '@tracegate/service/tokens'
import type { CaseStore, JournalStep } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { certificateOf } from './certificates.ts'
import { createAuditTrail } from './audit.ts'
import { apiError } from './errors.ts'

/** Whose credentials: of a device or agent at a point, or of a part of the platform. */
export interface Holder {
  /** `-` for a part of the platform. */
  readonly point: string
  readonly device: string
}

export interface CredentialOfficeOptions {
  readonly cases: CaseStore
  /** Undefined where this process cannot sign. */
  readonly tokens: TokenKeys | undefined
  /** Undefined where nobody in this process lets clients in. */
  readonly notices: AccessNotices | undefined
  readonly nowMs: () => number
}

export interface CredentialOffice {
  /** Undefined when nobody of that name was ever enrolled. */
  list(holder: Holder): Promise<{ readonly username: string; readonly role: IdentityRole; readonly items: CredentialView[] } | undefined>
  /** `usualRole` holds for a holder who has no row yet and whose request names none. */
  make(holder: Holder, request: CredentialRequest & { readonly by: string; readonly usualRole: IdentityRole }): Promise<CredentialMade>
  rotate(holder: Holder, id: string, request: RotationRequest & { readonly by: string }): Promise<CredentialMade>
  /** Without an id all of them. Gives how many there were. */
  revoke(holder: Holder, request: { readonly by: string; readonly id?: string }): Promise<number>
  journal(holder: Holder): Promise<JournalStep[]>
}

type Past = StoredAccess | undefined

export function usernameOfHolder({ point, device }: Holder): string {
  return point === '-' ? device : `${point}/${device}`
}

export function createCredentialOffice(options: CredentialOfficeOptions): CredentialOffice {
  const { cases, notices, nowMs } = options
  const hasher = createSecretHasher()
  const trail = createAuditTrail(cases, nowMs)

  async function read(holder: Holder): Promise<{ readonly version: number; readonly access: Past }> {
    const username = usernameOfHolder(holder)
    const row = await cases.get('credentials', username)
    if (row === undefined) return { version: 0, access: undefined }
    const access = accessOf(row.document)
    if (access === undefined) throw apiError('CREDENTIAL_NAME_TAKEN', { name: username })
    return { version: row.version, access }
  }

  /** Another writer may come between reading and writing, such as the broker that renews a hash; then it is done anew. */
  async function change(
    holder: Holder,
    step: { readonly by: string; readonly action: string },
    make: (past: Past) => StoredAccess
  ): Promise<void> {
    const username = usernameOfHolder(holder)
    for (let attempt = 1; ; attempt += 1) {
      const { version, access } = await read(holder)
      const next = make(access)
      const state = { username, role: next.role, active: activeOf(next, nowMs()).length }
      await trail.append(`credentials:${username}`, { ...step, state })
      try {
        await cases.put('credentials', username, next, version)
        return
      } catch (error) {
        await trail.append(`credentials:${username}`, { by: step.by, action: 'notDone', state, why: step.action })
        if (!isStoreError(error, 'STORE_CONFLICT')) throw error
        if (attempt >= 3) throw apiError('CREDENTIALS_CHANGED', { name: username })
      }
    }
  }

  async function make(
    holder: Holder,
    request: CredentialRequest | (RotationRequest & { readonly kind: StoredCredential['kind'] }),
    by: string
  ) {
    const id = randomUUID()
    const shared = {
      id,
      createdAtMs: nowMs(),
      createdBy: by,
      ...('note' in request && request.note !== undefined ? { note: request.note } : {})
    }
    const { kind } = request
    if (kind === 'secret') {
      const given = 'secret' in request ? request.secret : undefined
      if (given !== undefined && looksLikeToken(Buffer.from(given)))
        throw apiError('CREDENTIAL_INVALID', { detail: 'the secret has the form of a token' })
      const origin = given === undefined ? 'generated' : 'chosen'
      const secret = given ?? randomBytes(32).toString('base64url')
      const hash = await hasher.hash(Buffer.from(secret), origin)
      const credential: StoredCredential = { ...shared, kind, origin, hash }
      return { credential, ...(given === undefined ? { secret } : {}) }
    }
    if (kind === 'token') {
      const { tokens } = options
      if (tokens === undefined) throw apiError('TOKENS_ABSENT')
      const lifeS = ('lifeS' in request ? request.lifeS : undefined) ?? 3_600
      const { token, expiresAtMs } = await tokens.issue({ username: usernameOfHolder(holder), id, lifeS })
      const credential: StoredCredential = { ...shared, kind, validUntilMs: expiresAtMs }
      return { credential, token }
    }
    const found = certificateOf({ ...request, kind, username: usernameOfHolder(holder), nowMs: nowMs() })
    const credential: StoredCredential = { ...shared, kind, ...found }
    return { credential }
  }

  return {
    async list(holder) {
      const username = usernameOfHolder(holder)
      const [{ access }, uses] = await Promise.all([read(holder), readUses(cases, username)])
      if (access === undefined) return undefined
      return { username, role: access.role, items: access.credentials.map((one) => viewOf(one, nowMs(), uses.get(one.id))) }
    },
    async make(holder, { by, usualRole, ...request }) {
      const { access: past } = await read(holder)
      const role = request.role ?? past?.role ?? usualRole
      requireRole(holder, role, past)
      const { credential, ...shown } = await make(holder, request, by)
      await change(holder, { by, action: `made ${credential.kind} ${credential.id}` }, (before) => {
        const access = before ?? { role, point: holder.point === '-' ? '' : holder.point, device: holder.device, credentials: [] }
        return required(withCredential(access, credential, nowMs()), holder)
      })
      const username = usernameOfHolder(holder)
      notices?.tell({ username })
      return { username, role, credential: viewOf(credential, nowMs()), ...shown }
    },
    async rotate(holder, id, { by, overlapS = overlapDefaultS, ...request }) {
      const { access: past } = await read(holder)
      const old = past?.credentials.find((one) => one.id === id)
      const username = usernameOfHolder(holder)
      if (past === undefined || old === undefined || !isActive(old, nowMs()))
        throw apiError('NOT_FOUND', { what: `active credential of ${username}`, id })
      const { credential, ...shown } = await make(holder, { ...request, kind: old.kind }, by)
      const atMs = Math.min(old.validUntilMs ?? Number.MAX_SAFE_INTEGER, nowMs() + overlapS * 1_000)
      await change(holder, { by, action: `rotated ${old.kind} ${id} to ${credential.id}` }, (before) => {
        const ended = before === undefined ? undefined : withChange(before, id, (one) => ({ ...one, validUntilMs: atMs }))
        return required(ended === undefined ? undefined : withCredential(ended, credential, nowMs()), holder)
      })
      notices?.tell({ username, ends: { credential: id, atMs } })
      return { username, role: past.role, credential: viewOf(credential, nowMs()), ...shown }
    },
    async revoke(holder, { by, id }) {
      const username = usernameOfHolder(holder)
      const { access } = await read(holder)
      const wanted = access === undefined ? [] : activeOf(access, nowMs()).filter((one) => id === undefined || one.id === id)
      if (wanted.length === 0) throw apiError('NOT_FOUND', { what: `active credential of ${username}`, id: id ?? 'any' })
      const atMs = nowMs()
      const isMeant = (one: StoredCredential) => (id === undefined || one.id === id) && isActive(one, atMs)
      await change(holder, { by, action: id === undefined ? 'revoked all' : `revoked ${id}` }, (before) => ({
        ...required(before, holder),
        credentials: required(before, holder).credentials.map((one) => (isMeant(one) ? { ...one, revokedAtMs: atMs } : one))
      }))
      notices?.tell({ username, ends: { atMs, ...(id === undefined ? {} : { credential: id }) } })
      return wanted.length
    },
    journal: (holder) => cases.journal('audit', `credentials:${usernameOfHolder(holder)}`)
  }
}

function required(access: Past, holder: Holder): StoredAccess {
  if (access === undefined) throw apiError('CREDENTIALS_FULL', { name: usernameOfHolder(holder) })
  return access
}

function requireRole(holder: Holder, role: IdentityRole, past: Past): void {
  const name = usernameOfHolder(holder)
  const allowed: readonly IdentityRole[] = holder.point === '-' ? ['collector', 'service'] : ['device', 'edge', 'sparkplug']
  if (!allowed.includes(role)) throw apiError('CREDENTIAL_INVALID', { detail: `role is "${role}", expected one of ${allowed.join(', ')}` })
  if (past !== undefined && past.role !== role) throw apiError('CREDENTIAL_ROLE', { name, role: past.role, wanted: role })
}

function viewOf(credential: StoredCredential, nowMs: number, lastUsedAtMs?: number): CredentialView {
  const { id, kind, createdAtMs, createdBy, validUntilMs, revokedAtMs, note } = credential
  return {
    id,
    kind,
    state: revokedAtMs !== undefined ? 'revoked' : isActive(credential, nowMs) ? 'active' : 'expired',
    ...(credential.kind === 'secret' ? { origin: credential.origin } : {}),
    ...(credential.kind === 'certificate' || credential.kind === 'issuer' ? { fingerprint: credential.fingerprint } : {}),
    ...(note === undefined ? {} : { note }),
    ...(createdAtMs === undefined ? {} : { createdAtMs }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAtMs }),
    ...(validUntilMs === undefined ? {} : { validUntilMs }),
    ...(revokedAtMs === undefined ? {} : { revokedAtMs })
  }
}
