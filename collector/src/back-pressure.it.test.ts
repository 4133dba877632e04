/**
 * A store that is slow or dead, and disks that are full: acknowledgements stop, health says so, it goes on by itself, and in the end all is
 * there once. With real files and their real bounds; only the store's slowness is made up.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHealth } from '@tracegate/service/health'
import { storeError } from '@tracegate/store/errors'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { Collector } from './collector.ts'
import { createBench, storedCount, telemetryMessage, until } from './testing.ts'

/** Sends with a window, and again what was rejected, as a device does. */
function createSender(collector: () => Collector, count: number) {
  const counts = { acknowledged: 0, rejected: 0 }
  const sendOne = async (seq: number): Promise<void> => {
    for (;;) {
      try {
        await collector().sink.commit(telemetryMessage({ seq }))
        counts.acknowledged += 1
        return
      } catch {
        counts.rejected += 1
        await sleep(5)
      }
    }
  }
  return { counts, all: Promise.all(Array.from({ length: count }, (_, seq) => sendOne(seq))) }
}

async function standsStill(counts: { readonly acknowledged: number }): Promise<number> {
  let before = -1
  await until(async () => {
    const same = counts.acknowledged === before && before > 0
    before = counts.acknowledged
    await sleep(60)
    return same
  }, 10_000)
  return counts.acknowledged
}

function assertStored(collector: Collector, count: number): void {
  const { received, stored, rejected, inLog, waiting, deadLettered } = collector.stats()
  assert.deepEqual([stored, inLog, waiting, deadLettered], [count, 0, 0, 0])
  assert.equal(received, stored + rejected)
}

const messages = 3_000
const limits = {
  logBytesMax: 120_000,
  logMessagesMax: 600,
  batchMessagesMax: 100,
  commitTimeoutMs: 60_000,
  retryFirstMs: 5,
  retryMaxMs: 20
}

describe('a store that', () => {
  it('is slow slows the senders to its own pace, with no more than the log holds between them', { timeout: 30_000 }, async () => {
    await using bench = await createBench()
    const telemetry: TelemetryStore = {
      ...bench.telemetry,
      async append(readings, source) {
        await sleep(10)
        await bench.telemetry.append(readings, source)
      }
    }
    await using collector = await bench.start({ telemetry, limits })
    const sender = createSender(() => collector, messages)
    let most = 0
    const watching = setInterval(() => (most = Math.max(most, collector.stats().logMessages)), 2)
    await sender.all
    clearInterval(watching)
    await collector.drain(5_000)
    assert.ok(most <= limits.logMessagesMax, `${most} messages in the log`)
    assert.equal(sender.counts.rejected, 0)
    assertStored(collector, messages)
    assert.equal(await storedCount(bench.telemetry), messages)
  })

  for (const [what, error] of [
    ['is dead', storeError('STORE_IO', { action: 'append', path: 'influx', detail: 'connection refused' })],
    ['has a full disk', storeError('STORE_FULL', { action: 'append readings', path: 'telemetry.db' })]
  ] as const)
    it(`${what} stops acknowledgements with a clear state, and goes on when it can`, { timeout: 30_000 }, async () => {
      await using bench = await createBench()
      let fails = true
      const telemetry: TelemetryStore = {
        ...bench.telemetry,
        async append(readings, source) {
          if (fails) throw error
          await bench.telemetry.append(readings, source)
        }
      }
      const health = createHealth()
      await using collector = await bench.start({ telemetry, health, limits })
      const sender = createSender(() => collector, messages)
      const acknowledged = await standsStill(sender.counts)
      assert.ok(acknowledged < messages && acknowledged === collector.stats().inLog, `${acknowledged} acknowledged`)
      const { ok, findings } = await health.check()
      const [detail] = findings.map((finding) => finding.detail)
      assert.ok(!ok && detail?.includes('the log is full') && detail.includes(error.message), 'health tells the cause and what follows')
      fails = false
      await sender.all
      await collector.drain(5_000)
      assertStored(collector, messages)
      assert.equal(await storedCount(bench.telemetry), messages)
      assert.ok((await health.check()).ok)
    })
})

describe('a full disk', () => {
  it('under the log stops acknowledgements, and it goes on when the store has taken some', { timeout: 30_000 }, async () => {
    await using bench = await createBench()
    const gate = Promise.withResolvers<void>()
    const telemetry: TelemetryStore = {
      ...bench.telemetry,
      async append(readings, source) {
        await gate.promise
        await bench.telemetry.append(readings, source)
      }
    }
    const health = createHealth()
    const bounds = { filePagesMax: 90, commitTimeoutMs: 60_000, groupMessagesMax: 50, groupTakeMax: 50, commitRetryMs: 20 }
    await using collector = await bench.start({ telemetry, health, limits: bounds })
    const sender = createSender(() => collector, messages)
    const acknowledged = await standsStill(sender.counts)
    assert.ok(acknowledged < messages, `${acknowledged} acknowledged`)
    assert.ok(!(await health.check()).ok)
    gate.resolve()
    await sender.all
    await collector.drain(5_000)
    assertStored(collector, messages)
    assert.equal(await storedCount(bench.telemetry), messages)
    assert.ok((await health.check()).ok)
  })
})
