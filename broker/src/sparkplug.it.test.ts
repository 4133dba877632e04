/** A Sparkplug edge node and its host application on our own broker: each with the rights of its role, and nothing more. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import mqtt from 'mqtt'
import type { ClientIdentity, DeviceDirectory } from '@tracegate/service/identity'
import { createSparkplugNode } from '@tracegate/service/testing/sparkplug-node'
import { encodeSparkplug } from '@tracegate/model/sparkplug/encode'
import { createSink, start, until } from './testing.ts'

const identities: Readonly<Record<string, ClientIdentity>> = {
  'plant/node-1': { role: 'sparkplug', point: 'plant', device: 'node-1' },
  collector: { role: 'collector', point: '', device: 'collector' }
}
const directory: DeviceDirectory = {
  authenticate: async ({ username }) => identities[username ?? '']
}

it('an edge node is born, speaks, hears its host and dies; it cannot speak for another one', { timeout: 30_000 }, async () => {
  const sink = createSink()
  await using broker = await start({ directory, sink })
  const url = `mqtt://127.0.0.1:${broker.port}`
  const host = await mqtt.connectAsync(url, { clientId: 'collector', username: 'collector', password: 'x' })
  const heard: string[] = []
  host.on('message', (topic) => heard.push(topic))
  await host.subscribeAsync('spBv1.0/#', { qos: 1 })

  const metrics = () => [{ name: 't', alias: 1, type: 'Double', timeMs: Date.now(), value: 1 } as const]
  const signIn = { clientId: 'node-1', username: 'plant/node-1', password: 'x' }
  await using node = await createSparkplugNode({ url, group: 'plant', node: 'node-1', device: 'Reefer 7', metrics, signIn })
  await node.connect()
  await node.data([{ alias: 1, type: 'Double', timeMs: Date.now(), value: 2 }])
  await until(() => heard.length === 3)
  assert.deepEqual(
    heard,
    ['NBIRTH/node-1', 'DBIRTH/node-1/Reefer 7', 'DDATA/node-1/Reefer 7'].map((rest) => `spBv1.0/plant/${rest}`)
  )

  const rebirth = encodeSparkplug({ metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }] })
  await host.publishAsync('spBv1.0/plant/NCMD/node-1', Buffer.from(rebirth), { qos: 0 })
  await until(() => node.commands.length === 1)
  node.cut()
  await until(() => heard.at(-1) === 'spBv1.0/plant/NDEATH/node-1')

  await using liar = await createSparkplugNode({ url, group: 'plant', node: 'node-2', device: 'd', metrics, signIn })
  await assert.rejects(liar.connect())
  assert.ok(heard.every((topic) => !topic.includes('node-2')))
  assert.deepEqual(sink.messages, [])
  await host.endAsync(true)
})
