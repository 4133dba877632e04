/** Reports of harm over HTTP, from the public form to the surge that they make. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import { Problem } from '@tracegate/model/http'
import { ReportDetail, ReportReceived, ReportState, ReportStepAnswer, ReportSummary } from '@tracegate/model/http-reports'
import { ReportCase } from '@tracegate/model/report'
import type { Static, TSchema } from 'typebox'
import { authorization, createCheckedServer, createWorld, itemOf, traceEvent, vaccine, type World } from '../harness.ts'
import type { HttpServer } from '../schema-types.ts'
import { createTriggerEngine } from '../trigger.ts'
import { samplePng, secretInImage } from './sample-images.ts'

const dayMs = 86_400_000
const startMs = Date.UTC(2026, 10, 24, 2, 17, 33)
const received = compileValidator(ReportReceived)
const states = compileValidator(ReportState)
const details = compileValidator(ReportDetail)
const stepAnswers = compileValidator(ReportStepAnswer)
const summaries = compileValidator(ReportSummary)
const problems = compileValidator(Problem)
const anomalies = compileValidator(Anomaly)
const reportCases = compileValidator(ReportCase)

function read<Schema extends TSchema>(validator: Validator<Schema>, value: unknown): Static<Schema> {
  const checked = validator.check(value)
  assert.ok(checked.ok, checked.ok ? '' : `${checked.reason.pointer} ${checked.reason.message}: ${JSON.stringify(value)}`)
  return checked.value
}

interface Tried {
  readonly app: HttpServer
  readonly world: World
  now: number
}

async function withApp(use: (tried: Tried) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-reports-'))
  const clock = { now: startMs }
  const world = await createWorld({ attachmentsFolder: folder, withAccount: false, nowMs: () => clock.now })
  const app = await createCheckedServer(world)
  try {
    await use({
      app,
      world,
      get now() {
        return clock.now
      },
      set now(value) {
        clock.now = value
      }
    })
    assert.deepEqual(world.failures, [])
  } finally {
    await world.context.surges[Symbol.asyncDispose]()
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const words = 'The needle broke off when the nurse took the cap away, and its piece hit her in the left hand'
const told = (change: object = {}) => ({ text: words, goods: { codes: ['09506000134352'], lot: 'L7' }, ...change })
const post = (app: HttpServer, url: string, payload: object, signedIn = true) =>
  app.inject({ method: 'POST', url, payload, ...(signedIn ? { headers: { authorization } } : {}) })
const casesOf = async (world: World) =>
  (await world.cases.heads({ kind: 'report', limit: 100 })).heads.map((head) => read(reportCases, head.state))
const anomaliesOf = async (world: World) =>
  (await world.cases.heads({ kind: 'anomaly', limit: 100 })).heads.map((head) => read(anomalies, head.state))

test('a complaint of the public is linked to its product and lot, and its receipt tells its state', async () => {
  await withApp(async ({ app, world }) => {
    const answer = await post(
      app,
      '/api/v1/public/reports',
      { report: told(), reporter: { name: 'Wang Li', contact: '138 0013 8000' } },
      false
    )
    assert.equal(answer.statusCode, 200, answer.body)
    const { receipt } = read(received, answer.json())
    const [report] = await casesOf(world)
    assert.equal(report?.link?.product, vaccine)
    assert.deepEqual(report.link.lots, [`${vaccine}/10/L7`])
    assert.equal(report.handedInBy, undefined)
    assert.ok(!JSON.stringify(await world.cases.journal('report', report.id)).includes('Wang Li'))
    const typed = receipt.toLowerCase().replaceAll('-', ' ')
    const state = read(states, (await post(app, '/api/v1/public/reports/look-up', { receipt: typed }, false)).json())
    assert.equal(state.status, 'received')
    assert.equal((await post(app, '/api/v1/public/reports/look-up', { receipt: 'A'.repeat(23) }, false)).statusCode, 404)
    const file = await app.inject({
      method: 'POST',
      url: '/api/v1/public/reports/attachments',
      payload: samplePng(),
      headers: { 'content-type': 'image/png', receipt }
    })
    assert.equal(file.statusCode, 200, file.body)
    const { id }: { id: string } = file.json()
    const given = await app.inject({ url: `/api/v1/attachments/${id}`, headers: { authorization } })
    assert.match(String(given.headers['content-disposition']), /^attachment;/)
    assert.equal(given.headers['content-type'], 'application/octet-stream')
    assert.ok(!given.rawPayload.includes(secretInImage))
    assert.equal((await app.inject({ url: `/api/v1/attachments/${id}` })).statusCode, 401)
    const detail = read(details, (await app.inject({ url: `/api/v1/reports/${report.id}`, headers: { authorization } })).json())
    assert.equal(detail.reporter?.name, 'Wang Li')
    assert.equal(detail.raw.text, JSON.stringify({ report: told() }))
    assert.equal(await world.cases.count('audit'), 2)
    const forgot = await post(app, `/api/v1/reports/${report.id}/forget-reporter`, { why: 'settled' })
    assert.equal(read(stepAnswers, forgot.json()).report.contactKept, false)
    assert.ok(!JSON.stringify(await world.cases.list('reporters')).includes('Wang Li'))
  })
})

test('a report goes from received to assessed, and every other way is refused with its code', async () => {
  await withApp(async ({ app, world }) => {
    await post(app, '/api/v1/reports', { source: 'inspectionBody', report: told() })
    const [report] = await casesOf(world)
    const act = async (step: string, payload: object) => post(app, `/api/v1/reports/${report?.id}/${step}`, { why: 'seen', ...payload })
    const refused = await act('conclude', { text: 'It is so' })
    assert.equal(refused.statusCode, 409)
    assert.equal(read(problems, refused.json()).code, 'REPORT_STEP')
    await act('triage', { reliability: 0.9 })
    const linked = await act('link', { goods: [`${vaccine}/10/L8`] })
    assert.equal(read(stepAnswers, linked.json()).report.status, 'linked')
    assert.equal((await act('conclude', { text: 'It is so', expectedLength: 1 })).statusCode, 409)
    const done = read(stepAnswers, (await act('conclude', { text: 'It is so', expectedLength: 3 })).json())
    assert.equal(done.report.status, 'assessed')
    assert.equal((await act('discard', {})).statusCode, 409)
    assert.equal((await post(app, `/api/v1/reports/${report?.id}/triage`, {}, false)).statusCode, 401)
    await world.accounts.ensureServiceKey('company', 'company-key-0123456789', ['read'])
    const company = { authorization: 'Bearer company-key-0123456789' }
    assert.equal((await app.inject({ url: '/api/v1/reports', headers: company })).statusCode, 403)
    const own = await app.inject({
      method: 'POST',
      url: '/api/v1/reports',
      headers: company,
      payload: { source: 'company', report: told() }
    })
    assert.equal(own.statusCode, 200)
    const summary = read(summaries, (await app.inject({ url: '/api/v1/reports/summary', headers: { authorization } })).json())
    assert.equal(summary.bySource['company'], 1)
    assert.equal(summary.byStatus['assessed'], 1)
  })
})

test('the same event is found again by number, by words and by likeness, and a person can free it', async () => {
  await withApp(async ({ app, world }) => {
    const hand = async (change: object, more: object = {}) => {
      const answer = await post(app, '/api/v1/reports', { source: 'inspectionBody', report: told(change), ...more })
      assert.equal(answer.statusCode, 200, answer.body)
      const { report }: { report: unknown } = answer.json()
      return read(reportCases, report)
    }
    const first = await hand({}, { sourceId: 'N-1' })
    assert.equal((await hand({}, { sourceId: 'N-1' })).id, first.id)
    assert.deepEqual((await hand({ text: `${words}.` }, { sourceId: 'N-1' })).duplicateOf?.ground, 'sourceId')
    assert.deepEqual((await hand({ text: words.toUpperCase() })).duplicateOf, { report: first.id, ground: 'content', similarity: 1 })
    const similar = await hand({ text: words.replace('her in the left hand', 'her on the left hand') })
    assert.equal(similar.duplicateOf?.ground, 'similar')
    assert.equal(similar.duplicateOf.report, first.id)
    assert.equal((await hand({ text: 'It was warm' })).duplicateOf, undefined)
    assert.equal((await hand({ text: 'It was warm' })).duplicateOf, undefined)
    assert.equal((await hand({ goods: { codes: ['09506000134352'], lot: 'L9' } })).duplicateOf, undefined)
    assert.equal((await hand({ goods: { codes: ['09506000134369'] } })).duplicateOf, undefined)
    const freed = await post(app, `/api/v1/reports/${similar.id}/not-duplicate`, { why: 'another nurse' })
    assert.equal(read(stepAnswers, freed.json()).report.duplicateOf, undefined)
    const again = await post(app, `/api/v1/reports/${similar.id}/duplicate`, { why: 'no, the same', of: first.id })
    assert.equal(read(stepAnswers, again.json()).report.duplicateOf?.ground, 'person')
    assert.equal(await world.cases.count('report'), 8)
  })
})

test('a surge of complaints about one lot opens one anomaly that follows them, and is withdrawn when they turn out to be one', async () => {
  await withApp(async (tried) => {
    const { app, world } = tried
    const texts = ['The cap fell off', 'It leaks at the side', 'Label gone', 'Turned brown', 'Glass in it', 'Strange smell', 'Half empty']
    for (const text of texts) {
      tried.now += dayMs / 4
      await post(app, '/api/v1/public/reports', { report: told({ text }) }, false)
    }
    await world.context.surges.idle()
    const [anomaly, ...others] = await anomaliesOf(world)
    assert.deepEqual(others, [])
    assert.equal(anomaly?.type, 'complaintSurge')
    assert.deepEqual(anomaly.goods, [`${vaccine}/10/L7`])
    assert.equal(anomaly.reports?.length, texts.length)
    assert.match(anomaly.proof.zh, /投诉/)
    for (const id of anomaly.reports.slice(1)) await post(app, `/api/v1/reports/${id}/discard`, { why: 'one person wrote them all' })
    await world.context.surges.idle()
    const [closed] = await anomaliesOf(world)
    assert.equal(closed?.status, 'closed')
    assert.match(closed.proof.en, /withdrawn/)
  })
})

test('one fatal injury raises alone and drafts a warning, a duplicate of it does not raise again, and silence closes it', async () => {
  await withApp(async (tried) => {
    const { app, world } = tried
    const trigger = createTriggerEngine(world.context)
    const fatal = { harm: { worst: 'fatal', injured: 0, fatal: 1 } }
    await post(app, '/api/v1/reports', { source: 'injurySurvey', report: told(fatal) })
    await post(app, '/api/v1/reports', { source: 'injurySurvey', report: told(fatal) })
    await world.context.surges.idle()
    const [anomaly, ...others] = await anomaliesOf(world)
    assert.deepEqual(others, [])
    assert.equal(anomaly?.type, 'injurySurge')
    assert.equal(anomaly.figures['fatal'], 1)
    await trigger.idle()
    assert.equal(await world.cases.count('warning'), 1)
    await trigger[Symbol.asyncDispose]()
    tried.now += 29 * dayMs
    await world.context.surges.look()
    assert.equal((await anomaliesOf(world))[0]?.status, 'closed')
    assert.equal((await anomaliesOf(world)).length, 1)
  })
})

test('the public form keeps nothing of a program, refuses advertisements, large bodies and more than its share', async () => {
  await withApp(async ({ app, world }) => {
    const trapped = await post(app, '/api/v1/public/reports', { report: told(), website: 'https://spam.example' }, false)
    assert.equal(trapped.statusCode, 200)
    assert.equal(await world.cases.count('report'), 0)
    const spam = await post(app, '/api/v1/public/reports', { report: told({ text: 'buy '.concat('https://a.example '.repeat(4)) }) }, false)
    assert.equal(read(problems, spam.json()).code, 'REPORT_SPAM')
    const large = await post(app, '/api/v1/public/reports', { report: told({ text: 'x'.repeat(140_000) }) }, false)
    assert.equal(large.statusCode, 413)
    assert.equal((await post(app, '/api/v1/public/reports', { report: { ...told(), status: 'assessed' } }, false)).statusCode, 400)
    let last = 200
    for (let index = 0; index < 65; index += 1) last = (await post(app, '/api/v1/public/reports', { report: told() }, false)).statusCode
    assert.equal(last, 429)
  })
})

test('a report with the code of one item is linked to the lot that the events of the item tell', async () => {
  await withApp(async ({ app, world }) => {
    const event = traceEvent({
      id: 'urn:uuid:made',
      atMs: startMs - dayMs,
      objects: [itemOf(vaccine, 1)],
      lot: 'L7',
      bizStep: 'commissioning',
      action: 'ADD'
    })
    await world.trace.capture([event])
    await post(app, '/api/v1/public/reports', { report: told({ goods: { codes: [itemOf(vaccine, 1)] } }) }, false)
    const [report] = await casesOf(world)
    assert.deepEqual(report?.link?.items, [itemOf(vaccine, 1)])
    assert.deepEqual(report.link.lots, [`${vaccine}/10/L7`])
  })
})

test('upkeep removes contacts when their time is over, and finds goods that were registered later', async () => {
  await withApp(async (tried) => {
    const { app, world } = tried
    await post(
      app,
      '/api/v1/public/reports',
      { report: told({ goods: { name: 'Magnetic blocks', brand: 'Nordlys' } }), reporter: { name: 'Wang Li' } },
      false
    )
    assert.deepEqual(await world.context.reports.upkeep(), { forgotten: 0, linked: 0 })
    const [vaccineRow] = await world.cases.list('products')
    const key = 'https://id.gs1.org/01/09506000134383'
    const name = { zh: '磁力积木', en: 'Magnetic blocks' }
    await world.cases.put('products', 'blocks', { ...Object(vaccineRow?.document), gtin: '09506000134383', key, name, brand: 'Nordlys' })
    world.context.registers.forget('products')
    assert.deepEqual(await world.context.reports.upkeep(), { forgotten: 0, linked: 1 })
    const [report] = await casesOf(world)
    assert.equal(report?.link?.product, key)
    await post(app, `/api/v1/reports/${report.id}/discard`, { why: 'settled' })
    tried.now += 364 * dayMs
    assert.equal((await world.context.reports.upkeep()).forgotten, 0)
    tried.now += 2 * dayMs
    assert.equal((await world.context.reports.upkeep()).forgotten, 1)
    assert.ok(!JSON.stringify(await world.cases.list('reporters')).includes('Wang Li'))
  })
})

test('an insider whom somebody signed in writes for, or who signed in, stays as unknown as any other', async () => {
  await withApp(async ({ app, world }) => {
    const reporter = { name: 'Zhao Insider', contact: 'zhao@insider.example' }
    const payload = { source: 'insider', sourceId: 'tip-77', reporter, report: told() }
    const answer = await post(app, '/api/v1/reports', payload)
    assert.equal(answer.statusCode, 200, answer.body)
    const [report] = await casesOf(world)
    assert.deepEqual([report?.channel, report?.contactKept, report?.handedInBy, report?.sourceId], ['insider', false, undefined, undefined])
    const kept = JSON.stringify([await world.cases.journal('report', report?.id ?? ''), await world.cases.list('reporters')])
    for (const mark of ['Zhao', 'zhao@', 'tip-77']) assert.ok(!kept.includes(mark), mark)
  })
})
