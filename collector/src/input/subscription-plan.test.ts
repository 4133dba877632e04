/** Which collector takes which point: by number, by name, and the rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CodedError } from '@tracegate/model/errors'
import { checkMqttInput, type MqttInputOptions } from './mqtt-options.ts'
import { allFilters, hashOf, planSubscriptions } from './subscription-plan.ts'

const point = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).filter((name) => name !== '-')
const topicOf = (name: string) => `tg/v1/${name}/probe-1/telemetry`

test('every point has exactly one owner, whatever the number of partitions', () => {
  fc.assert(
    fc.property(point, fc.integer({ min: 1, max: 64 }), (name, of) => {
      const owners = Array.from({ length: of }, (_, index) => planSubscriptions({ partition: { index, of } })).filter((plan) =>
        plan.owns(topicOf(name))
      )
      assert.equal(owners.length, 1)
    })
  )
})

test('points spread over the partitions', () => {
  const counts = [0, 0, 0, 0]
  for (let index = 0; index < 4_000; index += 1) counts[hashOf(`port-${index}`) % 4] = (counts[hashOf(`port-${index}`) % 4] ?? 0) + 1
  assert.ok(Math.min(...counts) > 800, counts.join())
})

test('the hash is FNV-1a, as others compute it', () => {
  assert.equal(hashOf(''), 0x811c9dc5)
  assert.equal(hashOf('a'), 0xe40c292c)
  assert.equal(hashOf('foobar'), 0xbf9cf968)
})

test('named points and the rest share the points without overlap and without a gap', () => {
  fc.assert(
    fc.property(fc.uniqueArray(point, { minLength: 1, maxLength: 20 }), point, (points, name) => {
      const named = planSubscriptions({ partition: { points } })
      const rest = planSubscriptions({ partition: { exceptPoints: points } })
      assert.notEqual(named.owns(topicOf(name)), rest.owns(topicOf(name)))
      assert.equal(named.filters.length, points.length * allFilters.length)
      assert.deepEqual(rest.filters, allFilters)
    })
  )
})

test('options that do not go together are refused with what was expected', () => {
  const base: MqttInputOptions = { type: 'mqtt', url: 'mqtt://broker', clientId: 'c' }
  const cases: readonly (readonly [Partial<MqttInputOptions>, RegExp])[] = [
    [{ share: 'g' }, /shared group "g" may split .* expected a partition by point, or shareKeepsDevices/],
    [{ share: 'a/b', shareKeepsDevices: true }, /shared group is "a\/b"/],
    [{ share: 'g', shareKeepsDevices: true, partition: { index: 0, of: 2 } }, /both a shared group and a partition/],
    [{ partition: { index: 2, of: 2 } }, /partition.index is 2, expected 0 to 1/],
    [{ partition: { index: 0, of: 65 } }, /partition.of is 65/],
    [{ partition: { points: [] } }, /names 0 points/],
    [{ partition: { exceptPoints: ['a/b'] } }, /names the point "a\/b"/],
    [{ clientId: '' }, /client id is empty/],
    [{ url: 'mqtt://u:p@broker' }, /without user and password/]
  ]
  for (const [fields, message] of cases)
    assert.throws(
      () => checkMqttInput({ ...base, ...fields }),
      (error: unknown) => error instanceof CodedError && message.test(error.message)
    )
  for (const fields of [{}, { share: 'g', shareKeepsDevices: true }, { partition: { index: 0, of: 2 } }])
    checkMqttInput({ ...base, ...fields })
})
