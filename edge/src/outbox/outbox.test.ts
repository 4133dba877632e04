/** The outbox on real files: numbering, commits, sealing, the size limit, and what a start makes of what it finds. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cpSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { CodedError } from '@tracegate/model/errors'
import { Telemetry } from '@tracegate/model/telemetry'
import type { OutboxMessage } from './message.ts'
import { createOutbox, type Outbox, type OutboxOptions } from './outbox.ts'
import { tempFolder } from '../testing/temp-folder.ts'

const limits = { boot: 'b1', bytesMax: 10_000_000, sync: 'normal', commitAfterMs: 5 } as const
const telemetry = compileValidator(Telemetry)

function openOutbox(folder: string, options: Partial<OutboxOptions> = {}): Outbox {
  return createOutbox({ path: join(folder, 'outbox'), ...limits, ...options })
}

/** A message of random bytes, which no packing makes smaller. */
function append(outbox: Outbox, options: { device?: string; channel?: 'telemetry' | 'event'; bytes?: number } = {}): Promise<void> {
  const channel = options.channel ?? 'telemetry'
  const bytes = randomBytes(options.bytes ?? 100)
  return outbox.append({ device: options.device ?? 'd1', channel, readings: channel === 'telemetry' ? 7 : 0, encode: () => bytes })
}

let nextValue = 0
function appendReadings(outbox: Outbox, options: { device?: string; count?: number; urgent?: boolean } = {}): Promise<void> {
  const { device = 'd1', count = 1, urgent = false } = options
  const readings = Array.from({ length: count }, () => {
    nextValue += 1
    return { metric: 'temperature', value: nextValue, unit: 'Cel', quality: 2, timeMs: 1_700_000_000_000 + nextValue } as const
  })
  return outbox.appendReadings({ device, urgent, timeMs: 1_700_000_000_000, timeQuality: 'synchronized', readings })
}

function all(outbox: Outbox, device = 'd1', urgent = false): OutboxMessage[] {
  return outbox.read({ device, urgent, afterId: 0, messagesMax: 100_000, bytesMax: 1e9 })
}

function valuesIn(messages: readonly OutboxMessage[]): unknown[] {
  return messages.flatMap((message) => {
    const decoded = decodeMessage(telemetry, message.payload)
    assert.ok(decoded.ok)
    assert.equal(decoded.value.boot, message.boot)
    assert.equal(decoded.value.seq, message.seq)
    return decoded.value.readings.map(({ value }) => value)
  })
}

function bytesIn(folder: string): number {
  return readdirSync(join(folder, 'outbox'))
    .map((name) => statSync(join(folder, 'outbox', name)).size)
    .reduce((sum, size) => sum + size, 0)
}

test('TG-402: append() numbers each device from 0 and resolves after the commit', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path)
  await Promise.all([append(outbox), append(outbox, { device: 'd2' }), append(outbox)])
  assert.deepEqual(
    all(outbox).map(({ boot, seq }) => [boot, seq]),
    [
      ['b1', 0],
      ['b1', 1]
    ]
  )
  assert.deepEqual(
    all(outbox, 'd2').map(({ seq }) => seq),
    [0]
  )
})

test('TG-414: events and readings in alarm count from 0 in a lane of their own, under a boot of their own', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path)
  await Promise.all([append(outbox), append(outbox, { channel: 'event' }), append(outbox), appendReadings(outbox, { urgent: true })])
  assert.deepEqual(
    all(outbox, 'd1', true).map(({ boot, seq, channel }) => `${boot}/${seq}/${channel}`),
    ['b1-a/0/event', 'b1-a/1/telemetry']
  )
  assert.deepEqual(
    all(outbox).map(({ seq }) => seq),
    [0, 1]
  )
})

test('appends that wait together share one commit', async () => {
  using folder = tempFolder()
  const commits: number[] = []
  using outbox = openOutbox(folder.path, { onCommitted: (appended) => commits.push(appended.length) })
  await Promise.all(Array.from({ length: 50 }, () => append(outbox)))
  assert.deepEqual(commits, [50])
})

test('TG-412 TG-401: an outbox opened again has everything, and earlier boots come first', async () => {
  using folder = tempFolder()
  {
    using first = openOutbox(folder.path)
    await append(first)
    await append(first, { channel: 'event' })
  }
  using second = openOutbox(folder.path, { boot: 'b2' })
  await append(second)
  assert.deepEqual(
    all(second).map(({ boot, seq, id }) => `${boot}/${seq}/${id}`),
    ['b1/0/1', 'b2/0/2']
  )
  assert.deepEqual(second.backlog(), [
    { device: 'd1', urgent: true, messages: 1, lastId: 1 },
    { device: 'd1', urgent: false, messages: 2, lastId: 2 }
  ])
  assert.deepEqual(second.damage, { records: 0, bytes: 0, messages: 0, readings: 0, tornBytes: 0 })
})

test('while nothing can be sent readings wait in the journal for company, and a new start has each of them once', async () => {
  using folder = tempFolder()
  const from = nextValue
  {
    using first = openOutbox(folder.path, { batchReadingsMax: 10 })
    first.setOnline(false)
    for (let count = 0; count < 25; count += 1) await appendReadings(first)
    assert.deepEqual(
      all(first).map(({ readings }) => readings),
      [10, 10]
    )
    assert.equal(first.messages, 3)
  }
  using second = openOutbox(folder.path, { boot: 'b2', batchReadingsMax: 10 })
  second.setOnline(true)
  assert.deepEqual(
    all(second).map(({ boot, seq, readings }) => [boot, seq, readings]),
    [
      ['b1', 0, 10],
      ['b1', 1, 10],
      ['b2', 0, 5]
    ]
  )
  assert.deepEqual(
    valuesIn(all(second)),
    Array.from({ length: 25 }, (_, index) => from + 1 + index)
  )
})

test('readings wait no longer than sealAfterMs, and not at all once messages can be sent', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path, { sealAfterMs: 60 })
  outbox.setOnline(false)
  await appendReadings(outbox)
  assert.equal(all(outbox).length, 0)
  await new Promise((resolve) => {
    setTimeout(resolve, 120)
  })
  assert.equal(all(outbox).length, 1)
  await appendReadings(outbox)
  outbox.setOnline(true)
  assert.equal(all(outbox).length, 2)
})

test('release() frees one boot of one device up to the watermark, and ids never come again', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path)
  await Promise.all([append(outbox), append(outbox), append(outbox, { device: 'd2' })])
  const lastId = all(outbox).at(-1)?.id ?? 0
  outbox.release({ device: 'd1', boot: 'b1', upTo: 1 })
  outbox.release({ device: 'd2', boot: 'other', upTo: 99 })
  assert.equal(all(outbox).length, 0)
  assert.equal(all(outbox, 'd2').length, 1)
  assert.equal(outbox.messages, 1)
  await append(outbox)
  assert.ok((all(outbox)[0]?.id ?? 0) > lastId)
})

test('what was freed stays freed over a new start, and files that hold nothing are removed', async () => {
  using folder = tempFolder()
  {
    using first = openOutbox(folder.path, { bytesMax: 1_000_000 })
    for (let count = 0; count < 100; count += 1) await append(first, { bytes: 1_000 })
    const full = bytesIn(folder.path)
    first.release({ device: 'd1', boot: 'b1', upTo: 97 })
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    assert.ok(bytesIn(folder.path) < full / 3, `${bytesIn(folder.path)} of ${full} bytes left`)
  }
  using second = openOutbox(folder.path, { boot: 'b2', bytesMax: 1_000_000 })
  assert.deepEqual(
    all(second).map(({ seq }) => seq),
    [98, 99]
  )
  assert.equal(second.damage.messages, 0)
})

test('TG-413: at the size limit the oldest telemetry gives way, its numbers tell how much, and events stay', async () => {
  using folder = tempFolder()
  const dropped = { messages: 0, readings: 0 }
  const options: Partial<OutboxOptions> = {
    bytesMax: 131_072,
    onDropped: (more) => {
      dropped.messages += more.messages
      dropped.readings += more.readings
    }
  }
  let before: OutboxMessage[]
  {
    using outbox = openOutbox(folder.path, options)
    await append(outbox, { channel: 'event', bytes: 1_000 })
    for (let count = 0; count < 200; count += 1) {
      await append(outbox, { bytes: 1_000 })
      assert.ok(bytesIn(folder.path) <= 131_072)
    }
    assert.ok(outbox.bytes <= 131_072, `${outbox.bytes} bytes held`)
    before = all(outbox)
    assert.equal(all(outbox, 'd1', true)[0]?.lost, false)
  }
  const lost = before.filter((message) => message.lost)
  assert.equal(lost.length, dropped.messages)
  assert.ok(lost.length > 100 && lost.length < 160)
  assert.ok(lost.every(({ droppedReadings }) => droppedReadings === 7))
  assert.equal(dropped.readings, dropped.messages * 7)
  assert.deepEqual(
    before.map(({ seq }) => seq),
    Array.from({ length: 200 }, (_, seq) => seq),
    'every sequence number is still there'
  )
  assert.equal(before.at(-1)?.lost, false, 'the newest telemetry is whole')
  using again = openOutbox(folder.path, { ...options, boot: 'b2' })
  assert.deepEqual(all(again), before, 'and a new start says the same')
})

test('with the policy newest-telemetry what comes is refused instead, and events still find room', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path, { bytesMax: 131_072, dropPolicy: 'newest-telemetry' })
  let kept = 0
  await assert.rejects(
    async () => {
      for (; kept < 300; kept += 1) await append(outbox, { bytes: 1_000 })
    },
    (error) => error instanceof CodedError && error.code === 'OUTBOX_FULL'
  )
  assert.ok(kept > 50)
  assert.equal(all(outbox).length, kept)
  await append(outbox, { channel: 'event', bytes: 1_000 })
  assert.equal(all(outbox).filter(({ lost }) => lost).length > 0, true, 'an event takes the room of telemetry all the same')
})

test('TG-413: an event is refused with OUTBOX_FULL when no telemetry is left to give way, and leaves no hole', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path, { bytesMax: 65_536 })
  await assert.rejects(
    async () => {
      for (let count = 0; count < 100; count += 1) await append(outbox, { channel: 'event', bytes: 1_000 })
    },
    (error) => error instanceof CodedError && error.code === 'OUTBOX_FULL'
  )
  const before = all(outbox, 'd1', true).length
  outbox.release({ device: 'd1', boot: 'b1-a', upTo: 19 })
  await append(outbox, { channel: 'event', bytes: 1_000 })
  const rows = all(outbox, 'd1', true)
  assert.equal(rows.length, before - 19)
  assert.equal(rows.at(-1)?.seq, before)
})

test('a second agent on the same folder is refused with OUTBOX_OPEN', () => {
  using folder = tempFolder()
  using first = openOutbox(folder.path)
  assert.throws(
    () => openOutbox(folder.path),
    (error) => error instanceof CodedError && error.code === 'OUTBOX_OPEN' && error.message.includes('another agent has it open')
  )
  assert.equal(first.messages, 0)
})

test('TG-403: what was sealed, sent and freed is not sent again, after a kill or an orderly end', async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'outbox')
  const outbox = openOutbox(folder.path)
  outbox.setOnline(true)
  // Enough for the file of the messages to be given up once all of them are freed, while that of the journal is small still.
  for (let at = 0; at < 80; at += 1) await appendReadings(outbox, { count: 130 })
  await until(() => {
    outbox.flush()
    outbox.release({ device: 'd1', boot: 'b1', upTo: all(outbox).at(-1)?.seq ?? -1 })
    return outbox.messages === 0
  })
  assert.ok(
    readdirSync(path).some((name) => name.startsWith('journal')),
    'the journal has a file'
  )
  // Files that hold nothing that waits go after a second.
  await sleep(1_200)
  outbox.flush()
  cpSync(path, join(folder.path, 'killed', 'outbox'), { recursive: true })
  outbox[Symbol.dispose]()
  assert.ok(!readdirSync(path).some((name) => name.startsWith('journal')), 'an orderly end leaves no journal behind')
  for (const parent of [folder.path, join(folder.path, 'killed')]) {
    using again = openOutbox(parent, { boot: 'b2' })
    again.setOnline(true)
    assert.deepEqual(valuesIn(all(again)), [], parent)
  }
})

async function until(condition: () => boolean, timeoutMs = 3_000): Promise<void> {
  const endMs = Date.now() + timeoutMs
  while (!condition() && Date.now() < endMs) await sleep(10)
}
