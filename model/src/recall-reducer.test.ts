/** Recalls by their journals: transitions, contents, clocks, and that no steps reach a status without its contents. */
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compileValidator } from './codec.ts'
import { CodedError } from './errors.ts'
import { RecallCase, recallStatuses, type RecallStatus } from './recall-case.ts'
import { reduceRecall } from './recall-reducer.ts'
import { RecallStep, type RecallStepType } from './recall-steps.ts'
import { dayMs, fittingStep, hourMs, said } from './recall-testing.ts'

const startMs = Date.UTC(2026, 10, 24)
const types = [
  'reported',
  'companyReported',
  'evidenceAdded',
  'investigationOpened',
  'investigationEnded',
  'planDeclined',
  'ordered',
  'planned',
  'scopeFrozen',
  'noticePublished',
  'started',
  'contacted',
  'replied',
  'sampleDrawn',
  'checked',
  'effectivenessConcluded',
  'extended',
  'closed',
  'routed'
] as const satisfies readonly RecallStepType[]
const cases = compileValidator(RecallCase)
const steps = compileValidator(RecallStep)

interface Played {
  readonly state: RecallCase | undefined
  readonly atMs: number
}

function play(names: readonly RecallStepType[], from: Played = { state: undefined, atMs: startMs }): RecallCase {
  let { state, atMs } = from
  for (const name of names) {
    atMs += 1_000
    state = reduceRecall(state, fittingStep(name, state, atMs), { id: 'R-1', atMs, by: 'me', why: '' })
  }
  assert.ok(state !== undefined)
  return state
}

const toPlan = ['reported', 'investigationOpened', 'investigationEnded', 'planned'] as const
const toRunning = [...toPlan, 'scopeFrozen', 'noticePublished', 'started'] as const
const toChecked = [...toRunning, 'contacted', 'replied', 'sampleDrawn', 'checked', 'effectivenessConcluded'] as const

const byOrder = ['reported', 'investigationOpened', 'investigationEnded', 'planDeclined', 'ordered'] as const

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof CodedError) return error.code
    throw error
  }
  return 'accepted'
}

describe('reduceRecall()', () => {
  test('takes a voluntary recall from its report to its end', () => {
    const running = play(toRunning)
    assert.equal(running.status, 'running')
    assert.equal(running.kind, 'voluntary')
    const closed = play(['closed'], { state: play(toChecked), atMs: startMs + hourMs })
    assert.equal(closed.status, 'closed')
    assert.equal(closed.outcomes[0]?.passed, true)
  })

  test('orders a recall only when no voluntary plan came in time, it was declined, or the harm is grave', () => {
    const ended = play(['reported', 'investigationOpened', 'investigationEnded'])
    const orderAt = (atMs: number, change = {}) => {
      const fitting = fittingStep('ordered', ended, atMs)
      assert.ok(fitting.type === 'ordered')
      const step = { ...fitting, ...change }
      return reduceRecall(ended, step, { id: 'R-1', atMs, by: 'me', why: '' })
    }
    assert.equal(
      codeOf(() => orderAt(startMs + hourMs / 2)),
      'RECALL_ORDER_EARLY'
    )
    assert.equal(
      codeOf(() => orderAt(startMs + hourMs / 2, { urgent: said('now') })),
      'RECALL_ORDER_EARLY',
      'harm 3 is not grave enough'
    )
    const step = fittingStep('ordered', ended, startMs + hourMs)
    assert.ok(step.type === 'ordered')
    const grave = reduceRecall({ ...ended, harm: 4 }, { ...step, urgent: said('now') }, at(startMs + 5_000))
    assert.equal(grave.status, 'ordered')
    const ordered = orderAt(startMs + 2 * hourMs)
    assert.deepEqual([ordered.status, ordered.kind], ['ordered', 'ordered'])
    const planned = play(['planned'], { state: ordered, atMs: startMs + 3 * hourMs })
    assert.deepEqual([planned.status, planned.kind], ['planned', 'ordered'])
    assert.equal(play(['planDeclined', 'ordered'], { state: ended, atMs: startMs + 10_000 }).status, 'ordered')
  })

  test('refuses a voluntary plan that comes too late', () => {
    const ended = play(['reported', 'investigationOpened', 'investigationEnded'])
    assert.equal(
      codeOf(() => play(['planned'], { state: ended, atMs: startMs + 2 * hourMs })),
      'RECALL_PLAN_LATE'
    )
  })

  test('hands food over and runs no step of its own procedure for it', () => {
    const reported = { ...play(['reported']), regime: 'food' as const }
    for (const type of types) {
      const code = codeOf(() => reduceRecall(reported, fittingStep(type, reported, startMs + hourMs), at(startMs + hourMs)))
      const free = ['companyReported', 'evidenceAdded', 'routed'].includes(type)
      assert.ok(free ? code === 'accepted' : ['RECALL_FOOD', 'RECALL_STEP'].includes(code), `${type}: ${code}`)
    }
    for (const type of ['investigationOpened', 'planned', 'scopeFrozen'] as const)
      assert.equal(
        codeOf(() => reduceRecall(reported, fittingStep(type, reported, startMs + hourMs), at(startMs + hourMs))),
        'RECALL_FOOD'
      )
    const routed = reduceRecall(reported, fittingStep('routed', reported, startMs), at(startMs + hourMs))
    assert.equal(routed.status, 'routed')
    assert.match(routed.routed?.to.en ?? '', /Food-safety/)
    assert.equal(
      codeOf(() => play(['reported', 'routed'])),
      'RECALL_STEP',
      'a general recall is not handed over'
    )
  })

  test('ends without a defect', () => {
    const opened = play(['reported', 'investigationOpened'])
    const step: RecallStep = {
      type: 'investigationEnded',
      verdict: 'noDefect',
      findings: said('They hold'),
      evidence: ['lab-1'],
      policyVersion: 1
    }
    const ended = reduceRecall(opened, step, at(startMs + 5_000))
    assert.equal(ended.status, 'noDefect')
    assert.equal(
      codeOf(() => play(['planned'], { state: ended, atMs: startMs + 6_000 })),
      'RECALL_STEP'
    )
  })

  test('extends a recall whose checks fail and closes none of them', () => {
    const running = play([...toRunning, 'sampleDrawn'])
    const checked = fittingStep('checked', running, startMs + hourMs)
    assert.ok(checked.type === 'checked')
    const results = checked.results.map((result, row) => (row === 0 ? { ...result, acted: false } : result))
    const recorded = reduceRecall(running, { ...checked, results }, at(startMs + hourMs))
    const failed = play(['effectivenessConcluded'], { state: recorded, atMs: startMs + hourMs })
    assert.equal(failed.outcomes[0]?.passed, false)
    assert.equal(
      codeOf(() => play(['closed'], { state: failed, atMs: startMs + hourMs })),
      'RECALL_NOT_EFFECTIVE'
    )
    const extended = play(['extended'], { state: failed, atMs: startMs + hourMs })
    assert.equal(extended.status, 'extended')
    const again = play(['sampleDrawn', 'checked', 'effectivenessConcluded', 'closed'], { state: extended, atMs: startMs + 2 * hourMs })
    assert.equal(again.status, 'closed')
    assert.equal(again.outcomes.length, 2)
  })

  test('takes no sample that the seed does not draw', () => {
    const running = play(toRunning)
    const step = fittingStep('sampleDrawn', running, startMs)
    assert.ok(step.type === 'sampleDrawn')
    const without = { ...step, sample: { ...step.sample, rows: step.sample.rows.slice(1) } }
    assert.equal(
      codeOf(() => reduceRecall(running, without, at(startMs + hourMs))),
      'RECALL_SAMPLE'
    )
    const seeded = { ...step, sample: { ...step.sample, seed: 'another' } }
    assert.equal(
      codeOf(() => reduceRecall(running, seeded, at(startMs + hourMs))),
      'RECALL_SAMPLE'
    )
  })

  test('refuses a second scope without a reason or without a change', () => {
    const running = play(toRunning)
    const step = fittingStep('scopeFrozen', running, startMs)
    assert.ok(step.type === 'scopeFrozen')
    const silent = { ...step, scope: { ...step.scope, reason: ' ' } }
    assert.equal(
      codeOf(() => reduceRecall(running, silent, at(startMs + hourMs))),
      'RECALL_SCOPE_REASON'
    )
    const same = { ...step, scope: { ...step.scope, sha256: running.scope?.sha256 ?? '' } }
    assert.equal(
      codeOf(() => reduceRecall(running, same, at(startMs + hourMs))),
      'RECALL_SCOPE_SAME'
    )
    assert.equal(play(['scopeFrozen'], { state: running, atMs: startMs + hourMs }).scope?.version, 2)
  })

  test('flags concealment from time stamps, whatever is said', () => {
    const base = fittingStep('reported', undefined, startMs)
    assert.ok(base.type === 'reported')
    const reportedWith = (knewMs: number) =>
      reduceRecall(
        undefined,
        { ...base, knowledge: [{ kind: 'laboratory', ref: 'lab-7', atMs: startMs - knewMs, what: said('failed pull test') }] },
        at(startMs)
      )
    assert.equal(reportedWith(23 * hourMs).concealment, undefined)
    assert.equal(reportedWith(25 * hourMs).concealment?.lateByMs, hourMs)
    const later = play(['evidenceAdded'], { state: reportedWith(hourMs), atMs: startMs })
    assert.equal(later.concealment, undefined)
    const early = reduceRecall(
      reportedWith(hourMs),
      {
        type: 'evidenceAdded',
        knowledge: [{ kind: 'event', ref: 'e-1', atMs: startMs - 30 * dayMs, what: said('rejected') }],
        policyVersion: 1
      },
      at(startMs + dayMs)
    )
    assert.equal(early.concealment?.knewAtMs, startMs - 30 * dayMs)
    assert.equal(early.concealment?.first.ref, 'e-1')
  })

  test('lets a later status of a holder never take back an earlier one', () => {
    const running = play(toRunning)
    const contacted = (state: RecallCase, status: 'sent' | 'read' | 'acknowledged' | 'failed', atMs: number) =>
      reduceRecall(
        state,
        { type: 'contacted', entries: [{ holder: '0000000000000001', status, atMs }], policyVersion: 1 },
        at(startMs + dayMs)
      )
    const read = contacted(contacted(running, 'read', startMs + 9), 'sent', startMs + 5)
    assert.equal(read.contacts['0000000000000001']?.status, 'read')
    assert.equal(read.contacts['0000000000000001']?.sentAtMs, startMs + 5)
    assert.equal(
      codeOf(() =>
        reduceRecall(
          running,
          { type: 'contacted', entries: [{ holder: 'f'.repeat(16), status: 'sent', atMs: 1 }], policyVersion: 1 },
          at(1)
        )
      ),
      'RECALL_HOLDER'
    )
  })

  test('refuses to publish words that play the hazard down, unless with a reason', () => {
    const planned = play([...toPlan, 'scopeFrozen'])
    const step = fittingStep('noticePublished', planned, startMs)
    assert.ok(step.type === 'noticePublished')
    const findings = [{ pointer: '/hazard/en', language: 'en', from: 0, to: 9, found: 'voluntary', why: said('optional') } as const]
    assert.equal(
      codeOf(() => reduceRecall(planned, { ...step, findings }, at(startMs + dayMs))),
      'RECALL_NOTICE_WORDS'
    )
    const override = 'It is the name of the product'
    assert.equal(reduceRecall(planned, { ...step, findings, override }, at(startMs + dayMs)).notice?.override, override)
  })

  test('never reaches a status without its mandatory contents, by whatever steps', () => {
    const walk = fc.array(
      fc.record({ type: fc.constantFrom(...types), afterMs: fc.constantFrom(1_000, hourMs, 2 * hourMs), spoil: fc.nat(9) }),
      { maxLength: 40 }
    )
    const reached = new Set<RecallStatus>()
    fc.assert(
      fc.property(walk, fc.constantFrom([], toChecked, byOrder), (moves, path) => {
        let state: RecallCase | undefined
        let atMs = startMs
        const taken: { step: RecallStep; atMs: number }[] = []
        for (const { type, afterMs, spoil } of [...path.map((one) => ({ type: one, afterMs: 1_000, spoil: 9 })), ...moves]) {
          atMs += afterMs
          const fitting = fittingStep(type, state, atMs)
          const step = spoil === 0 ? spoiled(fitting) : fitting
          assert.equal(steps.check(step).ok, true)
          try {
            state = reduceRecall(state, step, { id: 'R-1', atMs, by: 'me', why: '' })
            taken.push({ step, atMs })
          } catch (error) {
            assert.ok(error instanceof CodedError || (state === undefined && error instanceof TypeError))
          }
          if (state === undefined) continue
          reached.add(state.status)
          requireMandatory(state)
        }
        if (state === undefined) return
        const written: unknown = JSON.parse(JSON.stringify(state))
        const check = cases.check(written)
        assert.ok(check.ok, check.ok ? '' : `${check.reason.pointer} ${check.reason.message}`)
        let replayed: RecallCase | undefined
        for (const one of taken) {
          const read = steps.check(JSON.parse(JSON.stringify(one.step)))
          assert.ok(read.ok)
          replayed = reduceRecall(replayed, read.value, { id: 'R-1', atMs: one.atMs, by: 'me', why: '' })
        }
        assert.deepEqual(JSON.parse(JSON.stringify(replayed)), written)
      }),
      { numRuns: 120, seed: 20_261_124 }
    )
    assert.deepEqual(
      recallStatuses.filter((status) => status !== 'noDefect' && status !== 'routed' && !reached.has(status)),
      []
    )
  })
})

function at(atMs: number) {
  return { id: 'R-1', atMs, by: 'me', why: '' }
}

/** A step that lacks what it must have. */
function spoiled(step: RecallStep): RecallStep {
  if (step.type === 'planned') return { ...step, plan: { ...step.plan, remedies: ['refund'] } }
  if (step.type === 'investigationEnded') return { ...step, evidence: [] }
  if (step.type === 'scopeFrozen') return { ...step, scope: { ...step.scope, goods: 0 } }
  if (step.type === 'sampleDrawn') return { ...step, sample: { ...step.sample, seed: 'not the one' } }
  if (step.type === 'checked') return { ...step, results: step.results.map((result) => ({ ...result, acted: false })) }
  return step
}

function requireMandatory(state: RecallCase): void {
  const { status } = state
  if (status === 'noDefect') assert.equal(state.investigation?.ended?.verdict, 'noDefect')
  if (status === 'ordered')
    assert.ok(state.order !== undefined && state.kind === 'ordered' && state.investigation?.ended?.verdict === 'defect')
  if (status === 'planned') assert.ok(state.plan !== undefined && state.plan.remedies.length >= 2 && state.kind !== undefined)
  if (['running', 'effectivenessChecked', 'extended', 'closed'].includes(status)) {
    assert.ok(state.plan !== undefined && state.scope !== undefined && state.scope.goods > 0)
    assert.ok(state.notice !== undefined && state.startedAtMs !== undefined)
    assert.ok(state.notice.findings.length === 0 || state.notice.override !== undefined)
  }
  const last = state.outcomes.at(-1)
  if (status === 'effectivenessChecked') assert.ok(last !== undefined && state.checks.length >= (state.sample?.rows.length ?? 0))
  if (status === 'extended') assert.ok(state.extensions.length > 0)
  if (status === 'closed') assert.ok(state.closed !== undefined && last?.passed === true)
}
