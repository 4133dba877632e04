/** Vectors of payloads that are neither JSON nor CBOR as the contract allows it. */
import {
  birth,
  cborOf,
  cborWith,
  committed,
  eventOf,
  head,
  identity,
  nested,
  objectEvent,
  type Plain,
  type PlainObject,
  reading,
  scan,
  scans,
  telemetry
} from './message-parts.ts'
import { type Answer, bytes, text } from './payload-refused.ts'
import { cbor, textHex, type VectorCase } from './vector.ts'

const message = telemetry(reading)
const typed = JSON.stringify(message)
const oneScan = (member: string, value: Plain): PlainObject => scans({ ...scan, [member]: value })
const notJson: Answer = { code: 'PAYLOAD_NOT_JSON' }
const notUtf8: Answer = { code: 'PAYLOAD_NOT_UTF8' }
const notCbor: Answer = { code: 'PAYLOAD_NOT_CBOR' }

/** A message with a raw piece of JSON as the value of its reading. */
const typedValue = (value: string): string => typed.replace('-18.4', value)

export const syntaxFaults: readonly VectorCase[] = [
  ...['telemetry', 'scan', 'event', 'command', 'command/reply', 'committed'].map((channel) =>
    text(`empty ${channel}`, channel, '', notJson)
  ),
  text('white space alone', 'telemetry', ' \r\n', notJson),
  text('cut off in the middle', 'telemetry', typed.slice(0, 60), notJson),
  text('one bracket missing', 'telemetry', typed.slice(0, -1), notJson),
  text('two messages in one payload', 'telemetry', typed + typed, notJson),
  text('a NUL at the end', 'telemetry', `${typed}\u0000`, notJson),
  text('a comma too many', 'telemetry', `${typed.slice(0, -1)},}`, notJson),
  text('single quotes', 'telemetry', typed.replaceAll('"', "'"), notJson),
  text('names without quotes', 'telemetry', '{v:1}', notJson),
  text('a comment', 'telemetry', `/* one */${typed}`, notJson),
  text('NaN', 'telemetry', typedValue('NaN'), notJson),
  text('Infinity', 'telemetry', typedValue('-Infinity'), notJson),
  text('a plus sign', 'telemetry', typedValue('+1'), notJson),
  text('a leading zero', 'telemetry', typedValue('01'), notJson),
  text('a number that ends in a point', 'telemetry', typedValue('1.'), notJson),
  text('a number that begins with a point', 'telemetry', typedValue('.5'), notJson),
  text('a hexadecimal number', 'telemetry', typedValue('0x10'), notJson),
  text('a decimal comma', 'telemetry', typedValue('18,4'), notJson),
  text('an exponent without digits', 'telemetry', typedValue('1e'), notJson),
  text('True in capitals', 'telemetry', typedValue('True'), notJson),
  text('a raw line feed inside of a text', 'scan', JSON.stringify(oneScan('data', 'X')).replace('X', 'a\nb'), notJson),
  text('FNC1 as a raw byte inside of a text', 'scan', JSON.stringify(oneScan('data', 'X')).replace('X', '10L1\u001d3712'), notJson),
  text('an unknown escape', 'scan', JSON.stringify(oneScan('data', 'X')).replace('X', String.raw`\x1d`), notJson),
  text('an escape that is cut short', 'scan', JSON.stringify(oneScan('data', 'X')).replace('X', String.raw`\u1d`), notJson),
  text('a CSV line', 'telemetry', '2026-11-23 18:30:00,-18.4', notJson),
  text('XML', 'event', '<EPCISDocument/>', notJson),
  bytes('a byte that begins no character', 'scan', textHex(JSON.stringify(oneScan('data', 'X'))).replace('225822', '22ff22'), notUtf8),
  bytes(
    'a character in Latin 1',
    'state',
    textHex(JSON.stringify({ ...birth, identity: { ...identity, model: 'X' } })).replace('225822', '22e922'),
    notUtf8
  ),
  bytes('a character that is cut short', 'scan', textHex(JSON.stringify(oneScan('data', 'X'))).replace('225822', '22e58622'), notUtf8),
  bytes('an overlong NUL', 'scan', textHex(JSON.stringify(oneScan('data', 'X'))).replace('225822', '22c08022'), notUtf8),
  bytes('a surrogate in UTF-8', 'scan', textHex(JSON.stringify(oneScan('data', 'X'))).replace('225822', '22eda0bd22'), notUtf8),
  bytes('a code point beyond U+10FFFF', 'scan', textHex(JSON.stringify(oneScan('data', 'X'))).replace('225822', '22f490808022'), notUtf8),
  bytes('UTF-16 with its byte order mark', 'telemetry', `fffe${Buffer.from(typed, 'utf16le').toString('hex')}`, notUtf8),
  bytes('UTF-16 without one', 'telemetry', Buffer.from(typed, 'utf16le').toString('hex'), notJson),
  bytes('a compressed payload', 'telemetry', '1f8b080000000000000303000000000000000000', notUtf8),
  text('65 levels of arrays', 'telemetry', `${'['.repeat(65)}${']'.repeat(65)}`, { code: 'PAYLOAD_TOO_DEEP' }),
  text('65 levels of objects', 'event', `${'{"a":'.repeat(65)}0${'}'.repeat(65)}`, { code: 'PAYLOAD_TOO_DEEP' }),
  bytes('65 levels in CBOR', 'event', cborOf(eventOf({ ...objectEvent, 'ext:deep': nested(63) })), { code: 'PAYLOAD_TOO_DEEP' }),
  { ...text('262,145 bytes', 'telemetry', typed, { code: 'PAYLOAD_TOO_LARGE' }), padTo: 262_145 },
  ...(['[]', 'null', 'true', '1', '"text"'] as const).map((json) =>
    text(`${json} in place of an object`, 'telemetry', json, { code: 'SCHEMA_TYPE' })
  )
]

const inValue = (item: string): string => cborWith(head, 'readings', cbor.array(cborWith(reading, 'value', item)))
const inScan = (item: string): string => cborWith(head, 'scans', cbor.array(cborWith(scan, 'data', item)))

export const binaryFaults: readonly VectorCase[] = [
  bytes('cut off in the middle of CBOR', 'telemetry', cborOf(message).slice(0, 60), notCbor),
  bytes('a byte after the message', 'telemetry', `${cborOf(message)}00`, notCbor),
  bytes('two messages in one payload of CBOR', 'telemetry', cborOf(message).repeat(2), notCbor),
  bytes('a map of indefinite length without its end', 'committed', cbor.openMap(['v', cbor.int(1)]).slice(0, -2), notCbor),
  bytes('an end without a beginning', 'committed', `${cborOf(committed)}ff`, notCbor),
  bytes('an end in place of a value', 'committed', 'bf6176ffff', notCbor),
  bytes('a repeated key', 'committed', cbor.map(['v', '01'], ['boot', cbor.text('b')], ['upTo', '01'], ['upTo', '02']), notCbor),
  bytes('a number as a key', 'committed', 'a10001', notCbor),
  bytes('a byte string', 'scan', inScan(cbor.bytes('3074257bf7194e4000001a85')), notCbor),
  bytes('a byte string as a key', 'committed', 'a1417601', notCbor),
  bytes('NaN in 16 bits', 'telemetry', inValue(cbor.float16(0x7e00)), notCbor),
  bytes('NaN in 32 bits', 'telemetry', inValue(cbor.float32(Number.NaN)), notCbor),
  bytes('NaN in 64 bits', 'telemetry', inValue(cbor.float64(Number.NaN)), notCbor),
  bytes('infinity in 16 bits', 'telemetry', inValue(cbor.float16(0x7c00)), notCbor),
  bytes('infinity in 32 bits', 'telemetry', inValue(cbor.float32(Infinity)), notCbor),
  bytes('minus infinity in 64 bits', 'telemetry', inValue(cbor.float64(-Infinity)), notCbor),
  bytes('undefined', 'telemetry', inValue(cbor.undefined), notCbor),
  bytes('a simple value', 'telemetry', inValue('f820'), notCbor),
  bytes('an integer of 54 bits', 'committed', cborWith(committed, 'upTo', '1b0020000000000000'), notCbor),
  bytes('an integer of 64 bits', 'committed', cborWith(committed, 'upTo', '1bffffffffffffffff'), notCbor),
  bytes('a negative integer of 54 bits', 'telemetry', inValue('3b001fffffffffffff'), notCbor),
  bytes('a big number', 'committed', cborWith(committed, 'upTo', cbor.tag(2, cbor.bytes('2a'))), notCbor),
  bytes('a time with its tag', 'telemetry', cborWith(message, 'timeMs', cbor.tag(1, cbor.int(1_795_458_600))), notCbor),
  bytes('a decimal fraction', 'telemetry', inValue(cbor.tag(4, cbor.array(cbor.int(-1), cbor.int(-184)))), notCbor),
  bytes('the self-described tag twice', 'committed', `d9d9f7d9d9f7${cborOf(committed)}`, notCbor),
  bytes('the self-described tag inside', 'committed', cborWith(committed, 'upTo', cbor.tag(55_799, cbor.int(42))), notCbor),
  bytes('another tag in front', 'committed', cbor.tag(55_798, cborOf(committed)), notCbor),
  bytes('a text that is not UTF-8', 'scan', inScan(cbor.textOfHex('c328')), notCbor),
  bytes('a text with a surrogate', 'scan', inScan(cbor.textOfHex('eda0bd')), notCbor),
  bytes('a key that is not UTF-8', 'committed', 'a162c32801', notCbor),
  bytes('a text in pieces', 'committed', cborWith(committed, 'boot', '7f6162ff'), notCbor),
  bytes('a length beyond the payload', 'committed', 'a161765affffffff', notCbor),
  bytes('a reserved length', 'committed', 'a161761c', notCbor),
  bytes('an array behind the self-described tag', 'telemetry', 'd9d9f780', { code: 'SCHEMA_TYPE' }),
  bytes('an array', 'telemetry', '80', notUtf8),
  bytes('an integer', 'telemetry', '01', notJson),
  bytes('an unknown member of CBOR', 'committed', cborOf({ ...committed, more: true }), {
    code: 'SCHEMA_UNKNOWN_MEMBER',
    pointer: '/more'
  }),
  bytes('a fraction in place of an integer', 'committed', cborWith(committed, 'upTo', cbor.float64(1.5)), {
    code: 'SCHEMA_TYPE',
    pointer: '/upTo'
  })
]
