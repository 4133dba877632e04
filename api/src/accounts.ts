/**
 * Local accounts and service keys: who is asking. Passwords are kept as scrypt hashes, keys as SHA-256; neither is ever
 * logged. It must not know of HTTP.
 */
import { hash as hashOnce, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { apiError } from './errors.ts'

/**
 * assess: judge and correct; approve: the second pair of eyes; publish: levels II to IV; publishLevelI: the authority that the State Council
 * has authorised; order: measures, ordered recalls and control orders; inspect: draws, certificates, effectiveness checks; respond: what a
 * company does about its own goods; configure: policy, rules, plans.
 */
export const rights = [
  'read',
  'capture',
  'simulate',
  'administer',
  'assess',
  'approve',
  'publish',
  'publishLevelI',
  'order',
  'inspect',
  'respond',
  'configure'
] as const
export type Right = (typeof rights)[number]

export interface Principal {
  readonly kind: 'account' | 'key'
  readonly name: string
  readonly rights: readonly Right[]
}

export interface Accounts {
  /** Set only when this start made the first account. Show it once; it is kept nowhere in clear. */
  readonly firstSignIn?: { readonly name: string; readonly password: string }
  /** Gives the account, or undefined when name and password do not belong together. Rejects with `SIGN_IN_BUSY` past the limit. */
  verify(name: string, password: string): Promise<Principal | undefined>
  byKey(key: string): Principal | undefined
  /** Makes the bootstrap key when there is none yet; `kept` when another one was made before. */
  ensureBootstrapKey(key: string): Promise<'made' | 'same' | 'kept'>
  /** Makes or replaces the key of a service of ours, such as the simulator. */
  ensureServiceKey(name: string, key: string, granted: readonly Right[]): Promise<void>
}

const Rights = Type.Array(Type.Enum(rights))
const AccountRow = Type.Object({
  name: Type.String(),
  rights: Rights,
  salt: Type.String({ description: 'base64' }),
  hash: Type.String({ description: 'base64, scrypt with N, r = 8, p = 1' }),
  cost: Type.Integer({ minimum: 1_024, maximum: 1_048_576, description: 'N of scrypt' })
})
type AccountRow = Static<typeof AccountRow>
const CredentialRow = Type.Object({ name: Type.String(), rights: Rights, sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) })
const accountRows = compileValidator(AccountRow)
const credentialRows = compileValidator(CredentialRow)

export const firstAccountName = 'admin'
const bootstrapId = 'bootstrap'
/** 32 MiB and about 60 ms a check. */
const scryptCost = 32_768
const hashBytes = 32
/** Each check takes 32 MiB, so only so many at once; the rest is refused. */
const checksMax = 4

export async function openAccounts(options: { readonly cases: CaseStore }): Promise<Accounts> {
  const { cases } = options
  const firstSignIn = await makeFirstAccount(cases)
  const keys = new Map<string, Principal>()
  for (const row of await cases.list('credentials')) {
    const read = credentialRows.check(row.document)
    if (read.ok) keys.set(read.value.sha256, { kind: 'key', name: read.value.name, rights: read.value.rights })
  }
  let checking = 0
  return {
    ...(firstSignIn === undefined ? {} : { firstSignIn }),
    async verify(name, password) {
      if (checking >= checksMax) throw apiError('SIGN_IN_BUSY', { waiting: checking, waitingMax: checksMax })
      checking += 1
      try {
        return await verifyPassword(cases, name, password)
      } finally {
        checking -= 1
      }
    },
    byKey: (key) => keys.get(sha256(key)),
    async ensureBootstrapKey(key) {
      const hash = sha256(key)
      const principal: Principal = { kind: 'key', name: bootstrapId, rights }
      try {
        await cases.put('credentials', bootstrapId, { name: bootstrapId, rights: [...rights], sha256: hash }, 0)
      } catch (error) {
        if (!isStoreError(error, 'STORE_CONFLICT')) throw error
        return keys.has(hash) ? 'same' : 'kept'
      }
      keys.set(hash, principal)
      return 'made'
    },
    async ensureServiceKey(name, key, granted) {
      const hash = sha256(key)
      await cases.put('credentials', `service:${name}`, { name, rights: [...granted], sha256: hash })
      for (const [known, principal] of keys) if (principal.name === name) keys.delete(known)
      keys.set(hash, { kind: 'key', name, rights: granted })
    }
  }
}

async function makeFirstAccount(cases: CaseStore): Promise<{ name: string; password: string } | undefined> {
  const existing = await cases.list('accounts')
  if (existing.length > 0) return undefined
  const password = randomBytes(15).toString('base64url')
  try {
    await cases.put('accounts', firstAccountName, await accountRow(firstAccountName, password, rights), 0)
  } catch (error) {
    if (isStoreError(error, 'STORE_CONFLICT')) return undefined
    throw error
  }
  return { name: firstAccountName, password }
}

async function accountRow(name: string, password: string, granted: readonly Right[]): Promise<AccountRow> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, scryptCost)
  return { name, rights: [...granted], salt: salt.toString('base64'), hash: hash.toString('base64'), cost: scryptCost }
}

/** An unknown name costs as much time as a wrong password, so that names cannot be probed. */
const nobody = { salt: randomBytes(16).toString('base64'), hash: randomBytes(hashBytes).toString('base64'), cost: scryptCost }

async function verifyPassword(cases: CaseStore, name: string, password: string): Promise<Principal | undefined> {
  const row = await cases.get('accounts', name)
  const read = row === undefined ? undefined : accountRows.check(row.document)
  const account = read?.ok === true ? read.value : undefined
  const { salt, hash, cost } = account ?? nobody
  const derived = await derive(password, Buffer.from(salt, 'base64'), cost)
  const wanted = Buffer.from(hash, 'base64')
  const equal = wanted.length === derived.length && timingSafeEqual(wanted, derived)
  return equal && account !== undefined ? { kind: 'account', name: account.name, rights: account.rights } : undefined
}

function derive(password: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  scrypt(password.normalize('NFKC'), salt, hashBytes, { N: cost, r: 8, p: 1, maxmem: 256 * cost * 8 }, (error, derived) =>
    error === null ? resolve(derived) : reject(error)
  )
  return promise
}

function sha256(text: string): string {
  return hashOnce('sha256', text)
}
