/**
 * Back-tests as jobs: "what would this rule have raised last month?". One runs at a time, a few wait, each can be cancelled and ends at its
 * time limit; what they found is kept in memory. None changes a setting or an anomaly.
 */
import { randomUUID } from 'node:crypto'
import type { DetectionRegisters } from '@tracegate/detect/engine'
import { ruleDefinitions } from '@tracegate/detect/rule-definitions'
import { Anomaly, type AnomalyType } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { BackTestJob, BackTestResult } from '@tracegate/model/http-rules'
import type { ProductProfile } from '@tracegate/model/registers'
import type { RuleDefinition, RuleParameters, RuleSetting } from '@tracegate/model/rules'
import type { CaseStore } from '@tracegate/store/case-store'
import type { Registers } from '../registers.ts'
import type { ReportOffice } from '../reports/report-office.ts'
import { compareRuns } from './back-test-compare.ts'
import { feedBackTest, type FeedRequest, type History } from './back-test-feed.ts'
import { isReportRule, runReportRule } from './back-test-reports.ts'
import { ruleError } from './errors.ts'
import type { RuleBook } from './rule-book.ts'

export interface BackTestAsk {
  readonly subject:
    | { readonly type: 'rule'; readonly definition: RuleDefinition; readonly parameters: RuleParameters }
    | { readonly type: 'profile'; readonly profile: ProductProfile }
  readonly fromMs: number
  readonly toMs: number
  readonly point?: string | undefined
  readonly by: string
}

export interface BackTestOffice extends AsyncDisposable {
  /** Rejects with `BACK_TESTS_FULL` or `BACK_TEST_SPAN`. */
  order(ask: BackTestAsk): BackTestJob
  job(id: string): BackTestJob | undefined
  jobs(): BackTestJob[]
  /** Gives the job as it is then; undefined when there is none. */
  cancel(id: string): BackTestJob | undefined
  /** Resolves when it has ended or the time is over. */
  settled(id: string, withinMs: number): Promise<BackTestJob | undefined>
}

export interface BackTestOptions extends History {
  readonly cases: CaseStore
  readonly registers: Pick<Registers, 'places' | 'points' | 'products' | 'profiles'>
  readonly rules: RuleBook
  readonly reports: ReportOffice
  readonly nowMs: () => number
}

const waitingMax = 5
const jobsKeptMax = 50
const daysMax = 93
const dayMs = 86_400_000
const timeLimitMs = 15 * 60_000
/** What detectors must have seen before they can tell anything; what they raise of it does not count. */
const warmUpMs = dayMs
const seriesMax = 2_000
/** Anomalies on record that are counted beside. */
const recordedMax = 20_000
const anomalies = compileValidator(Anomaly)
const profileTypes: ReadonlySet<AnomalyType> = new Set([
  'limit',
  'excursion',
  'cumulativeExcursion',
  'meanKineticTemperature',
  'recordingInterval'
])

interface Kept {
  job: BackTestJob
  readonly ask: BackTestAsk
  readonly abort: AbortController
  readonly ended: PromiseWithResolvers<void>
}

export function createBackTestOffice(options: BackTestOptions): BackTestOffice {
  const kept = new Map<string, Kept>()
  const queue: Kept[] = []
  let running: Promise<void> | undefined

  async function runAll(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await run(next)
  }

  async function run(one: Kept): Promise<void> {
    if (one.job.state !== 'waiting') return
    const started = performance.now()
    const signal = AbortSignal.any([one.abort.signal, AbortSignal.timeout(timeLimitMs)])
    one.job = { ...one.job, state: 'running' }
    try {
      const result = await test(options, one.ask, signal, (progress) => {
        one.job = { ...one.job, progress: Math.max(one.job.progress, Math.min(1, progress)) }
      })
      const tookMs = Math.round(performance.now() - started)
      one.job = { ...one.job, state: 'done', progress: 1, result: { ...result, tookMs }, finishedAtMs: options.nowMs() }
    } catch (error) {
      const detail = signal.aborted && !one.abort.signal.aborted ? `it took more than ${timeLimitMs / 60_000} minutes` : messageOf(error)
      one.job = { ...one.job, state: one.abort.signal.aborted ? 'cancelled' : 'failed', detail, finishedAtMs: options.nowMs() }
    } finally {
      one.ended.resolve()
    }
  }

  return {
    order(ask) {
      const days = (ask.toMs - ask.fromMs) / dayMs
      if (!(days > 0 && days <= daysMax)) throw ruleError('BACK_TEST_SPAN', { days, daysMax })
      const waiting = queue.length + (running === undefined ? 0 : 1)
      if (waiting >= waitingMax) throw ruleError('BACK_TESTS_FULL', { waiting, waitingMax })
      const { subject, fromMs, toMs, by } = ask
      const rule = subject.type === 'rule' ? subject.definition.id : `profile:${subject.profile.id}`
      const job: BackTestJob = { id: randomUUID(), rule, state: 'waiting', by, fromMs, toMs, createdAtMs: options.nowMs(), progress: 0 }
      const one: Kept = { job, ask, abort: new AbortController(), ended: Promise.withResolvers() }
      kept.set(job.id, one)
      for (const [id, { job: old }] of kept) {
        if (kept.size <= jobsKeptMax) break
        if (old.finishedAtMs !== undefined) kept.delete(id)
      }
      queue.push(one)
      running ??= runAll().finally(() => (running = undefined))
      return job
    },
    job: (id) => kept.get(id)?.job,
    jobs: () => [...kept.values()].map(({ job }) => job).toReversed(),
    cancel(id) {
      const one = kept.get(id)
      if (one === undefined) return undefined
      one.abort.abort(new Error('it was cancelled'))
      if (one.job.state === 'waiting') {
        one.job = { ...one.job, state: 'cancelled', finishedAtMs: options.nowMs() }
        one.ended.resolve()
      }
      return one.job
    },
    async settled(id, withinMs) {
      const one = kept.get(id)
      if (one === undefined) return undefined
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, withinMs)
      await Promise.race([one.ended.promise, promise])
      clearTimeout(timer)
      return one.job
    },
    async [Symbol.asyncDispose]() {
      for (const one of kept.values()) one.abort.abort(new Error('the process ends'))
      await running
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 500) : 'an unknown reason'
}

type Result = Omit<BackTestResult, 'tookMs'>

async function test(options: BackTestOptions, ask: BackTestAsk, signal: AbortSignal, onProgress: (share: number) => void): Promise<Result> {
  const { subject, fromMs, toMs } = ask
  if (subject.type === 'rule' && isReportRule(subject.definition.id)) return testReports(options, ask, signal)
  const [before, places] = await Promise.all([registersOf(options), options.registers.places()])
  const after = withSubject(before, subject)
  const isTrace = subject.type === 'rule' && subject.definition.category === 'trace'
  const profilePlaces = new Set(
    subject.type === 'profile' ? places.filter(({ profile }) => profile === subject.profile.id).map(({ key }) => key) : []
  )
  const watched = places.filter(({ key }) => subject.type === 'rule' || profilePlaces.has(key))
  const series = isTrace ? [] : await seriesOf(options, ask, watched)
  const request: FeedRequest = {
    start: { before, after },
    fromMs: Math.max(0, fromMs - warmUpMs),
    toMs,
    series,
    withEvents: isTrace,
    signal,
    onProgress
  }
  const fed = await feedBackTest(options, request)
  const counts = (anomaly: Anomaly): boolean =>
    anomaly.openedMs >= fromMs &&
    anomaly.openedMs < toMs &&
    (ask.point === undefined || anomaly.point === undefined || anomaly.point === ask.point) &&
    (subject.type === 'rule'
      ? subject.definition.types.includes(anomaly.type)
      : profileTypes.has(anomaly.type) && profilePlaces.has(anomaly.place ?? ''))
  return {
    ...compareRuns(fed.before.filter(counts), fed.after.filter(counts)),
    raised: await raisedOf(options.cases, counts),
    readings: fed.readings,
    events: fed.events,
    reports: 0,
    series: series.length,
    ...(fed.truncatedAtMs === undefined ? {} : { truncatedAtMs: fed.truncatedAtMs })
  }
}

async function testReports({ reports, rules, cases }: BackTestOptions, ask: BackTestAsk, signal: AbortSignal): Promise<Result> {
  const { subject, fromMs, toMs } = ask
  if (subject.type !== 'rule') throw new TypeError('Cannot test reports by a profile')
  const index = await reports.index()
  const current = await rules.setting(subject.definition)
  const before = await runReportRule({ index, setting: current, fromMs, toMs, signal })
  const tried = { id: current.id, version: current.version + 1, enabled: true, parameters: subject.parameters }
  const after = await runReportRule({ index, setting: tried, fromMs, toMs, signal })
  const counts = (anomaly: Anomaly): boolean =>
    subject.definition.types.includes(anomaly.type) && anomaly.openedMs >= fromMs && anomaly.openedMs < toMs
  return {
    ...compareRuns(before.anomalies, after.anomalies),
    raised: await raisedOf(cases, counts),
    readings: 0,
    events: 0,
    reports: after.reports,
    series: 0
  }
}

async function registersOf({ registers, rules }: BackTestOptions): Promise<DetectionRegisters> {
  const [places, points, products, profiles, settings] = await Promise.all([
    registers.places(),
    registers.points(),
    registers.products(),
    registers.profiles(),
    Promise.all(ruleDefinitions.map((definition) => rules.setting(definition)))
  ])
  // As plain values: they go to another thread.
  return structuredClone({ places, points, products, profiles, rules: settings })
}

function withSubject(before: DetectionRegisters, subject: BackTestAsk['subject']): DetectionRegisters {
  if (subject.type === 'profile') {
    const others = before.profiles.filter(({ id }) => id !== subject.profile.id)
    return { ...before, profiles: [...others, subject.profile] }
  }
  const { definition, parameters } = subject
  const settings: RuleSetting[] = (before.rules ?? []).map((setting) =>
    setting.id === definition.id ? { ...setting, version: setting.version + 1, enabled: true, parameters } : setting
  )
  return { ...before, rules: settings }
}

/** What watches the places in question; for a rule of instruments every series of the point, or of all. */
async function seriesOf(
  { telemetry }: BackTestOptions,
  ask: BackTestAsk,
  places: Awaited<ReturnType<Registers['places']>>
): Promise<string[]> {
  const known = await telemetry.series(ask.point === undefined ? '' : `${ask.point}/`)
  const names = known.filter(({ lastMs }) => lastMs >= ask.fromMs - warmUpMs).map(({ series }) => series)
  if (ask.subject.type === 'rule') return names.slice(0, seriesMax)
  const watched = new Set(places.flatMap((place) => place.watches.map((watch) => `${place.point}/${watch.device}/${watch.metric}`)))
  return names.filter((name) => watched.has(name)).slice(0, seriesMax)
}

async function raisedOf(cases: CaseStore, counts: (anomaly: Anomaly) => boolean): Promise<number> {
  let raised = 0
  let cursor: string | undefined
  for (let seen = 0; seen < recordedMax;) {
    const page = await cases.heads({ kind: 'anomaly', limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
    for (const head of page.heads) {
      seen += 1
      const read = anomalies.check(head.state)
      if (read.ok && counts(read.value)) raised += 1
    }
    cursor = page.next
    if (cursor === undefined) break
  }
  return raised
}
