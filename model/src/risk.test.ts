/** The level table, and that more of anything bad never lowers the level. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { gradingDefaults } from './policy/grading.ts'
import { assess, levelOf, type AssessmentFacts, type CriterionValues } from './risk.ts'
import { warningLevels, type WarningLevel } from './warning.ts'

const rank = (level: WarningLevel) => warningLevels.length - warningLevels.indexOf(level)
const criterion = fc.integer({ min: 1, max: 4 })
const values: fc.Arbitrary<CriterionValues> = fc.record({ harm: criterion, urgency: criterion, scope: criterion })

test('levelOf() follows the table of the rules', () => {
  const rows: [number, number, number, WarningLevel][] = [
    [4, 3, 1, 'I'],
    [4, 1, 4, 'I'],
    [4, 2, 2, 'II'],
    [3, 3, 1, 'II'],
    [3, 2, 2, 'III'],
    [2, 1, 3, 'III'],
    [2, 2, 2, 'IV'],
    [1, 4, 4, 'IV']
  ]
  for (const [harm, urgency, scope, level] of rows) assert.equal(levelOf({ harm, urgency, scope }), level, `${harm}/${urgency}/${scope}`)
})

test('raising one criterion never lowers the level', () => {
  fc.assert(
    fc.property(values, fc.constantFrom('harm', 'urgency', 'scope'), (before, raised) => {
      const after = { ...before, [raised]: Math.min(4, before[raised] + 1) }
      assert.ok(rank(levelOf(after)) >= rank(levelOf(before)))
    })
  )
})

const count = fc.integer({ min: 0, max: 40 })
const facts: fc.Arbitrary<AssessmentFacts> = fc.record({
  products: fc.array(fc.record({ name: fc.constant({ zh: '货', en: 'goods' }), harm: criterion }), { maxLength: 4 }),
  productsUnknown: count,
  open: fc.boolean(),
  held: fc.record({ inStock: count, inTransit: count, sold: count, destroyed: count, unknown: count }),
  elsewhere: count,
  kelvinPerHour: fc.double({ min: 0, max: 20, noNaN: true }),
  doseShare: fc.double({ min: 0, max: 3, noNaN: true }),
  lots: count,
  holders: count,
  regions: count,
  goods: count,
  onSale: count,
  complaints: count,
  injuries: count
})

test('more of anything bad never lowers the proposed level', () => {
  const worse: ((facts: AssessmentFacts) => AssessmentFacts)[] = [
    (facts) => ({ ...facts, open: true }),
    (facts) => ({ ...facts, held: { ...facts.held, sold: facts.held.sold + 1 } }),
    (facts) => ({ ...facts, held: { ...facts.held, inTransit: facts.held.inTransit + 1 } }),
    (facts) => ({ ...facts, elsewhere: facts.elsewhere + 1 }),
    (facts) => ({ ...facts, kelvinPerHour: (facts.kelvinPerHour ?? 0) + 3 }),
    (facts) => ({ ...facts, doseShare: (facts.doseShare ?? 0) + 1 }),
    (facts) => ({ ...facts, lots: facts.lots + 1 }),
    (facts) => ({ ...facts, holders: facts.holders + 3 }),
    (facts) => ({ ...facts, regions: facts.regions + 1 }),
    (facts) => ({ ...facts, goods: facts.goods + 100 }),
    (facts) => ({ ...facts, onSale: facts.onSale + 1 }),
    (facts) => ({ ...facts, complaints: facts.complaints + 1 }),
    (facts) => ({ ...facts, injuries: facts.injuries + 1 }),
    (facts) => ({ ...facts, productsUnknown: facts.productsUnknown + 1 }),
    (facts) => ({ ...facts, products: [...facts.products, { name: { zh: '货', en: 'goods' }, harm: 4 }] })
  ]
  fc.assert(
    fc.property(facts, fc.constantFrom(...worse), (before, change) => {
      assert.ok(rank(assess(change(before)).level) >= rank(assess(before).level))
    })
  )
})

test('every proposal names its table, its reasons and values from 1 to 4', () => {
  fc.assert(
    fc.property(facts, (facts) => {
      const proposal = assess(facts)
      assert.deepEqual(proposal.table, { id: gradingDefaults.id, version: gradingDefaults.version, source: gradingDefaults.source })
      assert.match(proposal.table.source, /^\[ours\]/)
      for (const { value, reason } of Object.values(proposal.criteria)) {
        assert.ok(value >= 1 && value <= 4)
        assert.ok(reason.zh !== '' && reason.en !== '')
      }
    })
  )
})
