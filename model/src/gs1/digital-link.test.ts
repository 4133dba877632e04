/** Round trips of links and element strings, and refusals with their reasons. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withCheckDigit } from './check-digit.ts'
import { readDigitalLink, writeDigitalLink } from './digital-link.ts'
import { readBracketed, readElementString, writeBracketed, writeElementString, type AiValue } from './element-string.ts'
import { canonicalKey } from './key.ts'

const gtins = fc.stringMatching(/^\d{13}$/).map(withCheckDigit)
const texts = fc.stringMatching(/^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/)
const elements = fc.tuple(gtins, texts, texts).map(([gtin, lot, serial]): AiValue[] => [
  ['01', gtin],
  ['10', lot],
  ['21', serial]
])

test('a link that was written is read back as the same identifiers', () => {
  fc.assert(
    fc.property(elements, (ais) => {
      const written = writeDigitalLink(ais)
      assert.ok(written.ok)
      const read = readDigitalLink(written.value)
      assert.deepEqual(read, { ok: true, value: { ais, pathCount: 3 } })
    })
  )
})

test('an element string that was written is read back, bracketed and with FNC1', () => {
  fc.assert(
    fc.property(elements, (ais) => {
      assert.deepEqual(readElementString(writeElementString(ais)), { ok: true, value: ais })
      const withoutBackslash = ais.every(([, value]) => !value.includes('\\'))
      if (withoutBackslash) assert.deepEqual(readBracketed(writeBracketed(ais)), { ok: true, value: ais })
    })
  )
})

test('the canonical key of a canonical key is itself', () => {
  fc.assert(
    fc.property(elements, (ais) => {
      const written = writeDigitalLink(ais, { stem: 'https://example.com/some/path' })
      const key = written.ok ? canonicalKey(written.value) : undefined
      assert.ok(key !== undefined)
      assert.equal(canonicalKey(key), key)
    })
  )
})

test('readDigitalLink() never throws, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true })), (text) => typeof readDigitalLink(text).ok === 'boolean')
  )
})

test('readDigitalLink() says why a link is refused', () => {
  const reasons = {
    'ftp://a/01/12312312312333': 'GS1_LINK_FORM',
    'https://a/b': 'GS1_NO_PRIMARY_KEY',
    'https://a/01/12312312312334': 'GS1_INCORRECT_CHECK_DIGIT',
    'https://a/01/12312312312333/21/A/10/B': 'GS1_PATH_ORDER',
    'https://a/01/12312312312333?10=B': 'GS1_BELONGS_IN_PATH',
    'https://a/01/12312312312333?21=B': 'GS1_NO_ATTRIBUTE',
    'https://a/01/12312312312333?999=B': 'GS1_UNKNOWN_AI',
    'https://a/01/12312312312333?99=B&99=C': 'GS1_REPEATED_AI'
  }
  for (const [link, code] of Object.entries(reasons)) {
    const read = readDigitalLink(link)
    assert.equal(read.ok ? 'read' : read.reason.code, code, link)
  }
})
