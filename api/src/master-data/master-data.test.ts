/** Products, parties and places over HTTP: versions, rules, references, and what EPCIS headers tell. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorization, chamber, createCheckedServer, createWorld, importer, shop, traceEvent, startMs } from '../harness.ts'

const root = '/api/v1/master-data'
const gtin = '09506000134383'
const body = { name: { zh: '鳕鱼', en: 'Cod' }, hsCode: '0303.63', manufacturer: '9506000134352', brand: 'Nord' }

async function open() {
  const world = await createWorld({ withAccount: false })
  const app = await createCheckedServer(world)
  const call = (method: 'GET' | 'PUT' | 'DELETE' | 'POST', url: string, payload?: object, headers: Record<string, string> = {}) =>
    app.inject({
      method,
      url: url.startsWith('/') ? url : `${root}/${url}`,
      headers: { authorization, ...headers },
      ...(payload === undefined ? {} : { payload })
    })
  return { world, app, call }
}

test('a product is added once, changed at the version that was seen, and says who said what', async () => {
  const { call, world } = await open()
  const added = await call('PUT', `products/9506000134383`, body, { 'if-none-match': '*' })
  assert.equal(added.statusCode, 201, added.body)
  assert.equal(added.headers.etag, '"1"')
  const row = added.json()
  assert.deepEqual([row.value.gtin, row.value.hsCode, row.value.regime], [gtin, '030363', 'food'])
  assert.deepEqual([row.provenance.brand.via, row.provenance.regime.via, row.provenance.harm.via], ['operator', 'assumed', 'assumed'])
  assert.deepEqual(row.missing, ['originCountry'])
  assert.equal((await call('PUT', `products/${gtin}`, body, { 'if-none-match': '*' })).json().code, 'MASTER_DATA_EXISTS')
  assert.equal((await call('PUT', `products/${gtin}`, body)).statusCode, 428)
  assert.equal((await call('PUT', `products/${gtin}`, body, { 'if-match': '"7"' })).statusCode, 412)
  assert.equal((await call('PUT', `products/${gtin}`, body, { 'if-match': 'W/x' })).statusCode, 400)
  const same = await call('PUT', `products/${gtin}`, body, { 'if-match': '"1"' })
  assert.equal(same.headers.etag, '"1"', 'the same words change nothing')
  const changed = await call('PUT', `products/${gtin}`, { ...body, harm: 4, originCountry: 'no' }, { 'if-match': '"1"' })
  assert.equal(changed.json().version, 2)
  assert.deepEqual([changed.json().value.harm, changed.json().value.originCountry, changed.json().missing], [4, 'NO', []])
  assert.equal(changed.json().provenance.harm.via, 'operator')
  assert.equal((await world.context.registers.products()).find((one) => one.gtin === gtin)?.brand, 'Nord')
  assert.ok(!JSON.stringify(await world.context.registers.names()).includes('provenance'), 'who said it is no part of a name')
  assert.equal((await world.cases.journal('audit', `master-data:products:${gtin}`)).length, 2)
})

test('what is wrong with a record is named, with the digit, form or record that was wanted', async () => {
  const { call } = await open()
  const wrong = { name: {}, hsCode: '03036', manufacturer: '9506000134353', harm: 9, profile: 'none', colour: 'red' }
  const answer = await call('PUT', `products/${gtin}`, wrong, { 'if-none-match': '*' })
  assert.equal(answer.statusCode, 400)
  const messages = new Map<string, string>(
    answer.json().findings.map((one: { pointer: string; message: string }) => [one.pointer, one.message])
  )
  assert.match(messages.get('/manufacturer') ?? '', /check digit 3, expected 2/)
  assert.match(messages.get('/hsCode') ?? '', /expected a subheading of 6 digits/)
  assert.match(messages.get('/profile') ?? '', /profile is "none"/)
  assert.ok(
    ['/harm', '/hsCode', '/manufacturer', '/profile'].every((pointer) => messages.has(pointer)),
    answer.body
  )
  assert.match(answer.body, /colour/)
  assert.match((await call('GET', 'products/9506000134384')).json().detail, /check digit 4, expected 3/)
  assert.match((await call('GET', 'parties/950600013435')).json().detail, /leading zero/)
  assert.equal((await call('GET', `products/${gtin}`)).statusCode, 404)
  assert.equal((await call('PUT', `products/${gtin}`, { ...body, gtin: '09506000134352' }, { 'if-none-match': '*' })).statusCode, 400)
})

test('places lie in places, never in a circle, and keep the watches of the register', async () => {
  const { call, world } = await open()
  const hall = encodeURIComponent('urn:epc:id:sgln:9506000.13433.HALL')
  const made = await call('PUT', `places/${hall}`, { name: { en: 'Hall' }, kind: 'chamber', point: 'port-1' }, { 'if-none-match': '*' })
  assert.equal(made.statusCode, 201, made.body)
  const hallKey = made.json().id
  assert.equal(made.json().value.name.zh, 'Hall')
  const before = (await call('GET', `places/${encodeURIComponent(chamber)}`)).json()
  const { watches: _watches, profile: _profile, ...own } = before.value
  const moved = await call(
    'PUT',
    `places/${encodeURIComponent(chamber)}`,
    { ...own, parent: hallKey },
    { 'if-match': `"${before.version}"` }
  )
  assert.equal(moved.statusCode, 200, moved.body)
  assert.equal(moved.json().value.watches.length, 1, 'who does not speak of sensors takes none away')
  const lookup = await world.context.masterData.lookup()
  assert.ok(lookup.descendants('https://id.gs1.org/414/9506000134338').includes(chamber))
  assert.deepEqual(lookup.descendants(hallKey), [hallKey, chamber])
  const circle = await call('PUT', `places/${hall}`, { name: { en: 'Hall' }, parent: chamber }, { 'if-match': '"1"' })
  assert.equal(circle.json().findings[0].code, 'PLACE_CIRCLE')
  const whole = await call('PUT', 'places/9506000134338', { name: { en: 'Site' }, parent: hallKey }, { 'if-none-match': '*' })
  assert.equal(whole.json().findings[0].code, 'PLACE_CIRCLE', 'an extension lies in its GLN without a word')
  const answer = (await call('GET', `lookup?of=${hall}`)).json()
  assert.equal(answer.descendantsTotal, 2)
})

test('nothing is removed while others refer to it, and the refusal says who', async () => {
  const { call, world } = await open()
  await world.trace.capture([
    traceEvent({ id: 'e1', atMs: startMs, objects: ['https://id.gs1.org/01/09506000134352/21/1'], bizLocation: shop, to: importer })
  ])
  const refused = await call('DELETE', `places/${encodeURIComponent(shop)}`)
  assert.equal(refused.statusCode, 409)
  assert.deepEqual(
    refused.json().findings.map((one: { pointer: string }) => one.pointer),
    ['/points', '/events']
  )
  await call('PUT', `products/${gtin}`, body, { 'if-none-match': '*' })
  assert.match((await call('DELETE', 'parties/9506000134352')).body, /product 09506000134383 is made by it/)
  assert.equal((await call('DELETE', `products/${gtin}`, undefined, { 'if-match': '"2"' })).statusCode, 412)
  assert.equal((await call('DELETE', `products/${gtin}`, undefined, { 'if-match': '"1"' })).statusCode, 204)
  assert.equal((await call('DELETE', `products/${gtin}`)).statusCode, 404)
})

test('lists are found by words and turned by key', async () => {
  const { call } = await open()
  const first = (await call('GET', 'products?limit=1')).json()
  assert.equal(first.items.length, 1)
  const second = (await call('GET', `products?limit=1&cursor=${first.next}`)).json()
  assert.notEqual(second.items[0].id, first.items[0].id)
  assert.equal(second.next, undefined)
  assert.equal((await call('GET', 'products?q=frozen%20FISH')).json().items.length, 1)
  assert.equal((await call('GET', 'parties?standing=told')).json().items.length, 0)
  assert.equal((await call('GET', '/api/v1/points')).statusCode, 200, 'the registers of the port are served as before')
})

const header = (city: string) => [
  {
    type: 'urn:epcglobal:epcis:vtype:Location',
    vocabularyElementList: [
      {
        id: 'urn:epc:id:sgln:4012345.00001.0',
        attributes: [
          { id: 'urn:epcglobal:cbv:mda#name', attribute: 'Werk Bergen' },
          { id: 'cbvmda:city', attribute: city },
          { id: 'urn:epcglobal:cbv:mda:countryCode', attribute: 'NO' }
        ],
        children: ['urn:epc:id:sgln:4012345.00001.D1', 'https://example.com/hall']
      },
      {
        id: 'urn:epc:id:pgln:9506000.13435',
        attributes: [
          { id: 'cbvmda:name', attribute: 'Impostor' },
          { id: 'cbvmda:city', attribute: 'Oslo' }
        ]
      }
    ]
  },
  {
    type: 'urn:epcglobal:epcis:vtype:EPCClass',
    vocabularyElementList: [
      { id: `urn:epc:idpat:sgtin:9506000.013438.*`, attributes: [{ id: 'cbvmda:tradeItemDescription', attribute: 'Torsk' }] }
    ]
  },
  {
    type: 'https://example.com/vehicles',
    vocabularyElementList: [
      { id: 'https://example.com/truck/1', attributes: [{ id: 'https://example.com/axles', attribute: { count: 3 } }] }
    ]
  }
]

test('headers are kept whole, tell of what nobody registered, and never overrule an operator', async () => {
  const { world, call } = await open()
  const { masterData, registers } = world.context
  const taken = await masterData.takeHeader(header('Bergen'), { by: 'partner', capture: 'job-1' })
  assert.deepEqual(taken, { stored: 4, unchanged: 0, refused: 0, findings: [] })
  assert.equal((await masterData.takeHeader(header('Bergen'))).unchanged, 4)
  assert.equal((await masterData.takeHeader(header('Oslo'))).stored, 1)
  const lookup = await masterData.lookup()
  assert.deepEqual(lookup.withAttribute('urn:epcglobal:cbv:mda#city', 'Oslo'), ['https://id.gs1.org/414/4012345000016', importer])
  assert.deepEqual(lookup.descendants('https://id.gs1.org/414/4012345000016').length, 3)
  assert.deepEqual(lookup.attributesOf('https://example.com/truck/1'), { 'https://example.com/axles': ['3'] })
  const party = (await call('GET', 'parties/9506000134352')).json()
  assert.deepEqual([party.value.name.en, party.value.address], ['Importer', 'Oslo'], 'only what was empty is filled')
  assert.equal(party.provenance.address.via, 'epcisHeader')
  const told = (await call('GET', `products/${gtin}`)).json()
  assert.deepEqual([told.standing, told.version, told.value.name.en], ['told', 0, 'Torsk'])
  assert.equal(
    (await registers.products()).some((one) => one.gtin === gtin),
    false,
    'what is told makes no product known'
  )
  assert.equal(
    (await registers.names()).products.some((one) => one.gtin === gtin),
    true,
    'but it has a name'
  )
  assert.equal((await call('DELETE', `products/${gtin}`)).json().code, 'MASTER_DATA_TOLD_ONLY')
  assert.equal((await call('GET', 'elements?type=location&attribute=cbvmda:city')).json().items.length, 2)
  const [place] = (await call('GET', `elements?of=urn:epc:id:sgln:4012345.00001.0`)).json().items
  assert.equal(place.said.by, 'capture')
  const adopted = await call('PUT', `products/${gtin}`, { ...told.value, harm: 3 }, { 'if-none-match': '*' })
  assert.equal(adopted.statusCode, 201, adopted.body)
})

test('a header that is wrong, too long or too much for the register is refused in part, and says so', async () => {
  const world = await createWorld({ withAccount: false })
  const { masterData } = world.context
  const list = [
    { vocabularyElementList: [{ id: 'urn:a' }] },
    {
      type: 'urn:t',
      vocabularyElementList: [{}, { id: 'urn:b' }, { id: 'urn:c', attributes: [{ id: 'x', attribute: 'y'.repeat(70_000) }] }]
    }
  ]
  const taken = await masterData.takeHeader(list)
  assert.equal(taken.stored, 1)
  assert.deepEqual(taken.findings.map(({ code, pointer }) => `${code} ${pointer}`).toSorted(), [
    'ELEMENT_TOO_LARGE /1/vocabularyElementList/2',
    'SCHEMA_REQUIRED /1/vocabularyElementList/0',
    'VOCABULARY_TYPE /0/type'
  ])
  assert.equal((await masterData.takeHeader(undefined)).stored, 0)
  assert.equal((await masterData.takeHeader('x')).stored, 0)
  const many = [{ type: 'urn:t', vocabularyElementList: Array.from({ length: 10_003 }, (_, index) => ({ id: `urn:n:${index}` })) }]
  const cut = await masterData.takeHeader(many)
  assert.deepEqual([cut.stored, cut.refused], [10_000, 3])
})

test('a captured header answers a WD_ query, and knows who captured it', async () => {
  const { app, call } = await open()
  const headers = { authorization, 'content-type': 'application/json' }
  const document = {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-11-23T00:00:00Z',
    epcisHeader: { epcisMasterData: { vocabularyList: header('Bergen') } },
    epcisBody: {
      eventList: [
        {
          type: 'ObjectEvent',
          action: 'OBSERVE',
          eventTime: '2026-11-23T00:00:00Z',
          eventTimeZoneOffset: '+00:00',
          epcList: ['urn:epc:id:sgtin:9506000.013438.1'],
          bizLocation: { id: 'urn:epc:id:sgln:4012345.00001.D1' }
        }
      ]
    }
  }
  const taken = await app.inject({ method: 'POST', url: '/epcis/v2/capture', headers, payload: document })
  assert.equal(taken.statusCode, 202, taken.body)
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (!(await app.inject({ url: String(taken.headers.location), headers })).json().running) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const found = async (query: string) => {
    const answer = await app.inject({ url: `/epcis/v2/events?${query}`, headers: { authorization } })
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json().epcisBody.queryResults.resultsBody.eventList.length
  }
  assert.equal(await found('WD_bizLocation=https://id.gs1.org/414/4012345000016'), 1)
  assert.equal(await found('WD_bizLocation=https://id.gs1.org/414/4012345000023'), 0)
  const [element] = (await call('GET', 'elements?of=urn:epc:id:sgln:4012345.00001.0')).json().items
  assert.equal(element.said.by, 'bootstrap')
  assert.match(String(taken.headers.location), new RegExp(element.said.capture))
})
