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
import { createBench, messageOf, startMs, storedCount, telemetryMessage } from './testing.ts'

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

describe('after a crash', () => {
  it('a scan that only the log knows is counted for its device, by the rule of its reader', async () => {
    await using bench = await createBench()
    const rule = { readPoint: 'urn:epc:id:sgln:9506000.13433.0', bizStep: 'receiving', action: 'OBSERVE', mode: 'observe' }
    await bench.cases.put('settings', 'scan-rule:port-1/dock-1', rule)
    await using collector = await bench.start({ limits: { releaseEveryMs: 60_000 } })
    const scans = [{ symbology: ']d2', data: '01095060001343522110' }]
    const scan = { v: 1, boot: 'b', seq: 0, timeMs: startMs, timeQuality: 'unknown', scans }
    await collector.sink.commit(messageOf('tg/v1/port-1/dock-1/scan', scan))
    const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-log-'))
    try {
      // What is durable now, as a process finds it that starts after this one was killed.
      const database = new DatabaseSync(join(bench.dataDir, 'collector.db'))
      database.prepare('VACUUM INTO ?').run(join(dataDir, 'collector.db'))
      database.close()
      await using again = await bench.start({ dataDir })
      const report = await again.gaps.report({ point: 'port-1', device: 'dock-1', fromMs: startMs, toMs: startMs, limit: 1 })
      assert.deepEqual([report?.received.messages, report?.received.events], [1, 1])
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})

describe('a group commit', () => {
  it('leaves out the message that no row takes, and keeps the others', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const messages = [0, 1, 2, 3, 4].map((seq) => telemetryMessage({ seq }))
    const unfit = { ...telemetryMessage({ seq: 9, device: 'probe-2' }), clientId: 'c'.repeat(70_000) }
    const answers = await Promise.allSettled(
      [...messages.slice(0, 2), unfit, ...messages.slice(2)].map((one) => collector.sink.commit(one))
    )
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']
    )
    await collector.drain(2_000)
    const { received, stored, rejected } = collector.stats()
    assert.deepEqual([received, stored, rejected], [6, 5, 1])
    assert.equal(await storedCount(bench.telemetry), 5)
  })

  it('takes no more bytes than it may, in order, and past the bound of bytes nothing waits', async () => {
    await using bench = await createBench()
    await using collector = await bench.start({ limits: { groupBytesMax: 500, waitingBytesMax: 1_200 } })
    const answers = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((seq) => collector.sink.commit(telemetryMessage({ seq }))))
    const taken = answers.filter(({ status }) => status === 'fulfilled').length
    assert.ok(taken > 2 && taken < 10, `${taken} were taken`)
    for (const answer of answers.slice(taken)) assert.equal(answer.status === 'rejected' && answer.reason.code, 'COLLECTOR_BUSY')
    await collector.drain(2_000)
    assert.equal(await storedCount(bench.telemetry), taken)
  })
})
