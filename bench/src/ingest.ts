/**
 * Ingest end to end: QoS 1 messages whose PUBACK waits for the commit, from the socket to the telemetry store; flat out with one and
 * with many readings a message, and at a fixed rate for the time to the acknowledgement. Baselines of the same run are the same broker
 * without a commit, and Mosquitto alone where it is installed.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, describeMachine, median, type Bench, type BenchReport, type BenchRow } from './bench.ts'
import { readProfile } from './cpu-profile.ts'
import { messagesOf, sendLoad, type LoadShape } from './ingest-load.ts'
import { measureMosquitto } from './ingest-mosquitto.ts'
import { startServer } from './ingest-process.ts'

const devices = 200
const windowMax = 50
const rounds = 3
const readingsPerBatch = 20
const pacedMessagesPerSecond = 5_000
const profileEntriesMax = 12

interface Measured {
  readonly messagesPerSecond: number
  readonly storedPerSecond: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  readonly cpuMicroseconds: number
  readonly residentMiB: number
  /** Acknowledged and not stored, over all rounds. */
  readonly lost: number
}

export const bench: Bench = {
  name: 'ingest',
  about: 'QoS 1 messages a second, acknowledged after the commit, and readings a second into the store',
  async run({ scale = 1, profileDir }): Promise<BenchReport> {
    const messages = Math.max(devices, Math.round(100_000 * scale))
    const one: LoadShape = { devices, windowMax, messages, readingsPerMessage: 1 }
    const many = { ...one, messages: Math.max(devices, Math.round(messages / 4)), readingsPerMessage: readingsPerBatch }
    const paced = { ...one, messages: Math.max(devices, Math.round(50_000 * scale)), messagesPerSecond: pacedMessagesPerSecond }
    const profiled = (name: string) => (profileDir === undefined ? {} : { profileDir: join(profileDir, name) })
    const commit = {
      one: await measure('commit', one, profiled('one')),
      many: await measure('commit', many, profiled('many')),
      paced: await measure('commit', paced, profiled('paced'))
    }
    const plain = { one: await measure('plain', one), many: await measure('plain', many), paced: await measure('plain', paced) }
    const mosquitto = { one: await measureMosquitto(one, rounds), paced: await measureMosquitto(paced, rounds) }
    const against = (figure: Figure, value: number, what: string, baseline: number | undefined): BenchRow[] =>
      baseline === undefined ? [] : [compare({ ...figure, value }, { what, value: baseline }, figure.better)]
    const noCommit = 'broker without commit'
    const bare = 'Mosquitto to a subscriber'
    const round = mosquitto.paced === undefined ? undefined : medianLatency(mosquitto.paced.latenciesMs)
    const rows: BenchRow[] = [
      ...against(figures.one, commit.one.messagesPerSecond, bare, mosquitto.one?.messagesPerSecond),
      ...against(figures.one, commit.one.messagesPerSecond, noCommit, plain.one.messagesPerSecond),
      { figure: 'readings into the store, 1 a message', value: commit.one.storedPerSecond, unit: 'readings/s' },
      ...against(figures.many, commit.many.messagesPerSecond, noCommit, plain.many.messagesPerSecond),
      {
        figure: `readings into the store, ${readingsPerBatch} a message`,
        value: commit.many.storedPerSecond * readingsPerBatch,
        unit: 'readings/s'
      },
      ...against(figures.p50, commit.paced.latencyMs.p50, bare, round?.p50),
      ...against(figures.p50, commit.paced.latencyMs.p50, noCommit, plain.paced.latencyMs.p50),
      ...against(figures.p99, commit.paced.latencyMs.p99, bare, round?.p99),
      ...against(figures.p99, commit.paced.latencyMs.p99, noCommit, plain.paced.latencyMs.p99),
      { figure: 'send to PUBACK flat out, median', value: commit.one.latencyMs.p50, unit: 'ms' },
      { figure: 'send to PUBACK flat out, 99th percentile', value: commit.one.latencyMs.p99, unit: 'ms' },
      ...against(figures.cpu, commit.one.cpuMicroseconds, noCommit, plain.one.cpuMicroseconds),
      { figure: 'acknowledged and not stored', value: commit.one.lost + commit.many.lost + commit.paced.lost, unit: 'messages' },
      { figure: 'resident memory at the end, 1 a message', value: commit.one.residentMiB, unit: 'MiB' },
      { figure: `resident memory at the end, ${readingsPerBatch} a message`, value: commit.many.residentMiB, unit: 'MiB' },
      ...(profileDir === undefined
        ? []
        : [...(await profileRows(join(profileDir, 'one'))), ...(await profileRows(join(profileDir, 'many')))])
    ]
    const work =
      `${devices} connections on bare sockets, ${windowMax} messages in flight each, ${messages} messages of 1 and ${many.messages} of ` +
      `${readingsPerBatch} readings (JSON), ${paced.messages} at ${pacedMessagesPerSecond}/s, median of ${rounds} rounds; load, broker and store ` +
      'share the machine'
    return { work, machine: describeMachine(), rows }
  }
}

interface Figure {
  readonly figure: string
  readonly unit: string
  readonly better: 'more' | 'less'
}

const figures = {
  one: { figure: 'committed and acknowledged, 1 reading each', unit: 'messages/s', better: 'more' },
  many: { figure: `committed and acknowledged, ${readingsPerBatch} readings each`, unit: 'messages/s', better: 'more' },
  p50: { figure: `due to PUBACK at ${pacedMessagesPerSecond} messages/s, median`, unit: 'ms', better: 'less' },
  p99: { figure: `due to PUBACK at ${pacedMessagesPerSecond} messages/s, 99th percentile`, unit: 'ms', better: 'less' },
  cpu: { figure: 'processor time a message, 1 reading', unit: 'µs', better: 'less' }
} as const satisfies Record<string, Figure>

async function measure(mode: 'commit' | 'plain', load: LoadShape, options: { readonly profileDir?: string } = {}): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  if (options.profileDir !== undefined) await mkdir(options.profileDir, { recursive: true })
  const server = await startServer({ mode, dataDir, ...options })
  const { port } = server
  try {
    let count = messagesOf({ ...load, messages: Math.max(load.devices, Math.ceil(load.messages / 2)) })
    await sendLoad({ ...load, port, boot: 'warm', messages: count })
    await server.storedAll(count)
    const results: { messages: number; stored: number; cpu: number }[] = []
    const latenciesMs: (readonly number[])[] = []
    for (let round = 0; round < rounds; round += 1) {
      const before = await server.figures()
      const startedMs = performance.now()
      const sent = await sendLoad({ ...load, port, boot: `b${round}` })
      count += sent.messages
      await server.storedAll(count)
      const tookMs = performance.now() - startedMs - sent.preparedMs
      const after = await server.figures()
      latenciesMs.push(sent.latenciesMs)
      results.push({
        messages: (sent.messages / sent.tookMs) * 1_000,
        stored: (sent.messages / tookMs) * 1_000,
        cpu: ((after.cpuMs - before.cpuMs) / sent.messages) * 1_000
      })
    }
    const { residentMiB, stored } = await server.figures()
    return {
      messagesPerSecond: median(results.map(({ messages }) => messages)),
      storedPerSecond: median(results.map(({ stored }) => stored)),
      latencyMs: medianLatency(latenciesMs),
      cpuMicroseconds: median(results.map(({ cpu }) => cpu)),
      residentMiB,
      lost: count - stored
    }
  } finally {
    await server.end()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The median over the rounds of each round's percentiles. */
function medianLatency(rounds: readonly (readonly number[])[]): { readonly p50: number; readonly p99: number } {
  const percentile = (share: number) =>
    median(
      rounds.map((latenciesMs) => {
        const sorted = latenciesMs.toSorted((left, right) => left - right)
        return sorted[Math.floor(sorted.length * share)] ?? NaN
      })
    )
  return { p50: percentile(0.5), p99: percentile(0.99) }
}

async function profileRows(folder: string): Promise<BenchRow[]> {
  const summary = await readProfile(folder)
  if (summary === undefined) return []
  const entries = [...summary.packages.slice(0, profileEntriesMax), ...summary.functions.slice(0, profileEntriesMax)]
  return entries.map(({ name, share }) => ({
    figure: `profile ${folder.split('/').at(-1) ?? ''}: ${name}`,
    value: share * 100,
    unit: '% of busy time'
  }))
}
