/** The embedded telemetry store on a disk that is really full: a small file system in memory, where one may be mounted. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEmbeddedTelemetryStore } from './embedded-telemetry.ts'
import { telemetryPathIn, verifyTelemetry } from './embedded-verify.ts'
import { isStoreError } from './errors.ts'
import { readingAt, series } from './telemetry-suite-model.ts'

/** Of 16 MiB. A fold needs room for what it writes before what it deletes is free again. */
const ballastBytes = 12 * 2 ** 20

void test('on a full disk appends are refused and nothing acknowledged is lost; once there is room writing goes on by itself', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder])
  try {
    if (mounted.status !== 0) return context.skip('a small file system cannot be mounted here')
    const dataDir = join(folder, 'data')
    await mkdir(dataDir)
    await writeFile(join(folder, 'ballast'), new Uint8Array(ballastBytes))
    const store = await createEmbeddedTelemetryStore({ dataDir })
    let acknowledged = 0
    const append = async (): Promise<boolean> => {
      try {
        await store.append(Array.from({ length: 500 }, (_, at) => readingAt(acknowledged + at, Math.sin(acknowledged + at))))
        acknowledged += 500
        return true
      } catch (error) {
        assert.ok(isStoreError(error, 'STORE_FULL') || isStoreError(error, 'STORE_IO'), String(error))
        return false
      }
    }
    const check = async (): Promise<void> => {
      const found = await store.range({ series, fromMs: 0, toMs: 10_000_000, limit: 1_000_000 })
      assert.equal(found.timeMs.length, acknowledged)
    }
    try {
      // Until folding makes no room any more.
      for (let refused = 0; refused < 3;) if (!(await append())) refused += 1
      assert.ok(acknowledged > 0)
      assert.ok(store.trouble() !== undefined, 'the store tells no trouble')
      await check()
      await rm(join(folder, 'ballast'))
      const endMs = Date.now() + 10_000
      while (!(await append())) {
        assert.ok(Date.now() < endMs, `still refused: ${store.trouble()}`)
        await sleep(50)
      }
      while (store.trouble() !== undefined) {
        assert.ok(Date.now() < endMs, `still in trouble: ${store.trouble()}`)
        await sleep(50)
      }
      await store.fold()
      await check()
    } finally {
      await store.close()
    }
    assert.deepEqual((await verifyTelemetry({ path: telemetryPathIn(dataDir) })).findings, [])
    context.diagnostic(`${acknowledged} readings acknowledged`)
  } finally {
    if (mounted.status === 0) spawnSync('umount', ['-l', folder])
    await rm(folder, { recursive: true, force: true })
  }
})
