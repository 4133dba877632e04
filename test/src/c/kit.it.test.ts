/** The conformance kit on the C reference device: every requirement that the kit decides is kept, in JSON and in CBOR. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { checkDevice, type DeviceReport } from '@tracegate/conformance/check-device'
import { createCBuild, needsC, type CBuild } from './c-build.ts'

/** A machine that stands still so long under the time scale is measured in place of the device: then the run counts for nothing. */
const stallMaxMs = 150
const attemptsMax = 3
/** A minute of the contract takes six seconds; the device shortens its waits for a connection by as much. */
const timeScale = 0.1
const secret = 'the secret of the device'
const needs = await needsC('mosquitto')

describe('the C reference device under the conformance kit', { ...needs, concurrency: 2 }, () => {
  let build: CBuild
  let path = ''
  before(async () => {
    build = await createCBuild()
    path = await build.program({
      name: 'device',
      files: ['example/device.c', 'example/messages.c', 'example/ring.c', 'example/support.c'],
      libraries: ['-lmosquitto']
    })
  })
  after(() => build[Symbol.asyncDispose]())

  for (const [encoding, store] of [
    ['json', 'memory'],
    ['cbor', 'a file']
  ] as const)
    it(`passes every requirement in ${encoding}, with its messages in ${store}`, async () => {
      for (let attempt = 1; ; attempt += 1) {
        const { verdicts, stalledMs } = await runKit({
          path,
          encoding,
          clockFile: join(build.path, `clock-${encoding}-${attempt}`),
          more: store === 'memory' ? [] : ['--file', join(build.path, `messages-${encoding}-${attempt}`)]
        })
        const others = verdicts.filter(({ outcome }) => outcome !== 'passed')
        if (others.length > 0 && stalledMs > stallMaxMs && attempt < attemptsMax) continue
        const told = others.map(({ requirement, outcome, ...rest }) => `${requirement.id} ${outcome} ${JSON.stringify(rest)}`)
        assert.deepEqual(told, [], `the machine stood still for ${stalledMs} ms`)
        assert.ok(verdicts.length > 45)
        return
      }
    })
})

/** One run of the kit: it restarts the device and moves its clock by hooks. */
async function runKit(options: {
  readonly path: string
  readonly encoding: string
  readonly clockFile: string
  readonly more: readonly string[]
}): Promise<DeviceReport> {
  const { path, encoding, clockFile, more } = options
  let shiftSeconds = 0
  let child: ChildProcess | undefined
  let port = 0
  const start = () => {
    const args = ['--port', String(port), '--point', 'port-1', '--device', 'room-1', '--interval', '100', '--scan-interval', '150']
    const trial = ['--encoding', encoding, '--hurry', String(1 / timeScale), '--clock-file', clockFile]
    child = spawn(path, [...args, ...trial, ...more], { env: { TRACEGATE_SECRET: secret }, stdio: 'ignore' })
  }
  const stop = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const ended = new Promise((resolve) => child?.once('exit', resolve))
    if (child?.exitCode !== null || !child.kill(signal)) return
    await ended
  }
  const clock = async (seconds: number) => {
    shiftSeconds += seconds
    writeFileSync(clockFile, String(shiftSeconds))
  }
  try {
    return await checkDevice({
      point: 'port-1',
      device: 'room-1',
      secret,
      timeScale,
      durationMs: 120_000,
      intervalMs: 2_000,
      hooks: { restart: () => stop('SIGTERM').then(start), clock },
      onListening(address) {
        port = address.port
        start()
      }
    })
  } finally {
    await stop('SIGKILL')
  }
}
