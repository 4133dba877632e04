/** Nobody comes in by writing an address in another way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { createCheckedServer, createWorld } from './harness.ts'

const publicPaths = new Set([
  '/api/v1/session',
  '/api/v1/public/lookup',
  '/api/v1/public/journey',
  '/api/v1/public/recall-status',
  '/api/v1/public/passport',
  '/api/v1/public/notices',
  '/api/v1/public/alert-subscriptions',
  '/api/v1/public/reports',
  '/api/v1/public/reports/look-up',
  '/api/v1/public/reports/attachments',
  '/api/v1/public/recalls',
  '/api/v1/public/recalls/{id}',
  '/api/v1/public/recalls/{id}/photo',
  '/api/v1/public/plans/{id}',
  '/api/v1/public/draws/{id}',
  '/api/v1/public/draws/{id}/verify',
  '/api/v1/public/blacklist',
  // The token of the holder opens them.
  '/recall-notices/{recall}/{holder}/{token}',
  '/recall-notices/{recall}/{holder}/{token}/notice.pdf',
  '/recall-notices/{recall}/{holder}/{token}/goods.csv',
  '/recall-notices/{recall}/{holder}/{token}/photo',
  '/api/v1/public/recall-notices/{recall}/{holder}/{token}/reply',
  '/api/v1/public/recall-notices/{recall}/{holder}/{token}/proofs',
  '/api/v1/exchange/schemas',
  '/api/v1/exchange/schemas/{id}',
  '/feeds/warnings.atom',
  '/cap/{id}.xml',
  '/w',
  '/w/{number}',
  '/w/{number}/{edition}',
  '/r/{number}',
  '/r/{number}/{edition}',
  '/alerts',
  '/api/v1/policy/schema',
  '/health/live',
  '/health/ready',
  '/version',
  // The resolver tells everybody what it resolves.
  '/.well-known/gs1resolver',
  // Served to the same machine.
  '/metrics'
])
const descriptions = compileValidator(Type.Object({ paths: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())) }))

/** The address as it is, and with one letter after the other percent-encoded. */
function writingsOf(path: string): string[] {
  const encode = (at: number) => `${path.slice(0, at)}%${path.charCodeAt(at).toString(16)}${path.slice(at + 1)}`
  return [path, ...[1, 2, 5, 6].filter((at) => /[a-z]/.test(path[at] ?? '')).map(encode)]
}

const askedMethods = ['get', 'post', 'put', 'delete', 'options'] as const

test('no spelling of an address gets past the sign-in', async () => {
  const app = await createCheckedServer(await createWorld())
  const described = descriptions.check((await app.inject({ url: '/openapi.json' })).json())
  assert.ok(described.ok)
  let asked = 0
  for (const [path, methods] of Object.entries(described.value.paths)) {
    if (publicPaths.has(path)) continue
    const address = path.replaceAll(/\{\w+\}/g, 'x')
    for (const method of Object.keys(methods))
      for (const url of writingsOf(address)) {
        const known = askedMethods.find((one) => one === method) ?? assert.fail(`${method} ${path} is not asked here`)
        const answer = await app.inject({ method: known, url })
        const refused = answer.statusCode === 401 || answer.json().code === 'ROUTE_UNKNOWN'
        assert.ok(refused, `${method} ${url} answered ${answer.statusCode} ${answer.body}`)
        assert.equal(answer.headers['content-type'], 'application/problem+json', url)
        if (url === address) assert.equal(answer.statusCode, 401, `${method} ${url}`)
        asked += 1
      }
  }
  assert.ok(asked > 60, `${asked} requests`)
})

test('the pages, the docs and the public answers need no sign-in', async () => {
  const app = await createCheckedServer(await createWorld())
  for (const url of ['/docs', '/docs/static/swagger-ui.css', '/openapi.json', '/version', '/health/live', '/%76ersion'])
    assert.equal((await app.inject({ url, headers: { host: 'localhost' } })).statusCode, 200, url)
})
