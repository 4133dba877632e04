/**
 * Starts the whole product for a test: as part of this process, or as a process of its own that can be killed. Ports are
 * free ones, data goes to a temporary folder.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startAllInOne, type AllInOne } from '@tracegate/sim/all-in-one'
import type { StartOptions } from '@tracegate/sim/options'

export const bootstrapKey = 'test-key-of-32-characters-or-more'
const mainFile = fileURLToPath(new URL('../../../sim/src/main.ts', import.meta.url))

export async function temporaryFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'tracegate-system-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
  })
  return promise
}

export function quickOptions(dataDir: string, over: Partial<StartOptions> = {}): StartOptions {
  return {
    host: '127.0.0.1',
    httpPort: 0,
    mqttPort: 0,
    plcPort: 0,
    readerPort: 0,
    fieldPort: 0,
    dataDir,
    store: 'embedded:',
    storeUsername: '',
    storePasswordFile: '',
    storeTokenFile: '',
    storeWriter: 0,
    keepRawDays: 0,
    keepMinuteDays: 0,
    keepHourDays: 0,
    fresh: false,
    simulator: true,
    seed: 1,
    speed: 60,
    logLevel: 'silent',
    logFormat: 'json',
    dev: false,
    ...over
  }
}

export interface RunningProduct extends AsyncDisposable {
  readonly all: AllInOne
  readonly client: ApiClient
}

export async function startProduct(dataDir: string, over: Partial<StartOptions> = {}): Promise<RunningProduct> {
  const all = await startAllInOne(quickOptions(dataDir, over), { bootstrapKey })
  return {
    all,
    client: createApiClient(all.url),
    async [Symbol.asyncDispose]() {
      const troubles = await all.stop()
      if (troubles.length > 0) throw new Error(troubles.join('\n'))
    }
  }
}

export interface ApiClient {
  readonly url: string
  /** Gives status and the parsed body. */
  ask(
    path: string,
    options?: { readonly method?: string; readonly body?: unknown; readonly type?: string }
  ): Promise<{ status: number; body: unknown; text: string; headers: Headers }>
}

export function createApiClient(url: string): ApiClient {
  return {
    url,
    async ask(path, options = {}) {
      const answer = await fetch(`${url}${path}`, {
        method: options.method ?? 'GET',
        headers: {
          authorization: `Bearer ${bootstrapKey}`,
          ...(options.body === undefined ? {} : { 'content-type': options.type ?? 'application/json' })
        },
        ...(options.body === undefined ? {} : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
        signal: AbortSignal.timeout(20_000)
      })
      const text = await answer.text()
      const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '')
      const body: unknown = isJson && text !== '' ? JSON.parse(text) : undefined
      return { status: answer.status, body, text, headers: answer.headers }
    }
  }
}

export interface ProductProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly client: ApiClient
  /** Standard output so far. */
  output(): string
  kill(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts `npm start`'s program as a process of its own and waits until it is ready. */
export async function spawnProduct(options: {
  dataDir: string
  httpPort: number
  mqttPort: number
  arguments?: readonly string[]
  readyWithinMs?: number
}): Promise<ProductProcess> {
  const args = [
    '--http-port',
    `${options.httpPort}`,
    '--mqtt-port',
    `${options.mqttPort}`,
    '--data-dir',
    options.dataDir,
    '--plc-port',
    '0',
    '--reader-port',
    '0',
    '--field-port',
    '0'
  ]
  const child = spawn(process.execPath, [mainFile, ...args, ...(options.arguments ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TRACEGATE_BOOTSTRAP_KEY: bootstrapKey }
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const client = createApiClient(`http://127.0.0.1:${options.httpPort}`)
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return ended
  }
  const product: ProductProcess = {
    child,
    client,
    output: () => output,
    kill,
    async [Symbol.asyncDispose]() {
      await kill('SIGKILL')
    }
  }
  try {
    await waitFor('the product to be ready', options.readyWithinMs ?? 30_000, async () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the product ended with ${child.exitCode ?? child.signalCode}: ${errors}`)
      const answer = await client.ask('/health/ready').catch(() => undefined)
      return answer?.status === 200 && output.includes('running') ? true : undefined
    })
  } catch (error) {
    await kill('SIGKILL')
    throw error
  }
  return product
}

/** Runs a program to its end. */
export async function runToEnd(
  file: string,
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly limitMs?: number } = {}
): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    timeout: options.limitMs ?? 60_000,
    killSignal: 'SIGKILL'
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const { promise, resolve } = Promise.withResolvers<number | null>()
  child.once('close', (code) => resolve(code))
  return { code: await promise, output, errors }
}

/** Asks again and again until there is an answer; fails with what was waited for. */
export async function waitFor<Value>(
  what: string,
  limitMs: number,
  ask: () => Promise<Value | undefined> | Value | undefined
): Promise<Value> {
  const untilMs = Date.now() + limitMs
  for (;;) {
    const value = await ask()
    if (value !== undefined) return value
    if (Date.now() > untilMs) throw new Error(`waited ${limitMs} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
