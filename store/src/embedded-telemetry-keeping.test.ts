/** How the embedded telemetry store keeps its file: schema versions, small blocks, dropped readings, no room. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMetrics, type Metrics } from '@tracegate/service/metrics'
import { encodeBlock, headOf } from './column-block.ts'
import { createEmbeddedTelemetryStore, type EmbeddedTelemetryStore } from './embedded-telemetry.ts'
import { telemetryMigrations } from './embedded/telemetry/tables.ts'
import { isStoreError } from './errors.ts'
import { readingAt, rows, series } from './telemetry-suite-model.ts'

async function withFolder(body: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-keeping-'))
  try {
    await body(dataDir)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 10_000
  while (!(await condition())) {
    assert.ok(Date.now() < endMs, 'the condition was not met within 10 s')
    await sleep(10)
  }
}

/** One number out of the file, read beside the store. */
function numberIn(dataDir: string, sql: string): number {
  const database = new DatabaseSync(join(dataDir, 'telemetry.db'), { readOnly: true })
  try {
    return Number(Object.values(database.prepare(sql).get() ?? {})[0])
  } finally {
    database.close()
  }
}

/** A file as the version before wrote it: two blocks of one series, one of another, and a batch that is not folded. */
function writeVersion1(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'telemetry.db'))
  database.exec(`PRAGMA journal_mode = WAL; ${telemetryMigrations[0]} PRAGMA user_version = 1;
    INSERT INTO series VALUES (1, '${series}', 'Cel'), (2, 'port-1/plc/humidity', '%');
    INSERT INTO source VALUES ('outbox', 7);
    INSERT INTO extent VALUES (1, 0, 19990, 2000, 19.99, 1), (2, 5, 5, 1, NULL, 9)`)
  const insert = database.prepare(
    'INSERT INTO block (series, first_ms, last_ms, count, good, min, max, sum, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'
  )
  for (const part of [0, 1]) {
    const timeMs = Float64Array.from({ length: 1_000 }, (_, index) => (part * 1_000 + index) * 10)
    const columns = { timeMs, value: timeMs.map((at) => at / 1_000), quality: new Uint8Array(1_000).fill(1) }
    const { firstMs, lastMs, count, good } = headOf(columns)
    insert.run(1, firstMs, lastMs, count, count, good?.min ?? 0, good?.max ?? 0, good?.sum ?? 0, encodeBlock(columns, { compress: true }))
  }
  const missing = { timeMs: Float64Array.of(5), value: Float64Array.of(NaN), quality: Uint8Array.of(9) }
  insert.run(2, 5, 5, 1, 0, Infinity, -Infinity, 0, encodeBlock(missing))
  // Its layout of then: count, time, value (8 bytes each), series (4), quality (1).
  const batch = new Uint8Array(29)
  const view = new DataView(batch.buffer)
  for (const [index, value] of [1, 20_000, -5].entries()) view.setFloat64(index * 8, value, true)
  view.setUint32(24, 1, true)
  view.setUint8(28, 3)
  database.prepare('INSERT INTO batch VALUES (9, 1, ?)').run(batch)
  database.close()
}

void test('a file of schema version 1 is read right at once and while its blocks are moved', async () => {
  await withFolder(async (dataDir) => {
    writeVersion1(dataDir)
    const store = await createEmbeddedTelemetryStore({ dataDir })
    const check = async (): Promise<void> => {
      const found = rows(await store.range({ series, fromMs: 0, toMs: 30_000 }))
      assert.deepEqual([found.length, found[1_234], found.at(-1)], [2_001, [12_340, 12.34, 1], [20_000, -5, 3]])
      const { min, minMs, first, lastMs, count } = await store.buckets({ series, fromMs: 0, toMs: 19_999, buckets: 2 })
      assert.deepEqual(
        [min, minMs, first, lastMs, count].map((column) => Array.from(column)),
        [[0, 10], [0, 10_000], [0, 10], [9_990, 19_990], [1_000, 1_000]] // prettier-ignore
      )
      assert.deepEqual(rows(await store.range({ series: 'port-1/plc/humidity', fromMs: 0, toMs: 9 })), [[5, NaN, 9]])
      assert.equal(await store.appendedUpTo('outbox'), 7)
      assert.deepEqual(
        (await store.series('')).map(({ count }) => count),
        [1, 2_001]
      )
    }
    try {
      await check()
      await until(() => numberIn(dataDir, 'SELECT count(*) FROM old_block') === 0)
      await check()
      assert.equal(numberIn(dataDir, 'SELECT count(*) FROM head WHERE stats IS NULL'), 0)
      await store.append([readingAt(15, 99)])
      await store.fold()
      assert.equal((await store.buckets({ series, fromMs: 0, toMs: 19_999, buckets: 1 })).maxMs[0], 15)
      assert.equal(numberIn(dataDir, 'PRAGMA user_version'), telemetryMigrations.length)
    } finally {
      await store.close()
    }
  })
})

void test('a file of a newer schema version is refused with STORE_VERSION and left as it is', async () => {
  await withFolder(async (dataDir) => {
    await (await createEmbeddedTelemetryStore({ dataDir })).close()
    const path = join(dataDir, 'telemetry.db')
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA user_version = ${telemetryMigrations.length + 1}`)
    database.close()
    const before = await readFile(path)
    await assert.rejects(createEmbeddedTelemetryStore({ dataDir }), (error) => isStoreError(error, 'STORE_VERSION') && /version is \d+, expected \d+/.test(String(error))) // prettier-ignore
    assert.deepEqual(await readFile(path), before)
  })
})

const blockReadingsMax = 64

async function compactedOf(metrics: Metrics): Promise<number> {
  const [, count] = /telemetry_blocks_total\{outcome="compacted"\} (\d+)/.exec(await metrics.text()) ?? []
  return Number(count ?? 0)
}

void test('after the worst order of late readings blocks are put together again, and every reading is in its place', async (context) => {
  await withFolder(async (dataDir) => {
    const metrics = createMetrics()
    const store = await createEmbeddedTelemetryStore({ dataDir, blockReadingsMax, metrics })
    try {
      const count = 8_192
      await store.append(Array.from({ length: count / 2 }, (_, index) => readingAt(index * 2, index)))
      await store.fold()
      // One into the middle of every full block, then one behind its end.
      for (const offset of [63, 127]) {
        const late = Array.from({ length: count / 128 }, (_, index) => readingAt(index * 128 + offset, -1))
        await store.append(late)
        await store.fold()
        context.diagnostic(`${numberIn(dataDir, 'SELECT count(*) FROM head')} blocks after ${late.length} late readings`)
      }
      // The store does it by itself after a fold; this only waits for it.
      await store.compact()
      await until(async () => (await compactedOf(metrics)) > 16)
      const after = numberIn(dataDir, 'SELECT count(*) FROM head')
      const stored = count / 2 + count / 64
      const needed = Math.ceil(stored / blockReadingsMax)
      assert.ok(after <= (needed * 4) / 3 + 1, `${after} blocks, ${needed} are needed`)
      assert.equal(numberIn(dataDir, 'SELECT count(*) FROM block'), after)
      const found = await store.range({ series, fromMs: 0, toMs: count })
      assert.equal(found.timeMs.length, stored)
      assert.ok(found.timeMs.every((timeMs, index) => found.value[index] === (timeMs % 2 === 0 ? timeMs / 2 : -1)))
      assert.deepEqual(await store.compact(), { before: 0, after: 0 })
    } finally {
      await store.close()
    }
  })
})

const dayMs = 86_400_000

void test('the file does not grow over many rounds of new and dropped readings, without VACUUM', async () => {
  await withFolder(async (dataDir) => {
    const store = await createEmbeddedTelemetryStore({ dataDir })
    try {
      await store.setRetention([{ metric: '*', rawDays: 2, minuteDays: 3, hourDays: 4 }])
      const sizes: number[] = []
      for (let day = 0; day < 16; day++) {
        for (const metric of ['a', 'b'])
          await store.append(
            Array.from({ length: 8_640 }, (_, index) => readingAt(day * dayMs + index * 10_000, Math.sin(day + index) * 10, { metric }))
          )
        await store.applyRetention((day + 1) * dayMs)
        await store.fold()
        sizes.push((await stat(join(dataDir, 'telemetry.db'))).size)
      }
      const early = Math.max(...sizes.slice(4, 8))
      assert.ok(Math.max(...sizes.slice(8)) <= early * 1.05, `sizes of the file: ${sizes.join(', ')}`)
      const counts = (await store.series('')).map(({ count }) => count)
      assert.ok(
        counts.every((count) => count >= 2 * 8_640 && count < 4 * 8_640),
        `${counts.join(', ')} readings are left`
      )
    } finally {
      await store.close()
    }
  })
})

void test('old readings are dropped without being asked, while appends go on', async () => {
  await withFolder(async (dataDir) => {
    const store = await createEmbeddedTelemetryStore({ dataDir, retainEveryMs: 20 })
    try {
      await store.setRetention([{ metric: 'temperature', rawDays: 1 }])
      const nowMs = Date.now()
      const startMs = nowMs - 3 * dayMs
      for (let part = 0; part < 30; part++)
        await store.append(Array.from({ length: 864 }, (_, index) => readingAt(startMs + (part * 864 + index) * 10_000, index)))
      await store.fold()
      const count = async () => (await store.series(''))[0]?.count ?? 0
      await until(async () => (await count()) < 1.3 * 8_640)
      assert.ok((await count()) >= 8_640)
      const { resolution } = await store.buckets({ series, fromMs: startMs, toMs: startMs + dayMs, buckets: 10 })
      assert.equal(resolution, '1m')
    } finally {
      await store.close()
    }
  })
})

async function fill(store: EmbeddedTelemetryStore): Promise<number> {
  for (let index = 0; index < 400; index++) {
    try {
      await store.append(Array.from({ length: 500 }, (_, at) => readingAt(index * 1_000 + at, Math.sin(index * 500 + at))))
    } catch (error) {
      assert.ok(isStoreError(error, 'STORE_FULL'), String(error))
      return index
    }
  }
  throw new Error('the store took all')
}

void test('without room appends are refused, the state is told, and a higher limit or dropped readings let them go on by themselves', async () => {
  await withFolder(async (dataDir) => {
    const metrics = createMetrics()
    const store = await createEmbeddedTelemetryStore({ dataDir, metrics, pageCountMax: 120 })
    const isFull = async () => /^tracegate_store_telemetry_full 1$/m.test(await metrics.text())
    /** As a sender does that keeps what is refused. */
    const appendUntilTaken = (timeMs: number) =>
      until(() =>
        store.append([readingAt(timeMs, 1)]).then(
          () => true,
          () => false
        )
      )
    try {
      assert.equal(store.trouble(), undefined)
      // Folding makes room a few times; then nothing does.
      for (let quiet = 0; quiet < 3; quiet++) {
        await fill(store)
        assert.match(String(store.trouble()), /the disk or the size limit/)
        assert.ok(await isFull())
        await store.fold().catch(() => undefined)
      }
      await store.limitPages(400)
      await appendUntilTaken(1_000_000)
      assert.deepEqual([store.trouble(), await isFull()], [undefined, false])
      await fill(store)
      assert.ok(store.trouble() !== undefined)
      await store.setRetention([{ metric: '*', rawDays: 1, minuteDays: 1, hourDays: 1 }])
      await appendUntilTaken(Date.now())
      await until(() => store.trouble() === undefined)
    } finally {
      await store.close()
    }
  })
})
