/** The embedded telemetry store when its process is killed, its files torn and its disk full. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createEmbeddedTelemetryStore } from './embedded-telemetry.ts'
import { batchOf, expectedValues, readingsPerBatch, seriesCount } from './testing/kill-batches.ts'

const program = fileURLToPath(new URL('./testing/append-until-killed.ts', import.meta.url))
const kills = 10

/** Runs the program until it has acknowledged something and a while longer, kills it, gives the last acknowledged offset. */
async function appendAndKill(dataDir: string, first: number, runMs: number): Promise<number> {
  const child = spawn(process.execPath, [program, dataDir, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const exited = once(child, 'close')
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  while (!output.includes('\n') && child.exitCode === null && child.signalCode === null) await sleep(2)
  await sleep(runMs)
  child.kill('SIGKILL')
  await exited
  clearTimeout(timer)
  const lines = output.split('\n').slice(0, -1)
  assert.ok(lines.length > 0, 'the program acknowledged nothing')
  return Number(lines.at(-1))
}

void test('after kill -9 in the middle of appending and folding, ten times, every acknowledged reading is there exactly once', async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-kill-'))
  try {
    let next = 0
    for (let round = 0; round < kills; round++) {
      const acknowledged = await appendAndKill(dataDir, next, 20 + ((round * 37) % 150))
      const store = await createEmbeddedTelemetryStore({ dataDir })
      const upTo = await store.appendedUpTo('kill-test')
      assert.ok(upTo >= acknowledged, `stored up to ${upTo}, acknowledged ${acknowledged}`)
      const expected = expectedValues(upTo)
      for (let metric = 0; metric < seriesCount; metric++) {
        const found = await store.range({ series: `port-1/plc/m${metric}`, fromMs: 0, toMs: 1_000_000_000, limit: 1_000_000 })
        assert.deepEqual([...found.value], expected)
      }
      const counts = (await store.series('')).map((series) => series.count)
      assert.deepEqual(counts, new Array<number>(seriesCount).fill(expected.length))
      await store.close()
      // As a sender would that never saw the last acknowledgement: the batch comes again.
      next = acknowledged
    }
    context.diagnostic(`${kills} kills, ${(next + 1) * readingsPerBatch} readings`)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

void test('a write-ahead log torn at any place opens with whole batches only, up to some offset', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-torn-'))
  try {
    await appendAndKill(dataDir, 0, 100)
    const log = await readFile(join(dataDir, 'telemetry.db-wal'))
    let previous = Infinity
    for (const part of [1, 0.99, 0.7, 0.31, 0.05, 0]) {
      const copy = join(dataDir, `torn-${part}`)
      await mkdir(copy)
      await copyFile(join(dataDir, 'telemetry.db'), join(copy, 'telemetry.db'))
      await writeFile(join(copy, 'telemetry.db-wal'), log.subarray(0, Math.floor(log.length * part)))
      const store = await createEmbeddedTelemetryStore({ dataDir: copy })
      const upTo = await store.appendedUpTo('kill-test')
      assert.ok(upTo <= previous)
      previous = upTo
      const found = await store.range({ series: 'port-1/plc/m3', fromMs: 0, toMs: 1_000_000_000, limit: 1_000_000 })
      assert.deepEqual([...found.value], expectedValues(upTo))
      await store.append(batchOf(upTo + 1), { log: 'kill-test', upTo: upTo + 1 })
      assert.equal((await store.series('port-1/plc/m3'))[0]?.count, expectedValues(upTo + 1).length)
      await store.close()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

void test('the log of SQLite does not grow on while small batches are appended and nothing is folded', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-log-'))
  const store = await createEmbeddedTelemetryStore({ dataDir })
  try {
    const append = async (from: number, to: number): Promise<number> => {
      for (let offset = from; offset < to; offset++) await store.append(batchOf(offset).slice(0, 1), { log: 'l', upTo: offset })
      return (await stat(join(dataDir, 'telemetry.db-wal'))).size
    }
    const early = await append(0, 1_000)
    const late = await append(1_000, 2_300)
    assert.ok(late < early * 1.8, `the log grew from ${early} to ${late} bytes`)
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})
