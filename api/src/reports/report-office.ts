/**
 * The intake of reports: keeps each as it was told, finds its goods, holds it against those before it, and takes the steps that people make
 * of it. An insider's report keeps no identity: no name, no key, no time but the hour, no number in a series, no word on the bus.
 */
import { createHash, randomBytes } from 'node:crypto'
import { compileValidator } from '@tracegate/model/codec'
import type { PolicyVersion } from '@tracegate/model/policy/policy'
import { ReportCase, type ReportChannel, type ReportLink, type ReportTold } from '@tracegate/model/report'
import { findGoods, indexProducts, type ProductIndex } from '@tracegate/model/report-linking'
import { isReportOpen, rawLengthMax, reduceReport, ReportStep, reportSteps, type RawPayload } from '@tracegate/model/report-reducer'
import type { ReportSource } from '@tracegate/model/report-sources'
import type { Product } from '@tracegate/model/registers'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import { createCaseBook, type CaseBook, type KeptCase } from '../cases/case-book.ts'
import { lotsOfItems } from '../goods.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { Registers } from '../registers.ts'
import { withoutIdentity } from './insider.ts'
import { createReceipts, type Receipts, type ReporterContact } from './receipts.ts'
import { createReportIndex, reportsHeldMax, type ReportIndex } from './report-index.ts'

export interface NewReport {
  readonly told: ReportTold
  readonly source: ReportSource
  readonly channel: ReportChannel
  readonly sourceId?: string | undefined
  readonly format?: string | undefined
  /** Account or key; none of the public and of insiders. */
  readonly by?: string | undefined
  readonly reporter?: ReporterContact | undefined
  /** What came, word for word. */
  readonly raw: { readonly mediaType: string; readonly text: string }
}

/** known: the source told the same of the same number before; nothing was kept. */
type Received =
  | { readonly outcome: 'received'; readonly kept: KeptCase<ReportCase>; readonly receipt: string }
  | { readonly outcome: 'known'; readonly kept: KeptCase<ReportCase> }

export interface ReportOffice {
  readonly book: CaseBook<ReportCase, ReportStep>
  readonly receipts: Receipts
  receive(report: NewReport): Promise<Received>
  /** A step of a person, or of the machine, on a case that is there. */
  step(request: {
    readonly id: string
    readonly by: string
    readonly why: string
    readonly expectedLength?: number | undefined
    readonly decide: (before: ReportCase, policy: PolicyVersion) => ReportStep | undefined
  }): Promise<KeptCase<ReportCase>>
  /**
   * Once in a while: removes contacts of reports that were settled long enough ago, and looks again for the goods of those that have none,
   * as products are registered later, too. Gives how many of each.
   */
  upkeep(): Promise<{ readonly forgotten: number; readonly linked: number }>
  /** The recent ones, of all processes; loaded at the first ask. */
  index(): Promise<ReportIndex>
  /** Told of every report that came in or changed; of an insider's only when people change it. */
  onChange(listener: (report: ReportCase) => void): void
}

export interface ReportOfficeOptions {
  readonly cases: CaseStore
  readonly trace: TraceStore
  readonly bus: Bus
  readonly registers: Pick<Registers, 'products'>
  readonly policy: PolicyBook
  readonly nowMs: () => number
}

const hourMs = 3_600_000
/** Changes of other processes that are caught up with before one report is held against all others. */
const caughtUpMax = 1_000
const pageHeads = 1_000
const reportCases = compileValidator(ReportCase)

export function createReportOffice(options: ReportOfficeOptions): ReportOffice {
  const { cases, bus, policy, nowMs } = options
  const index = createReportIndex()
  const receipts = createReceipts(cases)
  const listeners: ((report: ReportCase) => void)[] = []
  const productIndex = createProductIndex()
  const bookAt = (clock: () => number, changed?: (report: ReportCase) => void) =>
    createCaseBook({
      cases,
      kind: 'report',
      what: 'report',
      state: ReportCase,
      step: ReportStep,
      reduce: (before, step, context) => reduceReport(before, step, context),
      action: (step) => step.type,
      isOpen: isReportOpen,
      nowMs: clock,
      ...(changed === undefined ? {} : { changed })
    })
  const tell = (report: ReportCase): void => {
    bus.publish('report', { report })
    for (const listener of listeners) listener(report)
  }
  const book = bookAt(nowMs, tell)
  /** Its clock has hours only, and nobody hears of it. */
  const quietBook = bookAt(() => hourOf(nowMs()))
  let loading: Promise<void> | undefined
  const loaded = () => (loading ??= load(cases, index).catch((error: unknown) => ((loading = undefined), Promise.reject(error))))

  async function prepare(report: NewReport, version: PolicyVersion): Promise<{ id: string; step: ReportStep; receipt: string }> {
    const isInsider = report.channel === 'insider'
    const receivedAtMs = isInsider ? hourOf(nowMs()) : nowMs()
    const { receipt, digest } = receipts.make()
    const rules = version.policy.reports
    const { candidates, ...named } = findGoods(report.told, productIndex(await options.registers.products()), rules.linking)
    const link = named.link === undefined ? undefined : await withLots(options.trace, named.link)
    const id = isInsider ? `R-I-${randomBytes(10).toString('hex')}` : await nextId(cases, receivedAtMs)
    const content: Extract<ReportStep, { type: 'received' }>['content'] = {
      source: report.source,
      channel: report.channel,
      ...(report.sourceId === undefined ? {} : { sourceId: report.sourceId }),
      ...(report.format === undefined ? {} : { format: report.format }),
      ...(report.by === undefined || isInsider || report.channel === 'public' ? {} : { handedInBy: report.by }),
      receivedAtMs,
      receipt: digest,
      told: report.told,
      contactKept: report.reporter !== undefined && !isInsider,
      attachments: [],
      reliability: rules.reliability[report.source],
      harm: report.told.harm ?? { worst: 'none', injured: 0, fatal: 0 },
      ...(link === undefined ? {} : { link }),
      candidates
    }
    const probe: ReportCase = {
      ...content,
      id,
      status: 'received',
      notDuplicateOf: [],
      updatedAtMs: receivedAtMs,
      policyVersion: version.version
    }
    const duplicateOf = index.duplicateOf(probe, rules.duplicates)
    const step: ReportStep = {
      type: 'received',
      content: { ...content, ...(duplicateOf === undefined ? {} : { duplicateOf }) },
      raw: rawOf(report.raw),
      policyVersion: version.version
    }
    return { id, step, receipt }
  }

  async function receive(report: NewReport): Promise<Received> {
    await loaded()
    await catchUp(cases, index)
    const known = report.sourceId === undefined ? undefined : index.ofSource(report.source, report.sourceId)
    if (known !== undefined && JSON.stringify(known.told) === JSON.stringify(report.told))
      return { outcome: 'known', kept: await book.get(known.id) }
    const { id, step, receipt } = await prepare(report, await policy.current())
    const isInsider = report.channel === 'insider'
    if (step.type !== 'received') throw new TypeError('Cannot receive a report: its first step is another')
    await receipts.keep(step.content.receipt, id, isInsider ? undefined : report.reporter)
    const by = isInsider ? 'insider' : report.channel === 'public' ? 'public' : (report.by ?? 'unknown')
    const kept = await (isInsider ? quietBook : book).act({ id, by, why: 'received', expectedLength: 0, decide: () => step })
    index.set(kept.state, kept.length)
    return { outcome: 'received', kept, receipt }
  }

  async function upkeep(): Promise<{ forgotten: number; linked: number }> {
    await loaded()
    const { policy: rules, version } = await policy.current()
    const done = { forgotten: 0, linked: 0 }
    const products = productIndex(await options.registers.products())
    // As they are now: a step puts its report at the end of the index.
    const all = [...index.all()]
    for (const report of all) {
      const isOld = report.updatedAtMs + rules.reports.personalDataKeptMs <= nowMs()
      const by = 'tracegate'
      if (report.contactKept && !isReportOpen(report) && isOld) {
        await receipts.removeReporter(report.receipt)
        await step({
          id: report.id,
          by,
          why: 'kept long enough',
          decide: (now) => (now.contactKept ? { type: 'contactRemoved' } : undefined)
        })
        done.forgotten += 1
      }
      if (report.link !== undefined || !reportSteps.proposed.includes(report.status)) continue
      const { link, candidates } = findGoods(report.told, products, rules.reports.linking)
      if (link === undefined) continue
      const proposed = { type: 'proposed' as const, link: await withLots(options.trace, link), candidates, policyVersion: version }
      await step({ id: report.id, by, why: 'its goods are known now', decide: (now) => (now.link === undefined ? proposed : undefined) })
      done.linked += 1
    }
    return done
  }

  const step: ReportOffice['step'] = async ({ id, by, why, expectedLength, decide }) => {
    await loaded()
    const version = await policy.current()
    const { state } = await book.get(id)
    // What an insider adds tells no time either, nor does what the machine does with it.
    const quiet = state.channel === 'insider' && (by === 'insider' || by === 'tracegate')
    const kept = await (quiet ? quietBook : book).act({
      id,
      by,
      why,
      ...(expectedLength === undefined ? {} : { expectedLength }),
      decide: (before) => (before === undefined ? undefined : decide(before, version))
    })
    index.set(kept.state, kept.length)
    return kept
  }

  // One after the other: two of one event that come at once would not see each other.
  let turn: Promise<unknown> = Promise.resolve()
  return {
    book,
    receipts,
    receive(report) {
      const mine = turn.then(() => receive(withoutIdentity(report)))
      turn = mine.catch(() => undefined)
      return mine
    },
    step,
    upkeep,
    async index() {
      await loaded()
      return index
    },
    onChange: (listener) => void listeners.push(listener)
  }
}

/** A code of one item names no lot; the events of the item do. */
async function withLots(trace: TraceStore, link: ReportLink): Promise<ReportLink> {
  if (link.items.length === 0 || link.lots.length > 0) return link
  // The report is taken whether the trace can be asked or not.
  const lots = await lotsOfItems(trace, link.items).catch(() => new Map<string, string>())
  return { ...link, lots: [...new Set(lots.values())] }
}

export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / hourMs) * hourMs
}

function createProductIndex(): (products: readonly Product[]) => ProductIndex {
  let last: { readonly products: readonly Product[]; readonly index: ProductIndex } | undefined
  return (products) => {
    if (last?.products !== products) last = { products, index: indexProducts(products) }
    return last.index
  }
}

async function nextId(cases: CaseStore, atMs: number): Promise<string> {
  const year = new Date(atMs).getUTCFullYear()
  return `R-${year}-${String(await cases.nextNumber(`reports-${year}`)).padStart(6, '0')}`
}

function rawOf({ mediaType, text }: NewReport['raw']): RawPayload {
  const bytes = Buffer.byteLength(text)
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { mediaType: mediaType.slice(0, 128), text: text.slice(0, rawLengthMax), bytes, sha256 }
}

/** The newest, as many as the index holds, the oldest of them first. */
async function load(cases: CaseStore, index: ReportIndex): Promise<void> {
  const pages: { report: ReportCase; length: number }[] = []
  let cursor: string | undefined
  do {
    const page = await cases.heads({ kind: 'report', limit: pageHeads, ...(cursor === undefined ? {} : { cursor }) })
    for (const head of page.heads) {
      const read = reportCases.check(head.state)
      if (read.ok) pages.push({ report: read.value, length: head.length })
    }
    cursor = page.next
  } while (cursor !== undefined && pages.length < reportsHeldMax)
  const ordered = pages.toSorted((left, right) => left.report.receivedAtMs - right.report.receivedAtMs)
  for (const [at, { report, length }] of ordered.entries()) {
    index.set(report, length)
    // Making the sketches of many reports must not hold up those who ask for something else.
    if (at % 50 === 49) await new Promise((resolve) => void setImmediate(resolve))
  }
}

/** What other processes took in or changed since. */
async function catchUp(cases: CaseStore, index: ReportIndex): Promise<void> {
  let cursor: string | undefined
  for (let seen = 0; seen < caughtUpMax;) {
    const page = await cases.heads({ kind: 'report', limit: 20, ...(cursor === undefined ? {} : { cursor }) })
    for (const head of page.heads) {
      seen += 1
      if ((index.get(head.id)?.length ?? 0) >= head.length) return
      const read = reportCases.check(head.state)
      if (read.ok) index.set(read.value, head.length)
    }
    if (page.next === undefined) return
    cursor = page.next
  }
}
