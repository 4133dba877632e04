/** The C reference device as a process of its own, with what it says of itself. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { secret, type Platform } from './platform.ts'

export interface RunningDevice extends AsyncDisposable {
  readonly process: ChildProcess
  readonly lines: string[]
  readonly errors: string[]
  readonly ended: Promise<number | null>
}

export function startDevice(path: string, platform: Platform, args: readonly string[]): RunningDevice {
  const common = ['--port', String(platform.port), '--point', 'port-1', '--device', 'room-1']
  const child = spawn(path, [...common, ...args], { env: { TRACEGATE_SECRET: secret }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const errors: string[] = []
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  const { promise, resolve } = Promise.withResolvers<number | null>()
  child.on('close', resolve)
  return {
    process: child,
    lines,
    errors,
    ended: promise,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await promise
    }
  }
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    assert.ok(Date.now() < end, `${what} within ${timeoutMs} ms`)
    await sleep(20)
  }
}
