/** What a host application makes of several edge nodes: who is who, whom it asks for births, and how often. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeSparkplug } from '../encode.ts'
import { createSparkplugHost, type SparkplugHostOptions } from './host.ts'

function createWorld(options: Pick<SparkplugHostOptions, 'scopeOf'> = {}) {
  let nowMs = 1_000_000
  const asked: string[] = []
  const born: string[] = []
  const refused: string[] = []
  const host = createSparkplugHost({
    config: { rebirthIntervalMs: 10_000, nodesMax: 3 },
    now: () => nowMs,
    actions: {
      readings: () => undefined,
      device: ({ id, declared, node }) => born.push(`${node.group} ${id} ${declared !== undefined}`),
      askRebirth: ({ group, node }, reason) => asked.push(`${group}/${node} ${reason}`),
      gap: () => undefined,
      refuse: ({ reason }) => refused.push(reason.code),
      stateSeen: () => undefined
    },
    ...options
  })
  const birth = (group: string, node: string) => {
    const metrics = [{ name: 'bdSeq', type: 'Int64', value: 0 } as const]
    host.take(`spBv1.0/${group}/NBIRTH/${node}`, encodeSparkplug({ timeMs: nowMs, seq: 0, metrics }), nowMs)
  }
  return { host, asked, born, refused, birth, pass: (ms: number) => (nowMs += ms) }
}

test('a node is asked for its births at once, and not again before the interval is over, however often it is wanted', () => {
  const { host, asked, birth, pass } = createWorld()
  birth('g', 'n')
  for (let turn = 0; turn < 50; turn += 1) {
    host.rebirth({ group: 'g', node: 'n' }, 'wanted')
    birth('g', 'n')
    pass(100)
    host.tick()
  }
  assert.deepEqual(asked, ['g/n wanted'])
  pass(5_000)
  host.tick()
  host.tick()
  assert.deepEqual(asked, ['g/n wanted', 'g/n wanted'])
})

test('whom an earlier run knew is asked after the connect', () => {
  const { host, asked } = createWorld()
  host.know([{ group: 'g', node: 'n' }])
  host.connected()
  assert.deepEqual(asked, ['g/n connected'])
})

test('a device id belongs to one node of its scope', () => {
  const one = createWorld()
  const two = createWorld({ scopeOf: ({ group }) => group })
  for (const { birth } of [one, two]) {
    birth('a', 'n')
    birth('b', 'n')
  }
  assert.deepEqual(one.born, ['a n true'])
  assert.deepEqual(one.refused, ['DEVICE_AMBIGUOUS'])
  assert.deepEqual(two.born, ['a n true', 'b n true'])
})

test('nodes beyond the limit are refused, and those that are known go on', () => {
  const { born, refused, birth } = createWorld()
  for (const name of ['a', 'b', 'c', 'd', 'a']) birth('g', name)
  assert.deepEqual(refused, ['SPARKPLUG_TOO_MANY_NODES'])
  assert.equal(born.filter((line) => line.endsWith('true')).length, 4)
})
