/** Whatever is refused, and however early: a problem with a code, what is there and what was wanted, and nothing of the inside. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { storeError } from '@tracegate/store/errors'
import { createMetrics } from '@tracegate/service/metrics'
import { startApi } from './api.ts'
import { authorization, createCheckedServer, createWorld } from './harness.ts'
import { answerSocketFault } from './problem.ts'

const headers = { authorization }

test('what the engine refuses before any route is a problem too', async () => {
  const app = await createCheckedServer(await createWorld({ withAccount: false }))
  for (const [url, status, code] of [
    ['/epcis/v2/events/%E0%A4%A', 400, 'URL_INVALID'],
    ['/%', 400, 'URL_INVALID'],
    ['/docs/static/%2e%2e/%2e%2e/package.json', 404, 'ROUTE_UNKNOWN']
  ] as const) {
    const answer = await app.inject({ url, headers })
    assert.deepEqual([answer.statusCode, answer.json().code], [status, code], answer.body)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
  }
})

test('a value that breaks a schema is named beside what was wanted, a password is not', async () => {
  const app = await createCheckedServer(await createWorld({ withAccount: false }))
  const [finding] = (await app.inject({ url: '/api/v1/points?limit=0', headers })).json().findings
  assert.equal(finding.message, '/limit is 0, expected to be >= 1')
  const payload = { name: 'admin', password: 'x'.repeat(5_000) }
  const refused = await app.inject({ method: 'POST', url: '/api/v1/session', payload })
  assert.equal(refused.statusCode, 400)
  assert.ok(!refused.body.includes('xxx'), refused.body)
})

test('a full disk is named without saying where the data lies', async () => {
  const world = await createWorld({ withAccount: false })
  const app = await createCheckedServer(world)
  const full = storeError('STORE_FULL', { action: 'read trace', path: '/srv/secret folder/data/trace-recent.db' })
  world.trace.ask = () => Promise.reject(full)
  const answer = await app.inject({ url: '/api/v1/trace/journey?of=urn:epc:id:sgtin:9506000.013435.1', headers })
  assert.deepEqual([answer.statusCode, answer.json().title], [507, 'No storage left'])
  assert.ok(answer.json().detail.includes('trace-recent.db') && !answer.body.includes('/srv'), answer.body)
  world.health.register('disk', () => Promise.reject(new Error('Cannot commit: the disk of /srv/data/collector.db is full')))
  const ready = await app.inject({ url: '/health/ready' })
  assert.ok(ready.statusCode === 503 && ready.body.includes('collector.db') && !ready.body.includes('/srv'), ready.body)
})

test('what is no HTTP, or has too large a head, is answered with a code', async () => {
  const world = await createWorld({ withAccount: false })
  await using api = await startApi({ ...world, metrics: createMetrics(), host: '127.0.0.1', port: 0 })
  const ask = async (text: string) => {
    const socket = connect(api.port, '127.0.0.1')
    socket.setTimeout(5_000, () => socket.destroy())
    socket.write(text)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return answer
  }
  assert.match(await ask('hello\r\n\r\n'), /^HTTP\/1\.1 400 [^]*"code":"REQUEST_MALFORMED"/)
  assert.match(await ask(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 [^]*"code":"HEADERS_TOO_LARGE"/)
  const long = await ask(`GET /epcis/v2/events?EQ_eventID=${'a'.repeat(40_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)
  assert.match(long, /^HTTP\/1\.1 414 [^]*"type":"epcisException:URITooLongException"/)
})

test('who sends a request too slowly and does not read the answer is cut off', async () => {
  const closed = Promise.withResolvers<void>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('close', () => closed.resolve())
    answerSocketFault(Object.assign(new Error('too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const silent = connect({ port: address !== null && typeof address === 'object' ? address.port : 0, allowHalfOpen: true })
  silent.on('error', () => {})
  const limit = setTimeout(() => closed.reject(new Error('the connection is still open after 5 s')), 5_000)
  await closed.promise
  clearTimeout(limit)
  silent.destroy()
  server.close()
})

test('text that reads as a number beyond all limits is refused, as is a step that its kind of case cannot take', async () => {
  const app = await createCheckedServer(await createWorld({ withAccount: false }))
  for (const url of ['/api/v1/points?limit=1e999', '/api/v1/public/recalls?limit=1e999']) {
    const answer = await app.inject({ url, headers })
    assert.deepEqual([answer.statusCode, answer.json().code], [400, 'REQUEST_INVALID'], answer.body)
  }
  const report = { source: 'inspectionBody', report: { text: 'A magnet came off a toy', goods: { name: 'Toy' } } }
  const answer = await app.inject({ method: 'POST', url: '/api/v1/reports', headers, payload: report })
  assert.equal(answer.statusCode, 200, answer.body)
  const handedIn = answer.json().report
  const triage = { why: 'x', reliability: '1e999' }
  const refused = await app.inject({ method: 'POST', url: `/api/v1/reports/${handedIn.id}/triage`, headers, payload: triage })
  assert.deepEqual([refused.statusCode, refused.json().code], [400, 'REQUEST_INVALID'], refused.body)
  const url = '/api/v1/companies/9501101530003/credit/entries/%3Cscript%3E/appeal'
  const appeal = await app.inject({ method: 'POST', url, headers, payload: { grounds: 'g', why: 'w' } })
  assert.deepEqual([appeal.statusCode, appeal.json().code], [422, 'STEP_INVALID'], appeal.body)
})
