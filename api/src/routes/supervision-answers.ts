/** What the routes of supervision share: who signs a step, and how a journal is told. */
import type { JournalStep } from '@tracegate/store/case-store'
import type { Signed } from '../supervision/supervision-office.ts'
import type { Principal } from '../accounts.ts'

interface SignedBody {
  readonly why?: string
  readonly expectedLength?: number
}

export function signedOf(request: { readonly principal: Principal | undefined; readonly body: SignedBody }): Signed {
  const { why = '', expectedLength } = request.body
  return { by: request.principal?.name ?? '', why, ...(expectedLength === undefined ? {} : { expectedLength }) }
}

/** The body without what signs it. */
export function withoutSigned<Body extends SignedBody>(body: Body): Omit<Body, 'why' | 'expectedLength'> {
  const { why: _why, expectedLength: _expectedLength, ...rest } = body
  return rest
}

export function journalOf(steps: readonly JournalStep[]): Pick<JournalStep, 'index' | 'atMs' | 'by' | 'action' | 'why' | 'hash'>[] {
  return steps.map(({ index, atMs, by, action, why, hash }) => ({ index, atMs, by, action, why, hash }))
}
