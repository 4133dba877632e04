/** The log's file: what an earlier version left in it is carried over, and what a crash left half known is known again. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bytesOfMessage, decodeFrames, encodeFrames, type FramedMessage } from './log-frames.ts'
import { logMigrations, prepareLogTables } from './log-tables.ts'
import { createBench, storedCount, telemetryMessage } from './testing.ts'

describe('frames', () => {
  it('give back what was put in, any text and any bytes', () => {
    const message = fc.record({
      topic: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed()),
      clientId: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed()),
      payload: fc.uint8Array({ maxLength: 300 }),
      receivedAtMs: fc.nat(8_640_000_000_000),
      place: fc.nat(4_000_000_000)
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
        const found = decodeFrames(encodeFrames(messages))
        assert.deepEqual(
          found.map((one): FramedMessage => ({ ...one, payload: Uint8Array.from(one.payload) })),
          messages.map((one): FramedMessage => ({ ...one }))
        )
      })
    )
  })

  it('that are cut off are refused, not misread', () => {
    const bytes = encodeFrames([{ topic: 't', clientId: 'c', payload: Buffer.from('hello'), receivedAtMs: 1, place: 0 }])
    for (let length = 1; length < bytes.length; length += 1)
      assert.throws(() => decodeFrames(bytes.subarray(0, length)), { code: 'STORE_CORRUPT' })
  })
})

/** The layout of version 5: one row a message. */
const earlier = 5

function openEarlier(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  for (const statements of logMigrations.slice(0, earlier)) database.exec(statements)
  database.exec(`PRAGMA user_version = ${earlier}`)
  return database
}

describe('the migration of the log', () => {
  it('writes in SQL what the codec reads, byte for byte', () => {
    const database = new DatabaseSync(':memory:')
    for (const statements of logMigrations.slice(0, earlier)) database.exec(statements)
    const messages = [
      { topic: 'tg/v1/港/a', clientId: 'ß', payload: Buffer.from([0, 255, 0, 10]), receivedAtMs: 1_795_000_000_123 },
      { topic: '', clientId: '', payload: Buffer.alloc(0), receivedAtMs: 0 }
    ]
    const insert = database.prepare('INSERT INTO log (topic, payload, received_ms, client_id) VALUES (?, ?, ?, ?)')
    for (const { topic, payload, receivedAtMs, clientId } of messages) insert.run(topic, payload, receivedAtMs, clientId)
    for (const statements of logMigrations.slice(earlier)) database.exec(statements)
    const tables = prepareLogTables(database)
    let offset = 0
    for (const message of messages) {
      const group = tables.nextGroup('telemetry', offset)
      assert.ok(group !== undefined)
      offset = group.firstOffset
      assert.deepEqual(Buffer.from(group.frames), Buffer.from(encodeFrames([{ ...message, place: 0 }])))
    }
    assert.deepEqual([tables.sizeOf('telemetry').messages, tables.releasedUpTo('telemetry')], [2, 2])
    assert.ok(tables.sizeOf('telemetry').bytes >= messages.reduce((sum, message) => sum + bytesOfMessage(message), 0))
    database.close()
  })

  it('carries over what waits in the log and the offsets that the stores know', async () => {
    await using bench = await createBench()
    const database = openEarlier(join(bench.dataDir, 'collector.db'))
    database.exec(`INSERT INTO meta (name, value) VALUES ('log', 'collector-old')`)
    database.exec(`INSERT INTO stream (device, boot, up_to, gaps, seen_ms) VALUES ('port-1/probe-1', 'b1', 9, '0', 1)`)
    const insert = database.prepare('INSERT INTO log (topic, payload, received_ms, client_id) VALUES (?, ?, ?, ?)')
    for (let seq = 0; seq < 10; seq += 1) {
      const { topic, payload, receivedAtMs, clientId } = telemetryMessage({ seq })
      insert.run(topic, payload, receivedAtMs, clientId)
    }
    database.close()
    // Of these the store had taken four before.
    await bench.telemetry.append([], { log: 'collector-old', upTo: 4 })
    {
      await using collector = await bench.start()
      await collector.drain(2_000)
      const { carriedOver, stored, readings } = collector.stats()
      assert.deepEqual([carriedOver, stored, readings.carriedOver, readings.stored], [10, 10, 10, 10])
      assert.equal(await storedCount(bench.telemetry), 6)
      await collector.sink.commit(telemetryMessage({ seq: 9 }))
      assert.equal(collector.stats().duplicates, 1)
      await collector.sink.commit(telemetryMessage({ seq: 10 }))
      await collector.drain(2_000)
    }
    assert.equal(await storedCount(bench.telemetry), 7)
    assert.equal(await bench.telemetry.appendedUpTo('collector-old'), 11)
  })

  it('refuses a file of a later version', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-log-'))
    try {
      const database = new DatabaseSync(join(dataDir, 'collector.db'))
      database.exec(`PRAGMA user_version = ${logMigrations.length + 1}`)
      database.close()
      await using bench = await createBench()
      await assert.rejects(bench.start({ dataDir }), { code: 'STORE_VERSION' })
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})
