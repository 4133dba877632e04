/** The outbox on real files: numbering, commits, the size limit, damage. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { CodedError } from '@tracegate/model/errors'
import { createOutbox, type Outbox, type OutboxOptions } from './outbox.ts'
import type { OutboxMessage } from './outbox-rows.ts'
import { tempFolder } from './testing/temp-folder.ts'

const limits = { boot: 'b1', bytesMax: 10_000_000, sync: 'normal', commitAfterMs: 5 } as const

function openOutbox(folder: string, options: Partial<OutboxOptions> = {}): Outbox {
  return createOutbox({ path: join(folder, 'outbox.db'), ...limits, ...options })
}

function append(outbox: Outbox, options: { device?: string; channel?: 'telemetry' | 'event'; bytes?: number } = {}): Promise<void> {
  const channel = options.channel ?? 'telemetry'
  return outbox.append({
    device: options.device ?? 'd1',
    channel,
    readings: channel === 'telemetry' ? 7 : 0,
    encode: ({ boot, seq }) => Buffer.from(`${boot}/${seq}/`.padEnd(options.bytes ?? 100, 'x'))
  })
}

function all(outbox: Outbox, device = 'd1'): OutboxMessage[] {
  return outbox.read({ device, afterId: 0, messagesMax: 100_000, bytesMax: 1e9 })
}

test('append() numbers each device from 0 and resolves after the commit', async () => {
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

test('appends that wait together share one commit', async () => {
  using folder = tempFolder()
  const commits: number[] = []
  using outbox = openOutbox(folder.path, { onCommitted: (appended) => commits.push(appended.length) })
  await Promise.all(Array.from({ length: 50 }, () => append(outbox)))
  assert.deepEqual(commits, [50])
})

test('an outbox opened again has everything, and earlier boots come first', async () => {
  using folder = tempFolder()
  {
    using first = openOutbox(folder.path)
    await append(first)
    await append(first, { channel: 'event' })
  }
  using second = openOutbox(folder.path, { boot: 'b2' })
  await append(second)
  assert.deepEqual(
    all(second).map(({ boot, seq, channel }) => `${boot}/${seq}/${channel}`),
    ['b1/0/telemetry', 'b1/1/event', 'b2/0/telemetry']
  )
  assert.deepEqual(second.backlog(), [{ device: 'd1', messages: 3, urgent: 1 }])
})

test('release() frees one boot of one device up to the watermark, and ids never come again', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path)
  await Promise.all([append(outbox), append(outbox), append(outbox, { device: 'd2' })])
  const lastId = outbox.lastId
  outbox.release({ device: 'd1', boot: 'b1', upTo: 1 })
  outbox.release({ device: 'd2', boot: 'other', upTo: 99 })
  outbox.flush()
  assert.equal(all(outbox).length, 0)
  assert.equal(all(outbox, 'd2').length, 1)
  assert.equal(outbox.messages, 1)
  outbox.release({ device: 'd2', boot: 'b1', upTo: 0 })
  await append(outbox)
  assert.ok((all(outbox)[0]?.id ?? 0) > lastId)
})

test('at the size limit the oldest telemetry gives way and events stay', async () => {
  using folder = tempFolder()
  const dropped = { messages: 0, readings: 0, markers: 0 }
  using outbox = openOutbox(folder.path, {
    bytesMax: 65_536,
    onDropped: (more) => {
      dropped.messages += more.messages
      dropped.readings += more.readings
      dropped.markers += more.markers
    }
  })
  await append(outbox, { channel: 'event', bytes: 1_000 })
  for (let count = 0; count < 100; count += 1) await append(outbox, { bytes: 1_000 })
  assert.ok(outbox.bytes <= 65_536, `${outbox.bytes} bytes held`)
  const rows = all(outbox)
  assert.equal(rows[0]?.channel, 'event')
  assert.equal(rows[0]?.droppedReadings, 0)
  const markers = rows.filter((row) => row.droppedReadings > 0)
  assert.equal(markers.length, dropped.messages)
  assert.equal(dropped.readings, dropped.messages * 7)
  assert.equal(dropped.markers, 0)
  assert.deepEqual(
    rows.map((row) => row.seq),
    Array.from({ length: 101 }, (_, seq) => seq),
    'every sequence number is still there'
  )
  assert.equal(rows.at(-1)?.droppedReadings, 0, 'the newest telemetry is whole')
})

test('an event is refused with OUTBOX_FULL when no telemetry is left to give way, and leaves no hole', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path, { bytesMax: 65_536 })
  for (let count = 0; count < 50; count += 1) await append(outbox, { channel: 'event', bytes: 1_000 })
  await assert.rejects(
    async () => {
      for (let count = 0; count < 50; count += 1) await append(outbox, { channel: 'event', bytes: 1_000 })
    },
    (error) => error instanceof CodedError && error.code === 'OUTBOX_FULL'
  )
  const before = all(outbox).length
  outbox.release({ device: 'd1', boot: 'b1', upTo: 10 })
  outbox.flush()
  await append(outbox, { channel: 'event', bytes: 1_000 })
  const rows = all(outbox)
  assert.equal(rows.length, before - 10)
  assert.equal(rows.at(-1)?.seq, before)
})

test('a write that fails is rejected, and its sequence number is given out again', async () => {
  using folder = tempFolder()
  using outbox = openOutbox(folder.path)
  await append(outbox)
  const failing = outbox.append({ device: 'd1', channel: 'telemetry', readings: Number.NaN, encode: () => Buffer.from('x') })
  await assert.rejects(failing, (error) => error instanceof CodedError && error.code === 'OUTBOX_WRITE')
  await append(outbox)
  assert.deepEqual(
    all(outbox).map((row) => row.seq),
    [0, 1]
  )
})

test('a damaged file is put aside and the agent starts with an empty outbox', async () => {
  using folder = tempFolder()
  writeFileSync(join(folder.path, 'outbox.db'), Buffer.alloc(8_192, 'not a database'))
  using outbox = openOutbox(folder.path)
  assert.match(outbox.damagedPath ?? '', /outbox\.db\.damaged-\d+$/)
  await append(outbox)
  assert.equal(outbox.messages, 1)
})

test('a message whose bytes no longer match its checksum becomes a marker', async () => {
  using folder = tempFolder()
  {
    using outbox = openOutbox(folder.path)
    await append(outbox)
  }
  const database = new DatabaseSync(join(folder.path, 'outbox.db'))
  database.exec("UPDATE message SET payload = x'00'")
  database.close()
  using outbox = openOutbox(folder.path)
  const [row] = all(outbox)
  assert.equal(row?.droppedReadings, 7)
  assert.equal(row?.payload.length, 0)
})

test('a second agent on the same folder is refused with OUTBOX_OPEN', () => {
  using folder = tempFolder()
  using first = openOutbox(folder.path)
  assert.throws(
    () => openOutbox(folder.path),
    (error) => error instanceof CodedError && error.code === 'OUTBOX_OPEN'
  )
  assert.equal(first.messages, 0)
})
