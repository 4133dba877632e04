/** The AsyncAPI 3 document of the contract, seen from the device: made of the same schemas, topics and examples as everything else. */
import { Birth, Death } from '@tracegate/model/state'
import { topicRoot } from '@tracegate/model/topics'
import { controlPartsMax, payloadBytesMax, wireVersion } from '@tracegate/model/wire-limits'
import { platformSchemas, pointSchemas, wireSchemas } from '@tracegate/model/wire-schemas'
import { examples } from './examples.ts'
import type { PlainObject } from './vectors/message-parts.ts'

const bindingVersion = '0.2.0'
const ref = (path: string) => ({ $ref: `#/${path}` })

interface MessageSource {
  readonly title: string
  readonly summary: string
  readonly schema: string
  readonly examples: readonly (readonly [name: string, message: PlainObject])[]
  /** Where the id that answers refer to stands. */
  readonly correlated?: true
}

const example = (name: keyof typeof examples) => [name, examples[name].message] as const

/** By the name of the message; what a device sends is published as JSON and as CBOR, the platform sends JSON. */
const messages: Readonly<Record<string, MessageSource>> = {
  telemetry: {
    title: 'Readings',
    summary: 'A batch of readings of one device.',
    schema: 'telemetry',
    examples: [example('telemetry'), example('missing'), example('dropped')]
  },
  scan: { title: 'Scans', summary: 'What a reader saw, as it saw it.', schema: 'scan', examples: [example('scan')] },
  event: {
    title: 'Event',
    summary: 'An EPCIS 2.0 event or document in the envelope of the stream.',
    schema: 'event',
    examples: [example('event')]
  },
  birth: {
    title: 'Birth',
    summary: 'The device is online: who it is, what it can do and measures.',
    schema: 'birth',
    examples: [example('birth')]
  },
  death: { title: 'Death', summary: 'The device is offline; also the last will.', schema: 'death', examples: [example('death')] },
  command: {
    title: 'Order',
    summary: 'An order to the device, with a deadline.',
    schema: 'command',
    examples: [example('command')],
    correlated: true
  },
  reply: {
    title: 'Reply',
    summary: 'What became of an order.',
    schema: 'command-reply',
    examples: [example('reply'), example('refusal')],
    correlated: true
  },
  control: {
    title: 'Held goods',
    summary: 'Which goods the scanners of the point must refuse: the whole list, or a part of it.',
    schema: 'control',
    examples: [example('control')]
  },
  warning: {
    title: 'Warning in force',
    summary: 'A published warning as it holds now; an empty payload ends it.',
    schema: 'warning',
    examples: [example('warning')]
  },
  warningList: {
    title: 'Warnings of a level',
    summary: 'All warnings of a level that are in force, newest first.',
    schema: 'warning-list',
    examples: [example('warningList')]
  },
  recall: { title: 'Recall', summary: 'A recall notice, its changes and its end.', schema: 'recall', examples: [example('recall')] },
  anomaly: { title: 'Anomaly', summary: 'An anomaly opened, changed or closed.', schema: 'anomaly', examples: [example('anomaly')] },
  committed: {
    title: 'Watermark',
    summary: 'Every message of the boot up to this number is safe.',
    schema: 'committed',
    examples: [example('committed')]
  }
}

interface ChannelSource {
  readonly topic: string
  readonly action: 'send' | 'receive'
  readonly retain: boolean
  readonly messages: readonly string[]
  readonly summary: string
  /** Of the point and not of one device. */
  readonly ofPoint?: true
  /** Of the platform: heard with the credential of a service, not of a device. */
  readonly ofPlatform?: true
}

/** By the name of the channel. */
const channels: Readonly<Record<string, ChannelSource>> = {
  telemetry: { topic: 'telemetry', action: 'send', retain: false, messages: ['telemetry'], summary: 'Send readings.' },
  scan: { topic: 'scan', action: 'send', retain: false, messages: ['scan'], summary: 'Send scans.' },
  event: { topic: 'event', action: 'send', retain: false, messages: ['event'], summary: 'Send EPCIS events.' },
  state: {
    topic: 'state',
    action: 'send',
    retain: true,
    messages: ['birth', 'death'],
    summary: 'Say who the device is, and that it goes.'
  },
  command: { topic: 'command', action: 'receive', retain: false, messages: ['command'], summary: 'Take an order and answer it.' },
  commandReply: { topic: 'command/reply', action: 'send', retain: false, messages: ['reply'], summary: 'Answer an order.' },
  committed: { topic: 'committed', action: 'receive', retain: false, messages: ['committed'], summary: 'Learn which messages are safe.' },
  control: { topic: 'control', action: 'receive', retain: true, messages: ['control'], summary: 'Refuse held goods.', ofPoint: true },
  controlPart: {
    topic: 'control/{part}',
    action: 'receive',
    retain: true,
    messages: ['control'],
    summary: 'Refuse held goods that found no room in part 0.',
    ofPoint: true
  },
  warning: {
    topic: 'warning/{level}/{number}',
    action: 'receive',
    retain: true,
    messages: ['warning'],
    summary: 'Learn of a warning while it is in force.',
    ofPlatform: true
  },
  warningList: {
    topic: 'warning/{level}',
    action: 'receive',
    retain: true,
    messages: ['warningList'],
    summary: 'Learn which warnings of a level are in force.',
    ofPlatform: true
  },
  recall: { topic: 'recall', action: 'receive', retain: false, messages: ['recall'], summary: 'Learn of recalls.', ofPlatform: true },
  anomaly: { topic: 'anomaly', action: 'receive', retain: false, messages: ['anomaly'], summary: 'Learn of anomalies.', ofPlatform: true }
}

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
        number: { description: 'Number of the publication.', examples: ['TG-II-2026-0007'] },
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
