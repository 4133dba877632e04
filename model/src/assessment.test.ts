/** The matrix cell by cell and at its edges, the worst scenario, the sensitivity table, and corrections beside proposals. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Scenario } from './assessment.ts'
import { assessmentGaps, effectiveCriteria, judgeAssessment, riskOf, type AssessmentInput } from './assessment-judge.ts'
import { reduceAssessment, type AssessmentStep } from './assessment-reducer.ts'
import { assessmentDefaults, riskLevels, type RiskLevel } from './policy/assessment.ts'
import { policyDefaults } from './policy/policy.ts'
import { fractionOf, isAbove, numberOf, productOf, scaledBy } from './probability.ts'
import { assess } from './risk.ts'
import type { LevelProposal } from './warning.ts'

const text = { zh: '文', en: 'text' }
const scenario = (severity: number, ...probabilities: (number | string)[]): Scenario => ({
  title: text,
  severity,
  steps: probabilities.map((probability) => ({ text, probability, basis: 'test' }))
})
const risk = (severity: number, ...probabilities: (number | string)[]) =>
  riskOf(scenario(severity, ...probabilities), assessmentDefaults).risk

/** rules.md §5: a probability in each band, then the cells by severity. */
const table: readonly (readonly [number | string, readonly RiskLevel[]])[] = [
  [0.6, ['high', 'serious', 'serious', 'serious']],
  [0.2, ['medium', 'serious', 'serious', 'serious']],
  [0.02, ['medium', 'serious', 'serious', 'serious']],
  [0.002, ['low', 'high', 'serious', 'serious']],
  [0.0002, ['low', 'medium', 'high', 'serious']],
  [0.00002, ['low', 'low', 'medium', 'high']],
  ['2/1000000', ['low', 'low', 'low', 'medium']],
  ['1/2000000', ['low', 'low', 'low', 'low']]
]

test('every cell of the matrix is that of the European table', () => {
  for (const [probability, levels] of table)
    for (const [at, level] of levels.entries()) assert.equal(risk(at + 1, probability), level, `severity ${at + 1}, ${probability}`)
  assert.match(assessmentDefaults.matrix.source, /2010\/15\/EU/)
})

test('a probability on an edge belongs to the row below it: above means strictly above', () => {
  const edges = ['1/2', '1/10', '1/100', '1/1000', '1/10000', '1/100000', '1/1000000']
  for (const [at, edge] of edges.entries())
    for (let severity = 1; severity <= 4; severity += 1) {
      assert.equal(risk(severity, edge), table[at + 1]?.[1][severity - 1], `${edge} at severity ${severity}`)
      assert.equal(risk(severity, `1000001/${Number(edge.slice(2)) * 1_000_000}`), table[at]?.[1][severity - 1])
    }
})

test('products are exact: a tenth of a tenth is a hundredth and not above it', () => {
  assert.ok(0.1 * 0.1 > 0.01, 'binary numbers say otherwise')
  assert.equal(risk(2, 0.1, 0.1), 'high')
  assert.equal(risk(2, 0.01), 'high')
  assert.equal(risk(2, 0.1, 0.11), 'serious')
  assert.equal(risk(1, 1, '1/50', '1/10'), 'low', 'the worked example of the guidelines: 1/500 at severity 1')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }), (left, right) => {
      const product = productOf([`1/${left}`, `1/${right}`])
      const whole = fractionOf(`1/${left * right}`)
      assert.ok(product !== undefined && whole !== undefined && !isAbove(product, whole) && !isAbove(whole, product))
    })
  )
  assert.equal(numberOf({ over: 1n, under: 500n }), 0.002)
  assert.deepEqual(
    [scaledBy('1/50', 10, 'up'), scaledBy('1/50', 10, 'down'), scaledBy(0.6, 10, 'up'), scaledBy(1, 10, 'up'), scaledBy(0, 10, 'down')],
    ['1/5', '1/500', 1, undefined, undefined]
  )
  for (const wrong of ['2/1', '1/0', 'x', '-1/2', '', 1.5, -0.1, Number.NaN]) assert.equal(fractionOf(wrong), undefined, String(wrong))
})

const proposal: LevelProposal = assess({
  products: [{ name: text, harm: 2 }],
  productsUnknown: 0,
  open: true,
  held: { inStock: 5, inTransit: 0, sold: 0, destroyed: 0, unknown: 0 },
  elsewhere: 0,
  lots: 1,
  holders: 1,
  regions: 1,
  goods: 5,
  onSale: 0,
  complaints: 0,
  injuries: 0
})
const input = (change: Partial<AssessmentInput> = {}): AssessmentInput => ({
  scenarios: [],
  evidence: [{ type: 'document', ref: 'report' }],
  proposal,
  corrections: {},
  ...change
})

test('the worst scenario gives the harm; without any the proposal stands', () => {
  const none = judgeAssessment(input(), policyDefaults)
  assert.equal(none.criteria.harm.proposed.value, 2)
  assert.equal(none.risk, undefined)
  const three = judgeAssessment(input({ scenarios: [scenario(1, '1/500'), scenario(3, 0.6), scenario(4, 0.00002)] }), policyDefaults)
  assert.equal(three.worst, 1)
  assert.equal(three.risk, 'serious')
  assert.equal(three.criteria.harm.proposed.value, 4)
  assert.equal(three.level, 'II')
})

test('the sensitivity table moves each factor one step up and down and nothing else', () => {
  const { sensitivity, level } = judgeAssessment(input({ scenarios: [scenario(3, 0.0002, 1)] }), policyDefaults)
  assert.equal(level, 'III')
  const rows = sensitivity.map(({ factor, direction, from, to, risk: after, level: now, changes }) => [
    factor.type === 'criterion' ? factor.name : factor.type,
    direction,
    from,
    to,
    after,
    now,
    changes
  ])
  assert.deepEqual(rows, [
    ['probability', 'up', 0.0002, 0.002, 'serious', 'II', true],
    ['probability', 'down', 0.0002, 0.00002, 'medium', 'IV', true],
    ['probability', 'down', 1, 0.1, 'medium', 'IV', true],
    ['severity', 'up', 3, 4, 'serious', 'II', true],
    ['severity', 'down', 3, 2, 'medium', 'IV', true],
    ['harm', 'up', 3, 4, undefined, 'II', true],
    ['harm', 'down', 3, 2, undefined, 'IV', true],
    ['urgency', 'up', 2, 3, undefined, 'II', true],
    ['urgency', 'down', 2, 1, undefined, 'III', false],
    ['scope', 'up', 1, 2, undefined, 'III', false]
  ])
})

const probability = fc.oneof(
  fc.constantFrom('1/2', '1/50', 0.1, 0.01, 1, 0),
  fc.double({ min: 0, max: 1, noNaN: true }).map((value) => Number(value.toFixed(6)))
)
const scenarios = fc.array(
  fc.record({ severity: fc.integer({ min: 1, max: 4 }), probabilities: fc.array(probability, { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 4 }
)

test('a factor that goes up never lowers risk or level, and one that goes down never raises them', () => {
  const levels = ['IV', 'III', 'II', 'I']
  fc.assert(
    fc.property(scenarios, (all) => {
      const result = judgeAssessment(
        input({ scenarios: all.map(({ severity, probabilities }) => scenario(severity, ...probabilities)) }),
        policyDefaults
      )
      for (const row of result.sensitivity) {
        const up = row.direction === 'up'
        const moved = levels.indexOf(row.level) - levels.indexOf(result.level)
        assert.ok(up ? moved >= 0 : moved <= 0, JSON.stringify(row))
        if (row.risk === undefined || result.risk === undefined) continue
        const risen = riskLevels.indexOf(row.risk) - riskLevels.indexOf(result.risk)
        assert.ok(up ? risen >= 0 : risen <= 0, JSON.stringify(row))
      }
    }),
    { numRuns: 60 }
  )
})

test('a correction counts, with the proposal beside it', () => {
  const corrections = { scope: { value: 4, atMs: 1, by: 'Li', why: 'exported to twelve countries' } }
  const result = judgeAssessment(input({ scenarios: [scenario(3, 0.6)], corrections }), policyDefaults)
  assert.equal(result.level, 'I')
  assert.equal(result.criteria.scope.proposed.value, 1)
  assert.equal(result.criteria.scope.corrected?.value, 4)
  const { scope } = effectiveCriteria(result.criteria)
  assert.equal(scope.value, 4)
  assert.match(scope.reason.en, /Corrected to 4 by Li: exported to twelve countries \(proposed was 1/)
})

test('an assessment without scenario or evidence is not completed, and its journal alone gives it', () => {
  assert.deepEqual(
    assessmentGaps({ scenarios: [], evidence: [] }).map((gap) => gap.pointer),
    ['/scenarios', '/evidence']
  )
  const at = (atMs: number) => ({ id: 'A-1', atMs, by: 'Li', why: 'test' })
  const content = { title: text, hazard: 'physical' as const, scenarios: [], evidence: [] }
  const result = judgeAssessment(input(), policyDefaults)
  const opened: AssessmentStep = { type: 'opened', products: [], ...content, proposal, result, policyVersion: 1 }
  const complete: AssessmentStep = { type: 'completed', result, policyVersion: 1 }
  const open = reduceAssessment(undefined, opened, at(1))
  assert.throws(() => reduceAssessment(open, complete, at(2)), { code: 'ASSESSMENT_INCOMPLETE' })
  const revised: AssessmentStep = {
    type: 'revised',
    content: { ...content, scenarios: [scenario(3, 0.6)], evidence: [{ type: 'document', ref: 'x' }] },
    proposal,
    corrections: {},
    bodies: ['lab-1'],
    result: judgeAssessment(input({ scenarios: [scenario(3, 0.6)] }), policyDefaults),
    policyVersion: 1
  }
  const done = reduceAssessment(reduceAssessment(open, revised, at(2)), complete, at(3))
  assert.equal(done.status, 'completed')
  assert.deepEqual(done.completed, { atMs: 3, by: 'Li', why: 'test' })
  assert.throws(() => reduceAssessment(done, revised, at(4)), { code: 'ASSESSMENT_STEP' })
})
