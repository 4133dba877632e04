/** EPCIS XML must give the events of its JSON twin and come back as what it was made of; nothing hostile may be read or fetched. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCapture } from '../document.ts'
import { eventHashId } from '../event-hash.ts'
import { readQueryXml } from './read-query.ts'
import { readEpcisXml } from './read.ts'
import { xmlAttributesMax, xmlDepthMax, xmlLengthMax } from './tree.ts'
import { writeEpcisXml, writeEventXml } from './write.ts'

function read(text: string): Record<string, unknown> {
  const found = readEpcisXml(text)
  assert.ok(found.ok, found.ok ? '' : found.findings[0]?.message)
  return found.document
}

function codeOf(text: string): string {
  const found = readEpcisXml(text)
  return found.ok ? 'read' : (found.findings[0]?.code ?? '')
}

const head = '<?xml version="1.0"?>'
const documentOf = (events: string, header = '') =>
  `${head}<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:1" xmlns:ext="https://ext.example/" schemaVersion="1.2" ` +
  `creationDate="2026-11-23T10:00:00Z">${header}<EPCISBody><EventList>${events}</EventList></EPCISBody></epcis:EPCISDocument>`
const times = '<eventTime>2026-11-23T10:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>'

test('EPCIS 1.2 wrappers are opened, lists and extensions read, words kept as they came', () => {
  const event =
    `<ObjectEvent>${times}<baseExtension><eventID>urn:uuid:1</eventID><errorDeclaration><declarationTime>2026-11-23T11:00Z</declarationTime>` +
    '<reason>urn:epcglobal:cbv:er:incorrect_data</reason></errorDeclaration></baseExtension>' +
    '<epcList><epc> urn:epc:id:sscc:4012345.3111111111 </epc></epcList><action>ADD</action>' +
    '<bizStep>urn:epcglobal:cbv:bizstep:receiving</bizStep><disposition>https://ref.gs1.org/cbv/Disp-in_progress</disposition>' +
    '<bizTransactionList><bizTransaction type="urn:epcglobal:cbv:btt:po">urn:x:1</bizTransaction></bizTransactionList>' +
    '<extension><quantityList><quantityElement><epcClass>urn:epc:idpat:sgtin:4012345.098765.*</epcClass><quantity>2.50</quantity><uom>KGM</uom>' +
    '</quantityElement></quantityList><ilmd><ext:lot a="b">L1</ext:lot><ext:lot>L2</ext:lot></ilmd><extension><sensorElementList><sensorElement>' +
    '<sensorReport type="gs1:Temperature" value="4.0" uom="CEL" booleanValue="true" ext:x="y"/></sensorElement></sensorElementList></extension>' +
    '</extension></ObjectEvent>'
  const { '@context': context, epcisBody, ...rest } = read(documentOf(event))
  assert.deepEqual(context, ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { ext: 'https://ext.example/' }])
  assert.deepEqual(rest, { type: 'EPCISDocument', schemaVersion: '2.0', creationDate: '2026-11-23T10:00:00Z' })
  assert.deepEqual(epcisBody, {
    eventList: [
      {
        type: 'ObjectEvent',
        eventTime: '2026-11-23T10:00:00Z',
        eventTimeZoneOffset: '+00:00',
        eventID: 'urn:uuid:1',
        errorDeclaration: { declarationTime: '2026-11-23T11:00:00Z', reason: 'urn:epcglobal:cbv:er:incorrect_data' },
        epcList: ['urn:epc:id:sscc:4012345.3111111111'],
        action: 'ADD',
        bizStep: 'urn:epcglobal:cbv:bizstep:receiving',
        disposition: 'in_progress',
        bizTransactionList: [{ type: 'urn:epcglobal:cbv:btt:po', bizTransaction: 'urn:x:1' }],
        quantityList: [{ epcClass: 'urn:epc:idpat:sgtin:4012345.098765.*', quantity: 2.5, uom: 'KGM' }],
        ilmd: { 'ext:lot': [{ a: 'b', '#text': 'L1' }, 'L2'] },
        sensorElementList: [{ sensorReport: [{ type: 'Temperature', value: 4, uom: 'CEL', booleanValue: true, 'ext:x': 'y' }] }]
      }
    ]
  })
})

test('the QuantityEvent of EPCIS 1.2 is an observation of its quantity', () => {
  const capture = parseCapture(
    read(
      documentOf(`<QuantityEvent>${times}<epcClass>urn:epc:idpat:sgtin:4012345.098765.*</epcClass><quantity>67</quantity></QuantityEvent>`)
    )
  )
  assert.ok(capture.ok, JSON.stringify(capture))
  assert.deepEqual(capture.events, [
    {
      type: 'ObjectEvent',
      eventTime: '2026-11-23T10:00:00Z',
      eventTimeZoneOffset: '+00:00',
      action: 'OBSERVE',
      quantityList: [{ epcClass: 'urn:epc:idpat:sgtin:4012345.098765.*', quantity: 67 }]
    }
  ])
})

test('the Standard Business Document Header and master data come back', () => {
  const sbdh =
    '<sbdh:StandardBusinessDocumentHeader xmlns:sbdh="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">' +
    '<sbdh:HeaderVersion>1.0</sbdh:HeaderVersion><sbdh:Sender><sbdh:Identifier Authority="GS1">urn:epc:id:sgln:030001.111111.0</sbdh:Identifier></sbdh:Sender>' +
    '<sbdh:DocumentIdentification><sbdh:InstanceIdentifier>42</sbdh:InstanceIdentifier></sbdh:DocumentIdentification></sbdh:StandardBusinessDocumentHeader>'
  const master =
    '<extension><EPCISMasterData><VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:Location"><VocabularyElementList>' +
    '<VocabularyElement id="urn:epc:id:sgln:030001.111111.0"><attribute id="urn:epcglobal:cbv:mda#name">GS1 &amp; Co</attribute>' +
    '<children><id>urn:epc:id:sgln:030001.111111.1</id></children></VocabularyElement></VocabularyElementList></Vocabulary>' +
    '</VocabularyList></EPCISMasterData></extension>'
  const document = read(documentOf('', `<EPCISHeader>${sbdh}${master}</EPCISHeader>`).replace(' xmlns:ext="https://ext.example/"', ''))
  assert.equal(document['sender'], 'urn:epc:id:sgln:030001.111111.0')
  assert.equal(document['instanceIdentifier'], '42')
  assert.ok(parseCapture(document).ok)
  const written = writeEpcisXml(document, { version: '1.2' })
  for (const part of [master, '<sbdh:Identifier Authority="GS1">urn:epc:id:sgln:030001.111111.0</sbdh:Identifier>'])
    assert.ok(written.includes(part), written)
  assert.deepEqual(read(written), document)
})

test('nothing outside the text is read: no DTD, no entities, no endless expansion', () => {
  const laughs = `<!DOCTYPE a [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, index) => `<!ENTITY a${index} "&a;&a;&a;&a;">`).join('')}]>`
  assert.equal(codeOf(`${head}${laughs}<a>&a8;</a>`), 'XML_DOCTYPE')
  assert.equal(codeOf(`${head}<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`), 'XML_DOCTYPE')
  assert.equal(codeOf(`${head}<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1/">]><a>&x;</a>`), 'XML_DOCTYPE')
  assert.equal(codeOf(`${head}<a>&x;</a>`), 'XML_MALFORMED')
  assert.equal(
    codeOf(`${head}<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></a>`),
    'EPCIS_DOCUMENT_TYPE'
  )
})

test('depth, attributes, length and form are bounded', () => {
  assert.equal(codeOf(`<a>`.repeat(xmlDepthMax + 1)), 'XML_TOO_DEEP')
  assert.equal(
    codeOf(`<a ${Array.from({ length: xmlAttributesMax + 1 }, (_, index) => `a${index}=""`).join(' ')}/>`),
    'XML_TOO_MANY_ATTRIBUTES'
  )
  assert.equal(codeOf(' '.repeat(xmlLengthMax + 1)), 'XML_TOO_LONG')
  assert.equal(codeOf('<?xml version="1.0" encoding="windows-1252"?><a/>'), 'XML_ENCODING')
  for (const text of ['', 'x', '<a>', '<a/><b/>', '<a b="1" b="2"/>', '<x:a/>', '<a>\u0001</a>'])
    assert.equal(codeOf(text), 'XML_MALFORMED', text)
  for (const text of ['<a/>', '<EPCISDocument xmlns="urn:other"/>', '<OtherEvent/>'])
    assert.equal(codeOf(text), 'EPCIS_DOCUMENT_TYPE', text)
})

test('what does not belong is refused by the validation of the JSON, with its place', () => {
  const document = read(
    documentOf(
      `<ObjectEvent>${times}<epcList><item>urn:x:1</item></epcList><action>GO</action><colour>red</colour><bizStep why="so">urn:x:1</bizStep></ObjectEvent>`
    )
  )
  const capture = parseCapture(document, 'xml')
  assert.deepEqual(capture.ok ? [] : capture.findings.map(({ pointer }) => pointer.replace('/epcisBody/eventList/0', '')).toSorted(), [
    '/action',
    '/bizStep',
    '/colour',
    '/epcList/0'
  ])
})

test('readEpcisXml() takes any text', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '</',
    '/>',
    '<ObjectEvent',
    'EPCISDocument',
    ' a="',
    '"',
    '&amp;',
    '&#0;',
    '<![CDATA[',
    ']]>',
    '<!--',
    'x',
    ':'
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => typeof readEpcisXml(parts.join('')).ok === 'boolean'),
    { numRuns: 300 }
  )
})

test('a query in XML has its name and its parameters', () => {
  const body =
    '<epcisq:EPCISQueryDocument xmlns:epcisq="urn:epcglobal:epcis-query:xsd:2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><EPCISBody>' +
    '<epcisq:Poll><queryName>SimpleEventQuery</queryName><params><param><name>EQ_action</name><value xsi:type="epcisq:ArrayOfString"><string>ADD</string></value></param>' +
    '<param><name>perPage</name><value xsi:type="xsd:int">5</value></param><param><name>orderBy</name><value>eventTime</value></param></params></epcisq:Poll></EPCISBody></epcisq:EPCISQueryDocument>'
  assert.deepEqual(readQueryXml(body), {
    ok: true,
    queryName: 'SimpleEventQuery',
    query: { EQ_action: ['ADD'], perPage: 5, orderBy: 'eventTime' }
  })
  assert.equal(readQueryXml('<a/>').ok, false)
})

const name = fc.constantFrom('ext:a', 'ext:b(c)', 'other:ä', 'ext:x_x0041_', 'ext:List', 'https://iri.example/ns#name')
const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\uFFFE\uFFFF]|[\0-\x08\v\f\x0E-\x1F\u007F-\u009F]/g, ''))
const scalar = fc.oneof(
  word,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  fc.boolean(),
  fc.constant(null)
)
const { value: extension } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.dictionary(fc.oneof(name, fc.constantFrom('plain', '@id', '0')), tie('value'), { maxKeys: 3 }),
    fc.array(tie('value'), { minLength: 2, maxLength: 3 })
  )
}))

const uri = fc.constantFrom('urn:epc:id:sscc:4012345.3111111111', 'https://id.gs1.org/01/04012345111118/21/A%2F1', 'urn:x:a&b')
const event = fc.record(
  {
    type: fc.constant('ObjectEvent'),
    eventTime: fc.constant('2026-11-23T10:00:00.123+08:00'),
    eventTimeZoneOffset: fc.constant('+08:00'),
    eventID: fc.uuid().map((id) => `urn:uuid:${id}`),
    certificationInfo: fc.oneof(uri, fc.tuple(uri, uri)),
    errorDeclaration: fc.record({
      declarationTime: fc.constant('2026-11-24T10:00:00Z'),
      reason: fc.constantFrom('incorrect_data', 'urn:x:reason'),
      correctiveEventIDs: fc.array(uri, { minLength: 1 }),
      'ext:why': extension
    }),
    epcList: fc.uniqueArray(uri),
    action: fc.constant('ADD'),
    bizStep: fc.constantFrom('shipping', 'urn:epcglobal:cbv:bizstep:shipping', 'https://example.com/step'),
    disposition: fc.constant('in_transit'),
    readPoint: fc.record({ id: uri, 'ext:gate': extension }, { requiredKeys: ['id'] }),
    bizTransactionList: fc.array(
      fc.record({ type: fc.constantFrom('po', 'urn:x:type'), bizTransaction: uri }, { requiredKeys: ['bizTransaction'] })
    ),
    quantityList: fc.array(
      fc.record({ epcClass: uri, quantity: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), uom: fc.constant('KGM') }),
      { minLength: 1 }
    ),
    destinationList: fc.array(fc.record({ type: fc.constant('owning_party'), destination: uri })),
    persistentDisposition: fc.record(
      { set: fc.constant(['recalled', 'damaged']), unset: fc.constant(['active']) },
      { requiredKeys: ['set'] }
    ),
    sensorElementList: fc.array(
      fc.record({
        sensorMetadata: fc.record({ time: fc.constant('2026-11-23T10:00:00Z'), deviceID: uri, 'ext:note': word }),
        sensorReport: fc.array(
          fc.record({
            type: fc.constant('Temperature'),
            value: fc.integer(),
            uom: fc.constant('CEL'),
            booleanValue: fc.boolean(),
            component: fc.constant('x')
          }),
          { minLength: 1 }
        ),
        'ext:more': extension
      })
    ),
    ilmd: fc.dictionary(name, extension, { minKeys: 1, maxKeys: 3 }),
    'ext:own': extension
  },
  { requiredKeys: ['type', 'eventTime', 'eventTimeZoneOffset', 'action', 'quantityList'] }
)

/** As JSON-LD means it: the order of names does not count, and a name that an IRI spells may have a prefix. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.replace('https://iri.example/ns#', 'ns1:'), canonical(inner)]))
}

test('JSON to XML and back is the same document, in both versions, with the same hash', () => {
  const context = ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { ext: 'https://ext.example/' }]
  fc.assert(
    fc.property(event, fc.constantFrom('2.0' as const, '1.2' as const), (one, version) => {
      const document = {
        '@context': context,
        type: 'EPCISDocument',
        schemaVersion: '2.0',
        creationDate: '2026-11-23T10:00:00Z',
        epcisBody: { eventList: [one] }
      }
      const back = read(writeEpcisXml(document, { version }))
      const [made, found] = [parseCapture(document), parseCapture(back)]
      assert.ok(made.ok, JSON.stringify(made))
      assert.ok(found.ok, JSON.stringify(found))
      const [first, second] = [made.events[0], found.events[0]]
      assert.ok(first !== undefined && second !== undefined)
      assert.equal(eventHashId(second, found.context), eventHashId(first, made.context))
      // EPCIS 1.2 wants its lists, be they empty, and spells words as URNs.
      if (version === '2.0') assert.deepEqual(canonical(second), canonical(first))
    }),
    { numRuns: 100 }
  )
})

test('a single event is written as an element, other values as nothing', () => {
  assert.equal(
    writeEventXml({ type: 'ObjectEvent', eventTime: '2026-11-23T10:00:00Z', action: 'ADD', bizStep: 'shipping' }),
    '<ObjectEvent><eventTime>2026-11-23T10:00:00Z</eventTime><action>ADD</action><bizStep>https://ref.gs1.org/cbv/BizStep-shipping</bizStep></ObjectEvent>'
  )
  for (const value of [null, 1, [], {}, { type: 'x' }]) assert.equal(writeEventXml(value), '')
})

test(
  'the Poll of others is read',
  { skip: existsSync(new URL('../../../../../shared/testdata/', import.meta.url)) ? false : 'needs the vectors of others' },
  () => {
    const file = new URL('../../../../../shared/testdata/epcis/openepcis-xml/2.0/query-bodies/SimpleEventQuery.xml', import.meta.url)
    const found = readQueryXml(readFileSync(file, 'utf8'))
    assert.ok(found.ok)
    assert.deepEqual(found.query['eventType'], ['ObjectEvent', 'AggregationEvent'])
  }
)
