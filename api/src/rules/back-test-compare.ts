/** What two runs over one history raised, held against each other: new, gone, changed, same, by day. Pure. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { BackTestResult } from '@tracegate/model/http-rules'

export type Comparison = Pick<BackTestResult, 'new' | 'gone' | 'changed' | 'same' | 'perDay'>

const examplesMax = 20
const dayMs = 86_400_000
const daysMax = 400

export function compareRuns(before: readonly Anomaly[], after: readonly Anomaly[]): Comparison {
  const left = new Map(before.map((anomaly) => [anomaly.id, anomaly]))
  const byCause = Map.groupBy(before, causeOf)
  const added: Anomaly[] = []
  const pairs: { before: Anomaly; after: Anomaly }[] = []
  for (const anomaly of after) {
    // One that begins a little sooner or later has another id and is the same all the same.
    const match = left.get(anomaly.id) ?? byCause.get(causeOf(anomaly))?.find((one) => left.has(one.id) && overlaps(one, anomaly))
    if (match === undefined) added.push(anomaly)
    else {
      left.delete(match.id)
      pairs.push({ before: match, after: anomaly })
    }
  }
  const changed = pairs.filter((pair) => !isSame(pair.before, pair.after))
  const gone = [...left.values()]
  return {
    new: { count: added.length, examples: added.slice(0, examplesMax) },
    gone: { count: gone.length, examples: gone.slice(0, examplesMax) },
    changed: { count: changed.length, examples: changed.slice(0, examplesMax) },
    same: pairs.length - changed.length,
    perDay: perDay(before, after)
  }
}

function causeOf({ type, place, point, device, metric, goods }: Anomaly): string {
  return JSON.stringify([type, place, point, device, metric, goods])
}

function overlaps(left: Anomaly, right: Anomaly): boolean {
  return left.onsetMs <= (right.closedMs ?? right.lastMs) && right.onsetMs <= (left.closedMs ?? left.lastMs)
}

function isSame(left: Anomaly, right: Anomaly): boolean {
  return (
    left.onsetMs === right.onsetMs && left.openedMs === right.openedMs && left.closedMs === right.closedMs && left.status === right.status
  )
}

function perDay(before: readonly Anomaly[], after: readonly Anomaly[]): Comparison['perDay'] {
  const days = new Map<string, { before: number; after: number }>()
  const count = (list: readonly Anomaly[], side: 'before' | 'after') => {
    for (const { openedMs } of list) {
      const day = new Date(Math.floor(openedMs / dayMs) * dayMs).toISOString().slice(0, 10)
      const row = days.get(day) ?? { before: 0, after: 0 }
      row[side] += 1
      days.set(day, row)
    }
  }
  count(before, 'before')
  count(after, 'after')
  return [...days]
    .toSorted(([left], [right]) => left.localeCompare(right))
    .slice(-daysMax)
    .map(([day, counts]) => ({ day, ...counts }))
}
