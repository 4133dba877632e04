/**
 * The entries of one lane of the log in order: the newest decoded in memory as long as they fit, the rest read from the file again. It
 * keeps no payload: who needs one reads it from the file.
 */
import type { Intake } from './decode.ts'
import type { Lane } from './lanes.ts'
import type { CollectorLimits } from './limits.ts'
import { bytesOfMessage, decodeFrames, type FramedMessage } from './log-frames.ts'
import type { LogTables } from './log-tables.ts'

export interface LogEntry {
  readonly offset: number
  readonly receivedAtMs: number
  readonly bytes: number
  readonly intake: Intake
}

export interface LogLane {
  push(entries: readonly LogEntry[]): void
  /** The next entries in order; empty when there is none. They stay in the log until they are released. */
  take(): LogEntry[]
  /** Whether everything was taken. */
  isEmpty(): boolean
  /** Resolves when there is something to take, or after `wake`. */
  ready(): Promise<void>
  wake(): void
  /** The offset that the next entry gets. */
  nextOffset(): number
  /** The message of an entry that is still in the log. */
  messageAt(offset: number): FramedMessage | undefined
}

export interface LogLaneOptions {
  readonly lane: Lane
  readonly tables: LogTables
  readonly limits: CollectorLimits
  readonly decode: (message: FramedMessage) => Intake
  /** The last offset that was given out, by this run or an earlier one. */
  readonly lastOffset: number
  readonly leftOver: boolean
}

export function createLogLane(options: LogLaneOptions): LogLane {
  const { lane, tables, limits } = options
  let entries: LogEntry[] = []
  let bytes = 0
  /** Entries after the last one in memory are in the file only. */
  let spilled = options.leftOver
  let cursor = 0
  let lastOffset = options.lastOffset
  let signal = Promise.withResolvers<void>()

  function takeFromMemory(): LogEntry[] {
    const count = batchLength(entries, limits)
    const taken = entries.slice(0, count)
    entries = entries.slice(count)
    for (const entry of taken) bytes -= entry.bytes
    return taken
  }

  function takeFromFile(): LogEntry[] {
    const taken: LogEntry[] = []
    const room = { bytes: limits.batchBytesMax, items: limits.batchItemsMax }
    while (taken.length < limits.batchMessagesMax && room.bytes > 0 && room.items > 0) {
      const group = tables.nextGroup(lane, taken.at(-1)?.offset ?? cursor)
      if (group === undefined) {
        spilled = false
        break
      }
      const from = taken.at(-1)?.offset ?? cursor
      for (const [at, message] of decodeFrames(group.frames).entries()) {
        const offset = group.firstOffset + at
        if (offset <= from) continue
        if (taken.length >= limits.batchMessagesMax || room.bytes <= 0 || room.items <= 0) break
        const entry = { offset, receivedAtMs: message.receivedAtMs, bytes: bytesOfMessage(message), intake: options.decode(message) }
        taken.push(entry)
        room.bytes -= entry.bytes
        room.items -= itemsOf(entry)
      }
    }
    return taken
  }

  return {
    push(added) {
      lastOffset = added.at(-1)?.offset ?? lastOffset
      for (const entry of added) {
        if (spilled || (entries.length > 0 && bytes + entry.bytes > limits.tailBytesMax)) {
          spilled = true
          break
        }
        entries.push(entry)
        bytes += entry.bytes
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
    ready: () => (entries.length > 0 || spilled ? Promise.resolve() : signal.promise),
    nextOffset: () => lastOffset + 1,
    messageAt(offset) {
      const group = tables.nextGroup(lane, offset - 1)
      return group === undefined ? undefined : decodeFrames(group.frames)[offset - group.firstOffset]
    }
  }
}

/** How many of the first entries make one batch: at least one. */
function batchLength(entries: readonly LogEntry[], limits: CollectorLimits): number {
  let [size, items, count] = [0, 0, 0]
  for (const entry of entries) {
    size += entry.bytes
    items += itemsOf(entry)
    if (count > 0 && (count >= limits.batchMessagesMax || size > limits.batchBytesMax || items > limits.batchItemsMax)) break
    count += 1
  }
  return count
}

function itemsOf({ intake }: LogEntry): number {
  if (!intake.ok) return 1
  if (intake.work.type === 'readings') return intake.work.readings.length
  return intake.work.type === 'events' ? intake.work.events.length : 1
}
