/**
 * The edge agent at a monitoring point: sources → normalise → check → outbox → uplink. This file puts the parts together,
 * starts and ends them; it takes no reading and sends no message itself.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compileValidator } from '@tracegate/model/codec'
import type { Reading } from '@tracegate/model/telemetry'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { EdgeConfig, type EdgeDevice, withDefaults } from './config.ts'
import { createDeadLetterFile } from './dead-letter.ts'
import { edgeError } from './errors.ts'
import { createEdgeEvents, type EdgeCounts } from './events.ts'
import { createIntake, type Intake } from './intake.ts'
import { createOutbox } from './outbox.ts'
import { configureSources, loadSourceKinds } from './source/source-kinds.ts'
import type { ConfiguredSource, Source, SourceDependencies, SourceStatus } from './source/source.ts'
import { createUplink } from './uplink/uplink.ts'

export interface EdgeDependencies {
  readonly logger: Logger
  readonly metrics: Metrics
  /** Judges one reading where it is taken; may lower its quality, never raise it. Left out: quality stays as the source gave it. */
  readonly check?: (reading: Reading) => Reading
}

export interface EdgeStatus {
  readonly boot: string
  readonly connected: boolean
  /** Why there is no connection, or why the last one ended. */
  readonly lastError: string | undefined
  readonly outboxMessages: number
  readonly outboxBytes: number
  readonly inFlightMessages: number
  readonly counts: Readonly<EdgeCounts>
  readonly sources: readonly SourceStatus[]
}

export interface Edge extends AsyncDisposable {
  status(): EdgeStatus
  /** For a source that runs outside, such as a recording being played. */
  readonly intake: Intake
  /** Publishes the birth of a device that the configuration does not name. */
  announce(device: EdgeDevice): void
}

const validator = compileValidator(EdgeConfig)

/** Rejects with `EDGE_CONFIG`, `OPCUA_INSECURE` or `OUTBOX_OPEN`. An unreachable broker or source is no reason not to start. */
export async function startEdge(config: EdgeConfig, dependencies: EdgeDependencies): Promise<Edge> {
  const checked = validator.check(config)
  if (!checked.ok) throw edgeError('EDGE_CONFIG', { detail: checked.reason.message })
  const configured = configureSources(await loadSourceKinds(), config.sources)
  const resolved = withDefaults(config)
  const logger = dependencies.logger.child({ app: 'edge', point: config.point, agent: config.agent })
  const events = createEdgeEvents({ logger, metrics: dependencies.metrics, agent: `${config.point}/${config.agent}` })
  const boot = `${Date.now().toString(36)}-${randomBytes(6).toString('hex')}`
  const outbox = createOutbox({
    path: join(config.dataDir, 'outbox.db'),
    boot,
    bytesMax: resolved.outboxBytesMax,
    sync: resolved.outboxSync,
    commitAfterMs: resolved.commitAfterMs,
    onCommitted: (appended) => uplink.appended(appended.map(({ device, channel }) => ({ device, urgent: channel !== 'telemetry' }))),
    onDropped: (dropped) => events.dropped(dropped),
    onReleased: ({ messages, readings }) => events.released(messages, readings)
  })
  if (outbox.damagedPath !== undefined) logger.error({ path: outbox.damagedPath }, 'outbox was damaged and is put aside')
  const uplink = createUplink({ config: resolved, boot, outbox, logger, events })
  const deadLetter = createDeadLetterFile({ dataDir: config.dataDir, events, logger })
  const intake = createIntake({
    point: config.point,
    outbox,
    events,
    deadLetter,
    timeQuality: resolved.timeQuality,
    batchReadingsMax: resolved.batchReadingsMax,
    batchAfterMs: resolved.batchAfterMs,
    check: dependencies.check
  })

  const known = new Map(config.devices.map((device) => [device.id, device]))
  if (!known.has(config.agent)) known.set(config.agent, agentDevice(config.agent))
  // A device behind a source is born when its source reaches it.
  const sourced = new Set(configured.flatMap((source) => [...source.devices]))
  for (const device of known.values()) if (!sourced.has(device.id)) uplink.announce(device)
  const onDevice: SourceDependencies['onDevice'] = (id, online, reason, declared) => {
    const device = known.get(id) ?? { ...unknownDevice(id), ...declared }
    if (online) uplink.announce(device)
    else uplink.withdraw(device, reason)
  }
  uplink.start()
  const sources = await startSources(configured, config, {
    intake,
    logger,
    events,
    dataDir: config.dataDir,
    onDevice,
    waitingMessages: () => outbox.messages
  })

  const status = (): EdgeStatus => ({
    boot,
    connected: uplink.connected,
    lastError: uplink.lastError,
    outboxMessages: outbox.messages,
    outboxBytes: outbox.bytes,
    inFlightMessages: uplink.inFlight,
    counts: { ...events.counts },
    sources: sources.map((source) => source.status())
  })
  let ended: Promise<void> | undefined
  const end = async () => {
    const deadlineMs = performance.now() + resolved.flushTimeoutMs
    await Promise.race([
      Promise.all(sources.map((source) => source[Symbol.asyncDispose]())),
      sleep(resolved.flushTimeoutMs / 2, undefined, { ref: false })
    ])
    intake.flush()
    while (uplink.connected && outbox.messages > 0 && performance.now() < deadlineMs) {
      await sleep(20)
      outbox.flush()
    }
    await uplink.stop(Math.max(200, deadlineMs - performance.now()))
    outbox[Symbol.dispose]()
    logger.info({ left: outbox.messages }, 'edge agent stopped')
  }
  logger.info({ boot, waiting: outbox.messages, sources: sources.length }, 'edge agent started')
  return {
    intake,
    status,
    announce(device) {
      known.set(device.id, device)
      uplink.announce(device)
    },
    [Symbol.asyncDispose]: () => (ended ??= end())
  }
}

function startSources(
  sources: readonly ConfiguredSource[],
  config: EdgeConfig,
  dependencies: Omit<SourceDependencies, 'clientId'>
): Promise<Source[]> {
  const starting = sources.map((source, index) =>
    source.start({ ...dependencies, clientId: `tracegate-${config.point}-${config.agent}-${index}` })
  )
  return Promise.all(starting)
}

function agentDevice(id: string): EdgeDevice {
  return { id, kind: 'edge', name: { zh: '边缘代理', en: 'Edge agent' }, metrics: [] }
}

function unknownDevice(id: string): EdgeDevice {
  return { id, kind: 'probe', name: { zh: id, en: id }, metrics: [] }
}
