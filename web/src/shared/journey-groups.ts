/** Gathers the steps of a journey into stages that follow each other. Pure. */
import { stages, type JourneyAnswer, type JourneyStep, type LivedThrough, type Stage } from '@tracegate/model/trace'
import type { Zone } from '../text/format.ts'

export interface JourneyGroup {
  readonly stage: Stage
  readonly steps: readonly JourneyStep[]
}

/** Steps in order of time; a new group begins where the stage changes. */
export function groupSteps(steps: readonly JourneyStep[]): JourneyGroup[] {
  const groups: { stage: Stage; steps: JourneyStep[] }[] = []
  for (const step of steps.toSorted((left, right) => left.timeMs - right.timeMs)) {
    const last = groups.at(-1)
    if (last?.stage === step.stage) last.steps.push(step)
    else groups.push({ stage: step.stage, steps: [step] })
  }
  return groups
}

/** The stages every traced thing should have evidence for, with whether it has; use and maintenance only when they were seen. */
export function stageEvidence(journey: Pick<JourneyAnswer, 'stagesSeen'>): { readonly stage: Stage; readonly seen: boolean }[] {
  const expected: ReadonlySet<Stage> = new Set(['production', 'inspection', 'logistics', 'sale'])
  return stages
    .map((stage) => ({ stage, seen: journey.stagesSeen.includes(stage) }))
    .filter(({ stage, seen }) => seen || expected.has(stage))
}

/** What several sensors of one quantity said together: least, greatest, the mean by number of readings. */
export function mergeReadings(readings: readonly LivedThrough[]): LivedThrough[] {
  const merged = new Map<string, LivedThrough>()
  for (const reading of readings) {
    const name = `${reading.quantity} ${reading.unit}`
    const known = merged.get(name)
    const count = (known?.count ?? 0) + reading.count
    if (known === undefined || count === 0) merged.set(name, reading)
    else
      merged.set(name, {
        ...known,
        min: Math.min(known.min, reading.min),
        max: Math.max(known.max, reading.max),
        mean: (known.mean * known.count + reading.mean * reading.count) / count,
        count
      })
  }
  return [...merged.values()]
}

/** The offset an event carries, as a zone to write its time in. */
export function zoneOfOffset(offset: string): Zone {
  if (offset.startsWith('+')) return `+${offset.slice(1)}`
  return offset.startsWith('-') ? `-${offset.slice(1)}` : 'utc'
}
