/** Vectors of payloads that can be read and break the schema of their channel: members missing, unknown, of wrong type or out of bounds. */
import {
  birth,
  committed,
  death,
  eventOf,
  head,
  identity,
  objectEvent,
  order,
  type Plain,
  type PlainObject,
  reading,
  reply,
  scan,
  scans,
  telemetry,
  without
} from './message-parts.ts'
import { text, wrong } from './payload-refused.ts'
import type { VectorCase } from './vector.ts'

const message = telemetry(reading)
const typed = JSON.stringify(message)
const typedValue = (value: string): string => typed.replace('-18.4', value)
const one = (member: string, value: Plain): PlainObject => telemetry({ ...reading, [member]: value })
const oneScan = (member: string, value: Plain): PlainObject => scans({ ...scan, [member]: value })
const many = (count: number, item: Plain): Plain[] => Array.from({ length: count }, () => item)

const required = (channel: string, value: PlainObject): VectorCase[] =>
  Object.keys(value).map((name) => wrong(`${channel} without ${name}`, channel, without(value, name), ['REQUIRED', '']))

const envelope: readonly VectorCase[] = [
  ...required('telemetry', message),
  wrong('version 0', 'telemetry', { ...message, v: 0 }, ['CONST', '/v']),
  wrong('version 2', 'telemetry', { ...message, v: 2 }, ['CONST', '/v']),
  wrong('version as text', 'telemetry', { ...message, v: '1' }, ['TYPE', '/v']),
  wrong('an unknown member', 'telemetry', { ...message, ts: 1 }, ['UNKNOWN_MEMBER', '/ts']),
  wrong('a name in capitals', 'telemetry', { ...without(message, 'seq'), Seq: 42 }, ['REQUIRED', '']),
  wrong('a member named __proto__', 'telemetry', { ...message, ['__proto__']: null }, ['UNKNOWN_MEMBER', '/__proto__']),
  wrong('an empty boot', 'telemetry', { ...message, boot: '' }, ['PATTERN', '/boot']),
  wrong('a boot of 65 characters', 'telemetry', { ...message, boot: 'b'.repeat(65) }, ['PATTERN', '/boot']),
  wrong('a boot with a dot', 'telemetry', { ...message, boot: 'b.1' }, ['PATTERN', '/boot']),
  wrong('a boot with a line feed at its end', 'telemetry', { ...message, boot: 'b1\n' }, ['PATTERN', '/boot']),
  wrong('a boot in Chinese', 'telemetry', { ...message, boot: '启动' }, ['PATTERN', '/boot']),
  wrong('a boot as number', 'telemetry', { ...message, boot: 1 }, ['TYPE', '/boot']),
  wrong('a sequence below 0', 'telemetry', { ...message, seq: -1 }, ['MINIMUM', '/seq']),
  text('a sequence of 2^53', 'telemetry', typed.replace('42', '9007199254740992'), { code: 'SCHEMA_MAXIMUM', pointer: '/seq' }),
  text('a sequence of 2^64 - 1', 'telemetry', typed.replace('42', '18446744073709551615'), { code: 'SCHEMA_MAXIMUM', pointer: '/seq' }),
  wrong('a sequence with a fraction', 'telemetry', { ...message, seq: 0.5 }, ['TYPE', '/seq']),
  wrong('a sequence as text', 'telemetry', { ...message, seq: '42' }, ['TYPE', '/seq']),
  wrong('a sequence that is null', 'telemetry', { ...message, seq: null }, ['TYPE', '/seq']),
  wrong('an unknown quality of the clock', 'telemetry', { ...message, timeQuality: 'good' }, ['ENUM', '/timeQuality']),
  wrong('a quality of the clock in capitals', 'telemetry', { ...message, timeQuality: 'Synchronized' }, ['ENUM', '/timeQuality'])
]

const r = '/readings/0'
const readings: readonly VectorCase[] = [
  wrong('no reading', 'telemetry', telemetry(), ['MINITEMS', '/readings']),
  wrong('1,001 readings', 'telemetry', telemetry(...many(1_001, { metric: 'm', value: 0, unit: '1', quality: 1 })), [
    'MAXITEMS',
    '/readings'
  ]),
  wrong('readings as an object', 'telemetry', { ...head, readings: reading }, ['TYPE', '/readings']),
  wrong('a reading that is a number', 'telemetry', telemetry(-18.4), ['TYPE', r]),
  ...Object.keys(reading).map((name) =>
    wrong(`a reading without ${name}`, 'telemetry', telemetry(without(reading, name)), ['REQUIRED', r])
  ),
  wrong('an unknown member of a reading', 'telemetry', one('time', 1), ['UNKNOWN_MEMBER', `${r}/time`]),
  wrong('an empty metric', 'telemetry', one('metric', ''), ['PATTERN', `${r}/metric`]),
  wrong('a metric of 65 characters', 'telemetry', one('metric', 'm'.repeat(65)), ['PATTERN', `${r}/metric`]),
  wrong('a metric with a slash', 'telemetry', one('metric', 'a/b'), ['PATTERN', `${r}/metric`]),
  wrong('a metric with a space', 'telemetry', one('metric', 'air temperature'), ['PATTERN', `${r}/metric`]),
  wrong('an empty unit', 'telemetry', one('unit', ''), ['PATTERN', `${r}/unit`]),
  wrong('a unit of 33 characters', 'telemetry', one('unit', 'u'.repeat(33)), ['PATTERN', `${r}/unit`]),
  wrong('a degree sign in place of Cel', 'telemetry', one('unit', '°C'), ['PATTERN', `${r}/unit`]),
  wrong('a unit with a space', 'telemetry', one('unit', 'm / s'), ['PATTERN', `${r}/unit`]),
  ...[0, 5, 8, 10, -1].map((quality) => wrong(`quality ${quality}`, 'telemetry', one('quality', quality), ['ANYOF', `${r}/quality`])),
  wrong('quality as text', 'telemetry', one('quality', '1'), ['ANYOF', `${r}/quality`]),
  wrong('a value as text', 'telemetry', one('value', '-18.4'), ['ANYOF', `${r}/value`]),
  wrong('a value that is an array', 'telemetry', one('value', [1, 2]), ['ANYOF', `${r}/value`]),
  text('a value that overflows', 'telemetry', typedValue('1e400'), { code: 'SCHEMA_ANYOF', pointer: `${r}/value` }),
  wrong('the fault of a later reading', 'telemetry', telemetry(reading, reading, { ...reading, unit: '' }), ['PATTERN', '/readings/2/unit'])
]

const s = '/scans/0'
const scanned: readonly VectorCase[] = [
  wrong('no scan', 'scan', scans(), ['MINITEMS', '/scans']),
  wrong('501 scans', 'scan', scans(...many(501, { symbology: ']E0', data: '1' })), ['MAXITEMS', '/scans']),
  wrong('a scan without symbology', 'scan', scans(without(scan, 'symbology')), ['REQUIRED', s]),
  wrong('a scan without data', 'scan', scans(without(scan, 'data')), ['REQUIRED', s]),
  wrong('an unknown member of a scan', 'scan', oneScan('rssi', -60), ['UNKNOWN_MEMBER', `${s}/rssi`]),
  wrong('a symbology by name', 'scan', oneScan('symbology', 'GS1 DataMatrix'), ['PATTERN', `${s}/symbology`]),
  wrong('a symbology without its bracket', 'scan', oneScan('symbology', 'C1'), ['PATTERN', `${s}/symbology`]),
  wrong('EPC in capitals', 'scan', oneScan('symbology', 'EPC'), ['PATTERN', `${s}/symbology`]),
  wrong('empty data', 'scan', oneScan('data', ''), ['MINLENGTH', `${s}/data`]),
  wrong('data of 8,193 characters', 'scan', oneScan('data', '7'.repeat(8_193)), ['MAXLENGTH', `${s}/data`]),
  wrong('data as number', 'scan', oneScan('data', 9521234543213), ['TYPE', `${s}/data`]),
  wrong('an antenna below 0', 'scan', oneScan('antenna', -1), ['MINIMUM', `${s}/antenna`]),
  wrong('an antenna of 17 bits', 'scan', oneScan('antenna', 65_536), ['MAXIMUM', `${s}/antenna`]),
  wrong('an antenna by name', 'scan', oneScan('antenna', 'left'), ['TYPE', `${s}/antenna`]),
  wrong('a signal below -200 dBm', 'scan', oneScan('signalDbm', -200.5), ['MINIMUM', `${s}/signalDbm`]),
  wrong('a signal above 100 dBm', 'scan', oneScan('signalDbm', 100.5), ['MAXIMUM', `${s}/signalDbm`]),
  wrong('an unknown direction', 'scan', oneScan('direction', 'left'), ['ENUM', `${s}/direction`]),
  wrong('a grade above 4', 'scan', oneScan('grade', 4.1), ['MAXIMUM', `${s}/grade`]),
  wrong('a grade as letter', 'scan', oneScan('grade', 'A'), ['TYPE', `${s}/grade`])
]

const event = (value: PlainObject): PlainObject => eventOf(value)
const events: readonly VectorCase[] = [
  wrong('an event that is text', 'event', eventOf('<xml/>'), ['TYPE', '/epcis']),
  wrong('an event without its action', 'event', event(without(objectEvent, 'action')), ['REQUIRED', '/epcis']),
  wrong('an event without its time', 'event', event(without(objectEvent, 'eventTime')), ['REQUIRED', '/epcis']),
  wrong('an event with an unknown action', 'event', event({ ...objectEvent, action: 'MOVE' }), ['ANYOF', '/epcis/action']),
  wrong('an event with local time', 'event', event({ ...objectEvent, eventTime: '2026-11-23 18:30' }), ['FORMAT', '/epcis/eventTime']),
  wrong('an event of no type', 'event', event(without(objectEvent, 'type')), ['REQUIRED', '/epcis']),
  wrong('a bare event without its offset', 'event', without(objectEvent, 'eventTimeZoneOffset'), ['REQUIRED', ''])
]

const m = '/metrics/0'
const metric = (member: string, value: Plain): PlainObject => ({
  ...birth,
  metrics: [{ metric: 'temperature', unit: 'Cel', [member]: value }]
})
const states: readonly VectorCase[] = [
  wrong('neither birth nor death', 'state', without(birth, 'online'), ['REQUIRED', '']),
  wrong('a birth without boot', 'state', without(birth, 'boot'), ['REQUIRED', '']),
  wrong('a birth without identity', 'state', without(birth, 'identity'), ['REQUIRED', '']),
  wrong('an identity without serial number', 'state', { ...birth, identity: without(identity, 'serialNumber') }, ['REQUIRED', '/identity']),
  wrong('an empty maker', 'state', { ...birth, identity: { ...identity, manufacturer: '' } }, ['MINLENGTH', '/identity/manufacturer']),
  wrong('a model of 129 characters', 'state', { ...birth, identity: { ...identity, model: '\u{1F9CA}'.repeat(129) } }, [
    'MAXLENGTH',
    '/identity/model'
  ]),
  wrong('1,001 metrics', 'state', { ...birth, metrics: many(1_001, { metric: 'm', unit: '1' }) }, ['MAXITEMS', '/metrics']),
  wrong('an unknown capability', 'state', { ...birth, capabilities: ['video'] }, ['ANYOF', '/capabilities/0']),
  wrong('17 capabilities', 'state', { ...birth, capabilities: many(17, 'scan') }, ['MAXITEMS', '/capabilities']),
  wrong('an interval of 0', 'state', metric('intervalMs', 0), ['MINIMUM', `${m}/intervalMs`]),
  wrong('an interval above a day', 'state', metric('intervalMs', 86_400_001), ['MAXIMUM', `${m}/intervalMs`]),
  wrong('an accuracy of 0', 'state', metric('accuracy', 0), ['EXCLUSIVEMINIMUM', `${m}/accuracy`]),
  wrong('a death with the members of a birth', 'state', { ...death, identity }, ['UNKNOWN_MEMBER', '/identity']),
  wrong('a reason of 129 characters', 'state', { ...death, reason: 'r'.repeat(129) }, ['MAXLENGTH', '/reason'])
]

const configure = { version: 1, configuration: 'a: 1', keyId: 'k1', signature: 'A'.repeat(86) }
const commands: readonly VectorCase[] = [
  wrong('an unknown order', 'command', { ...order, name: 'selfDestruct' }, ['CONST', '/name']),
  wrong('an order without id', 'command', { ...without(order, 'id'), name: 'rebirth' }, ['REQUIRED', '']),
  wrong('an order without deadline', 'command', { ...without(order, 'deadlineMs'), name: 'rebirth' }, ['REQUIRED', '']),
  wrong('arguments where none belong', 'command', { ...order, name: 'rebirth', args: {} }, ['UNKNOWN_MEMBER', '/args']),
  wrong('no arguments where some belong', 'command', { ...order, name: 'setInterval' }, ['REQUIRED', '']),
  wrong('an interval of 99 ms', 'command', { ...order, name: 'setInterval', args: { intervalMs: 99 } }, ['MINIMUM', '/args/intervalMs']),
  wrong('a configuration of version 0', 'command', { ...order, name: 'configure', args: { ...configure, version: 0 } }, [
    'MINIMUM',
    '/args/version'
  ]),
  wrong('a signature of 85 characters', 'command', { ...order, name: 'configure', args: { ...configure, signature: 'A'.repeat(85) } }, [
    'PATTERN',
    '/args/signature'
  ]),
  wrong('a signature with padding', 'command', { ...order, name: 'configure', args: { ...configure, signature: `${'A'.repeat(86)}==` } }, [
    'PATTERN',
    '/args/signature'
  ]),
  wrong('a reply without status', 'command/reply', without(reply, 'status'), ['REQUIRED', '']),
  wrong('an unknown status', 'command/reply', { ...reply, status: 'ok' }, ['ENUM', '/status']),
  wrong('a message of 513 characters', 'command/reply', { ...reply, message: 'm'.repeat(513) }, ['MAXLENGTH', '/message']),
  ...required('committed', committed),
  wrong('a watermark of -1', 'committed', { ...committed, upTo: -1 }, ['MINIMUM', '/upTo']),
  wrong('a watermark as text', 'committed', { ...committed, upTo: '42' }, ['TYPE', '/upTo']),
  text('a watermark of 2^53', 'committed', JSON.stringify(committed).replace('42', '9007199254740992'), {
    code: 'SCHEMA_MAXIMUM',
    pointer: '/upTo'
  })
]

export const schemaFaults: readonly VectorCase[] = [...envelope, ...readings, ...scanned, ...events, ...states, ...commands]
