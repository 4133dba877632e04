/**
 * Cases of one kind as journals with a pure reducer: reads a case, appends a step that its reducer accepts, and retries when another writer
 * came in between. It knows no rule of any kind of case, and no HTTP.
 */
import type { Static, TSchema } from 'typebox'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import type { CaseKind, CaseStore, JournalStep } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { pageCases, type CasePageQuery } from '../case-pages.ts'
import { apiError } from '../errors.ts'

interface StepContext {
  readonly id: string
  readonly atMs: number
  readonly by: string
  readonly why: string
}

export interface CaseBookOptions<StateSchema extends TSchema, StepSchema extends TSchema> {
  readonly cases: CaseStore
  readonly kind: CaseKind
  /** The kind in words, for errors. */
  readonly what: string
  readonly state: StateSchema
  /** Reads states of earlier forms as well; made of `state` where it is missing. */
  readonly states?: Validator<StateSchema>
  readonly step: StepSchema
  /** Pure. Throws the operating error of its rule when the step is not allowed in that state. */
  reduce(before: Static<StateSchema> | undefined, step: Static<StepSchema>, context: StepContext): Static<StateSchema>
  /** The name of the step in the journal. */
  action(step: Static<StepSchema>): string
  /** Whether the case still needs somebody. */
  isOpen(state: Static<StateSchema>): boolean
  point?(state: Static<StateSchema>): string | undefined
  readonly nowMs: () => number
  /** Told after every step that is stored. */
  readonly changed?: (state: Static<StateSchema>, step: Static<StepSchema>, context: StepContext) => void
}

interface ActRequest<State, Step> {
  readonly id: string
  readonly by: string
  readonly why: string
  /** The step for the case as it stands; asked again when another writer came in between. Undefined: nothing to do. */
  decide(before: State | undefined, length: number): Step | undefined | Promise<Step | undefined>
  /** Length of the journal that the caller has seen; another one is a conflict. */
  readonly expectedLength?: number
}

export interface KeptCase<State> {
  readonly state: State
  readonly length: number
}

export interface CaseBook<State, Step> {
  find(id: string): Promise<KeptCase<State> | undefined>
  /** Rejects with NOT_FOUND. */
  get(id: string): Promise<KeptCase<State>>
  act(request: ActRequest<State, Step>): Promise<KeptCase<State>>
  journal(id: string): Promise<JournalStep[]>
  page(query: Omit<CasePageQuery, 'kind'>): Promise<{ items: State[]; next?: string }>
  /** Every open case, at most `limit`; `truncated` when there are more. */
  open(limit: number): Promise<{ readonly items: State[]; readonly truncated: boolean }>
}

/** Another writer came in between: read again and retry so often. */
const triesMax = 5

export function createCaseBook<StateSchema extends TSchema, StepSchema extends TSchema>(
  options: CaseBookOptions<StateSchema, StepSchema>
): CaseBook<Static<StateSchema>, Static<StepSchema>> {
  const { cases, kind, what } = options
  const states = options.states ?? compileValidator(options.state)
  const steps = compileValidator(options.step)
  type State = Static<StateSchema>
  type Step = Static<StepSchema>

  async function find(id: string): Promise<KeptCase<State> | undefined> {
    const head = await cases.head(kind, id)
    if (head === undefined) return undefined
    const read = states.check(head.state)
    if (!read.ok) throw new TypeError(`Cannot read ${what} ${id}: ${read.reason.message} at ${read.reason.pointer}`)
    return { state: read.value, length: head.length }
  }

  async function actOnce(request: ActRequest<State, Step>): Promise<KeptCase<State>> {
    const { id, by, why, expectedLength } = request
    const before = await find(id)
    const length = before?.length ?? 0
    if (expectedLength !== undefined && expectedLength !== length)
      throw apiError('CASE_CHANGED', { what, id, length, expected: expectedLength })
    const decided = await request.decide(before?.state, length)
    if (decided === undefined) {
      if (before === undefined) throw apiError('NOT_FOUND', { what, id })
      return before
    }
    const step = steps.check(decided)
    if (!step.ok) throw apiError('STEP_INVALID', { what, id: id.slice(0, 64), pointer: step.reason.pointer, detail: step.reason.message })
    const context = { id, atMs: options.nowMs(), by, why }
    const state = options.reduce(before?.state, step.value, context)
    const point = options.point?.(state)
    await cases.append({
      kind,
      id,
      expectedLength: length,
      step: { atMs: context.atMs, by, action: options.action(step.value), why, data: step.value },
      head: { open: options.isOpen(state), ...(point === undefined ? {} : { point }), state }
    })
    options.changed?.(state, step.value, context)
    return { state, length: length + 1 }
  }

  return {
    find,
    async get(id) {
      const found = await find(id)
      if (found === undefined) throw apiError('NOT_FOUND', { what, id })
      return found
    },
    async act(request) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await actOnce(request)
        } catch (error) {
          if (tries >= triesMax || !isStoreError(error, 'STORE_CONFLICT')) throw error
        }
      }
    },
    journal: (id) => cases.journal(kind, id),
    page: (query) => pageCases(cases, states, { ...query, kind }),
    async open(limit) {
      const { heads, next } = await cases.heads({ kind, open: true, limit })
      const items = heads.flatMap((head) => {
        const read = states.check(head.state)
        return read.ok ? [read.value] : []
      })
      return { items, truncated: next !== undefined }
    }
  }
}
