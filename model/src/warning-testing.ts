/** A warning's draft for tests and benches that are about something else: made by the reducer, as the trigger drafts it. Nothing of the product imports it. */
import { reduceWarning } from './warning-reducer.ts'
import type { DraftedContent } from './warning-steps.ts'
import type { RecallScope, WarningCase, WarningLevel } from './warning.ts'

export interface DraftAsked {
  readonly id: string
  readonly atMs: number
  readonly level?: WarningLevel
  readonly scope?: Partial<RecallScope>
}

export function draftedWarning({ id, atMs, level = 'I', scope = {} }: DraftAsked): WarningCase {
  const criterion = (value: number) => ({ value, reason: { zh: '因', en: 'reason' } })
  const content: DraftedContent = {
    title: { zh: '疫苗超温', en: 'Vaccine too warm' },
    hazard: 'biological',
    regime: 'general',
    proposal: {
      level,
      criteria: { harm: criterion(4), urgency: criterion(level === 'I' ? 3 : 2), scope: criterion(level === 'I' ? 2 : 1) },
      table: { id: 't', version: 1, source: '[ours]' },
      reason: { zh: '因', en: 'reason' }
    },
    scope: { exposed: [], products: [], lots: [], holdings: [], total: 1, truncated: false, asOfMs: atMs, ...scope },
    matters: { zh: '事', en: 'matters' },
    anomaly: 'a-1',
    startMs: atMs,
    draftedAtMs: atMs,
    draftedAfterMs: 1
  }
  return reduceWarning(undefined, { type: 'drafted', content }, { id, atMs, by: 'test', why: 'test' })
}
