/** Every operation of the REST binding, as the standard lists it: in our OpenAPI, and in what the server really answers. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { epcisRoot } from '@tracegate/model/http-epcis'
import { authorization, createCheckedServer, createWorld } from '../harness.ts'

const vectors = new URL('../../../../shared/testdata/epcis/', import.meta.url)
const absent = existsSync(vectors) ? false : 'the test data of others is not beside the repository'
if (absent !== false && process.env['CI'] === 'true') throw new Error(absent)

const Answer = Type.Object({ headers: Type.Optional(Type.Array(Type.String())), content: Type.Optional(Type.Array(Type.String())) })
const Operation = Type.Object({
  path: Type.String(),
  method: Type.String(),
  requestHeaders: Type.Optional(Type.Array(Type.String())),
  queryParameters: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  requestBody: Type.Optional(Type.Boolean()),
  responses: Type.Record(Type.String(), Answer)
})
type Operation = Static<typeof Operation>
const endpoints = compileValidator(Type.Object({ operations: Type.Array(Operation) }))
const problemTypes = compileValidator(Type.Object({ types: Type.Array(Type.Object({ status: Type.Integer(), type: Type.String() })) }))

const OpenApiAnswer = Type.Object({
  headers: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  content: Type.Optional(Type.Record(Type.String(), Type.Unknown()))
})
const OpenApiOperation = Type.Object({
  parameters: Type.Optional(Type.Array(Type.Object({ name: Type.String(), in: Type.String() }))),
  requestBody: Type.Optional(Type.Unknown()),
  responses: Type.Record(Type.String(), OpenApiAnswer)
})
const openApi = compileValidator(
  Type.Object({ paths: Type.Record(Type.String(), Type.Record(Type.String(), Type.Union([OpenApiOperation, Type.Unknown()]))) })
)
const openApiOperations = compileValidator(OpenApiOperation)

function read<Value>(file: string, validator: { check(value: unknown): { ok: true; value: Value } | { ok: false } }): Value {
  const checked = validator.check(JSON.parse(readFileSync(new URL(file, vectors), 'utf8')))
  assert.ok(checked.ok, `${file} has another form than this test knows`)
  return checked.value
}

const weak = 'weak-key-0123456789'
/** Headers of the standard that are no GS1 headers belong to the WebSocket upgrade. */
const upgradeHeaders = new Set(['connection', 'upgrade'])

const event = (number: number, more: object = {}) => ({
  type: 'ObjectEvent',
  eventID: `urn:uuid:22222222-2222-4222-8222-${String(number).padStart(12, '0')}`,
  action: 'OBSERVE',
  eventTime: '2026-11-20T08:00:00Z',
  eventTimeZoneOffset: '+08:00',
  bizStep: 'shipping',
  disposition: 'in_transit',
  readPoint: { id: 'urn:epc:id:sgln:9506000.13433.0' },
  bizLocation: { id: 'https://id.gs1.org/414/9506000134338' },
  epcList: ['urn:epc:id:sgtin:9506000.013435.1'],
  ...more
})
const document = (...events: object[]) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-11-20T08:00:00Z',
  epcisBody: { eventList: events }
})

/** Values of the path parameters that are known after the server was filled. */
const values: Record<string, string> = {
  eventID: event(1).eventID,
  eventType: 'ObjectEvent',
  epc: 'https://id.gs1.org/01/09506000134352/21/1',
  bizStep: 'https://ref.gs1.org/cbv/BizStep-shipping',
  bizLocation: 'urn:epc:id:sgln:9506000.13433.0',
  readPoint: 'https://id.gs1.org/414/9506000134338',
  disposition: 'in_transit',
  queryName: 'contract',
  token: 'abc'
}

async function start() {
  const world = await createWorld({ withAccount: false })
  await world.accounts.ensureServiceKey('weak', weak, [])
  const app = await createCheckedServer(world)
  const headers = { authorization }
  for (const number of [1, 2]) {
    const second = {
      type: 'AggregationEvent',
      parentID: 'urn:epc:id:sscc:9506000.1343520001',
      childEPCs: ['urn:epc:id:sgtin:9506000.013435.1']
    }
    const other = {
      bizStep: 'packing',
      disposition: 'in_progress',
      readPoint: { id: 'urn:epc:id:sgln:9506000.13434.0' },
      bizLocation: { id: 'urn:epc:id:sgln:9506000.13434.0' }
    }
    const { epcList: _epcList, ...bare } = event(10 + number)
    const body = document(event(number), { ...bare, ...second, ...other })
    const taken = await app.inject({ method: 'POST', url: `${epcisRoot}/capture`, headers, payload: body })
    assert.equal(taken.statusCode, 202, taken.body)
    values['captureID'] = String(taken.headers.location).split('/').at(-1) ?? ''
  }
  for (let tries = 0; tries < 200 && (await world.trace.counts()).events < 4; tries += 1) await wait(5)
  for (const name of ['contract', 'contract-2'])
    await app.inject({ method: 'POST', url: `${epcisRoot}/queries`, headers, payload: { name, query: { eventType: ['ObjectEvent'] } } })
  return { app, world }
}
type App = Awaited<ReturnType<typeof start>>['app']

const urlOf = (path: string, known: Readonly<Record<string, string>> = values) =>
  epcisRoot + path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(known[name] ?? 'missing'))

test('the OpenAPI description has every operation with its parameters, headers, answers and media types', { skip: absent }, async () => {
  const { app } = await start()
  const checked = openApi.check((await app.inject({ url: '/openapi.json' })).json())
  assert.ok(checked.ok, 'the description can be read')
  const { operations } = read('endpoints.json', endpoints)
  assert.equal(operations.length, 63)
  const missing: string[] = []
  for (const { path, method, requestHeaders = [], queryParameters = [], requestBody, responses } of operations) {
    const name = `${method} ${path}`
    const described = openApiOperations.check(checked.value.paths[epcisRoot + path]?.[method.toLowerCase()])
    if (!described.ok) {
      missing.push(name)
      continue
    }
    const { parameters = [], responses: answers, requestBody: body } = described.value
    const has = (where: string, wanted: string) =>
      parameters.some((parameter) => parameter.in === where && parameter.name.toLowerCase() === wanted.toLowerCase())
    for (const header of requestHeaders)
      if (!upgradeHeaders.has(header.toLowerCase()) && !has('header', header)) missing.push(`${name}: request header ${header}`)
    const asked =
      typeof queryParameters === 'string'
        ? ['eventType', 'MATCH_anyEPC', 'EQ_bizStep', 'GE_eventTime', 'perPage', 'nextPageToken']
        : queryParameters
    for (const parameter of asked) if (!has('query', parameter)) missing.push(`${name}: parameter ${parameter}`)
    for (const [, parameter = ''] of path.matchAll(/\{(\w+)\}/g)) if (!has('path', parameter)) missing.push(`${name}: {${parameter}}`)
    if (requestBody === true && body === undefined) missing.push(`${name}: request body`)
    for (const [code, { headers = [], content = [] }] of Object.entries(responses)) {
      const answer = answers[code]
      if (answer === undefined) {
        missing.push(`${name}: ${code}`)
        continue
      }
      const told = new Set(Object.keys(answer.headers ?? {}).map((header) => header.toLowerCase()))
      for (const header of headers)
        if (!told.has(header.toLowerCase()) && !upgradeHeaders.has(header.toLowerCase())) missing.push(`${name}: ${code} header ${header}`)
      const types = new Set(Object.keys(answer.content ?? {}))
      // The standard's own description names plain JSON where it means the problem.
      const wanted = Number(code) >= 400 ? ['application/problem+json'] : content
      for (const type of wanted) if (!types.has(type)) missing.push(`${name}: ${code} as ${type}`)
    }
  }
  assert.deepEqual(
    missing.filter((one) => !neverAnswered.has(one)),
    []
  )
})

/** Listed by the standard for servers that do not offer what ours does. */
const neverAnswered = new Set(['DELETE /nextPageToken/{token}: 501', 'GET /queries/{queryName}: 413'])

test('every operation answers with its listed code, headers and media types', { skip: absent }, async () => {
  const { app } = await start()
  const { operations } = read('endpoints.json', endpoints)
  let number = 100
  const wrong: string[] = []
  for (const { path, method, requestHeaders = [], queryParameters, requestBody, responses } of operations) {
    // Subscriptions need somebody to be called; they are shown by the tests beside them.
    if (path.includes('subscriptions') || (path.startsWith('/queries') && method === 'DELETE')) continue
    const code = Object.keys(responses).find((status) => status.startsWith('2')) ?? ''
    const { headers = [], content } = responses[code] ?? {}
    for (const type of content ?? [undefined]) {
      const url = urlOf(path) + (queryParameters === undefined || method !== 'GET' || !headers.includes('Link') ? '' : '?perPage=1')
      number += 1
      const payload =
        path === '/queries' ? { name: `made-${number}`, query: {} } : path === '/capture' ? document(event(number)) : event(number)
      const asked = Object.fromEntries(
        requestHeaders.flatMap((name) => (upgradeHeaders.has(name.toLowerCase()) ? [] : [[name, goodHeaders[name] ?? '']]))
      )
      const answer = await inject(app, {
        method,
        url,
        headers: { ...asked, ...(type === undefined ? {} : { accept: type }) },
        ...(requestBody === true ? { payload } : {})
      })
      const name = `${method} ${url} ${type ?? ''}`
      if (String(answer.statusCode) !== code) {
        wrong.push(`${name}: ${answer.statusCode} instead of ${code} ${answer.body.slice(0, 200)}`)
        continue
      }
      for (const header of headers) if (answer.headers[header.toLowerCase()] === undefined) wrong.push(`${name}: no ${header}`)
      if (type !== undefined && !String(answer.headers['content-type']).startsWith(type))
        wrong.push(`${name}: ${String(answer.headers['content-type'])}`)
      if (type === 'application/xml' && !answer.body.startsWith('<?xml')) wrong.push(`${name}: no XML`)
      if (type === 'application/json') JSON.parse(answer.body)
    }
  }
  assert.deepEqual(wrong, [])
})

const goodHeaders: Readonly<Record<string, string>> = {
  'GS1-EPCIS-Version': '2.0',
  'GS1-EPCIS-Min': '2.0',
  'GS1-EPCIS-Max': '2.0.0',
  'GS1-CBV-Version': '2.0',
  'GS1-CBV-Min': '2.0',
  'GS1-CBV-Max': '2.0',
  'GS1-EPC-Format': 'No_Preference',
  'GS1-CBV-XML-Format': 'No_Preference',
  'GS1-Extensions': 'example=https://example.org/voc/',
  'GS1-Capture-Error-Behaviour': 'rollback'
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly payload?: object | string
}

async function inject(app: App, { method, url, headers = {}, payload }: Asked) {
  const known = (['GET', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH'] as const).find((name) => name === method)
  assert.ok(known)
  return app.inject({ method: known, url, headers: { authorization, ...headers }, ...(payload === undefined ? {} : { payload }) })
}

test('every refusal has a listed code and problem type, as JSON or XML as the caller likes', { skip: absent }, async () => {
  const { app } = await start()
  const { operations } = read('endpoints.json', endpoints)
  const listed = new Set(read('problem-types.json', problemTypes).types.map(({ status, type }) => `${status} ${type}`))
  const wrong: string[] = []
  for (const operation of operations) {
    for (const { name, code, ask } of refusalsOf(operation)) {
      for (const accept of ['application/problem+json', 'application/problem+xml']) {
        const headers =
          ask.headers?.['accept'] === undefined
            ? { ...ask.headers, ...(code === 406 ? {} : { accept: `${accept};q=0.9, */*;q=0.1` }) }
            : ask.headers
        const answer = await inject(app, { ...ask, headers })
        const what = `${operation.method} ${operation.path} ${name}`
        if (answer.statusCode !== code) {
          wrong.push(`${what}: ${answer.statusCode} instead of ${code} ${answer.body.slice(0, 120)}`)
          continue
        }
        const asXml = headers['accept']?.startsWith('application/problem+xml') === true
        if (!String(answer.headers['content-type']).startsWith(asXml ? 'application/problem+xml' : 'application/problem+json'))
          wrong.push(`${what}: ${String(answer.headers['content-type'])}`)
        const type = asXml ? /<type>([^<]*)<\/type>/.exec(answer.body)?.[1] : answer.json().type
        if (!listed.has(`${code} ${type}`)) wrong.push(`${what}: ${code} ${type}`)
        if (
          code === 413 &&
          (answer.headers['gs1-epcis-capture-limit'] === undefined || answer.headers['gs1-epcis-capture-file-size-limit'] === undefined)
        )
          wrong.push(`${what}: no capture limits`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

interface Refusal {
  readonly name: string
  readonly code: number
  readonly ask: Asked
}

/** How to get each of the listed refusals from an operation. */
function refusalsOf({ path, method, requestBody, responses, requestHeaders = [] }: Operation): Refusal[] {
  const url = urlOf(path)
  const payload = requestBody === true ? { payload: path === '/capture' ? document(event(1)) : event(1) } : {}
  const refusals: Refusal[] = []
  const add = (name: string, code: number, ask: Partial<Asked>) => {
    if (responses[String(code)] !== undefined || code === 400) refusals.push({ name, code, ask: { method, url, ...payload, ...ask } })
  }
  add('without a key', 401, { headers: { authorization: 'Bearer nobody' } })
  const open = method === 'OPTIONS' || path.startsWith('/capture')
  if (!open || method === 'POST') add('without the right', 403, { headers: { authorization: `Bearer ${weak}` } })
  if (requestHeaders.includes('GS1-EPCIS-Min')) add('a version to come', 406, { headers: { 'GS1-EPCIS-Min': '9.0' } })
  if (method === 'GET') add('a media type that is not served', 406, { headers: { accept: 'image/png' } })
  if (path.includes('{') && method !== 'DELETE' && payload.payload === undefined && !path.includes('subscriptionID'))
    add('an unknown value', 404, { url: urlOf(path, {}) })
  if (method === 'GET' && responses['414'] !== undefined) add('a long address', 414, { url: `${url}?MATCH_anyEPC=${'x'.repeat(9_000)}` })
  if (path === '/capture' || path === '/events') {
    if (method === 'POST') {
      add('another media type', 415, { headers: { 'content-type': 'image/png' }, payload: 'x' })
      const encoded = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
      add('an encoded body', 415, { headers: encoded, payload: 'x' })
      add('no JSON', 400, { headers: { 'content-type': 'application/json' }, payload: '{' })
      add('no XML', 400, { headers: { 'content-type': 'application/xml' }, payload: '<a' })
      add('no event', 400, { payload: { type: 'Nothing' } })
      add('too many octets', 413, { headers: { 'content-type': 'application/json' }, payload: `"${'x'.repeat(8_388_608)}"` })
      if (path === '/events') add('an eventID that is there', 409, { payload: event(1, { bizStep: 'receiving' }) })
      else add('too many events', 413, { payload: document(...Array.from({ length: 10_001 }, () => ({}))) })
    } else if (path === '/events' && method === 'GET') add('an unknown parameter', 400, { url: `${url}?EQ_bizstep=x` })
  }
  return refusals
}
