/**
 * A day without a line, and the hour after: the backlog of 200 series at 1 Hz in the outbox of the edge agent, then its replay through the
 * real uplink to broker, collector and store, with alarms that come meanwhile. Baseline of the same run: a SQLite row a message with its
 * JSON. Scale 1 is a twelfth of the day for each shape, scale 12 all of it.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compare, describeMachine, type Bench, type BenchReport, type BenchRow } from './bench.ts'
import { type Baseline, measureBaseline } from './edge-backlog-baseline.ts'
import { daySeconds, shapes, type Shape } from './edge-backlog-shapes.ts'

const fractionAtScaleOne = 1 / 12
const baselineSeconds = 600
const dayReadings = daySeconds * 200
const mebibyte = 1_048_576

interface Measured {
  readonly name: string
  readonly readings: number
  readonly bytes: number
  readonly fillPerSecond: number
  readonly fillMiB: number
  readonly replayPerSecond: number
  readonly replayMiB: number
  readonly perProcessorSecond: number
  readonly duringMs: readonly number[]
  readonly aloneMs: readonly number[]
  readonly baseline: Baseline
}

export const bench: Bench = {
  name: 'edge-backlog',
  about: 'backlog of the edge agent on disk, its replay, and alarms that go ahead of it',
  async run({ scale = 1 }): Promise<BenchReport> {
    const seconds = Math.max(60, Math.round(daySeconds * Math.min(1, fractionAtScaleOne * scale)))
    const rows: BenchRow[] = []
    for (const [name, shape] of Object.entries(shapes)) rows.push(...rowsOf(await measure(name, shape, seconds)))
    const work =
      `200 series at 1 Hz for ${seconds} s (${(seconds * 200).toLocaleString('en-US')} readings) as devices × metrics, no line; then replayed to broker, ` +
      `collector and store in another process, with an alarm every 25 ms; the baseline holds ${baselineSeconds} s and is sent over a bare socket`
    return { work, machine: describeMachine(), rows }
  }
}

function rowsOf(measured: Measured): BenchRow[] {
  const { name, readings, bytes, baseline } = measured
  const what = 'a row a message'
  return [
    compare(row(`${name}: on disk`, bytes / readings, 'bytes/reading'), { what, value: baseline.bytesPerReading }, 'less'),
    compare(
      row(`${name}: a day on disk`, ((bytes / readings) * dayReadings) / mebibyte, 'MiB'),
      { what, value: (baseline.bytesPerReading * dayReadings) / mebibyte },
      'less'
    ),
    row(`${name}: taken, a commit a second of the point`, measured.fillPerSecond, 'readings/s'),
    compare(
      row(`${name}: replayed and committed`, measured.replayPerSecond, 'readings/s'),
      { what, value: baseline.readingsPerSecond },
      'more'
    ),
    row(`${name}: replayed in a second of the agent's processor time`, measured.perProcessorSecond, 'readings'),
    row(`${name}: most memory of the agent, taking`, measured.fillMiB, 'MiB'),
    row(`${name}: most memory of the agent, replaying`, measured.replayMiB, 'MiB'),
    ...[0.5, 0.99, 1].map((share) =>
      compare(
        row(
          `${name}: alarm to commit during the replay, ${share === 1 ? 'most' : `p${share * 100}`}`,
          quantile(measured.duringMs, share),
          'ms'
        ),
        { what: 'without a backlog', value: quantile(measured.aloneMs, share) },
        'less'
      )
    )
  ]
}

function row(figure: string, value: number, unit: string): BenchRow {
  return { figure, value, unit }
}

async function measure(name: string, shape: Shape, seconds: number): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const server = start('edge-backlog-server.ts', [join(folder, 'server')])
  try {
    const port = numberIn(await nextMessage(server), 'port')
    const agentArgs = (mode: string, url: string) => [mode, url, join(folder, 'agent'), name, String(seconds)]
    // Nobody listens on the discard port of the loopback interface.
    // As the README of the edge sets it for a small machine.
    const environment = { NODE_COMPILE_CACHE: join(folder, 'cache'), MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' }
    // Once for the cache alone.
    await runAgent(['fill', 'mqtt://127.0.0.1:9', join(folder, 'warm'), name, '1'], environment)
    const filled = await runAgent(agentArgs('fill', 'mqtt://127.0.0.1:9'), environment)
    const readings = seconds * 200
    if (numberIn(filled.last, 'dropped') > 0) throw new Error(`the outbox of ${numberIn(filled.last, 'bytes')} bytes was too small`)
    let duringMs: readonly number[] = []
    const replayed = await runAgent(agentArgs('replay', `mqtt://127.0.0.1:${port}`), environment, async () => {
      duringMs = await delaysOf(server)
    })
    const [during = {}] = replayed.all
    if (numberIn(during, 'left') > 5) throw new Error(`the replay left ${numberIn(during, 'left')} messages`)
    const aloneMs = await delaysOf(server)
    const baseline = await measureBaseline({ folder, shape, seconds: Math.min(seconds, baselineSeconds), port })
    return {
      name,
      readings,
      bytes: numberIn(filled.last, 'bytes'),
      fillPerSecond: (readings / numberIn(filled.last, 'tookMs')) * 1_000,
      fillMiB: numberIn(filled.last, 'residentMiB'),
      replayPerSecond: (numberIn(during, 'readings') / numberIn(during, 'tookMs')) * 1_000,
      replayMiB: numberIn(during, 'residentMiB'),
      perProcessorSecond: (numberIn(during, 'readings') / numberIn(during, 'cpuMs')) * 1_000,
      duringMs,
      aloneMs,
      baseline
    }
  } finally {
    await end(server)
    await rm(folder, { recursive: true, force: true })
  }
}

function start(file: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  const env = { ...process.env, ...environment }
  return fork(fileURLToPath(new URL(file, import.meta.url)), [...args], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

/** Gives what the agent told, once it has ended. */
async function runAgent(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  onFirst?: () => Promise<void>
): Promise<{ readonly all: unknown[]; readonly last: unknown }> {
  const agent = start('edge-backlog-agent.ts', args, environment)
  const all: unknown[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  agent.on('message', (message) => {
    all.push(message)
    if (all.length === 1) onFirst?.().catch(reject)
  })
  agent.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the agent ended with ${code}`))))
  try {
    await promise
  } finally {
    await end(agent)
  }
  return { all, last: all.at(-1) }
}

async function delaysOf(server: ChildProcess): Promise<readonly number[]> {
  const answer = nextMessage(server)
  server.send('figures')
  const list = memberOf(await answer, 'delaysMs')
  return Array.isArray(list) ? list.map(Number).toSorted((left, right) => left - right) : []
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const onExit = (code: number | null) => reject(new Error(`the process ended with ${code}`))
  child.once('message', resolve)
  child.once('exit', onExit)
  try {
    return await promise
  } finally {
    child.off('exit', onExit)
  }
}

function memberOf(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null ? Object.entries(message).find(([key]) => key === name)?.[1] : undefined
}

function numberIn(message: unknown, name: string): number {
  const value = memberOf(message, name)
  if (typeof value !== 'number') throw new TypeError(`Cannot read figures: ${name} is ${String(value)}, expected a number`)
  return value
}

/** Of sorted values. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.kill('SIGKILL')
  await promise
}
