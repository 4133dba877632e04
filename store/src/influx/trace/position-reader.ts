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

const gapMsFirst = 600_000
const gapMsMax = 86_400_000
const windowPositionsMax = 500
/** Rows that an answer may hold for each one wanted before gaps are made smaller, and before the stretch is read in halves. */
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
      const read = async (window: readonly Position[]): Promise<SelectedRow[]> => {
        const rowsMax = window.length * strangersMax * 2
        const rows = await selector.rows({ ...of, tags: ['s'], span: spanOf(window), ...(window.length > 1 ? { rowsMax } : {}) })
        if (window.length > 1) learn(rows.length, window.length)
        if (window.length === 1 || rows.length < rowsMax) return rows.filter((row) => wanted.has(positionKey(positionOf(row))))
        const middle = Math.ceil(window.length / 2)
        return [...(await read(window.slice(0, middle))), ...(await read(window.slice(middle)))]
      }
      const found = await selector.each(windowsOf(positions, gapMs), read)
      return found.flat()
    }
  }
}

export function positionOf(row: SelectedRow): Position {
  return positionAt(row, Number(row.tags['s'] ?? 0))
}

function spanOf(window: readonly Position[]): TimeSpan {
  const [from, to] = [window[0], window.at(-1)].map((position) => nanosTextOf(position?.ms ?? 0, position?.nanos ?? 0))
  return { fromNanos: from ?? '0', toNanos: to ?? '0' }
}

/** Runs of positions, in their order, without a gap. */
function windowsOf(positions: readonly Position[], gapMs: number): Position[][] {
  const windows: Position[][] = []
  for (const next of positions.toSorted(comparePositions)) {
    const window = windows.at(-1)
    const last = window?.at(-1)
    if (window === undefined || last === undefined || window.length >= windowPositionsMax || timeOf(next) - timeOf(last) > gapMs) {
      windows.push([next])
    } else window.push(next)
  }
  return windows
}

function timeOf({ ms, nanos }: Position): number {
  return ms + nanos / 1_000_000
}
