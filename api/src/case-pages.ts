/** Lists of cases for the api: open ones first, each half newest first, in one run of pages. It changes no case. */
import type { Static, TSchema } from 'typebox'
import type { Validator } from '@tracegate/model/codec'
import type { CaseKind, CaseStore } from '@tracegate/store/case-store'
import { apiError } from './errors.ts'

export const caseStates = ['open', 'closed'] as const
type CaseState = (typeof caseStates)[number]

export interface CasePageQuery {
  readonly kind: CaseKind
  readonly state?: CaseState
  readonly point?: string
  readonly limit: number
  readonly cursor?: string
}

/** The states that match the schema; a head that does not is left out, as an older version may have written it. */
export async function pageCases<Schema extends TSchema>(
  cases: CaseStore,
  validator: Validator<Schema>,
  query: CasePageQuery
): Promise<{ items: Static<Schema>[]; next?: string }> {
  const halves = query.state === undefined ? caseStates : [query.state]
  const at = readCursor(query.cursor)
  const items: Static<Schema>[] = []
  let cursor = at.cursor
  for (let half = at.half === undefined ? 0 : Math.max(0, halves.indexOf(at.half)); half < halves.length; half += 1) {
    const state = halves[half] ?? 'closed'
    const page = await cases.heads({
      kind: query.kind,
      open: state === 'open',
      ...(query.point === undefined ? {} : { point: query.point }),
      limit: query.limit - items.length,
      ...(cursor === undefined ? {} : { cursor })
    })
    cursor = undefined
    for (const head of page.heads) {
      const read = validator.check(head.state)
      if (read.ok) items.push(read.value)
    }
    if (page.next !== undefined) return { items, next: `${state}:${page.next}` }
    const following = halves[half + 1]
    if (following !== undefined && items.length >= query.limit) return { items, next: `${following}:` }
  }
  return { items }
}

export function readCursor(text: string | undefined): { half?: CaseState; cursor?: string } {
  if (text === undefined) return {}
  const end = text.indexOf(':')
  const half = caseStates.find((state) => state === text.slice(0, end))
  if (end === -1 || half === undefined) throw apiError('CURSOR_INVALID')
  const cursor = text.slice(end + 1)
  return cursor === '' ? { half } : { half, cursor }
}
