/** The kit as a program: a live run with a generated secret, its exit codes, and a device that is not there. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import type { Flaw } from './testing/flaws.ts'
import { type ReferenceDevice, startReferenceDevice } from './testing/reference-device.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const timeScale = 0.05

/** Runs the program against the reference device, which signs in with the secret that the program prints. */
async function run(
  argv: readonly string[],
  flaw?: Flaw
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [main, ...argv], { timeout: 60_000 })
  let device: ReferenceDevice | undefined
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
    const told = /mqtt:\/\/127\.0\.0\.1:(\d+): connect the device as "p\/d" with password (\S+) /.exec(err)
    if (told === null || device !== undefined) return
    const at = { port: Number(told[1]), secret: told[2] ?? '', point: 'p', device: 'd', timeScale }
    device = startReferenceDevice({ ...at, ...(flaw === undefined ? {} : { flaw }) })
  })
  const { promise, resolve } = Promise.withResolvers<number | null>()
  child.once('close', resolve)
  try {
    return { code: await promise, out, err }
  } finally {
    await device?.[Symbol.asyncDispose]()
  }
}

const live = ['--point', 'p', '--device', 'd', '--listen', '127.0.0.1:0', '--passive', '--time-scale', String(timeScale)]

test('a right device ends the program with 0, progress on standard error and verdicts on standard output', async () => {
  const { code, out, err } = await run(live)
  assert.equal(code, 0, out + err)
  assert.match(out, /^p\/d\n\nTG-101 +MUST +passed/)
  assert.match(err, /1 of 1: normal run/)
})

test('TG-107: a wrong device ends the program with 1', async () => {
  const { code, out } = await run(live, 'qos-0')
  assert.equal(code, 1)
  assert.match(out, /^TG-107 +MUST +failed/m)
})

test('a wrong call, and a device that never comes, end the program with 2', async () => {
  assert.equal((await run(['--point', 'p'])).code, 2)
  const absent = await run(['--point', 'p', '--device', 'd', '--agent', 'nobody', '--listen', '127.0.0.1:0', '--patience', '1'])
  assert.equal(absent.code, 2)
  assert.match(absent.err, /no device connected to 127\.0\.0\.1:\d+ within 1 s, expected p\/d/)
})
