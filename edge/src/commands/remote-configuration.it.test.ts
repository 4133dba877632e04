/** A signed configuration on trial when the agent ends, and one that never lets it run. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { type Agent, startAgent } from '../agent.ts'
import { orderOf, startPlatform } from '../testing/platform.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { startTestBroker, until } from '../testing/test-broker.ts'
import { makeKeys, signConfiguration } from './signature.ts'

async function start(path: string): Promise<Agent> {
  const started = await startAgent({ path, argv: [], env: {}, logger: silentLogger, metrics: createMetrics() })
  assert.ok(started.ok, JSON.stringify(started))
  return started.agent
}

test(
  'TG-807 TG-805: a trial that the end of the agent cut short goes on after its start, and is rolled back',
  { timeout: 40_000 },
  async () => {
    using folder = tempFolder()
    await using broker = await startTestBroker()
    await using platform = await startPlatform(broker.url)
    const keys = makeKeys()
    const path = join(folder.path, 'edge.yaml')
    const text = (confirmWithinMs: number) => `point: p1
agent: agent
secret: secret-of-agent
brokerUrl: ${broker.url}
dataDir: ${folder.path}/data
outboxSync: normal
backOffMinMs: 20
backOffMaxMs: 100
flushTimeoutMs: 300
trustedKeys: [{ id: k1, publicKey: ${keys.publicKey} }]
remoteConfiguration: { allowBroker: true, confirmWithinMs: ${confirmWithinMs} }
`
    writeFileSync(path, text(60_000))
    const order = orderOf('configure', {
      args: signConfiguration({
        point: 'p1',
        device: 'agent',
        version: 2,
        configuration: 'brokerUrl: mqtt://127.0.0.1:1',
        keyId: 'k1',
        privateKey: keys.privateKey
      })
    })
    {
      await using first = await start(path)
      await until('the connection', () => first.status().connected)
      await platform.send('agent', order)
      await until('the trial', () => first.status().configuration.onTrial && !first.status().connected)
    }
    writeFileSync(path, text(1_500))
    await using second = await start(path)
    assert.ok(second.status().configuration.onTrial)
    assert.equal(second.status().brokerUrl, 'mqtt://127.0.0.1:1')
    await until('the roll-back', () => !second.status().configuration.onTrial && second.status().connected)
    assert.equal(second.status().brokerUrl, broker.url)
    const answer = await platform.final(order.id)
    assert.equal(answer.status, 'failed')
    assert.match(answer.message, /rolled back/)
    // Sent once more, it is answered and not tried again.
    await platform.send('agent', order)
    await until('the answer again', () => platform.answers.filter(({ id, status }) => id === order.id && status === 'failed').length === 2)
    assert.ok(!second.status().configuration.onTrial)
  }
)

test('TG-807: a configuration that ends the agent again and again is rolled back at the start', { timeout: 40_000 }, async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const path = join(folder.path, 'edge.yaml')
  const dataDir = join(folder.path, 'data')
  const local = `point: p1\nagent: agent\nsecret: s-e-c-r-e-t\nbrokerUrl: ${broker.url}\ndataDir: ${dataDir}\noutboxSync: normal\nflushTimeoutMs: 300\nremoteConfiguration: { allowBroker: true }\n`
  writeFileSync(path, local)
  await (await start(path))[Symbol.asyncDispose]()
  const taken = { version: 3, keyId: 'k1', takenAtMs: 1, configuration: 'brokerUrl: mqtt://127.0.0.1:1' }
  const trial = { orderId: 'x', device: 'agent', startsLeft: 1 }
  writeFileSync(join(dataDir, 'remote-configuration.json'), JSON.stringify({ highestVersion: 3, active: taken, trial }))
  {
    await using once = await start(path)
    assert.equal(once.status().brokerUrl, 'mqtt://127.0.0.1:1')
  }
  await using twice = await start(path)
  assert.equal(twice.status().brokerUrl, broker.url)
  assert.equal(twice.status().configuration.remoteVersion, undefined)
})
