/**
 * Sessions of signed-in people, and the lock-out after repeated failures. Both live in memory: a restart signs everybody
 * out. Only a hash of each session's token is held.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createThrottle, type Throttle } from '@tracegate/service/throttle'
import type { Principal } from './accounts.ts'

export const sessionCookie = 'tg_session'
export const sessionIdleMs = 2 * 60 * 60_000
export const sessionLifeMs = 12 * 60 * 60_000
/** Past this many the one unused longest ends. */
export const sessionsMax = 10_000

export interface Sessions {
  open(principal: Principal): string
  find(token: string): Principal | undefined
  /** Whether the session is still open; does not count as using it. */
  has(token: string): boolean
  end(token: string): void
}

interface OpenSession {
  readonly principal: Principal
  readonly openedAtMs: number
  usedAtMs: number
}

export function createSessions(nowMs: () => number): Sessions {
  const sessions = new Map<string, OpenSession>()
  return {
    open(principal) {
      const token = randomBytes(32).toString('base64url')
      const now = nowMs()
      sessions.set(hashOf(token), { principal, openedAtMs: now, usedAtMs: now })
      const oldest = sessions.size > sessionsMax ? sessions.keys().next().value : undefined
      if (oldest !== undefined) sessions.delete(oldest)
      return token
    },
    find(token) {
      const hash = hashOf(token)
      const session = sessions.get(hash)
      if (session === undefined) return undefined
      const now = nowMs()
      // Taken out and put back, so that the map stays ordered by last use.
      sessions.delete(hash)
      if (now - session.usedAtMs > sessionIdleMs || now - session.openedAtMs > sessionLifeMs) return undefined
      session.usedAtMs = now
      sessions.set(hash, session)
      return session.principal
    },
    has(token) {
      const session = sessions.get(hashOf(token))
      return session !== undefined && nowMs() - session.openedAtMs <= sessionLifeMs
    },
    end: (token) => void sessions.delete(hashOf(token))
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}

/** After five failures a subject waits 30 s, and twice as long after each further one, up to 15 minutes. */
export function createLockOut(nowMs: () => number): Throttle {
  return createThrottle({ freeFailures: 5, baseMs: 30_000, maxMs: 15 * 60_000, trackedMax: 10_000, nowMs })
}
