/** Capture over HTTP: what a document comes back as, transactions, jobs through a restart, and what is refused when too much comes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import { checkEvent } from '@tracegate/model/epcis/event'
import { eventHashId } from '@tracegate/model/epcis/event-hash'
import type { CaptureJob } from '@tracegate/model/http-epcis'
import { createWorld } from '../harness.ts'
import { createAdmission, createHolds } from './in-flight.ts'
import { jobsMax, openCaptureJobs } from './capture-jobs.ts'
import { epcisDocument } from './testing/generated-events.ts'
import { document, event, headers, numbered, start } from './testing/rest.ts'

test('a captured document comes back equal, whatever its events say', async () => {
  const { capture, query } = await start()
  /** The content of each event by what makes it that event: of two that are one in other words, the first is kept. */
  const known = new Map<string, string>()
  await fc.assert(
    fc.asyncProperty(epcisDocument, async (body) => {
      const { answer, job } = await capture(body)
      assert.ok(job?.success === true, answer.body + JSON.stringify(job?.errors))
      for (const one of eventsOf(body)) if (!known.has(identityOf(one))) known.set(identityOf(one), content(one))
      const stored: string[] = (await query('?perPage=1000')).json().epcisBody.queryResults.resultsBody.eventList.map(content)
      assert.deepEqual(stored.toSorted(compareTexts), [...known.values()].toSorted(compareTexts))
    }),
    { numRuns: 40, interruptAfterTimeLimit: 3_000, markInterruptAsFailure: false }
  )
})

const compareTexts = (a: string, b: string): number => (a < b ? -1 : 1)

function identityOf(one: Record<string, unknown>): string {
  const checked = checkEvent(one)
  assert.ok(checked.ok)
  return checked.event.eventID ?? eventHashId(checked.event, [{ example: 'https://example.com/vocabulary/' }])
}

function eventsOf(body: object): Record<string, unknown>[] {
  const list = JSON.parse(JSON.stringify(body)).epcisBody.eventList
  assert.ok(Array.isArray(list))
  return list
}

/** An event without what the server fills in: the eventID only where it was sent as a UUID. */
function content({ recordTime: _recordTime, '@context': _context, eventID, ...members }: Record<string, unknown>): string {
  const own = typeof eventID === 'string' && eventID.startsWith('urn:uuid:') ? { eventID } : {}
  return JSON.stringify(Object.fromEntries(Object.entries({ ...own, ...members }).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

test('nothing of a document is read or told before all of it is stored, and nothing of a refused one at all', async () => {
  const world = await createWorld({ withAccount: false })
  const seen: number[] = []
  // A store that is slow on its way to the commit.
  const slow = {
    ...world.trace,
    capture: async (...given: Parameters<typeof world.trace.capture>) => wait(30).then(() => world.trace.capture(...given))
  }
  const inside = { ...world, context: { ...world.context, trace: slow } }
  const { capture, ids, app } = await start(inside)
  let told = 0
  world.bus.subscribe('events', ({ events }) => (told += events.length))
  const sent = capture(document(...Array.from({ length: 20 }, (_, at) => numbered(at))))
  for (let round = 0; round < 10; round += 1) {
    seen.push((await ids('?perPage=100')).length)
    if (seen.at(-1) === 0) assert.equal(told, 0)
    await wait(4)
  }
  assert.equal((await sent).job.success, true)
  assert.ok(
    seen.every((count) => count === 0 || count === 20),
    seen.join(' ')
  )
  assert.equal(told, 20)
  // The last one takes the eventID of another event: none of the others stays.
  const { job } = await capture(document(numbered(100), numbered(101), numbered(1, { bizStep: 'receiving' })))
  assert.equal(job.success, false)
  assert.deepEqual(job.progress, { events: 3, stored: 0, duplicates: 0, refused: 3 })
  assert.equal((await ids('?perPage=100')).length, 20)
  const proceed = await capture(document(numbered(100), numbered(1, { bizStep: 'receiving' }), numbered(2)), {
    'GS1-Capture-Error-Behaviour': 'proceed'
  })
  assert.deepEqual(proceed.job.progress, { events: 3, stored: 1, duplicates: 1, refused: 1 })
  await app.close()
})

test('two captures of one eventID at the same time leave one event and one conflict', async () => {
  const { capture, ids } = await start()
  const [first, second] = await Promise.all([capture(document(event())), capture(document(event({ bizStep: 'receiving' })))])
  assert.notEqual(first.job.success, second.job.success)
  assert.equal((await ids('')).length, 1)
})

test('an error declaration is kept beside its event, once, and may come before it', async () => {
  const { capture, app } = await start()
  const wrong = event({ errorDeclaration: { declarationTime: '2026-11-23T09:00:00Z', reason: 'did_not_occur' } })
  for (const body of [wrong, event(), wrong, event()]) assert.equal((await capture(document(body))).job.success, true)
  const both = (await app.inject({ url: `/epcis/v2/events/${event().eventID}`, headers })).json().epcisBody.queryResults.resultsBody
    .eventList
  assert.deepEqual(
    both.map((one: object) => 'errorDeclaration' in one),
    [false, true]
  )
  const sameInOtherWords = event({
    errorDeclaration: { reason: 'https://ref.gs1.org/cbv/ER-did_not_occur', declarationTime: '2026-11-23T17:00:00.000+08:00' }
  })
  assert.deepEqual((await capture(document(sameInOtherWords))).job.progress, { events: 1, stored: 0, duplicates: 1, refused: 0 })
  const other = event({ errorDeclaration: { declarationTime: '2026-11-23T09:00:00Z', reason: 'incorrect_data' } })
  assert.equal((await capture(document(other))).job.success, false, 'two declarations of one time')
  assert.equal((await capture(document(event({ errorDeclaration: { declarationTime: '2026-11-24T09:00:00Z' } })))).job.success, true)
})

test('a document that spells a well-known prefix in its own way is known when it comes again', async () => {
  const { capture } = await start()
  for (const context of [
    { cbvmda: 'urn:epcglobal:cbv:mda:' },
    { dcterms: 'http://purl.org/dc/terms/' },
    { gs1: 'https://ref.gs1.org/voc/' }
  ]) {
    const [prefix] = Object.keys(context)
    const { eventID: _eventID, ...own } = event({ action: 'ADD', ilmd: { [`${prefix}:colour`]: 'red' } })
    const body = { ...document(own), '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', context] }
    assert.equal((await capture(body)).job.progress.stored, 1, prefix)
    assert.deepEqual((await capture(body)).job.progress, { events: 1, stored: 0, duplicates: 1, refused: 0 }, prefix)
  }
})

test('an event without eventID gets its hash, and the same event in other words is there already', async () => {
  const { capture, ids, app } = await start()
  const { eventID: _eventID, ...bare } = event()
  const { eventTime: _eventTime, ...rest } = bare
  const same = {
    ...rest,
    epcList: ['https://example.com/gtin/09506000134352/ser/1'],
    bizStep: 'https://ref.gs1.org/cbv/BizStep-shipping',
    eventTime: '2026-11-23T00:00:00Z'
  }
  assert.deepEqual((await capture(document(bare, bare))).job.progress, { events: 2, stored: 1, duplicates: 1, refused: 0 })
  assert.deepEqual((await capture(document(same))).job.progress, { events: 1, stored: 0, duplicates: 1, refused: 0 })
  const [id = ''] = await ids('')
  assert.match(id, /^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/)
  const again = await app.inject({ method: 'POST', url: '/epcis/v2/events', headers, payload: same })
  assert.equal(again.statusCode, 409)
})

test('GS1-Extensions declares what a document left undeclared, and the served event says it', async () => {
  const { capture, query } = await start()
  const extensions = { 'GS1-Extensions': 'example=https://example.com/vocabulary/' }
  const { answer } = await capture(document(event({ 'example:note': 'seven' })), extensions)
  assert.equal(answer.headers['gs1-extensions'], extensions['GS1-Extensions'])
  const found = await query('?EQ_other:note=seven', { 'GS1-Extensions': 'other=https://example.com/vocabulary/' })
  const [stored] = found.json().epcisBody.queryResults.resultsBody.eventList
  assert.equal(stored['example:note'], 'seven')
  assert.ok(JSON.stringify(stored['@context']).includes('https://example.com/vocabulary/'))
})

test('identifiers are served in the syntax that is asked for, and as they were captured otherwise', async () => {
  const { capture, query } = await start()
  await capture(document(event({ epcList: ['https://id.gs1.org/01/09506000134352/21/7', 'urn:epc:id:sgtin:9506000.013435.1'] })))
  const epcs = async (more: Record<string, string>) =>
    (await query('', more)).json().epcisBody.queryResults.resultsBody.eventList[0].epcList
  assert.deepEqual(await epcs({ 'GS1-EPC-Format': 'Never_Translates' }), await epcs({}))
  assert.deepEqual(await epcs({ 'GS1-EPC-Format': 'Always_EPC_URN' }), [
    'urn:epc:id:sgtin:9506000.013435.7',
    'urn:epc:id:sgtin:9506000.013435.1'
  ])
  assert.deepEqual(await epcs({ 'GS1-EPC-Format': 'Always_GS1_Digital_Link' }), [
    'https://id.gs1.org/01/09506000134352/21/7',
    'https://id.gs1.org/01/09506000134352/21/1'
  ])
})

test('what is wrong in XML is told by pointer and by the path that a person finds', async () => {
  const { capture } = await start()
  const one = (action: string) =>
    `<ObjectEvent><eventTime>2026-11-20T08:00:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset><epcList><epc>urn:epc:id:sgtin:9506000.013435.1</epc></epcList><action>${action}</action></ObjectEvent>`
  const xml = `<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-11-20T08:00:00Z"><EPCISBody><EventList>${one('OBSERVE')}${one('LOOK')}</EventList></EPCISBody></epcis:EPCISDocument>`
  const type = { 'content-type': 'application/xml' }
  const refused = (await capture(xml, type)).answer
  assert.equal(refused.statusCode, 400)
  assert.equal(refused.json().findings[0].pointer, '/epcisBody/eventList/1/action')
  const { job } = await capture(xml, { ...type, 'GS1-Capture-Error-Behaviour': 'proceed' })
  assert.equal(job.errors[0].pointer, '/epcisBody/eventList/1/action')
  assert.equal(job.errors[0].path, '/EPCISDocument/EPCISBody/EventList/ObjectEvent[2]/action')
  assert.deepEqual(job.progress, { events: 2, stored: 1, duplicates: 0, refused: 1 })
})

test('too many events are refused with the limits in the headers, and so is what would be too much at once', async () => {
  const { capture } = await start()
  const { answer } = await capture(document(...Array.from({ length: 10_001 }, () => ({}))))
  assert.deepEqual([answer.statusCode, answer.json().type], [413, 'epcisException:CaptureLimitExceededException'])
  assert.equal(answer.headers['gs1-epcis-capture-limit'], '10000')
  const admission = createAdmission(100)
  const release = admission.admit(90)
  assert.equal(admission.admit(20), undefined)
  release?.()
  release?.()
  assert.equal(admission.bytes, 0)
  assert.ok(admission.admit(1_000), 'one body is always let in')
})

test('hold() lets a second one of the same name wait, and others pass', async () => {
  const holds = createHolds()
  const order: string[] = []
  const release = await holds.hold(['a', 'b'])
  const later = holds.hold(['b', 'c']).then((end) => {
    order.push('b')
    end()
  })
  const end = await holds.hold(['d'])
  order.push('d')
  end()
  release()
  await later
  assert.deepEqual(order, ['d', 'b'])
})

test('jobs outlive a restart; one that was running is settled by whether its transaction is there', async () => {
  const { world, capture, app } = await start()
  const ended = (await capture(document(event()))).job
  await app.close()
  const { cases, trace } = world
  const options = { cases, trace, nowMs: Date.now, onFailed: (error: unknown) => assert.ifError(error) }
  const jobs = await openCaptureJobs(options)
  assert.equal(jobs.get(ended.captureID)?.success, true)
  // The process died before, and after, the events were committed.
  const begun = { behaviour: 'rollback', events: 1, refused: 0, errors: [] } as const
  const lost = await jobs.begin({ ...begun, recordTimeMs: Date.now() - 5_000, eventIDs: ['urn:uuid:lost'] })
  const json = (await trace.byId(event().eventID))[0] ?? ''
  const recordTimeMs = Date.parse(JSON.parse(json).recordTime)
  const stored = await jobs.begin({ ...begun, recordTimeMs, eventIDs: [event().eventID] })
  const again = await openCaptureJobs(options)
  assert.deepEqual(outcome(again.get(stored.captureID)), [false, true, []])
  assert.deepEqual(outcome(again.get(lost.captureID)), [false, false, ['CAPTURE_INTERRUPTED']])
  const pages = [again.page({ limit: 2 }).jobs, again.page({ limit: 2, before: again.page({ limit: 2 }).next ?? '' }).jobs].flat()
  assert.equal(new Set(pages.map(({ captureID }) => captureID)).size, 3)
  assert.deepEqual(
    pages.map(({ createdAt }) => createdAt),
    pages
      .map(({ createdAt }) => createdAt)
      .toSorted()
      .toReversed()
  )
})

function outcome(job: CaptureJob | undefined): unknown {
  return [job?.running, job?.success, job?.errors.map(({ code }) => code)]
}

test('only the newest jobs are kept, and a running one is never forgotten', async () => {
  const { cases, trace } = await createWorld({ withAccount: false })
  const jobs = await openCaptureJobs({ cases, trace, nowMs: Date.now, onFailed: (error: unknown) => assert.ifError(error) })
  const begin = (recordTimeMs: number) =>
    jobs.begin({ behaviour: 'rollback', recordTimeMs, eventIDs: [], events: 0, refused: 0, errors: [] })
  const running = await begin(1)
  for (let at = 0; at <= jobsMax; at += 1) {
    const job = await begin(at + 2)
    jobs.end({ ...job, running: false, success: true })
  }
  await jobs.flush()
  assert.equal((await cases.list('captureJobs')).length, jobsMax)
  assert.ok(jobs.get(running.captureID))
})
