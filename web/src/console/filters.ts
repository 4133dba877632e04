/** The filters of the case lists as they stand in the address: a link is a state. Unknown values are left out. Pure. */
import { anomalyCategories, type Anomaly, type AnomalyCategory } from '@tracegate/model/anomaly'
import { warningLevels, warningStatuses, type WarningCase, type WarningLevel, type WarningStatus } from '@tracegate/model/warning'

export const anomalyStatuses = ['open', 'closed'] as const

export interface AnomalyFilter {
  readonly status?: (typeof anomalyStatuses)[number]
  readonly category?: AnomalyCategory
  readonly point?: string
}

export interface WarningFilter {
  readonly level?: WarningLevel
  readonly status?: WarningStatus
  readonly point?: string
}

export function readAnomalyFilter(search: string): AnomalyFilter {
  const parameters = new URLSearchParams(search)
  return without({
    status: oneOf(anomalyStatuses, parameters.get('status')),
    category: oneOf(anomalyCategories, parameters.get('category')),
    point: parameters.get('point') ?? undefined
  })
}

export function readWarningFilter(search: string): WarningFilter {
  const parameters = new URLSearchParams(search)
  return without({
    level: oneOf(warningLevels, parameters.get('level')),
    status: oneOf(warningStatuses, parameters.get('status')),
    point: parameters.get('point') ?? undefined
  })
}

/** `?status=open`; empty without a filter. Other members of the address, such as `lang`, stay. */
export function writeFilter(search: string, filter: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams(search)
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined || value === '') parameters.delete(name)
    else parameters.set(name, value)
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

export function anomalyMatches(anomaly: Anomaly, filter: AnomalyFilter): boolean {
  return (
    (filter.status === undefined || anomaly.status === filter.status) &&
    (filter.category === undefined || anomaly.category === filter.category) &&
    (filter.point === undefined || anomaly.point === filter.point)
  )
}

export function warningMatches(warning: WarningCase, filter: WarningFilter): boolean {
  return (
    (filter.level === undefined || warning.level === filter.level) &&
    (filter.status === undefined || warning.status === filter.status) &&
    (filter.point === undefined || warning.point === filter.point)
  )
}

function oneOf<const Value extends string>(values: readonly Value[], text: string | null): Value | undefined {
  return values.find((value) => value === text)
}

/** Leaves the undefined members out, so that equal filters are deeply equal. */
function without<Filter extends object>(filter: Filter): Filter {
  const kept: Filter = { ...filter }
  for (const [name, value] of Object.entries(kept)) if (value === undefined) Reflect.deleteProperty(kept, name)
  return kept
}
