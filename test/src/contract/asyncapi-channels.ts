/** The messages and channels of the AsyncAPI document as tables. */
import { examples } from './examples.ts'
import type { PlainObject } from './vectors/message-parts.ts'

export interface MessageSource {
  readonly title: string
  readonly summary: string
  readonly schema: string
  readonly examples: readonly (readonly [name: string, message: PlainObject])[]
  /** Where the id that answers refer to stands. */
  readonly correlated?: true
}

const example = (name: keyof typeof examples) => [name, examples[name].message] as const

/** By the name of the message; what a device sends is published as JSON and as CBOR, the platform sends JSON. */
export const messages: Readonly<Record<string, MessageSource>> = {
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

export interface ChannelSource {
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
export const channels: Readonly<Record<string, ChannelSource>> = {
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
