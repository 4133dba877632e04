/** One part of the system as a process: started, killed, frozen and started anew by a test, never by name, always by its own id. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { waitFor } from '../system/product.ts'

export interface PartOptions {
  readonly name: string
  /** The program, and what stands before and after it. */
  readonly command: () => readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** A part that says nothing when it is ready is ready at once. */
  readonly tellsReady: boolean
  /** Each line of standard output that is JSON. */
  readonly onLine?: (line: unknown) => void
}

export interface Part extends AsyncDisposable {
  readonly name: string
  start(): Promise<void>
  /** Sends a signal to the process that runs. */
  signal(signal: NodeJS.Signals): void
  /** Ends it and waits for that; gives the exit code, null after a signal. */
  end(signal: 'SIGKILL' | 'SIGTERM', withinMs?: number): Promise<number | null>
  isRunning(): boolean
  /** Of the last process. */
  pid(): number
  /** The end of its standard error of all runs. */
  errors(): string
}

const readyWithinMs = 20_000
const endWithinMs = 15_000
const errorsKept = 20_000

export function createPart(options: PartOptions): Part {
  let child: ChildProcess | undefined
  let exited: Promise<unknown> = Promise.resolve()
  let ready = false
  let errors = ''
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null

  const onText = createLineReader((text) => {
    if (!text.startsWith('{')) return
    const line: unknown = JSON.parse(text)
    if (typeof line === 'object' && line !== null && 'ready' in line) ready = true
    options.onLine?.(line)
  })
  const end = async (signal: 'SIGKILL' | 'SIGTERM', withinMs = endWithinMs) => {
    const ending = child
    if (ending === undefined) return null
    if (isRunning()) ending.kill(signal)
    const timer = setTimeout(() => ending.kill('SIGKILL'), withinMs)
    await exited
    clearTimeout(timer)
    return ending.exitCode
  }
  return {
    name: options.name,
    async start() {
      const [program, ...args] = options.command()
      ready = !options.tellsReady
      const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } })
      child = started
      exited = once(started, 'exit')
      started.stdout.on('data', (chunk: Buffer) => onText(chunk.toString()))
      started.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-errorsKept)))
      await waitFor(`${options.name} to be ready`, readyWithinMs, () => {
        if (ready) return true
        if (!isRunning()) throw new Error(`${options.name} ended with ${started.exitCode ?? started.signalCode}: ${errors}`)
        return undefined
      })
    },
    signal(signal) {
      if (isRunning()) child?.kill(signal)
    },
    end,
    isRunning,
    pid: () => child?.pid ?? 0,
    errors: () => errors,
    async [Symbol.asyncDispose]() {
      await end('SIGKILL')
    }
  }
}

function createLineReader(onLine: (line: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}
