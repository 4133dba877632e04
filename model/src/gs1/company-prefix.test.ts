/** Every GS1 key must go from its EPC URN to its Digital Link and back to the very same URN once its company prefix is known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCompanyPrefixes, prefixOfUrn } from './company-prefix.ts'
import { canonicalKey, urnOf } from './key.ts'

const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`))
/** What an EPC URN carries unescaped of the characters of GS1 (Tag Data Standard, table A-1), and its escapes. */
const serial = (lengthMax: number) =>
  fc
    .array(
      fc.constantFrom(
        'A',
        'z',
        '0',
        '-',
        '.',
        '_',
        '!',
        "'",
        '(',
        ')',
        '*',
        '+',
        ',',
        ':',
        ';',
        '=',
        '%22',
        '%25',
        '%26',
        '%2F',
        '%3C',
        '%3E',
        '%3F'
      ),
      {
        minLength: 1,
        maxLength: lengthMax
      }
    )
    .map((parts) => parts.join(''))
    .filter((text) => text !== '*' && text !== '0')

/** Schemes: how many digits prefix and reference have together, and what follows. */
const schemes: readonly (readonly [form: string, digits: number, rest: fc.Arbitrary<string>])[] = [
  ['id:sgtin', 13, serial(20).map((text) => `.${text}`)],
  ['idpat:sgtin', 13, fc.constant('.*')],
  ['class:lgtin', 13, serial(20).map((text) => `.${text}`)],
  ['id:upui', 13, serial(28).map((text) => `.${text}`)],
  ['id:sscc', 17, fc.constant('')],
  [
    'id:sgln',
    12,
    fc.oneof(
      fc.constant('.0'),
      serial(20).map((text) => `.${text}`)
    )
  ],
  ['id:pgln', 12, fc.constant('')],
  ['id:grai', 12, serial(16).map((text) => `.${text}`)],
  ['idpat:grai', 12, fc.constant('.*')],
  ['id:gdti', 12, serial(17).map((text) => `.${text}`)],
  ['idpat:gdti', 12, fc.constant('.*')],
  ['id:sgcn', 12, digits(5).map((text) => `.${text}`)],
  ['id:gsrn', 17, fc.constant('')],
  ['id:gsrnp', 17, fc.constant('')],
  ['id:gsin', 16, fc.constant('')],
  ['id:itip', 13, fc.tuple(digits(2), digits(2), serial(20)).map(([piece, total, text]) => `.${piece}.${total}.${text}`)],
  ['idpat:itip', 13, fc.tuple(digits(2), digits(2)).map(([piece, total]) => `.${piece}.${total}.*`)]
]
const whole = fc.integer({ min: 6, max: 12 }).chain((length) =>
  fc.oneof(
    ...schemes.map(([form, total, rest]) =>
      fc
        .tuple(digits(length), digits(total - length), rest)
        .map(([prefix, reference, tail]) => `urn:epc:${form}:${prefix}.${reference}${tail}`)
    ),
    fc
      .tuple(digits(length), fc.constantFrom('giai', 'ginc'), fc.stringMatching(/^[A-Z0-9-]{1,15}$/))
      .map(([prefix, scheme, text]) => `urn:epc:id:${scheme}:${prefix}.${text}`),
    fc
      .tuple(digits(length), fc.stringMatching(/^[A-Z0-9-]{1,15}$/), digits(6))
      .map(([prefix, part, number]) => `urn:epc:id:cpi:${prefix}.${part}.${number}`)
  )
)

test('an EPC URN becomes a Digital Link and the same URN again', () => {
  fc.assert(
    fc.property(whole, (urn) => {
      const key = canonicalKey(urn)
      assert.ok(key !== undefined, urn)
      const prefixes = createCompanyPrefixes()
      assert.equal(prefixes.lengthOf(key), undefined)
      const learned = prefixes.learn(urn)
      assert.equal(learned, prefixOfUrn(urn))
      const length = prefixes.lengthOf(key)
      assert.equal(length, learned?.length)
      assert.equal(urnOf(key, length ?? 0), urn)
    }),
    { numRuns: 120 }
  )
})

test('prefixes are learned once, from URNs and from configuration, and up to a limit', () => {
  const prefixes = createCompanyPrefixes(['4012345', 'x', '12345', 'urn:epc:id:gid:95100000.12345.400'], { sizeMax: 2 })
  assert.equal(prefixes.size, 1)
  assert.equal(prefixes.learn('urn:epc:id:sgtin:4012345.011111.1'), undefined)
  assert.equal(prefixes.learn('urn:epc:id:sgtin:0614141.011111.1'), '0614141')
  assert.equal(prefixes.learn('urn:epc:id:sgtin:9521141.011111.1'), undefined)
  assert.equal(prefixes.passedOver, 1)
  for (const text of ['urn:epc:id:sgtin:1', 'urn:epc:', 'urn:epc:id:sgtin:401234x.011111.1', 'https://id.gs1.org/01/04012345111118', ''])
    assert.equal(prefixes.learn(text), undefined, text)
  assert.equal(prefixes.lengthOf('https://example.com/01/04012345111118/21/1'), 7)
  assert.equal(prefixes.lengthOf('https://id.gs1.org/8013/4012345ABC'), undefined)
  assert.equal(prefixes.lengthOf('urn:x:1'), undefined)
})
