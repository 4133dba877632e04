/** The rows of the outbox: the SQL and nothing else. Commits, limits and numbering are the outbox's. */
import { crc32 } from 'node:zlib'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'

const outboxChannels = ['telemetry', 'scan', 'event'] as const
export type OutboxChannel = (typeof outboxChannels)[number]

export interface OutboxMessage {
  readonly id: number
  readonly device: string
  readonly boot: string
  readonly seq: number
  readonly channel: OutboxChannel
  readonly readings: number
  /** Readings that gave way at the size limit, or a message whose bytes no longer match: the payload is empty then. */
  readonly droppedReadings: number
  readonly createdAtMs: number
  readonly crc: number
  readonly payload: Uint8Array
}

/** What a row costs beside its payload: its columns and its share of three indexes, rounded up. */
const rowOverheadBytes = 128

export function rowBytes(payloadBytes: number): number {
  return payloadBytes + rowOverheadBytes
}

const dropChunk = 256

export function createOutboxRows(database: DatabaseSync) {
  const insert = database.prepare(
    'INSERT INTO message (id, device, boot, seq, channel, readings, created_at_ms, bytes, crc, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
  )
  const read = database.prepare('SELECT * FROM message WHERE device = ? AND id > ? ORDER BY id LIMIT ?')
  const freed = database.prepare(
    'SELECT count(*) AS messages, total(bytes) AS bytes, total(readings) AS readings FROM message WHERE device = ? AND boot = ? AND seq <= ?'
  )
  const free = database.prepare('DELETE FROM message WHERE device = ? AND boot = ? AND seq <= ?')
  const backlog = database.prepare(
    "SELECT device, count(*) AS messages, sum(channel <> 'telemetry') AS urgent FROM message GROUP BY device ORDER BY min(id)"
  )
  const totals = database.prepare('SELECT count(*) AS messages, total(bytes) AS bytes, coalesce(max(id), 0) AS lastId FROM message')
  const oldestTelemetry = database.prepare(
    `SELECT id, bytes, readings FROM message WHERE channel = 'telemetry' AND dropped_readings = 0 ORDER BY id LIMIT ${dropChunk}`
  )
  const toMarker = database.prepare(
    "UPDATE message SET dropped_readings = readings, readings = 0, payload = x'', crc = 0, bytes = ? WHERE id = ?"
  )
  const oldestMarkers = database.prepare(`SELECT id, bytes FROM message WHERE dropped_readings > 0 ORDER BY id LIMIT ${dropChunk}`)
  const remove = database.prepare('DELETE FROM message WHERE id = ?')

  return {
    insert(row: OutboxMessage): void {
      const { id, device, boot, seq, channel, readings, createdAtMs, crc, payload } = row
      insert.run(id, device, boot, seq, channel, readings, createdAtMs, rowBytes(payload.length), crc, payload)
    },
    read(query: { device: string; afterId: number; messagesMax: number; bytesMax: number }): OutboxMessage[] {
      const messages: OutboxMessage[] = []
      let bytes = 0
      for (const row of read.iterate(query.device, query.afterId, query.messagesMax)) {
        const message = messageOf(row)
        bytes += message.payload.length
        // The first one always goes, or a message larger than the window would never leave.
        if (messages.length > 0 && bytes > query.bytesMax) break
        messages.push(message)
      }
      return messages
    },
    release(watermark: { device: string; boot: string; upTo: number }): { messages: number; bytes: number; readings: number } {
      const { device, boot, upTo } = watermark
      const sums = freed.get(device, boot, upTo)
      free.run(device, boot, upTo)
      return { messages: numberOf(sums?.['messages']), bytes: numberOf(sums?.['bytes']), readings: numberOf(sums?.['readings']) }
    },
    backlog: () =>
      backlog.all().map((row) => ({ device: textOf(row['device']), messages: numberOf(row['messages']), urgent: numberOf(row['urgent']) })),
    totals() {
      const row = totals.get()
      return { messages: numberOf(row?.['messages']), bytes: numberOf(row?.['bytes']), lastId: numberOf(row?.['lastId']) }
    },
    /** Empties the oldest telemetry until `wantedBytes` are gained; then removes the oldest markers. */
    dropOldest(wantedBytes: number): { messages: number; readings: number; markers: number; bytes: number } {
      const dropped = { messages: 0, readings: 0, markers: 0, bytes: 0 }
      while (dropped.bytes < wantedBytes) {
        const chunk = oldestTelemetry.all()
        if (chunk.length === 0) break
        for (const row of chunk) {
          if (dropped.bytes >= wantedBytes) break
          toMarker.run(rowBytes(0), numberOf(row['id']))
          dropped.messages += 1
          dropped.readings += numberOf(row['readings'])
          dropped.bytes += numberOf(row['bytes']) - rowBytes(0)
        }
      }
      while (dropped.bytes < wantedBytes) {
        const chunk = oldestMarkers.all()
        if (chunk.length === 0) break
        for (const row of chunk) {
          if (dropped.bytes >= wantedBytes) break
          remove.run(numberOf(row['id']))
          dropped.markers += 1
          dropped.bytes += numberOf(row['bytes'])
        }
      }
      return dropped
    }
  }
}

function messageOf(row: Record<string, SQLOutputValue>): OutboxMessage {
  const payload = row['payload'] instanceof Uint8Array ? row['payload'] : new Uint8Array()
  const crc = numberOf(row['crc'])
  const readings = numberOf(row['readings'])
  const dropped = numberOf(row['dropped_readings'])
  const sound = dropped > 0 || crc32(payload) === crc
  return {
    id: numberOf(row['id']),
    device: textOf(row['device']),
    boot: textOf(row['boot']),
    seq: numberOf(row['seq']),
    channel: outboxChannels.find((name) => name === row['channel']) ?? 'telemetry',
    readings: sound ? readings : 0,
    droppedReadings: sound ? dropped : Math.max(1, readings),
    createdAtMs: numberOf(row['created_at_ms']),
    crc,
    payload: sound ? payload : new Uint8Array()
  }
}

function numberOf(value: SQLOutputValue | undefined): number {
  return typeof value === 'number' ? value : 0
}

function textOf(value: SQLOutputValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
