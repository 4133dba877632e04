/**
 * The OPC UA source: keeps a session and a subscription with one server. The client library resumes sessions after a cut
 * line; what it does not notice, the own watchdog does, and everything is made anew. This file owns connection, session and
 * watchdog only; what is subscribed to is in `opcua-variables.ts` and `opcua-autoid.ts`.
 */
import { join } from 'node:path'
import {
  type ClientSession,
  type ClientSubscription,
  MessageSecurityMode,
  OPCUAClient,
  readNamespaceArray,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger,
  type UserIdentityInfo,
  UserTokenType
} from 'node-opcua-client'
import { backOffMs } from '../../uplink/back-off.ts'
import { createCertificateManager } from './certificates.ts'
import { subscribeAutoId } from './opcua-autoid.ts'
import { devicesOfOpcua, opcuaDefaults, type OpcuaSource } from './opcua-config.ts'
import { subscribeVariables, type Variables } from './opcua-variables.ts'
import type { Source, SourceDependencies, SourceRunner } from '../source.ts'

const backOffLimits = { minMs: 500, maxMs: 30_000 }
const connectTimeoutMs = 15_000
const closeTimeoutMs = 1_000
const watchMs = 500
/** Nodes that were missing are looked for again by a new session after this time. */
const missingRetryMs = 60_000

interface Line {
  readonly client: OPCUAClient
  readonly session: ClientSession
  readonly subscription: ClientSubscription
  readonly variables: Variables
  readonly missing: readonly string[]
}

export const opcuaRunner: SourceRunner<OpcuaSource> = {
  start: startOpcuaSource,
  async *probe() {}
}

function startOpcuaSource(config: OpcuaSource, dependencies: SourceDependencies): Source {
  const { logger, events, onDevice } = dependencies
  // The library writes to the console of the process otherwise.
  setWarningLogger((...texts) => logger.debug({ library: 'node-opcua' }, texts.map(String).join(' ')))
  setErrorLogger((...texts) => logger.debug({ library: 'node-opcua' }, texts.map(String).join(' ')))
  const stop = new AbortController()
  const devices = devicesOfOpcua(config)
  const status: { connected: boolean | undefined; detail: string; lastDataAtMs: number } = {
    connected: undefined,
    detail: 'connecting',
    lastDataAtMs: 0
  }
  let lastSignalMs = 0

  const onSignal = () => {
    lastSignalMs = performance.now()
  }
  const onData = () => {
    onSignal()
    status.lastDataAtMs = Date.now()
  }

  const setConnected = (connected: boolean, detail: string) => {
    status.detail = detail
    if (status.connected === connected) return
    status.connected = connected
    for (const device of devices) onDevice(device, connected, connected ? '' : 'source not connected')
  }

  /** Beside the watchdog, which must not wait for an answer that a dead line will never give. */
  const readSilent = async (line: Line): Promise<void> => {
    try {
      await line.variables.readSilent()
    } catch (error) {
      logger.debug({ endpoint: config.endpoint, detail: messageOf(error) }, 'silent variables could not be read')
    }
  }

  /** Lives as long as one session; resolves with the reason for its end. */
  const watch = async (line: Line): Promise<string> => {
    const silenceTimeoutMs = config.silenceTimeoutMs ?? opcuaDefaults.silenceTimeoutMs
    const startedMs = performance.now()
    let ended: string | undefined
    line.subscription.on('keepalive', onSignal)
    line.subscription.on('received_notifications', onSignal)
    line.subscription.on('terminated', () => (ended ??= 'subscription terminated'))
    line.subscription.on('status_changed', (code) => (ended ??= `subscription ended: ${code.name}`))
    line.session.on('session_closed', () => (ended ??= 'session closed'))
    line.client.on('connection_lost', () => setConnected(false, 'connection lost'))
    line.client.on('connection_reestablished', () => setConnected(true, 'connected'))
    onSignal()
    while (!stop.signal.aborted && ended === undefined) {
      await sleep(watchMs, stop.signal)
      const nowMs = performance.now()
      if (nowMs - lastSignalMs > silenceTimeoutMs) ended = `nothing heard for ${silenceTimeoutMs} ms`
      else if (line.missing.length > 0 && nowMs - startedMs > missingRetryMs) ended = `looking again for: ${line.missing.join('; ')}`
      else if (status.connected === true) void readSilent(line)
    }
    return ended ?? 'stopped'
  }

  const run = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      const client = await createClient(config, dependencies)
      try {
        const line = await open({ client, config, dependencies, onData, signal: stop.signal })
        attempt = 0
        if (line.missing.length > 0) logger.warn({ endpoint: config.endpoint, missing: line.missing }, 'nodes are missing')
        logger.info({ endpoint: config.endpoint, variables: config.variables.length }, 'opcua source connected')
        setConnected(true, line.missing.length === 0 ? 'connected' : `connected; ${line.missing.join('; ')}`)
        status.detail = await watch(line)
      } catch (error) {
        status.detail = messageOf(error)
      }
      setConnected(false, status.detail)
      await within(client.disconnect(), closeTimeoutMs).catch(() => undefined)
      if (stop.signal.aborted) return
      const waitMs = backOffMs(attempt, backOffLimits, Math.random())
      events.sourceRestarted(config.endpoint, status.detail)
      await sleep(waitMs, stop.signal)
    }
  }

  const running = run()
  return {
    status: () => ({
      name: config.endpoint,
      type: 'opcua',
      connected: status.connected === true,
      detail: status.detail,
      ...(status.lastDataAtMs === 0 ? {} : { lastDataAtMs: status.lastDataAtMs })
    }),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await within(running, closeTimeoutMs + watchMs).catch(() => undefined)
    }
  }
}

async function createClient(config: OpcuaSource, dependencies: SourceDependencies): Promise<OPCUAClient> {
  return OPCUAClient.create({
    applicationName: 'Tracegate edge',
    clientName: dependencies.clientId,
    endpointMustExist: false,
    securityMode: MessageSecurityMode[config.securityMode ?? opcuaDefaults.securityMode],
    securityPolicy: SecurityPolicy[config.securityPolicy ?? opcuaDefaults.securityPolicy],
    keepSessionAlive: true,
    requestedSessionTimeout: 60_000,
    transportTimeout: connectTimeoutMs,
    connectionStrategy: { maxRetry: -1, initialDelay: 500, maxDelay: 10_000, randomisationFactor: 0.2 },
    clientCertificateManager: await createCertificateManager(
      join(dependencies.dataDir, 'pki'),
      config.trustUnknownCertificate ?? opcuaDefaults.trustUnknownCertificate
    )
  })
}

async function open(options: {
  readonly client: OPCUAClient
  readonly config: OpcuaSource
  readonly dependencies: SourceDependencies
  readonly onData: () => void
  readonly signal: AbortSignal
}): Promise<Line> {
  const { client, config, dependencies, onData, signal } = options
  await within(client.connect(config.endpoint), connectTimeoutMs, signal)
  const session = await within(client.createSession(identityOf(config)), connectTimeoutMs, signal)
  const namespaces = await readNamespaceArray(session)
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: config.publishingMs ?? opcuaDefaults.publishingMs,
    requestedLifetimeCount: 1_000,
    requestedMaxKeepAliveCount: 10,
    maxNotificationsPerPublish: 10_000,
    publishingEnabled: true,
    priority: 10
  })
  const shared = { session, subscription, namespaces, dependencies, onData }
  const variables = await subscribeVariables({ config, ...shared })
  const autoId = config.autoId === undefined ? [] : await subscribeAutoId({ config: config.autoId, endpoint: config.endpoint, ...shared })
  return { client, session, subscription, variables, missing: [...variables.missing, ...autoId] }
}

function identityOf(config: OpcuaSource): UserIdentityInfo {
  if (config.username === undefined) return { type: UserTokenType.Anonymous }
  return { type: UserTokenType.UserName, userName: config.username, password: config.password ?? '' }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const onAbort = () => resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  })
}

/** Rejects when the work takes longer, or the source is stopped meanwhile; the work itself is left to the client's end. */
async function within<Result>(work: Promise<Result>, timeoutMs: number, signal?: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  const onAbort = () => reject(new Error('stopped'))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
