/** Who has which token. Tokens are kept as digests and compared in a time that does not depend on them. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { edgeError } from '../../errors.ts'
import type { HttpSource } from './http-config.ts'

export type HttpDevice = HttpSource['devices'][number]

const tokenPattern = /^[A-Za-z0-9\-._~+/]{16,512}=*$/

export interface Tokens {
  /** The device of an `Authorization` header; undefined when it is nobody's. */
  deviceOf(header: string | undefined): HttpDevice | undefined
}

/** Throws `EDGE_CONFIG` for a token that is missing, too short, or given to two devices. */
export function readTokens(config: HttpSource, env: Readonly<Record<string, string | undefined>>): Tokens {
  const entries = config.devices.map((device) => ({ device, digest: digestOf(tokenOf(device, env)) }))
  const seen = new Map<string, string>()
  for (const { device, digest } of entries) {
    const owner = seen.get(digest.toString('hex'))
    if (owner !== undefined) throw wrong(`devices ${owner} and ${device.device} have the same token, expected one of its own for each`)
    seen.set(digest.toString('hex'), device.device)
  }
  return {
    deviceOf(header) {
      const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
      if (token === undefined) return undefined
      const digest = digestOf(token)
      let found: HttpDevice | undefined
      // All are compared, whichever fits.
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry.device
      return found
    }
  }
}

function tokenOf(device: HttpDevice, env: Readonly<Record<string, string | undefined>>): string {
  const { tokenFile, tokenVariable } = device
  const token = tokenVariable === undefined ? readToken(device.device, tokenFile ?? '') : (env[tokenVariable] ?? '').trim()
  const place = tokenVariable === undefined ? `file "${tokenFile}"` : `environment variable ${tokenVariable}`
  if (!tokenPattern.test(token))
    throw wrong(`token of ${device.device} in ${place} has ${token.length} characters, expected at least 16 of A-Z a-z 0-9 - . _ ~ + /`)
  return token
}

function readToken(device: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw wrong(`token of ${device}: cannot read file "${path}" (${error instanceof Error ? error.message : String(error)})`, error)
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function wrong(detail: string, cause?: unknown): Error {
  return edgeError('EDGE_CONFIG', { detail: `http source: ${detail}` }, cause)
}
