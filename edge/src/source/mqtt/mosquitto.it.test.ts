/** The MQTT source with Mosquitto: both versions of the protocol, certificates, restarts, and what a lost connection costs. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import mqtt from 'mqtt'
import { type Edge, startEdge } from '../../edge.ts'
import { type Mosquitto, noMosquitto, startMosquitto } from '@tracegate/service/testing/mosquitto'
import { startProxy } from '../../testing/proxy.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { isRecord, startTestBroker, type TestBroker, until } from '../../testing/test-broker.ts'
import type { MqttSource } from './mqtt-config.ts'
import { sourceKind } from './source.ts'

const subscriptions: MqttSource['subscriptions'] = [
  { topic: 'yard/{device}/n', format: { type: 'text', metric: 'n', unit: '1' } },
  { topic: 'dock/{device}/scans', format: { type: 'scan', encoding: 'text' } }
]

function startAgent(folder: string, brokerUrl: string, source: MqttSource): Promise<Edge> {
  return startEdge(
    {
      point: 'p1',
      agent: 'agent',
      secret: 'secret-of-agent',
      brokerUrl,
      dataDir: folder,
      outboxSync: 'normal',
      devices: [],
      sources: [source]
    },
    { logger: silentLogger, metrics: createMetrics() }
  )
}

const isUp = (edge: Edge) => edge.status().sources[0]?.connected === true

async function publish(url: string, messages: readonly (readonly [string, string])[], options: mqtt.IClientOptions = {}): Promise<void> {
  const device = await mqtt.connectAsync(url, options)
  await Promise.all(messages.map(([topic, payload]) => device.publishAsync(topic, payload, { qos: 1 })))
  await device.endAsync()
}

function numbersOf(broker: TestBroker, device: string): number[] {
  return broker.received
    .filter((message) => message.device === device && message.channel === 'telemetry')
    .flatMap(({ message }) => (Array.isArray(message['readings']) ? message['readings'] : []))
    .filter(isRecord)
    .map(({ value }) => Number(value))
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index)
const numbered = (device: string, numbers: readonly number[]) => numbers.map((number) => [`yard/${device}/n`, String(number)] as const)

for (const protocolVersion of ['3.1.1', '5'] as const) {
  test(
    `MQTT ${protocolVersion}: what comes while the agent is away or the broker restarts arrives, and in order`,
    { timeout: 60_000, skip: noMosquitto },
    async () => {
      using folder = tempFolder()
      using disk = tempFolder()
      await using foreign: Mosquitto = await startMosquitto(disk.path)
      await using broker = await startTestBroker()
      const source: MqttSource = { type: 'mqtt', url: foreign.url, protocolVersion, subscriptions }
      await using first = await startAgent(folder.path, broker.url, source)
      await until('the source', () => isUp(first))
      await publish(foreign.url, numbered('a', upTo(300)))
      await until('the first', () => first.status().counts.readingsKept === 300)
      await first[Symbol.asyncDispose]()
      await publish(foreign.url, numbered('a', upTo(300, 300)))
      // The broker is killed with what waits for the agent; it has it on disk.
      await foreign.save()
      await foreign.restart('SIGKILL')
      await using second = await startAgent(folder.path, broker.url, source)
      await until('those of meanwhile', () => new Set(numbersOf(broker, 'a')).size === 600)
      await foreign.restart()
      await until('the source again', () => isUp(second))
      await publish(foreign.url, numbered('a', upTo(50, 600)))
      await until('the last', () => new Set(numbersOf(broker, 'a')).size === 650)
      // In order of their first arrival; an acknowledgement that the broker's end overtook makes a message come again.
      assert.deepEqual([...new Set(numbersOf(broker, 'a'))], upTo(650))
    }
  )
}

test('a connection that dies before the acknowledgements costs no message', { timeout: 60_000, skip: noMosquitto }, async () => {
  using folder = tempFolder()
  using disk = tempFolder()
  await using foreign = await startMosquitto(disk.path, ['allow_anonymous true', 'max_inflight_messages 100'])
  await using broker = await startTestBroker()
  await using line = await startProxy(foreign.port)
  await using edge = await startAgent(folder.path, broker.url, {
    type: 'mqtt',
    url: `mqtt://127.0.0.1:${line.port}`,
    keepAliveSeconds: 1,
    connectTimeoutMs: 500,
    subscriptions
  })
  await until('the source', () => isUp(edge))
  const sending = publish(foreign.url, numbered('a', upTo(2_000)))
  await until('some of them', () => edge.status().counts.readingsKept > 200)
  line.freeze()
  await sending
  await until('the loss of the line', () => !isUp(edge))
  line.thaw()
  await until('all of them', () => new Set(numbersOf(broker, 'a')).size === 2_000, 30_000)
  assert.deepEqual(
    [...new Set(numbersOf(broker, 'a'))].sort((a, b) => a - b),
    upTo(2_000)
  )
})

test('a full outbox acknowledges nothing; the broker keeps it until there is room', { timeout: 60_000, skip: noMosquitto }, async () => {
  using folder = tempFolder()
  using disk = tempFolder()
  await using foreign = await startMosquitto(disk.path)
  const config = { point: 'p1', agent: 'agent', secret: 's', dataDir: folder.path, devices: [], outboxBytesMax: 65_536 }
  const source: MqttSource = { type: 'mqtt', url: foreign.url, subscriptions }
  const dependencies = { logger: silentLogger, metrics: createMetrics() }
  // Not to be made smaller by compression.
  const long = (number: number) => ['dock/a/scans', `${number}-${randomBytes(4_000).toString('hex')}`] as const
  await using away = await startEdge({ ...config, brokerUrl: 'mqtt://127.0.0.1:1', sources: [source] }, dependencies)
  await until('the source', () => isUp(away))
  await publish(foreign.url, upTo(30).map(long))
  await until('a refusal', () => away.status().counts.sourceRestarts > 0)
  await away[Symbol.asyncDispose]()
  await using broker = await startTestBroker()
  await using edge = await startEdge(
    { ...config, brokerUrl: broker.url, sources: [source] },
    { logger: silentLogger, metrics: createMetrics() }
  )
  const seen = () =>
    broker.received
      .filter(({ channel }) => channel === 'scan')
      .flatMap(({ message }) => (Array.isArray(message['scans']) ? message['scans'] : []))
      .filter(isRecord)
      .map(({ data }) => Number(String(data).split('-')[0]))
  await until('all of them', () => new Set(seen()).size === 30, 20_000)
  await until('the line', () => isUp(edge))
})

test(
  'a broker with TLS, a password and client certificates is reached by the files of the configuration, and a wrong one is told',
  { timeout: 60_000, skip: noMosquitto },
  async () => {
    using folder = tempFolder()
    using disk = tempFolder()
    await using broker = await startTestBroker()
    const pki = certificatesIn(disk.path)
    execFileSync('mosquitto_passwd', ['-b', '-c', join(disk.path, 'passwords'), 'field', 'opensesame'], { stdio: 'ignore' })
    const lines = [
      'allow_anonymous false',
      `password_file ${disk.path}/passwords`,
      `cafile ${pki.ca}`,
      `certfile ${pki.server}`,
      `keyfile ${pki.serverKey}`,
      'require_certificate true'
    ]
    await using foreign = await startMosquitto(disk.path, lines)
    writeFileSync(join(disk.path, 'secret'), 'opensesame\n')
    const url = `mqtts://127.0.0.1:${foreign.port}`
    const source: MqttSource = {
      type: 'mqtt',
      url,
      username: 'field',
      passwordFile: join(disk.path, 'secret'),
      caFile: pki.ca,
      certificateFile: pki.client,
      keyFile: pki.clientKey,
      serverName: 'localhost',
      protocolVersion: '5',
      subscriptions
    }
    await using edge = await startAgent(folder.path, broker.url, source)
    await until('the source', () => isUp(edge))
    const found = async (config: MqttSource) => {
      const configured = sourceKind.configure(config)
      assert.ok(configured.ok)
      const options = { dataDir: folder.path, logger: silentLogger, clientId: 'check', waitMs: 1_000, signal: AbortSignal.timeout(5_000) }
      const lines: string[] = []
      for await (const { item, ok, detail } of configured.value.probe(options)) {
        lines.push(`${item} ${ok} ${detail}`)
        if (lines.length > 1) continue
        const tls = { ca: readFileSync(pki.ca), cert: readFileSync(pki.client), key: readFileSync(pki.clientKey), servername: 'localhost' }
        if (ok) await publish(url, numbered('a', [5]), { ...tls, username: 'field', password: 'opensesame' })
      }
      return lines
    }
    const good = await found(source)
    assert.match(good[0] ?? '', /true connected, 2 subscriptions granted/)
    assert.match(good[1] ?? '', /^yard\/\+\/n true yard\/a\/n: a n = 5 1 \(quality 2, /)
    assert.match(good[2] ?? '', /^dock\/\+\/scans false no message within 1000 ms, expected one on dock\/\+\/scans/)
    // The check took nothing away from the agent.
    await until('the reading', () => numbersOf(broker, 'a').length === 1)
    const { caFile: _ca, ...withoutAuthority } = source
    assert.match((await found(withoutAuthority)).join('\n'), /^\S+ false cannot connect: .*certificate/)
    const { passwordFile: _file, ...withoutPassword } = source
    assert.match((await found({ ...withoutPassword, password: 'wrong' })).join('\n'), /^\S+ false cannot connect: .*[Nn]ot authorized/)
    assert.match(
      (await found({ ...source, passwordFile: join(disk.path, 'none') })).join('\n'),
      /^\S+ false .*passwordFile is ".*none", expected a file/
    )
  }
)

function certificatesIn(folder: string) {
  const path = (name: string) => join(folder, name)
  const run = (...parts: string[]) => execFileSync('openssl', parts, { stdio: 'ignore', timeout: 20_000 })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  run('req', '-x509', ...key, '-keyout', path('ca.key'), '-out', path('ca.pem'), '-days', '2', '-subj', '/CN=field ca')
  for (const [name, subject] of [
    ['server', '/CN=localhost'],
    ['client', '/CN=agent']
  ] as const) {
    run('req', ...key, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`), '-subj', subject)
    writeFileSync(path(`${name}.ext`), 'subjectAltName=DNS:localhost\n')
    run(
      'x509',
      '-req',
      '-in',
      path(`${name}.csr`),
      '-CA',
      path('ca.pem'),
      '-CAkey',
      path('ca.key'),
      '-CAcreateserial',
      '-out',
      path(`${name}.pem`),
      '-days',
      '2',
      '-extfile',
      path(`${name}.ext`)
    )
  }
  return {
    ca: path('ca.pem'),
    server: path('server.pem'),
    serverKey: path('server.key'),
    client: path('client.pem'),
    clientKey: path('client.key')
  }
}

test('a configuration whose members do not go together is refused', () => {
  const base = { type: 'mqtt', url: 'mqtt://h:1', subscriptions }
  const json = (reading: object) => ({ topic: 'a/{device}', format: { type: 'json', readings: [{ path: '$.a', ...reading }] } })
  const bad: readonly (readonly [object, RegExp])[] = [
    [{ password: 'a', passwordFile: 'b', username: 'u' }, /password and passwordFile/],
    [{ password: 'a' }, /no username/],
    [{ caFile: 'a' }, /expected mqtts/],
    [{ url: 'mqtts://h:1', keyFile: 'a' }, /certificateFile and keyFile/],
    [{ subscriptions: [{ topic: 'a', format: { type: 'text', metric: 'm', unit: '1' } }] }, /names no device/],
    [{ subscriptions: [{ topic: 'a/{device}', format: { type: 'text', unit: '1' } }] }, /names no metric/],
    [{ subscriptions: [json({ unit: '1' })] }, /names no metric/],
    [{ subscriptions: [json({ metric: 'm' })] }, /names no unit/],
    [{ subscriptions: [{ topic: 'a/{device}', format: { type: 'scan' } }] }, /no dataPath/],
    [{ subscriptions: [{ topic: 'a/#/{device}', format: { type: 'tracegate' } }] }, /level "#"/]
  ]
  for (const [members, message] of bad) assert.throws(() => sourceKind.configure({ ...base, ...members }), message)
})
