/** The intake with a real outbox: batches, missing values, clock steps, dead letters; and the small pure parts around it. */
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeMessage, compileValidator } from '@tracegate/model/codec'
import { Telemetry } from '@tracegate/model/telemetry'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import fc from 'fast-check'
import { type ClockState, readClock } from './clock.ts'
import { createDeadLetterFile } from './dead-letter.ts'
import { createEdgeEvents } from './events.ts'
import { createIntake, type IntakeOptions, type SourceReading } from './intake.ts'
import { createOutbox } from './outbox.ts'
import { tempFolder } from './testing/temp-folder.ts'
import { backOffMs } from './uplink/back-off.ts'

const telemetry = compileValidator(Telemetry)

function build(dataDir: string, options: Partial<IntakeOptions> = {}) {
  const events = createEdgeEvents({ logger: silentLogger, metrics: createMetrics(), agent: 'p1/agent' })
  const outbox = createOutbox({
    path: join(dataDir, 'outbox'),
    boot: 'b',
    bytesMax: 1_000_000,
    sync: 'normal',
    commitAfterMs: 1,
    batchReadingsMax: 10
  })
  const deadLetter = createDeadLetterFile({ dataDir, events, logger: silentLogger })
  const intake = createIntake({
    point: 'p1',
    outbox,
    events,
    deadLetter,
    timeQuality: 'synchronized',
    batchReadingsMax: 10,
    batchAfterMs: 60_000,
    ...options
  })
  const sent = () =>
    outbox.read({ device: 'd1', urgent: false, afterId: 0, messagesMax: 1_000, bytesMax: 1e9 }).map((row) => {
      const decoded = decodeMessage(telemetry, row.payload)
      assert.ok(decoded.ok, decoded.ok ? '' : decoded.reason.message)
      return decoded.value
    })
  return { events, outbox, intake, sent }
}

function reading(value: number, timeMs = 1_000): SourceReading {
  return { device: 'd1', metric: 'temperature', unit: 'Cel', timeMs, value, quality: 2 }
}

test('readings of a device are batched up to the most, the rest goes with flush()', () => {
  using folder = tempFolder()
  const { outbox, intake, events, sent } = build(folder.path)
  using held = outbox
  assert.equal(held.messages, 0)
  intake.readings(Array.from({ length: 25 }, (_, index) => reading(index)))
  intake.flush()
  assert.deepEqual(
    sent().map((message) => message.readings.length),
    [10, 10, 5]
  )
  assert.equal(events.counts.readingsTaken, 25)
})

test('a value that is no number is sent as missing, in a message that the contract takes', async () => {
  using folder = tempFolder()
  const { outbox, intake, sent } = build(folder.path)
  using held = outbox
  assert.equal(held.messages, 0)
  await intake.readingsDurably([reading(Number.NaN), reading(Infinity), { ...reading(4), quality: 9 }, reading(4)])
  assert.deepEqual(
    sent()[0]?.readings.map(({ value, quality }) => [value, quality]),
    [
      [null, 9],
      [null, 9],
      [null, 9],
      [4, 2]
    ]
  )
})

test('readings taken are readings kept and readings refused, also when the outbox is full', async () => {
  using folder = tempFolder()
  const events = createEdgeEvents({ logger: silentLogger, metrics: createMetrics(), agent: 'p1/agent' })
  using outbox = createOutbox({ path: join(folder.path, 'outbox'), boot: 'b', bytesMax: 65_536, sync: 'normal', commitAfterMs: 1 })
  const deadLetter = createDeadLetterFile({ dataDir: folder.path, events, logger: silentLogger })
  const shared = { point: 'p1', outbox, events, deadLetter, timeQuality: 'unknown', batchAfterMs: 1 } as const
  const intake = createIntake({ ...shared, batchReadingsMax: 1 })
  for (const bytes of [5_000, 1]) {
    let kept = -1
    while (events.counts.eventsKept > kept) {
      kept = events.counts.eventsKept
      await intake.event({ note: 'x'.repeat(bytes) }, { device: 'd1' }).catch(() => undefined)
    }
  }
  for (let index = 0; index < 60; index += 1) await intake.readingsDurably([reading(index), reading(index)]).catch(() => undefined)
  const { readingsTaken, readingsKept, readingsRefused } = events.counts
  assert.equal(readingsTaken, 120)
  assert.equal(readingsKept + readingsRefused, readingsTaken)
  assert.ok(readingsRefused > 0)
})

test('the check passed in may lower the quality', async () => {
  using folder = tempFolder()
  const { outbox, intake, sent } = build(folder.path, { check: (one) => (one.value > 50 ? { ...one, quality: 4 } : one) })
  using held = outbox
  assert.equal(held.messages, 0)
  await intake.readingsDurably([reading(60), reading(4)])
  assert.deepEqual(
    sent()[0]?.readings.map(({ quality }) => quality),
    [4, 2]
  )
})

test('when the clock steps back the messages say so until it has caught up, and the order stays', async () => {
  using folder = tempFolder()
  let wallMs = 1_000_000
  let steadyMs = 0
  const { outbox, intake, events, sent } = build(folder.path, { now: () => wallMs, steadyNow: () => steadyMs })
  using held = outbox
  assert.equal(held.messages, 0)
  const pass = async (wall: number, steady: number) => {
    wallMs += wall
    steadyMs += steady
    await intake.readingsDurably([reading(1, wallMs)])
  }
  await pass(0, 0)
  await pass(-600_000, 1_000)
  await pass(1_000, 1_000)
  await pass(700_000, 700_000)
  assert.deepEqual(
    sent().map((message) => message.timeQuality),
    ['synchronized', 'unsynchronized', 'unsynchronized', 'synchronized']
  )
  assert.deepEqual(
    sent().map((message) => message.seq),
    [0, 1, 2, 3]
  )
  assert.equal(events.counts.clockSteps, 1)
})

test('an event that is too large for the wire goes to the dead letter', async () => {
  using folder = tempFolder()
  const { outbox, intake, events } = build(folder.path)
  using held = outbox
  assert.equal(held.messages, 0)
  await intake.event({ note: 'x'.repeat(300_000) }, { device: 'd1' })
  assert.equal(outbox.messages, 0)
  assert.equal(events.counts.deadLetters, 1)
  assert.match(readFileSync(join(folder.path, 'dead-letter.jsonl'), 'utf8'), /"code":"PAYLOAD_TOO_LARGE"/)
})

test('the dead letter file is bounded and keeps the newest', () => {
  using folder = tempFolder()
  const events = createEdgeEvents({ logger: silentLogger, metrics: createMetrics(), agent: 'p1/agent' })
  const file = createDeadLetterFile({ dataDir: folder.path, events, logger: silentLogger, bytesMax: 2_000 })
  for (let index = 0; index < 100; index += 1)
    file.keep({ source: 's', reason: { code: 'X', pointer: '', message: String(index) }, payload: Buffer.from('payload') })
  for (const name of ['dead-letter.jsonl', 'dead-letter.1.jsonl']) assert.ok(statSync(join(folder.path, name)).size <= 2_000)
  assert.match(readFileSync(join(folder.path, 'dead-letter.jsonl'), 'utf8'), /"message":"99"/)
  assert.equal(events.counts.deadLetters, 100)
})

test('readClock() never reports a step while wall and steady clock agree', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 })), (passes) => {
      let state: ClockState | undefined
      let nowMs = 5
      for (const pass of passes) {
        nowMs += pass
        const read = readClock(state, nowMs, nowMs)
        assert.equal(read.steppedMs, 0)
        assert.equal(read.trusted, true)
        state = read.state
      }
    })
  )
})

test('backOffMs() grows to its most and stays within half and whole of it', () => {
  fc.assert(
    fc.property(fc.nat({ max: 100 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const limits = { minMs: 100, maxMs: 10_000 }
      const ceiling = Math.min(limits.maxMs, limits.minMs * 2 ** attempt)
      const waitMs = backOffMs(attempt, limits, random)
      assert.ok(waitMs >= Math.floor(ceiling / 2) && waitMs <= ceiling)
    })
  )
})
