/** The AsyncAPI document under the parser of AsyncAPI itself, and against the schemas and topics that are published beside it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Parser } from '@asyncapi/parser'
import { deviceChannels, parseTopic, platformChannels, topicRoot } from '@tracegate/model/topics'
import { judgePayload } from './judge-payload.ts'

const folder = new URL('../../../firmware-specs/', import.meta.url)
const text = readFileSync(new URL('asyncapi.json', folder), 'utf8')
const parser = new Parser()

/** Parsed once: it takes a second. */
const whole = parser.parse(text)

async function parsed() {
  const { document } = await whole
  assert.ok(document !== undefined)
  return document
}

test('the AsyncAPI document has no error and no warning', async () => {
  assert.deepEqual((await whole).diagnostics, [])
})

test('the parser does find a wrong reference', async () => {
  const document = text.replace('"#/channels/scan"', '"#/channels/scans"')
  assert.notEqual(document, text)
  const { diagnostics } = await parser.parse(document)
  assert.notDeepEqual(diagnostics, [])
})

test('it has every channel of a device, sent or received from the side of the device', async () => {
  const document = await parsed()
  const found = document
    .channels()
    .all()
    .filter((channel) => channel.address()?.includes('/-/') !== true)
    .map((channel) => {
      const address = channel.address() ?? ''
      const parameters = channel.parameters().all()
      assert.deepEqual(
        parameters.map((parameter) => parameter.id()),
        ['point', 'device']
      )
      const topic = parseTopic(address.replace('{point}', 'p').replace('{device}', 'd'))
      assert.ok(topic.ok && topic.topic.type === 'device', address)
      const actions = channel.operations().all()
      return `${actions.map((operation) => operation.action()).join()} ${topic.topic.channel}`
    })
  const wanted = [...deviceChannels.map((name) => `send ${name}`), ...platformChannels.map((name) => `receive ${name}`)]
  assert.deepEqual(found.toSorted(), wanted.toSorted())
})

test('TG-1201: it has the list of held goods of the point, in one message or in parts', async () => {
  const document = await parsed()
  const found = document
    .channels()
    .all()
    .flatMap((channel) => {
      const address = channel.address() ?? ''
      if (!address.includes('/-/') || address.startsWith(`${topicRoot}/-/`)) return []
      const topic = parseTopic(address.replace('{point}', 'p').replace('{part}', '15'))
      assert.ok(topic.ok && topic.topic.type === 'control', address)
      return [`${topic.topic.part ?? 0}`]
    })
  assert.deepEqual(found, ['0', '15'])
})

test('TG-107: every operation has QoS 1, and of what a device sends state alone is retained', async () => {
  const document = await parsed()
  for (const operation of document.operations().all()) {
    const binding = operation.bindings().get('mqtt')
    assert.equal(binding?.version(), '0.2.0')
    assert.deepEqual(
      binding.value(),
      {
        qos: 1,
        retain: ['sendState', 'receiveControl', 'receiveControlPart', 'receiveWarning', 'receiveWarningList'].includes(operation.id() ?? '')
      },
      operation.id()
    )
  }
})

const platformNames = ['warning', 'warning-list', 'recall', 'anomaly'] as const
const platformSchemaOf: Readonly<Record<string, (typeof platformNames)[number]>> = {
  'warning/{level}/{number}': 'warning',
  'warning/{level}': 'warning-list',
  recall: 'recall',
  anomaly: 'anomaly'
}

test('TG-908: it has the topics of the platform, and each is one of the grammar', async () => {
  const document = await parsed()
  const addresses = document
    .channels()
    .all()
    .flatMap((channel) => (channel.address()?.startsWith(`${topicRoot}/-/`) === true ? [channel.address() ?? ''] : []))
  assert.deepEqual(addresses.map((address) => address.slice(topicRoot.length + 3)).toSorted(), Object.keys(platformSchemaOf).toSorted())
  for (const address of addresses) assert.ok(parseTopic(address.replace('{level}', 'II').replace('{number}', 'TG-2026-0007')).ok, address)
})

test('what a device sends is there as JSON and as CBOR, what it is sent as JSON, with examples that the platform takes', async () => {
  const document = await parsed()
  for (const channel of document.channels().all()) {
    const address = channel.address() ?? ''
    const name = address.startsWith(`${topicRoot}/-/`)
      ? (platformSchemaOf[address.slice(topicRoot.length + 3)] ?? '')
      : address.split('/').slice(4).join('/').replace('/{part}', '')
    const known = [...deviceChannels, ...platformChannels, 'control' as const, ...platformNames].find((one) => one === name)
    assert.ok(known !== undefined, name)
    const messages = channel.messages().all()
    const types = messages.map((message) => message.contentType())
    const isSent = deviceChannels.some((one) => one === name)
    assert.equal(types.filter((type) => type === 'application/cbor').length, isSent ? types.length / 2 : 0, name)
    for (const message of messages) {
      const payloads = message.examples().all()
      assert.ok(payloads.length > 0, message.id())
      for (const payload of payloads) {
        const judged = judgePayload(known, Buffer.from(JSON.stringify(payload.payload())))
        assert.ok(judged.ok, `${message.id()}: ${judged.ok ? '' : judged.reason.message}`)
      }
    }
  }
})

test('devices sign in with user name and password, over TLS first, and leave a last will', async () => {
  const document = await parsed()
  const servers = document.servers().all()
  assert.deepEqual(
    servers.map((server) => server.protocol()),
    ['mqtts', 'mqtt']
  )
  for (const server of servers) {
    const schemes = server.security().flatMap((requirement) => requirement.all().map((item) => item.scheme().type()))
    assert.deepEqual(schemes, ['userPassword'])
    const binding: unknown = server.bindings().get('mqtt')?.value()
    assert.match(JSON.stringify(binding), /"lastWill":\{"topic":"tg\/v1\/\{point\}\/\{device\}\/state","qos":1,"retain":true/)
  }
})

test('its schemas are those that are published as JSON Schemas', () => {
  const document: unknown = JSON.parse(text)
  for (const name of ['telemetry', 'scan', 'event', 'command', 'command-reply', 'committed', 'control', ...platformNames]) {
    const published: unknown = JSON.parse(readFileSync(new URL(`schemas/v1/${name}.json`, folder), 'utf8'))
    assert.deepEqual(bare(schemaOf(document, name)), bare(published), name)
  }
})

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function schemaOf(document: unknown, name: string): unknown {
  const components = isObject(document) ? document['components'] : undefined
  const schemas = isObject(components) ? components['schemas'] : undefined
  return isObject(schemas) ? schemas[name] : undefined
}

function bare(schema: unknown): unknown {
  assert.ok(isObject(schema))
  const { $id: _id, $schema: _dialect, title: _title, ...rest } = schema
  return rest
}
