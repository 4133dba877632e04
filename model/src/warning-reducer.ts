/** The steps of a warning's journal and what they make of it. Pure: the case is a function of its journal and nothing else. */
import { Type, type Static } from 'typebox'
import { compileValidator, type Decoded } from './codec.ts'
import { WarningCase } from './warning.ts'

const { id: _id, status: _status, updatedAtMs: _updatedAtMs, ...draftMembers } = WarningCase.properties

/** The whole content, as the trigger engine drafts it from an anomaly. */
export const DraftedStep = Type.Object({ type: Type.Literal('drafted'), content: Type.Object(draftMembers) })

/** What has changed since: goods that came in later, goods that moved on, the anomaly's end. */
export const UpdatedStep = Type.Object({
  type: Type.Literal('updated'),
  content: Type.Object({
    title: WarningCase.properties.title,
    hazard: WarningCase.properties.hazard,
    regime: WarningCase.properties.regime,
    proposal: WarningCase.properties.proposal,
    scope: WarningCase.properties.scope,
    matters: WarningCase.properties.matters
  })
})

export const WarningStep = Type.Union([DraftedStep, UpdatedStep])
export type WarningStep = Static<typeof WarningStep>

const warningSteps = compileValidator(WarningStep)

/** The `data` of a journal step as a warning step. */
export function readWarningStep(data: unknown): Decoded<WarningStep> {
  return warningSteps.check(data)
}

export interface WarningStepAt {
  readonly id: string
  readonly atMs: number
  readonly step: WarningStep
}

/** The case after the step. A first step must be a draft, a later one must not be. */
export function reduceWarning(before: WarningCase | undefined, { id, atMs, step }: WarningStepAt): WarningCase {
  switch (step.type) {
    case 'drafted':
      if (before !== undefined) throw new TypeError(`Cannot draft warning ${id}: it is ${before.status} already, expected none`)
      return { id, status: 'draft', ...step.content, updatedAtMs: atMs }
    case 'updated':
      if (before === undefined) throw new TypeError(`Cannot update warning ${id}: there is none, expected a draft`)
      return { ...before, ...step.content, updatedAtMs: atMs }
    default:
      return neverStep(step)
  }
}

function neverStep(step: never): never {
  throw new TypeError(`Cannot apply step: type is ${JSON.stringify(step)}`)
}
