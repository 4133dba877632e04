/** Ending parts in order, within limits. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { closeAll, withLimit } from './lifecycle.ts'

test('closeAll() ends the last started first and goes on past one that fails and one that hangs', async () => {
  const ended: string[] = []
  const troubles: string[] = []
  const part = (name: string, close: () => Promise<void>) => ({ name, close: () => (ended.push(name), close()) })
  await closeAll(
    [
      part('store', async () => {}),
      part('hangs', () => new Promise(() => {})),
      part('fails', () => Promise.reject(new Error('no'))),
      part('api', async () => {})
    ],
    { partMs: 20, totalMs: 1_000 },
    (name) => troubles.push(name)
  )
  assert.deepEqual(ended, ['api', 'fails', 'hangs', 'store'])
  assert.deepEqual(troubles, ['fails', 'hangs'])
})

test('closeAll() keeps the total although every part hangs', async () => {
  const hangs = { name: 'hangs', close: () => new Promise<void>(() => {}) }
  const troubles: string[] = []
  await closeAll([hangs, hangs, hangs], { partMs: 60_000, totalMs: 150 }, (_name, error) => troubles.push(String(error)))
  const granted = troubles.map((text) => Number(/longer than (\d+) ms/.exec(text)?.[1]))
  assert.equal(granted.length, 3)
  assert.ok((granted[0] ?? 0) <= 150)
  assert.deepEqual(granted.slice(1), [100, 100])
})

test('withLimit() gives the value in time and a TimeoutError past the limit', async () => {
  assert.equal(await withLimit(Promise.resolve(1), 1_000, 'x'), 1)
  await assert.rejects(withLimit(new Promise(() => {}), 5, 'the wait'), /the wait took longer than 5 ms/)
})

test(
  'waitForSignal() takes one Ctrl-C passed on twice as one, and a later one as an order to end at once',
  { timeout: 20_000 },
  async () => {
    const program = `
    import { waitForSignal } from '${new URL('./lifecycle.ts', import.meta.url).href}'
    const asked = waitForSignal()
    process.stdout.write('ready')
    setInterval(() => {}, 1000)
    process.stdout.write(await asked)
  `
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output === 'ready') for (let times = 0; times < 2; times += 1) setTimeout(() => child.kill('SIGINT'), times * 100)
      if (output === 'readySIGINT') setTimeout(() => child.kill('SIGINT'), 1_000)
    })
    const startedMs = Date.now()
    assert.equal(await code, 130)
    assert.equal(output, 'readySIGINT')
    assert.ok(Date.now() - startedMs > 900, 'the one passed on twice did not end it')
  }
)
