/** Vectors of payloads that every receiver takes: each channel in JSON and CBOR, and each bound from inside. */
import {
  birth,
  committed,
  death,
  eventOf,
  identity,
  inCbor,
  json,
  nested,
  objectEvent,
  order,
  type PlainObject,
  reading,
  reply,
  scan,
  scans,
  telemetry,
  without
} from './message-parts.ts'
import { payloadWritings } from './payload-writings.ts'
import type { VectorCase, VectorFile } from './vector.ts'

const safeMax = Number.MAX_SAFE_INTEGER
const lastMs = 253_402_300_799_999
const small: PlainObject = { metric: 'm', value: 0, unit: '1', quality: 1 }
const many = <Item>(count: number, item: (index: number) => Item): Item[] => Array.from({ length: count }, (_, index) => item(index))

const full: PlainObject = {
  ...birth,
  identity: { ...identity, hardware: 'C' },
  capabilities: ['telemetry', 'scan', 'event', 'command'],
  metrics: [
    {
      metric: 'temperature',
      unit: 'Cel',
      description: 'Air at the door, 冷库门口',
      min: -40,
      max: 85,
      accuracy: 0.2,
      intervalMs: 60_000,
      calibrationDueMs: 1_827_000_000_000
    },
    { metric: 'door.open', unit: '1' }
  ]
}

const transformation: PlainObject = {
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'TransformationEvent',
  eventTime: '2026-11-23T18:30:00.000Z',
  eventTimeZoneOffset: '+08:00',
  inputQuantityList: [{ epcClass: 'https://id.gs1.org/01/09521234543213/10/L1', quantity: 120.5, uom: 'KGM' }],
  outputEPCList: ['https://id.gs1.org/01/19521234543210/21/P1'],
  bizStep: 'commissioning'
}

const document: PlainObject = {
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-11-23T18:30:00.000Z',
  epcisBody: { eventList: [without(objectEvent, '@context'), without(transformation, '@context')] }
}

/** The event of the given depth in all: the message and the event are two levels of it. */
const deepEvent = (levels: number): PlainObject => ({
  ...objectEvent,
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { ext: 'https://example.com/ext/' }],
  'ext:deep': nested(levels - 2)
})

const orders: readonly PlainObject[] = [
  { ...order, name: 'rebirth' },
  { ...order, name: 'rescan' },
  { ...order, name: 'holdGate', args: { reason: 'Lot L1 recalled, 扣留' } },
  { ...order, name: 'releaseGate' },
  { ...order, name: 'setInterval', args: { metric: 'temperature', intervalMs: 100 } },
  { ...order, name: 'setInterval', args: { intervalMs: 86_400_000 } },
  { ...order, name: 'configure', args: { version: 1, configuration: 'a: 1\n', keyId: 'k1', signature: 'A'.repeat(86) } }
]

const usual: readonly (readonly [name: string, channel: string, value: PlainObject])[] = [
  ['one reading', 'telemetry', telemetry(reading)],
  [
    'every kind of value',
    'telemetry',
    telemetry(reading, { ...reading, metric: 'door.open', value: true, unit: '1' }, { ...reading, value: null, quality: 9 })
  ],
  ['every quality', 'telemetry', telemetry(...[1, 2, 3, 4].map((quality) => ({ ...reading, quality })))],
  ['a reading with a time of its own', 'telemetry', telemetry({ ...reading, timeMs: 1_795_458_540_000 })],
  ['readings that had to give way', 'telemetry', telemetry({ metric: 'edge.droppedReadings', value: 1200, unit: '1', quality: 1 })],
  ['one scan', 'scan', scans(scan)],
  ['a scan with all members', 'scan', scans({ ...scan, timeMs: 0, antenna: 1, signalDbm: -61.5, direction: 'in', grade: 3.5 })],
  ['FNC1 inside of a scan', 'scan', scans({ symbology: ']C1', data: '10L1\u001d3712' })],
  ['a tag', 'scan', scans({ symbology: 'epc', data: '3074257BF7194E4000001A85', antenna: 4, signalDbm: -58 })],
  ['an event in its envelope', 'event', eventOf(objectEvent)],
  ['a transformation with quantities', 'event', eventOf(transformation)],
  ['a document in its envelope', 'event', eventOf(document)],
  ['a bare event', 'event', objectEvent],
  ['a bare document', 'event', document],
  ['a birth', 'state', birth],
  ['a birth with all members', 'state', full],
  ['a birth without metrics and capabilities', 'state', { ...birth, capabilities: [], metrics: [] }],
  ['a death as last will', 'state', death],
  ['a death before an orderly end', 'state', { ...death, timeMs: 1_795_458_600_000, reason: 'firmware update' }],
  ...orders.map(
    (value, index) => [`order ${index + 1}, ${'args' in value ? 'with arguments' : 'without arguments'}`, 'command', value] as const
  ),
  ...['accepted', 'done', 'refused', 'failed', 'expired'].map(
    (status) => [`reply ${status}`, 'command/reply', { ...reply, status }] as const
  ),
  ['a reply with a message', 'command/reply', { ...reply, status: 'refused', message: 'interval is 100 ms, expected at least 1000' }],
  ['a watermark', 'committed', committed]
]

const bounds: readonly VectorCase[] = [
  json('numbers at their lower end', 'telemetry', { ...telemetry({ ...reading, timeMs: 0 }), seq: 0, timeMs: 0, boot: 'b' }),
  json('numbers at their upper end', 'telemetry', {
    ...telemetry({ ...reading, timeMs: lastMs }),
    seq: safeMax,
    timeMs: lastMs,
    boot: 'B'.repeat(64)
  }),
  inCbor('numbers at their upper end', 'telemetry', { ...telemetry({ ...reading, timeMs: lastMs }), seq: safeMax, timeMs: lastMs }),
  inCbor(
    'lengths of CBOR integers',
    'telemetry',
    telemetry(
      ...[
        23,
        24,
        255,
        256,
        65_535,
        65_536,
        4_294_967_295,
        4_294_967_296,
        safeMax,
        -1,
        -24,
        -25,
        -256,
        -257,
        -65_537,
        -4_294_967_297,
        -safeMax
      ].map((value) => ({ ...small, value }))
    )
  ),
  json('1,000 readings', 'telemetry', telemetry(...many(1_000, (value) => ({ ...small, value })))),
  inCbor('1,000 readings', 'telemetry', telemetry(...many(1_000, (value) => ({ ...small, value })))),
  json('500 scans', 'scan', scans(...many(500, (index) => ({ symbology: ']E0', data: `${index}` })))),
  json(
    'a metric of 64 characters and a unit of 32',
    'telemetry',
    telemetry({ ...reading, metric: 'Az09_.-'.padEnd(64, 'm'), unit: '{'.padEnd(31, 'u') + '}' })
  ),
  json(
    'units as UCUM writes them',
    'telemetry',
    telemetry(
      ...['1', '%', 'Cel', '[degF]', 'm/s2', 'k[IU]/L', '10*-6', '{count}', 'g.m-3', "'", 'u[IU]'].map((unit, index) => ({
        ...small,
        metric: `m${index}`,
        unit
      }))
    )
  ),
  json(
    'numbers that doubles just hold',
    'telemetry',
    telemetry(
      ...[0.1, 1e-7, 5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 123456789.12345679].map((value) => ({ ...small, value }))
    )
  ),
  inCbor(
    'numbers that doubles just hold',
    'telemetry',
    telemetry(...[0.1, 1e-7, 5e-324, 1.7976931348623157e308, -1.7976931348623157e308].map((value) => ({ ...small, value })))
  ),
  json('a scan of 8,192 characters', 'scan', scans({ symbology: ']d1', data: '7'.repeat(8_192) })),
  json('members of a scan at their lower end', 'scan', scans({ ...scan, antenna: 0, signalDbm: -200, grade: 0, direction: 'unknown' })),
  json('members of a scan at their upper end', 'scan', scans({ ...scan, antenna: 65_535, signalDbm: 100, grade: 4, direction: 'out' })),
  json('a birth with 1,000 metrics', 'state', { ...birth, metrics: many(1_000, (index) => ({ metric: `m${index}`, unit: '1' })) }),
  json('texts of 128 supplementary characters count as 128', 'state', {
    ...birth,
    identity: { ...identity, model: '\u{1F9CA}'.repeat(128) }
  }),
  json('an order with a reason of 256 characters', 'command', { ...order, name: 'holdGate', args: { reason: '扣'.repeat(256) } }),
  json('a configuration of 131,072 characters', 'command', {
    ...order,
    name: 'configure',
    args: { version: safeMax, configuration: '#'.repeat(131_072), keyId: 'k', signature: '_-9Z'.padEnd(86, 'a') }
  }),
  json('a watermark at 0', 'committed', { ...committed, upTo: 0 }),
  json('a watermark at 2^53 - 1', 'committed', { ...committed, upTo: safeMax }),
  inCbor('a watermark at 2^53 - 1', 'committed', { ...committed, upTo: safeMax }),
  json('64 levels', 'event', eventOf(deepEvent(64))),
  inCbor('64 levels', 'event', eventOf(deepEvent(64))),
  { ...json('262,144 bytes', 'telemetry', telemetry(reading)), padTo: 262_144 }
]

export const validPayloads: VectorFile = {
  kind: 'payloads',
  about: 'Payloads that are right on their channel, and the message that each stands for.',
  cases: [
    ...usual.flatMap(([name, channel, message]) => [json(name, channel, message), inCbor(name, channel, message)]),
    ...bounds,
    ...payloadWritings
  ]
}
