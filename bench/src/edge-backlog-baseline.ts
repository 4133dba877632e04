/** The layout that the outbox is compared with: a SQLite row a message with its JSON, as an agent makes them that knows of no line. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { encodeMessage } from '@tracegate/model/codec'
import { encodeConnect, encodePublish, openRawClient, packetTypes } from '@tracegate/broker/raw-client'
import { createPoint, type Shape } from './edge-backlog-shapes.ts'

export interface Baseline {
  readonly bytesPerReading: number
  readonly readingsPerSecond: number
}

const windowMax = 256
const replayMaxMs = 30_000

/** Fills a database with the messages of some seconds, then sends them, oldest first, over a bare socket with a window. */
export async function measureBaseline(options: {
  readonly folder: string
  readonly shape: Shape
  readonly seconds: number
  readonly port: number
}): Promise<Baseline> {
  const path = join(options.folder, 'baseline.db')
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec(`CREATE TABLE message (id INTEGER PRIMARY KEY, device TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL,
    channel TEXT NOT NULL, readings INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, crc INTEGER NOT NULL,
    payload BLOB NOT NULL) STRICT;
    CREATE INDEX message_by_device ON message (device, id);
    CREATE INDEX message_to_drop ON message (id) WHERE channel = 'telemetry'`)
  try {
    const readings = fill(database, options)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const bytesPerReading = statSync(path).size / readings
    return { bytesPerReading, readingsPerSecond: await replay(database, options.port) }
  } finally {
    database.close()
  }
}

function fill(database: DatabaseSync, options: { readonly shape: Shape; readonly seconds: number }): number {
  const insert = database.prepare(
    'INSERT INTO message (device, boot, seq, channel, readings, created_at_ms, bytes, crc, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'
  )
  const point = createPoint(options.shape)
  let count = 0
  for (let second = 0; second < options.seconds; second += 1) {
    database.exec('BEGIN')
    for (const [device, own] of Map.groupBy(point(second), (reading) => reading.device)) {
      const timeMs = own[0]?.timeMs ?? 0
      const readings = own.map(({ metric, value, unit, quality, timeMs }) => ({ metric, value, unit, quality, timeMs }))
      const boot = 'baseline-0123456789ab'
      const payload = encodeMessage({ v: 1, boot, seq: second, timeMs, timeQuality: 'unknown', readings })
      insert.run(device, boot, second, 'telemetry', own.length, timeMs, payload.length, crc32(payload), payload)
      count += own.length
    }
    database.exec('COMMIT')
  }
  return count
}

async function replay(database: DatabaseSync, port: number): Promise<number> {
  const client = await openRawClient({ port })
  client.send(encodeConnect({ clientId: 'baseline', username: 'cold-store/baseline', password: 'secret' }))
  await client.next(packetTypes.connack)
  const rows = database.prepare('SELECT * FROM message ORDER BY id').iterate()
  const { promise, resolve } = Promise.withResolvers<void>()
  const startedMs = performance.now()
  const timer = setTimeout(resolve, replayMaxMs)
  let [sent, acknowledged, readings, ended] = [0, 0, 0, false]
  const pump = () => {
    const batch: Buffer[] = []
    while (!ended && sent - acknowledged < windowMax) {
      const next = rows.next()
      if (next.done === true) ended = true
      else {
        const { device, payload, readings: count } = next.value
        sent += 1
        readings += Number(count)
        const topic = `tg/v1/cold-store/${String(device)}/telemetry`
        const bytes = payload instanceof Uint8Array ? Buffer.from(payload) : Buffer.alloc(0)
        batch.push(encodePublish({ topic, payload: bytes, qos: 1, packetId: (sent % 65_535) + 1 }))
      }
    }
    if (batch.length > 0) client.send(Buffer.concat(batch))
    if (ended && acknowledged === sent) resolve()
  }
  client.socket.on('data', () => {
    for (const { type } of client.packets.splice(0)) if (type === packetTypes.puback) acknowledged += 1
    pump()
  })
  pump()
  await promise
  clearTimeout(timer)
  client.socket.destroy()
  return (readings / (performance.now() - startedMs)) * 1_000
}
