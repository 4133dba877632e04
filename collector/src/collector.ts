/**
 * From messages to stored readings, events and anomalies: decode, check, commit to the log, acknowledge, store, judge. What it
 * acknowledges is durable; what it cannot take is kept with the reason. It publishes no warning and talks to no person.
 */
import type { DetectionEngine } from '@tracegate/detect/engine'
import type { Bus } from '@tracegate/service/bus'
import type { DeadLetterReader } from '@tracegate/service/dead-letter'
import type { DeviceHealthReader } from '@tracegate/service/device-health'
import type { GapLedgerReader } from '@tracegate/service/gap-ledger'
import type { Health } from '@tracegate/service/health'
import type { IngestSink, MessagePublisher } from '@tracegate/service/ingest'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import { createAnomalyKeeper } from './anomalies.ts'
import { decode, type DecodeContext } from './decode.ts'
import { createDeadLetterReader } from './dead-letter/replay.ts'
import { createDetection } from './detection.ts'
import { createDeviceHealth, type DeviceHealthBook } from './device-health.ts'
import { createDeviceRegister } from './devices.ts'
import { createCollectorEvents, type CollectorStats } from './events.ts'
import { openIngestLog, type IngestLog } from './ingest-log.ts'
import { startJudging } from './judging.ts'
import { lanes } from './lanes.ts'
import { defaultCollectorLimits, type CollectorLimits } from './limits.ts'
import { admitBroker } from './input/broker-admission.ts'
import { startMqttInput } from './input/mqtt-input.ts'
import type { MqttInputOptions } from './input/mqtt-options.ts'
import { readDetectionRegisters, readScanRules } from './registers.ts'
import { followRules } from './rule-changes.ts'
import { countsOf, createAftermath, createSink } from './sink.ts'
import { startSparkplugInput } from './sparkplug/sparkplug-input.ts'
import { checkSparkplugInput, type SparkplugInput } from './sparkplug/sparkplug-options.ts'
import { startWatermarks } from './watermarks.ts'
import { startWriter } from './writer.ts'

export interface CollectorOptions {
  readonly dataDir: string
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
  readonly cases: CaseStore
  readonly bus: Bus
  readonly engine: DetectionEngine
  /** Where watermarks go; an MQTT input brings its own. May be given later by `setPublisher`. */
  readonly publisher?: MessagePublisher
  /** Without it messages only come through `sink`. */
  readonly input?: MqttInputOptions
  /** A host application of Sparkplug edge nodes, beside whatever else there is. */
  readonly sparkplug?: SparkplugInput
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
  readonly limits?: Partial<CollectorLimits>
  /** Wall clock in milliseconds. */
  readonly nowMs?: () => number
}

export interface Collector extends AsyncDisposable {
  /** What a broker in the same process commits to. */
  readonly sink: IngestSink
  readonly deadLetters: DeadLetterReader
  readonly gaps: GapLedgerReader
  readonly deviceHealth: DeviceHealthReader
  stats(): CollectorStats
  /** Reads the registers again: places, profiles, products, points and scan rules. */
  reconfigure(): Promise<void>
  /** For a broker that needs the sink first. */
  setPublisher(publisher: MessagePublisher): void
  /** Resolves when everything taken so far is stored and judged, or at the time limit. */
  drain(timeoutMs: number): Promise<void>
}

export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const limits: CollectorLimits = { ...defaultCollectorLimits, ...options.limits }
  const nowMs = options.nowMs ?? Date.now
  const { cases, bus, logger } = options
  // First of all: a broker that does not honour the mode ends the start, before anything is opened.
  if (options.sparkplug !== undefined) checkSparkplugInput(options.sparkplug)
  const admission = options.input === undefined ? undefined : await admitBroker({ input: options.input, logger })
  const events = createCollectorEvents(options)
  let publisher = options.publisher
  // Before the log, which decodes again what a crash left half known.
  let rules = await readScanRules(cases, logger)
  const context: DecodeContext = {
    scanRule: (point, device) => rules.get(`${point}/${device}`),
    historicalAfterMs: limits.historicalAfterMs,
    behindMs: (name) => deviceHealth.behindMs(name)
  }
  const deviceHealth: DeviceHealthBook = createDeviceHealth({
    limits,
    nowMs,
    watermark: (name, boot) => log.watermark(name, boot),
    openGaps: (name) => log.openGaps(name)
  })
  const log: IngestLog = openIngestLog({
    dataDir: options.dataDir,
    nowMs,
    limits,
    decode: (message) => decode(message, context),
    onCommit(commit) {
      events.groupCommitted(commit)
      watermarks.risen(commit.streams)
    },
    onOutcome: (outcome, message, intake) => aftermath(outcome, message, intake),
    onRejected: (error, _message, intake) => events.rejected(error, countsOf(intake)),
    onGapGivenUp: (gap) => events.gapGivenUp(gap),
    onDeadLettersDropped: (count) => events.deadLettersDropped(count),
    onDeadLettersExpired: (count) => events.deadLettersExpired(count)
  })
  // After the log, which may not open: a timer would keep the process.
  const watermarks = startWatermarks({ publisher: () => publisher, limits, onError: (error) => events.failed('publish watermark', error) })
  const aftermath = createAftermath({ log, events, watermarks, bus, health: deviceHealth })
  const devices = createDeviceRegister({ cases, bus })
  const keeper = createAnomalyKeeper({ cases, bus, limits, events, nowMs })
  const { engine, trace } = options
  const detection = createDetection({ engine, trace, limits, events, nowMs, onAnomalies: (found, atMs) => keeper.record(found, atMs) })
  const reconfigure = async () => {
    rules = await readScanRules(cases, logger)
    engine.configure(await readDetectionRegisters(cases, logger))
  }
  await reconfigure()
  const ruleChanges = await followRules({ cases, bus, onChange: reconfigure, onError: (error) => events.failed('read rules', error) })
  await devices.load()
  const judging = await startJudging({ ...options, detection, keeper, devices, events, nowMs })
  const writer = startWriter({
    ...options,
    log,
    devices,
    limits,
    events,
    onStored: (batch) => judging.stored(batch, () => log.lanes[batch.lane].release(batch.entries))
  })
  const sink = createSink({ log, events, decode: (message) => decode(message, context) })
  const input =
    options.input === undefined || admission === undefined
      ? undefined
      : startMqttInput({ ...options, input: options.input, sink, admission })
  publisher ??= input?.publisher
  const sparkplug = options.sparkplug === undefined ? undefined : startSparkplugInput({ ...options, input: options.sparkplug, sink, nowMs })
  const unregister = options.health.register('collector', async () => {
    // The cause beside what follows from it: a store that is full, and so a log that is.
    const troubles = [log.trouble(), writer.trouble(), input?.trouble(), sparkplug?.trouble()].filter((trouble) => trouble !== undefined)
    return { ok: troubles.length === 0, detail: troubles.length === 0 ? `${log.counts().bytes} bytes in the log` : troubles.join('; ') }
  })
  registerGauges(options.metrics, log, nowMs)
  const drain = async (timeoutMs: number) => {
    const end = Date.now() + timeoutMs
    await writer.drain(timeoutMs)
    await detection.drain(Math.max(0, end - Date.now()))
    await keeper.drain(Math.max(0, end - Date.now()))
  }
  return {
    sink,
    deadLetters: createDeadLetterReader({ log, events, nowMs, decode: (message) => decode(message, context) }),
    gaps: log.gaps,
    deviceHealth: deviceHealth.reader,
    stats: () => events.stats({ carriedOver: log.leftOver, log: log.counts() }),
    reconfigure,
    setPublisher: (given) => void (publisher = given),
    drain,
    async [Symbol.asyncDispose]() {
      await Promise.all([input?.[Symbol.asyncDispose](), sparkplug?.[Symbol.asyncDispose]()])
      await drain(limits.closeTimeoutMs)
      await writer.stop()
      await ruleChanges[Symbol.asyncDispose]()
      await judging[Symbol.asyncDispose]()
      watermarks[Symbol.dispose]()
      log.close()
      unregister()
    }
  }
}

function registerGauges(metrics: Metrics, log: IngestLog, nowMs: () => number): void {
  const gauge = (name: string, help: string, read: () => number) => metrics.gauge({ name: `tracegate_collector_${name}`, help, read })
  gauge('log_bytes', 'Bytes in the log, not yet in the stores or not yet released', () => log.counts().bytes)
  gauge('log_messages', 'Messages in the log, not yet in the stores or not yet released', () => log.counts().messages)
  gauge('waiting_messages', 'Messages on the way to their commit', () => log.counts().waiting)
  gauge('dead_letters', 'Dead letters kept', () => log.counts().deadLetters)
  for (const lane of lanes) {
    const lag = () => log.lanes[lane].lag()
    gauge(`${lane}_lane_messages`, `Messages of the ${lane} lane in the log`, () => lag().messages)
    gauge(`${lane}_lane_bytes`, `Bytes of the ${lane} lane in the log`, () => lag().bytes)
    gauge(`${lane}_lane_oldest_seconds`, `Age of the oldest message of the ${lane} lane that is not stored and judged`, () => {
      const { oldestMs } = lag()
      return oldestMs === undefined ? 0 : Math.max(0, nowMs() - oldestMs) / 1_000
    })
  }
}
