import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { canonicalKey, itemKey, keyKind, lotKeyOf, parentKeyOf, urnOf } from './key.ts'

const text = readFileSync(new URL('../../../../shared/testdata/gs1/urn-digital-link.json', import.meta.url), 'utf8')
const data = JSON.parse(text)
test('x', () => {
  for (const c of data.urnToDigitalLink) assert.equal(canonicalKey(c.urn), c.digitalLink)
  for (const c of data.normalise) if (typeof c.input === 'string') assert.equal(canonicalKey(c.input) ?? null, c.digitalLink)
  for (const c of data.urnToDigitalLink) {
    const p = /:(\d+)\./.exec(c.urn)?.[1].length
    if (canonicalKey(urnOf(c.digitalLink, p) ?? '') !== c.digitalLink) console.log(c, urnOf(c.digitalLink, p))
  }
  assert.equal(lotKeyOf('https://id.gs1.org/gtin/9780345418913/cpv/344/lot/1223/ser/765tz'), 'https://id.gs1.org/01/09780345418913/10/1223')
})
