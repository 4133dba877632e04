/** Whatever comes in under /epcis/v2: no answer is a fault of the server, and every refusal has a problem type of the standard. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixedParameters } from '@tracegate/model/epcis/query/parameter'
import { epcisRequestHeaders, epcisRoot } from '@tracegate/model/http-epcis'
import { authorization, createCheckedServer, createWorld } from '../harness.ts'
import { epcisEvent, epcisDocument } from './testing/generated-events.ts'

/** As problem-types.json of the test data lists them. */
const problemTypes: Readonly<Record<string, readonly number[]>> = {
  ValidationException: [400],
  QueryParameterException: [400],
  QueryValidationException: [400],
  SubscriptionControlsException: [400],
  SecurityException: [401, 403],
  NoSuchNameException: [404],
  NotAcceptableException: [406],
  ResourceAlreadyExistsException: [409],
  CaptureLimitExceededException: [413],
  QueryTooLargeException: [413],
  QueryTooComplexException: [413],
  URITooLongException: [414],
  UnsupportedMediaTypeException: [415],
  ImplementationException: []
}

const prototypeNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf'] as const
const oddTexts = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(...prototypeNames),
  fc.constantFrom(
    '',
    ' ',
    '|',
    '%',
    '%zz',
    '..',
    '../..',
    '\u0000',
    '*',
    '-1',
    '0',
    '1e999',
    '9'.repeat(40),
    'NaN',
    'null',
    'true',
    '2026-02-30T00:00:00Z'
  ),
  fc.constantFrom(
    'urn:epc:idpat:sgtin:*.*.*',
    'urn:epc:id:sgtin:9506000.013435.1',
    'https://id.gs1.org/01/09506000134352/21/1',
    'urn:epc:id:sgtin:' + '1'.repeat(2_000)
  )
)
const names = [
  '',
  '/',
  ...[
    'events',
    'eventTypes',
    'epcs',
    'bizSteps',
    'bizLocations',
    'readPoints',
    'dispositions',
    'capture',
    'queries',
    'nextPageToken',
    'nothing'
  ].map((name) => `/${name}`)
]

const encoded = fc.oneof(
  { weight: 4, arbitrary: oddTexts.map((text) => encodeURIComponent(text.toWellFormed())) },
  // As nobody should write it.
  { weight: 1, arbitrary: fc.constantFrom('%', '%zz', '%00', '%ff', '..', '%2e%2e', '%2F', 'a%2Fb', '%F0%9F%92%A9') }
)
const paths = fc
  .tuple(fc.constantFrom(...names), fc.array(fc.oneof(encoded, fc.constantFrom('events', 'subscriptions')), { maxLength: 3 }))
  .map(([name, rest]) => epcisRoot + [name, ...rest].join('/'))

const parameterNames = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...fixedParameters, 'perPage', 'nextPageToken') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'EQ_value_CEL',
      'GT_quantity_KGM',
      'LE_sDev_MTR',
      'EQ_bizTransaction_po',
      'EQ_source_x',
      'EQ_ex:f',
      'EQ_INNER_ILMD_ex:f',
      'EXISTS_ex:f',
      'HASATTR_readPoint',
      'EQ_ATTR_bizLocation_x',
      'GE_SENSORREPORT_ex:v'
    )
  },
  { weight: 1, arbitrary: oddTexts }
)
const queries = fc
  .array(fc.tuple(parameterNames, oddTexts), { maxLength: 4 })
  .map((pairs) =>
    pairs.length === 0
      ? ''
      : `?${new URLSearchParams(pairs.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()])).toString()}`
  )

const headerTexts = oddTexts.map((text) => text.replaceAll(/[^\t\u0020-\u007e]/g, '')).filter((text) => text.length < 200)
const media = fc.constantFrom(
  'application/json',
  'application/ld+json',
  'application/xml',
  'text/xml',
  'application/problem+xml',
  'image/png',
  '*/*',
  'application/*;q=0',
  ';;;,,',
  'application/json; charset=latin1'
)
const requestHeaders = fc
  .tuple(
    fc.dictionary(
      fc.constantFrom(...Object.keys(epcisRequestHeaders)),
      fc.oneof(headerTexts, fc.constantFrom('2.0', '1.2', 'Always_EPC_URN', 'ex=https://example.org/', 'proceed')),
      { maxKeys: 3 }
    ),
    fc.option(media, { nil: undefined }),
    fc.option(media, { nil: undefined })
  )
  .map(([gs1, accept, type]) => ({
    ...gs1,
    ...(accept === undefined ? {} : { accept }),
    ...(type === undefined ? {} : { 'content-type': type })
  }))

/** A valid event or document with something in it replaced by anything. */
const broken = fc
  .tuple(fc.oneof(epcisEvent, epcisDocument), fc.nat({ max: 60 }), fc.jsonValue({ maxDepth: 3 }))
  .map(([value, at, other]) => replaceAt(value, { left: at }, other))
const bodies = fc.oneof(
  { weight: 3, arbitrary: broken.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.oneof(epcisEvent, epcisDocument).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.tuple(epcisDocument, fc.nat({ max: 400 })).map(([value, end]) => JSON.stringify(value).slice(0, end)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '[',
      '['.repeat(100_000),
      '{"type":"EPCISDocument","__proto__":{"epcisBody":1}}',
      '{"type":"EPCISDocument","epcisBody":{"eventList":{"length":1}}}',
      '{"type":"ObjectEvent","eventTime":1e400}',
      '\ufeff{}',
      '<a/>',
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
      '<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2"><EPCISBody><EventList><ObjectEvent/></EventList></EPCISBody></epcis:EPCISDocument>',
      '<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2"><EPCISBody>' + '<a>'.repeat(5_000)
    )
  }
)

function replaceAt(value: unknown, count: { left: number }, other: unknown): unknown {
  if (count.left === 0) {
    count.left -= 1
    return other
  }
  count.left -= 1
  if (Array.isArray(value)) return value.map((item: unknown) => replaceAt(item, count, other))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replaceAt(member, count, other)]))
}

const requests = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'HEAD'),
  path: paths,
  query: queries,
  headers: requestHeaders,
  body: fc.option(bodies, { nil: undefined }),
  signedIn: fc.integer({ min: 0, max: 9 }).map((number) => number > 0)
})

/** More for a night: FUZZ_RUNS=100000. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 600)

test('no request gets a fault of the server, and every refusal has a listed problem type', async () => {
  const world = await createWorld({ withAccount: false })
  const app = await createCheckedServer(world)
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, path, query, headers, body, signedIn }) => {
      const known = (['GET', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'HEAD'] as const).find((name) => name === method) ?? 'GET'
      const answer = await app.inject({
        method: known,
        url: path + query,
        headers: { ...headers, ...(signedIn ? { authorization } : {}) },
        ...(body === undefined || method === 'GET' || method === 'HEAD' ? {} : { payload: body })
      })
      const what = `${method} ${path}${query} ${JSON.stringify(headers)} ${body?.slice(0, 300)}\n${answer.statusCode} ${answer.body.slice(0, 300)}`
      assert.ok(answer.statusCode < 500, what)
      if (answer.statusCode < 400 || method === 'HEAD') return
      const type = String(answer.headers['content-type'])
      const isXml = type.startsWith('application/problem+xml')
      assert.ok(isXml || type.startsWith('application/problem+json'), what)
      const name = isXml
        ? /<type>epcisException:(\w+)<\/type>/.exec(answer.body)?.[1]
        : String(answer.json().type).replace('epcisException:', '')
      assert.ok(problemTypes[name ?? '']?.includes(answer.statusCode) === true, what)
    }),
    { numRuns: runs, interruptAfterTimeLimit: runs * 8, markInterruptAsFailure: false }
  )
  assert.deepEqual(world.failures, [])
})
