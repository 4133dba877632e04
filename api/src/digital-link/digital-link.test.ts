/** The resolver over HTTP: forms, link types, fall-back, redirects, refusals, and the vectors of others. */
import type { RecallCase } from '@tracegate/model/recall-case'
import type { RecallStep, RecallStepType } from '@tracegate/model/recall-steps'
import { fittingStep } from '@tracegate/model/recall-testing'
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { Linkset, LinkTarget, linkTypeUri } from '@tracegate/model/linkset'
import { authorization, createCheckedServer, createWorld, fish, startMs, traceEvent, vaccine } from '../harness.ts'
import { buildServer } from '../server.ts'
import { hrefFault } from './links.ts'

const item = '/01/09506000134352/10/LOT7/21/S1'
const pip = 'https://ref.gs1.org/voc/pip'
const linkset = compileValidator(Linkset)
const target = compileValidator(LinkTarget)

async function open() {
  const world = await createWorld({ withAccount: false })
  const app = await createCheckedServer(world)
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })
  const put = (url: string, payload: object, headers: Record<string, string> = { 'if-none-match': '*' }) =>
    app.inject({ method: 'PUT', url: `/api/v1/${url}`, headers: { authorization, ...headers }, payload })
  return { world, app, get, put }
}

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const keep = (href: string, more: object = {}) => ({ linkType: 'gs1:pip', href, title: { zh: '页', en: 'Page' }, ...more })

test('the link set has a context for item, lot and product, each as RFC 9264 has it', async () => {
  const { get } = await open()
  for (const [url, headers] of [
    [item, { accept: 'application/linkset+json', 'accept-language': 'zh-CN,en;q=0.5' }],
    [`${item}?linkType=linkset`, html],
    [`${item}?linkType=all`, {}]
  ] as const) {
    const answer = await get(url, headers)
    assert.equal(answer.statusCode, 200, url)
    assert.match(String(answer.headers['content-type']), /^application\/linkset\+json/)
    const read = linkset.check(answer.json())
    assert.ok(read.ok, JSON.stringify(read))
    assert.deepEqual(
      read.value.linkset.map((context) => context.anchor),
      [`${vaccine}/21/S1`, `${vaccine}/10/LOT7`, vaccine]
    )
    for (const context of answer.json().linkset)
      for (const [relation, targets] of Object.entries(context))
        if (Array.isArray(targets)) for (const one of targets) assert.ok(target.check(one).ok, `${relation} ${JSON.stringify(one)}`)
  }
  const [first] = (await get(item, { accept: 'application/linkset+json', 'accept-language': 'zh' })).json().linkset
  for (const type of ['pip', 'traceability', 'epcis', 'recallStatus', 'safetyInfo', 'dpp', 'defaultLink'])
    assert.ok(`https://ref.gs1.org/voc/${type}` in first, type)
  assert.equal(first.description, 'Vaccine（中）')
  assert.deepEqual(first[pip][0].hreflang, ['zh', 'en'])
  assert.equal(first[pip][0].title, '产品与追溯信息')
  const text = await get(item, { accept: 'application/linkset' })
  assert.match(text.body, /rel="https:\/\/ref\.gs1\.org\/voc\/recallStatus".*anchor="https:\/\/id\.gs1\.org\/01\/09506000134352\/21\/S1"/)
})

test('a Link header names the link set and the GS1 name, and every answer allows any origin', async () => {
  const { get, app } = await open()
  const answer = await get('/01/09506000134352', html)
  assert.match(String(answer.headers.link), /^<\/01\/09506000134352\?linkType=linkset>; rel="linkset"; type="application\/linkset\+json"/)
  assert.match(String(answer.headers.link), /<https:\/\/id\.gs1\.org\/01\/09506000134352>; rel="owl:sameAs"/)
  assert.equal(answer.headers['access-control-allow-origin'], '*')
  const head = await app.inject({ method: 'HEAD', url: '/01/09506000134352', headers: html })
  assert.deepEqual([head.statusCode, head.headers.location, head.body], [307, answer.headers.location, ''])
  const options = await app.inject({ method: 'OPTIONS', url: '/01/09506000134352' })
  assert.deepEqual([options.statusCode, options.headers.allow], [204, 'GET, HEAD, OPTIONS'])
  const described = await get('/.well-known/gs1resolver', { host: 'trace.example.com' })
  assert.equal(described.json().resolverRoot, 'http://trace.example.com')
  assert.ok(described.json().supportedPrimaryKeys.includes('8006'))
  assert.equal((await get('/.well-known/gs1resolver', { host: 'a"b' })).json().resolverRoot, 'http://localhost')
})

test('linkType chooses, in any spelling, and says which there are when it cannot', async () => {
  const { get } = await open()
  const place = async (query: string, headers = {}) => String((await get(`/01/09506000134352${query}`, headers)).headers.location)
  const page = `/t/?code=${encodeURIComponent(vaccine)}`
  assert.equal(await place(''), page)
  for (const type of ['gs1:pip', 'gs1:defaultLink', 'https://gs1.org/voc/pip', encodeURIComponent('https://www.gs1.org/voc/pip')])
    assert.equal(await place(`?linkType=${type}`), page, type)
  assert.equal(await place('?linkType=gs1:traceability', html), page)
  assert.equal(
    await place('?linkType=gs1:recallStatus', { accept: 'application/json' }),
    `/api/v1/public/recall-status?of=${encodeURIComponent(vaccine)}`
  )
  assert.equal(await place('?linkType=gs1:epcis'), `/epcis/v2/epcs/${encodeURIComponent(vaccine)}/events`)
  const none = await get('/01/09506000134352?linkType=gs1:recipeInfo')
  assert.equal(none.statusCode, 404)
  assert.match(none.json().detail, /gs1:recipeInfo.*expected one of gs1:pip, gs1:traceability/)
  assert.equal((await get('/01/09506000134352?linkType=nonsense')).statusCode, 400)
  assert.equal((await get('/01/09506000134352?linkType=gs1:pip&linkType=gs1:dpp')).statusCode, 400)
  assert.equal(linkTypeUri('javascript:alert(1)'), undefined)
})

test('kept links answer for what is below them, by language and media type, with the query of the request', async () => {
  const { get, put } = await open()
  assert.equal((await put('link-hosts', { hosts: ['www.example.com', 'docs.example.com:8443'] })).statusCode, 200)
  const links = [
    keep('https://www.example.com/en?a=1#top', { hreflang: ['en'], type: 'text/html', isDefault: true }),
    keep('https://www.example.com/zh', { hreflang: ['zh-CN'], type: 'text/html', passQuery: false }),
    keep('https://docs.example.com:8443/sheet', { linkType: 'gs1:safetyInfo', type: 'application/pdf' })
  ]
  const kept = await put(`links/${encodeURIComponent('urn:epc:idpat:sgtin:9506000.013435.*')}`, { links })
  assert.equal(kept.statusCode, 200, kept.body)
  assert.equal(kept.json().key, vaccine)
  const place = async (url: string, headers = {}) => String((await get(url, headers)).headers.location)
  assert.equal(
    await place(`${item}?17=261231&linkType=gs1:pip&a=2&b=x%20y`, { 'accept-language': 'de,en;q=0.5' }),
    'https://www.example.com/en?a=1&17=261231&b=x%20y#top'
  )
  assert.equal(await place(`${item}?linkType=gs1:pip`, { 'accept-language': 'zh' }), 'https://www.example.com/zh')
  assert.equal(await place(item), 'https://www.example.com/en?a=1#top', 'the default')
  assert.equal(await place(`${item}?linkType=gs1:safetyInfo`, { accept: 'application/pdf' }), 'https://docs.example.com:8443/sheet')
  await put(`links/${encodeURIComponent(`${vaccine}/10/LOT7`)}`, { links: [keep('/t/?code=lot')] })
  assert.equal(await place(`${item}?linkType=gs1:pip`), '/t/?code=lot', 'the lot comes before the product')
  const answer = await get('/api/v1/links', { authorization })
  assert.equal(answer.json().items.length, 2)
  await put('link-hosts', { hosts: [] })
  assert.equal(
    await place(`/01/09506000134352?linkType=gs1:safetyInfo`),
    `/w?code=${encodeURIComponent(vaccine)}`,
    'a host that is allowed no more'
  )
})

test('no link leads where it was not allowed to, and links have versions', async () => {
  const { put, app } = await open()
  const url = `links/${encodeURIComponent(fish)}`
  for (const href of [
    'https://evil.example',
    'http://www.example.com/',
    '//evil.example/x',
    '/\\evil.example',
    'javascript:alert(1)',
    'https://a@evil.example/',
    '/a\u0009b',
    'data:text/html,x'
  ])
    assert.equal((await put(url, { links: [keep(href)] })).statusCode, 400, href)
  const hosts = new Set(['ok.example'])
  for (const href of [
    '/.//evil.example',
    'https://ok.example.evil.example/',
    'https://ok.example@evil.example/',
    'https://ok.example:444/',
    'https://evil.example#@ok.example'
  ])
    assert.equal(hrefFault(href, hosts) === undefined, href === '/.//evil.example', href)
  const fault = (
    await put(url, { links: [keep('https://evil.example'), keep('/a', { isDefault: true }), keep('/b', { isDefault: true })] })
  ).json()
  assert.deepEqual(
    fault.findings.map((one: { pointer: string }) => one.pointer),
    ['/links/0/href', '/links']
  )
  assert.equal((await put(url, { links: [keep('/a')] })).json().version, 1)
  assert.equal((await put(url, { links: [keep('/b')] })).statusCode, 412)
  assert.equal((await put(url, { links: [keep('/b')] }, {})).statusCode, 428)
  assert.equal((await put(url, { links: [keep('/b')] }, { 'if-match': '"1"' })).json().version, 2)
  const remove = () => app.inject({ method: 'DELETE', url: `/api/v1/${url}`, headers: { authorization } })
  assert.equal((await remove()).statusCode, 204)
  assert.equal((await remove()).statusCode, 404)
  assert.equal((await put('links/nothing', { links: [keep('/a')] })).json().code, 'LINKS_KEY')
  assert.equal((await app.inject({ method: 'PUT', url: `/api/v1/${url}`, payload: { links: [keep('/a')] } })).statusCode, 401)
})

test('what is wrong with a link is said, with the digit that was wanted', async () => {
  const { get } = await open()
  for (const [url, status, detail] of [
    ['/01/09506000134353', 400, /check digit 3, expected 2/],
    ['/00/095060001343520002', 400, /\(00\) is 095060001343520002 with check digit 2, expected \d/],
    ['/414/9506000134337', 400, /check digit 7, expected 8/],
    ['/01/123', 400, /value of \(01\) is "123"/],
    ['/01/09506000134352/21/S/10/L', 400, /in order/],
    ['/01/09506000134352/21/%zz', 400, /percent-encoded/],
    ['/01/09506000134352/21/%ff', 400, /./],
    ['/01/09506000134352/21/%00', 400, /./],
    ['/gtin/09506000134352', 400, /expected "\/01\/"/],
    ['/01/09506000134352/', 400, /./],
    [`/01/09506000134352?${'a'.repeat(5_000)}`, 414, /5018 characters/],
    [`/01/09506000134352?99=${'a'.repeat(9_000)}`, 414, /./]
  ] as const) {
    const answer = await get(url, html)
    assert.equal(answer.statusCode, status, url)
    assert.match(answer.json().detail, detail)
  }
  // The slash inside of a serial is data; the same serial unescaped would be another path.
  const slash = await get('/01/09506000134352/21/a%2Fb', html)
  assert.equal(slash.headers.location, `/t/?code=${encodeURIComponent(`${vaccine}/21/a%2Fb`)}`)
})

test('what nobody knows is not found: a page for a person, a problem for a program', async () => {
  const { get, world } = await open()
  const unknown = '/01/09520123456788/21/%3Cscript%3E'
  const page = await get(unknown, { ...html, 'accept-language': 'zh-CN' })
  assert.equal(page.statusCode, 404)
  assert.match(page.body, /未找到该编码/)
  assert.doesNotMatch(page.body, /<script/i)
  const problem = await get('/01/09520123456788', { accept: 'application/json' })
  assert.deepEqual([problem.statusCode, problem.json().code], [404, 'LINK_UNKNOWN'])
  assert.match(String(problem.headers['content-type']), /problem\+json/)
  await world.trace.capture([traceEvent({ id: 'e', atMs: startMs, objects: ['https://id.gs1.org/01/09520123456788/21/7'] })])
  assert.equal((await get('/01/09520123456788/21/7', html)).statusCode, 307)
})

/** The step for goods of the product. */
function recallStepOf(product: string, step: RecallStep): RecallStep {
  return step.type === 'scopeFrozen' ? { ...step, scope: { ...step.scope, asked: { of: [product] }, products: [product] } } : step
}

test('recall status and passport tell what is published, and nothing of drafts or parties', async () => {
  const { get, world } = await open()
  const of = encodeURIComponent(`${vaccine}/21/S1`)
  assert.equal((await get(`/api/v1/public/recall-status?of=${of}`)).json().status, 'none')
  const take = (...types: readonly RecallStepType[]) =>
    types.reduce<Promise<unknown>>(async (before, type) => {
      await before
      const decide = (state: RecallCase | undefined) => recallStepOf(vaccine, fittingStep(type, state, startMs))
      return world.context.recalls.book.act({ id: 'R-1', by: 't', why: '', decide })
    }, Promise.resolve())
  await take('reported', 'planned', 'scopeFrozen', 'noticePublished')
  assert.equal((await get(`/api/v1/public/recall-status?of=${of}`)).json().status, 'none', 'a plan is not public')
  await take('started')
  const [recall, ...others] = (await get(`/api/v1/public/recall-status?of=${of}`)).json().recalls
  assert.deepEqual([recall.id, recall.status, recall.match, others.length], ['R-1', 'running', 'product', 0])
  const passport = await get(`/api/v1/public/passport?of=${of}`)
  assert.match(String(passport.headers['content-type']), /^application\/ld\+json/)
  assert.deepEqual([passport.json()['gs1:hasSerialNumber'], passport.json()['tracegate:recallStatus']], ['S1', 'recall'])
  assert.doesNotMatch(passport.body, /9506000134376/, 'the manufacturer is a party')
  assert.equal((await get('/api/v1/public/passport?of=09520123456788')).statusCode, 404)
  assert.doesNotMatch((await get(item, { accept: 'application/json' })).body, /manufacturer/)
})

const vectorFile = new URL('../../../../shared/testdata/gs1/digital-link-parse.json', import.meta.url)
const skip = existsSync(vectorFile) || process.env['CI'] === 'true' ? false : `needs ${vectorFile.pathname}`
test('the vectors for Digital Links hold over HTTP, too', { skip }, async () => {
  const world = await createWorld({ withAccount: false })
  const strict = await buildServer({ context: world.context, links: { fullGtinOnly: true } })
  const lenient = await buildServer({ context: world.context, links: { shortNames: true } })
  const { cases }: { cases: { id: string; uri: string; valid: boolean; allow?: Record<string, boolean> }[] } = JSON.parse(
    readFileSync(vectorFile, 'utf8')
  )
  let checked = 0
  for (const { id, uri, valid, allow = {} } of cases) {
    // A resolver's paths begin with the key; what stands before the key, or the scheme, is another server's affair.
    const path = /^https?:\/\/[^/]+(\/(?:gtin|cps|00|01|253|255|401|402|41[457]|80\d\d)\/.*)$/i.exec(uri)?.[1]
    if (path === undefined || allow['unknownAIs'] === true || /^https:\/\/(?:00|a\$|\[)/.test(uri)) continue
    const [withoutFragment = ''] = path.split('#')
    const app = Object.keys(allow).length > 0 ? lenient : strict
    const { statusCode, body } = await app.inject({ url: withoutFragment, headers: { accept: 'application/json' } })
    checked += 1
    // A link that is read is known or not; one that is not read is refused.
    if (valid) assert.ok(statusCode === 200 || (statusCode === 404 && body.includes('LINK_UNKNOWN')), `${id} ${uri} ${statusCode} ${body}`)
    else assert.ok(statusCode === 400 || (statusCode === 404 && !body.includes('LINK_UNKNOWN')), `${id} ${uri} ${statusCode} ${body}`)
  }
  assert.ok(checked > 40, `${checked} vectors`)
})
