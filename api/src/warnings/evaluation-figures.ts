/** Gathers the figures of an evaluation: measures done, failed and late, anomalies and readings since the publication, recalls, reports. */
import { Type } from 'typebox'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { EvaluationFigures } from '@tracegate/model/evaluation'
import { MeasureCase } from '@tracegate/model/measure'
import type { RecallCase } from '@tracegate/model/recall-case'
import { recallStatuses } from '@tracegate/model/recall-case'
import { ReportCase } from '@tracegate/model/report'
import type { WarningCase } from '@tracegate/model/warning'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { Registers } from '../registers.ts'

export interface FigureSources {
  readonly cases: CaseStore
  readonly telemetry: TelemetryStore
  readonly registers: Registers
  readonly nowMs: () => number
  /** How many of a recall's goods are accounted for; missing where this process computes no progress. */
  readonly recallProgress?: (id: string) => Promise<{ readonly goods: number; readonly accounted: number } | undefined>
}

/** Cases looked through for those about the same goods; past it the figures say that more may exist. */
const casesMax = 1_000
const seriesMax = 16
const recallsMax = 256
const bucketsMax = 1_000
const hourMs = 3_600_000

const anomalies = compileValidator(Anomaly)
const measures = compileValidator(MeasureCase)
const reports = compileValidator(ReportCase)
const recalls = compileValidator(
  Type.Object({ status: Type.Enum(recallStatuses), origin: Type.Object({ warnings: Type.Array(Type.String()) }) })
)

export async function evaluationFigures(sources: FigureSources, warning: WarningCase): Promise<EvaluationFigures> {
  const sinceMs = warning.published?.firstAtMs ?? warning.draftedAtMs
  const atMs = sources.nowMs()
  const period = { sinceMs, atMs }
  const [ordered, seen, readings, recalled, reportsSince] = await Promise.all([
    measureFigures(sources.cases, warning, atMs),
    anomalyFigures(sources.cases, warning, sinceMs),
    readingFigures(sources, warning, period),
    recallFigures(sources, warning),
    reportsAbout(sources.cases, warning, sinceMs)
  ])
  return { ...period, measures: ordered, anomalies: seen, readings, recalls: recalled, reportsSince }
}

async function measureFigures(cases: CaseStore, warning: WarningCase, atMs: number): Promise<EvaluationFigures['measures']> {
  const heads = await Promise.all(warning.measures.map((id) => cases.head('measure', id)))
  const figures = { ordered: 0, done: 0, failed: 0, late: 0, underWay: 0 }
  for (const head of heads) {
    const read = measures.check(head?.state)
    if (!read.ok || read.value.status === 'withdrawn') continue
    const { ended, deadlines } = read.value
    figures.ordered += 1
    if (ended === undefined) figures.underWay += 1
    else figures[ended.result] += 1
    if (ended?.late ?? atMs > deadlines.executeMs) figures.late += 1
  }
  return figures
}

async function anomalyFigures(cases: CaseStore, warning: WarningCase, sinceMs: number): Promise<EvaluationFigures['anomalies']> {
  const { heads, next } = await cases.heads({
    kind: 'anomaly',
    ...(warning.point === undefined ? {} : { point: warning.point }),
    limit: casesMax
  })
  const goods = new Set([...warning.scope.exposed.map((stay) => stay.key), ...warning.scope.lots, ...warning.scope.products])
  let since = 0
  let open = 0
  let lastMs: number | undefined
  for (const head of heads) {
    const read = anomalies.check(head.state)
    if (!read.ok || read.value.category === 'device') continue
    const anomaly = read.value
    const same =
      anomaly.id === warning.anomaly ||
      (warning.place !== undefined && anomaly.place === warning.place) ||
      anomaly.goods.some((key) => goods.has(key))
    if (!same) continue
    if (anomaly.openedMs > sinceMs) since += 1
    if (anomaly.status === 'open') open += 1
    lastMs = Math.max(lastMs ?? 0, anomaly.lastMs)
  }
  return { since, open, ...(lastMs === undefined ? {} : { lastMs }), truncated: next !== undefined }
}

interface Period {
  readonly sinceMs: number
  readonly atMs: number
}

async function readingFigures(sources: FigureSources, warning: WarningCase, period: Period): Promise<EvaluationFigures['readings']> {
  const [places, profiles] = await Promise.all([sources.registers.places(), sources.registers.profiles()])
  const place = places.find(({ key }) => key === warning.place)
  if (place?.point === undefined || period.atMs <= period.sinceMs) return []
  const profile = profiles.find(({ id }) => id === place.profile)
  const watched = place.watches.filter(({ quantity }) => quantity === 'temperature').slice(0, seriesMax)
  const figures: EvaluationFigures['readings'] = []
  for (const { device, metric } of watched) {
    const series = `${place.point}/${device}/${metric}`
    const found = await seriesFigures(sources.telemetry, series, { ...period, low: profile?.low, high: profile?.high })
    if (found !== undefined) figures.push(found)
  }
  return figures
}

interface SeriesQuestion extends Period {
  readonly low: number | undefined
  readonly high: number | undefined
}

async function seriesFigures(telemetry: TelemetryStore, series: string, question: SeriesQuestion) {
  const { sinceMs, atMs, low, high } = question
  const buckets = Math.min(bucketsMax, Math.max(1, Math.ceil((atMs - sinceMs) / hourMs)))
  const found = await telemetry.buckets({ series, fromMs: sinceMs, toMs: atMs, buckets })
  let [count, sum, within] = [0, 0, 0]
  let [min, max] = [Infinity, -Infinity]
  for (const [at, number] of found.count.entries()) {
    const [least, most, mean] = [found.min[at] ?? 0, found.max[at] ?? 0, found.mean[at] ?? 0]
    count += number
    sum += number * mean
    min = Math.min(min, least)
    max = Math.max(max, most)
    if ((low === undefined || least >= low) && (high === undefined || most <= high)) within += 1
  }
  if (count === 0) return undefined
  const limits = { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) }
  return { series, unit: found.unit, count, min, max, mean: sum / count, ...limits, hoursWithin: within / found.count.length }
}

async function recallFigures({ cases, recallProgress }: FigureSources, warning: WarningCase): Promise<EvaluationFigures['recalls']> {
  const figures: EvaluationFigures['recalls'] = []
  const ofIt = new Set(warning.recalls)
  const { heads } = await cases.heads({ kind: 'recall', limit: casesMax })
  for (const { id, state } of heads) {
    const read = recalls.check(state)
    if (!read.ok || !(ofIt.has(id) || read.value.origin.warnings.includes(warning.id)) || figures.length >= recallsMax) continue
    const status: RecallCase['status'] = read.value.status
    const progress = await recallProgress?.(id)
    figures.push({ id, status, closed: status === 'closed' || status === 'noDefect' || status === 'routed', ...progress })
  }
  return figures
}

async function reportsAbout(cases: CaseStore, warning: WarningCase, sinceMs: number): Promise<number> {
  const products = new Set(warning.scope.products)
  const { heads } = await cases.heads({ kind: 'report', limit: casesMax })
  return heads.filter((head) => {
    const read = reports.check(head.state)
    if (!read.ok || read.value.receivedAtMs < sinceMs || read.value.duplicateOf !== undefined) return false
    const product = read.value.link?.product
    return product !== undefined && products.has(product)
  }).length
}
