import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEmbeddedTelemetryStore, type EmbeddedTelemetryStoreOptions } from './embedded-telemetry.ts'
import { isStoreError } from './errors.ts'
import { readingAt, runTelemetrySuite } from './telemetry-suite.ts'

const series = 'port-1/plc/temperature'

async function openIn(options: Partial<EmbeddedTelemetryStoreOptions> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-telemetry-'))
  const store = await createEmbeddedTelemetryStore({ dataDir, ...options })
  let current = store
  return {
    dataDir,
    store,
    settle: () => current.fold(),
    reopen: async () => {
      await current.close()
      current = await createEmbeddedTelemetryStore({ dataDir, ...options })
      return current
    },
    dispose: async () => {
      await current.close()
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

runTelemetrySuite({ name: 'embedded telemetry store', propertyRuns: 15, open: () => openIn() })
runTelemetrySuite({ name: 'embedded telemetry store with small blocks', propertyRuns: 15, open: () => openIn({ blockReadingsMax: 8 }) })

void test('a full disk refuses the whole batch with STORE_FULL, keeps what was stored and goes on when there is room', async () => {
  const opened = await openIn({ pageCountMax: 60 })
  try {
    const batch = (index: number) => Array.from({ length: 500 }, (_, at) => readingAt(index * 1_000 + at, Math.sin(index * 500 + at)))
    let stored = 0
    let upTo = -1
    await assert.rejects(
      async () => {
        for (let index = 0; index < 100; index++) {
          await opened.store.append(batch(index), { log: 'l', upTo: index })
          stored += 500
          upTo = index
        }
      },
      (error) => isStoreError(error, 'STORE_FULL')
    )
    assert.ok(stored > 0)
    const check = async (store: typeof opened.store): Promise<void> => {
      assert.equal(await store.appendedUpTo('l'), upTo)
      assert.equal((await store.range({ series, fromMs: 0, toMs: 1_000_000 })).timeMs.length, stored)
      assert.equal((await store.series(''))[0]?.count, stored)
      assert.equal((await store.latest(''))[0]?.timeMs, upTo * 1_000 + 499)
    }
    await check(opened.store)
    await opened.store.close()
    const roomy = await createEmbeddedTelemetryStore({ dataDir: opened.dataDir })
    await check(roomy)
    await roomy.append(batch(99), { log: 'l', upTo: 99 })
    await roomy.fold()
    assert.equal((await roomy.series(''))[0]?.count, stored + 500)
    await roomy.close()
  } finally {
    await opened.dispose()
  }
})

void test('folding starts by itself after enough readings, and an append past the bound waits for it', async () => {
  const { store, dispose } = await openIn({ foldAfterReadings: 1_000, unfoldedReadingsMax: 3_000 })
  try {
    const appends = Array.from({ length: 40 }, (_, index) =>
      store.append(
        Array.from({ length: 500 }, (_, at) => readingAt(index * 500 + at, at)),
        { log: 'l', upTo: index }
      )
    )
    await Promise.all(appends)
    assert.equal(await store.appendedUpTo('l'), 39)
    assert.equal((await store.series(''))[0]?.count, 20_000)
  } finally {
    await dispose()
  }
})

void test('queries and appends go on while folding, and every answer is complete', async () => {
  const { store, dispose } = await openIn({ foldAfterReadings: 5_000, blockReadingsMax: 256 })
  try {
    let stored = 0
    for (let round = 0; round < 60; round++) {
      const readings = Array.from({ length: 1_000 }, (_, at) =>
        readingAt(round * 10 + (at % 10), at, { metric: `m${Math.floor(at / 10)}` })
      )
      const [, found] = await Promise.all([store.append(readings), store.range({ series: 'port-1/plc/m42', fromMs: 0, toMs: 1_000_000 })])
      assert.ok(found.timeMs.length >= stored && found.timeMs.length <= stored + 10)
      stored += 10
    }
  } finally {
    await dispose()
  }
})
