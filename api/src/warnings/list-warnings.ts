/** Lists of warnings, open ones first, by what their content says. Drills and real ones never stand in one list. It changes nothing. */
import type { Static } from 'typebox'
import type { WarningQuery, WarningRow } from '@tracegate/model/http-warnings'
import type { WarningCase } from '@tracegate/model/warning'
import { warningCases } from '@tracegate/model/warning-cases'
import { isOpenWarning } from '@tracegate/model/warning-reducer'
import type { CaseStore } from '@tracegate/store/case-store'
import { limitDefault } from '../answers.ts'
import { caseStates, readCursor } from '../case-pages.ts'

/** Heads looked through for one page; a page that ends there has a cursor, whatever it holds. */
const lookedAtMax = 2_000

type Query = Static<typeof WarningQuery>

export function isOverdue(warning: WarningCase, nowMs: number): boolean {
  return warning.dueMs !== undefined && isOpenWarning(warning) && nowMs > warning.dueMs
}

export function rowOf({ state, length }: { readonly state: WarningCase; readonly length: number }, nowMs: number): WarningRow {
  return { ...state, overdue: isOverdue(state, nowMs), length }
}

export async function listWarnings(cases: CaseStore, query: Query, nowMs: number): Promise<{ items: WarningRow[]; next?: string }> {
  const limit = query.limit ?? limitDefault
  const halves = query.state === undefined ? caseStates : [query.state]
  const at = readCursor(query.cursor)
  let half = at.half === undefined ? 0 : Math.max(0, halves.indexOf(at.half))
  let cursor = at.cursor
  const items: WarningRow[] = []
  for (let looked = 0; half < halves.length;) {
    const state = halves[half] ?? 'closed'
    const page = await cases.heads({
      kind: 'warning',
      open: state === 'open',
      ...(query.point === undefined ? {} : { point: query.point }),
      limit: limit - items.length,
      ...(cursor === undefined ? {} : { cursor })
    })
    looked += page.heads.length
    for (const head of page.heads) {
      const read = warningCases.check(head.state)
      if (read.ok && fits(read.value, query, nowMs)) items.push(rowOf({ state: read.value, length: head.length }, nowMs))
    }
    cursor = page.next
    if (cursor === undefined) half += 1
    const following = halves[half]
    if (following !== undefined && (items.length >= limit || looked >= lookedAtMax)) return { items, next: `${following}:${cursor ?? ''}` }
  }
  return { items }
}

function fits(warning: WarningCase, query: Query, nowMs: number): boolean {
  const { status, level, kind, port, product } = query
  return (
    warning.drill === (query.drill ?? false) &&
    (status === undefined || warning.status === status) &&
    (level === undefined || warning.level === level) &&
    (kind === undefined || warning.kind === kind) &&
    (query.overdue === undefined || isOverdue(warning, nowMs) === query.overdue) &&
    (port === undefined || (warning.audience.ports ?? []).includes(port)) &&
    (product === undefined || warning.scope.products.includes(product) || warning.scope.lots.includes(product))
  )
}
