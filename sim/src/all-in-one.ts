/**
 * The all-in-one: broker, collector, stores, api, edges and the simulated port in one process, wired by hand-off instead of
 * a network where they share it. It only starts, connects and ends parts; what they do is theirs.
 */
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { publishingSettings, type PublishingSecrets } from '@tracegate/api/publishing-options'
import { startApi, type Api } from '@tracegate/api/api'
import { openAccounts, type Accounts } from '@tracegate/api/accounts'
import { version } from '@tracegate/api/version'
import { startBroker, type Broker } from '@tracegate/broker/broker'
import { listenersOf } from '@tracegate/broker/listener-options'
import type { ListenerPort } from '@tracegate/broker/listeners'
import { startCollector, type Collector } from '@tracegate/collector/collector'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { startEdge } from '@tracegate/edge/edge'
import { connectNotices, createAccessNotices, type AccessNotices } from '@tracegate/service/access-notices'
import { createBus, type Bus } from '@tracegate/service/bus'
import { createDeviceDirectory } from '@tracegate/service/device-directory'
import { createHealth, type Health } from '@tracegate/service/health'
import { closeAll, type Closable } from '@tracegate/service/lifecycle'
import { createLogger, type Logger } from '@tracegate/service/log'
import { createMetrics, type Metrics } from '@tracegate/service/metrics'
import { openTokenKeys, type TokenKeys } from '@tracegate/service/tokens'
import type { CaseStore } from '@tracegate/store/case-store'
import { openStores } from '@tracegate/store/open'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import { buildWeb, webFolder } from '@tracegate/web/build'
import { enrol, exportPathsOf, tokenKeysPathOf, type Secrets } from './credentials.ts'
import { prepareDataFolder } from './data-folder.ts'
import type { StartOptions } from './options.ts'
import { requireFreePorts, type PortClaim } from './ports.ts'
import { makeServiceKey } from './service-key.ts'
import { createSimulator, type Simulator } from './simulator.ts'
import { createWorld, seedRegisters, type World } from './world.ts'
import { checksAt } from './world/checks.ts'

/** Ctrl-C ends everything within five seconds, whatever hangs. */
const closeLimits = { partMs: 2_000, totalMs: 4_000 }

export interface AllInOne {
  readonly version: string
  readonly url: string
  readonly ports: { readonly http: number; readonly mqtt: number; readonly plc?: number; readonly reader?: number }
  /** Every listener of the broker, plain TCP first. */
  readonly listeners: readonly ListenerPort[]
  readonly dataDir: string
  readonly startedAfterMs: number
  /** Only when this start made the first account. */
  readonly firstSignIn: { readonly name: string; readonly password: string } | undefined
  /** A code of the simulated goods to look up. */
  readonly exampleCode: string | undefined
  readonly simulator: Simulator | undefined
  readonly stores: Stores
  readonly collector: Collector
  /** Ends every part, the last started first; gives a line for each that did not end well. */
  stop(): Promise<string[]>
}

export interface StartSecrets extends PublishingSecrets {
  /** `TRACEGATE_BOOTSTRAP_KEY`. */
  readonly bootstrapKey?: string | undefined
}

export interface Stores {
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
  readonly cases: CaseStore
}

interface Skeleton {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
  readonly bus: Bus
  readonly notices: AccessNotices
}

/** Rejects with a coded error for a port in use, a data folder that cannot be used, or data of another version; nothing is left running then. */
export async function startAllInOne(options: StartOptions, secrets: StartSecrets = {}): Promise<AllInOne> {
  const parts: Closable[] = []
  const troubles: string[] = []
  const stop = async () => {
    await closeAll(parts, closeLimits, (name, error) =>
      troubles.push(`Cannot end ${name}: ${error instanceof Error ? error.message : String(error)}`)
    )
    return troubles
  }
  try {
    return await start(options, secrets, parts, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(options: StartOptions, secrets: StartSecrets, parts: Closable[], stop: () => Promise<string[]>): Promise<AllInOne> {
  const startedMs = performance.now()
  await requireFreePorts(options.host, claimsOf(options))
  await requireFreePorts(options.mqttHost ?? options.host, listenerClaimsOf(options))
  const dataDir = await prepareDataFolder(options.dataDir, options)
  const web = buildWeb()
  // Whoever asks for a page hears of a failed build; here it must not end the process.
  web.catch(() => {})
  const skeleton = createSkeleton(options)
  const stores = await openAll(options, dataDir, skeleton, parts)
  const accounts = await openAccounts({ cases: stores.cases })
  const world = options.simulator ? createWorld({ seed: options.seed, speed: options.speed }) : undefined
  const deviceSecrets = world === undefined ? {} : await prepareWorld(stores.cases, world, dataDir)
  const access = { notices: skeleton.notices, tokens: await openTokenKeys({ path: tokenKeysPathOf(dataDir) }) }
  const { broker, collector } = await startIngest({ options, dataDir, skeleton, stores, access, parts })
  const simulator =
    world === undefined
      ? undefined
      : createSimulator({
          world,
          secrets: deviceSecrets,
          dataDir,
          host: options.host,
          ports: { plc: options.plcPort, gate: options.readerPort, field: options.fieldPort },
          broker: { host: options.host, port: broker.port },
          logger: skeleton.logger,
          metrics: skeleton.metrics
        })
  if (simulator !== undefined) parts.push(closableOf('simulator', simulator))
  const [api] = await Promise.all([
    startHttp({ options, secrets, skeleton, stores, accounts, access, broker, collector, simulator, web, parts }),
    simulator === undefined ? undefined : startDevices(simulator, skeleton, parts)
  ])
  await simulator?.startGoods({ url: api.url, key: await makeServiceKey(accounts, dataDir) })
  const ports = simulator?.ports()
  return {
    version,
    url: api.url,
    ports: { http: api.port, mqtt: broker.port, ...(ports === undefined ? {} : { plc: ports.plc, reader: ports.gate }) },
    listeners: broker.ports,
    dataDir,
    startedAfterMs: performance.now() - startedMs,
    firstSignIn: accounts.firstSignIn,
    exampleCode: simulator?.exampleKey(),
    simulator,
    stores,
    collector,
    stop
  }
}

function claimsOf(options: StartOptions): PortClaim[] {
  const claims: PortClaim[] = [
    { what: 'HTTP', port: options.httpPort, option: '--http-port' },
    { what: 'MQTT', port: options.mqttPort, option: '--mqtt-port' }
  ]
  if (!options.simulator) return claims
  return [
    ...claims,
    { what: 'PLC', port: options.plcPort, option: '--plc-port' },
    { what: 'gate reader', port: options.readerPort, option: '--reader-port' },
    { what: 'field bus', port: options.fieldPort, option: '--field-port' }
  ]
}

function listenerClaimsOf({ mqttTlsPort = 0, mqttWsPort = 0, mqttWssPort = 0 }: StartOptions): PortClaim[] {
  return [
    { what: 'MQTT over TLS', port: mqttTlsPort, option: '--mqtt-tls-port' },
    { what: 'MQTT over WebSocket', port: mqttWsPort, option: '--mqtt-ws-port' },
    { what: 'MQTT over secure WebSocket', port: mqttWssPort, option: '--mqtt-wss-port' }
  ]
}

function createSkeleton(options: StartOptions): Skeleton {
  const logger = createLogger({ level: options.logLevel, format: options.logFormat })
  const bus = createBus((topic, error) => logger.error({ topic, error }, 'a listener on the bus failed'))
  const notices = createAccessNotices((error) => logger.error({ error }, 'a change of credentials was not taken everywhere'))
  return { logger, metrics: createMetrics({ process: true }), health: createHealth(), bus, notices }
}

async function openAll(options: StartOptions, dataDir: string, skeleton: Skeleton, parts: Closable[]): Promise<Stores> {
  const stores = await openStores({ ...options, ...skeleton, dataDir })
  parts.push({ name: 'stores', close: () => stores.close() })
  skeleton.health.register('store', async () => ({ ok: stores.trouble() === undefined, detail: stores.trouble() ?? stores.name }))
  return stores
}

async function prepareWorld(cases: CaseStore, world: World, dataDir: string): Promise<Secrets> {
  await seedRegisters(cases, world)
  return enrol(cases, world, dataDir)
}

/** How credentials are made and what hears of them: the api and the broker share both. */
interface Access {
  readonly notices: AccessNotices
  readonly tokens: TokenKeys
}

interface IngestParts {
  readonly options: StartOptions
  readonly dataDir: string
  readonly skeleton: Skeleton
  readonly stores: Stores
  readonly access: Access
  readonly parts: Closable[]
}

async function startIngest({
  options,
  dataDir,
  skeleton,
  stores,
  access,
  parts
}: IngestParts): Promise<{ broker: Broker; collector: Collector }> {
  const engine = createDetectionEngine(options.simulator ? { parameters: checksAt(options.speed) } : {})
  const collector = await startCollector({
    ...skeleton,
    ...stores,
    dataDir,
    engine,
    ...(options.sparkplug === undefined ? {} : { sparkplug: options.sparkplug })
  })
  parts.push(closableOf('collector', collector))
  const { logger, metrics } = skeleton
  const directory = createDeviceDirectory({
    register: stores.cases,
    tokens: access.tokens,
    metrics,
    onTrouble: (error) => logger.warn({ error }, 'a credential was not brought up to date')
  })
  parts.push(closableOf('device directory', directory))
  const listeners = listenersOf(options)
  const { host, mqttPort } = options
  const broker = await startBroker({ host, port: mqttPort, listeners, directory, sink: collector.sink, dataDir, ...skeleton })
  skeleton.health.register('broker', async () => ({ ok: broker.trouble() === undefined, detail: broker.trouble() ?? 'running' }))
  connectNotices(access.notices, { directory, sessions: broker })
  parts.push(closableOf('broker', broker))
  collector.setPublisher(broker.publisher)
  return { broker, collector }
}

interface HttpParts {
  readonly options: StartOptions
  readonly secrets: StartSecrets
  readonly skeleton: Skeleton
  readonly stores: Stores
  readonly accounts: Accounts
  readonly access: Access
  readonly broker: Broker
  readonly collector: Collector
  readonly simulator: Simulator | undefined
  readonly web: ReturnType<typeof buildWeb>
  readonly parts: Closable[]
}

async function startHttp(given: HttpParts): Promise<Api> {
  const { options, secrets, skeleton, stores, accounts, access, broker, collector, simulator, web, parts } = given
  const api = await startApi({
    host: options.host,
    port: options.httpPort,
    ...skeleton,
    ...stores,
    accounts,
    access,
    deadLetters: collector.deadLetters,
    gaps: collector.gaps,
    deviceHealth: collector.deviceHealth,
    publisher: broker.publisher,
    ...publishingSettings(options, secrets),
    exports: exportPathsOf(options.dataDir),
    attachmentsFolder: join(options.dataDir, 'attachments'),
    ...(simulator === undefined ? {} : { simulator: simulator.control }),
    webRoot: webFolder,
    webReady: web.then(() => {}),
    ...(secrets.bootstrapKey === undefined ? {} : { bootstrapKey: secrets.bootstrapKey })
  })
  parts.push(closableOf('api', api))
  return api
}

async function startDevices(simulator: Simulator, skeleton: Skeleton, parts: Closable[]): Promise<void> {
  const configs = await simulator.startDevices()
  const edges = await Promise.all(configs.map((config) => startEdge(config, skeleton)))
  parts.push({
    name: 'edges',
    async close() {
      await Promise.all(edges.map((edge) => edge[Symbol.asyncDispose]()))
    }
  })
}

function closableOf(name: string, part: AsyncDisposable): Closable {
  return { name, close: async () => part[Symbol.asyncDispose]() }
}
