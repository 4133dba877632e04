/** Deduplication takes the same room for each device that sends in order, and a bounded one whatever comes. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { createBench, telemetryMessage } from './testing.ts'

const devices = 10_000

/** Bytes of the rows of all streams. */
function bytesOfRows(dataDir: string): { readonly rows: number; readonly bytes: number; readonly largest: number } {
  const database = new DatabaseSync(join(dataDir, 'collector.db'), { readOnly: true })
  const size = 'octet_length(device) + octet_length(boot) + octet_length(gaps) + octet_length(prints) + 24'
  const row = database
    .prepare(`SELECT count(*) AS n, coalesce(sum(${size}), 0) AS bytes, coalesce(max(${size}), 0) AS largest FROM stream`)
    .get()
  database.close()
  return { rows: Number(row?.['n']), bytes: Number(row?.['bytes']), largest: Number(row?.['largest']) }
}

describe('the state of deduplication', () => {
  it(
    'TG-903: of 10,000 devices in order is one row of the same size each, however much they send',
    { timeout: 30_000 },
    async (context) => {
      await using bench = await createBench()
      const sizes: number[] = []
      const send = async (from: number, to: number) => {
        await using collector = await bench.start()
        for (let seq = from; seq < to; seq += 1)
          await Promise.all(
            Array.from({ length: devices }, (_, index) => collector.sink.commit(telemetryMessage({ seq, device: `d-${index}` })))
          )
        await collector.drain(10_000)
        assert.equal(collector.stats().duplicates, 0)
      }
      await send(0, 1)
      sizes.push(bytesOfRows(bench.dataDir).bytes)
      await send(1, 3)
      const { rows, bytes } = bytesOfRows(bench.dataDir)
      sizes.push(bytes)
      assert.equal(rows, devices)
      assert.equal(sizes[1], sizes[0])
      assert.ok(bytes / devices < 250, `${bytes / devices} bytes a device`)
      context.diagnostic(`${Math.round(bytes / devices)} bytes a device`)
    }
  )

  it(
    'TG-903: of a device that leaves out every second number stays within its bound, after a restart too',
    { timeout: 30_000 },
    async (context) => {
      await using bench = await createBench()
      {
        await using collector = await bench.start()
        for (let at = 0; at < 20_000; at += 1_000)
          await Promise.all(Array.from({ length: 1_000 }, (_, more) => collector.sink.commit(telemetryMessage({ seq: (at + more) * 2 }))))
        assert.equal(collector.stats().duplicates, 0)
        await collector.drain(10_000)
      }
      const { rows, largest } = bytesOfRows(bench.dataDir)
      assert.equal(rows, 1)
      // 64 intervals above the watermark and 64 holes below it, written as JSON.
      assert.ok(largest < 4_096, `${largest} bytes`)
      context.diagnostic(`${largest} bytes`)
      await using again = await bench.start()
      await again.sink.commit(telemetryMessage({ seq: 39_998 }))
      assert.equal(again.stats().duplicates, 1)
      await again.sink.commit(telemetryMessage({ seq: 39_997 }))
      assert.equal(again.stats().duplicates, 1, 'what is missing is still welcome')
    }
  )

  it('TG-903: is known again after a kill between two savings, from the log', async () => {
    await using bench = await createBench()
    const limits = { releaseEveryMs: 60_000, closeTimeoutMs: 0 }
    const first = await bench.start({ limits })
    for (let seq = 0; seq < 50; seq += 1) await first.sink.commit(telemetryMessage({ seq }))
    assert.equal(bytesOfRows(bench.dataDir).rows, 0, 'nothing but the log knows of them')
    // The same file as a process that is killed leaves it.
    const { cp, mkdtemp, rm } = await import('node:fs/promises')
    const { tmpdir } = await import('node:os')
    const copy = await mkdtemp(join(tmpdir(), 'tracegate-killed-'))
    try {
      await cp(bench.dataDir, copy, { recursive: true })
      await first[Symbol.asyncDispose]()
      await using again = await bench.start({ dataDir: copy })
      assert.equal(bytesOfRows(copy).rows, 1)
      for (const seq of [0, 49]) await again.sink.commit(telemetryMessage({ seq }))
      assert.equal(again.stats().duplicates, 2)
      await again.sink.commit(telemetryMessage({ seq: 49, value: -1 }))
      assert.equal(await again.deadLetters.count(), 1, 'a number that is used twice is known, too')
      await again.sink.commit(telemetryMessage({ seq: 50 }))
      const report = await again.gaps.report({ point: 'port-1', device: 'probe-1', fromMs: 0, toMs: Date.now(), limit: 10 })
      assert.deepEqual([report?.received.messages, report?.received.duplicates, report?.missingMessages], [51, 2, 0])
    } finally {
      await rm(copy, { recursive: true, force: true })
    }
  })
})
