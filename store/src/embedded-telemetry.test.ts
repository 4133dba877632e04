/** The embedded telemetry store under the shared suite, and how it folds. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createEmbeddedTelemetryStore, type EmbeddedTelemetryStoreOptions } from './embedded-telemetry.ts'
import { isStoreError } from './errors.ts'
import { readingAt, runTelemetryModelTest } from './telemetry-suite-model.ts'
import { runTelemetrySuite } from './telemetry-suite.ts'

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

runTelemetrySuite({
  name: 'embedded telemetry store',
  propertyRuns: 8,
  open: () => openIn()
})
runTelemetryModelTest({ name: 'embedded telemetry store with small blocks', propertyRuns: 20, open: () => openIn({ blockReadingsMax: 8 }) })

void test('a full disk refuses the whole batch with STORE_FULL, keeps what was stored and goes on when folding or a higher limit makes room', async () => {
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
    await opened.store.fold()
    await check(opened.store)
    await opened.store.append(batch(98), { log: 'l', upTo: 98 })
    stored += 500
    upTo = 98
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

void test('a second store on the same data folder is refused with STORE_IN_USE until the first is closed', async () => {
  const { dataDir, store, dispose } = await openIn()
  try {
    await assert.rejects(createEmbeddedTelemetryStore({ dataDir }), (error) => isStoreError(error, 'STORE_IN_USE'))
    await store.close()
    await (await createEmbeddedTelemetryStore({ dataDir })).close()
  } finally {
    await dispose()
  }
})

void test('a file that is no database is refused with STORE_CORRUPT, and the claim on it is given back', async () => {
  const { dataDir, store, dispose } = await openIn()
  try {
    await store.close()
    await writeFile(join(dataDir, 'telemetry.db'), 'no database at all, but long enough to be looked at'.repeat(100))
    for (let round = 0; round < 2; round++)
      await assert.rejects(createEmbeddedTelemetryStore({ dataDir }), (error) => isStoreError(error, 'STORE_CORRUPT'))
  } finally {
    await dispose()
  }
})

void test('a damaged block is told with STORE_CORRUPT, and other series answer', async () => {
  const { dataDir, store, reopen, dispose } = await openIn()
  try {
    const batch = (device: string) => Array.from({ length: 100 }, (_, index) => readingAt(index, index / 7, { device }))
    await store.append([...batch('a'), ...batch('b')])
    await store.fold()
    await store.close()
    const database = new DatabaseSync(join(dataDir, 'telemetry.db'))
    database.exec(`UPDATE block SET data = x'01ff' WHERE id IN
      (SELECT block FROM head WHERE series = (SELECT id FROM series WHERE name = 'port-1/a/temperature'))`)
    database.close()
    const again = await reopen()
    const range = { fromMs: 0, toMs: 1_000 }
    await assert.rejects(again.range({ series: 'port-1/a/temperature', ...range }), (error) => isStoreError(error, 'STORE_CORRUPT'))
    assert.equal((await again.range({ series: 'port-1/b/temperature', ...range })).timeMs.length, 100)
  } finally {
    await dispose()
  }
})
