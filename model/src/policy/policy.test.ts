/** The shipped policy is valid, a table that is not monotone is refused, and differences are told in both languages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { warningLevels } from '../warning.ts'
import { checkPolicy, completePolicy, mergeDocument } from './check.ts'
import { diffPolicies } from './diff.ts'
import { gradingDefaults, levelByRows, monotonyCounterexample } from './grading.ts'
import { isLabelled } from './labels.ts'
import { Policy, policyDefaults } from './policy.ts'

const faultsOf = (change: unknown) => {
  const checked = checkPolicy(mergeDocument(policyDefaults, change))
  return checked.ok ? [] : checked.faults.map((fault) => fault.pointer)
}

test('the shipped policy is valid, and every section says where it comes from', () => {
  const checked = checkPolicy(policyDefaults)
  assert.ok(checked.ok, checked.ok ? '' : JSON.stringify(checked.faults))
  for (const [name, section] of Object.entries(policyDefaults)) assert.match(JSON.stringify(section), /"source":"[^"]+/, name)
})

const score = fc.integer({ min: 1, max: 4 })
const row = fc.record(
  { level: fc.constantFrom(...warningLevels), harmAtLeast: score, spreadAtLeast: score },
  { requiredKeys: ['level', 'harmAtLeast'] }
)
const rows = fc.array(row, { minLength: 1, maxLength: 6 })
const values = fc.record({ harm: score, urgency: score, scope: score })
const more = (left: number, right: number) => Math.max(left, right)

test('a table that is taken never lowers the level when harm, urgency or scope rise', () => {
  let taken = 0
  fc.assert(
    fc.property(rows, fc.array(fc.tuple(values, values), { minLength: 8, maxLength: 8 }), (table, pairs) => {
      if (monotonyCounterexample(table) !== undefined) return
      taken += 1
      for (const [one, other] of pairs) {
        const graver = { harm: more(one.harm, other.harm), urgency: more(one.urgency, other.urgency), scope: more(one.scope, other.scope) }
        assert.ok(warningLevels.indexOf(levelByRows(table, graver)) <= warningLevels.indexOf(levelByRows(table, one)))
      }
    })
  )
  assert.ok(taken > 5, `${taken} monotone tables`)
})

test('a table that lowers the level of a graver case is refused with both cases', () => {
  const table = [{ level: 'I', harmAtLeast: 2 }, ...gradingDefaults.rows].map((one, at) =>
    at === 0 ? { ...one, level: 'III' as const, spreadAtLeast: 4 } : one
  )
  const checked = checkPolicy(mergeDocument(policyDefaults, { grading: { rows: table } }))
  assert.ok(!checked.ok)
  assert.equal(checked.faults[0]?.pointer, '/grading/rows')
  assert.equal(checked.faults[0]?.code, 'POLICY_NOT_MONOTONE')
  assert.match(checked.faults[0]?.message ?? '', /level I+V? for harm\/urgency\/scope \d\/\d\/\d and the less grave I+V? for \d\/\d\/\d/)
})

test('what no schema can say is refused with its pointer', () => {
  assert.deepEqual(faultsOf({ publication: { levels: { I: { authority: { right: 'publish' } } } } }), [
    '/publication/levels/I/authority/right'
  ])
  assert.deepEqual(faultsOf({ publication: { numbering: { drillPrefix: 'TG' } } }), ['/publication/numbering/drillPrefix'])
  assert.deepEqual(faultsOf({ publication: { levels: { I: { clocks: { assessMs: 400 * 60_000 } } } } }), [
    '/publication/levels/II/clocks/assessMs'
  ])
  assert.deepEqual(faultsOf({ publication: { kinds: [{ kind: 'bulletin', portsAtLeast: 1 }] } }), ['/publication/kinds/0'])
  assert.deepEqual(faultsOf({ grading: { scope: { lots: [5, 5, 6] } } }), ['/grading/scope/lots'])
  assert.deepEqual(faultsOf({ grading: { urgency: { values: { sold: 1 } } } }), ['/grading/urgency/values/sold'])
  assert.deepEqual(faultsOf({ assessment: { harmOf: { serious: 1 } } }), ['/assessment/harmOf'])
  assert.deepEqual(faultsOf({ assessment: { foundation: { basis: 1 } } }), ['/assessment/foundation'])
  const lower = policyDefaults.assessment.matrix.rows.with(0, { above: 0.5, levels: ['high', 'medium', 'serious', 'serious'] })
  assert.deepEqual(faultsOf({ assessment: { matrix: { rows: lower } } }), [
    '/assessment/matrix/rows/0/levels/1',
    '/assessment/matrix/rows/0/levels/1'
  ])
  assert.deepEqual(faultsOf({ grading: { harmUnknown: 5 }, nothing: 1 }).sort(), ['/grading/harmUnknown', '/nothing'])
})

test('a kept version without a section that came later has the shipped values there', () => {
  const { publication: _publication, ...older } = policyDefaults
  const complete = completePolicy({ version: 2, effectiveFromMs: 1, by: 'a', why: 'b', policy: older })
  assert.deepEqual(complete?.policy.publication, policyDefaults.publication)
})

test('mergeDocument() is that of RFC 7396', () => {
  assert.deepEqual(mergeDocument({ a: 'b', c: { d: 'e', f: 'g' } }, { a: 'z', c: { f: null } }), { a: 'z', c: { d: 'e' } })
  assert.deepEqual(mergeDocument({ a: [{ b: 'c' }] }, { a: [1] }), { a: [1] })
  assert.deepEqual(mergeDocument(['a', 'b'], { a: 1 }), { a: 1 })
  assert.deepEqual(mergeDocument({ e: null }, { a: 1 }), { e: null, a: 1 })
  assert.deepEqual(mergeDocument({}, { a: { bb: { ccc: null } } }), { a: { bb: {} } })
})

test('a difference names path, both values and the member in both languages', () => {
  const rowsAfter = policyDefaults.grading.rows.with(0, { level: 'I', harmAtLeast: 3, spreadAtLeast: 3 }).slice(0, -1)
  const after = mergeDocument(policyDefaults, { grading: { rows: rowsAfter, scope: { lots: [3, 5, 20] } } })
  assert.deepEqual(
    diffPolicies(policyDefaults, after).map(({ path, change, label, before, after: now }) => [
      path,
      change,
      label.zh,
      label.en,
      before,
      now
    ]),
    [
      ['/grading/rows/0/harmAtLeast', 'changed', '分级 › 行 › 第 1 项 › 危害性不低于', 'grading › rows › item 1 › harm at least', 4, 3],
      ['/grading/rows/5', 'removed', '分级 › 行 › 第 6 项', 'grading › rows › item 6', { level: 'IV', harmAtLeast: 1 }, undefined],
      ['/grading/scope/lots', 'changed', '分级 › 影响范围 › 批次', 'grading › scope › lots', [2, 5, 20], [3, 5, 20]]
    ]
  )
  assert.deepEqual(diffPolicies(policyDefaults, structuredClone(policyDefaults)), [])
})

/** Names of all members of a schema. */
function* namesOf(schema: TSchema): Generator<string> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties' && typeof value === 'object' && value !== null)
      for (const [name, member] of Object.entries(value)) {
        if (name === 'zh' || name === 'en') continue
        yield name
        if (isSchema(member)) yield* namesOf(member)
      }
    else if (Array.isArray(value)) for (const one of value) yield* isSchema(one) ? namesOf(one) : []
    else if (isSchema(value)) yield* namesOf(value)
  }
}
const isSchema = (value: unknown): value is TSchema => typeof value === 'object' && value !== null && !Array.isArray(value)

test('every member of the policy has a label', () => {
  assert.deepEqual(
    [...new Set(namesOf(Policy))].filter((name) => !isLabelled(name)),
    []
  )
})
