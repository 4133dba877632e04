/** Starts the HTTP interface: the server, its live stream and the trigger engine. `startApi` is the whole of it. */
import { dirname, join } from 'node:path'
import type { DeadLetterReader } from '@tracegate/service/dead-letter'
import type { DeviceHealthReader } from '@tracegate/service/device-health'
import type { GapLedgerReader } from '@tracegate/service/gap-ledger'
import type { MessagePublisher } from '@tracegate/service/ingest'
import type { AccessNotices } from '@tracegate/service/access-notices'
import type { Bus } from '@tracegate/service/bus'
import type { Health } from '@tracegate/service/health'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { SimulatorControl } from '@tracegate/service/simulator'
import type { TokenKeys } from '@tracegate/service/tokens'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Accounts } from './accounts.ts'
import type { ApiContext } from './context.ts'
import { createCredentialOffice } from './credentials.ts'
import { createLinkBook } from './digital-link/links.ts'
import { createApiEvents } from './events.ts'
import type { SubscriptionSettings } from './epcis/subscriptions/settings.ts'
import { createSubscriptions } from './epcis/subscriptions/subscriptions.ts'
import { createEvidenceOffice } from './exports/evidence-office.ts'
import { createMeasureDesk } from './measures/measure-desk.ts'
import { createOrders } from './orders.ts'
import { createPolicyBook } from './policy/policy-book.ts'
import { createLiveHub } from './live.ts'
import { createMasterData } from './master-data/master-data.ts'
import type { ExchangeSettings } from './exchange/exchange.ts'
import { createPublishing } from './publication/create-publishing.ts'
import type { PublicationSettings } from './publication/office.ts'
import { createNoticeMailOffice } from './recalls/notice-mail.ts'
import { createRecallOffice } from './recalls/recall-office.ts'
import { createRegisters } from './registers.ts'
import { createAssessmentOffice } from './assessments/assessment-office.ts'
import { createEvaluationOffice } from './warnings/evaluation-office.ts'
import { createOverdueWatch } from './warnings/overdue-watch.ts'
import { accountedGoods, followRecalls } from './warnings/recall-links.ts'
import { createWarningOffice } from './warnings/warning-office.ts'
import { createAttachmentStore } from './reports/attachments.ts'
import { createReportOffice } from './reports/report-office.ts'
import { createSurgeWatch } from './reports/surge-watch.ts'
import { createRuleBook } from './rules/rule-book.ts'
import { createRuleOffice } from './rules/rule-office.ts'
import { createBackTestOffice } from './rules/back-test-office.ts'
import { createAnomalyJournal } from './anomalies/anomaly-journal.ts'
import { createShelfWatch } from './anomalies/shelf-watch.ts'
import { buildServer } from './server.ts'
import { createSupervision } from './supervision/create-supervision.ts'
import { createTriggerEngine, waitingMax, type TriggerEngine } from './trigger.ts'
import { createLockOut, createSessions } from './sessions.ts'

export interface ApiOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
  readonly cases: CaseStore
  readonly bus: Bus
  readonly health: Health
  readonly metrics: Metrics
  readonly logger: Logger
  readonly accounts: Accounts
  readonly deadLetters?: DeadLetterReader
  readonly gaps?: GapLedgerReader
  readonly deviceHealth?: DeviceHealthReader
  /** Where orders to devices go. */
  readonly publisher?: MessagePublisher
  /** Signs tokens of devices, and hears of every change of their credentials. */
  readonly access?: { readonly tokens: TokenKeys; readonly notices: AccessNotices }
  readonly simulator?: SimulatorControl
  /** Where evidence bundles are made and kept, and the file of the keys that seal them. */
  readonly exports?: { readonly folder: string; readonly keysPath: string }
  /** Where attachments of reports and measures are kept; without it none can be taken. */
  readonly attachmentsFolder?: string
  /** Hosts beside this one that links of Digital Links may lead to, such as `www.example.com`. */
  readonly linkHosts?: readonly string[]
  /** Folder of the built pages. */
  readonly webRoot?: string
  /** Resolves when `webRoot` is built; page requests wait for it, at most a minute. */
  readonly webReady?: Promise<void>
  /** Made into a service key with all rights at the first start. */
  readonly bootstrapKey?: string
  /** Limits, times and policy of EPCIS subscriptions; what is left out has its default. */
  readonly subscriptions?: Partial<SubscriptionSettings>
  /** How what is published goes out: address of this server, mail, secrets. */
  readonly publication?: PublicationSettings
  /** The single window and the port control centre: addresses and keys. */
  readonly exchange?: ExchangeSettings
  readonly nowMs?: () => number
}

/** Sockets of the HTTP interface; one more is closed at once and counted, so that strangers cannot take the files of the stores. */
const connectionsMax = 4_096

/** How long running requests may take to end at a close before their connections are cut. */
const closeGraceMs = 1_500

export interface Api extends AsyncDisposable {
  readonly port: number
  readonly url: string
}

export async function startApi(options: ApiOptions): Promise<Api> {
  const context = createContext(options)
  const app = await buildServer({ context, pages: { webRoot: options.webRoot, webReady: options.webReady } })
  app.server.maxConnections = connectionsMax
  app.server.on('drop', () => context.events.refused('CONNECTIONS_FULL'))
  const trigger = createTriggerEngine(context)
  const overdue = createOverdueWatch(context)
  const endings = [
    ...registerProbes(context, trigger),
    followRecalls({
      ...context,
      failed: (fields) => context.logger.error(fields, 'a recall could not be put on the file of its warning')
    }),
    context.bus.subscribe('device', () => context.registers.forget('devices'))
  ]
  if (options.bootstrapKey !== undefined && (await options.accounts.ensureBootstrapKey(options.bootstrapKey)) === 'kept')
    context.events.keyIgnored({ name: 'TRACEGATE_BOOTSTRAP_KEY' })
  try {
    await app.listen({ host: options.host, port: options.port })
    await context.subscriptions.start()
  } catch (error) {
    context.live.close()
    await context.subscriptions.close()
    await trigger[Symbol.asyncDispose]()
    await app.close()
    throw error
  }
  await context.ruleOffice.reconcile()
  context.surges.start()
  overdue.start()
  context.shelf.start()
  context.measures.start()
  context.supervision.office.start()
  trigger.takeUp().catch((error: unknown) => context.events.triggerFailed({ anomaly: 'those left from before the start', error }))
  const address = app.server.address()
  const port = address !== null && typeof address === 'object' ? address.port : options.port
  const host = options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  await context.publication.start(url)
  context.noticeMail.start()
  await context.exchange.start()
  return {
    port,
    url,
    async [Symbol.asyncDispose]() {
      // New connections are refused first, then streams get their good-bye; requests still running have a moment to end.
      const cut = setTimeout(() => app.server.closeAllConnections(), closeGraceMs)
      const closing = app.close()
      context.live.close()
      context.orders.close()
      for (const end of endings) end()
      const mailEnd = context.noticeMail[Symbol.asyncDispose]()
      await context.publication.close()
      await mailEnd
      await context.exchange[Symbol.asyncDispose]()
      await context.subscriptions.close()
      await context.surges[Symbol.asyncDispose]()
      await overdue[Symbol.asyncDispose]()
      context.shelf[Symbol.dispose]()
      await context.backTests[Symbol.asyncDispose]()
      await context.measures[Symbol.asyncDispose]()
      await context.supervision.office[Symbol.asyncDispose]()
      await Promise.all([closing, context.evidence?.close(), trigger[Symbol.asyncDispose]()])
      clearTimeout(cut)
    }
  }
}

function registerProbes(context: ApiContext, trigger: TriggerEngine): (() => void)[] {
  const { health, cases, trace, telemetry } = context
  return [
    health.register('case store', async () => ({ ok: true, detail: `${await cases.count('anomaly', true)} open anomalies` })),
    health.register('trace store', async () => ({ ok: true, detail: `${(await trace.counts()).events} events` })),
    health.register('telemetry store', async () => ({ ok: true, detail: `${(await telemetry.latest('')).length} series` })),
    health.register('trigger engine', async () => {
      const waiting = trigger.waiting()
      return { ok: waiting < waitingMax / 2, detail: `${waiting} anomalies wait, expected fewer than ${waitingMax / 2}` }
    })
  ]
}

/** What the routes are given; apart from `startApi` so that tests build a server without a port. */
export function createContext(options: Omit<ApiOptions, 'host' | 'port' | 'bootstrapKey'>): ApiContext {
  const nowMs = options.nowMs ?? Date.now
  const { telemetry, trace, cases, bus, health, metrics, logger, accounts } = options
  const events = createApiEvents({ logger, metrics })
  const registers = createRegisters({ cases, events, nowMs })
  const policy = createPolicyBook({ cases, nowMs })
  const warnings = createWarningOffice({ cases, bus, policy, nowMs })
  const reports = createReportOffice({ cases, trace, bus, registers, policy, nowMs })
  const rules = createRuleBook({ cases, bus, nowMs })
  const anomalies = createAnomalyJournal({ cases, bus, nowMs })
  const common = { cases, bus, registers, policy, logger, metrics, nowMs }
  const attachments = createAttachmentStore({ folder: options.attachmentsFolder, cases, policy, nowMs })
  const masterData = createMasterData({ cases, trace, registers, nowMs })
  const recalls = createRecallOffice({ cases, trace, registers, policy, bus, attachments, nowMs })
  const supervision = createSupervision({ cases, trace, registers, policy, anomalies, recalls, events, nowMs })
  const publishing = createPublishing({
    ...common,
    accounts,
    supervision,
    publisher: options.publisher,
    exchange: options.exchange,
    ...(options.publication === undefined ? {} : { settings: options.publication })
  })
  return {
    telemetry,
    trace,
    cases,
    bus,
    health,
    metrics,
    logger,
    accounts,
    deadLetters: options.deadLetters,
    gaps: options.gaps,
    deviceHealth: options.deviceHealth,
    orders: createOrders({ bus, publisher: options.publisher, nowMs }),
    credentials: createCredentialOffice({ cases, tokens: options.access?.tokens, notices: options.access?.notices, nowMs }),
    simulator: options.simulator,
    evidence:
      options.exports === undefined
        ? undefined
        : createEvidenceOffice({ ...options.exports, context: { trace, telemetry, cases, registers, masterData, nowMs, events } }),
    sessions: createSessions(nowMs),
    lockOut: createLockOut(nowMs),
    registers,
    masterData,
    policy,
    warnings,
    assessments: createAssessmentOffice({ cases, trace, registers, policy, warnings: warnings.book, nowMs }),
    evaluations: createEvaluationOffice({
      cases,
      telemetry,
      registers,
      policy,
      warnings,
      nowMs,
      recallProgress: (id) => accountedGoods(recalls, id)
    }),
    recalls,
    reports,
    rules,
    ruleOffice: createRuleOffice({ cases, bus, book: rules, forgetProfiles: () => registers.forget('profiles'), nowMs }),
    backTests: createBackTestOffice({ telemetry, trace, cases, registers, rules, reports, nowMs }),
    anomalies,
    shelf: createShelfWatch({ cases, bus, nowMs, onError: (error) => events.triggerFailed({ anomaly: 'those on the shelf', error }) }),
    surges: createSurgeWatch({ cases, office: reports, journal: anomalies, rules, registers, events, nowMs }),
    attachments,
    measures: createMeasureDesk({
      ...common,
      trace,
      telemetry,
      warnings,
      recalls,
      attachments,
      publisher: options.publisher,
      keysPath: options.exports === undefined ? undefined : join(dirname(options.exports.keysPath), 'control-keys.json')
    }),
    ...publishing,
    noticeMail: createNoticeMailOffice({ ...common, recalls, publication: publishing.publication }),
    links: createLinkBook({ cases, nowMs, ...(options.linkHosts === undefined ? {} : { hosts: options.linkHosts }) }),
    subscriptions: createSubscriptions({
      cases,
      trace,
      bus,
      logger,
      metrics,
      masterData: () => masterData.lookup(),
      settings: { nowMs, ...options.subscriptions }
    }),
    supervision,
    live: createLiveHub({ bus, registers, events }),
    events,
    nowMs
  }
}
