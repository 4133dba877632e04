/** What Sparkplug's names become here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { metricPattern, unitPattern } from '../../names.ts'
import { deviceIdOf, isListed, metricNameOf, unitOf } from './naming.ts'

const subject = (group: string, node: string, device: string) => ({ group, node, device })

test('names keep what they can, and those that lose letters keep apart by a hash', () => {
  assert.equal(deviceIdOf(subject('G', 'Edge 1', 'Reefer 7'), '{node}-{device}'), 'Edge-1-Reefer-7')
  assert.equal(metricNameOf('Tank 1/Temp'), 'Tank_1.Temp')
  const door = deviceIdOf(subject('G', '冷库', '门'), '{node}-{device}')
  const window = deviceIdOf(subject('G', '冷库', '窗'), '{node}-{device}')
  assert.notEqual(door, window)
  assert.equal(door, deviceIdOf(subject('G', '冷库', '门'), '{node}-{device}'))
  assert.notEqual(metricNameOf('温度'), metricNameOf('湿度'))
  assert.notEqual(metricNameOf(`${'x'.repeat(80)}1`), metricNameOf(`${'x'.repeat(80)}2`))
})

test('whatever the names, ours can go into a topic and a message', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ minLength: 1 }), (node, device) => {
      assert.match(deviceIdOf(subject('g', node, device), '{node}-{device}'), /^(?!-$)[A-Za-z0-9_-]{1,64}$/)
      assert.match(metricNameOf(node), metricPattern)
      assert.match(unitOf(device, {}), unitPattern)
    })
  )
})

test('a unit that nobody has explained is an annotation, and a list of names may end with a star', () => {
  assert.equal(unitOf('°C', {}), 'Cel')
  assert.equal(unitOf('smoot', {}), '{smoot}')
  assert.equal(unitOf('smoot', { smoot: 'm' }), 'm')
  assert.equal(unitOf(undefined, {}), '1')
  assert.equal(unitOf('单位', {}), '1')
  assert.ok(isListed('Node Control/Rebirth', ['bdSeq', 'Node Control/*']))
  assert.ok(!isListed('bdSeq2', ['bdSeq']))
})
