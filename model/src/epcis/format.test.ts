/** Whatever syntax an event was captured in, the asked one comes out, and nothing of what the event says changes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCompanyPrefixes } from '../gs1/company-prefix.ts'
import { parseCapture } from './document.ts'
import { eventHashId } from './event-hash.ts'
import { cbvFormats, epcFormats, formatEvent, formatEventText, type FormatOptions } from './format.ts'

const prefixes = createCompanyPrefixes(['4012345', '4000001'])
const urns = {
  type: 'ObjectEvent',
  eventTime: '2026-11-23T10:00:00Z',
  eventTimeZoneOffset: '+00:00',
  action: 'ADD',
  eventID: 'urn:uuid:1',
  bizStep: 'urn:epcglobal:cbv:bizstep:shipping',
  disposition: 'urn:epcglobal:cbv:disp:in_transit',
  persistentDisposition: { set: ['urn:epcglobal:cbv:disp:recalled'] },
  epcList: ['urn:epc:id:sgtin:4012345.011111.A%2F1', 'urn:epc:id:sscc:4012345.3111111111', 'urn:x:1'],
  quantityList: [
    { epcClass: 'urn:epc:class:lgtin:4012345.012345.L1', quantity: 5, uom: 'KGM' },
    { epcClass: 'urn:epc:idpat:sgtin:4012345.011111.*' }
  ],
  readPoint: { id: 'urn:epc:id:sgln:4012345.00005.0', 'ext:gate': 'urn:epc:id:sgln:4012345.00005.0' },
  bizLocation: { id: 'urn:epc:id:sgln:4012345.00012.7' },
  bizTransactionList: [{ type: 'urn:epcglobal:cbv:btt:po', bizTransaction: 'urn:epc:id:gdti:4012345.00001.9' }],
  sourceList: [{ type: 'urn:epcglobal:cbv:sdt:owning_party', source: 'urn:epc:id:pgln:4000001.00000' }],
  errorDeclaration: { declarationTime: '2026-11-24T10:00:00Z', reason: 'urn:epcglobal:cbv:er:incorrect_data' },
  sensorElementList: [
    {
      sensorMetadata: {
        deviceID: 'urn:epc:id:giai:4000001.111',
        time: '2026-11-23T10:00:00Z',
        rawData: 'https://id.gs1.org/8004/4000001111'
      },
      sensorReport: [{ type: 'Angle', component: 'x', time: '2026-11-23T10:01:00Z', deviceID: 'urn:epc:id:giai:4000001.112' }]
    }
  ]
}
const links = {
  ...urns,
  bizStep: 'https://ref.gs1.org/cbv/BizStep-shipping',
  disposition: 'https://ref.gs1.org/cbv/Disp-in_transit',
  persistentDisposition: { set: ['https://ref.gs1.org/cbv/Disp-recalled'] },
  epcList: ['https://id.gs1.org/01/04012345111118/21/A%2F1', 'https://id.gs1.org/00/340123451111111111', 'urn:x:1'],
  quantityList: [
    { epcClass: 'https://id.gs1.org/01/04012345123456/10/L1', quantity: 5, uom: 'KGM' },
    { epcClass: 'https://id.gs1.org/01/04012345111118' }
  ],
  readPoint: { id: 'https://id.gs1.org/414/4012345000054', 'ext:gate': 'urn:epc:id:sgln:4012345.00005.0' },
  bizLocation: { id: 'https://id.gs1.org/414/4012345000122/254/7' },
  bizTransactionList: [{ type: 'https://ref.gs1.org/cbv/BTT-po', bizTransaction: 'https://id.gs1.org/253/40123450000169' }],
  sourceList: [{ type: 'https://ref.gs1.org/cbv/SDT-owning_party', source: 'https://id.gs1.org/417/4000001000005' }],
  errorDeclaration: { declarationTime: '2026-11-24T10:00:00Z', reason: 'https://ref.gs1.org/cbv/ER-incorrect_data' },
  sensorElementList: [
    {
      sensorMetadata: {
        deviceID: 'https://id.gs1.org/8004/4000001111',
        time: '2026-11-23T10:00:00Z',
        rawData: 'https://id.gs1.org/8004/4000001111'
      },
      sensorReport: [
        {
          type: 'Angle',
          component: 'https://ref.gs1.org/cbv/Comp-x',
          time: '2026-11-23T10:01:00Z',
          deviceID: 'https://id.gs1.org/8004/4000001112'
        }
      ]
    }
  ]
}

const asked = (epc: FormatOptions['epc'], cbv: FormatOptions['cbv'] = 'Never_Translates') => ({ epc, cbv, prefixes })

test('identifiers and words are written in the asked syntax, both ways', () => {
  const linked = formatEvent(urns, asked('Always_GS1_Digital_Link', 'Always_Web_URI'))
  assert.deepEqual(linked, links)
  const back = formatEvent(linked, asked('Always_EPC_URN', 'Always_URN'))
  const [element] = urns.sensorElementList
  const component = {
    sensorElementList: [{ ...element, sensorReport: [{ ...element?.sensorReport[0], component: 'urn:epcglobal:cbv:comp:x' }] }]
  }
  assert.deepEqual(back, { ...urns, ...component })
})

test('Never_Translates and No_Preference give the text as captured, but words in JSON are never URNs of the CBV', () => {
  assert.deepEqual(formatEvent(urns, asked('Never_Translates')), urns)
  assert.deepEqual(formatEvent(links, asked('No_Preference', 'No_Preference')), links)
  const plain = formatEvent(urns, asked('No_Preference', 'No_Preference'))
  assert.ok(typeof plain === 'object' && plain !== null && 'bizStep' in plain && 'epcList' in plain)
  assert.equal(plain.bizStep, 'shipping')
  assert.deepEqual(plain.epcList, urns.epcList)
})

test('without knowledge of its company prefix a Digital Link stays one', () => {
  const unknown = {
    type: 'ObjectEvent',
    epcList: ['https://id.gs1.org/01/09506000134352/21/1', 'https://shop.example/01/04012345111118/10/L/21/1']
  }
  assert.deepEqual(formatEvent(unknown, asked('Always_EPC_URN')), {
    ...unknown,
    epcList: ['https://id.gs1.org/01/09506000134352/21/1', 'urn:epc:id:sgtin:4012345.011111.1']
  })
})

test('the hash of an event is the same in every syntax', () => {
  const capture = parseCapture(urns)
  assert.ok(capture.ok, JSON.stringify(capture))
  const [event] = capture.events
  assert.ok(event !== undefined)
  for (const epc of epcFormats)
    for (const cbv of cbvFormats) {
      const formatted = parseCapture(formatEvent(urns, { epc, cbv, prefixes }))
      const [other] = formatted.ok ? formatted.events : []
      if (cbv === 'Always_URN' || other === undefined) continue
      assert.equal(eventHashId(other), eventHashId(event), `${epc} ${cbv}`)
    }
})

test('formatEventText() is formatEvent() on text, and leaves alone what needs nothing', () => {
  const text = JSON.stringify(links)
  assert.equal(formatEventText(text, asked('No_Preference', 'No_Preference')), text)
  for (const event of [urns, links])
    for (const epc of epcFormats)
      for (const cbv of cbvFormats) {
        const options = { epc, cbv, prefixes }
        assert.deepEqual(JSON.parse(formatEventText(JSON.stringify(event), options)), formatEvent(event, options), `${epc} ${cbv}`)
      }
})

test('formatEvent() takes anything', () => {
  const members = fc.constantFrom(
    'epcList',
    'readPoint',
    'sensorElementList',
    'bizStep',
    'persistentDisposition',
    'sourceList',
    'quantityList',
    '__proto__'
  )
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.dictionary(members, fc.jsonValue())),
      fc.constantFrom(...epcFormats),
      fc.constantFrom(...cbvFormats),
      (value, epc, cbv) => {
        formatEvent(value, { epc, cbv, prefixes })
      }
    )
  )
})
