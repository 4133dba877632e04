/** How a monitoring point is doing, from its open cases, devices and latest readings. */
import type { PointSummary } from '@tracegate/model/http'
import type { Device, MonitoringPoint } from '@tracegate/model/registers'
import type { ApiContext } from './context.ts'

/** Without a reading for so long a point counts as stale. */
const staleAfterMs = 5 * 60_000
/** Open cases looked at for the counts; far above what a port has open at once. */
const openCasesMax = 1_000

export async function pointSummaries(context: ApiContext): Promise<PointSummary[]> {
  const [points, devices, anomalies, warnings, latest] = await Promise.all([
    context.registers.points(),
    context.registers.devices(),
    context.cases.heads({ kind: 'anomaly', open: true, limit: openCasesMax }),
    context.cases.heads({ kind: 'warning', open: true, limit: openCasesMax }),
    context.telemetry.latest('')
  ])
  const openAnomalies = countByPoint(anomalies.heads)
  const openWarnings = countByPoint(warnings.heads)
  const lastReadings = new Map<string, number>()
  for (const value of latest) {
    const point = value.series.slice(0, value.series.indexOf('/'))
    lastReadings.set(point, Math.max(lastReadings.get(point) ?? 0, value.timeMs))
  }
  return points.map((point) =>
    summaryOf(point, {
      devices: devices.filter((device) => device.point === point.id),
      openAnomalies: openAnomalies.get(point.id) ?? 0,
      openWarnings: openWarnings.get(point.id) ?? 0,
      lastReadingMs: lastReadings.get(point.id),
      nowMs: context.nowMs()
    })
  )
}

interface PointFacts {
  readonly devices: readonly Device[]
  readonly openAnomalies: number
  readonly openWarnings: number
  readonly lastReadingMs: number | undefined
  readonly nowMs: number
}

function summaryOf(point: MonitoringPoint, facts: PointFacts): PointSummary {
  const devicesOnline = facts.devices.filter((device) => device.online).length
  return {
    ...point,
    status: statusOf(facts, devicesOnline),
    openAnomalies: facts.openAnomalies,
    openWarnings: facts.openWarnings,
    devicesOnline,
    devicesTotal: facts.devices.length,
    ...(facts.lastReadingMs === undefined ? {} : { lastReadingMs: facts.lastReadingMs })
  }
}

function statusOf(facts: PointFacts, devicesOnline: number): PointSummary['status'] {
  if (facts.openWarnings > 0) return 'warning'
  if (facts.openAnomalies > 0) return 'anomaly'
  if (facts.devices.length > 0 && devicesOnline === 0) return 'offline'
  if (facts.lastReadingMs !== undefined && facts.nowMs - facts.lastReadingMs > staleAfterMs) return 'stale'
  return 'normal'
}

function countByPoint(heads: readonly { readonly point?: string }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const head of heads) if (head.point !== undefined) counts.set(head.point, (counts.get(head.point) ?? 0) + 1)
  return counts
}
