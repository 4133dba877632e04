/** What of a warning goes out, and in which order: every published state of it, found again from its journal alone. Pure. */
import type { NoticeEvent } from '@tracegate/model/notice'
import { readWarningStep, reduceWarning, type WarningStepName } from '@tracegate/model/warning-reducer'
import type { WarningCase, WarningLevel } from '@tracegate/model/warning'
import type { JournalStep } from '@tracegate/store/case-store'

export interface WarningEdition {
  readonly edition: number
  readonly event: NoticeEvent
  readonly atMs: number
  readonly fromLevel?: WarningLevel
  readonly state: WarningCase
}

const events: Readonly<Partial<Record<WarningStepName, NoticeEvent>>> = {
  published: 'published',
  raised: 'raised',
  lowered: 'lowered',
  extended: 'extended',
  amended: 'amended',
  lifted: 'lifted'
}

export function editionsOfWarning(id: string, journal: readonly JournalStep[]): WarningEdition[] {
  const editions: WarningEdition[] = []
  let state: WarningCase | undefined
  for (const { data, atMs, by, why } of journal) {
    const read = readWarningStep(data)
    if (!read.ok) throw new TypeError(`Cannot publish warning ${id}: a step of its journal is not readable, ${read.reason.message}`)
    const before: WarningCase | undefined = state
    state = reduceWarning(before, read.value, { id, atMs, by, why })
    const event = events[read.value.type]
    if (event === undefined) continue
    const hasMoved = before !== undefined && (event === 'raised' || event === 'lowered')
    editions.push({ edition: editions.length + 1, event, atMs, state, ...(hasMoved ? { fromLevel: before.level } : {}) })
  }
  return editions
}

/** How many editions a case in this state has. */
export function editionsWanted({ status, version }: Pick<WarningCase, 'status' | 'version'>): number {
  return status === 'published' ? version : status === 'lifted' ? version + 1 : 0
}
