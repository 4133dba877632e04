/** `/epcis/v2/queries` over HTTP: named queries, the controls of subscriptions, and what of them is refused with which exception. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventOf, idOf, startWorld } from './subscriptions/test-world.ts'

const vectors = new URL('../../../../shared/testdata/epcis/openepcis/queries/', import.meta.url)
const missing = existsSync(vectors) || process.env['CI'] === 'true' ? false : 'the folder of test data is not there'
const filesOf = (folder: string) =>
  readdirSync(new URL(folder, vectors)).map((name) => ({
    name,
    body: JSON.parse(readFileSync(new URL(`${folder}/${name}`, vectors), 'utf8'))
  }))

const dest = 'https://receiver.example.org/hook'
const pointersOf = (answer: { json: { findings?: { pointer: string }[] } }) => (answer.json.findings ?? []).map(({ pointer }) => pointer)

test('query bodies of others are kept or refused as they say', { skip: missing }, async () => {
  await using world = await startWorld()
  for (const { name, body } of filesOf('bodies')) {
    const answer = await world.makeQuery(name, body)
    assert.equal(answer.status, 201, `${name}: ${answer.text}`)
    assert.equal(answer.headers.get('location'), `/epcis/v2/queries/${encodeURIComponent(name)}`)
    assert.deepEqual((await world.call('GET', `/queries/${name}`)).json, { name, query: body })
    const bare = await world.call('POST', '/queries', body)
    assert.equal(bare.status, 201, `${name} as it stands: ${bare.text}`)
    assert.equal((await world.call('POST', '/queries', body)).status, 409, 'the same content has the same name')
  }
  const { queryBodiesInvalid } = JSON.parse(readFileSync(new URL('../index.json', vectors), 'utf8'))
  for (const { name, body } of filesOf('bodies-invalid')) {
    const named = await world.makeQuery(name, body)
    const bare = await world.call('POST', '/queries', body)
    for (const answer of [named, bare]) {
      assert.equal(answer.status, 400, `${name}: ${answer.text}`)
      assert.equal(answer.json.type, 'epcisException:QueryParameterException')
    }
    const file = queryBodiesInvalid.find((row: { file: string }) => row.file.endsWith(`/${name}`))
    const wanted = file.violations.map(({ pointer }: { pointer: string }) => pointer)
    assert.deepEqual(pointersOf(bare).sort(), wanted.sort(), 'pointers lead into the body that was sent')
    assert.deepEqual(pointersOf(named).sort(), wanted.map((pointer: string) => `/query${pointer}`).sort())
  }
})

test(
  'every operation on queries and subscriptions answers with the code, headers and media types of the standard',
  { skip: missing },
  async () => {
    await using world = await startWorld()
    const { operations } = JSON.parse(readFileSync(new URL('../../endpoints.json', vectors), 'utf8'))
    const ofQueries = operations.filter(({ path }: { path: string }) => path.startsWith('/queries'))
    assert.equal(ofQueries.length, 14)
    for (const [number, { path, method, responses }] of ofQueries.entries()) {
      const name = `q${number}`
      await world.makeQuery(name)
      const id = await world.subscribe(name, { dest, stream: true })
      await world.subscribe(name, { dest, stream: true })
      const bodies: Record<string, object> = {
        '/queries': { name: 'new', query: {} },
        '/queries/{queryName}/subscriptions': { dest, stream: true }
      }
      const code = Object.keys(responses).find((status) => status.startsWith('2')) ?? ''
      const { headers = [], content } = responses[code]
      await world.capture(2 * number + 1, 2 * number + 2)
      const pages = method === 'GET' && headers.includes('Link') ? '?perPage=1' : ''
      const url = path.replace('{queryName}', name).replace('{subscriptionID}', id) + pages
      const answer = await world.call(method, url, method === 'POST' ? bodies[path] : undefined)
      assert.equal(String(answer.status), code, `${method} ${path}: ${answer.text}`)
      for (const header of headers) assert.ok(answer.headers.has(header), `${method} ${path}: ${header}`)
      if (content !== undefined) assert.ok(String(answer.headers.get('content-type')).startsWith(content[0]), `${method} ${path}`)
      const stranger = await fetch(`${world.root}${url}`, { method })
      assert.equal(stranger.status, 401, `${method} ${path} without a key`)
      await stranger.body?.cancel()
    }
  }
)

test('a query has one name, and what is no query is a QueryValidationException with every finding', async () => {
  await using world = await startWorld()
  assert.equal((await world.makeQuery('a')).status, 201)
  const again = await world.makeQuery('a')
  assert.deepEqual([again.status, again.json.type], [409, 'epcisException:ResourceAlreadyExistsException'])
  const wrong: [unknown, string[]][] = [
    [{ name: 'b' }, ['/query']],
    [{ query: {} }, ['/name']],
    [{ name: '', query: [] }, ['/name', '/query']],
    [{ name: '..', query: {} }, ['/name']],
    [{ name: 'x'.repeat(257), query: {} }, ['/name']],
    [{ name: 'a\nb', query: {} }, ['/name']],
    [{ name: 'b', query: {}, more: 1 }, ['/more']],
    [{}, ['']],
    [[], ['']],
    ['text', ['']]
  ]
  for (const [body, pointers] of wrong) {
    const answer = await world.call('POST', '/queries', body)
    assert.deepEqual([answer.status, answer.json?.type], [400, 'epcisException:QueryValidationException'], JSON.stringify(body))
    assert.deepEqual(pointersOf(answer), pointers)
  }
  const unknown = await world.makeQuery('c', { EQ_bizStep: ['shipping'], GE_eventDate: '2026-01-01T00:00:00Z', perPage: 3 })
  assert.equal(unknown.json.type, 'epcisException:QueryParameterException')
  assert.deepEqual(pointersOf(unknown), ['/query/GE_eventDate', '/query/perPage'])
  assert.match(unknown.text, /GE_eventTime/, 'the nearest known name')
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  for (const path of ['/queries', '/queries/a/subscriptions']) {
    for (const body of [deep, `{"name":"deep","query":{"EQ_action":${deep}}}`]) {
      const answer = await fetch(`${world.root}${path}`, {
        method: 'POST',
        headers: { ...authorized, 'content-type': 'application/json' },
        body
      })
      assert.equal(answer.status, 400, await answer.text())
    }
    const xml = await fetch(`${world.root}${path}`, {
      method: 'POST',
      headers: { ...authorized, 'content-type': 'application/xml' },
      body: '<a/>'
    })
    const wanted = path === '/queries' ? [400, 'epcisException:ValidationException'] : [415, 'epcisException:UnsupportedMediaTypeException']
    assert.deepEqual([xml.status, JSON.parse(await xml.text()).type], wanted)
  }
  assert.equal((await world.call('POST', '/queries', { name: 'big', query: { EQ_eventID: ['x'.repeat(300_000)] } })).status, 413)
})

test('a Poll in XML is kept as the query that it is', { skip: missing }, async () => {
  await using world = await startWorld()
  const send = (body: string) =>
    fetch(`${world.root}/queries`, { method: 'POST', headers: { ...authorized, 'content-type': 'application/xml' }, body })
  const poll = readFileSync(new URL('../../openepcis-xml/2.0/query-bodies/SimpleEventQuery.xml', vectors), 'utf8')
  const kept = await send(poll)
  assert.equal(kept.status, 201, await kept.text())
  const found = await world.call('GET', String(kept.headers.get('location')).replace('/epcis/v2', ''))
  assert.deepEqual(found.json.query.eventType, ['ObjectEvent', 'AggregationEvent'])
  assert.equal((await send(poll)).status, 409, 'the same content has the same name')
  const unknown = await send(poll.replace('>EQ_bizStep<', '>EQ_bizStpe<'))
  assert.match(await unknown.text(), /"pointer":"\/EQ_bizStpe"[^]*EQ_bizStep/)
})

test('lists come in pages, and a query is found under any name that a URL can carry', async () => {
  await using world = await startWorld({ queriesMax: 5 })
  const names = ['Ärger/ 50 %', 'b c', 'a', 'd?e=f&g', 'z#']
  for (const name of names) {
    const answer = await world.makeQuery(name)
    assert.equal(answer.status, 201)
    const found = await fetch(new URL(String(answer.headers.get('location')), world.api.url), { headers: authorized })
    assert.equal(JSON.parse(await found.text()).name, name)
  }
  const full = await world.makeQuery('one more')
  assert.deepEqual([full.status, full.json.code], [503, 'EPCIS_QUERIES_FULL'])
  const seen: string[] = []
  let path: string | undefined = '/queries?perPage=2'
  for (let page = 0; path !== undefined && page < 9; page += 1) {
    const answer = await world.call('GET', path)
    assert.equal(answer.status, 200, answer.text)
    seen.push(...answer.json.map(({ name }: { name: string }) => name))
    const link = answer.headers.get('link')
    assert.equal(answer.headers.has('gs1-next-page-token-expires'), link !== null)
    path = /^<\/epcis\/v2(.*)>; rel="next"$/.exec(link ?? '')?.[1]
  }
  assert.deepEqual(seen, names.toSorted())
  assert.equal((await world.call('GET', '/queries?nextPageToken=nonsense')).status, 400)
})

const authorized = { authorization: 'Bearer test-key-0123456789' }

test('a named query runs with pages, headers and its own name', async () => {
  await using world = await startWorld()
  await world.capture(1, 2, 3)
  await world.captureEvent(eventOf(4, { bizStep: 'receiving' }))
  await world.makeQuery('shipped', { EQ_bizStep: ['shipping'], orderBy: 'eventTime', orderDirection: 'ASC', eventCountLimit: 3 })
  const first = await world.call('GET', '/queries/shipped/events?perPage=2')
  assert.equal(first.status, 200, first.text)
  const { queryName, resultsBody } = first.json.epcisBody.queryResults
  assert.equal(queryName, 'shipped')
  const next = /^<\/epcis\/v2(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1]
  const second = await world.call('GET', next ?? '')
  const ids = [...resultsBody.eventList, ...second.json.epcisBody.queryResults.resultsBody.eventList].map((one) => one.eventID)
  assert.deepEqual(ids, [1, 2, 3].map(idOf))
  assert.equal(second.headers.get('link'), null)
  const links = await world.call('GET', '/queries/shipped/events', undefined, { 'GS1-EPC-Format': 'Always_GS1_Digital_Link' })
  assert.match(links.text, /https:\/\/id\.gs1\.org\/01\/09506000134352\/21\/1/)
  const xml = await world.call('GET', '/queries/shipped/events', undefined, { accept: 'application/xml' })
  assert.match(String(xml.headers.get('content-type')), /^application\/xml/)
  assert.match(xml.text, /<queryName>shipped<\/queryName>/)
  const stream = await world.call('GET', '/queries/shipped/events?stream=true')
  assert.deepEqual([stream.status, stream.json.type], [400, 'epcisException:SubscriptionControlsException'])
  assert.equal((await world.call('GET', '/queries/shipped/events?EQ_action=ADD')).status, 400)
  assert.equal((await world.call('GET', '/queries/none/events')).json.type, 'epcisException:NoSuchNameException')
})

test('OPTIONS tells the methods and headers, and 404 of what is not there', async () => {
  await using world = await startWorld()
  await world.makeQuery('all')
  const id = await world.subscribe('all', { dest, stream: true, initialRecordTime: '2026-01-31T08:00:00+08:00' })
  const allowed: [string, string][] = [
    ['/queries', 'GET, HEAD, POST, OPTIONS'],
    ['/queries/all', 'GET, HEAD, DELETE, OPTIONS'],
    ['/queries/all/events', 'GET, HEAD, OPTIONS'],
    ['/queries/all/subscriptions', 'GET, HEAD, POST, OPTIONS'],
    [`/queries/all/subscriptions/${id}`, 'GET, HEAD, DELETE, OPTIONS']
  ]
  for (const [path, allow] of allowed) {
    const answer = await world.call('OPTIONS', path)
    assert.deepEqual([answer.status, answer.text], [204, ''], path)
    assert.equal(answer.headers.get('allow'), allow)
    assert.equal(answer.headers.get('gs1-epcis-version'), '2.0')
    assert.ok(answer.headers.has('gs1-vendor-version'))
    if (path !== '/queries') assert.equal((await world.call('OPTIONS', path.replace('all', 'none'))).status, 404, path)
  }
  const one = await world.call('OPTIONS', `/queries/all/subscriptions/${id}`)
  assert.equal(one.headers.get('gs1-query-min-record-time'), '2026-01-31T00:00:00.000Z')
})

test('a subscription wants a stream or a schedule, and each wrong control is named', async () => {
  await using world = await startWorld({ subscriptionsPerQueryMax: 3 })
  await world.makeQuery('all')
  const path = '/queries/all/subscriptions'
  const wrong: [object, string[]][] = [
    [{ dest }, ['/stream']],
    [{ dest, stream: true, schedule: { second: '0' } }, ['/stream']],
    [{ dest, stream: false }, ['/stream']],
    [{ dest, schedule: {} }, ['/schedule']],
    [{ dest, schedule: { second: '61', hour: '[5-3]' } }, ['/schedule/second', '/schedule/hour']],
    [{ dest, schedule: { dayOfMonth: '31', month: '2' } }, ['/schedule']],
    [{ stream: true }, ['/dest']],
    [{ dest: 'ftp://receiver.example.org/', stream: true }, ['/dest']],
    [{ dest: 'https://user:word@receiver.example.org/', stream: true }, ['/dest']],
    [{ dest: 'http://0.0.0.0/', stream: true }, ['/dest']],
    [{ dest, stream: true, signatureToken: '' }, ['/signatureToken']],
    [{ dest, stream: true, reportIfEmpty: 'yes', initialRecordTime: 'now' }, ['/reportIfEmpty', '/initialRecordTime']],
    [{ dest, stream: true, destination: dest }, ['/destination']]
  ]
  for (const [body, pointers] of wrong) {
    const answer = await world.call('POST', path, body)
    assert.deepEqual([answer.status, answer.json?.type], [400, 'epcisException:SubscriptionControlsException'], JSON.stringify(body))
    assert.deepEqual(pointersOf(answer), pointers)
    assert.doesNotMatch(answer.text, /user:word/)
  }
  const schedule = { second: '0,[10-20]', dayOfWeek: '[1-5]' }
  const made = await world.call('POST', path, { dest, schedule, signatureToken: 'secret-13df38', reportIfEmpty: true })
  assert.equal(made.status, 201, made.text)
  const location = String(made.headers.get('location'))
  assert.equal(location, `/epcis/v2${path}/${made.json.subscriptionID}`)
  assert.deepEqual(made.json.schedule, schedule)
  for (const text of [made.text, (await world.call('GET', path)).text, (await world.call('GET', location.slice(9))).text])
    assert.doesNotMatch(text, /13df38/)
  await world.subscribe('all', { dest, stream: true })
  await world.subscribe('all', { dest, stream: true })
  const full = await world.call('POST', path, { dest, stream: true })
  assert.deepEqual([full.status, full.json.code], [503, 'EPCIS_SUBSCRIPTIONS_FULL'])
  const page = await world.call('GET', `${path}?perPage=2`)
  assert.equal(page.json.length, 2)
  const rest = await world.call('GET', /^<\/epcis\/v2(.*)>/.exec(page.headers.get('link') ?? '')?.[1] ?? '')
  assert.equal(rest.json.length, 1)
  assert.equal((await world.call('POST', '/queries/none/subscriptions', { dest, stream: true })).status, 404)
  assert.equal((await world.call('GET', `${path}/none`)).status, 404)
  assert.equal((await world.call('DELETE', '/queries/none')).status, 404)
})

test('whatever is sent as a query or a subscription, the answer is no fault of the server', async () => {
  await using world = await startWorld()
  await world.makeQuery('all')
  const value = fc.jsonValue({ maxDepth: 3 })
  const names = fc.oneof(fc.string(), fc.constantFrom('name', 'query', 'dest', 'stream', 'schedule', 'EQ_action', 'orderBy', '@context'))
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, value), fc.boolean(), async (body, isQuery) => {
      const answer = await world.call('POST', isQuery ? '/queries' : '/queries/all/subscriptions', body)
      assert.ok(answer.status < 500 || answer.json.code.endsWith('_FULL'), answer.text)
    }),
    { numRuns: 60 }
  )
})
