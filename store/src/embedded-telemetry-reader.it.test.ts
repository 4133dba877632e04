/** Reading a telemetry file while a second process writes it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openTelemetryReadOnly } from './embedded-telemetry-reader.ts'
import { createEmbeddedTelemetryStore } from './embedded-telemetry.ts'
import { isStoreError } from './errors.ts'
import { collect, readingAt, series } from './telemetry-suite-model.ts'

const program = fileURLToPath(new URL('./testing/append-columns-until-told.ts', import.meta.url))

async function withFolder(body: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-reader-'))
  try {
    await body(dataDir)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

void test('a reader sees whole batches, all that was acknowledged, while another process appends and folds', async (context) => {
  await withFolder(async (dataDir) => {
    const child = spawn(process.execPath, [program, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] })
    const killer = setTimeout(() => child.kill('SIGKILL'), 30_000)
    let acknowledged = -1
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => (acknowledged = Number(line)))
    try {
      await once(lines, 'line')
      const reader = await openTelemetryReadOnly({ dataDir })
      for (let round = 0; round < 60; round++) {
        const before = acknowledged
        const { value } = await reader.range({ series, fromMs: 0, toMs: 10_000_000, limit: 1_000_000 })
        assert.equal(value.length % 10, 0)
        assert.ok(value.length >= (before + 1) * 10, `${value.length} readings, acknowledged ${before}`)
        assert.ok(value.every((one, index) => one === Math.floor(index / 10)))
        const [latest] = await reader.latest('')
        assert.ok((latest?.value ?? -1) >= before)
        assert.ok((await reader.appendedUpTo('writer')) >= before)
        const [info] = await reader.series('')
        assert.ok((info?.count ?? 0) >= value.length)
      }
      context.diagnostic(`${acknowledged + 1} batches while 60 rounds were read`)
      child.stdin.end()
      await once(child, 'close')
      const all = (acknowledged + 1) * 10
      assert.equal((await reader.range({ series, fromMs: 0, toMs: 10_000_000, limit: 1_000_000 })).value.length, all)
      const pages = await collect(reader.pages({ series, fromMs: 0, toMs: 10_000_000, pageReadings: 1_000 }))
      assert.equal(
        pages.reduce((total, { value }) => total + value.length, 0),
        all
      )
      await reader.close()
      await assert.rejects(reader.latest(''), (error) => isStoreError(error, 'STORE_CLOSED'))
    } finally {
      clearTimeout(killer)
      child.kill('SIGKILL')
    }
  })
})

void test('a reader follows new series, dropped readings and a writer that starts anew, and needs no writer', async () => {
  await withFolder(async (dataDir) => {
    await assert.rejects(openTelemetryReadOnly({ dataDir }), (error) => isStoreError(error, 'STORE_IO'))
    const first = await createEmbeddedTelemetryStore({ dataDir })
    await first.append([readingAt(1, 1)])
    const reader = await openTelemetryReadOnly({ dataDir })
    const latest = async () => (await reader.latest('')).map(({ series, value }) => `${series.slice(11)} ${value}`)
    assert.deepEqual(await latest(), ['temperature 1'])
    await first.append([readingAt(2, 2), readingAt(2, 50, { metric: 'humidity', unit: '%' })])
    assert.deepEqual(await latest(), ['humidity 50', 'temperature 2'])
    await first.close()
    const second = await createEmbeddedTelemetryStore({ dataDir })
    await second.fold()
    await second.append([readingAt(3, 3)])
    assert.deepEqual(await latest(), ['humidity 50', 'temperature 3'])
    assert.deepEqual(Array.from((await reader.range({ series, fromMs: 0, toMs: 9 })).value), [1, 2, 3])
    await second.retain(3)
    assert.deepEqual(await latest(), ['temperature 3'])
    await second.close()
    assert.deepEqual(await latest(), ['temperature 3'])
    await reader.close()
  })
})
