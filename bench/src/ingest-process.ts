/** The process under test of the ingest benchmarks, started, asked for its figures and ended. */
import { fork, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface ServerFigures {
  readonly stored: number
  readonly cpuMs: number
  readonly residentMiB: number
  readonly heapMiB: number
  /** Buffers outside of the heap. */
  readonly externalMiB: number
  /** Messages in the log, stored or not. */
  readonly logMessages: number
  /** Of all files of the data folder. */
  readonly fileMiB: number
}

export interface IngestServer {
  readonly port: number
  figures(): Promise<ServerFigures>
  /** Resolves when so many messages are in the store since the start. */
  storedAll(count: number): Promise<void>
  end(): Promise<void>
}

const storedTimeoutMs = 60_000
const endTimeoutMs = 10_000

export async function startServer(options: {
  readonly mode: 'commit' | 'plain'
  readonly dataDir: string
  /** Folder for a processor profile of the process. */
  readonly profileDir?: string
}): Promise<IngestServer> {
  const { mode, dataDir, profileDir } = options
  const child = fork(fileURLToPath(new URL('ingest-server.ts', import.meta.url)), [mode, dataDir], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, '--cpu-prof-interval=500']
  })
  const port = numberIn(await nextMessage(child), 'port')
  const figures = async (): Promise<ServerFigures> => {
    const answer = nextMessage(child)
    child.send('figures')
    const found = await answer
    const figure = (name: keyof ServerFigures) => numberIn(found, name)
    return {
      stored: figure('stored'),
      cpuMs: figure('cpuMs'),
      residentMiB: figure('residentMiB'),
      heapMiB: figure('heapMiB'),
      externalMiB: figure('externalMiB'),
      logMessages: figure('logMessages'),
      fileMiB: figure('fileMiB')
    }
  }
  return {
    port,
    figures,
    async storedAll(count) {
      const end = Date.now() + storedTimeoutMs
      for (;;) {
        const { stored } = await figures()
        if (stored >= count) return
        if (Date.now() > end) throw new Error(`only ${stored} of ${count} messages stored`)
        await sleep(5)
      }
    },
    end: () => endChild(child)
  }
}

/** Lets the process end by itself, and makes it after a while. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs)
  child.once('exit', () => resolve())
  if (child.connected) child.disconnect()
  await promise
  clearTimeout(timer)
}

export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const onExit = (code: number | null) => reject(new Error(`the server ended with ${code}`))
  child.once('message', resolve)
  child.once('exit', onExit)
  try {
    return await promise
  } finally {
    child.off('message', resolve)
    child.off('exit', onExit)
  }
}

export function numberIn(message: unknown, name: string): number {
  const value: unknown =
    typeof message === 'object' && message !== null ? Object.entries(message).find(([key]) => key === name)?.[1] : undefined
  if (typeof value !== 'number') throw new TypeError(`Cannot read figures: ${name} is ${String(value)}, expected a number`)
  return value
}
