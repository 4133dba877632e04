/** What every route is given: the stores, the bus and the api's own parts. Types only. */
import type { DeadLetterReader } from '@tracegate/service/dead-letter'
import type { DeviceHealthReader } from '@tracegate/service/device-health'
import type { GapLedgerReader } from '@tracegate/service/gap-ledger'
import type { Bus } from '@tracegate/service/bus'
import type { Health } from '@tracegate/service/health'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { SimulatorControl } from '@tracegate/service/simulator'
import type { Throttle } from '@tracegate/service/throttle'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Accounts } from './accounts.ts'
import type { Subscriptions } from './epcis/subscriptions/subscriptions.ts'
import type { CredentialOffice } from './credentials.ts'
import type { Exchange } from './exchange/exchange.ts'
import type { EvidenceOffice } from './exports/evidence-office.ts'
import type { LinkBook } from './digital-link/links.ts'
import type { ApiEvents } from './events.ts'
import type { LiveHub } from './live.ts'
import type { MasterData } from './master-data/master-data.ts'
import type { MeasureDesk } from './measures/measure-desk.ts'
import type { Orders } from './orders.ts'
import type { PolicyOffice } from './policy/policy-book.ts'
import type { PublicationOffice } from './publication/office.ts'
import type { NoticeMailOffice } from './recalls/notice-mail.ts'
import type { RecallOffice } from './recalls/recall-office.ts'
import type { Registers } from './registers.ts'
import type { AttachmentStore } from './reports/attachments.ts'
import type { ReportOffice } from './reports/report-office.ts'
import type { SurgeWatch } from './reports/surge-watch.ts'
import type { RuleBook } from './rules/rule-book.ts'
import type { RuleOffice } from './rules/rule-office.ts'
import type { BackTestOffice } from './rules/back-test-office.ts'
import type { AnomalyJournal } from './anomalies/anomaly-journal.ts'
import type { ShelfWatch } from './anomalies/shelf-watch.ts'
import type { AssessmentOffice } from './assessments/assessment-office.ts'
import type { EvaluationOffice } from './warnings/evaluation-office.ts'
import type { WarningOffice } from './warnings/warning-office.ts'
import type { Sessions } from './sessions.ts'
import type { SupervisionBooks } from './supervision/supervision-books.ts'
import type { SupervisionOffice } from './supervision/supervision-office.ts'

export interface ApiContext {
  readonly telemetry: TelemetryStore
  readonly trace: TraceStore
  readonly cases: CaseStore
  readonly bus: Bus
  readonly deadLetters: DeadLetterReader | undefined
  readonly gaps: GapLedgerReader | undefined
  readonly deviceHealth: DeviceHealthReader | undefined
  readonly orders: Orders
  readonly measures: MeasureDesk
  /** Undefined where this process has no folder for bundles. */
  readonly evidence: EvidenceOffice | undefined
  readonly credentials: CredentialOffice
  readonly simulator: SimulatorControl | undefined
  readonly health: Health
  readonly metrics: Metrics
  readonly logger: Logger
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly lockOut: Throttle
  readonly registers: Registers
  readonly masterData: MasterData
  readonly links: LinkBook
  readonly policy: PolicyOffice
  readonly warnings: WarningOffice
  readonly assessments: AssessmentOffice
  readonly evaluations: EvaluationOffice
  readonly recalls: RecallOffice
  readonly noticeMail: NoticeMailOffice
  readonly publication: PublicationOffice
  readonly exchange: Exchange
  readonly attachments: AttachmentStore
  readonly reports: ReportOffice
  readonly surges: SurgeWatch
  readonly rules: RuleBook
  readonly ruleOffice: RuleOffice
  readonly backTests: BackTestOffice
  readonly anomalies: AnomalyJournal
  readonly shelf: ShelfWatch
  readonly supervision: { readonly books: SupervisionBooks; readonly office: SupervisionOffice }
  readonly live: LiveHub
  readonly subscriptions: Subscriptions
  readonly events: ApiEvents
  readonly nowMs: () => number
}
