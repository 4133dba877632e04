/** The AsyncAPI 3 document of the contract, seen from the device: made of the same schemas, topics and examples as everything else. */
import { Birth, Death } from '@tracegate/model/state'
import { topicRoot } from '@tracegate/model/topics'
import { controlPartsMax, payloadBytesMax, wireVersion } from '@tracegate/model/wire-limits'
import { platformSchemas, pointSchemas, wireSchemas } from '@tracegate/model/wire-schemas'
import { channels, messages, type ChannelSource, type MessageSource } from './asyncapi-channels.ts'
import { examples } from './examples.ts'

const bindingVersion = '0.2.0'
const ref = (path: string) => ({ $ref: `#/${path}` })

const json = ['', 'application/json', 'JSON (RFC 8259) in UTF-8'] as const
const cbor = ['Cbor', 'application/cbor', 'CBOR (RFC 8949) with the same members'] as const

function encodingsOf(message: string): readonly (typeof json | typeof cbor)[] {
  const sent = Object.values(channels).some(({ action, messages: names }) => action === 'send' && names.includes(message))
  return sent ? [json, cbor] : [json]
}

export function asyncApiText(): string {
  const document = {
    asyncapi: '3.1.0',
    id: 'https://tracegate.dev/asyncapi/device',
    info: info(),
    defaultContentType: 'application/json',
    servers: servers(),
    channels: Object.fromEntries(Object.entries(channels).map(([name, source]) => [name, channelOf(source)])),
    operations: Object.fromEntries(
      Object.entries(channels).map(([name, source]) => [operationName(name, source), operationOf(name, source)])
    ),
    components: {
      schemas: schemas(),
      messages: Object.fromEntries(Object.entries(messages).flatMap(([name, source]) => messagePair(name, source))),
      parameters: {
        point: parameter('monitoring point', 'cold-store-1'),
        device: parameter('device', 'logger-7'),
        level: { description: 'Level of the warning.', enum: ['I', 'II', 'III', 'IV'] },
        number: { description: 'Number of the publication.', examples: ['TG-2026-0007'] },
        part: {
          description: 'Number of the part, 1 to 15.',
          enum: Array.from({ length: controlPartsMax - 1 }, (_, index) => String(index + 1))
        }
      },
      securitySchemes: {
        deviceSecret: {
          type: 'userPassword',
          description: 'User name `{point}/{device}`, password the secret of the device (TG-102, TG-105).'
        }
      },
      correlationIds: { orderId: { description: 'The id of the order, repeated in every reply to it.', location: '$message.payload#/id' } }
    }
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function info() {
  return {
    title: 'Tracegate device contract',
    version: `${wireVersion}.0.0`,
    description: [
      'What a device sends to Tracegate and what it gets back, seen from the device. The numbered requirements (buffering, clock, order, state)',
      'are in `contract.md` beside this file; a schema alone does not make a device right.'
    ].join(' '),
    contact: { name: 'Tracegate', url: 'https://tracegate.dev' },
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    tags: [{ name: 'iot' }, { name: 'traceability' }, { name: 'mqtt' }, { name: 'epcis' }]
  }
}

function servers() {
  const mqtt = {
    clientId: 'cold-store-1-logger-7',
    cleanSession: false,
    keepAlive: 60,
    lastWill: { topic: `${topicRoot}/{point}/{device}/state`, qos: 1, retain: true, message: JSON.stringify(examples.death.message) },
    bindingVersion
  }
  const server = (protocol: string, port: string, description: string) => ({
    host: `{host}:${port}`,
    protocol,
    protocolVersion: '3.1.1',
    description,
    variables: { host: { default: 'broker.example', description: 'Name or address of the broker' } },
    security: [ref('components/securitySchemes/deviceSecret')],
    bindings: { mqtt }
  })
  return {
    secured: server('mqtts', '8883', 'The broker over TLS: for every network that is not yours alone'),
    local: server('mqtt', '1883', 'The broker without TLS')
  }
}

function channelOf({ topic, action, messages: names, ofPoint, ofPlatform }: ChannelSource) {
  const place = ofPlatform === true ? '-' : `{point}/${ofPoint === true ? '-' : '{device}'}`
  const address = `${topicRoot}/${place}/${topic}`
  const named = Array.from(address.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
  return {
    address,
    description: `Payloads of at most ${payloadBytesMax} bytes; ${action === 'send' ? 'the first byte tells JSON from CBOR' : 'always JSON'}.`,
    parameters: Object.fromEntries(named.map((name) => [name, ref(`components/parameters/${name}`)])),
    messages: Object.fromEntries(
      names.flatMap((name) => encodingsOf(name).map(([suffix]) => [name + suffix, ref(`components/messages/${name}${suffix}`)]))
    ),
    bindings: { mqtt: {} }
  }
}

function operationName(channel: string, { action }: ChannelSource): string {
  return action + channel.charAt(0).toUpperCase() + channel.slice(1)
}

function messageRefs(channel: string) {
  const names = channels[channel]?.messages ?? []
  return names.flatMap((name) => encodingsOf(name).map(([suffix]) => ref(`channels/${channel}/messages/${name}${suffix}`)))
}

function operationOf(name: string, { action, retain, summary }: ChannelSource) {
  return {
    action,
    channel: ref(`channels/${name}`),
    title: summary.slice(0, -1),
    summary,
    messages: messageRefs(name),
    ...(name === 'command' ? { reply: { channel: ref('channels/commandReply'), messages: messageRefs('commandReply') } } : {}),
    bindings: { mqtt: { qos: 1, retain, bindingVersion } }
  }
}

function messagePair(name: string, source: MessageSource): [string, object][] {
  return encodingsOf(name).map(([suffix, contentType, encoding]) => [
    name + suffix,
    {
      name: name + suffix,
      title: `${source.title} in ${suffix === '' ? 'JSON' : 'CBOR'}`,
      summary: `${source.summary} ${encoding}.`,
      contentType,
      ...(source.correlated === undefined ? {} : { correlationId: ref('components/correlationIds/orderId') }),
      payload: ref(`components/schemas/${source.schema}`),
      examples: source.examples.map(([title, payload]) => ({ name: title, payload })),
      bindings: { mqtt: { contentType, payloadFormatIndicator: suffix === '' ? 1 : 0, bindingVersion } }
    }
  ])
}

/** The wire schemas without their ids, as references inside of the document would be read against them. */
function schemas(): Record<string, unknown> {
  const { telemetry, scan, event, command, committed } = wireSchemas
  const named = {
    telemetry,
    scan,
    event,
    birth: Birth,
    death: Death,
    command,
    'command-reply': wireSchemas['command/reply'],
    committed,
    ...pointSchemas,
    ...platformSchemas
  }
  return Object.fromEntries(
    Object.entries(named).map(([name, schema]) => [
      name,
      Object.fromEntries([['title', name], ...Object.entries(schema).filter(([key]) => key !== '$id' && key !== 'title')])
    ])
  )
}

function parameter(what: string, value: string) {
  return {
    description: `Id of the ${what}: 1 to 64 of A-Z, a-z, 0-9, _ and -, other than - alone.`,
    examples: [value],
    'x-pattern': '^(?!-$)[A-Za-z0-9_-]{1,64}$'
  }
}
