/** Every JSON-LD spelling of a document must give the same event as the plain one, and nothing that is plain may change. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, existsSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCapture } from './document.ts'
import { eventHashId } from './event-hash.ts'
import { plainDocument } from './json-ld.ts'

const context = ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { ext: 'https://example.com/vocab/' }]
const event = {
  type: 'ObjectEvent',
  eventID: 'urn:uuid:1',
  eventTime: '2026-11-23T10:00:00Z',
  eventTimeZoneOffset: '+00:00',
  epcList: ['urn:epc:id:sscc:4012345.3111111111'],
  action: 'ADD',
  bizStep: 'https://ref.gs1.org/cbv/BizStep-shipping',
  readPoint: { id: 'urn:epc:id:sgln:4012345.00005.0' },
  quantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.012345.L', quantity: 5 }],
  sourceList: [{ type: 'https://ref.gs1.org/cbv/SDT-owning_party', source: 'urn:epc:id:pgln:4000001.00000' }],
  sensorElementList: [{ sensorReport: [{ type: 'Temperature', value: 3.5, uom: 'CEL' }] }],
  ilmd: { 'ext:colour': 'red' }
}
const document = {
  '@context': context,
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-11-23T10:00:00Z',
  epcisBody: { eventList: [event] }
}

const root = 'https://ref.gs1.org/epcis/'
const expanded = [
  {
    '@type': [`${root}EPCISDocument`],
    'http://purl.org/dc/terms/created': [{ '@value': '2026-11-23T10:00:00Z' }],
    'http://www.w3.org/2002/07/owl#versionInfo': [{ '@value': '2.0' }],
    [`${root}epcisBody`]: [
      {
        [`${root}eventList`]: [
          {
            '@list': [
              {
                '@id': 'urn:uuid:1',
                '@type': [`${root}ObjectEvent`],
                [`${root}eventTime`]: [{ '@type': 'http://www.w3.org/2001/XMLSchema#dateTimeStamp', '@value': '2026-11-23T10:00:00Z' }],
                [`${root}eventTimeZoneOffset`]: [{ '@value': '+00:00' }],
                [`${root}epcList`]: [{ '@id': 'urn:epc:id:sscc:4012345.3111111111' }],
                [`${root}action`]: [{ '@id': `${root}ADD` }],
                [`${root}bizStep`]: [{ '@id': 'https://ref.gs1.org/cbv/BizStep-shipping' }],
                [`${root}readPoint`]: [{ '@id': 'urn:epc:id:sgln:4012345.00005.0' }],
                [`${root}quantityList`]: [
                  {
                    [`${root}epcClass`]: [{ '@id': 'urn:epc:class:lgtin:4012345.012345.L' }],
                    [`${root}quantity`]: [{ '@type': 'http://www.w3.org/2001/XMLSchema#double', '@value': '5.0' }]
                  }
                ],
                [`${root}sourceList`]: [
                  {
                    [`${root}sourceOrDestinationType`]: [{ '@id': 'https://ref.gs1.org/cbv/SDT-owning_party' }],
                    [`${root}source`]: [{ '@id': 'urn:epc:id:pgln:4000001.00000' }]
                  }
                ],
                [`${root}sensorElementList`]: [
                  {
                    [`${root}sensorReport`]: [
                      {
                        [`${root}type`]: [{ '@id': 'https://gs1.org/voc/Temperature' }],
                        [`${root}value`]: [{ '@value': 3.5 }],
                        [`${root}uom`]: [{ '@value': 'CEL' }]
                      }
                    ]
                  }
                ],
                [`${root}ilmd`]: [{ 'https://example.com/vocab/colour': [{ '@value': 'red' }] }]
              }
            ]
          }
        ]
      }
    ]
  }
]

function hashOf(value: unknown): string {
  const capture = parseCapture(value)
  assert.ok(capture.ok, JSON.stringify(capture))
  const [first] = capture.events
  assert.ok(first !== undefined)
  return eventHashId(first, capture.context)
}

test('an expanded document is the plain one', () => {
  assert.equal(hashOf(expanded), hashOf(document))
  const plain = plainDocument(expanded)
  assert.ok(typeof plain === 'object' && plain !== null && 'epcisBody' in plain && 'creationDate' in plain)
  const renamed: unknown = JSON.parse(JSON.stringify(plain.epcisBody).replaceAll('ns1:', 'ext:'))
  assert.deepEqual(renamed, document.epcisBody)
})

test('isA, @type, aliases and terms of the context are understood, prefixed or not', () => {
  const { type: _, eventTime, ilmd: __, ...members } = event
  const forms: unknown[] = [
    { ...document, epcisBody: { eventList: [{ isA: 'ObjectEvent', eventTime, ilmd: event.ilmd, ...members }] } },
    { ...document, epcisBody: { eventList: [{ '@type': 'epcis:ObjectEvent', eventTime, ilmd: event.ilmd, ...members }] } },
    {
      ...document,
      '@context': [...context, { when: 'epcis:eventTime', colour: { '@id': 'ext:colour' } }],
      epcisBody: { eventList: [{ type: 'ObjectEvent', when: eventTime, ilmd: { colour: 'red' }, ...members }] }
    },
    { '@context': context, '@graph': [{ ...document, '@context': undefined }] }
  ]
  for (const form of forms) assert.equal(hashOf(form), hashOf(document), JSON.stringify(form).slice(0, 200))
})

test('a name that no context defines is still refused', () => {
  const wrong = { ...document, epcisBody: { eventList: [{ ...event, ilmd: { colour: 'red' } }] } }
  const capture = parseCapture(wrong)
  assert.deepEqual(capture.ok ? [] : capture.findings.map(({ pointer }) => pointer), ['/epcisBody/eventList/0/ilmd/colour'])
})

test('plain documents stay the very same objects', () => {
  assert.equal(plainDocument(document), document)
  assert.equal(plainDocument(event), event)
  const folder = new URL('../../../../shared/testdata/epcis/openepcis/valid/', import.meta.url)
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder)) {
    const value: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8').replace(/^\uFEFF/, ''))
    assert.deepEqual(plainDocument(value), value, file)
  }
})

test('a context gives no other meaning to the terms of EPCIS, which are protected', () => {
  for (const name of ['type', 'eventTime', 'action', 'epcList']) {
    const changed = { ...event, '@context': { [name]: 'x' } }
    assert.deepEqual(plainDocument(changed), changed, name)
    assert.ok(parseCapture(changed).ok, name)
  }
})

test('plainDocument() takes anything, however deep', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  for (const text of [
    `[{"@type":"x","a":${deep}}]`,
    deep,
    `[{"@value":${deep}}]`,
    `{"@context":${deep}}`,
    `{"type":"x","@context":{"a":{}},"b":${deep}}`
  ])
    plainDocument(JSON.parse(text))
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.array(fc.dictionary(fc.constantFrom('@id', '@type', '@graph', 'type', 'a:b'), fc.jsonValue()))),
      (value) => {
        plainDocument(value)
      }
    )
  )
})
