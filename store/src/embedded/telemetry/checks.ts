/** What must be true of the tables of the telemetry store, one check each. Reads only; every fault is reported, none ends the run. */
import type { DatabaseSync } from 'node:sqlite'
import type { Aggregate } from '../../aggregate.ts'
import { decodeBlock, headOf, type Columns } from '../../column-block.ts'
import { kelvinScaleOf } from '../../mean-kinetic-temperature.ts'
import { decodeRollups } from '../../rollup-block.ts'
import type { RollupColumns } from '../../rollups.ts'
import { bytesOf, numberOf, textOf, type Row } from '../sqlite.ts'
import { decodeBatch } from './batch.ts'
import { hourMs, minuteMs } from './rollup-tables.ts'
import { extentOfRow, headOfRow, prepareBlockTables, type StoredHead } from './tables.ts'

export type Report = (place: string, problem: string) => void

export function createTelemetryChecks(database: DatabaseSync, report: Report) {
  const { data } = prepareBlockTables(database)
  const heads = database.prepare('SELECT * FROM head WHERE series = ? ORDER BY first_ms')
  const rollups = database.prepare('SELECT * FROM rollup WHERE series = ? AND width_ms = ? ORDER BY first_ms')
  const extent = database.prepare('SELECT * FROM extent WHERE series = ?')
  const unit = database.prepare('SELECT unit FROM series WHERE id = ?')
  const counts = { blocks: 0, readings: 0, rollups: 0, batches: 0 }

  /** What `read` gives, or a report of what it throws. */
  const attempt = <Result>(place: string, read: () => Result): Result | undefined => {
    try {
      return read()
    } catch (error) {
      report(place, error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  const checkBlock = (place: string, head: StoredHead): Columns | undefined => {
    const columns = attempt(place, () => decodeBlock(data(head.block)))
    if (columns === undefined) return undefined
    counts.blocks += 1
    counts.readings += columns.timeMs.length
    if (columns.timeMs.some((timeMs, index) => index > 0 && timeMs <= (columns.timeMs[index - 1] ?? 0)))
      report(place, 'its times do not ascend')
    const found = headOf(columns)
    for (const name of ['firstMs', 'lastMs', 'count'] as const)
      if (found[name] !== head[name]) report(place, `${name} of its head is ${head[name]}, its readings say ${found[name]}`)
    if (head.known) compareAggregates(place, head.good, found.good)
    return columns
  }
  const compareAggregates = (place: string, head: Aggregate | undefined, found: Aggregate | undefined): void => {
    for (const name of ['count', 'sum', 'min', 'minMs', 'max', 'maxMs', 'first', 'firstMs', 'last', 'lastMs'] as const)
      if (head?.[name] !== found?.[name]) report(place, `${name} of its head is ${head?.[name]}, its readings say ${found?.[name]}`)
  }
  const checkBlocks = (id: number, name: string): void => {
    let [count, firstMs, lastMs] = [0, -1, -1]
    let last: Columns | undefined
    for (const row of heads.iterate(id)) {
      const head = headOfRow(row)
      const place = `${name} at ${head.firstMs}`
      if (head.firstMs <= lastMs) report(place, `it begins before the block before it ends, at ${lastMs}`)
      last = checkBlock(place, head)
      if (count === 0) firstMs = head.firstMs
      lastMs = head.lastMs
      count += head.count
    }
    const row = extent.get(id)
    if (row === undefined) {
      if (count > 0) report(name, `it has no extent, expected one of ${count} readings`)
      return
    }
    checkExtent(name, row, { count, firstMs, lastMs, value: last?.value.at(-1) ?? NaN, whole: last !== undefined })
  }
  const checkExtent = (
    name: string,
    row: Row,
    found: { count: number; firstMs: number; lastMs: number; value: number; whole: boolean }
  ): void => {
    const known = extentOfRow(row)
    for (const what of ['count', 'firstMs', 'lastMs'] as const)
      if (known[what] !== found[what]) report(name, `${what} of its extent is ${known[what]}, its blocks say ${found[what]}`)
    if (found.whole && !Object.is(known.lastValue, found.value))
      report(name, `its last value is ${known.lastValue}, its blocks say ${found.value}`)
  }
  const checkRollups = (id: number, name: string): void => {
    const scale = kelvinScaleOf(textOf(unit.get(id), 'unit'))
    for (const widthMs of [minuteMs, hourMs]) {
      let lastMs = -1
      for (const row of rollups.iterate(id, widthMs)) {
        const firstMs = numberOf(row, 'first_ms')
        const place = `${name}, roll-ups of ${widthMs} ms at ${firstMs}`
        if (firstMs <= lastMs) report(place, `they begin before those before them end, at ${lastMs}`)
        lastMs = numberOf(row, 'last_ms')
        const found = attempt(place, () => decodeRollups(data(numberOf(row, 'block')), scale))
        if (found !== undefined) checkRows(place, found, { widthMs, firstMs, lastMs, rows: numberOf(row, 'rows') })
      }
    }
  }
  const checkRows = (
    place: string,
    rows: RollupColumns,
    head: { readonly widthMs: number; readonly firstMs: number; readonly lastMs: number; readonly rows: number }
  ): void => {
    counts.rollups += rows.startMs.length
    const { length } = rows.startMs
    if (length !== head.rows || rows.startMs[0] !== head.firstMs || rows.startMs.at(-1) !== head.lastMs)
      report(place, `they are ${length} from ${rows.startMs[0]} to ${rows.startMs.at(-1)}, their head says ${head.rows} to ${head.lastMs}`)
    for (let row = 0; row < length; row++)
      if (!isSound(rows, row, head.widthMs)) report(place, `the one at ${rows.startMs[row]} contradicts itself`)
  }

  return {
    counts: () => counts,
    series(id: number, name: string): void {
      checkBlocks(id, name)
      checkRollups(id, name)
    },
    batches(): void {
      const known = new Set(
        database
          .prepare('SELECT id FROM series')
          .all()
          .map((row) => numberOf(row, 'id'))
      )
      const foldedUpTo = numberOf(database.prepare('SELECT up_to FROM folded').get(), 'up_to')
      for (const row of database.prepare('SELECT seq, count, readings FROM batch ORDER BY seq').iterate()) {
        const place = `batch ${numberOf(row, 'seq')}`
        counts.batches += 1
        if (numberOf(row, 'seq') <= foldedUpTo) report(place, `it is not beyond what is folded, up to ${foldedUpTo}`)
        const batch = attempt(place, () => decodeBatch(bytesOf(row, 'readings')))
        if (batch === undefined) continue
        if (batch.timeMs.length !== numberOf(row, 'count'))
          report(place, `it has ${batch.timeMs.length} readings, expected ${numberOf(row, 'count')}`)
        const strange = batch.series.find((id) => !known.has(id))
        if (strange !== undefined) report(place, `it names series ${strange}, which is not there`)
      }
    },
    /** Blocks that belong to nothing, and heads of series that are not there. */
    belonging(): void {
      const stray = 'NOT IN (SELECT block FROM head UNION ALL SELECT block FROM rollup)'
      for (const table of ['block', 'old_block'])
        for (const row of database.prepare(`SELECT id FROM ${table} WHERE id ${stray} LIMIT 100`).iterate())
          report(`${table} ${numberOf(row, 'id')}`, 'it belongs to no series')
      for (const table of ['head', 'rollup', 'extent'])
        for (const row of database
          .prepare(`SELECT DISTINCT series FROM ${table} WHERE series NOT IN (SELECT id FROM series) LIMIT 100`)
          .iterate())
          report(`series ${numberOf(row, 'series')}`, `it has a ${table} and no name`)
    }
  }
}

/** Whether a roll-up can come from readings of its time. */
function isSound(rows: RollupColumns, row: number, widthMs: number): boolean {
  const start = rows.startMs[row] ?? NaN
  const count = rows.count[row] ?? 0
  const [min, max] = [rows.min[row] ?? NaN, rows.max[row] ?? NaN]
  const [firstMs, lastMs] = [rows.firstMs[row] ?? NaN, rows.lastMs[row] ?? NaN]
  const within = (value: number | undefined): boolean => value !== undefined && value >= min && value <= max
  const mean = (rows.sum[row] ?? NaN) / count
  // A sum of many has dust in its last digits.
  const dust = 1e-9 * Math.max(1, Math.abs(min), Math.abs(max))
  return (
    start % widthMs === 0 &&
    count >= 1 &&
    firstMs >= start &&
    firstMs <= lastMs &&
    lastMs < start + widthMs &&
    within(rows.first[row]) &&
    within(rows.last[row]) &&
    mean >= min - dust &&
    mean <= max + dust
  )
}
