/**
 * Watches the reports of each product for surges and keeps what it sees as an anomaly: opened once, followed by further reports, closed
 * when none comes any more, withdrawn when what bore witness turns out to be duplicates or nothing. The statistic is not its own.
 */
import { anomalyIdOf } from '@tracegate/detect/anomaly-id'
import {
  complaintSurgeRule,
  findSurge,
  injurySurgeRule,
  isOver,
  SurgeParameters,
  type CountedReport,
  type Surge
} from '@tracegate/detect/reports/surge'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import type { CaseStore } from '@tracegate/store/case-store'
import type { AnomalyJournal } from '../anomalies/anomaly-journal.ts'
import type { ApiEvents } from '../events.ts'
import { createTaskQueue } from '../task-queue.ts'
import type { RuleBook } from '../rules/rule-book.ts'
import type { Registers } from '../registers.ts'
import type { ReportIndex } from './report-index.ts'
import type { ReportOffice } from './report-office.ts'
import { countedOf, figuresOf, marketOf, witnessIds, type SurgeType } from './surge-counting.ts'
import { proofOfSurge, withdrawnProof } from './surge-proof.ts'

export interface SurgeWatch extends AsyncDisposable {
  start(): void
  /** Looks at every product now: surges end by time, and reports that told nobody of themselves are seen here. */
  look(): Promise<void>
  /** Resolves when all that was told of is judged. */
  idle(): Promise<void>
}

export interface SurgeWatchOptions {
  readonly cases: CaseStore
  readonly office: ReportOffice
  readonly journal: AnomalyJournal
  readonly rules: RuleBook
  readonly registers: Pick<Registers, 'products'>
  readonly events: Pick<ApiEvents, 'surgeFailed'>
  readonly nowMs: () => number
}

const hourMs = 3_600_000
const dayMs = 86_400_000
/** Products that wait to be judged. */
const waitingMax = 10_000
/** Anomalies of reports that are read again at a start. */
const knownMax = 5_000
const anomalies = compileValidator(Anomaly)
const parametersOf = compileValidator(SurgeParameters)
const definitions = [complaintSurgeRule, injurySurgeRule] as const

interface Known {
  open: Anomaly | undefined
  readonly past: { readonly fromMs: number; readonly toMs: number }[]
}

export function createSurgeWatch(options: SurgeWatchOptions): SurgeWatch {
  const { office, events } = options
  const known = new Map<string, Known>()
  let loading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  const queue = createTaskQueue<string>({
    runningMax: 1,
    waitingMax,
    run: (product) => work(product).catch((error: unknown) => events.surgeFailed({ error }))
  })

  async function work(product: string): Promise<void> {
    await (loading ??= loadKnown(options.cases, known))
    await judge(product, await office.index())
  }

  async function judge(product: string, index: ReportIndex): Promise<void> {
    for (const definition of definitions) {
      const setting = await options.rules.setting(definition)
      const parameters = parametersOf.check(setting.parameters)
      if (!setting.enabled || !parameters.ok) continue
      const type: SurgeType = definition === complaintSurgeRule ? 'complaintSurge' : 'injurySurge'
      const state = known.get(nameOf(type, product)) ?? { open: undefined, past: [] }
      known.set(nameOf(type, product), state)
      const counted = countedOf(index.ofProduct(product), type)
      await judgeOne({
        product,
        type,
        rule: { id: setting.id, version: setting.version },
        parameters: parameters.value,
        counted,
        state,
        index
      })
    }
  }

  async function judgeOne(one: Judged): Promise<void> {
    const { state, counted, parameters, index } = one
    const nowMs = options.nowMs()
    const { open: before } = state
    const newestMs = counted.at(-1)?.atMs ?? nowMs
    if (before !== undefined) {
      const witnesses = counted.filter((report) => report.atMs >= before.onsetMs)
      if (isOver(before.lastMs, nowMs, parameters)) return close(one, nowMs, false)
      if (witnesses.length < parameters.reportsMin && !witnesses.some(({ fatal }) => fatal)) return close(one, nowMs, true)
      if (witnessIds(counted, before.onsetMs).join() === before.reports?.join()) return
    }
    const atMs = before === undefined ? nowMs : newestMs
    const surge = findSurge({ reports: counted, past: state.past, nowMs: atMs, ...marketOf(index, one.type, nowMs) }, parameters)
    if (surge !== undefined) await open(one, surge, nowMs)
    else if (before !== undefined) await follow(one, before, newestMs)
  }

  /** Further reports come at a rate that would not open it now. */
  async function follow({ state, counted, rule }: Judged, before: Anomaly, newestMs: number): Promise<void> {
    const { anomaly } = await options.journal.act({
      id: before.id,
      by: 'detect',
      action: 'changed',
      why: rule.id,
      change: (kept) =>
        kept === undefined || kept.status === 'closed'
          ? undefined
          : { ...kept, lastMs: Math.max(kept.lastMs, newestMs), reports: witnessIds(counted, kept.onsetMs) }
    })
    state.open = anomaly
  }

  async function open({ product, type, rule, state, counted }: Judged, surge: Surge, nowMs: number): Promise<void> {
    const before = state.open
    const onsetMs = before?.onsetMs ?? surge.onsetMs
    const named = (await options.registers.products()).find((row) => row.key === product)
    const lastMs = Math.max(before?.lastMs ?? 0, surge.reports.at(-1)?.atMs ?? nowMs)
    const id = before?.id ?? anomalyIdOf(type, product, onsetMs)
    const { anomaly } = await options.journal.act({
      id,
      by: 'detect',
      action: before === undefined ? 'opened' : 'changed',
      why: rule.id,
      change: (kept) => {
        if (kept?.status === 'closed' || (kept !== undefined && before === undefined)) return undefined
        return {
          id,
          type,
          category: 'report',
          rule: kept?.rule ?? rule,
          status: 'open',
          goods: surge.lots.length === 0 ? [product] : [...surge.lots],
          onsetMs,
          openedMs: kept?.openedMs ?? lastMs,
          lastMs,
          detectedAtMs: kept?.detectedAtMs ?? nowMs,
          historical: nowMs - lastMs > dayMs,
          figures: figuresOf(surge),
          witnesses: [],
          reports: witnessIds(counted, onsetMs),
          proof: proofOfSurge({ type, surge, product: named, rule }),
          ...(kept?.handling === undefined ? {} : { handling: kept.handling })
        }
      },
      receivedAtMs: nowMs
    })
    if (anomaly.status === 'open') state.open = anomaly
    else remember(state, anomaly)
  }

  async function close({ state, rule }: Judged, nowMs: number, withdrawn: boolean): Promise<void> {
    const { open: anomaly } = state
    if (anomaly === undefined) return
    const closedMs = Math.max(nowMs, anomaly.lastMs)
    const closed = await options.journal.act({
      id: anomaly.id,
      by: 'detect',
      action: 'closed',
      why: rule.id,
      change: (kept) =>
        kept === undefined || kept.status === 'closed'
          ? undefined
          : { ...kept, status: 'closed', closedMs, ...(withdrawn ? { proof: withdrawnProof(kept, closedMs) } : {}) },
      receivedAtMs: nowMs
    })
    state.open = undefined
    // A surge that was none is no past: its reports that count stay part of what is usual.
    if (!withdrawn) remember(state, closed.anomaly)
  }

  /** What finds no room is seen at the next look. */
  function take(product: string | undefined): void {
    if (product !== undefined) queue.add(product, product, () => product)
  }

  async function look(): Promise<void> {
    for (const product of (await office.index()).products()) take(product)
    await queue.idle()
  }

  office.onChange((report) => take(report.link?.product))
  return {
    idle: () => queue.idle(),
    look,
    start() {
      const onError = (error: unknown) => events.surgeFailed({ error })
      timer ??= setInterval(() => void office.upkeep().then(look).catch(onError), hourMs)
      timer.unref()
      look().catch(onError)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      queue.clear()
      await queue.idle()
    }
  }
}

interface Judged {
  readonly product: string
  readonly type: SurgeType
  readonly rule: Anomaly['rule']
  readonly parameters: SurgeParameters
  readonly counted: readonly CountedReport[]
  readonly state: Known
  readonly index: ReportIndex
}

function nameOf(type: SurgeType, product: string): string {
  return `${type} ${product}`
}

function remember(state: Known, anomaly: Anomaly): void {
  state.open = undefined
  state.past.push({ fromMs: anomaly.onsetMs, toMs: anomaly.lastMs })
}

async function loadKnown(cases: CaseStore, known: Map<string, Known>): Promise<void> {
  let cursor: string | undefined
  for (let seen = 0; seen < knownMax;) {
    const page = await cases.heads({ kind: 'anomaly', limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
    for (const head of page.heads) {
      seen += 1
      const read = anomalies.check(head.state)
      if (!read.ok || (read.value.type !== 'complaintSurge' && read.value.type !== 'injurySurge')) continue
      const { type, goods } = read.value
      const [first = ''] = goods
      const product = keyKind(first) === 'lot' ? (parentKeyOf(first) ?? first) : first
      const state = known.get(nameOf(type, product)) ?? { open: undefined, past: [] }
      known.set(nameOf(type, product), state)
      if (read.value.status === 'open') state.open = read.value
      else state.past.push({ fromMs: read.value.onsetMs, toMs: read.value.lastMs })
    }
    if (page.next === undefined) return
    cursor = page.next
  }
}
