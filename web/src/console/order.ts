/** The order of the two case lists, and how a list on screen takes in new rows without moving the ones that stand there. */
import type { Anomaly } from '@tracegate/model/anomaly'
import { warningLevels, type WarningCase, type WarningLevel, type WarningStatus } from '@tracegate/model/warning'

const categoryRank = { product: 0, report: 0, trace: 1, plan: 1, device: 2 } as const
/** A draft waits for a person, so it stands before what somebody has taken up. */
const statusRank: Readonly<Record<WarningStatus, number>> = {
  draft: 0,
  assessed: 1,
  approved: 1,
  published: 1,
  lifted: 2,
  discarded: 2,
  routed: 2
}

/** Open first, then what touches goods, then the newest. */
export function compareAnomalies(left: Anomaly, right: Anomaly): number {
  return (
    Number(left.status === 'closed') - Number(right.status === 'closed') ||
    categoryRank[left.category] - categoryRank[right.category] ||
    right.openedMs - left.openedMs ||
    left.id.localeCompare(right.id)
  )
}

/** Waiting for a person first, then by level, then the newest; lifted ones last. */
export function compareWarnings(left: WarningCase, right: WarningCase): number {
  return (
    statusRank[left.status] - statusRank[right.status] ||
    warningLevels.indexOf(left.level) - warningLevels.indexOf(right.level) ||
    right.draftedAtMs - left.draftedAtMs ||
    left.id.localeCompare(right.id)
  )
}

/** Whether it waits for somebody or is in force. */
export function isOpenWarning({ status }: WarningCase): boolean {
  return statusRank[status] < 2
}

/** The gravest level of the warnings in force at each point. */
export function worstLevels(warnings: readonly WarningCase[]): Map<string, WarningLevel> {
  const levels = new Map<string, WarningLevel>()
  for (const level of warningLevels.toReversed())
    for (const warning of warnings)
      if (warning.level === level && warning.point !== undefined && isOpenWarning(warning)) levels.set(warning.point, level)
  return levels
}

export interface HeldRows<Row> {
  readonly rows: readonly Row[]
  /** How many rows exist that are not shown yet. */
  readonly newCount: number
}

/**
 * Rows keep the places they have on screen (`shownIds`); their contents are fresh, the ones that are gone leave, new ones wait to
 * be called in. `sorted` is the list as it would be drawn afresh.
 */
export function holdRows<Row extends { readonly id: string }>(shownIds: readonly string[], sorted: readonly Row[]): HeldRows<Row> {
  const byId = new Map(sorted.map((row) => [row.id, row]))
  const rows: Row[] = []
  for (const id of shownIds) {
    const row = byId.get(id)
    if (row === undefined) continue
    rows.push(row)
    byId.delete(id)
  }
  return { rows, newCount: byId.size }
}
