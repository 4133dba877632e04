/**
 * The durable outbox: every message waits here, in SQLite, until the commit watermark frees it. It gives each message its
 * (device, boot, seq), shares one commit among appends, and keeps within its size. It does not send, and it never drops an
 * event or a scan: at the limit the oldest telemetry loses its readings and stays as a marker that says how many.
 */
import { crc32 } from 'node:zlib'
import type { DatabaseSync } from 'node:sqlite'
import { edgeError } from './errors.ts'
import { openOutboxDatabase } from './outbox-database.ts'
import { createOutboxRows, type OutboxChannel, type OutboxMessage, rowBytes } from './outbox-rows.ts'

export interface OutboxOptions {
  readonly path: string
  readonly boot: string
  readonly bytesMax: number
  readonly sync: 'full' | 'normal'
  readonly commitAfterMs: number
  /** Called after each commit with what can be sent now. */
  readonly onCommitted?: (appended: readonly { readonly device: string; readonly channel: OutboxChannel }[]) => void
  /** Readings that had to give way at the size limit. */
  readonly onDropped?: (dropped: { readonly messages: number; readonly readings: number; readonly markers: number }) => void
  readonly onReleased?: (released: { readonly device: string; readonly messages: number; readonly readings: number }) => void
}

interface Append {
  readonly device: string
  readonly channel: OutboxChannel
  /** Number of readings inside; 0 for an event or a scan. */
  readonly readings: number
  readonly encode: (origin: { readonly boot: string; readonly seq: number }) => Uint8Array
}

export interface Outbox extends Disposable {
  /** Resolves when the message is durable. Rejects with `OUTBOX_FULL`, `OUTBOX_WRITE` or `OUTBOX_CLOSED`; nothing is kept then. */
  append(message: Append): Promise<void>
  /** Commits what waits, now. */
  flush(): void
  /** Messages of a device after an id, oldest first, earlier boots before this one. */
  read(query: {
    readonly device: string
    readonly afterId: number
    readonly messagesMax: number
    readonly bytesMax: number
  }): OutboxMessage[]
  /** Frees the messages of a boot up to a sequence number, with the next commit or shortly after. */
  release(watermark: Watermark): void
  /** What waits, per device. */
  backlog(): { readonly device: string; readonly messages: number; readonly urgent: number }[]
  readonly lastId: number
  readonly messages: number
  readonly bytes: number
  /** Where a damaged file was put aside at the start, when there was one. */
  readonly damagedPath: string | undefined
}

interface Pending {
  readonly row: OutboxMessage
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Watermark {
  readonly device: string
  readonly boot: string
  readonly upTo: number
}

/** Freeing is in no hurry: a watermark waits for the next append to share its commit. */
const releaseAfterMs = 200

/** Wait before watermarks are applied again that a failing disk did not take. */
const writeRetryMs = 1_000

/** Most appends that share one commit. */
const pendingMax = 512

export function createOutbox(options: OutboxOptions): Outbox {
  const { database, damagedPath } = openOutboxDatabase(options.path, options.sync)
  const rows = createOutboxRows(database)
  const totals = rows.totals()
  const nextSeq = new Map<string, number>()
  let pending: Pending[] = []
  /** By device and boot, the highest watermark that is not applied yet. */
  let releases = new Map<string, Watermark>()
  let pendingBytes = 0
  let timer: NodeJS.Timeout | undefined
  let timerDueMs = 0
  let closed = false

  const remember = (watermark: Watermark) => {
    const key = `${watermark.device}/${watermark.boot}`
    if ((releases.get(key)?.upTo ?? -1) < watermark.upTo) releases.set(key, watermark)
  }
  const commit = () => {
    clearTimeout(timer)
    timer = undefined
    if (pending.length === 0 && releases.size === 0) return
    const batch = pending
    const watermarks = releases
    pending = []
    releases = new Map()
    pendingBytes = 0
    const released: { device: string; messages: number; readings: number }[] = []
    try {
      inTransaction(database, () => {
        for (const entry of batch) rows.insert(entry.row)
        for (const watermark of watermarks.values()) {
          const freed = rows.release(watermark)
          totals.messages -= freed.messages
          totals.bytes -= freed.bytes
          if (freed.messages > 0) released.push({ device: watermark.device, messages: freed.messages, readings: freed.readings })
        }
      })
    } catch (error) {
      // The sequence numbers were never seen by anybody: they are given out again, so that no hole is left.
      for (const entry of batch.toReversed()) nextSeq.set(entry.row.device, entry.row.seq)
      const now = rows.totals()
      totals.messages = now.messages
      totals.bytes = now.bytes
      const failure = edgeError('OUTBOX_WRITE', { detail: error instanceof Error ? error.message : String(error) }, error)
      for (const entry of batch) entry.reject(failure)
      // Nobody would repeat the watermarks: they are kept until the disk takes them.
      for (const watermark of watermarks.values()) remember(watermark)
      schedule(writeRetryMs)
      return
    }
    for (const entry of batch) {
      totals.messages += 1
      totals.bytes += rowBytes(entry.row.payload.length)
      entry.resolve()
    }
    for (const freed of released) options.onReleased?.(freed)
    if (batch.length > 0) options.onCommitted?.(batch.map((entry) => ({ device: entry.row.device, channel: entry.row.channel })))
  }
  const schedule = (afterMs: number) => {
    const dueMs = performance.now() + afterMs
    if (timer !== undefined && timerDueMs <= dueMs) return
    clearTimeout(timer)
    timer = setTimeout(commit, afterMs)
    timerDueMs = dueMs
  }

  /** Makes room by the drop policy; false when even that was not enough. */
  const makeRoom = (bytes: number): boolean => {
    if (totals.bytes + pendingBytes + bytes <= options.bytesMax) return true
    commit()
    // A little more than needed, so that a full outbox does not pay for every single message.
    const wanted = totals.bytes + bytes - options.bytesMax + Math.floor(options.bytesMax / 64)
    const dropped = inTransaction(database, () => rows.dropOldest(wanted))
    totals.messages -= dropped.markers
    totals.bytes -= dropped.bytes
    if (dropped.messages > 0 || dropped.markers > 0) options.onDropped?.(dropped)
    return totals.bytes + bytes <= options.bytesMax
  }

  return {
    append(message) {
      if (closed) return Promise.reject(edgeError('OUTBOX_CLOSED'))
      const seq = nextSeq.get(message.device) ?? 0
      const payload = message.encode({ boot: options.boot, seq })
      const bytes = rowBytes(payload.length)
      try {
        if (!makeRoom(bytes))
          return Promise.reject(
            edgeError('OUTBOX_FULL', { channel: message.channel, bytes: payload.length, held: totals.bytes, max: options.bytesMax })
          )
      } catch (error) {
        return Promise.reject(edgeError('OUTBOX_WRITE', { detail: error instanceof Error ? error.message : String(error) }, error))
      }
      // makeRoom may have committed and failed, which gives numbers back.
      if ((nextSeq.get(message.device) ?? 0) !== seq) return this.append(message)
      nextSeq.set(message.device, seq + 1)
      totals.lastId += 1
      pendingBytes += bytes
      const row: OutboxMessage = {
        id: totals.lastId,
        device: message.device,
        boot: options.boot,
        seq,
        channel: message.channel,
        readings: message.readings,
        droppedReadings: 0,
        createdAtMs: Date.now(),
        crc: crc32(payload),
        payload
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      pending.push({ row, resolve, reject })
      if (pending.length >= pendingMax) commit()
      else schedule(options.commitAfterMs)
      return promise
    },
    flush: commit,
    read: (query) => rows.read(query),
    release(watermark) {
      if (closed) return
      remember(watermark)
      schedule(releaseAfterMs)
    },
    backlog: () => rows.backlog(),
    get lastId() {
      return totals.lastId
    },
    get messages() {
      return totals.messages + pending.length
    },
    get bytes() {
      return totals.bytes + pendingBytes
    },
    damagedPath,
    [Symbol.dispose]() {
      if (closed) return
      commit()
      clearTimeout(timer)
      closed = true
      database.close()
    }
  }
}

function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
