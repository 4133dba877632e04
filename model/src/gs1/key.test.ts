/** Tries to give one thing two keys, and two things one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalKey, commonKeyKind, itemKey, keyKind, keyTextLengthMax, lotKey, lotKeyOf, parentKeyOf, placeKey, urnOf } from './key.ts'

const gtin = '04012345111118'

test('canonicalKey() gives one key for URN, Digital Link of any host and short names', () => {
  const forms = [
    'urn:epc:id:sgtin:4012345.011111.98%22',
    'https://id.gs1.org/01/04012345111118/21/98%22',
    'HTTPS://shop.example.com/some/path/01/4012345111118/22/A/10/LOT/21/98%22?17=301231#top',
    'https://example.com/gtin/04012345111118/ser/98%22'
  ]
  for (const form of forms) assert.equal(canonicalKey(form), 'https://id.gs1.org/01/04012345111118/21/98%22', form)
})

test('canonicalKey() takes an SGLN extension of 0 as no extension', () => {
  assert.equal(canonicalKey('urn:epc:id:sgln:4012345.00005.0'), placeKey('4012345000054'))
  assert.equal(canonicalKey('https://id.gs1.org/414/4012345000054/254/0'), placeKey('4012345000054'))
  assert.equal(canonicalKey('urn:epc:id:sgln:4012345.00005.7'), placeKey('4012345000054', '7'))
})

test('canonicalKey() refuses what is no GS1 key', () => {
  const others = [
    '42',
    'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8',
    'urn:epc:id:gid:1.2.3',
    'urn:epc:id:sgtin:4012345.0111.1',
    'urn:epc:id:sgtin:4012345.011111.*',
    'urn:epc:idpat:sgtin:4012345.*.*',
    'https://id.gs1.org/',
    'https://id.gs1.org/01/123',
    'https://id.gs1.org/01/04012345111118/99/1',
    'https://id.gs1.org/01/04012345111118/21/%FF',
    `https://id.gs1.org/01/${gtin}/21/${'x'.repeat(keyTextLengthMax)}`
  ]
  for (const other of others) assert.equal(canonicalKey(other), undefined, other)
})

test('canonicalKey() answers the same when asked again, and survives more texts than its cache holds', () => {
  assert.equal(canonicalKey('urn:epc:id:pgln:4000001.00000'), canonicalKey('urn:epc:id:pgln:4000001.00000'))
  assert.equal(canonicalKey('none'), undefined)
  for (let serial = 0; serial < 40_000; serial += 1) canonicalKey(`urn:epc:id:sgtin:4012345.011111.${serial}`)
  assert.equal(canonicalKey('urn:epc:id:pgln:4000001.00000'), 'https://id.gs1.org/417/4000001000005')
  assert.equal(canonicalKey('none'), undefined)
})

test('keyKind() tells items, lots, products, units, assets, places and parties apart', () => {
  const kinds = {
    [itemKey(gtin, 'A')]: 'item',
    [lotKey(gtin, 'A')]: 'lot',
    'https://id.gs1.org/01/04012345111118': 'product',
    'https://id.gs1.org/00/340123451111111111': 'logistic',
    'https://id.gs1.org/8003/04012345000221334455': 'asset',
    'https://id.gs1.org/414/4012345000054/254/7': 'place',
    'https://id.gs1.org/417/4000001000005': 'party',
    'https://id.gs1.org/8010/4012345AB12/8011/1': 'item',
    'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8': 'other'
  }
  for (const [key, kind] of Object.entries(kinds)) assert.equal(keyKind(key), kind, key)
})

test('commonKeyKind() tells what keyKind() tells, of keys in their common form alone', () => {
  const keys = ['01/04012345111118', '00/340123451111111111', '8003/04012345000221334455', '414/4012345000054', '417/4000001000005']
  const common = [itemKey(gtin, 'A'), lotKey(gtin, '2'), ...keys.map((key) => `https://id.gs1.org/${key}`)]
  for (const key of common) {
    assert.equal(commonKeyKind(key), keyKind(key), key)
    assert.equal(canonicalKey(key), key)
  }
  const others = [
    itemKey(gtin, 'A/B'),
    placeKey('4012345000054', '7'),
    'urn:epc:id:sgtin:4012345.011111.98',
    'https://example.com/01/04012345111118'
  ]
  for (const key of others) assert.equal(commonKeyKind(key), undefined, key)
})

test('parentKeyOf() gives the class of items and lots and nothing for the rest', () => {
  assert.equal(parentKeyOf(itemKey(gtin, 'A/B')), 'https://id.gs1.org/01/04012345111118')
  assert.equal(parentKeyOf(lotKey(gtin, 'A')), 'https://id.gs1.org/01/04012345111118')
  assert.equal(parentKeyOf('https://id.gs1.org/01/04012345111118'), undefined)
  assert.equal(parentKeyOf('https://id.gs1.org/414/4012345000054/254/7'), undefined)
})

test('lotKeyOf() finds the lot that a link with lot and serial names', () => {
  assert.equal(lotKeyOf('https://id.gs1.org/gtin/9780345418913/cpv/344/lot/1223/ser/765tz'), 'https://id.gs1.org/01/09780345418913/10/1223')
  assert.equal(lotKeyOf('urn:epc:class:lgtin:4012345.012345.Lot987'), 'https://id.gs1.org/01/04012345123456/10/Lot987')
  assert.equal(lotKeyOf(itemKey(gtin, 'A')), undefined)
})

test('urnOf() writes a URN that canonicalKey() reads back', () => {
  const keys = [
    itemKey(gtin, 'a/b"c'),
    lotKey(gtin, 'L.1'),
    `https://id.gs1.org/01/${gtin}`,
    'https://id.gs1.org/00/340123451111111111',
    'https://id.gs1.org/414/4012345000054',
    'https://id.gs1.org/414/4012345000054/254/7',
    'https://id.gs1.org/8003/04012345000221334455',
    'https://id.gs1.org/253/4012345000092PO-4711',
    'https://id.gs1.org/8010/4012345AB12/8011/1',
    'https://id.gs1.org/8006/040123451234560102/21/443322'
  ]
  for (const key of keys) assert.equal(canonicalKey(urnOf(key, 7) ?? ''), key, key)
  assert.equal(urnOf(itemKey(gtin, 'A'), 5), undefined)
})
