/** The entries of the log in order: the newest decoded in memory as long as they fit, the rest read from the file again. */
import type { Intake } from './decode.ts'
import type { CollectorLimits } from './limits.ts'
import type { LogRow, LogTables } from './log-tables.ts'

export interface LogEntry extends LogRow {
  readonly intake: Intake
}

export const bytesOfRow = (row: { readonly topic: string; readonly payload: Uint8Array }): number => row.topic.length + row.payload.length

export interface LogTail {
  push(entries: readonly LogEntry[]): void
  take(): LogEntry[]
  isEmpty(): boolean
  /** Resolves when there is something to take, or after `wake`. */
  ready(): Promise<void>
  wake(): void
}

export interface LogTailOptions {
  readonly tables: LogTables
  readonly limits: CollectorLimits
  readonly decode: (row: Omit<LogRow, 'offset'>) => Intake
  readonly leftOver: boolean
}

export function createLogTail(options: LogTailOptions): LogTail {
  const { tables, limits } = options
  let entries: LogEntry[] = []
  let bytes = 0
  /** Entries after the last one in memory are in the file only. */
  let spilled = options.leftOver
  let cursor = -1
  let signal = Promise.withResolvers<void>()

  function takeFromMemory(): LogEntry[] {
    let size = 0
    let count = 0
    for (const entry of entries) {
      size += bytesOfRow(entry)
      if (count > 0 && (count >= limits.batchMessagesMax || size > limits.batchBytesMax)) break
      count += 1
    }
    const taken = entries.slice(0, count)
    entries = entries.slice(count)
    for (const entry of taken) bytes -= bytesOfRow(entry)
    return taken
  }

  function takeFromFile(): LogEntry[] {
    const taken: LogEntry[] = []
    let size = 0
    // Few at a time: each may be as long as a payload can be.
    while (taken.length < limits.batchMessagesMax && size < limits.batchBytesMax) {
      const rows = tables.read(taken.at(-1)?.offset ?? cursor, 64)
      for (const row of rows) {
        taken.push({ ...row, intake: options.decode(row) })
        size += bytesOfRow(row)
      }
      if (rows.length === 0) {
        spilled = false
        break
      }
    }
    return taken
  }

  return {
    push(added) {
      for (const entry of added) {
        const size = bytesOfRow(entry)
        if (spilled || (entries.length > 0 && bytes + size > limits.tailBytesMax)) {
          spilled = true
          continue
        }
        entries.push(entry)
        bytes += size
      }
      if (added.length > 0) signal.resolve()
    },
    take() {
      const taken = entries.length > 0 ? takeFromMemory() : spilled ? takeFromFile() : []
      cursor = taken.at(-1)?.offset ?? cursor
      if (entries.length === 0 && !spilled) signal = Promise.withResolvers()
      return taken
    },
    isEmpty: () => entries.length === 0 && !spilled,
    wake: () => signal.resolve(),
    ready: () => (entries.length > 0 || spilled ? Promise.resolve() : signal.promise)
  }
}
