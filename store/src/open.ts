/**
 * Opens the stores that an address names. Cases and registers always lie in the data folder (or in memory): a time-series database is no
 * place for them.
 */
import { readFile } from 'node:fs/promises'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CaseStore } from './case-store.ts'
import { createEmbeddedCaseStore } from './embedded-case.ts'
import { createEmbeddedTelemetryStore } from './embedded-telemetry.ts'
import { createEmbeddedTraceStore } from './embedded-trace.ts'
import { storeError } from './errors.ts'
import type { InfluxOptions } from './influx/client.ts'
import { createMemoryCaseStore } from './memory-case.ts'
import { createMemoryTelemetryStore } from './memory-telemetry.ts'
import { createMemoryTraceStore } from './memory-trace.ts'
import type { StoreOptions } from './store-options.ts'
import { parseStoreUrl, urlError, type StoreAddress } from './store-url.ts'
import type { RetentionPolicy, TelemetryStore } from './telemetry-store.ts'
import type { TraceStore } from './trace-store.ts'

export interface OpenStoresOptions extends Partial<StoreOptions> {
  readonly dataDir: string
  readonly logger: Logger
  readonly metrics: Metrics
  /** How long to try to reach a server that does not answer. Default 30,000; 0 tries once. */
  readonly reachWithinMs?: number
  readonly signal?: AbortSignal
}

/** An embedded store drops what is too old by itself. */
const retainEveryMs = 3_600_000

export interface OpenedStores {
  /** For people: `embedded`, `memory`, or the address of the server. */
  readonly name: string
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
  readonly cases: CaseStore
  /** Why nothing can be written, when the store knows it; for health. */
  trouble(): string | undefined
  /** Closes all three; each may also be closed by itself before. */
  close(): Promise<void>
}

const reachWithinMsDefault = 30_000

/**
 * Rejects with `STORE_URL` for an address or options that are wrong, `STORE_UNREACHABLE` when a server does not answer in time, `STORE_ACCESS`,
 * `STORE_SERVER_VERSION`, or what the embedded stores reject with. Nothing is left open then.
 */
export async function openStores(options: OpenStoresOptions): Promise<OpenedStores> {
  const address = parseStoreUrl(options.store ?? 'embedded:')
  const parts: { close(): void | Promise<void> }[] = []
  const close = async (): Promise<void> => {
    // The last opened first: a client ends after what uses it.
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) await part.close()
  }
  const keep = <Part extends { close(): void | Promise<void> }>(part: Part): Part => {
    parts.push(part)
    return part
  }
  try {
    const opened = await open(address, options, keep)
    keep(await startRetention(opened.telemetry, options))
    return { ...opened, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Tells the store how long to keep what, and asks one that does not do so by itself to drop the rest. */
async function startRetention(telemetry: TelemetryStore, options: OpenStoresOptions): Promise<{ close(): void }> {
  const policies = retentionOf(options)
  if (policies.length === 0) return { close: () => undefined }
  await telemetry.setRetention(policies)
  const timer = setInterval(() => {
    telemetry.applyRetention(Date.now()).catch((error: unknown) => {
      options.logger.error({ error: error instanceof Error ? error.message : String(error) }, 'cannot drop old readings, will try again')
    })
  }, retainEveryMs)
  timer.unref()
  return { close: () => clearInterval(timer) }
}

function retentionOf({ keepRawDays = 0, keepMinuteDays = 0, keepHourDays = 0, retention = [] }: Partial<StoreOptions>): RetentionPolicy[] {
  const others = {
    ...(keepRawDays === 0 ? {} : { rawDays: keepRawDays }),
    ...(keepMinuteDays === 0 ? {} : { minuteDays: keepMinuteDays }),
    ...(keepHourDays === 0 ? {} : { hourDays: keepHourDays })
  }
  return [...retention, ...(Object.keys(others).length === 0 ? [] : [{ metric: '*', ...others }])]
}

/** Remembers what is to be closed, and gives it back. */
export type Keep = <Part extends { close(): void | Promise<void> }>(part: Part) => Part

async function open(address: StoreAddress, options: OpenStoresOptions, keep: Keep): Promise<Omit<OpenedStores, 'close'>> {
  const { dataDir, logger, metrics } = options
  switch (address.kind) {
    case 'memory':
      return {
        name: 'memory',
        telemetry: keep(createMemoryTelemetryStore()),
        trace: keep(createMemoryTraceStore()),
        cases: keep(createMemoryCaseStore()),
        trouble: () => undefined
      }
    case 'embedded': {
      const telemetry = keep(await createEmbeddedTelemetryStore({ dataDir, logger, metrics }))
      return {
        name: 'embedded',
        telemetry,
        trace: keep(await createEmbeddedTraceStore({ dataDir, logger, metrics })),
        cases: keep(await createEmbeddedCaseStore({ dataDir })),
        trouble: () => telemetry.trouble()
      }
    }
    case 'influx1':
    case 'influx2':
    case 'influx3': {
      // Its client libraries are loaded only where they are used.
      const { openInfluxStores } = await import('./influx/open.ts')
      const server = { ...address, ...(await secretsOf(address.kind, options)) }
      const { reachWithinMs = reachWithinMsDefault, storeWriter: writer = 0, signal } = options
      const opened = await openInfluxStores({
        server,
        logger,
        metrics,
        writer,
        reachWithinMs,
        keep,
        ...(signal === undefined ? {} : { signal })
      })
      return { ...opened, cases: keep(await createEmbeddedCaseStore({ dataDir })), trouble: () => undefined }
    }
    default:
      return address satisfies never
  }
}

type Secrets = Pick<InfluxOptions, 'username' | 'password' | 'token'>

async function secretsOf(kind: InfluxOptions['kind'], options: OpenStoresOptions): Promise<Secrets> {
  const { storeUsername = '', storePasswordFile = '', storeTokenFile = '' } = options
  if (kind === 'influx1') {
    if (storeTokenFile !== '') throw urlError('storeTokenFile', storeTokenFile, 'none: InfluxDB 1.x knows a user and a password')
    if (storeUsername === '') return {}
    return { username: storeUsername, password: storePasswordFile === '' ? '' : await readSecret('storePasswordFile', storePasswordFile) }
  }
  if (storeUsername !== '' || storePasswordFile !== '')
    throw urlError('storeUsername', storeUsername, 'none: InfluxDB 2.x and 3.x know a token')
  if (storeTokenFile !== '') return { token: await readSecret('storeTokenFile', storeTokenFile) }
  if (kind === 'influx2') throw urlError('storeTokenFile', '', 'a file with a token that may read and write the bucket')
  return {}
}

async function readSecret(member: string, path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw storeError('STORE_URL', { member, current: path, wanted: 'a file that can be read' }, cause)
  })
  const secret = text.trim()
  if (secret === '' || /[\r\n]/.test(secret)) throw urlError(member, path, 'a file with one line')
  return secret
}
