/**
 * The Ed25519 keys that seal evidence bundles, in one file that only its owner may read. A new key takes over when asked for; what an earlier
 * one sealed goes on being verifiable, so public keys are never dropped and the private half of a retired key is.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Type, type Static } from 'typebox'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import type { EvidenceKeys as PublicKeys } from '@tracegate/model/http-exports'
import { apiError } from '../errors.ts'

const Kept = Type.Object({
  keyId: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  createdAtMs: Type.Integer({ minimum: 0 }),
  retiredAtMs: Type.Optional(Type.Integer({ minimum: 0 })),
  publicKeyPem: Type.String(),
  /** Of the key that signs; gone once it is retired. */
  privateKeyPem: Type.Optional(Type.String())
})
type Kept = Static<typeof Kept>
const keysMax = 256
const keyFile = compileValidator(Type.Object({ version: Type.Literal(1), keys: Type.Array(Kept, { minItems: 1, maxItems: keysMax }) }))

export interface Seal {
  readonly keyId: string
  readonly publicKeyPem: string
  /** 64 octets over exactly these bytes. */
  sign(bytes: Uint8Array): Buffer
}

export interface EvidenceKeys {
  /** The key that signs now; made when there is none yet. */
  current(): Promise<Seal>
  published(): Promise<PublicKeys>
  /** Seals with a new key from now on. Rejects with `EVIDENCE_KEYS` past 256 keys. */
  rotate(): Promise<string>
}

/** Nothing is read or made before the first use. Rejects then with `EVIDENCE_KEYS` for a file that others may read or that is none of ours. */
export function createEvidenceKeys({ path, nowMs }: { readonly path: string; readonly nowMs: () => number }): EvidenceKeys {
  let turn: Promise<unknown> = Promise.resolve()
  /** One use of the file after the other, so that two first uses make one key. */
  function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = turn.then(work, work)
    turn = result.catch(() => {})
    return result
  }
  async function keysOf(): Promise<readonly Kept[]> {
    const kept = await readKeys(path)
    if (kept !== undefined) return kept
    const keys = [makeKey(nowMs())]
    await writeKeys(path, keys)
    return keys
  }
  return {
    current: () =>
      inTurn(async () => {
        const key = (await keysOf()).findLast(({ privateKeyPem }) => privateKeyPem !== undefined)
        if (key?.privateKeyPem === undefined) throw keysError(path, 'a key that signs', 'all are retired')
        const privateKey = createPrivateKey(key.privateKeyPem)
        return { keyId: key.keyId, publicKeyPem: key.publicKeyPem, sign: (bytes) => sign(null, bytes, privateKey) }
      }),
    published: () =>
      inTurn(async () => {
        const keys = await keysOf()
        return {
          current: keys.at(-1)?.keyId ?? '',
          keys: keys.toReversed().map(({ keyId, publicKeyPem, createdAtMs, retiredAtMs }) => ({
            keyId,
            algorithm: 'Ed25519' as const,
            publicKeyPem,
            createdAtMs,
            ...(retiredAtMs === undefined ? {} : { retiredAtMs })
          }))
        }
      }),
    rotate: () =>
      inTurn(async () => {
        const keys = await keysOf()
        if (keys.length >= keysMax) throw keysError(path, `fewer than ${keysMax} keys`, `it holds ${keys.length}`)
        const next = makeKey(nowMs())
        await writeKeys(path, [...keys.map((key) => retired(key, nowMs())), next])
        return next.keyId
      })
  }
}

function retired({ privateKeyPem: _private, ...key }: Kept, atMs: number): Kept {
  return { ...key, retiredAtMs: key.retiredAtMs ?? atMs }
}

function makeKey(createdAtMs: number): Kept {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const pem = (key: KeyObject, type: 'spki' | 'pkcs8') => String(key.export({ format: 'pem', type }))
  return { keyId: keyIdOf(publicKey), createdAtMs, publicKeyPem: pem(publicKey, 'spki'), privateKeyPem: pem(privateKey, 'pkcs8') }
}

/** SHA-256 of the public key (SPKI, DER): whoever has the key can work out its name. */
function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')
}

async function readKeys(path: string): Promise<readonly Kept[] | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw keysError(path, 'a readable file', String(error), error)
  })
  if (bytes === undefined) return undefined
  const { mode } = await stat(path)
  // Windows knows no such bits.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw keysError(path, 'mode 600', `its mode is ${(mode & 0o777).toString(8)}: others may have read the keys; rotate after mending it`)
  const decoded = decodeMessage(keyFile, bytes)
  if (!decoded.ok) throw keysError(path, 'the keys of an earlier start', decoded.reason.message)
  for (const { keyId, publicKeyPem } of decoded.value.keys)
    if (keyIdOf(createPublicKey(publicKeyPem)) !== keyId) throw keysError(path, `key ${keyId}`, 'its public key is another one')
  return decoded.value.keys
}

/** Durable before it is used: a seal whose key is lost with the power would verify nowhere. */
async function writeKeys(path: string, keys: readonly Kept[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.chmod(0o600)
    await file.writeFile(`${JSON.stringify({ version: 1, keys }, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

function keysError(path: string, expected: string, detail: string, cause?: unknown) {
  return apiError('EVIDENCE_KEYS', { path: path.replace(/^.*[\\/]/, ''), expected, detail }, cause)
}
