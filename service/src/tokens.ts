/**
 * Short-lived signed tokens that stand in for a device's secret: issues them (api) and verifies them (broker). The signing keys lie in
 * one file that only its owner may read; a new one takes over from time to time. Whether a token was revoked is for the directory to
 * say, which knows its id.
 */
import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errors as joseErrors, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT, type JWTHeaderParameters } from 'jose'
import { Type, type Static } from 'typebox'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { serviceError } from './errors.ts'

export const tokenAudience = 'tracegate-broker'
export const tokenIssuer = 'tracegate'
export const tokenLifeMaxS = 24 * 60 * 60
/** How far the clocks of issuer and verifier may be apart. */
export const tokenSkewS = 60
/** A key signs for so long; then a new one does. */
export const tokenKeyLifeMs = 30 * 24 * 60 * 60_000

const algorithm = 'EdDSA'
/** A replaced key verifies until the last token that it signed has ended. */
const retiredKeyMs = (tokenLifeMaxS + tokenSkewS) * 1_000
const keysMax = 64
/** A token of an unknown key makes the file be read again, for another process may have replaced the key; not more often than this. */
const rereadEveryMs = 5_000
const tokenPattern = /^[A-Za-z0-9_-]{2,512}\.[A-Za-z0-9_-]{2,2048}\.[A-Za-z0-9_-]{0,512}$/

const SigningKey = Type.Object({
  kid: Type.String({ minLength: 1, maxLength: 64 }),
  createdAtMs: Type.Integer({ minimum: 0 }),
  retiredAtMs: Type.Optional(Type.Integer({ minimum: 0 })),
  jwk: Type.Object({ kty: Type.Literal('OKP'), crv: Type.Literal('Ed25519'), x: Type.String(), d: Type.String() })
})
type SigningKey = Static<typeof SigningKey>
const keyFile = compileValidator(
  Type.Object({ version: Type.Literal(1), keys: Type.Array(SigningKey, { minItems: 1, maxItems: keysMax }) })
)
const claims = compileValidator(
  Type.Object({ sub: Type.String(), jti: Type.String({ maxLength: 64 }), iat: Type.Integer(), exp: Type.Integer() })
)

export interface VerifiedToken {
  readonly username: string
  readonly id: string
  readonly expiresAtMs: number
}

export const tokenFaults = ['malformed', 'signature', 'unknownKey', 'audience', 'expired', 'notYet', 'life'] as const
export type TokenFault = (typeof tokenFaults)[number]

export interface TokenKeys {
  /** Rejects with `TOKEN_LIFE`. */
  issue(request: {
    readonly username: string
    readonly id: string
    readonly lifeS: number
  }): Promise<{ token: string; expiresAtMs: number }>
  verify(token: string): Promise<VerifiedToken | TokenFault>
  /** Signs with a new key from now on. With `drop` the tokens of all earlier keys are worth nothing at once. Gives the new key's id. */
  rotate(options?: { readonly drop?: boolean }): Promise<string>
}

export interface TokenKeysOptions {
  /** Made at the first start, with its folder. */
  readonly path: string
  readonly nowMs?: () => number
}

/** Whether a password is a token by its form. */
export function looksLikeToken(password: Uint8Array): boolean {
  if (password.length < 32 || password.length > 3_072 || password[0] !== 0x65) return false
  return tokenPattern.test(Buffer.from(password.buffer, password.byteOffset, password.byteLength).toString('latin1'))
}

/** Rejects with `TOKEN_KEYS` for a file that others may read, or that holds something else. */
export async function openTokenKeys({ path, nowMs = Date.now }: TokenKeysOptions): Promise<TokenKeys> {
  let keys = (await readKeys(path)) ?? (await makeFirst(path, nowMs()))
  let readAtMs = nowMs()
  let turn: Promise<unknown> = Promise.resolve()

  /** One change of the file after the other. */
  function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = turn.then(work, work)
    turn = result.catch(() => {})
    return result
  }

  async function replaceKey(drop: boolean): Promise<SigningKey> {
    const now = nowMs()
    const next = await makeKey(now)
    const kept = drop ? [] : keys.filter(({ retiredAtMs }) => retiredAtMs === undefined || now - retiredAtMs < retiredKeyMs)
    keys = [...kept.map((key) => ({ ...key, retiredAtMs: key.retiredAtMs ?? now })), next].slice(-keysMax)
    await writeKeys(path, keys)
    return next
  }

  async function signingKey(): Promise<SigningKey> {
    const key = keys.findLast(({ retiredAtMs }) => retiredAtMs === undefined)
    return key !== undefined && nowMs() - key.createdAtMs < tokenKeyLifeMs ? key : inTurn(() => replaceKey(false))
  }

  async function keyOf(header: JWTHeaderParameters) {
    const find = () => keys.find(({ kid }) => kid === header.kid)
    if (find() === undefined && nowMs() - readAtMs >= rereadEveryMs) {
      readAtMs = nowMs()
      keys = (await readKeys(path)) ?? keys
    }
    const key = find()
    const ended = key?.retiredAtMs !== undefined && nowMs() - key.retiredAtMs >= retiredKeyMs
    if (key === undefined || ended) throw new joseErrors.JWKSNoMatchingKey()
    const { d: _private, ...publicJwk } = key.jwk
    return importJWK(publicJwk, algorithm)
  }

  return {
    async issue({ username, id, lifeS }) {
      if (!(Number.isInteger(lifeS) && lifeS > 0 && lifeS <= tokenLifeMaxS))
        throw serviceError('TOKEN_LIFE', { lifeS, lifeMaxS: tokenLifeMaxS })
      const key = await signingKey()
      const issuedAtS = Math.floor(nowMs() / 1_000)
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: key.kid })
        .setIssuer(tokenIssuer)
        .setAudience(tokenAudience)
        .setSubject(username)
        .setJti(id)
        .setIssuedAt(issuedAtS)
        .setExpirationTime(issuedAtS + lifeS)
        .sign(await importJWK(key.jwk, algorithm))
      return { token, expiresAtMs: (issuedAtS + lifeS) * 1_000 }
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms: [algorithm],
          audience: tokenAudience,
          issuer: tokenIssuer,
          typ: 'JWT',
          clockTolerance: tokenSkewS,
          currentDate: new Date(nowMs()),
          requiredClaims: ['sub', 'jti', 'iat', 'exp']
        })
        const read = claims.check(payload)
        if (!read.ok) return 'malformed'
        const { sub, jti, iat, exp } = read.value
        if (exp - iat > tokenLifeMaxS || iat * 1_000 > nowMs() + tokenSkewS * 1_000) return 'life'
        return { username: sub, id: jti, expiresAtMs: exp * 1_000 }
      } catch (error) {
        return faultOf(error)
      }
    },
    rotate: async ({ drop = false } = {}) => (await inTurn(() => replaceKey(drop))).kid
  }
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof joseErrors.JWTExpired) return 'expired'
  if (error instanceof joseErrors.JWKSNoMatchingKey) return 'unknownKey'
  if (error instanceof joseErrors.JWSSignatureVerificationFailed) return 'signature'
  if (error instanceof joseErrors.JWTClaimValidationFailed)
    return error.claim === 'aud' ? 'audience' : error.claim === 'nbf' ? 'notYet' : 'malformed'
  // An algorithm that we do not use ends here as well, `none` included.
  if (error instanceof joseErrors.JOSEError) return 'malformed'
  throw error
}

async function makeKey(nowMs: number): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true })
  const { x, d } = await exportJWK(privateKey)
  if (x === undefined || d === undefined) throw new TypeError('Cannot make token key: expected an Ed25519 key with x and d')
  return { kid: randomUUID(), createdAtMs: nowMs, jwk: { kty: 'OKP', crv: 'Ed25519', x, d } }
}

async function makeFirst(path: string, nowMs: number): Promise<readonly SigningKey[]> {
  const keys = [await makeKey(nowMs)]
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeKeys(path, keys)
  return keys
}

async function readKeys(path: string): Promise<readonly SigningKey[] | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw keysError(path, 'a readable file', String(error), error)
  })
  if (bytes === undefined) return undefined
  const { mode } = await stat(path)
  // Windows knows no such bits.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw keysError(
      path,
      'mode 600',
      `its mode is ${(mode & 0o777).toString(8)}: others may have read the keys; remove it to have new ones`
    )
  const decoded = decodeMessage(keyFile, bytes)
  if (!decoded.ok) throw keysError(path, 'the keys of an earlier start', decoded.reason.message)
  return decoded.value.keys
}

async function writeKeys(path: string, keys: readonly SigningKey[]): Promise<void> {
  const text = `${JSON.stringify({ version: 1, keys }, null, 2)}\n`
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await chmod(`${path}.new`, 0o600)
  await rename(`${path}.new`, path)
}

function keysError(path: string, expected: string, detail: string, cause?: unknown) {
  return serviceError('TOKEN_KEYS', { path, expected, detail }, cause)
}
