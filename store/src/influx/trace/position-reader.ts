/**
 * Rows by their positions. A statement of InfluxQL takes one stretch of time, so positions that lie near each other share one: what lies
 * between them costs less than another statement. How near is learnt from the answers. Reads only.
 */
import { nanosTextOf } from '../line-protocol.ts'
import type { SelectedRow, TimeSpan } from '../selection.ts'
import { comparePositions, positionAt, positionKey, type Position } from './position.ts'
import type { PagedSelection, Selector } from './select.ts'

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
      const selectionOf = (window: readonly Position[]): PagedSelection => {
        const rowsMax = window.length * strangersMax * 2
        return { ...of, tags: ['s'], span: spanOf(window), ...(window.length > 1 ? { rowsMax } : {}) }
      }
      const read = async (windows: readonly (readonly Position[])[]): Promise<SelectedRow[]> => {
        const selections = windows.map(selectionOf)
        const answers = await selector.rowsEach(selections)
        const crowded: (readonly Position[])[] = []
        const found: SelectedRow[] = []
        for (const [index, window] of windows.entries()) {
          const rows = answers[index] ?? []
          if (window.length > 1) learn(rows.length, window.length)
          if (rows.length < (selections[index]?.rowsMax ?? Infinity))
            found.push(...rows.filter((row) => wanted.has(positionKey(positionOf(row)))))
          else crowded.push(window.slice(0, window.length / 2), window.slice(window.length / 2))
        }
        return crowded.length === 0 ? found : [...found, ...(await read(crowded))]
      }
      return read(windowsOf(positions, gapMs))
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
