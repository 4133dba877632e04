/** The crash matrix itself under test: its counts fail for a device that is wrong, and its stand-ins do what they stand for. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runCell } from './cell.ts'
import { failuresOf } from './result.ts'

const timeout = 120_000

test(
  'a device that lets go at PUBACK loses messages where the broker forgets them, and the count says so',
  { timeout },
  async (context) => {
    const result = await runCell({ part: 'collector', fault: 'broker restart', broker: 'embedded' }, { habit: 'forgets' })
    context.diagnostic(`${result.lost} lost of ${result.readings + result.events}`)
    assert.ok(result.lost > 0)
    assert.ok(failuresOf(result).some((failure) => failure.includes('lost')))
  }
)

test(
  'a device that sends an item under two numbers shows as duplicates, although the store keeps one reading',
  { timeout },
  async (context) => {
    const result = await runCell({ part: 'device', fault: 'clock back', broker: 'embedded' }, { habit: 'doubles' })
    context.diagnostic(`${result.duplicated} duplicated of ${result.readings + result.events}`)
    assert.equal(result.lost, 0)
    assert.ok(result.duplicated > 0)
  }
)

test('where mounting is not allowed a limit on files takes the place of the small disk', { timeout }, async (context) => {
  const result = await runCell({ part: 'collector', fault: 'disk full', broker: 'embedded' }, { mayMount: false })
  context.diagnostic(result.how)
  assert.match(result.how, /^RLIMIT_FSIZE/)
  assert.doesNotMatch(result.how, / 0 messages not acknowledged/)
  assert.deepEqual(failuresOf(result), [])
})

test('the clock of a process follows the file, timers do not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-clock-'))
  try {
    const file = join(folder, 'clock')
    await writeFile(file, '-3600000')
    const preload = fileURLToPath(new URL('shift-clock.ts', import.meta.url))
    const program = 'console.log(JSON.stringify([Date.now(), new Date().getTime(), new Date(5).getTime(), new Date() instanceof Date]))'
    const { stdout } = spawnSync(process.execPath, ['--import', preload, '--eval', program], {
      encoding: 'utf8',
      env: { ...process.env, CRASH_CLOCK_FILE: file }
    })
    const answer: unknown = JSON.parse(stdout)
    assert.ok(Array.isArray(answer))
    for (const timeMs of answer.slice(0, 2)) assert.ok(Math.abs(Date.now() - Number(timeMs) - 3_600_000) < 10_000)
    assert.deepEqual(answer.slice(2), [5, true])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
