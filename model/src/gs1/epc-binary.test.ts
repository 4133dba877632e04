/** Reads the tags of the Tag Data Standard, and broken ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEpcHex } from './epc-binary.ts'
import { canonicalKey } from './key.ts'

const tags = {
  '3074257BF7194E4000001A85': 'urn:epc:id:sgtin:0614141.812345.6789',
  '3174257BF4499602D2000000': 'urn:epc:id:sscc:0614141.1234567890',
  '3274257BF46072000000162E': 'urn:epc:id:sgln:0614141.12345.5678',
  '3374257BF40C0E400000162E': 'urn:epc:id:grai:0614141.12345.5678',
  '3474257BF40000000000162E': 'urn:epc:id:giai:0614141.5678',
  '3674257BF6B7A659B2C2BF1000000000000000000000000000000000': 'urn:epc:id:sgtin:0614141.712345.32a%2Fb',
  '3974257BF46072CD9615F8800000000000000000000000000000': 'urn:epc:id:sgln:0614141.12345.32a%2Fb',
  '3774257BF40C0E59B2C2BF1000000000000000000000': 'urn:epc:id:grai:0614141.12345.32a%2Fb',
  '3874257BF59B2C2BF1000000000000000000000000000000000000': 'urn:epc:id:giai:0614141.32a%2Fb',
  '2D74257BF4499602D2000000': 'urn:epc:id:gsrn:0614141.1234567890',
  '2E74257BF4499602D2000000': 'urn:epc:id:gsrnp:0614141.1234567890',
  '2C74257BF46072000000162E': 'urn:epc:id:gdti:0614141.12345.5678',
  '3C74257BF400C0E680003039': 'urn:epc:id:cpi:0614141.98765.12345',
  '3D74257BF75411DEF6B4CC00000003039000': 'urn:epc:id:cpi:0614141.5PQ7%2FZ43.12345',
  '3F74F4E4E612640000019907': 'urn:epc:id:sgcn:4012345.67890.04711',
  '350007AB70425D4000000586': 'urn:epc:id:gid:31415.271828.1414'
}

test('readEpcHex() reads the examples of the Tag Data Standard', () => {
  for (const [hex, urn] of Object.entries(tags)) assert.deepEqual(readEpcHex(hex), { ok: true, value: urn }, hex)
})

test('readEpcHex() says what is wrong with other memory', () => {
  const codes = {
    '': 'GS1_EPC_HEX',
    '3074257BF7194E4000001A8': 'GS1_EPC_HEX',
    E28011606000020000000000: 'GS1_EPC_HEADER',
    '301C257BF7194E4000001A85': 'GS1_EPC_PARTITION',
    '3074257BF7194E40': 'GS1_EPC_SHORT'
  }
  for (const [hex, code] of Object.entries(codes)) {
    const read = readEpcHex(hex)
    assert.equal(read.ok ? 'read' : read.reason.code, code, hex)
  }
})

/** Bits of the company prefix by its digits. */
const prefixBits: Readonly<Record<number, number>> = { 12: 40, 11: 37, 10: 34, 9: 30, 8: 27, 7: 24, 6: 20 }

/** Writes fields of (value, bits) as hexadecimal, filled to words of 16 bits as a tag is. */
function hexOf(fields: readonly (readonly [bigint, number])[]): string {
  const bits = fields.map(([value, width]) => value.toString(2).padStart(width, '0')).join('')
  const whole = bits.padEnd(Math.ceil(bits.length / 16) * 16, '0')
  return BigInt(`0b${whole}`)
    .toString(16)
    .toUpperCase()
    .padStart(whole.length / 4, '0')
}

function head(header: number, digits: number, prefix: string): (readonly [bigint, number])[] {
  return [
    [BigInt(header), 8],
    [3n, 3],
    [BigInt(12 - digits), 3],
    [BigInt(prefix), prefixBits[digits] ?? 0]
  ]
}

const digitsOf = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: length, maxLength: length })
const withoutZero = fc.bigInt({ min: 0n, max: (1n << 38n) - 1n })
const serialText = fc.string({ unit: fc.constantFrom(...'ABZaz09-_.!'.split('')), minLength: 1, maxLength: 16 })
const sevenBit = (value: string, bits: number): [bigint, number] => [
  BigInt(
    `0b${value
      .split('')
      .map((character) => character.charCodeAt(0).toString(2).padStart(7, '0'))
      .join('')
      .padEnd(bits, '0')}`
  ),
  bits
]
const prefixOf = fc.integer({ min: 6, max: 12 }).chain((digits) => digitsOf(digits).map((prefix) => ({ digits, prefix })))

test('readEpcHex() reads keys with an integer as serial whatever the partition', () => {
  const schemes = [
    [0x30, 'sgtin', 44, 13],
    [0x32, 'sgln', 41, 12],
    [0x33, 'grai', 44, 12],
    [0x2c, 'gdti', 41, 12]
  ] as const
  fc.assert(
    fc.property(
      fc.constantFrom(...schemes),
      prefixOf,
      digitsOf(13),
      withoutZero,
      ([header, scheme, keyBits, keyDigits], { digits, prefix }, more, serial) => {
        const reference = more.slice(0, keyDigits - digits)
        const serialBits = keyBits === 44 ? 38 : 41
        const bits = keyBits - (prefixBits[digits] ?? 0)
        const hex = hexOf([...head(header, digits, prefix), [BigInt(reference === '' ? 0 : reference), bits], [serial, serialBits]])
        assert.deepEqual(readEpcHex(hex), { ok: true, value: `urn:epc:id:${scheme}:${prefix}.${reference}.${serial}` })
      }
    )
  )
})

test('readEpcHex() reads keys with text as serial, and pieces of a whole', () => {
  const schemes = [
    [0x36, 'sgtin', 44, 13, 140],
    [0x39, 'sgln', 41, 12, 140],
    [0x37, 'grai', 44, 12, 112],
    [0x3e, 'gdti', 41, 12, 119],
    [0x41, 'itip', 44, 13, 140]
  ] as const
  const piece = fc.integer({ min: 0, max: 99 })
  fc.assert(
    fc.property(
      fc.constantFrom(...schemes),
      prefixOf,
      digitsOf(13),
      serialText,
      piece,
      piece,
      (layout, { digits, prefix }, more, serial, part, total) => {
        const [header, scheme, keyBits, keyDigits, serialBits] = layout
        const reference = more.slice(0, keyDigits - digits)
        const two = (value: number) => String(value).padStart(2, '0')
        const hex = hexOf([
          ...head(header, digits, prefix),
          [BigInt(reference === '' ? 0 : reference), keyBits - (prefixBits[digits] ?? 0)],
          ...(scheme === 'itip'
            ? ([
                [BigInt(part), 7],
                [BigInt(total), 7]
              ] as const)
            : []),
          sevenBit(serial, serialBits)
        ])
        const pieces = scheme === 'itip' ? `.${two(part)}.${two(total)}` : ''
        assert.deepEqual(readEpcHex(hex), { ok: true, value: `urn:epc:id:${scheme}:${prefix}.${reference}${pieces}.${serial}` })
      }
    )
  )
})

test('readEpcHex() keeps the zeros that a serial of digits begins with', () => {
  fc.assert(
    fc.property(prefixOf, digitsOf(12), fc.integer({ min: 1, max: 11 }).chain(digitsOf), ({ digits, prefix }, more, serial) => {
      const reference = more.slice(0, 12 - digits)
      const hex = hexOf([
        ...head(0x3f, digits, prefix),
        [BigInt(reference === '' ? 0 : reference), 41 - (prefixBits[digits] ?? 0)],
        [BigInt(`1${serial}`), 41]
      ])
      assert.deepEqual(readEpcHex(hex), { ok: true, value: `urn:epc:id:sgcn:${prefix}.${reference}.${serial}` })
    })
  )
})

test('every tag of a GS1 key names one, and reading never throws', () => {
  for (const [hex, urn] of Object.entries(tags)) assert.equal(canonicalKey(urn) === undefined, urn.includes(':gid:'), hex)
  const header = fc.constantFrom('2C', '2D', '2E', '30', '31', '33', '34', '35', '36', '38', '3A', '3C', '3D', '3E', '3F', '40', '41')
  const rest = fc.uint8Array({ minLength: 7, maxLength: 40 })
  fc.assert(
    fc.property(header, rest, (first, bytes) => {
      const read = readEpcHex(first + Buffer.from(bytes).toString('hex'))
      return read.ok ? read.value.startsWith('urn:epc:id:') : read.reason.code.startsWith('GS1_EPC_')
    })
  )
})
