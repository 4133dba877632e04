/** CAP: what is written is read again as it was, and every rule refuses what breaks it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { capTime, type CapAlert } from './cap.ts'
import { readCap } from './cap-read.ts'
import { writeCap } from './cap-write.ts'

const token = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom(...Array.from('abcXYZ0189.-_@/:预警')) })
const line = fc
  .string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...Array.from('ab <>&"\'中文;é\u{1f6ab}')) })
  .map((text) => text.trim())
  .filter((text) => text !== '')
const time = fc
  .tuple(fc.integer({ min: 0, max: 4_000_000_000 }), fc.constantFrom('+08:00', '-05:30', '+00:00'))
  .map(([seconds, offset]) => capTime(seconds * 1_000, offset))
const named = fc.array(fc.record({ valueName: line, value: fc.oneof(line, fc.constant('')) }), { maxLength: 3 })

const alerts: fc.Arbitrary<CapAlert> = fc.record({
  version: fc.constant('1.2' as const),
  identifier: token,
  sender: token,
  sent: time,
  status: fc.constantFrom('Actual' as const, 'Exercise' as const),
  msgType: fc.constantFrom('Alert' as const, 'Update' as const),
  scope: fc.constant('Private' as const),
  addresses: fc.array(
    line.filter((text) => !text.includes('"')),
    { minLength: 1, maxLength: 3 }
  ),
  codes: fc.array(line, { maxLength: 2 }),
  note: line,
  references: fc.array(fc.record({ sender: token, identifier: token, sent: time }), { minLength: 1, maxLength: 3 }),
  incidents: fc.array(token, { maxLength: 2 }),
  infos: fc.array(
    fc.record({
      language: fc.constantFrom('zh-CN', 'en-GB'),
      categories: fc.constant(['Health', 'CBRNE'] as const),
      event: line,
      responseTypes: fc.constant(['Avoid'] as const),
      urgency: fc.constant('Expected' as const),
      severity: fc.constant('Severe' as const),
      certainty: fc.constant('Observed' as const),
      eventCodes: named,
      effective: time,
      description: line,
      parameters: named,
      resources: fc.constant([]),
      areas: fc.array(
        fc.record({
          areaDesc: line,
          polygons: fc.constant(['1,2 3,4 5,6 1,2']),
          circles: fc.constant(['31.2,121.5 3.5']),
          geocodes: named
        }),
        { maxLength: 2 }
      )
    }),
    { maxLength: 2 }
  ),
  signed: fc.constant(false)
})

test('what is written is valid and is read as it was', () => {
  fc.assert(
    fc.property(alerts, (alert) => {
      const read = readCap(writeCap(alert))
      assert.ok(read.ok, JSON.stringify(read))
      assert.deepEqual(plainOf(read.alert), plainOf(alert))
    }),
    { numRuns: 200 }
  )
})

/** Without the prototypes and the order that a generator gives. */
const plainOf = (value: object): unknown => JSON.parse(JSON.stringify(value))

const message = (change: (xml: string) => string) =>
  change(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>i</identifier><sender>s</sender>
<sent>2026-11-24T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><category>Health</category>
<event>e</event><urgency>Past</urgency><severity>Minor</severity><certainty>Likely</certainty><area><areaDesc>a</areaDesc></area></info></alert>`)

const refusals: readonly (readonly [what: string, change: (xml: string) => string, code: string])[] = [
  ['a time in Z', (xml) => xml.replace('+08:00', 'Z'), 'CAP_VALUE'],
  ['a day that is none', (xml) => xml.replace('11-24', '02-30'), 'CAP_VALUE'],
  ['an identifier with a comma', (xml) => xml.replace('>i<', '>i,j<'), 'CAP_VALUE'],
  ['a sender with a space', (xml) => xml.replace('>s<', '>s s<'), 'CAP_VALUE'],
  ['an unknown status', (xml) => xml.replace('Actual', 'Real'), 'CAP_VALUE'],
  [
    'elements in another order',
    (xml) => xml.replace('<status>Actual</status><msgType>Alert</msgType>', '<msgType>Alert</msgType><status>Actual</status>'),
    'CAP_ORDER'
  ],
  ['an element twice', (xml) => xml.replace('<event>e</event>', '<event>e</event><event>f</event>'), 'CAP_REPEATED'],
  ['no event', (xml) => xml.replace('<event>e</event>', ''), 'CAP_MISSING'],
  ['an element that is none', (xml) => xml.replace('<event>', '<foo/><event>'), 'CAP_ELEMENT_UNKNOWN'],
  ['text between elements', (xml) => xml.replace('<event>', 'x<event>'), 'CAP_TEXT'],
  ['an attribute', (xml) => xml.replace('<event>', '<event a="1">'), 'CAP_ATTRIBUTE'],
  ['Private without addresses', (xml) => xml.replace('Public', 'Private'), 'CAP_ADDRESSES'],
  ['Restricted without a restriction', (xml) => xml.replace('Public', 'Restricted'), 'CAP_RESTRICTION'],
  ['a reference of two parts', (xml) => xml.replace('<info>', '<references>s,i</references><info>'), 'CAP_VALUE'],
  ['a reference in Z', (xml) => xml.replace('<info>', '<references>s,i,2026-11-24T08:00:00Z</references><info>'), 'CAP_VALUE'],
  ['a polygon that does not close', (xml) => xml.replace('</areaDesc>', '</areaDesc><polygon>1,2 3,4 5,6 7,8</polygon>'), 'CAP_VALUE'],
  ['a polygon of three pairs', (xml) => xml.replace('</areaDesc>', '</areaDesc><polygon>1,2 3,4 1,2</polygon>'), 'CAP_VALUE'],
  ['a latitude beyond the pole', (xml) => xml.replace('</areaDesc>', '</areaDesc><circle>91,2 1</circle>'), 'CAP_VALUE'],
  ['a ceiling without altitude', (xml) => xml.replace('</areaDesc>', '</areaDesc><ceiling>1</ceiling>'), 'CAP_CEILING'],
  [
    'a geocode without a name',
    (xml) => xml.replace('</areaDesc>', '</areaDesc><geocode><valueName/><value>1</value></geocode>'),
    'CAP_VALUE'
  ],
  ['another namespace', (xml) => xml.replace('cap:1.2', 'cap:1.3'), 'CAP_ROOT'],
  ['a document type', (xml) => `<!DOCTYPE alert>${xml}`, 'XML_DOCTYPE'],
  ['broken XML', (xml) => xml.slice(0, -3), 'XML_MALFORMED']
]

test('a message that breaks a rule is refused with its code', () => {
  assert.ok(readCap(message((xml) => xml)).ok)
  for (const [what, change, code] of refusals) {
    const read = readCap(message(change))
    assert.ok(!read.ok, what)
    assert.equal(read.findings[0]?.code, code, `${what}: ${JSON.stringify(read.findings)}`)
  }
})

test('whatever comes, the reader answers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readCap(bytes)),
    { numRuns: 200 }
  )
})
