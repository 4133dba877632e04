/**
 * The workflow of warnings: what people ask becomes steps of the journal, checked against state, rights and policy. Refused for want of a
 * right it leaves an entry in the audit. It publishes nothing outside: whoever sends warnings out listens to the bus.
 */
import type { WarningRequest } from '@tracegate/model/warning-demands'
import { decideWarning } from '@tracegate/model/warning-decide'
import { warningCases } from '@tracegate/model/warning-cases'
import { CodedError } from '@tracegate/model/errors'
import { isOpenWarning, readWarningStep, reduceWarning } from '@tracegate/model/warning-reducer'
import { WarningStep, type LinkedStep } from '@tracegate/model/warning-steps'
import { WarningCase } from '@tracegate/model/warning'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import type { Static } from 'typebox'
import type { Principal } from '../accounts.ts'
import { auditRefusal, createAuditTrail, type AuditTrail } from '../audit.ts'
import { createCaseBook, type CaseBook, type KeptCase } from '../cases/case-book.ts'
import { apiError } from '../errors.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import { createTaskLock } from './task-lock.ts'
import { createNumberSeries } from './number-series.ts'
import { decisionFacts } from './decision-facts.ts'

export type WarningBook = CaseBook<WarningCase, WarningStep>
/** The number of a publication is not the caller's to choose. */
export type WarningAction = WarningRequest extends infer Request
  ? Request extends { readonly type: 'published' }
    ? Omit<Request, 'number'>
    : Request
  : never

interface ActOnWarning {
  readonly id: string
  readonly action: WarningAction
  readonly why: string
  readonly principal: Principal
  readonly expectedLength?: number
}

type Links = Omit<Static<typeof LinkedStep>, 'type'>

export interface WarningOffice {
  readonly book: WarningBook
  act(request: ActOnWarning): Promise<KeptCase<WarningCase>>
  /** Notes cases that belong to it from now on; those it has already change nothing. */
  link(id: string, links: Links, by: string): Promise<void>
  /** The content as it stood when the version was made. Rejects with NOT_FOUND. */
  version(id: string, version: number): Promise<WarningCase>
  /** Every version, oldest first. */
  versions(id: string): Promise<WarningCase[]>
}

export interface WarningOfficeOptions {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly policy: PolicyBook
  readonly nowMs: () => number
}

function createWarningBook({ cases, bus, nowMs }: Pick<WarningOfficeOptions, 'cases' | 'bus' | 'nowMs'>): WarningBook {
  return createCaseBook({
    cases,
    kind: 'warning',
    what: 'warning',
    state: WarningCase,
    states: warningCases,
    step: WarningStep,
    reduce: reduceWarning,
    action: (step) => step.type,
    isOpen: isOpenWarning,
    // A drill is counted nowhere among the real ones, so it belongs to no point.
    point: ({ drill, point }) => (drill ? undefined : point),
    nowMs,
    changed: (warning) => bus.publish('warning', { warning })
  })
}

/** Who writes steps that no person decided. */
const officeName = 'tracegate/warnings'

export function createWarningOffice(options: WarningOfficeOptions): WarningOffice {
  const { cases, nowMs } = options
  const book = createWarningBook(options)
  const trail = createAuditTrail(cases, nowMs)
  // One publication at a time: the next number waits for the one before.
  const publishing = createTaskLock()
  const numbers = createNumberSeries({
    cases,
    nowMs,
    fence: async ({ warning, number }) => {
      const why = `the publication with number ${number} did not come`
      await book.act({ id: warning, by: officeName, why, decide: () => ({ type: 'numberReleased', number }) })
    }
  })

  async function act(request: ActOnWarning): Promise<KeptCase<WarningCase>> {
    const { id, action, why, principal, expectedLength } = request
    const by = principal.name
    const decide = async (before: WarningCase | undefined, length: number): Promise<WarningStep> => {
      if (before === undefined) throw apiError('NOT_FOUND', { what: 'warning', id })
      const named = {
        assessment: 'assessment' in action ? action.assessment : undefined,
        evaluation: 'evaluation' in action ? action.evaluation : undefined
      }
      const facts = await decisionFacts(options, { warning: before, principal, ...named })
      if (action.type !== 'published') return decideWarning(before, action, facts)
      // Everything is checked first: a number is reserved only for what will be published.
      decideWarning(before, { ...action, number: 'checked first' }, facts)
      const { numbering } = facts.policy.publication
      const prefix = before.drill ? numbering.drillPrefix : numbering.prefix
      const series = `${prefix}-${new Date(facts.nowMs).getUTCFullYear()}`
      const number = await numbers.reserve({ series, digits: numbering.digits, warning: id, length, by })
      return decideWarning(before, { ...action, number }, facts)
    }
    const asked = { id, by, why, decide, ...(expectedLength === undefined ? {} : { expectedLength }) }
    return audited(trail, { by, action: action.type, id }, () =>
      action.type === 'published' ? publishing(() => book.act(asked)) : book.act(asked)
    )
  }

  async function versions(id: string): Promise<WarningCase[]> {
    const journal = await book.journal(id)
    if (journal.length === 0) throw apiError('NOT_FOUND', { what: 'warning', id })
    const made: WarningCase[] = []
    let state: WarningCase | undefined
    for (const { atMs, by, why, data } of journal) {
      const step = readWarningStep(data)
      if (!step.ok) throw new TypeError(`Cannot replay warning ${id}: ${step.reason.message}`)
      const before: WarningCase | undefined = state
      state = reduceWarning(before, step.value, { id, atMs, by, why })
      if (state.version !== (before?.version ?? 0)) made.push(state)
    }
    return made
  }

  return {
    book,
    act,
    versions,
    async version(id, wanted) {
      const found = (await versions(id)).find((one) => one.version === wanted)
      if (found === undefined) throw apiError('NOT_FOUND', { what: `version of warning ${id}`, id: wanted })
      return found
    },
    async link(id, links, by) {
      await book.act({
        id,
        by,
        why: 'belongs to it',
        decide(before) {
          if (before === undefined) throw apiError('NOT_FOUND', { what: 'warning', id })
          const isNew = (known: readonly string[], more: readonly string[] = []) => more.some((one) => !known.includes(one))
          const { measures, recalls, evaluations } = before
          const changes = isNew(measures, links.measures) || isNew(recalls, links.recalls) || isNew(evaluations, links.evaluations)
          return changes ? { type: 'linked', ...links } : undefined
        }
      })
    }
  }
}

/** Runs it; a refusal for want of a right leaves an entry in the audit before it is passed on. */
async function audited<Result>(
  trail: AuditTrail,
  attempt: { readonly by: string; readonly action: string; readonly id: string },
  run: () => Promise<Result>
): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof CodedError && error.code === 'RIGHT_MISSING') {
      const right = String(error.parameters['right'] ?? '')
      await auditRefusal(trail, { by: attempt.by, right, action: attempt.action, what: attempt.id })
    }
    throw error
  }
}
