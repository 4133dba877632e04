/** What answers about cases share: the journal as it is shown, and whose step it is. */
import type { FastifyRequest } from 'fastify'
import type { JournalEntry } from '@tracegate/model/http-details'
import type { JournalStep } from '@tracegate/store/case-store'
import type { Principal } from '../accounts.ts'
import { apiError } from '../errors.ts'

export function journalEntries(journal: readonly JournalStep[]): JournalEntry[] {
  return journal.map(({ index, atMs, by, action, why, hash }) => ({ index, atMs, by, action, why, hash }))
}

type WithPrincipal = Pick<FastifyRequest, 'principal'>

export function principalOf({ principal }: WithPrincipal): Principal {
  if (principal === undefined) throw apiError('SIGN_IN_REQUIRED')
  return principal
}

export function nameOf(request: WithPrincipal): string {
  return principalOf(request).name
}
