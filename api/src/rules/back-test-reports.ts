/** What a report rule would have raised of the reports that are there: one run over them in the order they came. Raises nothing. */
import { anomalyIdOf } from '@tracegate/detect/anomaly-id'
import { complaintSurgeRule, findSurge, injurySurgeRule, isOver, SurgeParameters } from '@tracegate/detect/reports/surge'
import type { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { RuleSetting } from '@tracegate/model/rules'
import type { ReportIndex } from '../reports/report-index.ts'
import { countedOf, figuresOf, type SurgeType } from '../reports/surge-counting.ts'
import { proofOfSurge } from '../reports/surge-proof.ts'

const parametersOf = compileValidator(SurgeParameters)
const dayMs = 86_400_000
/** Products between two looks at whether others wait. */
const productsTogether = 20

export interface ReportRun {
  readonly index: ReportIndex
  readonly setting: RuleSetting
  readonly fromMs: number
  readonly toMs: number
  readonly signal: AbortSignal
}

export function isReportRule(id: string): boolean {
  return id === complaintSurgeRule.id || id === injurySurgeRule.id
}

export async function runReportRule(run: ReportRun): Promise<{ anomalies: Anomaly[]; reports: number }> {
  const { index, setting } = run
  const type: SurgeType = setting.id === complaintSurgeRule.id ? 'complaintSurge' : 'injurySurge'
  const parameters = parametersOf.check(setting.parameters)
  if (!parameters.ok || !setting.enabled) return { anomalies: [], reports: 0 }
  const all = countedOf([...index.all()], type)
  const sinceMs = all[0]?.atMs ?? run.fromMs
  const months = Math.max(1, ((all.at(-1)?.atMs ?? sinceMs) - sinceMs) / (30 * dayMs))
  const market = { sinceMs, reportsPerMonth: all.length / months }
  const anomalies: Anomaly[] = []
  for (const [at, product] of index.products().entries()) {
    if (at % productsTogether === productsTogether - 1) await new Promise((resolve) => void setImmediate(resolve))
    run.signal.throwIfAborted()
    anomalies.push(...surgesOf({ ...run, type, product, parameters: parameters.value, market }))
  }
  return { anomalies, reports: all.filter(({ atMs }) => atMs >= run.fromMs && atMs < run.toMs).length }
}

interface ProductRun extends ReportRun {
  readonly type: SurgeType
  readonly product: string
  readonly parameters: SurgeParameters
  readonly market: { readonly sinceMs: number; readonly reportsPerMonth: number }
}

function surgesOf({ index, setting, fromMs, toMs, type, product, parameters, market }: ProductRun): Anomaly[] {
  const counted = countedOf(index.ofProduct(product), type)
  const found: Anomaly[] = []
  const past: { fromMs: number; toMs: number }[] = []
  let open: Anomaly | undefined
  for (const [at, report] of counted.entries()) {
    if (report.atMs >= toMs) break
    if (open !== undefined && isOver(open.lastMs, report.atMs, parameters)) {
      past.push({ fromMs: open.onsetMs, toMs: open.lastMs })
      found.push({ ...open, status: 'closed', closedMs: open.lastMs + parameters.offDays * dayMs })
      open = undefined
    }
    if (open !== undefined) open = { ...open, lastMs: report.atMs }
    if (open !== undefined || report.atMs < fromMs) continue
    const surge = findSurge({ reports: counted.slice(0, at + 1), past, nowMs: report.atMs, ...market }, parameters)
    if (surge === undefined) continue
    const rule = { id: setting.id, version: setting.version }
    open = {
      id: anomalyIdOf(type, product, surge.onsetMs),
      type,
      category: 'report',
      rule,
      status: 'open',
      goods: surge.lots.length === 0 ? [product] : [...surge.lots],
      onsetMs: surge.onsetMs,
      openedMs: report.atMs,
      lastMs: report.atMs,
      detectedAtMs: report.atMs,
      historical: false,
      figures: figuresOf(surge),
      witnesses: [],
      reports: surge.reports.map(({ id }) => id).slice(0, 64),
      proof: proofOfSurge({ type, surge, product: undefined, rule })
    }
  }
  return open === undefined ? found : [...found, open]
}
