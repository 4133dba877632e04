/** Vectors of payloads that write the same message in another way: white space, escapes, number forms, lengths and floats of CBOR. */
import { cborHex, cborOf, cborWith, head, inCbor, jsonText, reading, scans, telemetry } from './message-parts.ts'
import { cbor, type VectorCase } from './vector.ts'

const text = JSON.stringify(telemetry(reading))
const value = telemetry(reading)
const member = (name: string, written: string, of = text) => of.replace(new RegExp(`"${name}":[^,}]*`), `"${name}":${written}`)

/** A reading whose value is the CBOR item given. */
const inValue = (name: string, item: string, number: number): VectorCase =>
  cborHex(name, 'telemetry', {
    hex: cborWith(head, 'readings', cbor.array(cborWith(reading, 'value', item))),
    value: telemetry({ ...reading, value: number })
  })

export const payloadWritings: readonly VectorCase[] = [
  jsonText('a byte order mark in front is passed over', 'telemetry', { text: `\uFEFF${text}`, value }),
  jsonText('white space of every kind', 'telemetry', {
    text: ` \t\r\n${JSON.stringify(value, undefined, '\t').replaceAll('\n', '\r\n')}\n`,
    value
  }),
  jsonText('members in another order', 'telemetry', {
    text: JSON.stringify(Object.fromEntries(Object.entries(value).toReversed())),
    value
  }),
  jsonText('an integer with a fraction of zero', 'telemetry', { text: member('seq', '42.0'), value }),
  jsonText('an integer with an exponent', 'telemetry', { text: member('seq', '4.2e1'), value }),
  jsonText('an integer with a negative exponent', 'telemetry', { text: member('seq', '4200E-2'), value }),
  jsonText('a value with an exponent', 'telemetry', { text: member('value', '-1.84e+1'), value }),
  jsonText('1e3 is 1000', 'telemetry', { text: member('value', '1e3'), value: telemetry({ ...reading, value: 1000 }) }),
  jsonText('minus zero is zero', 'telemetry', { text: member('value', '-0'), value: telemetry({ ...reading, value: 0 }) }),
  jsonText('more digits than a double holds', 'telemetry', { text: member('value', '-18.40000000000000000000001'), value }),
  jsonText('a value that is too small becomes zero', 'telemetry', {
    text: member('value', '1e-400'),
    value: telemetry({ ...reading, value: 0 })
  }),
  jsonText('escapes in a value', 'telemetry', { text: member('metric', '"temper\\u0061ture"'), value }),
  jsonText('escapes in a name', 'telemetry', { text: text.replace('"boot"', '"\\u0062oo\\u0074"'), value }),
  jsonText('every short escape', 'scan', {
    text: `{${JSON.stringify(head).slice(1, -1)},"scans":[{"symbology":"]d1","data":"\\"\\\\\\/\\b\\f\\n\\r\\t"}]}`,
    value: scans({ symbology: ']d1', data: '"\\/\b\f\n\r\t' })
  }),
  jsonText('FNC1 as an escape', 'scan', {
    text: JSON.stringify(scans({ symbology: ']C1', data: '10L1\u001d3712' })),
    value: scans({ symbology: ']C1', data: '10L1\u001d3712' })
  }),
  jsonText('an escaped NUL', 'scan', {
    text: JSON.stringify(scans({ symbology: ']d1', data: 'a\u0000b' })),
    value: scans({ symbology: ']d1', data: 'a\u0000b' })
  }),
  jsonText('a supplementary character as two escapes', 'scan', {
    text: JSON.stringify(scans({ symbology: ']d1', data: 'X' })).replace('"X"', '"\\ud83e\\uddca"'),
    value: scans({ symbology: ']d1', data: '\u{1F9CA}' })
  }),
  jsonText('a supplementary character as four bytes', 'scan', {
    text: JSON.stringify(scans({ symbology: ']d1', data: '\u{1F9CA}\u{10FFFF}' })),
    value: scans({ symbology: ']d1', data: '\u{1F9CA}\u{10FFFF}' })
  }),
  jsonText('characters of one to three bytes', 'scan', {
    text: JSON.stringify(scans({ symbology: ']d1', data: '\u007f\u0080\u07ff\u0800\uffff冷' })),
    value: scans({ symbology: ']d1', data: '\u007f\u0080\u07ff\u0800\uffff冷' })
  }),
  jsonText('the replacement character itself', 'scan', {
    text: JSON.stringify(scans({ symbology: ']d1', data: '\ufffd' })),
    value: scans({ symbology: ']d1', data: '\ufffd' })
  }),
  inCbor('the replacement character itself', 'scan', scans({ symbology: ']d1', data: '\ufffd' })),
  inCbor('a supplementary character', 'scan', scans({ symbology: ']d1', data: '\u{1F9CA}' })),
  cborHex('self-described CBOR', 'telemetry', { hex: cbor.tag(55_799, cborOf(value)), value }),
  cborHex('a map and an array of indefinite length', 'telemetry', {
    hex: cbor.openMap(...Object.entries(head).map(([name, item]): [string, string] => [name, cborOf(item)]), [
      'readings',
      cbor.openArray(cborOf(reading))
    ]),
    value
  }),
  inValue('a float of 16 bits', cbor.float16(0x3e00), 1.5),
  inValue('the smallest float of 16 bits', cbor.float16(0x0001), 2 ** -24),
  inValue('minus zero as a float of 16 bits', cbor.float16(0x8000), 0),
  inValue('a float of 32 bits', cbor.float32(-18.5), -18.5),
  cborHex('an integer written as a float', 'telemetry', { hex: cborWith(value, 'seq', cbor.float64(42)), value }),
  cborHex('an integer in eight bytes where one would do', 'telemetry', { hex: cborWith(value, 'seq', '1b000000000000002a'), value }),
  cborHex('a text length in two bytes where one would do', 'telemetry', {
    hex: cborWith(value, 'boot', '79000d622d32303236313132332d3031'),
    value
  })
]
