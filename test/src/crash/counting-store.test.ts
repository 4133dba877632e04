/** What was written is counted once for each batch the store took, over kills and repeated attempts. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Reading } from '@tracegate/model/telemetry'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import { createCountingStore, readCounted, sumUpTo } from './counting-store.ts'

const log = 'log-1'
const readings = (from: number, count: number, device = 'd1'): Reading[] =>
  Array.from({ length: count }, (_, index) => ({
    point: 'p1',
    device,
    metric: 'm0',
    unit: '1',
    timeMs: from + index,
    value: index,
    quality: 1
  }))

async function withFile(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-count-'))
  try {
    await work(join(folder, 'written.txt'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const sumOf = async (path: string, store: TelemetryStore) => sumUpTo(readCounted(path), await store.appendedUpTo(log))

test('readings of the device are counted, those of others are not, and a reading that comes in two batches counts twice', () =>
  withFile(async (path) => {
    const store = createMemoryTelemetryStore()
    const counting = createCountingStore(store, { path, device: 'd1' })
    await counting.append([...readings(0, 3), ...readings(0, 5, 'd2')], { log, upTo: 1 })
    await counting.append(readings(0, 3), { log, upTo: 2 })
    assert.equal(await sumOf(path, store), 6)
  }))

test('a batch that the store has already, or took at the second attempt only, counts once', () =>
  withFile(async (path) => {
    const store = createMemoryTelemetryStore()
    let fails = true
    const flaky: TelemetryStore = {
      ...store,
      async append(batch, source) {
        if (fails) throw new Error('full')
        await store.append(batch, source)
      }
    }
    const counting = createCountingStore(flaky, { path, device: 'd1' })
    await assert.rejects(counting.append(readings(0, 3), { log, upTo: 1 }))
    fails = false
    await counting.append(readings(0, 3), { log, upTo: 1 })
    await counting.append(readings(0, 3), { log, upTo: 1 })
    assert.equal(await sumOf(path, store), 3)
  }))

test('a batch that was written down and killed before the store had it is struck out at the next start', () =>
  withFile(async (path) => {
    const store = createMemoryTelemetryStore()
    const killed: TelemetryStore = { ...store, append: () => Promise.reject(new Error('killed')) }
    await createCountingStore(store, { path, device: 'd1' }).append(readings(0, 3), { log, upTo: 1 })
    await assert.rejects(createCountingStore(killed, { path, device: 'd1' }).append(readings(3, 4), { log, upTo: 2 }))
    await createCountingStore(store, { path, device: 'd1' }).append(readings(3, 6), { log, upTo: 3 })
    assert.equal(await sumOf(path, store), 9)
  }))
