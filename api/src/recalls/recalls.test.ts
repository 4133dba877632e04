/** Recalls over HTTP: progress from events, scopes, notices, checks, and what the public is told. */
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { Type, type Static, type TSchema } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { ManifestAnswer, RecallDetail, SampleAnswer, ScopeComparisonAnswer } from '@tracegate/model/http-recalls'
import { RecallStatus } from '@tracegate/model/linkset'
import { RecallProgress } from '@tracegate/model/recall-progress'
import { dayMs, noticeContent, planOf, report, said } from '@tracegate/model/recall-testing'
import { itemKey, lotKey } from '@tracegate/model/gs1/key'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { authorization, createCheckedServer, createWorld, traceEvent, type EventFacts } from '../harness.ts'

const gtin = '09506000134376'
const toy = `https://id.gs1.org/01/${gtin}`
const factory = 'https://id.gs1.org/414/9506000134352'
const depot = 'https://id.gs1.org/414/9506000134400'
const shopA = 'https://id.gs1.org/414/9506000134417'
const shopB = 'https://id.gs1.org/414/9506000134424'
const partyOf = (place: string) => place.replace('/414/', '/417/')
const minuteMs = 60_000
const Mail = Type.Object({ to: Type.String(), subject: Type.String(), text: Type.String(), html: Type.String(), address: Type.String() })

interface World {
  readonly world: Awaited<ReturnType<typeof createWorld>>
  readonly server: Awaited<ReturnType<typeof createCheckedServer>>
  readonly clock: { nowMs: number }
}
let shared: World | undefined
let chapters = 0

/** One server for all tests, as it takes longest to make. */
before(async () => {
  const clock = { nowMs: Date.UTC(2026, 10, 20, 8) }
  const world = await createWorld({ withAccount: false, nowMs: () => clock.nowMs })
  for (const place of [depot, shopA, shopB, factory])
    await world.cases.put('parties', place.slice(-13), {
      gln: place.slice(-13),
      key: partyOf(place),
      name: said(`Party ${place.slice(-3)}`),
      roles: ['retailer'],
      email: `a${place.slice(-3)}@example.com`
    })
  shared = { world, server: await createCheckedServer(world), clock }
})
after(() => shared?.server.close())

/** A lot of its own and a clock that tests move; ten toys: four in a pallet to shop A, four at shop B, two still in the factory. */
async function createStory() {
  if (shared === undefined) throw new TypeError('Cannot begin: the server is not there')
  const { world, server, clock } = shared
  chapters += 1
  const chapter = chapters
  const startMs = clock.nowMs + minuteMs
  clock.nowMs = startMs + 60 * minuteMs
  const item = (serial: number) => itemKey(gtin, `S${chapter}.${serial}`)
  const items = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => item(from + at))
  const lotNumber = `L${chapter}`
  const pallet = `https://id.gs1.org/00/${withCheckDigit(`1950600013435250${chapter % 10}`)}`
  const event = (
    facts: Omit<EventFacts, 'atMs' | 'id'> & { readonly id: string; readonly minute: number; readonly quantity?: number }
  ): TraceEvent => {
    const told = traceEvent({ ...facts, id: `${facts.id}-${chapter}`, atMs: startMs + facts.minute * minuteMs })
    const { quantity } = facts
    const subjects = quantity === undefined ? told.subjects : told.subjects.map((subject) => ({ ...subject, quantity, uom: 'C62' }))
    const names = (role: string) => subjects.filter((subject) => subject.role === role).map(({ key }) => key)
    const json = JSON.stringify({
      type: told.type,
      eventID: told.eventID,
      epcList: names('object'),
      parentID: names('parent')[0],
      childEPCs: names('child')
    })
    return { ...told, subjects, recordTimeMs: clock.nowMs, json }
  }
  const call = async (method: 'GET' | 'POST', path: string, payload?: object, key = authorization) => {
    const answer = await server.inject({
      method,
      url: `/api/v1/recalls${path}`,
      headers: { authorization: key },
      ...(payload === undefined ? {} : { payload })
    })
    const body: unknown = JSON.parse(answer.body)
    const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
    return { status: answer.statusCode, code, text: answer.body }
  }
  await world.trace.capture([
    event({ id: 'make', minute: 0, action: 'ADD', objects: items(1, 10), bizStep: 'commissioning', bizLocation: factory, lot: lotNumber }),
    event({ id: 'pack', minute: 1, action: 'ADD', parent: pallet, children: items(1, 4), bizStep: 'packing', bizLocation: factory }),
    event({
      id: 'ship-a',
      minute: 2,
      objects: [pallet],
      bizStep: 'shipping',
      disposition: 'in_transit',
      readPoint: factory,
      to: partyOf(shopA)
    }),
    event({ id: 'get-a', minute: 10, objects: [pallet], bizStep: 'receiving', bizLocation: shopA }),
    event({
      id: 'ship-b',
      minute: 2,
      objects: items(5, 8),
      bizStep: 'shipping',
      disposition: 'in_transit',
      readPoint: factory,
      to: partyOf(shopB)
    }),
    event({ id: 'get-b', minute: 11, objects: items(5, 8), bizStep: 'receiving', bizLocation: shopB })
  ])
  return {
    world,
    server,
    event,
    call,
    item,
    items,
    pallet,
    lot: lotKey(gtin, lotNumber),
    lotNumber,
    body: { ...report, products: [lotKey(gtin, lotNumber)], company: { key: partyOf(factory), name: said('Maker') } },
    capture: (...events: readonly TraceEvent[]) => world.trace.capture(events),
    pass: (minutes: number) => (clock.nowMs += minutes * minuteMs),
    nowMs: () => clock.nowMs
  }
}

test('food is taken in and handed over, never run by this procedure, also where the report calls it something else', async () => {
  const { world, call, body, nowMs, event, capture } = await createStory()
  const fish = 'https://id.gs1.org/01/09506000134369'
  const told = [
    { ...body, products: [`${fish}/10/F1`] },
    { ...body, regime: 'food', products: [toy] }
  ]
  for (const payload of told) {
    const { id, regime } = read(RecallDetail, (await call('POST', '', { ...payload, role: 'company' })).text)
    assert.equal(regime, 'food')
    for (const [path, content] of [
      ['investigation', { question: said('Is it spoilt?') }],
      ['plan', { plan: planOf(nowMs()), role: 'company' }],
      ['scope', {}]
    ] as const) {
      const refused = await call('POST', `/${id}/${path}`, content)
      assert.deepEqual([refused.status, refused.code], [409, 'RECALL_FOOD'], path)
    }
    const routed = read(RecallDetail, (await call('POST', `/${id}/route`, { reference: 'FS-7' })).text)
    assert.equal(routed.status, 'routed')
    assert.match(routed.routed?.to.zh ?? '', /食品安全/)
    assert.equal(routed.routed?.reference, 'FS-7')
    assert.equal((await world.cases.head('recall', id))?.open, false)
  }
  const general = read(RecallDetail, (await call('POST', '', { ...body, role: 'company' })).text)
  assert.equal((await call('POST', `/${general.id}/route`, {})).code, 'RECALL_STEP')
  const fishUnit = itemKey('09506000134369', 'F1')
  await capture(event({ id: 'fish', minute: 0, action: 'ADD', objects: [fishUnit], bizStep: 'commissioning', bizLocation: factory }))
  assert.equal((await call('POST', `/${general.id}/scope`, { of: [fishUnit] })).code, 'RECALL_FOOD_GOODS')
})

function withCheckDigit(digits: string): string {
  const sum = digits.split('').reduceRight((total, digit, at) => total + Number(digit) * ((digits.length - at) % 2 === 1 ? 3 : 1), 0)
  return digits + String((10 - (sum % 10)) % 10)
}
type Story = Awaited<ReturnType<typeof createStory>>

function read<Schema extends TSchema>(schema: Schema, text: string): Static<Schema> {
  const checked = compileValidator(schema).check(JSON.parse(text))
  if (!checked.ok) throw new TypeError(`${checked.reason.pointer} ${checked.reason.message}: ${text.slice(0, 500)}`)
  return checked.value
}

async function ok(story: Story, path: string, payload: object = {}): Promise<RecallDetail> {
  const answer = await story.call('POST', path, payload)
  assert.equal(answer.status, 200, answer.text)
  return read(RecallDetail, answer.text)
}

async function get<Schema extends TSchema>(story: Story, path: string, schema: Schema): Promise<Static<Schema>> {
  return read(schema, (await story.call('GET', path)).text)
}

/** Up to the start, with scope and notice. */
async function running(story: Story): Promise<string> {
  const { id } = await ok(story, '', story.body)
  story.pass(1)
  await ok(story, `/${id}/investigation`, { question: said('Do they hold?') })
  await ok(story, `/${id}/investigation/end`, { verdict: 'defect', findings: said('No'), evidence: ['lab-1'] })
  await ok(story, `/${id}/plan`, { plan: { ...planOf(story.nowMs()), returnTo: [partyOf(factory)], quarantineAt: [] } })
  await ok(story, `/${id}/scope`, {})
  await ok(story, `/${id}/notice`, { content: noticeContent })
  await ok(story, `/${id}/start`)
  story.pass(1)
  return id
}

describe('recalls over HTTP', () => {
  test('computes progress from events, holder by holder, and never double', async () => {
    const story = await createStory()
    const id = await running(story)
    const progressOf = () => get(story, `/${id}/progress`, RecallProgress)
    const figures = async () => {
      const progress = await progressOf()
      return Object.fromEntries(progress.totals.map((row) => [row.outcome, row.count]))
    }
    assert.deepEqual(await figures(), { inStock: 10 })
    const first = await progressOf()
    assert.deepEqual(
      first.holders.map((holder) => [holder.key, holder.goods]),
      [
        [partyOf(shopA), 4],
        [partyOf(shopB), 4],
        [partyOf(factory), 2]
      ]
    )
    story.pass(10)
    await story.capture(
      story.event({ id: 'hold-a', minute: 70, objects: [story.pallet], bizStep: 'holding', disposition: 'recalled', bizLocation: shopA }),
      story.event({
        id: 'sell-b',
        minute: 70,
        objects: [story.item(5)],
        bizStep: 'retail_selling',
        disposition: 'retail_sold',
        readPoint: shopB
      }),
      story.event({
        id: 'back-b',
        minute: 71,
        objects: story.items(6, 7),
        bizStep: 'shipping',
        disposition: 'in_transit',
        readPoint: shopB,
        to: partyOf(factory)
      })
    )
    assert.deepEqual(await figures(), { quarantined: 4, returning: 2, sold: 1, inStock: 3 })
    story.pass(10)
    await story.capture(
      story.event({ id: 'got-back', minute: 75, objects: story.items(6, 7), bizStep: 'receiving', bizLocation: factory }),
      story.event({
        id: 'burnt',
        minute: 76,
        objects: [story.item(6)],
        action: 'DELETE',
        bizStep: 'destroying',
        disposition: 'destroyed',
        readPoint: factory
      })
    )
    assert.deepEqual(await figures(), { destroyed: 1, returned: 1, quarantined: 4, sold: 1, inStock: 3 })
    const last = await progressOf()
    assert.equal(last.correctionRate, 0.2)
    assert.equal(last.figures.returnedOrCorrected, 1)
    assert.equal(last.figures.onHand, 7)
    assert.deepEqual(
      last.months.map((row) => row.removed),
      [2]
    )
    const shop = last.holders.find((holder) => holder.key === partyOf(shopB))
    assert.deepEqual(
      shop?.outcomes.map((row) => `${row.outcome} ${row.count}`),
      ['destroyed 1', 'returned 1', 'sold 1', 'inStock 1']
    )
  })

  test('flags what a holder says against the events', async () => {
    const story = await createStory()
    const id = await running(story)
    const progress = await get(story, `/${id}/progress`, RecallProgress)
    const holder = progress.holders.find((one) => one.key === partyOf(shopA))?.id ?? ''
    await ok(story, `/${id}/contacts`, { entries: [{ holder, status: 'sent', atMs: story.nowMs(), channel: 'email' }] })
    await ok(story, `/${id}/holders/${holder}/reply`, { reply: { received: true, stopped: true, quarantined: 4 } })
    story.pass(5)
    await story.capture(story.event({ id: 'sell-a', minute: 66, objects: [story.item(1)], bizStep: 'retail_selling', readPoint: shopA }))
    const answer = await get(story, `/${id}/progress`, RecallProgress)
    const shop = answer.holders.find((one) => one.id === holder)
    assert.deepEqual(
      shop?.contradictions.map((one) => [one.kind, one.of, one.said, one.seen]),
      [
        ['moreThanEvents', 'quarantined', 4, 0],
        ['soldAfter', 'stopped', 0, 1]
      ]
    )
    assert.deepEqual([answer.figures.notified, answer.figures.responding, answer.figures.notResponding], [1, 1, 0])
    assert.deepEqual([shop?.notified, shop?.responded, shop?.overdue], [true, true, false])
  })

  test('freezes the scope, compares it with later and freezes a second version with its reason', async () => {
    const story = await createStory()
    const id = await running(story)
    const frozen = await get(story, `/${id}/scope`, ManifestAnswer)
    assert.equal(frozen.goods.length, 10)
    const early = await get(story, `/${id}/scope/changes`, ScopeComparisonAnswer)
    assert.equal(early.differs, false)
    story.pass(5)
    await story.capture(
      story.event({
        id: 'late',
        minute: 5,
        action: 'ADD',
        objects: [story.item(11)],
        bizStep: 'commissioning',
        bizLocation: factory,
        lot: story.lotNumber
      }),
      story.event({
        id: 'new',
        minute: 63,
        action: 'ADD',
        objects: [story.item(12)],
        bizStep: 'commissioning',
        bizLocation: factory,
        lot: story.lotNumber
      }),
      story.event({ id: 'moved', minute: 64, objects: [story.item(8)], bizStep: 'storing', bizLocation: depot })
    )
    const later = await get(story, `/${id}/scope/changes`, ScopeComparisonAnswer)
    assert.deepEqual([later.change.added, later.change.gone, later.change.moved], [2, 0, 1])
    assert.deepEqual(later.change.causes, [
      { cause: 'newKnowledge', goods: 1 },
      { cause: 'lateEvent', goods: 1 },
      { cause: 'moved', goods: 1 }
    ])
    assert.equal((await story.call('POST', `/${id}/scope`, {})).status, 422)
    const second = await ok(story, `/${id}/scope`, { reason: 'Two more toys of the lot' })
    assert.equal(second.scope?.version, 2)
    assert.equal(second.scope?.goods, 12)
    assert.equal((await get(story, `/${id}/scope?version=1`, ManifestAnswer)).goods.length, 10)
    const progress = await get(story, `/${id}/progress`, RecallProgress)
    assert.equal(progress.goods, 12)
  })

  test('counts parts of lots by what the events name of them', async () => {
    const story = await createStory()
    const lot = lotKey(gtin, 'L-by-quantity')
    await story.capture(
      story.event({ id: 'make-lot', minute: 0, action: 'ADD', objects: [lot], bizStep: 'commissioning', bizLocation: shopA, quantity: 100 })
    )
    const { id } = await ok(story, '', { ...story.body, products: [lot] })
    await ok(story, `/${id}/scope`, {})
    story.pass(5)
    await story.capture(
      story.event({
        id: 'hold-60',
        minute: 64,
        objects: [lot],
        bizStep: 'holding',
        disposition: 'recalled',
        bizLocation: shopA,
        quantity: 60
      })
    )
    const progress = await get(story, `/${id}/progress`, RecallProgress)
    assert.deepEqual(progress.totals, [
      { outcome: 'quarantined', count: 1, serials: 0, quantities: [{ quantity: 60 }] },
      { outcome: 'inStock', count: 1, serials: 0, quantities: [{ quantity: 40 }] }
    ])
  })

  test('refuses steps without the right, with an audit entry, and closes nothing that is not checked', async () => {
    const story = await createStory()
    await story.world.accounts.ensureServiceKey('company', 'company-key-0123456789', ['read', 'respond'])
    const company = 'Bearer company-key-0123456789'
    const reported = await story.call('POST', '', story.body, company)
    assert.equal(reported.status, 200, reported.text)
    const detail = read(RecallDetail, reported.text)
    const { id } = detail
    assert.equal(detail.reported.role, 'company')
    const refused = await story.call('POST', `/${id}/investigation`, { question: said('?') }, company)
    assert.deepEqual([refused.status, refused.code], [403, 'RIGHT_MISSING'])
    const audit = await story.world.cases.journal('audit', `recall:${id}`)
    assert.deepEqual(
      audit.map(({ by, action }) => [by, action]),
      [['company', 'refused']]
    )
    const early = await story.call('POST', `/${id}/start`, {})
    assert.deepEqual([early.status, early.code], [409, 'RECALL_STEP'])
    const poor = await story.call('POST', `/${id}/plan`, { plan: { ...planOf(story.nowMs()), remedies: ['refund'] } }, company)
    assert.deepEqual([poor.status, poor.code, poor.text.includes('/plan/remedies')], [422, 'RECALL_INCOMPLETE', true])
  })

  test('draws, checks, extends and closes', async () => {
    const story = await createStory()
    const id = await running(story)
    await ok(story, `/${id}/sample`, {})
    const sample = await get(story, `/${id}/sample`, SampleAnswer)
    assert.equal(sample.verified, true)
    assert.equal(sample.sample.rows.length, 3)
    const result = { reached: true, noticeReceived: true, method: 'visit' }
    const holders = sample.sample.rows.map((row) => row.holder)
    const unfinished = await story.call('POST', `/${id}/effectiveness`, {})
    assert.equal(unfinished.code, 'RECALL_CHECKS_OPEN')
    await ok(story, `/${id}/checks`, { results: holders.map((holder, at) => ({ ...result, holder, acted: at > 0 })) })
    const concluded = await ok(story, `/${id}/effectiveness`)
    assert.equal(concluded.outcomes[0]?.passed, false)
    assert.equal((await story.call('POST', `/${id}/close`, { summary: said('done') })).code, 'RECALL_NOT_EFFECTIVE')
    await ok(story, `/${id}/extend`, { reason: said('One did not act'), completeBy: new Date(story.nowMs() + dayMs).toISOString() })
    await ok(story, `/${id}/sample`, {})
    await ok(story, `/${id}/checks`, { results: holders.map((holder) => ({ ...result, holder, acted: true })) })
    await ok(story, `/${id}/effectiveness`)
    const closed = await ok(story, `/${id}/close`, { summary: said('All toys are accounted for') })
    assert.equal(closed.status, 'closed')
  })

  test('gives each holder a page, a PDF, a mail and a form of its own', async () => {
    const story = await createStory()
    const id = await running(story)
    const { scope } = await get(story, `/${id}`, RecallDetail)
    const shop = scope?.holders.find(({ key }) => key === partyOf(shopA))
    const other = scope?.holders.find(({ key }) => key === partyOf(shopB))
    assert.ok(shop !== undefined && other !== undefined)
    const mail = read(Mail, (await story.call('GET', `/${id}/holders/${shop.id}/notice?lang=en`)).text)
    assert.equal(mail.to, 'a417@example.com')
    for (const text of [mail.text, mail.html]) {
      assert.match(text, /Product safety recall/)
      assert.match(text, /产品安全召回/)
      assert.match(text, new RegExp([1, 2, 3, 4].map((at) => story.item(at).split('/').at(-1)).join(', ')))
      assert.doesNotMatch(text, new RegExp(story.item(5).split('/').at(-1) ?? ''))
    }
    const path = new URL(mail.address, 'http://here').pathname
    const page = await story.server.inject({ url: `${path}?lang=zh` })
    assert.equal(page.statusCode, 200, page.body)
    assert.match(page.body, /立即停止销售和使用/)
    assert.match(page.body, new RegExp([1, 2, 3, 4].map((at) => story.item(at).split('/').at(-1)).join('、')))
    assert.match(page.body, /@media print/)
    assert.equal(page.headers['cache-control'], 'private, no-store')
    assert.equal((await story.server.inject({ url: path.replace(shop.id, other.id) })).statusCode, 404, 'a token opens one holder only')
    const pdf = await story.server.inject({ url: `${path}/notice.pdf?lang=en` })
    assert.equal(pdf.headers['content-type'], 'application/pdf')
    assert.equal(pdf.rawPayload.subarray(0, 8).toString(), '%PDF-1.7')
    assert.equal((await story.server.inject({ url: `${path}/goods.csv` })).body.split('\r\n').length, 6)
    const form = {
      method: 'POST',
      url: `${path}?lang=en`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost', host: 'localhost' }
    } as const
    const sent = await story.server.inject({ ...form, payload: 'received=yes&stopped=yes&quarantined=4&note=' })
    assert.equal(sent.statusCode, 303, sent.body)
    assert.equal((await story.server.inject({ ...form, payload: 'received=yes&quarantined=-1' })).statusCode, 400)
    const { contacts } = await get(story, `/${id}`, RecallDetail)
    const contact = contacts[shop.id]
    assert.equal(contact?.status, 'acknowledged')
    assert.ok(contact.readAtMs !== undefined)
    assert.deepEqual(contact.reply, { received: true, stopped: true, quarantined: 4 })
  })

  test('refuses a notice that plays the hazard down, until it is overridden with a reason', async () => {
    const story = await createStory()
    const { id } = await ok(story, '', story.body)
    await ok(story, `/${id}/plan`, { plan: { ...planOf(story.nowMs()), returnTo: [partyOf(factory)] } })
    await ok(story, `/${id}/scope`, {})
    const content = { ...noticeContent, hazard: { zh: '极少数产品存在风险', en: 'A precautionary step' } }
    const refused = await story.call('POST', `/${id}/notice`, { content })
    assert.deepEqual([refused.status, refused.code], [422, 'RECALL_NOTICE_WORDS'])
    assert.match(refused.text, /\/content\/hazard\/zh/)
    const { notice } = await ok(story, `/${id}/notice`, { content, override: 'Quoted from the order of the court' })
    assert.equal(notice?.findings.length, 2)
  })

  test('tells the public of recalled things, by exact item, lot and contents, and of nothing else', async () => {
    const story = await createStory()
    const { id } = await ok(story, '', story.body)
    await ok(story, `/${id}/plan`, { plan: { ...planOf(story.nowMs()), returnTo: [partyOf(factory)] } })
    await ok(story, `/${id}/scope`, { of: story.items(1, 4) })
    await ok(story, `/${id}/notice`, { content: noticeContent })
    const statusOf = async (key: string) => {
      const answer = await story.server.inject({ url: `/api/v1/public/recall-status?of=${encodeURIComponent(key)}` })
      const { recalls } = read(RecallStatus, answer.body)
      return recalls.find((one) => one.id === id)?.match ?? 'none'
    }
    assert.equal(await statusOf(story.item(1)), 'none', "a plan is nobody else's business")
    await ok(story, `/${id}/start`)
    assert.equal(await statusOf(story.item(1)), 'item')
    assert.equal(await statusOf(story.item(5)), 'none', 'an item of the same lot that is not recalled')
    assert.equal(await statusOf(story.pallet), 'contents')
    assert.equal(await statusOf(story.lot), 'partOfLot')
    assert.equal(await statusOf(toy), 'partOfProduct')
    const listed = await story.server.inject({ url: '/api/v1/public/recalls' })
    assert.equal(listed.statusCode, 200)
    assert.match(listed.body, /Product safety recall/)
    assert.doesNotMatch(listed.body, /417\/9506000134417|example\.com/, 'no holder is named')
    const hold = (await story.world.context.recalls.holds()).find(({ recall }) => recall.id === id)
    assert.deepEqual(hold?.keys, story.items(1, 4))
  })
})
