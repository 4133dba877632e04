/** What a start makes of damaged files: truncated anywhere, bytes flipped anywhere, files gone. Nothing whole is lost, nothing wrong is sent. */
import assert from 'node:assert/strict'
import { cpSync, openSync, closeSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { Telemetry } from '@tracegate/model/telemetry'
import fc from 'fast-check'
import type { OutboxMessage } from './message.ts'
import { payloadOfRecord, scanRecords } from './record.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { tempFolder } from '../testing/temp-folder.ts'

const telemetry = compileValidator(Telemetry)
const devices = ['d1', 'd2', 'd3']

function open(path: string, boot: string): Outbox {
  return createOutbox({ path, boot, bytesMax: 2_000_000, sync: 'normal', commitAfterMs: 1, batchReadingsMax: 20 })
}

/** Two runs without a line that end without an end: sealed telemetry, alarms, and readings that are in the journal only. */
async function fill(path: string): Promise<void> {
  let value = 0
  for (const boot of ['b1', 'b2']) {
    using outbox = open(path, boot)
    outbox.setOnline(false)
    for (let round = 0; round < 60; round += 1) {
      const waits = devices.map((device) => {
        const readings = Array.from({ length: 3 }, () => {
          value += 1
          return { metric: 'temperature', value, unit: 'Cel', quality: 2, timeMs: 1_700_000_000_000 + value } as const
        })
        return outbox.appendReadings({ device, urgent: round % 7 === 0, timeMs: 1_700_000_000_000, timeQuality: 'unknown', readings })
      })
      outbox.flush()
      await Promise.all(waits)
    }
    if (boot === 'b1') outbox.release({ device: 'd1', boot: 'b1', upTo: 3 })
  }
}

/** The values in what an outbox would send, each with the boot and number it would go out under. */
function sent(outbox: Outbox): { readonly messages: OutboxMessage[]; readonly values: number[]; readonly droppedReadings: number } {
  const messages = devices.flatMap((device) =>
    [true, false].flatMap((urgent) => outbox.read({ device, urgent, afterId: 0, messagesMax: 100_000, bytesMax: 1e9 }))
  )
  const values = messages.flatMap((message) => {
    if (message.lost) return []
    const decoded = decodeMessage(telemetry, message.payload)
    assert.ok(decoded.ok)
    assert.deepEqual([decoded.value.boot, decoded.value.seq], [message.boot, message.seq])
    assert.equal(decoded.value.readings.length, message.readings)
    return decoded.value.readings.map((reading) => Number(reading.value))
  })
  return { messages, values, droppedReadings: messages.reduce((sum, message) => sum + message.droppedReadings, 0) }
}

/** Values in the records of a file that touch none of the damaged bytes, and in those that do. */
function valuesOf(
  bytes: Buffer,
  isDamaged: (from: number, to: number) => boolean
): { readonly whole: Set<number>; readonly broken: Set<number> } {
  const [whole, broken] = [new Set<number>(), new Set<number>()]
  scanRecords(bytes, (record, { offset, bytes: length }) => {
    if (record.type !== 'message' && record.type !== 'readings') return
    const into = isDamaged(offset, offset + length) ? broken : whole
    for (const [, value] of Buffer.from(payloadOfRecord(record))
      .toString()
      .matchAll(/"value":(\d+)/g))
      into.add(Number(value))
  })
  return { whole, broken }
}

const damage = fc.oneof(
  fc.record({ type: fc.constant('truncate' as const), file: fc.nat(), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({
    type: fc.constant('flip' as const),
    file: fc.nat(),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    bytes: fc.integer({ min: 1, max: 40 })
  }),
  fc.record({ type: fc.constant('remove' as const), file: fc.nat() })
)

test('TG-412 TG-403: after random damage the agent starts by itself, sends all that is whole, and nothing that is wrong', async () => {
  using base = tempFolder()
  await fill(join(base.path, 'whole'))
  const names = readdirSync(join(base.path, 'whole')).filter((name) => name.endsWith('.log'))
  let [started, salvaged] = [0, 0]
  const everything = new Set<number>()
  {
    cpSync(join(base.path, 'whole'), join(base.path, 'copy'), { recursive: true })
    using outbox = open(join(base.path, 'copy'), 'b3')
    outbox.setOnline(true)
    for (const value of sent(outbox).values) everything.add(value)
    assert.equal(everything.size, sent(outbox).values.length, 'no reading twice')
    // Of 2 × 60 × 9 readings one device had four messages freed.
    assert.equal(everything.size, 2 * 60 * 9 - 4 * 18)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      const path = join(base.path, `run-${(started += 1)}`)
      cpSync(join(base.path, 'whole'), path, { recursive: true })
      const hits = new Map<string, [number, number][]>()
      for (const one of damages) {
        const name = names[one.file % names.length] ?? ''
        const size = readFileSync(join(base.path, 'whole', name)).length
        const hit: [number, number] = one.type === 'remove' ? [0, size] : [Math.floor(one.at * size), size]
        if (one.type === 'flip') hit[1] = Math.min(size, hit[0] + one.bytes)
        hits.set(name, [...(hits.get(name) ?? []), hit])
        apply(join(path, name), one.type, hit)
      }
      const expected = new Set<number>()
      const broken = new Set<number>()
      for (const name of names) {
        const found = valuesOf(readFileSync(join(base.path, 'whole', name)), (from, to) =>
          (hits.get(name) ?? []).some((hit) => from < hit[1] && to > hit[0])
        )
        for (const value of found.whole) expected.add(value)
        for (const value of found.broken) broken.add(value)
      }
      using outbox = open(path, 'b3')
      outbox.setOnline(true)
      const { values } = sent(outbox)
      for (const value of expected)
        if (everything.has(value)) assert.ok(values.includes(value), `reading ${value} was whole and is not sent`)
      for (const value of values) assert.ok(expected.has(value) || broken.has(value), `reading ${value} was never taken`)
      salvaged += values.length
      rmSync(path, { recursive: true, force: true })
    }),
    { numRuns: 150 }
  )
  assert.ok(salvaged > 0)
})

function apply(path: string, type: 'truncate' | 'flip' | 'remove', [from, to]: readonly [number, number]): void {
  try {
    if (type === 'remove') rmSync(path, { force: true })
    else if (type === 'truncate') truncateSync(path, from)
    else {
      const file = openSync(path, 'r+')
      for (let at = from; at < to; at += 1) writeSync(file, Buffer.from([Math.floor(Math.random() * 256)]), 0, 1, at)
      closeSync(file)
    }
  } catch (error) {
    // Removed before.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

test('TG-413: a record that is damaged in the middle costs itself, and its number tells what was inside, also after one more start', async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'outbox')
  await fill(path)
  const name = readdirSync(path).find((file) => file.startsWith('telemetry')) ?? assert.fail()
  const bytes = readFileSync(join(path, name))
  const places: { offset: number; meta: unknown }[] = []
  scanRecords(bytes, (record, { offset }) => {
    if (record.type === 'message') places.push({ offset, meta: record.meta })
  })
  const hit = places.at(-9) ?? assert.fail()
  bytes.fill(0, hit.offset + 20, hit.offset + 24)
  writeFileSync(join(path, name), bytes)
  const seen = ['b3', 'b4'].map((boot) => {
    using outbox = open(path, boot)
    assert.equal(outbox.damage.messages, boot === 'b3' ? 1 : 0)
    return sent(outbox).messages.filter((message) => message.lost)
  })
  assert.equal(seen[0]?.length, 1)
  assert.equal(seen[0]?.[0]?.droppedReadings, 18)
  assert.deepEqual(seen[1], seen[0])
})

test('TG-413: lost readings of the journal, which had no number yet, are told of under a new one', async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'outbox')
  {
    using outbox = open(path, 'b1')
    outbox.setOnline(false)
    for (let count = 0; count < 3; count += 1) {
      const reading = { metric: 'temperature', value: count, unit: 'Cel', quality: 2, timeMs: 1_000 } as const
      await outbox.appendReadings({ device: 'd1', timeMs: 1_000, timeQuality: 'unknown', readings: [reading] })
    }
  }
  const name = readdirSync(path).find((file) => file.startsWith('journal')) ?? assert.fail()
  const bytes = readFileSync(join(path, name))
  const offsets: number[] = []
  scanRecords(bytes, (_, { offset }) => offsets.push(offset))
  bytes.fill(0, (offsets[2] ?? 0) + 20, (offsets[2] ?? 0) + 24)
  writeFileSync(join(path, name), bytes)
  using outbox = open(path, 'b2')
  outbox.setOnline(true)
  assert.equal(outbox.damage.readings, 1)
  assert.deepEqual(sent(outbox).values, [0, 2])
  assert.equal(sent(outbox).droppedReadings, 1)
})
