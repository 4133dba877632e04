/**
 * The edge agent at a monitoring point: sources → normalise → check → outbox → uplink. This file puts the parts together,
 * starts, changes and ends them; it takes no reading and sends no message itself.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compileValidator } from '@tracegate/model/codec'
import type { Reading } from '@tracegate/model/telemetry'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { createReadingCheck } from './checks/check.ts'
import { createCheckedIntake, type IntakeRules } from './intake/checked-intake.ts'
import { createCarryOut, type ConfigureOrder } from './commands/carry-out.ts'
import type { OrderResult } from './commands/order-book.ts'
import { createOrders, type Orders } from './commands/orders.ts'
import { EdgeConfig, type EdgeDevice, type ResolvedEdgeConfig, withDefaults } from './config.ts'
import { changesBetween } from './configuration/members.ts'
import { createDeadLetterFile } from './intake/dead-letter.ts'
import { createDevices } from './devices.ts'
import type { EdgeStatus } from './edge-status.ts'
import { edgeError } from './errors.ts'
import { createEdgeEvents, type EdgeEvents } from './events.ts'
import { openHolds } from './holds/open-holds.ts'
import { createIntake, type Intake } from './intake/intake.ts'
import { createLastReadings } from './intake/last-readings.ts'
import { oldestMessageAtMs } from './outbox/oldest-message.ts'
import { messagesOfEarlierOutbox } from './outbox/earlier-outbox.ts'
import { createOutbox } from './outbox/outbox.ts'
import { createScanMemory } from './scans/scan-memory.ts'
import { createSourceSet, type SourceChanges, type SourceEntry } from './source-set.ts'
import { configureSources, loadSourceKinds } from './source/source-kinds.ts'
import { createUplinkAlarm } from './uplink/uplink-alarm.ts'
import { createUplink, type Uplink } from './uplink/uplink.ts'

export interface EdgeDependencies {
  readonly logger: Logger
  readonly metrics: Metrics
  /** Judges one reading besides the checks of the configuration; may lower its quality, never raise it. */
  readonly check?: (reading: Reading) => Reading
  /** Takes a signed configuration. Left out: such orders are refused. Undefined: the end is told by `finishOrder`. */
  readonly configure?: (device: string, order: ConfigureOrder) => Promise<OrderResult | undefined>
  /** Of an order that the last process had begun: whether `finishOrder` will tell its end. */
  readonly orderGoesOn?: (device: string, id: string) => boolean
}

export interface ApplyResult extends SourceChanges {
  /** Members whose new value holds from the next start on. */
  readonly restart: readonly string[]
}

export interface Edge extends AsyncDisposable {
  status(): EdgeStatus
  /** For a source that runs outside, such as a recording being played. */
  readonly intake: Intake
  readonly events: EdgeEvents
  /** Publishes the birth of a device that the configuration does not name. */
  announce(device: EdgeDevice): void
  /**
   * Takes another configuration while the agent runs; sources that did not change run on. Rejects with `EDGE_RELOAD` for another point,
   * agent or folder, with `EDGE_CONFIG` for one that is wrong, and with what a source has to say; the one before holds then.
   */
  apply(config: EdgeConfig): Promise<ApplyResult>
  finishOrder(device: string, id: string, result: OrderResult): void
}

const validator = compileValidator(EdgeConfig)

/** Rejects with `EDGE_CONFIG`, `OPCUA_INSECURE` or `OUTBOX_OPEN`. An unreachable broker or source is no reason not to start. */
export async function startEdge(config: EdgeConfig, dependencies: EdgeDependencies): Promise<Edge> {
  const kinds = await loadSourceKinds()
  const entriesOf = (wanted: EdgeConfig): SourceEntry[] => {
    const configured = configureSources(kinds, requireValid(wanted).sources)
    return wanted.sources.flatMap((source, index) => {
      const one = configured[index]
      return one === undefined ? [] : [{ config: source, configured: one }]
    })
  }
  const entries = entriesOf(config)
  const startedWith = withDefaults(config)
  let current = startedWith
  const logger = dependencies.logger.child({ app: 'edge', point: config.point, agent: config.agent })
  const events = createEdgeEvents({ logger, metrics: dependencies.metrics, agent: `${config.point}/${config.agent}` })
  const boot = `${Date.now().toString(36)}-${randomBytes(6).toString('hex')}`
  const startedAtMs = Date.now()
  const outbox = createOutbox({
    path: join(config.dataDir, 'outbox'),
    boot,
    bytesMax: current.outboxBytesMax,
    sync: current.outboxSync,
    commitAfterMs: current.commitAfterMs,
    batchReadingsMax: current.batchReadingsMax,
    sealAfterMs: current.sealAfterMs,
    dropPolicy: current.outboxDropPolicy,
    onCommitted: (appended) => uplink.appended(appended),
    onDropped: (dropped) => events.dropped(dropped),
    onReleased: ({ messages, readings }) => events.released(messages, readings)
  })
  events.damaged(outbox.damage)
  const earlierPath = join(config.dataDir, 'outbox.db')
  const earlier = messagesOfEarlierOutbox(earlierPath)
  if (earlier !== undefined && earlier !== 0)
    logger.error({ path: earlierPath, messages: earlier }, 'messages wait in an outbox of the first version, which this one does not send')
  const deadLetter = createDeadLetterFile({ dataDir: config.dataDir, events, logger })
  const scanMemory = createScanMemory({
    path: join(config.dataDir, 'scans.db'),
    onDamage: (detail) => logger.error({ detail }, 'the goods that waited for a label are lost: the file was damaged and is put aside')
  })
  const last = createLastReadings(current.devicesMax)
  const taking = createIntake({
    point: config.point,
    outbox,
    events,
    deadLetter,
    scanMemory,
    timeQuality: current.timeQuality,
    batchReadingsMax: current.batchReadingsMax,
    batchAfterMs: current.batchAfterMs,
    rules: () => current,
    holds: () => holds
  })
  const intake = createCheckedIntake({
    point: config.point,
    events,
    last,
    rules: rulesOf(current, dependencies.check),
    intake: taking
  })
  const makeUplink = (resolved: ResolvedEdgeConfig): Uplink =>
    createUplink({
      config: resolved,
      boot,
      outbox,
      logger,
      events,
      onCommand: (device, payload) => orders.take(device, payload),
      onControl: (payload) => holds.take(payload),
      onConnected: () => orders.connected()
    })
  let uplink = makeUplink(current)
  const devices = createDevices({ agent: config.agent, uplink: () => uplink })
  const sources = createSourceSet({
    point: config.point,
    agent: config.agent,
    logger,
    endTimeoutMs: 5_000,
    admit: (device) => intake.admit(device),
    onEnded: (ids) => devices.released(ids, 'its source was ended'),
    dependencies: {
      intake,
      logger,
      events,
      dataDir: config.dataDir,
      onDevice: (id, online, reason, declared) => devices.onDevice(id, online, reason, declared),
      waitingMessages: () => outbox.messages
    }
  })
  const holds = openHolds({
    dataDir: config.dataDir,
    point: config.point,
    agent: config.agent,
    logger,
    events,
    config: () => current,
    intake: () => taking,
    sources: () => sources
  })
  const orders: Orders = createOrders({
    dataDir: config.dataDir,
    logger,
    events,
    refuse: (entry) => intake.refuse(entry),
    goesOn: (device, id) => dependencies.orderGoesOn?.(device, id) === true,
    reply: (device, payload, taken) => uplink.reply(device, payload, taken),
    carryOut: createCarryOut({
      devices,
      sources,
      uplink: () => uplink,
      opened: (device) => holds.opened(device),
      configure: dependencies.configure
    })
  })
  devices.configure(config.devices, devicesOf(entries))
  const alarm = createUplinkAlarm({
    connected: () => uplink.connected,
    settings: () => ({ afterMs: current.uplinkAlarmAfterMs, action: current.uplinkAlarm }),
    events,
    logger
  })
  uplink.start()
  await sources.apply(entries)
  holds.tell()

  const applyNow = async (wanted: EdgeConfig): Promise<ApplyResult> => {
    const nextEntries = entriesOf(wanted)
    const changes = changesBetween(current, withDefaults(wanted))
    if (changes.identity.length > 0) throw edgeError('EDGE_RELOAD', { members: changes.identity.join(', ') })
    const before = current
    const take = async (next: ResolvedEdgeConfig, sourceEntries: readonly SourceEntry[]) => {
      current = next
      intake.configure(rulesOf(next, dependencies.check))
      if (changes.uplink.length > 0) {
        await uplink.stop(next.flushTimeoutMs)
        uplink = makeUplink(next)
        devices.tell(uplink)
        uplink.start()
      }
      devices.configure(next.devices, devicesOf(sourceEntries))
      return sources.apply(sourceEntries)
    }
    try {
      return { ...(await take(withDefaults(wanted), nextEntries)), restart: changesBetween(startedWith, withDefaults(wanted)).restart }
    } catch (error) {
      await take(before, entriesOf(before))
      throw error
    }
  }
  // One after the other: a file may change while a signed configuration is being taken.
  let applying: Promise<unknown> = Promise.resolve()
  const apply = (wanted: EdgeConfig): Promise<ApplyResult> => {
    const result = applying.then(() => applyNow(wanted))
    applying = result.catch(() => undefined)
    return result
  }

  const end = async () => {
    const { flushTimeoutMs } = current
    const deadlineMs = performance.now() + flushTimeoutMs
    alarm[Symbol.dispose]()
    orders[Symbol.dispose]()
    await Promise.race([applying, sleep(flushTimeoutMs, undefined, { ref: false })])
    await sources.stop(flushTimeoutMs / 2)
    intake.flush()
    while (uplink.connected && outbox.messages > 0 && performance.now() < deadlineMs) {
      await sleep(20)
      outbox.flush()
    }
    await uplink.stop(Math.max(200, deadlineMs - performance.now()))
    outbox[Symbol.dispose]()
    scanMemory[Symbol.dispose]()
    holds[Symbol.dispose]()
    logger.info({ left: outbox.messages }, 'edge agent stopped')
  }
  let ended: Promise<void> | undefined
  logger.info({ boot, waiting: outbox.messages, sources: sources.running.length }, 'edge agent started')
  return {
    intake,
    events,
    apply,
    finishOrder: (device, id, result) => orders.finish(device, id, result),
    announce: (device) => devices.announce(device),
    status: () => ({
      point: config.point,
      agent: config.agent,
      boot,
      startedAtMs,
      brokerUrl: current.brokerUrl,
      connected: uplink.connected,
      lastError: uplink.lastError,
      downMs: alarm.downMs,
      alarm: alarm.raised,
      outboxMessages: outbox.messages,
      outboxBytes: outbox.bytes,
      outboxBytesMax: current.outboxBytesMax,
      outboxOldestAtMs: oldestMessageAtMs(outbox),
      inFlightMessages: uplink.inFlight,
      timeQuality: taking.timeQuality(),
      control: holds.status(),
      counts: { ...events.counts },
      sources: sources.running.map(({ source }) => source.status()),
      devices: devices.list().map((state) => ({ ...state, ...last.of(state.device.id) }))
    }),
    [Symbol.asyncDispose]: () => (ended ??= end())
  }
}

function requireValid(config: EdgeConfig): EdgeConfig {
  const checked = validator.check(config)
  if (!checked.ok) throw edgeError('EDGE_CONFIG', { detail: checked.reason.message })
  if (config.secret === undefined) throw edgeError('EDGE_CONFIG', { detail: 'secret is missing, expected it' })
  return config
}

/** The checks of the configuration, after the one that was passed in. */
function rulesOf(config: ResolvedEdgeConfig, extra: EdgeDependencies['check']): IntakeRules {
  const check = createReadingCheck(config.devices, config.checks ?? [])
  return {
    devices: config.devices,
    devicesMax: config.devicesMax,
    check: extra === undefined ? check : (reading) => check(extra(reading)),
    settled: check.settled
  }
}

function devicesOf(entries: readonly SourceEntry[]): ReadonlySet<string> {
  return new Set(entries.flatMap(({ configured }) => [...configured.devices]))
}
