/**
 * The story of a toy whose magnets come loose, from the first complaint to the lifted warning and the closed recall, told through the public
 * HTTP interface. It starts and ends no product.
 */
import assert from 'node:assert/strict'
import { Type } from 'typebox'
import { AnomalyPage } from '@tracegate/model/http'
import { RecallDetail, SampleAnswer } from '@tracegate/model/http-recalls'
import { ReportReceived, ReportState } from '@tracegate/model/http-reports'
import { WarningRows } from '@tracegate/model/http-warnings'
import type { Anomaly } from '@tracegate/model/anomaly'
import { RecallProgress } from '@tracegate/model/recall-progress'
import { noticeContent, planOf } from '@tracegate/model/recall-testing'
import { capAt } from './compressor-story.ts'
import { journalOf, lift, publish, text, type People } from './decision.ts'
import { waitFor } from './product.ts'

const waitMs = 30_000
const minuteMs = 60_000
const lot = 'STORY1'
const complaints = 6
const toysMade = 8

export interface ToyWorld {
  readonly people: People
  readonly product: { readonly key: string; readonly gtin: string }
  readonly maker: string
  readonly makerSite: string
  readonly importer: string
  readonly depot: string
  readonly shop: string
}

const HolderNotice = Type.Object({ address: Type.String(), text: Type.String() })
const RecallStatusAnswer = Type.Object({
  status: Type.String(),
  recalls: Type.Array(Type.Object({ id: Type.String(), status: Type.String() }))
})

export async function tellToyStory(world: ToyWorld): Promise<void> {
  const { people, product } = world
  const { first, anybody } = people
  const toys = Array.from({ length: toysMade }, (_, at) => `${product.key}/21/STORY-${at}`)
  await make(world, toys)
  const anomaly = await complain(world, toys)
  assert.deepEqual([anomaly.category, anomaly.status], ['report', 'open'])
  assert.ok((anomaly.reports ?? []).length >= 3, 'reports bear witness')

  const draft = await waitFor('the draft', waitMs, async () =>
    (await first.get(WarningRows, '/api/v1/warnings')).items.find((one) => one.anomaly === anomaly.id)
  )
  const warning = await publish(people, draft.id, {
    kind: 'publicAnnouncement',
    level: 'II',
    measuresStated: ['recall'],
    advice: text('Stop using it and give it back')
  })
  const number = warning.number ?? ''
  const alert = await capAt(anybody, `/cap/${number}.1.xml`)
  assert.deepEqual([alert.msgType, alert.scope], ['Alert', 'Public'])
  assert.match((await anybody.ask('/feeds/warnings.atom')).text, new RegExp(number))
  const page = await anybody.ask(`/w/${number}`)
  assert.equal(page.status, 200)
  assert.doesNotMatch(page.text, /<script/)

  const recall = await recallToys(world, warning.id)
  const item = toys[0] ?? ''
  const statusOf = () => anybody.get(RecallStatusAnswer, `/api/v1/public/recall-status?of=${encodeURIComponent(item)}`)
  assert.equal((await statusOf()).status, 'recall', 'a parent who scans it cannot overlook it')
  await giveBack(world, toys, recall)
  await check(world, recall)
  const closed = await first.post(RecallDetail, `/api/v1/recalls/${recall}/close`, { summary: text('Every toy is accounted for') })
  assert.equal(closed.status, 'closed')
  const report = await first.ask(`/api/v1/recalls/${recall}/report`)
  assert.equal(report.status, 200)

  assert.equal((await lift(people, warning.id)).status, 'lifted')
  const cancel = await capAt(anybody, `/cap/${number}.2.xml`)
  assert.equal(cancel.msgType, 'Cancel')
  assert.deepEqual(
    (await journalOf(people, warning.id)).filter((action) => action !== 'updated' && action !== 'linked'),
    ['drafted', 'assessed', 'approved', 'published', 'lifted']
  )
}

/** Made in one lot, shipped to the depot, five of them on to the shop, and sold there but for one. */
async function make(world: ToyWorld, toys: readonly string[]): Promise<void> {
  const { makerSite, depot, shop, importer, product } = world
  const nowMs = Date.now()
  const onSale = toys.slice(0, 5)
  await capture(world, [
    {
      ...event('commissioning', nowMs - 60 * minuteMs, { epcList: toys, action: 'ADD' }),
      ...at(makerSite),
      ilmd: { 'cbvmda:lotNumber': lot },
      'example:lot': `${product.key}/10/${lot}`
    },
    { ...event('shipping', nowMs - 50 * minuteMs, { epcList: toys }), readPoint: { id: makerSite }, ...to(importer) },
    { ...event('receiving', nowMs - 40 * minuteMs, { epcList: toys }), ...at(depot) },
    // The laboratory saw them: what is missing here is not the inspection.
    { ...event('inspecting', nowMs - 39 * minuteMs, { epcList: toys, disposition: 'conformant' }), ...at(depot) },
    { ...event('shipping', nowMs - 30 * minuteMs, { epcList: onSale }), readPoint: { id: depot }, ...to(importer) },
    { ...event('receiving', nowMs - 20 * minuteMs, { epcList: onSale }), ...at(shop) },
    { ...event('retail_selling', nowMs - 10 * minuteMs, { epcList: toys.slice(0, 4), disposition: 'retail_sold' }), ...at(shop) }
  ])
}

/** People complain with what they scanned; each gets a receipt to look the state up with. */
async function complain({ people: { anybody, first } }: ToyWorld, toys: readonly string[]): Promise<Anomaly> {
  const told = [
    'a magnet as big as a pea fell out of the block on the first day',
    'my daughter had two of the small magnets in her mouth',
    'the seam of the blue brick opened and the magnet rolled under the sofa',
    'three bricks broke when they fell from the table, magnets everywhere',
    'our son swallowed one and we went to the hospital with him',
    'loose magnet found in the box when we opened it'
  ]
  for (const [index, words] of told.slice(0, complaints).entries()) {
    const item = toys[index % toys.length] ?? ''
    const { receipt } = await anybody.post(ReportReceived, '/api/v1/public/reports', {
      report: {
        text: words,
        goods: { codes: [item], lot },
        harm: { worst: index === 4 ? 'hospitalised' : 'none', injured: index === 4 ? 1 : 0, fatal: 0 },
        hazard: 'physical',
        country: 'CN'
      }
    })
    if (index === 0) assert.equal((await anybody.post(ReportState, '/api/v1/public/reports/look-up', { receipt })).status, 'received')
  }
  return waitFor('the surge of complaints', waitMs, async () =>
    (await first.get(AnomalyPage, '/api/v1/anomalies?category=report')).items.find(({ type }) => type === 'complaintSurge')
  )
}

async function recallToys({ people: { first, anybody }, product, maker, makerSite }: ToyWorld, warning: string): Promise<string> {
  const step = (path: string, body: object) => first.post(RecallDetail, `/api/v1/recalls${path}`, body)
  const { id } = await step('', {
    title: text('Magnetic building blocks'),
    description: text('Magnets come loose and can be swallowed'),
    regime: 'general',
    hazard: 'physical',
    harm: 3,
    company: { key: maker, name: text('Noris') },
    products: [product.key],
    origin: { warnings: [warning] }
  })
  await step(`/${id}/investigation`, { question: text('Do the seams hold?') })
  await step(`/${id}/investigation/end`, { verdict: 'defect', findings: text('They do not'), evidence: ['laboratory report 7'] })
  await step(`/${id}/plan`, { plan: { ...planOf(Date.now()), returnTo: [maker, makerSite] } })
  await step(`/${id}/scope`, { of: [`${product.key}/10/${lot}`] })
  const words = await first.ask(`/api/v1/recalls/${id}/notice`, {
    content: { ...noticeContent, hazard: { zh: '自愿预防性措施', en: 'A voluntary, precautionary step' } }
  })
  assert.equal(words.status, 422, 'a notice that plays the hazard down')
  await step(`/${id}/notice`, { content: noticeContent })
  const started = await step(`/${id}/start`, {})
  assert.equal(started.status, 'running')
  assert.equal(started.scope?.goods, toysMade)
  for (const { id: holder } of started.scope.holders) {
    const { address, text: mail } = await first.get(HolderNotice, `/api/v1/recalls/${id}/holders/${holder}/notice?lang=en`)
    const path = new URL(address, 'http://here').pathname
    const notice = await anybody.ask(`${path}?lang=zh`)
    assert.equal(notice.status, 200, 'the holder needs no account')
    for (const words of [mail, notice.text]) assert.match(words, /STORY-\d/)
    assert.match((await anybody.ask(`${path}/notice.pdf`)).text, /^%PDF-1\.7/)
  }
  return id
}

/** Buyers bring the toys back, the depot sends its own; the maker destroys all. Progress follows from the events alone. */
async function giveBack(world: ToyWorld, toys: readonly string[], recall: string): Promise<void> {
  const { people, makerSite, shop, maker } = world
  const progressOf = () => people.first.get(RecallProgress, `/api/v1/recalls/${recall}/progress`)
  const before = await progressOf()
  assert.equal(before.correctionRate, 0)
  assert.equal(before.totals.find(({ outcome }) => outcome === 'sold')?.count, 4)
  const nowMs = Date.now()
  await capture(world, [
    { ...event('shipping', nowMs, { epcList: toys, disposition: 'recalled' }), readPoint: { id: shop }, ...to(maker) },
    { ...event('receiving', nowMs + 1_000, { epcList: toys, disposition: 'recalled' }), ...at(makerSite) },
    { ...event('destroying', nowMs + 2_000, { epcList: toys, action: 'DELETE', disposition: 'destroyed' }), readPoint: { id: makerSite } }
  ])
  const after = await waitFor('all toys to be destroyed', waitMs, async () => {
    const progress = await progressOf()
    return progress.totals.find(({ outcome }) => outcome === 'destroyed')?.count === toys.length ? progress : undefined
  })
  assert.equal(after.correctionRate, 1)
}

async function check({ people: { first } }: ToyWorld, recall: string): Promise<void> {
  const step = (path: string, body: object) => first.post(RecallDetail, `/api/v1/recalls/${recall}${path}`, body)
  await step('/sample', {})
  const { sample, verified } = await first.get(SampleAnswer, `/api/v1/recalls/${recall}/sample`)
  assert.ok(verified && sample.rows.length > 0)
  const results = sample.rows.map(({ holder }) => ({ holder, reached: true, noticeReceived: true, acted: true, method: 'visit' }))
  await step('/checks', { results })
  const concluded = await step('/effectiveness', {})
  assert.equal(concluded.outcomes.at(-1)?.passed, true)
}

type EpcisEvent = Readonly<Record<string, unknown>>

function event(bizStep: string, atMs: number, facts: EpcisEvent): EpcisEvent {
  return {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTime: new Date(atMs).toISOString(),
    eventTimeZoneOffset: '+08:00',
    bizStep,
    ...facts
  }
}

const at = (place: string) => ({ readPoint: { id: place }, bizLocation: { id: place } })
const to = (party: string) => ({ destinationList: [{ type: 'owning_party', destination: party }] })

async function capture({ people: { first } }: ToyWorld, eventList: readonly EpcisEvent[]): Promise<void> {
  const document = {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { example: 'https://example.com/vocab/' }],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: new Date().toISOString(),
    epcisBody: { eventList }
  }
  const accepted = await first.ask('/epcis/v2/capture', document)
  assert.equal(accepted.status, 202, accepted.text)
  const job = new URL(accepted.headers.get('location') ?? '', 'http://here').pathname
  await waitFor('the events to be captured', waitMs, async () => {
    const { text: told } = await first.ask(job)
    if (!told.includes('"running":false')) return undefined
    assert.match(told, /"success":true/, told.slice(0, 1_000))
    return true
  })
}
