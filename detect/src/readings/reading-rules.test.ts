/** The rules of readings as data: their defaults fit their schemas, and what does not fit leaves the default in effect. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { readingDefaults } from './reading-parameters.ts'
import { readingRuleDefinitions, readingRules } from './reading-rules.ts'

test('the defaults of every rule fit its schema, and a member that nobody knows does not', () => {
  for (const { id, parameters, defaults, title } of readingRuleDefinitions) {
    const validator = compileValidator(parameters)
    assert.deepEqual(validator.reasons(defaults), [], id)
    assert.equal(validator.check({ ...defaults, unknown: 1 }).ok, false, id)
    assert.ok(title.zh !== '' && title.en !== '')
  }
})

test('ids are unique, and each type of reading anomaly has a rule that raises it', () => {
  const ids = readingRuleDefinitions.map((one) => one.id)
  assert.equal(new Set(ids).size, ids.length)
  const types = new Set(readingRuleDefinitions.flatMap((one) => one.types))
  const wanted = ['limit', 'excursion', 'cumulativeExcursion', 'meanKineticTemperature', 'grossRange', 'rate', 'spike', 'flatLine'] as const
  for (const type of [...wanted, 'attenuated', 'neighbour', 'drift', 'gap', 'recordingInterval', 'clock'] as const)
    assert.ok(types.has(type), type)
})

test('a setting goes over the defaults member by member; parameters that do not fit change nothing', () => {
  const gap = { id: 'qartod:gap', version: 3, enabled: true, parameters: { leastMs: 60_000 } }
  const clock = { id: 'device:clock', version: 2, enabled: false, parameters: { behindMs: 'soon' } }
  const { parameters, rule } = readingRules([gap, clock])
  assert.deepEqual(parameters.gap, { ...readingDefaults.gap, leastMs: 60_000 })
  assert.deepEqual(parameters.clock, readingDefaults.clock)
  assert.deepEqual([rule.gap.version, rule.clock.enabled, rule.spike.version], [3, false, 1])
})
