/** Orders over a real broker: what an agent does with them, once, in time, and what it answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { EdgeConfig } from '../config.ts'
import { startEdge } from '../edge.ts'
import { orderOf, startPlatform } from '../testing/platform.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { startTestBroker, type TestBroker, until } from '../testing/test-broker.ts'

const configOf = (broker: TestBroker, dataDir: string): EdgeConfig => ({
  point: 'p1',
  agent: 'agent',
  secret: 'secret-of-agent',
  brokerUrl: broker.url,
  dataDir,
  outboxSync: 'normal',
  backOffMinMs: 20,
  backOffMaxMs: 100,
  flushTimeoutMs: 500,
  sources: [],
  devices: [{ id: 'd1', kind: 'probe', name: { zh: '探头', en: 'Probe' }, metrics: [{ metric: 'temperature', unit: 'Cel' }] }]
})
const start = (config: EdgeConfig) => startEdge(config, { logger: silentLogger, metrics: createMetrics() })

test('orders', { timeout: 60_000 }, async (context) => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const edge = await start(configOf(broker, folder.path))
  await using platform = await startPlatform(broker.url)
  const births = (device: string) =>
    broker.received.filter((message) => message.device === device && message.channel === 'state' && message.message['online'] === true)
  await until('births', () => births('agent').length === 1 && births('d1').length === 1)

  await context.test('TG-303: the births name the capability command', () => {
    for (const device of ['agent', 'd1']) assert.ok(JSON.stringify(births(device)[0]?.message['capabilities']).includes('"command"'))
  })

  await context.test('TG-305 TG-801 TG-802: a rebirth is answered with a new birth of the same boot', async () => {
    for (const device of ['agent', 'd1']) {
      const order = orderOf('rebirth')
      await platform.send(device, order)
      assert.equal((await platform.final(order.id)).status, 'done')
      await until('the birth', () => births(device).length === 2, 5_000)
      assert.equal(births(device)[1]?.boot, births(device)[0]?.boot)
    }
  })

  await context.test('TG-803: an order after its deadline is expired and not carried out', async () => {
    const before = births('d1').length
    const order = { ...orderOf('rebirth'), deadlineMs: Date.now() - 1 }
    await platform.send('d1', order)
    assert.equal((await platform.final(order.id)).status, 'expired')
    assert.equal(births('d1').length, before)
  })

  await context.test('TG-804: what is not known, not possible or not allowed is refused with a message', async () => {
    const orders = [
      ['d1', orderOf('selfDestruct')],
      ['d1', orderOf('holdGate')],
      ['d1', orderOf('setInterval', { args: { intervalMs: 1_000 } })],
      ['nobody', orderOf('rebirth')],
      ['agent', { ...orderOf('rebirth'), deadlineMs: Date.now() + 30 * 86_400_000 }]
    ] as const
    for (const [device, order] of orders) {
      await platform.send(device, order)
      const { status, message } = await platform.final(order.id)
      assert.equal(status, 'refused', order.name)
      assert.ok(message.length > 10, order.name)
    }
  })

  await context.test('TG-805: an order that comes again is carried out once and answered again', async () => {
    const before = births('d1').length
    const order = orderOf('rebirth')
    for (let time = 0; time < 3; time += 1) await platform.send('d1', order)
    await until('three answers', () => platform.answers.filter(({ id }) => id === order.id).length === 3)
    assert.ok(platform.answers.filter(({ id }) => id === order.id).every(({ status }) => status === 'done'))
    assert.equal(births('d1').length, before + 1)
  })

  await context.test('TG-806: an order that cannot be read changes nothing and ends nothing', async () => {
    const before = edge.status().counts.deadLetters
    for (const payload of ['', '{', '[]', '{"v":1}', '\u0000\u0001', '{"v":2,"id":"x","name":"rebirth"}'])
      await platform.sendRaw('agent', new TextEncoder().encode(payload))
    await until('them in the dead letter', () => edge.status().counts.deadLetters === before + 6)
    assert.ok(edge.status().connected)
    const order = orderOf('rebirth')
    await platform.send('agent', order)
    assert.equal((await platform.final(order.id)).status, 'done')
  })

  await context.test('TG-805: an order that is remembered is remembered beyond a restart', async () => {
    const order = orderOf('holdGate')
    await platform.send('d1', order)
    const first = await platform.final(order.id)
    await edge[Symbol.asyncDispose]()
    await using again = await start(configOf(broker, folder.path))
    await until('the connection', () => again.status().connected)
    await platform.send('d1', order)
    await until('a second answer', () => platform.answers.filter(({ id }) => id === order.id).length === 2)
    assert.equal(platform.answers.findLast(({ id }) => id === order.id)?.status, first.status)
    assert.equal(again.status().counts.ordersRepeated, 1)
    assert.equal(again.status().counts.ordersTaken, 0)
  })
})
