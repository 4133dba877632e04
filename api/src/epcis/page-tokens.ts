/**
 * Tokens of pages. A token says where its page begins, of which question, and until when it works; it names a place in the order, not
 * a state of the server, so pages stay stable under inserts and tokens outlive a restart. Kept are only the tokens given back.
 */
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { apiError } from '../errors.ts'

export const tokenLifeMs = 60 * 60_000
/** Tokens given back that are remembered; past them the one that expires first is forgotten, and would work again until then. */
const forgottenMax = 10_000
const tokenLengthMax = 2_048

interface PagePosition {
  readonly cursor: string
  /** Given on the pages before. */
  readonly given: number
}

export interface WrittenToken {
  readonly token: string
  readonly expiresAtMs: number
}

export interface PageTokens {
  /** `digest` names the question. */
  write(digest: string, position: PagePosition): WrittenToken
  /** Throws `CURSOR_INVALID` or `EPCIS_TOKEN_EXPIRED`. */
  read(token: string, digest: string): PagePosition
  /** The token works no longer. */
  forget(token: string): void
}

const Token = Type.Object({
  d: Type.String({ maxLength: 64 }),
  c: Type.String({ maxLength: 1_024 }),
  n: Type.Integer({ minimum: 0 }),
  e: Type.Integer({ minimum: 0 })
})
const tokens = compileValidator(Token)

export function createPageTokens(nowMs: () => number): PageTokens {
  /** Hash of the token to when it expires, in the order of being given back. */
  const forgotten = new Map<string, number>()
  return {
    write(digest, { cursor, given }) {
      // Whole seconds, as the header says it.
      const expiresAtMs = Math.ceil((nowMs() + tokenLifeMs) / 1_000) * 1_000
      return {
        token: Buffer.from(JSON.stringify({ d: digest, c: cursor, n: given, e: expiresAtMs })).toString('base64url'),
        expiresAtMs
      }
    },
    read(token, digest) {
      const read = parseToken(token)
      if (read === undefined || read.d !== digest) throw apiError('CURSOR_INVALID')
      if (read.e <= nowMs() || forgotten.has(hashOf(token)))
        throw apiError('EPCIS_TOKEN_EXPIRED', { expires: new Date(read.e).toISOString() })
      return { cursor: read.c, given: read.n }
    },
    forget(token) {
      const read = parseToken(token)
      const now = nowMs()
      if (read === undefined || read.e <= now) return
      for (const [hash, expiresAtMs] of forgotten) if (expiresAtMs <= now) forgotten.delete(hash)
      forgotten.set(hashOf(token), read.e)
      if (forgotten.size > forgottenMax) forgotten.delete(firstToExpire(forgotten))
    }
  }
}

function firstToExpire(forgotten: ReadonlyMap<string, number>): string {
  let first = { hash: '', expiresAtMs: Infinity }
  for (const [hash, expiresAtMs] of forgotten) if (expiresAtMs < first.expiresAtMs) first = { hash, expiresAtMs }
  return first.hash
}

function parseToken(text: string) {
  if (text.length > tokenLengthMax) return undefined
  const decoded = decodeJson(Buffer.from(text, 'base64url'))
  const read = decoded.ok ? tokens.check(decoded.value) : decoded
  // Beyond what a date can say there is no time.
  return read.ok && read.value.e <= 8.64e15 ? read.value : undefined
}

/** A token is the same however its text is padded. */
function hashOf(token: string): string {
  return createHash('sha256').update(Buffer.from(token, 'base64url')).digest('base64url')
}
