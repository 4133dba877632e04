/** An agent with its file: live reload, signed configurations, the status page, and the alarm of the uplink, over real sockets. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import mqtt from 'mqtt'
import { type Agent, startAgent } from './agent.ts'
import { makeKeys, signConfiguration } from './commands/signature.ts'
import { orderOf, startPlatform } from './testing/platform.ts'
import { tempFolder } from './testing/temp-folder.ts'
import { isRecord, startTestBroker, until } from './testing/test-broker.ts'

async function start(path: string): Promise<Agent> {
  const env = { TRACEGATE_EDGE_SECRET: 'secret-of-agent' }
  const started = await startAgent({ path, argv: [], env, logger: silentLogger, metrics: createMetrics() })
  assert.ok(started.ok, JSON.stringify(started))
  return started.agent
}

interface FileParts {
  readonly brokerUrl: string
  readonly dataDir: string
  readonly more?: string
  readonly sources?: readonly string[]
  readonly devices?: readonly string[]
}

const device = (id: string, max = 60) =>
  `{ id: ${id}, kind: probe, name: { zh: 探头, en: Probe }, metrics: [{ metric: temperature, unit: Cel, max: ${max} }] }`
const source = (url: string, topic: string, id: string, unit = 'Cel') =>
  `{ type: mqtt, url: '${url}', subscriptions: [{ topic: ${topic}, device: ${id}, format: { type: json, readings: [{ path: /t, metric: temperature, unit: '${unit}' }] } }] }`

function fileText({ brokerUrl, dataDir, more = '', sources = [], devices = [] }: FileParts): string {
  return `point: p1
agent: agent
brokerUrl: ${brokerUrl}
dataDir: ${dataDir}
outboxSync: normal
backOffMinMs: 20
backOffMaxMs: 100
flushTimeoutMs: 500
${more}
sources: [${sources.join(', ')}]
devices: [${devices.join(', ')}]
`
}

function readingsOf(
  received: readonly { readonly device: string; readonly channel: string; readonly message: Record<string, unknown> }[],
  id: string
): number[] {
  return received
    .filter(({ device: from, channel }) => from === id && channel === 'telemetry')
    .flatMap(({ message }) => (Array.isArray(message['readings']) ? message['readings'] : []))
    .flatMap((reading: unknown) => (isRecord(reading) ? [Number(reading['value'])] : []))
}

test(
  'a changed file is taken while a source that did not change runs on and loses nothing; a wrong file changes nothing',
  { timeout: 60_000 },
  async () => {
    using folder = tempFolder()
    await using broker = await startTestBroker()
    await using field = await startTestBroker()
    const path = join(folder.path, 'edge.yaml')
    const parts = { brokerUrl: broker.url, dataDir: join(folder.path, 'data') }
    const first = source(field.url, 'a', 'd1')
    writeFileSync(path, fileText({ ...parts, sources: [first], devices: [device('d1', 1e9), device('old')] }))
    await using agent = await start(path)
    await until('the source', () => agent.status().sources[0]?.connected === true)
    const sender = await mqtt.connectAsync(field.url, { clientId: 'field' })
    const signIns = field.passwords.length
    let sent = 0
    const timer = setInterval(() => {
      sender.publish('a', JSON.stringify({ t: sent }), { qos: 1 })
      sent += 1
    }, 5)
    try {
      await until('some readings', () => readingsOf(broker.received, 'd1').length > 20)
      writeFileSync(
        path,
        fileText({
          ...parts,
          sources: [first, source(field.url, 'b', 'd2', '[degF]')],
          devices: [device('d1', 1e9), device('d2', 20)]
        })
      )
      await until('the new source', () => agent.status().sources.length === 2 && agent.status().sources.every(({ connected }) => connected))
      assert.equal(field.passwords.length, signIns + 1, 'the first source signed in again')
      await until('the birth of d2', () => broker.received.some(({ device: id, message }) => id === 'd2' && message['online'] === true))
      await until('the death of old', () => broker.received.some(({ device: id, message }) => id === 'old' && message['online'] === false))

      const { version } = agent.status().configuration
      writeFileSync(path, fileText({ ...parts, sources: [first, '{ type: mqtt, ulr: x }'] }))
      await until('the refusal', () => agent.status().configuration.problems.length > 0)
      const { configuration, counts, sources } = agent.status()
      assert.equal(configuration.version, version)
      assert.equal(configuration.problems.find(({ nearest }) => nearest === 'url')?.path, '/sources/1/ulr')
      assert.equal(counts.reloadsRefused, 1)
      assert.equal(sources.length, 2)

      // In degrees Fahrenheit: 68 °F is 20 °C, which is within the limit of d2; 95 °F is not.
      sender.publish('b', '{"t":68}', { qos: 1 })
      sender.publish('b', '{"t":95}', { qos: 1 })
      await until('converted readings', () => readingsOf(broker.received, 'd2').length === 2)
      assert.deepEqual(readingsOf(broker.received, 'd2'), [20, 35])
      assert.equal(agent.status().counts.flagsLowered, 1)

      writeFileSync(path, fileText({ ...parts, sources: [first], more: 'commitAfterMs: 33', devices: [device('d1', 1e9), device('d2')] }))
      await until('the source to end', () => agent.status().sources.length === 1)
      await until('the member for the next start', () => agent.status().configuration.restart.join() === 'commitAfterMs')
      await until('the death of d2', () =>
        broker.received.some(({ device: id, message }) => id === 'd2' && message['reason'] === 'its source was ended')
      )

      writeFileSync(path, fileText({ ...parts, sources: [first] }).replace('point: p1', 'point: p2'))
      await until('the second refusal', () => agent.status().counts.reloadsRefused === 2)
      assert.match(agent.status().configuration.problems[0]?.message ?? '', /point/)
      writeFileSync(path, fileText({ ...parts, sources: [first], more: 'commitAfterMs: 33', devices: [device('d1', 1e9), device('d2')] }))
      await until('nothing to be refused once the fault is taken back', () => agent.status().configuration.problems.length === 0)
      clearInterval(timer)
      await until('all readings', () => new Set(readingsOf(broker.received, 'd1')).size === sent)
      assert.equal(field.passwords.length, signIns + 1)
    } finally {
      clearInterval(timer)
      await sender.endAsync(true)
    }
  }
)

test('TG-807: signed configurations', { timeout: 60_000 }, async (context) => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  await using platform = await startPlatform(broker.url)
  const path = join(folder.path, 'edge.yaml')
  const keys = makeKeys()
  const stranger = makeKeys()
  const more = `trustedKeys: [{ id: k1, publicKey: ${keys.publicKey} }]\nremoteConfiguration: { allowBroker: true, confirmWithinMs: 1500 }`
  const parts = { brokerUrl: broker.url, dataDir: join(folder.path, 'data'), more }
  writeFileSync(path, fileText({ ...parts, devices: [device('d1')] }))
  let agent = await start(path)
  await until('the connection', () => agent.status().connected)
  const send = async (
    version: number,
    configuration: string,
    change: { readonly to?: string; readonly privateKey?: string; readonly keyId?: string } = {}
  ) => {
    const { to = 'agent', privateKey = keys.privateKey, keyId = 'k1' } = change
    const order = orderOf('configure', { args: signConfiguration({ point: 'p1', device: to, version, configuration, keyId, privateKey }) })
    await platform.send('agent', order)
    return platform.final(order.id)
  }
  const devices = () => agent.status().devices.map(({ device: { id } }) => id)
  const withDevices = (...ids: string[]) => `devices: [${ids.map((id) => device(id)).join(', ')}]\n`

  await context.test('TG-807 TG-804: a key that is not trusted, another addressee or a changed text are refused', async () => {
    assert.equal((await send(1, withDevices('d9'), { privateKey: stranger.privateKey })).status, 'refused')
    assert.equal((await send(1, withDevices('d9'), { keyId: 'k2' })).status, 'refused')
    assert.equal((await send(1, withDevices('d9'), { to: 'other' })).status, 'refused')
    const args = signConfiguration({
      point: 'p1',
      device: 'agent',
      version: 1,
      configuration: withDevices('d9'),
      keyId: 'k1',
      privateKey: keys.privateKey
    })
    const order = orderOf('configure', { args: { ...args, configuration: withDevices('d8') } })
    await platform.send('agent', order)
    assert.equal((await platform.final(order.id)).status, 'refused')
    assert.deepEqual(devices(), ['agent', 'd1'])
  })

  await context.test('a right one is accepted, taken and done, and its version is never taken again', async () => {
    const answer = await send(5, withDevices('d1', 'd2'))
    assert.equal(answer.status, 'done', answer.message)
    assert.ok(platform.answers.some(({ id, status }) => id === answer.id && status === 'accepted'))
    assert.deepEqual(devices(), ['agent', 'd1', 'd2'])
    assert.equal((await send(5, withDevices('d1'))).status, 'refused')
    assert.equal((await send(4, withDevices('d1'))).status, 'refused')
    assert.equal(agent.status().configuration.remoteVersion, 5)
  })

  await context.test('members that only the local file may hold, and what does not validate, fail and change nothing', async () => {
    for (const text of [
      'secret: x',
      'trustedKeys: []',
      'dataDir: /x',
      'uplinkAlarm: { command: [x] }',
      'devices: 3',
      '- a',
      'statusPort: 1'
    ]) {
      const answer = await send(6, text)
      assert.equal(answer.status, 'failed', text)
    }
    assert.deepEqual(devices(), ['agent', 'd1', 'd2'])
  })

  await context.test('one that loses the broker is rolled back, and told when the broker is back', async () => {
    const answer = await send(7, 'brokerUrl: mqtt://127.0.0.1:1\n')
    assert.equal(answer.status, 'failed')
    assert.match(answer.message, /rolled back: no connection/)
    assert.deepEqual(devices(), ['agent', 'd1', 'd2'])
    assert.equal(agent.status().configuration.remoteVersion, 5)
    assert.equal((await send(7, withDevices('d1'))).status, 'refused')
  })

  await context.test('it holds after a restart, and the local file goes on to hold for all else', async () => {
    await agent[Symbol.asyncDispose]()
    writeFileSync(path, fileText({ ...parts, more: `${more}\nuplinkAlarmAfterMs: 7777`, devices: [device('d1')] }))
    agent = await start(path)
    assert.deepEqual(devices(), ['agent', 'd1', 'd2'])
    assert.equal(readFileSync(path, 'utf8').includes('d2'), false)
    await until('the connection', () => agent.status().connected)
    assert.equal((await send(8, withDevices('d1'))).status, 'done')
    assert.deepEqual(devices(), ['agent', 'd1'])
  })
  await agent[Symbol.asyncDispose]()
})

test('the alarm of the uplink is raised and cleared once each, and runs its program', { timeout: 30_000 }, async () => {
  using folder = tempFolder()
  const path = join(folder.path, 'edge.yaml')
  const told = join(folder.path, 'told.txt')
  const program = join(folder.path, 'siren.mjs')
  writeFileSync(
    program,
    `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(told)}, process.argv.slice(2).join(' ') + '\\n')\n`
  )
  const broker = await startTestBroker()
  const more = `uplinkAlarmAfterMs: 1500\nstatusPort: 0\nuplinkAlarm: { command: ['${process.execPath}', '${program}', 'a b; rm'] }`
  writeFileSync(path, fileText({ brokerUrl: broker.url, dataDir: join(folder.path, 'data'), more }))
  await using agent = await start(path)
  await until('the connection', () => agent.status().connected)
  const url = agent.statusUrl ?? ''
  await until('no alarm', () => !agent.status().alarm)
  assert.equal((await fetch(`${url}health/ready`)).status, 200)
  await broker[Symbol.asyncDispose]()
  await until('the alarm', () => agent.status().alarm)
  await until('the program', () => existsSync(told))
  assert.equal((await fetch(`${url}health/ready`)).status, 503)
  assert.match(await (await fetch(`${url}metrics`)).text(), /tracegate_edge_uplink_alarm\{agent="p1\/agent"\} 1/)
  assert.match(await (await fetch(url)).text(), /上行中断/)
  await using again = await startTestBroker(broker.port)
  await until('the end of the alarm', () => !agent.status().alarm)
  await until('the program again', () => readFileSync(told, 'utf8').trim().split('\n').length === 2)
  const [raised = '', cleared = ''] = readFileSync(told, 'utf8').split('\n')
  assert.match(raised, /^a b; rm raise \d+$/)
  assert.match(cleared, /^a b; rm clear \d+$/)
  assert.equal(agent.status().counts.uplinkAlarms, 1)
  assert.ok(again.port > 0)
})

test('the status page, its JSON, metrics and health', { timeout: 30_000 }, async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const path = join(folder.path, 'edge.yaml')
  writeFileSync(
    path,
    fileText({
      brokerUrl: broker.url,
      dataDir: join(folder.path, 'data'),
      more: 'statusPort: 0',
      devices: [device('d1'), '{ id: d2, kind: probe, name: { zh: "<b>", en: "&" }, metrics: [] }']
    })
  )
  await using agent = await start(path)
  await until('the connection', () => agent.status().connected)
  await agent.edge.intake.readingsDurably([
    { device: 'd1', metric: 'temperature', unit: 'Cel', timeMs: Date.now(), value: 75.25, quality: 2 },
    // Names that every object of JavaScript has an answer for.
    { device: 'd1', metric: 'toString', unit: 'constructor', timeMs: Date.now(), value: 1, quality: 2 }
  ])
  const url = agent.statusUrl ?? ''
  const page = await fetch(url)
  const html = await page.text()
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  assert.ok(html.includes('75.25') && html.includes('°C') && html.includes('错误 fail') && html.includes('正常'))
  assert.equal(page.status, 200)
  assert.ok(html.includes(' constructor<'))
  assert.ok(html.includes('&lt;b&gt;') && !html.includes('<b>&'))
  assert.doesNotMatch(html, /<script|https?:\/\/(?!127)|src=/)
  const status: unknown = await (await fetch(`${url}status.json`)).json()
  assert.ok(isRecord(status) && status['connected'] === true && JSON.stringify(status).includes('"value":75.25'))
  assert.ok(!JSON.stringify(status).includes('secret-of-agent') && !html.includes('secret-of-agent'))
  const metrics = await (await fetch(`${url}metrics`)).text()
  for (const name of ['outbox_bytes', 'device_online', 'device_reading_age_seconds', 'configuration_info', 'items_total'])
    assert.ok(metrics.includes(`tracegate_edge_${name}{`), name)
  assert.equal((await fetch(`${url}health/live`)).status, 200)
  assert.equal((await fetch(`${url}nothing`)).status, 404)
  assert.equal((await fetch(url, { method: 'POST' })).status, 405)
  const asOther = request(url, { headers: { host: 'evil.example' } })
  asOther.end()
  const [answer] = await once(asOther, 'response')
  assert.ok(answer instanceof IncomingMessage && answer.statusCode === 421)
  answer.resume()
})
