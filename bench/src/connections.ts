/**
 * Many idle connections: what they cost in memory, and whether every one of them is still served. Mosquitto is the baseline of the
 * same run where it is installed. The clients run in a process of their own and come from several loopback addresses.
 */
import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openRawClient } from '@tracegate/broker/raw-client'
import { compare, describeMachine, type Bench, type BenchReport, type BenchRow } from './bench.ts'

const connectionsAtScaleOne = 10_000
const mosquittoPath = '/usr/sbin/mosquitto'
const startTimeoutMs = 5_000
const settleMs = 2_000
/** The broker gives memory back once no more clients come, in two steps. */
const spareMs = 12_000

interface Figures {
  readonly connected: number
  readonly connectsPerSecond: number
  readonly answered: number
  readonly pingMs: { readonly p50: number; readonly p99: number }
  readonly received: number
  readonly messagesMs: number
  /** Of the broker's process: empty, with all connections idle, and after each of them was served. */
  readonly residentMiB: { readonly before: number; readonly idle: number; readonly after: number }
}

export const bench: Bench = {
  name: 'connections',
  about: 'memory of the broker with many idle connections, and whether each of them is served',
  async run({ scale = 1 }): Promise<BenchReport> {
    const count = Math.max(10, Math.round(connectionsAtScaleOne * scale))
    const ours = await measureOurs(count)
    const theirs = existsSync(mosquittoPath) ? await measureMosquitto(count) : undefined
    const work =
      `${count} connections with one subscription each, a ping from each at 2,000 a second, then one message to each; ` +
      'resident memory of the whole process; clients and broker share the machine'
    return { work, machine: describeMachine(), rows: rowsOf(count, ours, theirs) }
  }
}

function rowsOf(count: number, ours: Figures, theirs: Figures | undefined): BenchRow[] {
  const beside = (row: BenchRow, value: (figures: Figures) => number, better: 'more' | 'less'): BenchRow =>
    theirs === undefined ? row : compare(row, { what: 'Mosquitto', value: value(theirs) }, better)
  const perConnection = ({ residentMiB }: Figures) => ((residentMiB.idle - residentMiB.before) * 1_024) / count
  const row = (figure: string, unit: string, value: (figures: Figures) => number, better: 'more' | 'less' = 'less') =>
    beside({ figure, unit, value: value(ours) }, value, better)
  return [
    row('resident memory, all connections idle', 'MiB', (figures) => figures.residentMiB.idle),
    row('resident memory, after all were served', 'MiB', (figures) => figures.residentMiB.after),
    row('resident memory without any', 'MiB', (figures) => figures.residentMiB.before),
    row('of it a connection', 'KiB', perConnection),
    row('connected and subscribed', 'connections', (figures) => figures.connected, 'more'),
    row('got an answer to a ping', 'connections', (figures) => figures.answered, 'more'),
    row('got their message', 'connections', (figures) => figures.received, 'more'),
    row('connected and subscribed a second', 'connections/s', (figures) => figures.connectsPerSecond, 'more'),
    row('ping to answer, median', 'ms', (figures) => figures.pingMs.p50),
    row('ping to answer, 99th percentile', 'ms', (figures) => figures.pingMs.p99),
    row('one message to each', 'ms', (figures) => figures.messagesMs)
  ]
}

async function measureOurs(count: number): Promise<Figures> {
  const server = fork(fileURLToPath(new URL('connections-server.ts', import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  try {
    const { port = 0 } = await answerOf(server)
    return await measure(count, port, server)
  } finally {
    await end(server)
  }
}

async function measureMosquitto(count: number): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_connections -1\n`)
  const server = spawn(mosquittoPath, ['-c', config], { stdio: 'ignore' })
  try {
    await ready(port)
    return await measure(count, port, server)
  } finally {
    await end(server)
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(count: number, port: number, server: ChildProcess): Promise<Figures> {
  const load = fork(fileURLToPath(new URL('connections-load.ts', import.meta.url)), [String(port), String(count)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  try {
    await sleep(settleMs)
    const before = residentMiB(server)
    const connected = await ask(load, 'connect')
    await sleep(spareMs)
    const idle = residentMiB(server)
    const pinged = await ask(load, 'ping')
    const sent = await ask(load, 'message')
    return {
      connected: connected['connected'] ?? 0,
      connectsPerSecond: (count / (connected['tookMs'] ?? Infinity)) * 1_000,
      answered: pinged['answered'] ?? 0,
      pingMs: { p50: pinged['p50'] ?? NaN, p99: pinged['p99'] ?? NaN },
      received: sent['received'] ?? 0,
      messagesMs: sent['tookMs'] ?? NaN,
      residentMiB: { before, idle, after: residentMiB(server) }
    }
  } finally {
    await end(load)
  }
}

async function ask(load: ChildProcess, step: string): Promise<Readonly<Record<string, number>>> {
  const answer = answerOf(load)
  load.send(step)
  return answer
}

async function answerOf(child: ChildProcess): Promise<Readonly<Record<string, number>>> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const onExit = (code: number | null) => reject(new Error(`a process of the benchmark ended with ${code}`))
  child.once('message', resolve)
  child.once('exit', onExit)
  try {
    const message = await promise
    const entries: [string, unknown][] = typeof message === 'object' && message !== null ? Object.entries(message) : []
    const failure = entries.find(([key]) => key === 'detail')
    if (failure !== undefined) throw new Error(`the clients failed: ${String(failure[1])}`)
    return Object.fromEntries(entries.flatMap(([key, value]) => (typeof value === 'number' ? [[key, value]] : [])))
  } finally {
    child.off('message', resolve)
    child.off('exit', onExit)
  }
}

function residentMiB({ pid = 0 }: ChildProcess): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1_024
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.kill('SIGKILL')
  await promise
}

async function ready(port: number): Promise<void> {
  const endMs = Date.now() + startTimeoutMs
  for (;;) {
    try {
      const client = await openRawClient({ port })
      client.socket.destroy()
      return
    } catch (error) {
      if (Date.now() > endMs) throw error
      await sleep(50)
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
