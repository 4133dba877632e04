/**
 * A telemetry store that writes down beside each batch how many readings of a device it was handed, so that a batch written twice
 * shows: the store itself keeps one reading for a series and time. The count is exact over kills: a batch that the store turns out
 * not to have at the next start is struck out.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { BatchSource, TelemetryStore } from '@tracegate/store/telemetry-store'

/** One line: the offset that the batch leads to, and its readings of the device. */
type Counted = Map<number, number>

export function readCounted(path: string): Counted {
  if (!existsSync(path)) return new Map()
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^\d+ \d+$/.test(line))
  return new Map(lines.map((line) => [Number(line.split(' ')[0]), Number(line.split(' ')[1])]))
}

/** What the store has of a counted file, once it is known up to where it took the log. */
export function sumUpTo(counted: Counted, upTo: number): number {
  return [...counted].filter(([offset]) => offset <= upTo).reduce((sum, [, readings]) => sum + readings, 0)
}

export function createCountingStore(store: TelemetryStore, options: { readonly path: string; readonly device: string }): TelemetryStore {
  let upTo: number | undefined
  const count = async (readings: Parameters<TelemetryStore['append']>[0], source: BatchSource) => {
    if (upTo === undefined) {
      const stored = await store.appendedUpTo(source.log)
      const kept = [...readCounted(options.path)].filter(([offset]) => offset <= stored)
      writeFileSync(options.path, kept.map(([offset, count]) => `${offset} ${count}\n`).join(''))
      upTo = stored
    }
    // The store drops a batch whose offset it has passed.
    if (source.upTo <= upTo) return
    const own = readings.filter(({ device }) => device === options.device).length
    appendFileSync(options.path, `${source.upTo} ${own}\n`)
  }
  return {
    ...store,
    async append(readings, source) {
      if (source !== undefined) await count(readings, source)
      await store.append(readings, source)
      if (source !== undefined) upTo = Math.max(upTo ?? -1, source.upTo)
    }
  }
}
