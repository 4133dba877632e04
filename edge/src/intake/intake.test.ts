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
import { createDeadLetterFile } from './dead-letter.ts'
import { createEdgeEvents } from '../events.ts'
import { createIntake, type IntakeOptions, type SourceReading } from './intake.ts'
import { createOutbox } from '../outbox/outbox.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { backOffMs } from '@tracegate/service/back-off'

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

test('TG-502 TG-504: when the clock jumps the messages say so until it is back or set again, and numbers and times stay', async () => {
  using folder = tempFolder()
  let wallMs = 1_000_000_000
  let steadyMs = 0
  let disciplinedAtMs = wallMs - 1_000
  const { outbox, intake, events, sent } = build(folder.path, {
    now: () => wallMs,
    steadyNow: () => steadyMs,
    disciplinedAtMs: () => disciplinedAtMs
  })
  using held = outbox
  assert.equal(held.messages, 0)
  const pass = async (wall: number, steady: number) => {
    wallMs += wall
    steadyMs += steady
    await intake.readingsDurably([reading(1, 5_000)])
  }
  await pass(0, 0)
  await pass(-3_600_000, 10_000)
  await pass(10_000, 10_000)
  await pass(3_620_000, 10_000)
  await pass(3_600_000, 10_000)
  disciplinedAtMs = wallMs + 5_000
  await pass(20_000, 20_000)
  assert.deepEqual(
    sent().map((message) => message.timeQuality),
    ['synchronized', 'unsynchronized', 'unsynchronized', 'synchronized', 'unsynchronized', 'synchronized']
  )
  assert.deepEqual(
    sent().map((message) => message.seq),
    [0, 1, 2, 3, 4, 5]
  )
  assert.ok(sent().every((message) => message.readings[0]?.timeMs === 5_000))
  assert.equal(events.counts.clockSteps, 3)
})

test('a source whose times are ahead of the clock of the machine is counted', async () => {
  using folder = tempFolder()
  const { outbox, intake, events } = build(folder.path, { now: () => 1_000_000 })
  using held = outbox
  await intake.readingsDurably([reading(1, 999_000), reading(1, 1_004_000), reading(1, 1_100_000)])
  assert.equal(events.counts.clockDisagreements, 1)
  assert.equal(held.messages, 1)
})

test('TG-414: readings in alarm and the one that ends it go in the alarm lane, the others stay in their order', async () => {
  using folder = tempFolder()
  const rules = { alarms: [{ metric: 'temperature', low: 2, high: 8 }] }
  const { outbox, intake, sent } = build(folder.path, { rules: () => rules })
  using held = outbox
  for (const value of [4, 9, 10, 5, 6]) await intake.readingsDurably([reading(value)])
  const lane = held.read({ device: 'd1', urgent: true, afterId: 0, messagesMax: 100, bytesMax: 1e9 })
  const values = lane.flatMap(({ payload }) => {
    const decoded = decodeMessage(telemetry, payload)
    assert.ok(decoded.ok && decoded.value.boot === 'b-a')
    return decoded.value.readings.map(({ value }) => value)
  })
  assert.deepEqual(values, [9, 10, 5])
  assert.deepEqual(
    sent().flatMap((message) => message.readings.map(({ value }) => value)),
    [4, 6]
  )
})

test('readings taken are readings kept and readings thinned by the sampling, once the agent has flushed', async () => {
  using folder = tempFolder()
  const rules = { sampling: [{ metric: 'temperature', policy: 'coldChainTransport' as const }] }
  const { outbox, intake, events } = build(folder.path, { rules: () => rules })
  using held = outbox
  for (let minute = 0; minute < 60; minute += 0.5)
    await intake.readingsDurably([reading(Math.sin(minute) + minute / 10, 1_000 + minute * 60_000)])
  intake.flush()
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  const { readingsTaken, readingsKept, readingsThinned } = events.counts
  assert.equal(readingsTaken, 120)
  assert.equal(readingsKept + readingsThinned, readingsTaken)
  assert.ok(readingsThinned > 60)
  assert.ok(held.messages > 0)
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
