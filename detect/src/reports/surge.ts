/**
 * Surges of complaints and of injuries by product and lot. The count of each window is held against the product's own past by
 * `surpriseOf`; the limit of surprise follows from a budget of false alarms a month: every report asks a bounded number of questions, so
 * with the limit at budget ÷ questions a month chance alone opens no more than the budget (union bound), whatever the questions share.
 * One fatal injury opens by itself. Pure; it holds no reports.
 */
import { Type, type Static } from 'typebox'
import type { RuleDefinition } from '@tracegate/model/rules'
import { surpriseOf } from './count-statistic.ts'

const Day = Type.Integer({ minimum: 1, maximum: 366 })
const Share = Type.Number({ minimum: 0, maximum: 1 })

export const SurgeParameters = Type.Object(
  {
    windowDays: Type.Array(Day, { minItems: 1, maxItems: 6, description: 'Lengths of the windows that are counted, in days' }),
    baselineDays: Type.Integer({ minimum: 7, maximum: 1_000, description: 'Past before the window that it is held against' }),
    falseAlarmsPerMonth: Type.Number({ exclusiveMinimum: 0, maximum: 1_000, description: 'Of this rule, for all products together' }),
    reportsMin: Type.Integer({ minimum: 1, description: 'Fewer reports never open, however rare they are' }),
    ratioMin: Type.Number({ minimum: 1, description: 'Nor does a rate that is not so many times the usual one' }),
    priorCount: Type.Number({ exclusiveMinimum: 0, description: 'Reports of a product nobody knows, in priorDays' }),
    priorDays: Day,
    dispersion: Type.Number({ exclusiveMinimum: 0, description: 'Shape of the spread beyond chance; small is wide' }),
    lotShare: Type.Object(
      { min: Share },
      {
        additionalProperties: false,
        description: 'Share of the reports of a surge that must name a lot for the lot to be named, not the product'
      }
    ),
    offDays: Type.Integer({ minimum: 1, maximum: 366, description: 'Without a further report so long, the surge is over' }),
    fatalAlone: Type.Boolean({ description: 'Whether one report of a fatal injury opens by itself' }),
    reliabilityMin: Type.Number({ minimum: 0, maximum: 1, description: 'Reports that are relied on less do not count' })
  },
  { additionalProperties: false }
)
export type SurgeParameters = Static<typeof SurgeParameters>

const shared = {
  windowDays: [1, 7, 28],
  baselineDays: 180,
  falseAlarmsPerMonth: 0.5,
  ratioMin: 2,
  priorDays: 90,
  dispersion: 20,
  lotShare: { min: 0.8 },
  offDays: 28,
  reliabilityMin: 0.1
}
export const complaintSurgeDefaults: SurgeParameters = { ...shared, reportsMin: 3, priorCount: 1, fatalAlone: false }
export const injurySurgeDefaults: SurgeParameters = { ...shared, reportsMin: 2, priorCount: 0.1, fatalAlone: true }

export const complaintSurgeRule: RuleDefinition = {
  id: 'report:complaintSurge',
  category: 'report',
  types: ['complaintSurge'],
  title: { zh: '投诉激增', en: 'Complaints surge' },
  parameters: SurgeParameters,
  defaults: complaintSurgeDefaults
}
export const injurySurgeRule: RuleDefinition = {
  id: 'report:injurySurge',
  category: 'report',
  types: ['injurySurge'],
  title: { zh: '伤害激增', en: 'Injuries surge' },
  parameters: SurgeParameters,
  defaults: injurySurgeDefaults
}

/** A report as the statistic sees it. */
export interface CountedReport {
  readonly id: string
  readonly atMs: number
  readonly weight: number
  readonly lots: readonly string[]
  readonly fatal: boolean
}

export interface SurgeQuestion {
  /** Of one product, oldest first, duplicates and discarded ones left out; for injuries only those that tell of one. */
  readonly reports: readonly CountedReport[]
  /** Times of surges that are over: neither their reports nor their days are part of what is usual. */
  readonly past: readonly { readonly fromMs: number; readonly toMs: number }[]
  readonly nowMs: number
  /** Since when reports are taken at all: what was before is not known, rather than quiet. */
  readonly sinceMs: number
  /** Reports of all products that come in a month, as this rule counts them: each asks its questions. */
  readonly reportsPerMonth: number
}

export interface Surge {
  readonly reports: readonly CountedReport[]
  /** Lots that it is about; none: the product as a whole. */
  readonly lots: readonly string[]
  readonly onsetMs: number
  readonly windowDays: number
  readonly count: number
  readonly expected: number
  readonly tail: number
  readonly limit: number
  readonly fatal: number
}

const dayMs = 86_400_000
/** A new surge is rarely asked of fewer: keeps the limit from jumping while there are hardly any reports. */
const questionsPerMonthMin = 100
/** Lots that are asked of one product. */
const lotsAskedMax = 50

/** Undefined when nothing is out of the usual. */
export function findSurge(question: SurgeQuestion, parameters: SurgeParameters): Surge | undefined {
  const reports = question.reports.filter((report) => report.weight >= parameters.reliabilityMin && report.atMs <= question.nowMs)
  const lastPastMs = Math.max(0, ...question.past.map(({ toMs }) => toMs))
  const fatal = parameters.fatalAlone ? reports.filter((report) => report.fatal && isRecent(report, question, parameters, lastPastMs)) : []
  const limit = limitOf(question, parameters)
  const found = strongest(reports, { question, parameters, lastPastMs })
  const fires = found !== undefined && found.tail <= limit
  if (!fires && fatal.length === 0) return undefined
  const window = fires ? found : windowOfFatal(fatal, question.nowMs, found)
  return {
    ...window,
    lots: lotsOf(window.reports, { question, parameters, limit, lastPastMs, all: reports }),
    onsetMs: window.reports[0]?.atMs ?? question.nowMs,
    limit,
    fatal: window.reports.filter((report) => report.fatal).length
  }
}

/** The surprise from which a surge opens. Three kinds of questions a report: of its product, of its lot, and each in every window. */
export function limitOf({ reportsPerMonth }: Pick<SurgeQuestion, 'reportsPerMonth'>, parameters: SurgeParameters): number {
  const questions = Math.max(questionsPerMonthMin, reportsPerMonth * parameters.windowDays.length * 2)
  return Math.min(0.05, parameters.falseAlarmsPerMonth / questions)
}

interface Window {
  readonly reports: readonly CountedReport[]
  readonly windowDays: number
  readonly count: number
  readonly expected: number
  readonly tail: number
}

interface Asking {
  readonly question: SurgeQuestion
  readonly parameters: SurgeParameters
  readonly lastPastMs: number
}

function isRecent(report: CountedReport, { nowMs }: SurgeQuestion, { windowDays }: SurgeParameters, lastPastMs: number): boolean {
  return report.atMs > Math.max(lastPastMs, nowMs - Math.max(...windowDays) * dayMs)
}

function strongest(reports: readonly CountedReport[], asking: Asking): Window | undefined {
  let best: Window | undefined
  for (const windowDays of asking.parameters.windowDays) {
    const window = askWindow(reports, windowDays, asking)
    if (window !== undefined && (best === undefined || window.tail < best.tail)) best = window
  }
  return best
}

/** Undefined below the counts from which a window may open. */
function askWindow(
  reports: readonly CountedReport[],
  windowDays: number,
  { question, parameters, lastPastMs }: Asking
): Window | undefined {
  const { nowMs } = question
  // What belonged to a surge that is over opens no second one.
  const fromMs = Math.max(nowMs - windowDays * dayMs, lastPastMs)
  const inside = reports.filter((report) => report.atMs > fromMs)
  if (inside.length < parameters.reportsMin) return undefined
  const baseFromMs = Math.min(fromMs, Math.max(fromMs - parameters.baselineDays * dayMs, question.sinceMs))
  const isPast = (atMs: number) => question.past.some((one) => atMs >= one.fromMs && atMs <= one.toMs)
  const before = reports.filter((report) => report.atMs > baseFromMs && report.atMs <= fromMs && !isPast(report.atMs))
  const excludedMs = question.past.reduce((sum, one) => sum + Math.max(0, Math.min(one.toMs, fromMs) - Math.max(one.fromMs, baseFromMs)), 0)
  // A sum of weights, divided by their mean size, counts like reports that weigh alike (Bohm and Zech, scaled Poisson distribution).
  const unit = unitOf([...inside, ...before])
  const count = sumOf(inside) / unit
  const { expected, tail } = surpriseOf({
    // The question is asked because a report came: that one is no surprise, the others of the window are (Mecke's formula).
    count: count - 1,
    windowMs: windowDays * dayMs,
    baselineCount: sumOf(before) / unit,
    baselineMs: Math.max(0, fromMs - baseFromMs - excludedMs),
    priorCount: parameters.priorCount,
    priorMs: parameters.priorDays * dayMs,
    dispersion: parameters.dispersion
  })
  return count < expected * parameters.ratioMin ? undefined : { reports: inside, windowDays, count, expected, tail }
}

function sumOf(reports: readonly CountedReport[]): number {
  return reports.reduce((sum, report) => sum + report.weight, 0)
}

function unitOf(reports: readonly CountedReport[]): number {
  const squares = reports.reduce((sum, report) => sum + report.weight * report.weight, 0)
  return squares === 0 ? 1 : squares / sumOf(reports)
}

function windowOfFatal(fatal: readonly CountedReport[], nowMs: number, found: Window | undefined): Window {
  const first = fatal[0]?.atMs ?? nowMs
  return {
    reports: fatal,
    windowDays: Math.max(1, Math.ceil((nowMs - first) / dayMs)),
    count: fatal.length,
    expected: found?.expected ?? 0,
    tail: found?.tail ?? 1
  }
}

/** The lots that surge by themselves, when together they explain what the product shows. */
function lotsOf(
  inside: readonly CountedReport[],
  { limit, all, ...asking }: Asking & { readonly limit: number; readonly all: readonly CountedReport[] }
): string[] {
  const named = [...new Set(inside.flatMap((report) => report.lots))].slice(0, lotsAskedMax)
  const isFatal = (lot: string) => asking.parameters.fatalAlone && inside.some((report) => report.fatal && report.lots.includes(lot))
  const surging = named.filter((lot) => {
    const window = strongest(
      all.filter((report) => report.lots.includes(lot)),
      asking
    )
    return isFatal(lot) || (window !== undefined && window.tail <= limit)
  })
  const explained = inside.filter((report) => report.lots.some((lot) => surging.includes(lot))).length
  return explained >= inside.length * asking.parameters.lotShare.min ? surging : []
}

/** Whether a surge is over: nothing further came for so long. */
export function isOver(lastReportMs: number, nowMs: number, parameters: SurgeParameters): boolean {
  return nowMs - lastReportMs > parameters.offDays * dayMs
}
