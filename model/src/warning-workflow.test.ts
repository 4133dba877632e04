/** Whatever people ask in whatever order: no step without its right, its contents and its evaluation, and the journal alone gives the case. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CodedError } from './errors.ts'
import { mergeDocument, checkPolicy } from './policy/check.ts'
import { policyDefaults } from './policy/policy.ts'
import { assess } from './risk.ts'
import { publicationFaults } from './warning-contents.ts'
import { decideWarning } from './warning-decide.ts'
import type { ContentChange, DecisionFacts, WarningRequest } from './warning-demands.ts'
import { warningCases } from './warning-cases.ts'
import { readWarningStep, reduceWarning, warningTransitions } from './warning-reducer.ts'
import type { WarningStep } from './warning-steps.ts'
import { warningLevels, type WarningCase, type WarningStatus } from './warning.ts'

const text = (en: string) => ({ zh: en === '' ? '' : `文${en}`, en })
const proposal = assess({
  products: [{ name: text('vaccine'), harm: 4 }],
  productsUnknown: 0,
  open: true,
  held: { inStock: 3, inTransit: 0, sold: 0, destroyed: 0, unknown: 0 },
  elsewhere: 0,
  lots: 1,
  holders: 1,
  regions: 1,
  goods: 3,
  onSale: 0,
  complaints: 0,
  injuries: 0
})
const drafted = (regime: 'general' | 'food'): WarningStep => ({
  type: 'drafted',
  content: {
    origin: 'manual',
    title: text('title'),
    hazard: 'physical',
    regime,
    proposal,
    startMs: 1_000,
    scope: { exposed: [], products: [], lots: [], holdings: [], total: 0, truncated: false, asOfMs: 1 },
    range: { regions: ['CN'], hsPrefixes: [], brands: [] },
    matters: text('matters'),
    draftedAtMs: 1_000,
    draftedAfterMs: 0,
    policyVersion: 1
  }
})

const level = fc.constantFrom(...warningLevels)
const maybeText = fc.constantFrom(text(''), text('words'))
const content: fc.Arbitrary<ContentChange> = fc.record(
  {
    kind: fc.constantFrom('bulletin', 'operatorNotice', 'publicAnnouncement'),
    level,
    title: maybeText,
    matters: maybeText,
    regime: fc.constantFrom('general', 'general', 'general', 'food'),
    controlInstruction: maybeText,
    audience: fc.constantFrom(
      {},
      { ports: ['CNSHG'] },
      { operators: ['9506000134352'] },
      { ports: ['CNSHG'], operators: ['9506000134352'] }
    ),
    measuresStated: fc.constantFrom([], ['traceInvestigation' as const], ['suspendSale' as const, 'recall' as const]),
    untilMs: fc.constantFrom(500, 5_000, 9_000)
  },
  { requiredKeys: [] }
)
const evaluation = fc.oneof(
  { arbitrary: fc.constantFrom('E-lift', 'E-lower'), weight: 4 },
  { arbitrary: fc.constantFrom('E-keep', 'E-raise', 'E-open', 'E-other', 'E-none'), weight: 1 }
)
const complete: fc.Arbitrary<ContentChange> = fc.record({
  kind: fc.constant('operatorNotice'),
  level,
  audience: fc.constant({ operators: ['9506000134352'] }),
  untilMs: fc.constantFrom(3_000, 7_000)
})
const often = <Value>(arbitrary: fc.Arbitrary<Value>, weight: number) => ({ arbitrary, weight })
const request: fc.Arbitrary<WarningRequest> = fc.oneof(
  often(fc.record({ type: fc.constant('assessed'), assessment: fc.constant('A-done'), content: complete }), 6),
  often(fc.record({ type: fc.constant('assessed'), assessment: fc.constantFrom('A-done', 'A-open', 'A-other', 'A-none'), content }), 3),
  often(fc.record({ type: fc.constant('approved') }), 6),
  often(fc.record({ type: fc.constant('published'), fast: fc.boolean(), number: fc.constant('TG-2026-0001') }), 8),
  often(fc.record({ type: fc.constant('raised'), level, content: fc.constant({}), evaluation: fc.constant('E-raise') }), 3),
  often(fc.record({ type: fc.constant('lowered'), level, content: fc.constant({}), evaluation }), 6),
  often(fc.record({ type: fc.constant('extended'), untilMs: fc.constantFrom(4_000, 8_000, 20_000) }), 2),
  often(fc.record({ type: fc.constant('amended'), content }), 4),
  often(fc.record({ type: fc.constant('lifted'), evaluation }), 2),
  often(fc.record({ type: fc.constantFrom('returned', 'discarded', 'routed') }), 1)
)
const regimes = ['general', 'general', 'general', 'general', 'food'] as const
const rights = ['assess', 'approve', 'publish', 'publishLevelI'] as const
const person = fc.record({ by: fc.constantFrom('Li', 'Wang', 'Zhao'), rights: fc.subarray([...rights], { minLength: 1 }) })
const script = fc.array(fc.record({ request, person }), { minLength: 10, maxLength: 60 })

/** One person with all rights for half of the scripts, so that long ways are walked too. */
function factsFor(asked: WarningRequest, who: { by: string; rights: readonly string[] }, nowMs: number): DecisionFacts {
  const named = 'evaluation' in asked ? asked.evaluation : undefined
  const assessment = 'assessment' in asked ? asked.assessment : undefined
  return {
    policy: policyDefaults,
    policyVersion: 1,
    nowMs,
    ...who,
    measuresOrdered: [],
    ...(assessment === undefined || assessment === 'A-none'
      ? {}
      : {
          assessment: {
            id: assessment,
            completed: assessment !== 'A-open',
            warning: assessment === 'A-other' ? 'W-2' : 'W-1',
            criteria: proposal.criteria,
            level: proposal.level
          }
        }),
    ...(named === undefined || named === 'E-none'
      ? {}
      : {
          evaluation: {
            id: named,
            completed: named !== 'E-open',
            warning: named === 'E-other' ? 'W-2' : 'W-1',
            verdict: named === 'E-open' || named === 'E-other' ? 'lift' : named.slice(2),
            by: 'Chen'
          }
        })
  }
}

interface Entry {
  readonly step: WarningStep
  readonly atMs: number
  readonly by: string
}

/** Everything that must hold of a step that was taken, told without the code that decides. */
function assertLawful(
  before: WarningCase,
  after: WarningCase,
  { step, by, granted }: { step: WarningStep; by: string; granted: readonly string[] }
) {
  const has = (right: string) => assert.ok(granted.includes(right), `${step.type} by ${by} needs ${right}`)
  const authority = (one: WarningCase) => has(one.level === 'I' ? 'publishLevelI' : 'publish')
  const published = (one: WarningCase) => one.status === 'published'
  if (step.type === 'assessed' || step.type === 'routed') has('assess')
  if (step.type === 'approved' || step.type === 'returned') has('approve')
  // Of a change of level the authority over the graver one.
  const graver = published(before) && before.level === 'I' ? before : after
  if (published(before) || published(after)) authority(graver)
  if (published(after)) {
    assert.deepEqual(
      publicationFaults(
        after,
        [...policyDefaults.publication.mandatoryMeasures].filter((type) => after.measuresStated.includes(type))
      ),
      []
    )
    assert.equal(after.regime, 'general')
    assert.ok(after.number !== undefined && after.version >= 1 && after.assessment !== undefined)
  }
  if (step.type === 'published') {
    assert.ok(step.fast === true ? before.level === 'I' && before.assessed?.by !== by : before.approved !== undefined)
    if (before.level === 'I' && step.fast !== true) assert.notEqual(before.approved?.by, by)
  }
  if (step.type === 'approved' && before.level !== 'IV') assert.notEqual(before.assessed?.by, by, 'two persons')
  if (step.type === 'lifted' || step.type === 'lowered') assert.ok(before.evaluations.includes(step.evaluation))
  if (after.regime === 'food') assert.ok(['draft', 'routed', 'discarded'].includes(after.status))
  assert.equal(after.version, before.version + (after.changes.length - before.changes.length) + (step.type === 'published' ? 1 : 0))
}

test('no step is taken without its right, its contents, its evaluation and a second person, in whatever order people ask', () => {
  const reached = new Map<string, number>()
  fc.assert(
    fc.property(script, fc.boolean(), fc.constantFrom(...regimes), (lines, mighty, regime) => {
      const journal: Entry[] = [{ step: drafted(regime), atMs: 1_000, by: 'Li' }]
      let state = reduceWarning(undefined, drafted(regime), { id: 'W-1', atMs: 1_000, by: 'Li', why: 'x' })
      for (const evaluations of [['E-lift', 'E-lower', 'E-keep', 'E-raise', 'E-open']]) {
        const step: WarningStep = { type: 'linked', evaluations }
        journal.push({ step, atMs: 1_001, by: 'Li' })
        state = reduceWarning(state, step, { id: 'W-1', atMs: 1_001, by: 'Li', why: 'x' })
      }
      for (const [at, { request: asked, person: who }] of lines.entries()) {
        const granted = mighty ? rights : who.rights
        const atMs = 2_000 + at
        try {
          const step = decideWarning(state, asked, factsFor(asked, { by: who.by, rights: granted }, atMs))
          const after = reduceWarning(state, step, { id: 'W-1', atMs, by: who.by, why: 'x' })
          assertLawful(state, after, { step, by: who.by, granted })
          journal.push({ step, atMs, by: who.by })
          state = after
          reached.set(step.type, (reached.get(step.type) ?? 0) + 1)
        } catch (error) {
          // A refusal is an operating error with its code; anything else is a fault of ours.
          if (!(error instanceof CodedError)) throw error
        }
      }
      // Replayed from what a store would give back, the journal alone gives the same case.
      let replayed: WarningCase | undefined
      for (const { step, atMs, by } of journal) {
        const read = readWarningStep(JSON.parse(JSON.stringify(step)))
        assert.ok(read.ok, read.ok ? '' : read.reason.message)
        replayed = reduceWarning(replayed, read.value, { id: 'W-1', atMs, by, why: 'x' })
      }
      assert.deepEqual(replayed, state)
      assert.ok(warningCases.check(JSON.parse(JSON.stringify(state))).ok)
    }),
    { numRuns: 500 }
  )
  // Which ones differs from run to run, but a script that gets nowhere proves nothing.
  assert.ok(reached.has('published') && reached.size >= 6, JSON.stringify([...reached]))
})

test('from each status exactly the steps of the table are taken', () => {
  const all: readonly (WarningStatus | 'none')[] = ['none', 'draft', 'assessed', 'approved', 'published', 'lifted', 'discarded', 'routed']
  const from = (status: WarningStatus | 'none') =>
    Object.entries(warningTransitions).flatMap(([step, statuses]) => (statuses.some((one) => one === status) ? [step] : []))
  assert.deepEqual(Object.fromEntries(all.map((status) => [status, from(status)])), {
    none: ['drafted'],
    draft: ['updated', 'assessed', 'discarded', 'routed', 'linked', 'numberReleased'],
    assessed: ['approved', 'returned', 'published', 'discarded', 'routed', 'linked', 'numberReleased'],
    approved: ['returned', 'published', 'discarded', 'routed', 'linked', 'numberReleased'],
    published: ['raised', 'lowered', 'extended', 'amended', 'lifted', 'linked', 'numberReleased'],
    lifted: ['linked', 'numberReleased'],
    discarded: ['numberReleased'],
    routed: ['numberReleased']
  })
})

test('a draft as the first cases held it reads as a case of the present form', () => {
  const step = drafted('general')
  assert.ok(step.type === 'drafted')
  const { origin: _origin, range: _range, policyVersion: _policyVersion, ...old } = step.content
  const read = warningCases.check({ ...old, id: 'W-1', anomaly: 'a-1', status: 'draft', updatedAtMs: 7 })
  assert.ok(read.ok)
  assert.deepEqual(
    [read.value.origin, read.value.level, read.value.version, read.value.drill, read.value.updatedAtMs],
    ['anomaly', 'II', 0, false, 7]
  )
  assert.equal(warningCases.check({ ...old, id: 'W-1', status: 'published', updatedAtMs: 7 }).ok, false)
})

test('who may publish which level is a matter of the policy, but level I stays with its authority', () => {
  assert.ok(!checkPolicy(mergeDocument(policyDefaults, { publication: { levels: { I: { authority: { right: 'publish' } } } } })).ok)
  assert.ok(checkPolicy(mergeDocument(policyDefaults, { publication: { levels: { II: { authority: { right: 'publishLevelI' } } } } })).ok)
})
