/** Who may publish and subscribe to what, and which filters match a topic. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { maySubscribe, publishRight } from './topic-rights.ts'

const device = { role: 'device', point: 'p', device: 'd' } as const
const edge = { role: 'edge', point: 'p', device: 'agent' } as const
const node = { role: 'sparkplug', point: 'plant', device: 'node-1' } as const
const service = { role: 'service', point: '', device: 'api' } as const

describe('publishRight()', () => {
  it('lets a device publish its own messages only', () => {
    assert.equal(publishRight(device, 'tg/v1/p/d/telemetry'), 'sink')
    assert.equal(publishRight(device, 'tg/v1/p/d/state'), 'sink')
    assert.equal(publishRight(device, 'tg/v1/p/d/command/reply'), 'sink')
    for (const topic of [
      'tg/v1/p/e/telemetry',
      'tg/v1/q/d/telemetry',
      'tg/v1/p/d/command',
      'tg/v1/p/d/committed',
      'tg/v1/-/recall',
      'x',
      '$SYS/a'
    ])
      assert.equal(publishRight(device, topic), 'refuse', topic)
  })

  it('lets an edge publish for every device of its point', () => {
    assert.equal(publishRight(edge, 'tg/v1/p/anything/scan'), 'sink')
    assert.equal(publishRight(edge, 'tg/v1/q/anything/scan'), 'refuse')
    assert.equal(publishRight(edge, 'tg/v1/p/-/control'), 'refuse')
  })

  it('lets a collector probe the broker, and nobody at a point', () => {
    for (const topic of ['tg/v1/-/probe/1a-qos-1', 'tg/v1/-/probe/1a-share/b/0']) {
      assert.equal(publishRight({ role: 'collector', point: '', device: 'collector' }, topic), 'route')
      assert.ok(maySubscribe({ role: 'collector', point: '', device: 'collector' }, topic))
      for (const identity of [device, edge]) {
        assert.equal(publishRight(identity, topic), 'refuse')
        assert.ok(!maySubscribe(identity, topic))
      }
    }
  })

  it('lets a Sparkplug edge node speak for itself and its devices, and hear its own commands and the state of hosts', () => {
    for (const topic of [
      'spBv1.0/plant/NBIRTH/node-1',
      'spBv1.0/plant/NDATA/node-1',
      'spBv1.0/plant/NDEATH/node-1',
      'spBv1.0/plant/DBIRTH/node-1/Reefer 7',
      'spBv1.0/plant/DDATA/node-1/Reefer 7',
      'spBv1.0/plant/DDEATH/node-1/Reefer 7'
    ])
      assert.equal(publishRight(node, topic), 'route', topic)
    for (const topic of [
      'spBv1.0/plant/NBIRTH/node-2',
      'spBv1.0/other/NBIRTH/node-1',
      'spBv1.0/plant/NCMD/node-1',
      'spBv1.0/plant/DCMD/node-1/Reefer 7',
      'spBv1.0/plant/NDATA/node-1/x',
      'spBv1.0/STATE/tracegate',
      'tg/v1/plant/node-1/telemetry',
      'tg/v1/plant/-/control',
      '$SYS/a',
      'x'
    ])
      assert.equal(publishRight(node, topic), 'refuse', topic)
    for (const filter of [
      'spBv1.0/plant/NCMD/node-1',
      'spBv1.0/plant/DCMD/node-1/#',
      'spBv1.0/plant/DCMD/node-1/+',
      'spBv1.0/plant/DCMD/node-1/Reefer 7',
      'spBv1.0/STATE/tracegate',
      'spBv1.0/STATE/+'
    ])
      assert.ok(maySubscribe(node, filter), filter)
    for (const filter of [
      'spBv1.0/#',
      'spBv1.0/plant/#',
      'spBv1.0/plant/+/node-1',
      'spBv1.0/plant/NCMD/+',
      'spBv1.0/plant/DCMD/node-2/#',
      'spBv1.0/plant/DCMD/node-1/a/b',
      'spBv1.0/+/NCMD/node-1',
      'tg/v1/plant/node-1/command',
      'tg/v1/plant/-/control',
      '#'
    ])
      assert.ok(!maySubscribe(node, filter), filter)
    for (const other of [device, edge]) assert.equal(publishRight(other, 'spBv1.0/p/NDATA/d'), 'refuse')
  })

  it('lets a collector publish what the platform sends, and nothing in the name of a device', () => {
    const collector = { role: 'collector', point: '', device: 'collector-2' } as const
    for (const topic of ['tg/v1/p/d/committed', 'tg/v1/p/d/command', 'tg/v1/p/-/control', 'tg/v1/-/recall', 'spBv1.0/STATE/host'])
      assert.equal(publishRight(collector, topic), 'route', topic)
    for (const topic of ['spBv1.0/group/NCMD/node', 'spBv1.0/group/DCMD/node/device'])
      assert.equal(publishRight(collector, topic), 'route', topic)
    for (const topic of [
      'tg/v1/p/d/telemetry',
      'tg/v1/p/d/state',
      'spBv1.0/group/NDATA/node',
      'spBv1.0/STATE/a/b',
      'other/topic',
      '$SYS/a'
    ])
      assert.equal(publishRight(collector, topic), 'refuse', topic)
    for (const filter of ['tg/v1/#', 'tg/v1/+/+/telemetry', 'spBv1.0/#']) assert.ok(maySubscribe(collector, filter), filter)
    for (const filter of ['#', '+/v1/#', '$SYS/#', 'other/#', '$share/g/tg/v1/#']) assert.ok(!maySubscribe(collector, filter), filter)
  })

  it('lets a service publish everything but the broker’s own topics', () => {
    assert.equal(publishRight(service, 'tg/v1/p/-/control'), 'route')
    assert.equal(publishRight(service, 'tg/v1/p/d/telemetry'), 'sink')
    assert.equal(publishRight(service, 'other/topic'), 'route')
    assert.equal(publishRight(service, '$SYS/a'), 'refuse')
  })
})

describe('maySubscribe()', () => {
  it('lets a device hear what is meant for it', () => {
    for (const filter of ['tg/v1/p/d/command', 'tg/v1/p/d/committed', 'tg/v1/p/-/control', 'tg/v1/p/-/control/#', 'tg/v1/p/-/control/7'])
      for (const identity of [device, ...(filter.includes('/-/') ? [edge] : [])]) assert.ok(maySubscribe(identity, filter), filter)
    for (const filter of ['tg/v1/q/-/control/#', 'tg/v1/+/-/control/#', 'tg/v1/p/-/#', 'tg/v1/p/-/control/16', 'tg/v1/p/-/control/+'])
      for (const identity of [device, edge]) assert.ok(!maySubscribe(identity, filter), filter)
    for (const filter of [
      'tg/v1/p/+/command',
      'tg/v1/p/d/telemetry',
      'tg/v1/q/-/control',
      'tg/v1/p/d/#',
      '#',
      '$share/a/tg/v1/p/d/command'
    ])
      assert.ok(!maySubscribe(device, filter), filter)
  })

  it('lets an edge hear what is meant for the devices of its point', () => {
    for (const filter of ['tg/v1/p/+/command', 'tg/v1/p/x/committed', 'tg/v1/p/-/control']) assert.ok(maySubscribe(edge, filter), filter)
    for (const filter of ['tg/v1/+/+/command', 'tg/v1/q/x/committed', 'tg/v1/p/#']) assert.ok(!maySubscribe(edge, filter), filter)
  })

  it('lets nobody share a subscription', () => {
    assert.ok(maySubscribe(service, '#'))
    assert.ok(!maySubscribe(service, '$share/g/#'))
  })
})
