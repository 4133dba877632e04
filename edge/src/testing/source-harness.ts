/** A source on its own, for tests: what it hands over is kept in lists instead of an outbox. */
import { silentLogger, type Logger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { Scan } from '@tracegate/model/scan'
import { createEdgeEvents, type EdgeCounts } from '../events.ts'
import type { Intake, SourceReading } from '../intake/intake.ts'
import { loadSourceKinds } from '../source/source-kinds.ts'
import type { ConfiguredSource, ProbeFinding, Source } from '../source/source.ts'

interface TakenScan extends Scan {
  readonly device: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface SourceHarness extends AsyncDisposable {
  readonly source: Source
  readonly readings: SourceReading[]
  readonly scans: TakenScan[]
  readonly refused: { readonly code: string; readonly message: string }[]
  /** `device online` or `device offline: reason`, in their order. */
  readonly devices: string[]
  readonly counts: Readonly<EdgeCounts>
}

/** Throws what the protocol says about a configuration that does not go together. */
export async function configure(config: unknown): Promise<ConfiguredSource> {
  const kind = (await loadSourceKinds()).get('opcua')
  if (kind === undefined) throw new Error('there is no such source')
  const configured = kind.configure(config)
  if (!configured.ok) throw new Error(configured.reason.message)
  return configured.value
}

export async function startSource(config: unknown, dataDir: string, logger: Logger = silentLogger): Promise<SourceHarness> {
  const readings: SourceReading[] = []
  const scans: TakenScan[] = []
  const refused: { code: string; message: string }[] = []
  const devices: string[] = []
  const events = createEdgeEvents({ logger: silentLogger, metrics: createMetrics(), agent: 'p1/agent' })
  const intake: Intake = {
    readings: (taken) => void readings.push(...taken),
    readingsDurably: async (taken) => void readings.push(...taken),
    scan: async (scan, { device, details = {} }) => void scans.push({ ...scan, device, details }),
    event: async () => undefined,
    refuse: ({ reason }) => void refused.push({ code: reason.code, message: reason.message }),
    flush: () => undefined
  }
  const onDevice = (device: string, online: boolean, reason: string) =>
    void devices.push(online ? `${device} online` : `${device} offline: ${reason}`)
  const waitingMessages = () => 0
  const source = await (
    await configure(config)
  ).start({ intake, logger, events, dataDir, clientId: 'tracegate-p1-agent-0', onDevice, waitingMessages })
  return {
    source,
    readings,
    scans,
    refused,
    devices,
    counts: events.counts,
    [Symbol.asyncDispose]: async () => source[Symbol.asyncDispose]()
  }
}

export async function probe(config: unknown, dataDir: string): Promise<ProbeFinding[]> {
  const configured = await configure(config)
  const options = { dataDir, logger: silentLogger, clientId: 'tracegate-check', waitMs: 5_000, signal: new AbortController().signal }
  return Array.fromAsync(configured.probe(options))
}
