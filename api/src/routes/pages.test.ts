/** Pages, files and Digital Links, before, during and after a build. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createCheckedServer, createWorld, vaccine } from '../harness.ts'

async function built(t: TestContext, webReady?: Promise<void>) {
  const webRoot = await mkdtemp(join(tmpdir(), 'tracegate-pages-'))
  t.after(() => rm(webRoot, { recursive: true }))
  const write = async () => {
    await mkdir(join(webRoot, 'assets'), { recursive: true })
    await writeFile(join(webRoot, 'console.html'), '<title>console</title>')
    await writeFile(join(webRoot, 'trace.html'), '<title>trace</title>')
    await writeFile(join(webRoot, 'assets/main-1a2b.js'), 'let a')
  }
  if (webReady === undefined) await write()
  const world = await createWorld({ withAccount: false })
  return { app: await createCheckedServer(world, { webRoot, webReady }), write }
}

test('the views of the console give the console, the trace page its own, files themselves', async (t) => {
  const { app } = await built(t)
  for (const url of ['/', '/points/port-1', '/warnings', '/warnings/W-2026-000001']) {
    const answer = await app.inject({ url })
    assert.equal(answer.body, '<title>console</title>', url)
    assert.equal(answer.headers['cache-control'], 'no-cache')
    assert.match(String(answer.headers['content-type']), /^text\/html/)
  }
  assert.equal((await app.inject({ url: '/t/?code=1' })).body, '<title>trace</title>')
  assert.equal((await app.inject({ url: '/t?code=1' })).headers.location, '/t/?code=1')
  const file = await app.inject({ url: '/assets/main-1a2b.js' })
  assert.equal(file.body, 'let a')
  assert.match(String(file.headers['cache-control']), /immutable/)
  for (const url of ['/nothing', '/assets/none.js', '/../package.json', '/%2e%2e/package.json', '/api/none'])
    assert.ok([401, 403, 404].includes((await app.inject({ url })).statusCode), url)
})

test('a page asked for during the build waits for it', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { app, write } = await built(t, promise)
  let done = false
  const answer = app.inject({ url: '/' }).then((response) => {
    done = true
    return response
  })
  assert.equal((await app.inject({ url: '/health/live' })).statusCode, 200)
  assert.equal(done, false)
  await write()
  resolve()
  assert.equal((await answer).body, '<title>console</title>')
})

test('a failed build says so, and so does a page that is not there', async (t) => {
  const { promise, reject } = Promise.withResolvers<void>()
  const { app } = await built(t, promise)
  reject(new Error('no compiler'))
  await Promise.allSettled([promise])
  const failed = await app.inject({ url: '/' })
  assert.equal(failed.json().code, 'PAGES_FAILED')
  assert.match(failed.json().detail, /no compiler/)
  const { app: unbuilt } = await built(t, Promise.resolve())
  const absent = await unbuilt.inject({ url: '/' })
  assert.equal(absent.json().code, 'PAGES_ABSENT')
  assert.equal((await unbuilt.inject({ url: '/assets/none.js' })).headers['cache-control'], 'no-store')
})

test('a Digital Link leads a browser to the trace page and gives JSON to who asks for it', async () => {
  const app = await createCheckedServer(await createWorld({ withAccount: false }))
  const browser = await app.inject({ url: '/01/09506000134352/10/LOT7?17=261231', headers: { accept: 'text/html,*/*' } })
  assert.equal(browser.statusCode, 307)
  const target = new URL(String(browser.headers.location), 'http://localhost')
  assert.equal(target.pathname, '/t/')
  assert.equal(target.searchParams.get('code'), `${vaccine}/10/LOT7`)
  const json = await app.inject({ url: '/01/09506000134352/10/LOT7', headers: { accept: 'application/json' } })
  assert.equal(json.json().kind, 'lot')
  assert.equal(json.headers['x-ratelimit-limit'], '600', 'limited like every look-up that anybody may make')
  assert.equal((await app.inject({ url: '/01/123' })).json().code, 'LINK_INVALID')
})
