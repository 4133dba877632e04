/** Checking and copying the file of the readings. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { backupTelemetry } from './embedded-backup.ts'
import { createEmbeddedTelemetryStore, type EmbeddedTelemetryStore } from './embedded-telemetry.ts'
import { telemetryPathIn, verifyTelemetry } from './embedded-verify.ts'
import { isStoreError } from './errors.ts'
import { readingAt, series } from './telemetry-suite-model.ts'

const dayMs = 86_400_000

async function withStore(body: (store: EmbeddedTelemetryStore, dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-verify-'))
  const store = await createEmbeddedTelemetryStore({ dataDir, blockReadingsMax: 500 })
  try {
    await body(store, dataDir)
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Blocks, minutes, hours and a batch that is not folded. */
async function fill(store: EmbeddedTelemetryStore): Promise<void> {
  for (const metric of ['temperature', 'humidity'])
    await store.append(Array.from({ length: 8_640 }, (_, index) => readingAt(index * 20_000, Math.sin(index), { metric })))
  await store.setRetention([{ metric: 'temperature', rawDays: 1, minuteDays: 1.5 }])
  await store.applyRetention(2 * dayMs)
  await store.append([readingAt(5, NaN, { quality: 9 }), readingAt(2 * dayMs, 7)], { log: 'outbox', upTo: 3 })
}

const damages: readonly [sql: string, problem: RegExp][] = [
  [`UPDATE block SET data = x'01ff' WHERE id = (SELECT block FROM head ORDER BY first_ms LIMIT 1)`, /Cannot decode block/],
  ['UPDATE head SET stats = (SELECT stats FROM head ORDER BY series, first_ms LIMIT 1) WHERE series = 2', /(max|min|sum) of its head is/],
  ['UPDATE head SET span_ms = span_ms + 40000 WHERE first_ms = (SELECT min(first_ms) FROM head)', /lastMs of its head is/],
  ['UPDATE extent SET count = count + 1', /count of its extent is/],
  ['DELETE FROM head WHERE first_ms = (SELECT max(first_ms) FROM head)', /belongs to no series/],
  [`UPDATE rollup SET rows = rows + 1`, /their head says/],
  [`UPDATE batch SET readings = x'00'`, /Cannot decode batch/],
  ['DELETE FROM series WHERE id = 1', /no name/],
  ['UPDATE folded SET up_to = 1000', /not beyond what is folded/]
]

void test('verifyTelemetry() finds nothing in a sound file, open or closed, and tells what it has read', async () => {
  await withStore(async (store, dataDir) => {
    await fill(store)
    for (let round = 0; round < 2; round++) {
      const { findings, findingsTotal, series, readings, rollups, batches } = await verifyTelemetry({ path: telemetryPathIn(dataDir) })
      assert.deepEqual([findings, findingsTotal, series], [[], 0, 2])
      assert.ok(readings >= 8_640 && rollups > 100)
      assert.equal(batches, round === 0 ? 1 : 0)
      await store.fold()
    }
    await store.close()
    assert.equal((await verifyTelemetry({ path: telemetryPathIn(dataDir) })).findingsTotal, 0)
  })
})

void test('verifyTelemetry() tells the place of each kind of damage', async () => {
  await withStore(async (store, dataDir) => {
    await fill(store)
    for (const [index, [sql, problem]] of damages.entries()) {
      const target = join(dataDir, `damaged-${index}.db`)
      await backupTelemetry({ dataDir, target })
      const database = new DatabaseSync(target, { enableForeignKeyConstraints: false })
      database.exec(sql)
      database.close()
      const { findings } = await verifyTelemetry({ path: target })
      assert.ok(
        findings.some((finding) => problem.test(finding.problem)),
        `${sql}: ${JSON.stringify(findings.slice(0, 3))}`
      )
      assert.ok(findings.every(({ place }) => place !== ''))
    }
    assert.equal((await verifyTelemetry({ path: join(dataDir, 'damaged-2.db'), findingsMax: 1 })).findings.length, 1)
    await assert.rejects(verifyTelemetry({ path: join(dataDir, 'none.db') }), (error) => isStoreError(error, 'STORE_IO'))
  })
})

void test('backupTelemetry() copies one state of the file while appends go on: as many readings as its offset says', async () => {
  await withStore(async (store, dataDir) => {
    await store.append(Array.from({ length: 50_000 }, (_, index) => readingAt(1_000_000 + index * 7, Math.sin(index), { metric: 'other' })))
    await store.fold()
    const target = join(dataDir, 'copy', 'telemetry.db')
    await mkdir(join(dataDir, 'copy'))
    await store.append([readingAt(0, 0)], { log: 'outbox', upTo: 0 })
    let upTo = 0
    let progress = 0
    const copied = new AbortController()
    const appending = (async () => {
      for (; !copied.signal.aborted; upTo++) await store.append([readingAt(upTo + 1, upTo + 1)], { log: 'outbox', upTo: upTo + 1 })
    })()
    const before = upTo
    const { sources, bytes } = await backupTelemetry({ dataDir, target, pagesPerStep: 4, onProgress: () => (progress += 1) })
    copied.abort()
    await appending
    const [source] = sources
    assert.ok(source !== undefined && source.upTo >= before && source.upTo < upTo, `copied up to ${source?.upTo}, appended up to ${upTo}`)
    assert.ok(progress > 3 && bytes > 50_000)
    assert.deepEqual((await readdir(join(dataDir, 'copy'))).sort(), ['telemetry.db'])
    assert.equal((await verifyTelemetry({ path: target })).findingsTotal, 0)
    const copy = await createEmbeddedTelemetryStore({ dataDir: join(dataDir, 'copy') })
    assert.equal((await copy.range({ series, fromMs: 0, toMs: 999_999 })).timeMs.length, source.upTo + 1)
    assert.equal(await copy.appendedUpTo('outbox'), source.upTo)
    await copy.close()
    await assert.rejects(backupTelemetry({ dataDir, target }), (error) => isStoreError(error, 'STORE_TARGET'))
  })
})

void test('a backup that is called off or cannot be written leaves nothing behind', async () => {
  await withStore(async (store, dataDir) => {
    await fill(store)
    const signal = AbortSignal.abort()
    await assert.rejects(backupTelemetry({ dataDir, target: join(dataDir, 'copy.db'), pagesPerStep: 1, signal }))
    await assert.rejects(backupTelemetry({ dataDir, target: join(dataDir, 'no', 'such', 'folder') }))
    assert.deepEqual(
      (await readdir(dataDir)).filter((name) => !name.startsWith('telemetry.db')),
      []
    )
  })
})
