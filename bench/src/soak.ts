/**
 * Broker, collector and stores for a long time at a share of their peak: the memory of the last third beside that of the first, what was
 * acknowledged beside what is stored. Ends by itself; Ctrl-C ends it before, with the figures up to then.
 */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compare, describeMachine, medianOf, type Bench, type BenchReport, type BenchRow } from './bench.ts'
import { sendLoad } from './ingest-load.ts'
import { startServer, type IngestServer, type ServerFigures } from './ingest-process.ts'
import { startSoakLoad } from './soak-load.ts'

const devices = 200
const sampleEveryMs = 10_000
const samplesMin = 12
const peakMessages = 40_000
/** Before the first sample, so that growing caches do not count as a leak. */
const warmUpMsMax = 120_000
const endTimeoutMs = 60_000

interface Sample extends ServerFigures {
  readonly atMs: number
  readonly acknowledged: number
}

export const bench: Bench = {
  name: 'soak',
  about: 'memory and losses over an hour at half of the peak',
  async run({ minutes = 60, share = 0.5, messagesPerSecond, csvPath }): Promise<BenchReport> {
    const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-soak-'))
    const stopping = new AbortController()
    const stop = () => stopping.abort()
    process.once('SIGINT', stop)
    const server = await startServer({ mode: 'commit', dataDir })
    try {
      const peak = messagesPerSecond === undefined ? await measurePeak(server) : undefined
      const rate = Math.round(messagesPerSecond ?? (peak ?? 0) * share)
      const before = await server.figures()
      const load = await startSoakLoad({ port: server.port, devices, messagesPerSecond: rate, boot: 'soak' })
      await sleep(Math.min(warmUpMsMax, minutes * 6_000), undefined, { signal: stopping.signal }).catch(() => {})
      const warm = load.acknowledged()
      const everyMs = Math.min(sampleEveryMs, (minutes * 60_000) / samplesMin)
      const samples = await sampleFor({
        server,
        minutes,
        everyMs,
        signal: stopping.signal,
        acknowledged: () => load.acknowledged(),
        csvPath
      })
      await load.stop(endTimeoutMs)
      await server.storedAll(before.stored + load.acknowledged())
      const { stored } = await server.figures()
      const took = (samples.at(-1)?.atMs ?? 0) / 60_000
      const work =
        `${devices} devices, ${rate} messages/s of one reading for ${took.toFixed(1)} of ${minutes} minutes` +
        (peak === undefined ? '' : `, ${share * 100} % of a peak of ${Math.round(peak)}/s`) +
        (stopping.signal.aborted ? ', ended by hand' : '') +
        (load.failure() === undefined ? '' : `, ${load.failure()}`)
      const lost = load.acknowledged() - (stored - before.stored)
      return {
        work,
        machine: describeMachine(),
        rows: rowsOf(samples, {
          acknowledged: load.acknowledged(),
          held: load.held(),
          lost,
          sampled: load.acknowledged() - warm,
          tookMs: took * 60_000
        })
      }
    } finally {
      process.off('SIGINT', stop)
      await server.end()
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

async function measurePeak(server: IngestServer): Promise<number> {
  const { port } = server
  let count = (await server.figures()).stored
  return medianOf(3, async (round) => {
    const sent = await sendLoad({ port, devices, windowMax: 50, messages: peakMessages, readingsPerMessage: 1, boot: `peak${round}` })
    count += sent.messages
    await server.storedAll(count)
    return (sent.messages / sent.tookMs) * 1_000
  })
}

async function sampleFor(options: {
  readonly server: IngestServer
  readonly minutes: number
  readonly everyMs: number
  readonly signal: AbortSignal
  readonly acknowledged: () => number
  readonly csvPath: string | undefined
}): Promise<Sample[]> {
  const { server, everyMs, signal } = options
  const csv = options.csvPath === undefined ? undefined : createWriteStream(options.csvPath)
  csv?.write('atMs,acknowledged,stored,residentMiB,heapMiB,externalMiB,logMessages,fileMiB,cpuMs\n')
  const samples: Sample[] = []
  const startedMs = performance.now()
  while (!signal.aborted && performance.now() - startedMs < options.minutes * 60_000) {
    await sleep(everyMs, undefined, { signal }).catch(() => {})
    const sample: Sample = {
      ...(await server.figures()),
      atMs: Math.round(performance.now() - startedMs),
      acknowledged: options.acknowledged()
    }
    samples.push(sample)
    const { atMs, acknowledged, stored, residentMiB, heapMiB, externalMiB, logMessages, fileMiB, cpuMs } = sample
    csv?.write(
      `${[atMs, acknowledged, stored, residentMiB, heapMiB, externalMiB, logMessages, fileMiB, cpuMs].map((value) => Math.round(value)).join(',')}\n`
    )
  }
  csv?.end()
  return samples
}

function rowsOf(
  samples: readonly Sample[],
  totals: { readonly acknowledged: number; readonly held: number; readonly lost: number; readonly sampled: number; readonly tookMs: number }
): BenchRow[] {
  const third = Math.max(1, Math.floor(samples.length / 3))
  const [first, last] = [samples.slice(0, third), samples.slice(-third)]
  const mean = (some: readonly Sample[], name: keyof Sample) =>
    some.reduce((sum, sample) => sum + sample[name], 0) / Math.max(1, some.length)
  const beside = (figure: string, name: keyof Sample) =>
    compare({ figure, value: mean(last, name), unit: 'MiB' }, { what: 'first third', value: mean(first, name) }, 'less')
  const [start, end] = [samples[0], samples.at(-1)]
  const cpuShare =
    start === undefined || end === undefined || end.atMs === start.atMs ? NaN : ((end.cpuMs - start.cpuMs) / (end.atMs - start.atMs)) * 100
  return [
    beside('resident memory, mean of the last third', 'residentMiB'),
    beside('heap in use, mean of the last third', 'heapMiB'),
    beside('buffers outside of the heap, mean of the last third', 'externalMiB'),
    { figure: 'most resident memory', value: Math.max(...samples.map(({ residentMiB }) => residentMiB)), unit: 'MiB' },
    { figure: 'most messages in the log', value: Math.max(...samples.map(({ logMessages }) => logMessages)), unit: 'messages' },
    { figure: 'files at the end', value: end?.fileMiB ?? NaN, unit: 'MiB' },
    { figure: 'processor share', value: cpuShare, unit: '% of a core' },
    { figure: 'acknowledged', value: totals.acknowledged, unit: 'messages' },
    { figure: 'acknowledged a second', value: (totals.sampled / totals.tookMs) * 1_000, unit: 'messages/s' },
    { figure: 'not sent in time, as the broker was behind', value: totals.held, unit: 'messages' },
    { figure: 'acknowledged and not stored', value: totals.lost, unit: 'messages' }
  ]
}
