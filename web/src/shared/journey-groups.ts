/** Gathers the steps of a journey into stages that follow each other. Pure. */
import { stages, type JourneyAnswer, type JourneyStep, type Stage } from '@tracegate/model/trace'
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

/** The offset an event carries, as a zone to write its time in. */
export function zoneOfOffset(offset: string): Zone {
  if (offset.startsWith('+')) return `+${offset.slice(1)}`
  return offset.startsWith('-') ? `-${offset.slice(1)}` : 'utc'
}
