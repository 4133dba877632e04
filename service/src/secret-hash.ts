/**
 * How secrets are kept: as scrypt hashes, worked out in the thread pool, a few at a time, from a bounded queue. It never keeps,
 * logs or returns a secret.
 */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { serviceError } from './errors.ts'

/** generated: 256 random bits, made here. chosen: given by whoever enrols the device, so it may be guessed at. */
export const secretOrigins = ['generated', 'chosen'] as const
export type SecretOrigin = (typeof secretOrigins)[number]

const base64 = Type.String({ minLength: 20, maxLength: 128, pattern: '^[A-Za-z0-9+/]+={0,2}$' })
export const ScryptHash = Type.Object({
  scheme: Type.Literal('scrypt'),
  salt: base64,
  hash: base64,
  cost: Type.Integer({ minimum: 1_024, maximum: 1_048_576, description: 'N; r is 8' }),
  parallel: Type.Integer({ minimum: 1, maximum: 16, description: 'p' })
})
/** As the first version kept generated secrets; replaced when the secret is used next. */
export const PlainHash = Type.Object({ scheme: Type.Literal('sha256'), hash: Type.String({ pattern: '^[0-9a-f]{64}$' }) })
export const SecretHash = Type.Union([ScryptHash, PlainHash])
export type SecretHash = Static<typeof SecretHash>

interface Work {
  readonly cost: number
  readonly parallel: number
}

/**
 * The work of scrypt multiplies the work of guessing. A chosen secret gets what OWASP advises (N = 2^15, r = 8, p = 3). 256 random bits
 * cannot be guessed at any price, and with that work 10,000 devices would need most of an hour to come back to a broker that was
 * restarted, so a generated secret gets little: 1 MiB and a few milliseconds.
 */
export const workOf: Readonly<Record<SecretOrigin, Work>> = {
  generated: { cost: 1_024, parallel: 1 },
  chosen: { cost: 32_768, parallel: 3 }
}

export const secretLengthMax = 1_024
const blockSize = 8
const hashBytes = 32
const saltBytes = 16

export interface SecretHasherOptions {
  /** Worked out at a time; the thread pool has four threads, which files need as well. Default 2. */
  readonly runningMax?: number
  /** Most that wait; further ones are refused. Default 10,000. */
  readonly waitingMax?: number
  /** One that has waited longer is refused: its client has given up. Default 4 s. */
  readonly waitMaxMs?: number
  readonly nowMs?: () => number
}

export interface SecretHasher {
  /** Rejects with `SECRETS_BUSY` past the bounds, as `verify` does. */
  hash(secret: Uint8Array, origin: SecretOrigin): Promise<SecretHash>
  /** Takes the same time for a wrong secret and a right one. */
  verify(secret: Uint8Array, kept: SecretHash): Promise<boolean>
  /** How often scrypt was worked out. */
  readonly worked: number
  readonly waiting: number
}

interface Waiting {
  readonly sinceMs: number
  readonly start: () => void
  readonly refuse: (error: Error) => void
}

export function createSecretHasher(options: SecretHasherOptions = {}): SecretHasher {
  const { runningMax = 2, waitingMax = 10_000, waitMaxMs = 4_000, nowMs = Date.now } = options
  const waiting: Waiting[] = []
  let running = 0
  let worked = 0

  function next(): void {
    for (;;) {
      const one = running < runningMax ? waiting.shift() : undefined
      if (one === undefined) return
      if (nowMs() - one.sinceMs > waitMaxMs) one.refuse(busy())
      else one.start()
    }
  }

  const busy = () => serviceError('SECRETS_BUSY', { waiting: waiting.length, waitingMax })

  function derive(secret: Uint8Array, salt: Buffer, work: Work): Promise<Buffer> {
    if (waiting.length >= waitingMax) return Promise.reject(busy())
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const start = () => {
      running += 1
      worked += 1
      const { cost, parallel } = work
      const settings = { N: cost, r: blockSize, p: parallel, maxmem: 256 * cost * blockSize * parallel }
      scrypt(secret, salt, hashBytes, settings, (error, derived) => {
        running -= 1
        if (error === null) resolve(derived)
        else reject(error)
        next()
      })
    }
    waiting.push({ sinceMs: nowMs(), start, refuse: reject })
    next()
    return promise
  }

  return {
    async hash(secret, origin) {
      const salt = randomBytes(saltBytes)
      const hash = await derive(secret, salt, workOf[origin])
      return { scheme: 'scrypt', salt: salt.toString('base64'), hash: hash.toString('base64'), ...workOf[origin] }
    },
    async verify(secret, kept) {
      if (kept.scheme === 'sha256') {
        const same = equal(createHash('sha256').update(secret).digest(), Buffer.from(kept.hash, 'hex'))
        await derive(secret, nobodysSalt, workOf.generated)
        return same
      }
      return equal(await derive(secret, Buffer.from(kept.salt, 'base64'), kept), Buffer.from(kept.hash, 'base64'))
    },
    get worked() {
      return worked
    },
    get waiting() {
      return waiting.length
    }
  }
}

const nobodysSalt = randomBytes(saltBytes)
/** What the secret of an unknown user is compared with, so that a name cannot be told from the time an answer takes. */
export const nobodysHash: SecretHash = {
  scheme: 'scrypt',
  salt: nobodysSalt.toString('base64'),
  hash: randomBytes(hashBytes).toString('base64'),
  ...workOf.generated
}

function equal(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}
