/** EPCIS 2.0 over HTTP: capture, query and refusals, on documents of our own and of others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { document, event, headers, numbered, start } from './testing/rest.ts'

test('a captured document is told on the bus and comes back as it was', async () => {
  const { world, capture, query } = await start()
  let told = 0
  world.bus.subscribe('events', ({ events }) => (told += events.length))
  const { answer, job } = await capture(document(event()))
  assert.match(String(answer.headers.location), /^\/epcis\/v2\/capture\/[0-9a-f-]{36}$/)
  assert.equal(answer.headers['gs1-capture-error-behaviour'], 'rollback')
  assert.equal(answer.headers['gs1-epcis-version'], '2.0')
  assert.deepEqual([job.success, job.errors], [true, []])
  assert.equal(told, 1)
  const found = (await query('')).json()
  assert.equal(found.type, 'EPCISQueryDocument')
  const { recordTime, ...stored } = found.epcisBody.queryResults.resultsBody.eventList[0]
  assert.ok(Date.parse(recordTime) > 0)
  assert.deepEqual(stored, event())
})

test('the same document again is no error, another event under its id is', async () => {
  const { capture, ids } = await start()
  await capture(document(event()))
  assert.equal((await capture(document(event()))).job.success, true)
  const { job } = await capture(document(numbered(2), event({ bizStep: 'receiving' })))
  assert.equal(job.success, false)
  assert.equal(job.errors[0].pointer, '/epcisBody/eventList/1/eventID')
  assert.equal(job.errors[0].type, 'epcisException:ResourceAlreadyExistsException')
  assert.equal((await ids('')).length, 1, 'rolled back')
})

test('a bad event refuses the document by default and is left out with proceed', async () => {
  const { capture, ids } = await start()
  const body = document(numbered(1), numbered(2, { action: 'LOOK' }), numbered(3))
  const refused = (await capture(body)).answer
  assert.equal(refused.statusCode, 400)
  assert.equal(refused.json().type, 'epcisException:ValidationException')
  assert.equal(refused.json().findings[0].pointer, '/epcisBody/eventList/1/action')
  assert.deepEqual(await ids(''), [])
  const { job } = await capture(body, { 'GS1-Capture-Error-Behaviour': 'proceed' })
  assert.equal(job.success, false)
  assert.equal(job.errors[0].pointer, '/epcisBody/eventList/1/action')
  assert.equal((await ids('')).length, 2)
  assert.equal((await capture(body, { 'GS1-Capture-Error-Behaviour': 'guess' })).answer.json().code, 'EPCIS_BEHAVIOUR_INVALID')
})

test('one event is stored at once, a second with its id is a conflict, an error declaration is not', async () => {
  const { app } = await start()
  const post = (body: object) => app.inject({ method: 'POST', url: '/epcis/v2/events', headers, payload: body })
  const created = await post(event())
  assert.equal(created.statusCode, 201)
  const location = String(created.headers.location)
  assert.equal((await app.inject({ url: location, headers })).statusCode, 200)
  const again = await post(event())
  assert.equal(again.statusCode, 409)
  assert.equal(again.json().type, 'epcisException:ResourceAlreadyExistsException')
  assert.equal(
    (await post(event({ errorDeclaration: { declarationTime: '2026-11-23T09:00:00Z', reason: 'did_not_occur' } }))).statusCode,
    201
  )
  const both = (await app.inject({ url: location, headers })).json()
  assert.equal(both.epcisBody.queryResults.resultsBody.eventList.length, 2)
  assert.equal((await post(document(event()))).statusCode, 400)
  const { eventID: _eventID, ...nameless } = event({ bizStep: 'loading' })
  assert.match(decodeURIComponent(String((await post(nameless)).headers.location)), /ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/)
})

test('the simple query finds by each of its parameters, in any syntax', async () => {
  const { capture, ids } = await start()
  await capture(
    document(
      numbered(1, { eventTime: '2026-11-20T00:00:00Z', action: 'ADD' }),
      numbered(2, {
        eventTime: '2026-11-21T00:00:00Z',
        bizStep: 'receiving',
        disposition: 'in_progress',
        bizLocation: { id: 'https://id.gs1.org/414/9506000134345' },
        epcList: ['https://id.gs1.org/01/09506000134352/21/2']
      }),
      numbered(3, {
        eventTime: '2026-11-22T00:00:00Z',
        epcList: [],
        quantityList: [{ epcClass: 'urn:epc:class:lgtin:9506000.013435.L1' }]
      }),
      {
        ...numbered(4, { eventTime: '2026-11-23T00:00:00Z', type: 'AggregationEvent', parentID: 'urn:epc:id:sscc:9506000.1343520001' }),
        epcList: undefined,
        childEPCs: ['urn:epc:id:sgtin:9506000.013435.1']
      }
    )
  )
  const name = (number: number) => `urn:uuid:11111111-1111-4111-8111-${String(number).padStart(12, '0')}`
  const rows: [string, number[]][] = [
    ['', [4, 3, 2, 1]],
    ['?orderBy=eventTime&orderDirection=ASC', [1, 2, 3, 4]],
    ['?eventType=AggregationEvent', [4]],
    ['?eventType=AggregationEvent|ObjectEvent&EQ_action=ADD', [1]],
    ['?GE_eventTime=2026-11-21T00:00:00Z&LT_eventTime=2026-11-22T00:00:00Z', [2]],
    ['?GE_eventTime=2026-11-22T08:00:00+08:00&EQ_bizStep=shipping', [4, 3]],
    ['?LT_recordTime=2020-01-01T00:00:00Z', []],
    ['?GE_recordTime=2020-01-01T00:00:00Z', [4, 3, 2, 1]],
    ['?EQ_bizStep=receiving', [2]],
    [`?EQ_bizStep=${encodeURIComponent('https://ref.gs1.org/cbv/BizStep-receiving')}`, [2]],
    ['?EQ_disposition=in_progress', [2]],
    ['?EQ_bizLocation=urn:epc:id:sgln:9506000.13434.0', [2]],
    ['?EQ_readPoint=urn:epc:id:sgln:9506000.13433.0&EQ_action=ADD', [1]],
    [`?EQ_eventID=${name(3)}|${name(1)}`, [3, 1]],
    ['?MATCH_epc=urn:epc:id:sgtin:9506000.013435.2', [2]],
    ['?MATCH_epc=https://id.gs1.org/01/09506000134352/21/1', [4, 1]],
    ['?MATCH_epc=urn:epc:class:lgtin:9506000.013435.L1', []],
    ['?MATCH_epcClass=urn:epc:class:lgtin:9506000.013435.L1', [3]],
    ['?MATCH_parentID=urn:epc:id:sscc:9506000.1343520001', [4]],
    ['?MATCH_anyEPC=urn:epc:id:sscc:9506000.1343520001|urn:epc:id:sgtin:9506000.013435.2', [4, 2]],
    ['?MATCH_inputEPC=urn:epc:id:sgtin:9506000.013435.2', []],
    ['?orderBy=eventTime&eventCountLimit=2', [4, 3]],
    ['?maxEventCount=4', [4, 3, 2, 1]]
  ]
  for (const [text, numbers] of rows) assert.deepEqual(await ids(text), numbers.map(name), text)
})

test('a query that cannot be answered says which parameter and what to use', async () => {
  const { capture, query } = await start()
  await capture(document(numbered(1), numbered(2)))
  const rows: [string, number, string, RegExp][] = [
    ['?EQ_bizstep=shipping', 400, 'QueryParameterException', /did you mean EQ_bizStep/],
    ['?foo=1', 400, 'QueryParameterException', /"foo"/],
    ['?GE_eventTime=yesterday', 400, 'QueryParameterException', /GE_eventTime/],
    ['?EQ_action=LOOK', 400, 'QueryParameterException', /ADD, OBSERVE, DELETE/],
    ['?EQ_action=ADD&EQ_action=DELETE', 400, 'QueryParameterException', /pipe/],
    ['?eventCountLimit=5', 400, 'QueryParameterException', /orderBy/],
    ['?eventCountLimit=5&maxEventCount=5&orderBy=eventTime', 400, 'QueryParameterException', /eventCountLimit/],
    ['?perPage=0', 400, 'QueryParameterException', /perPage/],
    ['?nextPageToken=abc', 400, 'QueryParameterException', /cursor/],
    ['?maxEventCount=1', 413, 'QueryTooLargeException', /more than 1/],
    ['?EQ_transformationID=x', 400, 'QueryParameterException', /EQ_transformationID/]
  ]
  for (const [text, status, type, detail] of rows) {
    const answer = await query(text)
    assert.equal(answer.statusCode, status, `${text}: ${answer.body}`)
    assert.equal(answer.json().type, `epcisException:${type}`, text)
    assert.match(answer.json().detail, detail)
  }
})

test('pages follow each other by the Link header, without gaps and for their own query only', async () => {
  const { capture, query } = await start()
  await capture(
    document(...Array.from({ length: 25 }, (_, at) => numbered(at, { eventTime: `2026-11-20T00:00:${String(at).padStart(2, '0')}Z` })))
  )
  const seen: string[] = []
  let text: string | undefined = '?perPage=10&orderBy=eventTime&eventCountLimit=23'
  let token = ''
  while (text !== undefined) {
    const answer = await query(text)
    seen.push(...answer.json().epcisBody.queryResults.resultsBody.eventList.map((one: { eventID: string }) => one.eventID))
    const link: RegExpExecArray | null = /^<\/epcis\/v2\/events(\?[^>]*)>; rel="next"$/.exec(String(answer.headers.link ?? ''))
    text = link?.[1]
    if (text !== undefined) token = new URLSearchParams(text).get('nextPageToken') ?? ''
  }
  assert.equal(seen.length, 23)
  assert.equal(new Set(seen).size, 23)
  assert.equal((await query(`?EQ_action=ADD&nextPageToken=${token}`)).statusCode, 400)
})

test('headers that cannot be met are refused', async () => {
  const { app, query } = await start()
  const unmet: Record<string, string>[] = [
    { 'GS1-EPCIS-Min': '2.1' },
    { 'GS1-EPCIS-Max': '1.2' },
    { 'GS1-CBV-Version': '1.2', accept: 'application/json' },
    { 'GS1-EPCIS-Max': 'two' },
    { 'GS1-EPC-Format': 'Always' },
    { 'GS1-Extensions': 'example' },
    { accept: 'image/png' }
  ]
  for (const more of unmet) {
    const answer = await query('', more)
    assert.equal(answer.statusCode, 406, JSON.stringify(more))
    assert.equal(answer.json().type, 'epcisException:NotAcceptableException')
  }
  assert.equal((await query('', { 'GS1-EPCIS-Min': '2.0.0', 'GS1-EPCIS-Max': '2.1', accept: 'application/ld+json' })).statusCode, 200)
  const image = await app.inject({
    method: 'POST',
    url: '/epcis/v2/capture',
    headers: { ...headers, 'content-type': 'image/png' },
    payload: 'x'
  })
  assert.equal(image.statusCode, 415)
  assert.equal(image.json().type, 'epcisException:UnsupportedMediaTypeException')
  const large = await app.inject({ method: 'POST', url: '/epcis/v2/capture', headers, payload: `"${'x'.repeat(8_400_000)}"` })
  assert.equal(large.statusCode, 413)
  assert.equal(large.headers['gs1-epcis-capture-limit'], '10000')
  assert.equal(large.headers['gs1-epcis-capture-file-size-limit'], '8388608')
  assert.equal(large.json().type, 'epcisException:CaptureLimitExceededException')
  assert.equal((await app.inject({ url: '/epcis/v2/nothing', headers })).json().type, 'epcisException:NoSuchNameException')
  assert.equal((await app.inject({ url: '/epcis/v2/events/none', headers })).statusCode, 404)
  assert.equal((await app.inject({ url: '/epcis/v2/capture/none', headers })).statusCode, 404)
  const options = await app.inject({ method: 'OPTIONS', url: '/epcis/v2/events', headers })
  assert.deepEqual([options.statusCode, options.headers.allow], [204, 'GET, HEAD, POST, OPTIONS'])
  assert.ok((await app.inject({ url: '/epcis/v2', headers })).json().member.includes('capture'))
  const broken = await app.inject({ method: 'POST', url: '/epcis/v2/capture', headers, payload: '{"a":' })
  assert.equal(broken.json().code, 'BODY_NOT_JSON')
  assert.equal(broken.json().type, 'epcisException:ValidationException')
})

test('capture jobs are listed newest first and in pages', async () => {
  const { app, capture } = await start()
  for (let at = 0; at < 3; at += 1) await capture(document(numbered(at)))
  const first = await app.inject({ url: '/epcis/v2/capture?perPage=2', headers })
  assert.equal(first.json().length, 2)
  const next = /<([^>]*)>/.exec(String(first.headers.link))?.[1] ?? ''
  assert.equal((await app.inject({ url: next, headers })).json().length, 1)
  assert.equal((await app.inject({ url: '/epcis/v2/capture?what=2', headers })).statusCode, 400)
})
