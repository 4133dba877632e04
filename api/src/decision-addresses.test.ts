/** Every address about decisions answers to its schema: warnings, recalls, policy, supervision, publication, exchange. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { noticeContent, planOf, report, said } from '@tracegate/model/recall-testing'
import { RecallDetail } from '@tracegate/model/http-recalls'
import {
  anomalyOf,
  authorization,
  chamber,
  createWorld,
  itemOf,
  raise,
  startMs,
  traceEvent,
  vaccine,
  importer,
  minuteMs
} from './harness.ts'
import { createTriggerEngine } from './trigger.ts'
import { createOffice } from './warnings/harness.ts'

/** What is asked here; `server.test.ts` asks the rest. */
const decisionPrefixes = [
  '/api/v1/recalls',
  '/api/v1/public/recalls',
  '/api/v1/warnings',
  '/api/v1/policy',
  '/api/v1/assessments',
  '/api/v1/quality-index',
  '/api/v1/evaluations',
  '/api/v1/plans',
  '/api/v1/public/plans',
  '/api/v1/draws',
  '/api/v1/public/draws',
  '/api/v1/consignments',
  '/api/v1/companies',
  '/api/v1/public/blacklist',
  '/api/v1/certificates',
  '/api/v1/laboratories',
  '/api/v1/inspection-catalogue',
  '/api/v1/publications',
  '/api/v1/public/notices',
  '/api/v1/alert-subscriptions',
  '/api/v1/exchange'
]
const described = compileValidator(Type.Object({ paths: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())) }))
const day = 86_400_000
const nowMs = () => startMs + 63 * minuteMs
const text = (en: string) => ({ zh: en, en })

async function decided() {
  const world = await createWorld({ nowMs, withAccount: false })
  const goods = itemOf(vaccine, 1)
  await world.trace.capture([traceEvent({ id: 'in', atMs: startMs, objects: [goods], bizStep: 'storing', bizLocation: chamber })])
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf())
  await trigger.idle()
  const office = await createOffice(world)
  const { app } = office
  const send = async (method: 'POST' | 'PUT', url: string, payload: object) => {
    const answer = await app.inject({ method, url: `/api/v1/${url}`, headers: { authorization }, payload })
    assert.equal(answer.statusCode, 200, `${url}: ${answer.body}`)
    return answer.body
  }
  const warning = 'W-2026-000001'
  const published = await office.publish(warning)
  const evaluation = await office.evaluation(warning, 'keep')

  const body = { ...report, products: [goods], company: { key: importer, name: said('Maker') } }
  const reported = compileValidator(RecallDetail).check(JSON.parse(await send('POST', 'recalls', body)))
  assert.ok(reported.ok)
  const recall = reported.value.id
  const step = (path: string, payload: object) => send('POST', `recalls/${recall}${path}`, payload)
  await step('/plan', { plan: { ...planOf(nowMs()), returnTo: [importer] } })
  await step('/scope', {})
  await step('/notice', { content: noticeContent })
  await step('/start', {})
  await step('/sample', {})
  const { scope } = (await world.context.recalls.book.get(recall)).state

  const item = { id: 'a', title: text('a'), hsPrefix: '30', hazard: 'health', analyte: 'a', points: [], samples: 1 }
  await send('POST', 'plans', { id: 'p', title: text('p'), fromMs: startMs, toMs: startMs + day, items: [item] })
  await send('POST', 'plans/p/adopt', {})
  await send('POST', 'plans/p/close', {})
  await send('POST', 'plans/p/publish', { summary: text('done') })
  const lists = { subjects: [{ id: 'S', stratum: 'A' }], inspectors: [{ id: 'I', excluded: [] }], count: 1, inspectorsEach: 1 }
  await send('POST', 'draws', { id: 'd', title: text('d'), beacon: text('b'), ...lists })
  const scopes = [{ hsPrefix: '30', hazards: ['health'] }]
  const accredited = { accreditation: 'L1', accreditedUntilMs: startMs + day }
  await send('PUT', 'laboratories/lab', { id: 'lab', name: text('lab'), scope: scopes, ...accredited })
  const kind = { goods: [{ hsCode: '300220', lots: [] }], hazards: ['health'], conforms: true, attachments: [] }
  await send('POST', 'certificates', { id: 'c', laboratory: 'lab', number: '1', issuedMs: startMs, validUntilMs: startMs + day, ...kind })
  const declared = { importer: '9506000134352', goods: [{ hsCode: '300220', lots: [] }], certificates: [], units: [], declaredMs: startMs }
  await send('POST', 'consignments', { id: 'k', direction: 'import', ...declared })
  return { app, warning, published, evaluation, recall, holder: scope?.holders[0]?.id ?? '' }
}

test('every address about decisions answers to its schema', async () => {
  const { app, warning, published, evaluation, recall, holder } = await decided()
  const addresses = [
    `/api/v1/recalls`,
    ...['', '/scope', '/scope/changes', '/progress', '/sample', `/holders/${holder}/notice`, '/publications'].map(
      (rest) => `/api/v1/recalls/${recall}${rest}`
    ),
    '/api/v1/public/recalls',
    `/api/v1/public/recalls/${recall}`,
    '/api/v1/warnings?level=II&status=published',
    ...['', '/versions', '/versions/1', '/recall-scope', '/publications'].map((rest) => `/api/v1/warnings/${warning}${rest}`),
    '/api/v1/policy',
    '/api/v1/policy/versions',
    '/api/v1/policy/versions/1',
    '/api/v1/policy/diff?from=1&to=1',
    '/api/v1/policy/schema',
    '/api/v1/assessments',
    `/api/v1/assessments/${published.assessment}`,
    '/api/v1/quality-index?by=brand',
    `/api/v1/evaluations?warning=${warning}`,
    `/api/v1/evaluations/${evaluation}`,
    '/api/v1/plans?state=closed',
    '/api/v1/plans/p',
    '/api/v1/public/plans/p',
    '/api/v1/draws',
    '/api/v1/draws/d',
    '/api/v1/public/draws/d',
    '/api/v1/public/draws/d/verify',
    '/api/v1/consignments',
    '/api/v1/consignments/k',
    '/api/v1/companies/9506000134352/credit',
    '/api/v1/public/blacklist',
    '/api/v1/certificates',
    '/api/v1/certificates/c',
    '/api/v1/laboratories',
    '/api/v1/inspection-catalogue',
    '/api/v1/publications/dead',
    '/api/v1/public/notices?q=vaccine',
    '/api/v1/alert-subscriptions',
    '/api/v1/exchange/messages',
    '/api/v1/exchange/schemas'
  ]
  const headers = { authorization }
  for (const url of addresses) {
    const answer = await app.inject({ url, headers })
    assert.equal(answer.statusCode, 200, `${url}: ${answer.body.slice(0, 1_000)}`)
  }
  // Asked where there is something to give: a closed recall, a photograph, a message that came.
  const elsewhere = [/\/report$/, /\/photo$/, /\/exchange\/messages\/\{id\}$/, /\/exchange\/schemas\/\{id\}$/]
  const read = described.check((await app.inject({ url: '/openapi.json' })).json())
  assert.ok(read.ok)
  for (const [path, methods] of Object.entries(read.value.paths)) {
    if (!Object.hasOwn(methods, 'get') || !decisionPrefixes.some((prefix) => path.startsWith(prefix))) continue
    if (elsewhere.some((pattern) => pattern.test(path))) continue
    const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/?]+')}(\\?|$)`)
    assert.ok(
      addresses.some((address) => pattern.test(address)),
      `${path} is not asked for here`
    )
  }
})
