/**
 * Rows by their positions. A statement of InfluxQL takes one stretch of time, so positions that lie near each other share one: what lies
 * between them costs less than another statement. How near is learnt from the answers. Reads only.
 */
import { nanosTextOf } from '../line-protocol.ts'
import type { SelectedRow, TimeSpan } from '../selection.ts'
import { comparePositions, positionAt, positionKey, type Position } from './position.ts'
import type { Selector } from './select.ts'

export interface PositionReader {
  rowsAt(
    selector: Selector,
    positions: readonly Position[],
    of: { readonly measurement: string; readonly fields: readonly [string, ...string[]] }
  ): Promise<SelectedRow[]>
}

const gapMsFirst = 1_000
const gapMsMax = 86_400_000
const windowPositionsMax = 500
/** Rows that an answer may hold for each one wanted, before gaps are made smaller. */
const strangersMax = 16
const strangersFew = 4

export function createPositionReader(): PositionReader {
  let gapMs = gapMsFirst
  const learn = (rows: number, wanted: number): void => {
    if (rows > wanted * strangersMax) gapMs = Math.max(gapMs / 4, 0.001)
    else if (rows < wanted * strangersFew) gapMs = Math.min(gapMs * 1.5, gapMsMax)
  }
  return {
    async rowsAt(selector, positions, of) {
      const wanted = new Set(positions.map(positionKey))
      const found = await selector.each(windowsOf(positions, gapMs), async (window) => {
        const rows = await selector.rows({ ...of, tags: ['s'], span: window.span })
        if (window.positions > 1) learn(rows.length, window.positions)
        return rows.filter((row) => wanted.has(positionKey(positionOf(row))))
      })
      return found.flat()
    }
  }
}

export function positionOf(row: SelectedRow): Position {
  return positionAt(row, Number(row.tags['s'] ?? 0))
}

interface Window {
  readonly span: TimeSpan
  readonly positions: number
}

function windowsOf(positions: readonly Position[], gapMs: number): Window[] {
  const sorted = positions.toSorted(comparePositions)
  const windows: Window[] = []
  let from = sorted[0]
  let to = from
  let count = 0
  const close = (): void => {
    if (from === undefined || to === undefined) return
    windows.push({ span: { fromNanos: nanosTextOf(from.ms, from.nanos), toNanos: nanosTextOf(to.ms, to.nanos) }, positions: count })
  }
  for (const next of sorted) {
    if (to !== undefined && (timeOf(next) - timeOf(to) > gapMs || count >= windowPositionsMax)) {
      close()
      from = next
      count = 0
    }
    to = next
    count += 1
  }
  close()
  return windows
}

function timeOf({ ms, nanos }: Position): number {
  return ms + nanos / 1_000_000
}
