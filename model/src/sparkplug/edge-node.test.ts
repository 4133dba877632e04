/** What a host knows of an edge node: births, aliases, order, deaths. Every message goes through its bytes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeSparkplug } from './decode.ts'
import { reduceEdgeNode } from './edge-node.ts'
import { edgeNodeLimits, type EdgeNodeState, type NodeEffect, type NodeMessage, unknownEdgeNode } from './edge-node-types.ts'
import { encodeSparkplug, type MetricInput, type PayloadInput } from './encode.ts'
import type { SparkplugMessageType } from './topic.ts'

function createWorld() {
  let state: EdgeNodeState = unknownEdgeNode
  let nowMs = 1_000_000
  const run = (event: Parameters<typeof reduceEdgeNode>[1]): readonly NodeEffect[] => {
    const step = reduceEdgeNode(state, event, { nowMs })
    state = step.state
    return step.effects
  }
  return {
    get state() {
      return state
    },
    send(type: SparkplugMessageType, payload: PayloadInput, device = '') {
      const decoded = decodeSparkplug(encodeSparkplug(payload))
      assert.ok(decoded.ok)
      const message: NodeMessage = { type, device, payload: decoded.value, receivedAtMs: nowMs }
      return run({ type: 'message', message })
    },
    pass(ms: number) {
      nowMs += ms
      return run({ type: 'tick' })
    },
    lose: () => run({ type: 'lost' })
  }
}

const bdSeq = (value: number): MetricInput => ({ name: 'bdSeq', type: 'Int64', value })
const nodeBirth = (session: number): PayloadInput => ({ timeMs: 1, seq: 0, metrics: [bdSeq(session)] })
const temperature: MetricInput = {
  name: 'Temp',
  alias: 7,
  type: 'Int16',
  timeMs: 5,
  value: -3,
  properties: { engUnit: { type: 'String', value: '°C' } }
}
const deviceBirth = (seq: number): PayloadInput => ({ timeMs: 2, seq, metrics: [temperature] })
const data = (seq: number, value: number, more: Partial<MetricInput> = {}): PayloadInput => ({
  timeMs: 9,
  seq,
  metrics: [{ alias: 7, type: 'Int16', withType: false, value, ...more }]
})

/** An effect in one word or two. */
function told(effects: readonly NodeEffect[]): string[] {
  return effects.map((effect) => {
    if (effect.type === 'birth' || effect.type === 'data')
      return `${effect.type} ${effect.device}: ${effect.metrics.map(({ name, value }) => `${name}=${JSON.stringify(value)}`).join(',')}`
    if (effect.type === 'death') return `death ${effect.device}`
    if (effect.type === 'refused') return effect.reason.code
    if (effect.type === 'gap') return `gap ${effect.from}-${effect.to}`
    return effect.type
  })
}

function bornWorld() {
  const world = createWorld()
  world.send('NBIRTH', nodeBirth(3))
  world.send('DBIRTH', deviceBirth(1), 'd')
  return world
}

test('TG-1101: a birth names every metric with type, unit and present value', () => {
  const world = createWorld()
  assert.deepEqual(told(world.send('NBIRTH', nodeBirth(3))), ['birth : bdSeq=3'])
  const [birth] = world.send('DBIRTH', deviceBirth(1), 'd')
  assert.ok(birth?.type === 'birth')
  assert.deepEqual(birth.metrics[0]?.properties.get('engUnit')?.value, { field: 'string', value: '°C' })
  assert.equal(birth.metrics[0]?.timeMs, 5)
  const wrong = createWorld()
  assert.deepEqual(told(wrong.send('NBIRTH', { seq: 0, metrics: [bdSeq(0), { type: 'Int8', value: 1 }] })), [
    'birth : bdSeq=0',
    'SPARKPLUG_BIRTH'
  ])
})

test('TG-1102: DATA is resolved by the alias of the birth, and by its type', () => {
  const world = bornWorld()
  const [effect] = world.send('DDATA', data(2, -30_000), 'd')
  assert.ok(effect?.type === 'data')
  const [metric] = effect.metrics
  assert.deepEqual([metric?.name, metric?.type, metric?.value, metric?.timeMs], ['Temp', 'Int16', -30_000, 9])
})

test('TG-1102: what no birth has named is asked for by a rebirth request, not guessed, and not too often', () => {
  const early = createWorld()
  assert.deepEqual(told(early.send('DDATA', data(4, 1), 'd')), ['SPARKPLUG_NOT_BORN', 'rebirth'])
  assert.deepEqual(told(early.send('DDATA', data(5, 1), 'd')), ['SPARKPLUG_NOT_BORN'])
  early.pass(edgeNodeLimits.rebirthIntervalMs)
  assert.deepEqual(told(early.send('DDATA', data(6, 1), 'd')), ['SPARKPLUG_NOT_BORN', 'rebirth'])
  const world = bornWorld()
  const effects = world.send(
    'DDATA',
    {
      seq: 2,
      metrics: [
        { alias: 8, type: 'Int16', value: 1 },
        { alias: 7, type: 'Int16', value: 2 }
      ]
    },
    'd'
  )
  assert.deepEqual(told(effects), ['data d: Temp=2', 'SPARKPLUG_METRIC_UNKNOWN', 'rebirth'])
  assert.deepEqual(told(bornWorld().send('DDATA', data(2, 1), 'other')), ['SPARKPLUG_NOT_BORN', 'rebirth'])
  // The alias is that of the device: the node itself may not use it.
  assert.deepEqual(told(bornWorld().send('NDATA', data(2, 1))), ['SPARKPLUG_METRIC_UNKNOWN', 'rebirth'])
})

test('TG-1103: messages out of order wait for the missing one, and are taken in order', () => {
  const world = bornWorld()
  assert.deepEqual(told(world.send('DDATA', data(4, 4), 'd')), [])
  assert.deepEqual(told(world.send('DDATA', data(3, 3), 'd')), [])
  assert.deepEqual(told(world.pass(edgeNodeLimits.reorderTimeoutMs - 1)), [])
  assert.deepEqual(told(world.send('DDATA', data(2, 2), 'd')), ['data d: Temp=2', 'data d: Temp=3', 'data d: Temp=4'])
  assert.deepEqual(told(world.pass(60_000)), [])
})

test('TG-1103: after a gap that stays open the births are asked for, and what came meanwhile is kept', () => {
  const world = bornWorld()
  world.send('DDATA', data(4, 4), 'd')
  world.send('DDATA', data(6, 6), 'd')
  assert.deepEqual(told(world.pass(edgeNodeLimits.reorderTimeoutMs)), ['gap 2-3', 'data d: Temp=4', 'gap 5-5', 'data d: Temp=6', 'rebirth'])
  assert.deepEqual(told(world.send('DDATA', data(7, 7), 'd')), ['data d: Temp=7'])
  // The rebirth keeps the session: the device stays alive, and its metrics are declared again.
  assert.deepEqual(told(world.send('NBIRTH', nodeBirth(3))), ['birth : bdSeq=3'])
  assert.deepEqual(told(world.send('DDATA', data(1, 8), 'd')), ['data d: Temp=8'])
})

test('TG-1103: seq goes from 255 to 0, and no more messages are held than the limit says', () => {
  const world = bornWorld()
  for (let count = 2; count < 600; count += 1) assert.deepEqual(told(world.send('DDATA', data(count % 256, 1), 'd')), ['data d: Temp=1'])
  const next = 600 % 256
  for (let count = 1; count <= edgeNodeLimits.heldMax; count += 1)
    assert.deepEqual(told(world.send('DDATA', data((next + count) % 256, 1), 'd')), [])
  const effects = told(world.send('DDATA', data((next + edgeNodeLimits.heldMax + 1) % 256, 1), 'd'))
  assert.equal(effects.filter((effect) => effect.startsWith('data')).length, edgeNodeLimits.heldMax + 1)
  assert.equal(world.state.held.length, 0)
})

test('TG-1104: a historical value keeps its own time and says that it is historical', () => {
  const [effect] = bornWorld().send('DDATA', data(2, 5, { isHistorical: true, timeMs: 3 }), 'd')
  assert.ok(effect?.type === 'data')
  assert.deepEqual([effect.metrics[0]?.isHistorical, effect.metrics[0]?.timeMs], [true, 3])
})

test('TG-1105: NDEATH with the bdSeq of the last NBIRTH ends the node and its devices; an older one does not', () => {
  const world = bornWorld()
  assert.deepEqual(told(world.send('NDEATH', { timeMs: 1, metrics: [bdSeq(2)] })), [])
  assert.deepEqual(told(world.send('NDEATH', { timeMs: 1, metrics: [] })), [])
  assert.deepEqual(told(world.send('NDEATH', { timeMs: 1, metrics: [bdSeq(3)] })), ['death ', 'death d'])
  assert.deepEqual(told(world.send('DDATA', data(2, 1), 'd')), ['SPARKPLUG_NOT_BORN', 'rebirth'])
})

test('TG-1105: DDEATH ends one device, at the time of its payload', () => {
  const world = bornWorld()
  assert.deepEqual(world.send('DDEATH', { timeMs: 77, seq: 2, metrics: [] }, 'd'), [
    { type: 'death', device: 'd', timeMs: 77, reason: 'device died' }
  ])
  assert.deepEqual(told(world.send('DBIRTH', deviceBirth(3), 'd')), ['birth d: Temp=-3'])
})

test('a birth with another bdSeq is a new session: devices that are not born again are dead, and old aliases mean nothing', () => {
  const world = bornWorld()
  assert.deepEqual(told(world.send('NBIRTH', nodeBirth(4))), ['death ', 'death d', 'birth : bdSeq=4'])
  assert.deepEqual(told(world.send('DDATA', data(1, 1), 'd')), ['SPARKPLUG_NOT_BORN', 'rebirth'])
})

test('what was held when the node dies or is born again is taken by what was known before', () => {
  const world = bornWorld()
  world.send('DDATA', data(4, 4), 'd')
  assert.deepEqual(told(world.send('NDEATH', { metrics: [bdSeq(3)] })), ['data d: Temp=4', 'death ', 'death d'])
  const reborn = bornWorld()
  reborn.send('DDATA', data(4, 4), 'd')
  assert.ok(told(reborn.send('NBIRTH', nodeBirth(4))).includes('data d: Temp=4'))
})

test('a lost line to the broker ends everything until the next birth', () => {
  const world = bornWorld()
  assert.deepEqual(told(world.lose()), ['death ', 'death d'])
  assert.deepEqual(told(world.lose()), [])
  assert.deepEqual(told(world.send('DDATA', data(2, 1), 'd')), ['SPARKPLUG_NOT_BORN', 'rebirth'])
})

test('every value that is sent after the births is taken once, whatever the order within the window', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([2, 3, 4, 5, 6, 7, 8, 9], { minLength: 8, maxLength: 8 }), (order) => {
      const world = bornWorld()
      const values = order.flatMap((seq) => world.send('DDATA', data(seq, seq), 'd'))
      const taken = values.flatMap((effect) => (effect.type === 'data' ? effect.metrics.map(({ value }) => value) : []))
      assert.deepEqual(taken, [2, 3, 4, 5, 6, 7, 8, 9])
    })
  )
})
