/** From a published journal to CAP, feed, pages and retained topics, with nothing but the public interface. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCapFeed } from '@tracegate/model/cap-feed'
import { readCap } from '@tracegate/model/cap-read'
import type { CapAlert } from '@tracegate/model/cap'
import { authorization } from '../harness.ts'
import { appendSteps, liftedSteps, publish, publishedSteps, raisedStep, startPublishing, until } from './test-world.ts'

const facts = { id: 'W-2026-000001', number: 'TG-2026-0001' }

async function capAt(api: { get(path: string, headers?: Record<string, string>): Promise<Response> }, path: string): Promise<CapAlert> {
  const response = await api.get(path, { authorization })
  assert.equal(response.status, 200, path)
  const read = readCap(await response.text())
  assert.ok(read.ok, JSON.stringify(read))
  assert.deepEqual(read.remarks, [])
  return read.alert
}

test('a published, raised and lifted warning is a chain of valid CAP messages in both languages', async () => {
  await using api = await startPublishing()
  await publish(api.world, facts)
  await appendSteps(api.world, facts.id, [raisedStep(facts, { level: 'I' }), ...liftedSteps])
  await until('the last message', async () => (await api.get(`/cap/${facts.number}.3.xml`)).ok)
  const [first, second, third] = [
    await capAt(api, `/cap/${facts.number}.1.xml`),
    await capAt(api, `/cap/${facts.number}.2.xml`),
    await capAt(api, `/cap/${facts.id}.xml`)
  ]
  assert.deepEqual([first.msgType, second.msgType, third.msgType], ['Alert', 'Update', 'Cancel'])
  assert.deepEqual(
    third.references,
    [first, second].map(({ sender, identifier, sent }) => ({ sender, identifier, sent }))
  )
  assert.deepEqual(
    first.infos.map(({ language, severity, urgency, certainty }) => [language, severity, urgency, certainty]),
    [
      ['zh-CN', 'Severe', 'Expected', 'Observed'],
      ['en-GB', 'Severe', 'Expected', 'Observed']
    ]
  )
  assert.deepEqual([second.infos[0]?.severity, third.infos[0]?.responseTypes, third.infos[0]?.urgency], ['Extreme', ['AllClear'], 'Past'])
  const parameters = Object.fromEntries(first.infos[0]?.parameters.map(({ valueName, value }) => [valueName, value]) ?? [])
  assert.deepEqual(
    [parameters['level'], parameters['colour'], parameters['gtin'], parameters['lot'], parameters['brand'], parameters['measure']],
    ['II', 'orange', '09506000134352', 'LOT-7', 'Brand', 'suspendSale']
  )
  const codes = first.infos[0]?.areas.flatMap(({ geocodes }) => geocodes.map(({ valueName, value }) => `${valueName} ${value}`)) ?? []
  assert.ok(codes.includes('UN/LOCODE CNSHG') && codes.includes('GB/T 2260 310115'))
})

test('kinds decide the scope of a message, and what is not public needs a key everywhere', async () => {
  await using api = await startPublishing()
  const bulletin = {
    id: 'W-2',
    number: 'TG-2026-0002',
    change: { kind: 'bulletin', controlInstruction: { zh: '扣留', en: 'Detain' }, audience: { ports: ['CNSHG'] } }
  } as const
  const notice = {
    id: 'W-3',
    number: 'TG-2026-0003',
    change: { kind: 'operatorNotice', audience: { operators: ['9506000134352'] } }
  } as const
  await publish(api.world, { ...bulletin, change: { ...bulletin.change, audience: { ports: ['CNSHG'] } } })
  await publish(api.world, { ...notice, change: { ...notice.change, audience: { operators: ['9506000134352'] } } })
  await until(
    'both',
    async () => (await api.get('/cap/W-3.xml', { authorization })).ok && (await api.get('/cap/W-2.xml', { authorization })).ok
  )
  const [closed, limited] = [await capAt(api, '/cap/W-2.xml'), await capAt(api, '/cap/W-3.xml')]
  assert.deepEqual([closed.scope, closed.addresses], ['Private', ['CNSHG']])
  assert.equal(limited.scope, 'Restricted')
  assert.ok(limited.restriction !== undefined)
  for (const path of ['/cap/W-2.xml', '/cap/W-3.xml', '/w/TG-2026-0002', '/w/W-3']) assert.equal((await api.get(path)).status, 404, path)
  const open = await (await api.get('/feeds/warnings.atom')).text()
  const all = await (await api.get('/feeds/warnings.atom', { authorization })).text()
  assert.ok(!open.includes('TG-2026') && all.includes('TG-2026-0002') && all.includes('TG-2026-0003'))
})

test('drafts and drills are in no feed; a drill is an exercise in CAP and is shown when asked for', async () => {
  await using api = await startPublishing()
  await appendSteps(api.world, 'W-4', publishedSteps({ id: 'W-4', number: 'x' }).slice(0, 3))
  await publish(api.world, { id: 'W-5', number: 'TG-DRILL-2026-0001', drill: true })
  const drill = await until('the drill', async () => {
    const response = await api.get('/cap/W-5.xml')
    return response.ok ? response.text() : undefined
  })
  assert.match(drill, /<status>Exercise<\/status>/)
  assert.equal((await api.get('/cap/W-4.xml')).status, 404)
  assert.equal((await api.get('/w/W-4')).status, 404)
  assert.ok(!(await (await api.get('/feeds/warnings.atom')).text()).includes('DRILL'))
  assert.ok((await (await api.get('/feeds/warnings.atom?drills=true')).text()).includes('DRILL'))
})

test('the feed is valid Atom, is filtered, and answers 304 to who has it', async () => {
  await using api = await startPublishing()
  await publish(api.world, facts)
  await publish(api.world, { id: 'W-6', number: 'TG-2026-0009', change: { level: 'IV', title: { zh: '玩具', en: 'Toy <b>' } } })
  const text = await until('both entries', async () => {
    const body = await (await api.get('/feeds/warnings.atom')).text()
    return body.includes('TG-2026-0009') && body.includes('TG-2026-0001') ? body : undefined
  })
  const read = readCapFeed(text)
  assert.ok(read.ok, JSON.stringify(read))
  assert.deepEqual([read.entries.length, read.remarks], [2, []])
  const onlyIV = await api.get('/feeds/warnings.atom?level=IV&lang=en')
  const body = await onlyIV.text()
  assert.ok(body.includes('TG-2026-0009') && !body.includes('TG-2026-0001') && body.includes('Toy &lt;b&gt;') && !body.includes('玩具'))
  const again = await api.get('/feeds/warnings.atom?level=IV&lang=en', { 'if-none-match': onlyIV.headers.get('etag') ?? '' })
  assert.equal(again.status, 304)
  assert.equal((await api.get('/feeds/warnings.atom?page=2')).status, 404)
})

test('the page of a warning says what it is in both languages, without script and without a holder', async () => {
  await using api = await startPublishing()
  await publish(api.world, facts)
  const response = await until('the page', async () => {
    const page = await api.get(`/w/${facts.number}`)
    return page.ok ? page : undefined
  })
  const html = await response.text()
  assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
  for (const part of ['疫苗冷链失效', 'Vaccine cold chain failure', 'LOT-7', '橙色', 'Do not use it', '&#38;'])
    assert.ok(html.includes(part), part)
  assert.ok(!/<script|9506000134376|进口商/.test(html))
  await appendSteps(api.world, facts.id, liftedSteps)
  await until('the lifted page', async () => (await (await api.get(`/w/${facts.id}`)).text()).includes('was lifted on'))
  const old = await (await api.get(`/w/${facts.number}/1`)).text()
  assert.ok(old.includes('earlier version') && old.includes('was lifted on'))
})

test('a restart finds what was published while nobody looked', async () => {
  const before = await startPublishing()
  await before[Symbol.asyncDispose]()
  await appendSteps({ ...before.world, bus: { ...before.world.bus, publish: () => undefined } }, facts.id, [
    ...publishedSteps(facts),
    raisedStep(facts, { level: 'I' })
  ])
  await using after = await startPublishing({}, before.world)
  await until('both messages', async () => (await after.get(`/cap/${facts.number}.2.xml`)).ok)
  const first = await (await after.get(`/cap/${facts.number}.1.xml`)).text()
  assert.match(first, /<value>II<\/value>/)
})
