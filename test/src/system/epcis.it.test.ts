/** EPCIS 2.0 over HTTP with the documents of OpenEPCIS: what is valid is captured and comes back as it was, what is not is refused with a pointer. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { needsTestdata, testdataPath } from '../testdata.ts'
import { startProduct, temporaryFolder, waitFor, type RunningProduct } from './product.ts'

const Row = Type.Object({ file: Type.String(), events: Type.Integer() })
const RefusedRow = Type.Object({ file: Type.String(), violations: Type.Array(Type.Object({ pointer: Type.String() })) })
const IndexFile = Type.Object({
  valid: Type.Array(Row),
  events: Type.Array(Row),
  queryDocuments: Type.Array(Row),
  invalid: Type.Array(RefusedRow),
  queryDocumentsInvalid: Type.Array(RefusedRow)
})
const Event = Type.Object({ type: Type.String(), eventTime: Type.String(), eventID: Type.Optional(Type.String()) })
type Event = Static<typeof Event>
const EventList = Type.Object({ eventList: Type.Array(Event) })
const QueryBody = Type.Object({ queryResults: Type.Object({ resultsBody: EventList }) })
const Document = Type.Object({ epcisBody: Type.Union([EventList, QueryBody]) })
const Job = Type.Object({ running: Type.Boolean(), success: Type.Boolean(), errors: Type.Array(Type.Object({ code: Type.String() })) })
const Refusal = Type.Object({ code: Type.String(), findings: Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() })) })

const indexFiles = compileValidator(IndexFile)
const singleEvents = compileValidator(Event)
const documents = compileValidator(Document)
const jobs = compileValidator(Job)
const refusals = compileValidator(Refusal)
const vectors = needsTestdata()
const folder = 'epcis/openepcis'

let data: Awaited<ReturnType<typeof temporaryFolder>>
let product: RunningProduct
let index: Static<typeof IndexFile>

before(async () => {
  if (vectors.skip !== false) return
  const read = indexFiles.check(JSON.parse(await textOf('index.json')))
  assert.ok(read.ok)
  index = read.value
  data = await temporaryFolder()
  product = await startProduct(data.path, { simulator: false })
})

after(async () => {
  if (vectors.skip !== false) return
  await product[Symbol.asyncDispose]()
  await data[Symbol.asyncDispose]()
})

function textOf(file: string): Promise<string> {
  return readFile(testdataPath(folder, file), 'utf8')
}

function eventsOf(value: unknown): Event[] {
  const read = documents.check(value)
  assert.ok(read.ok, read.ok ? '' : read.reason.message)
  const body = read.value.epcisBody
  return 'eventList' in body ? body.eventList : body.queryResults.resultsBody.eventList
}

/** Without the members that the capturer fills in; one time may be written in two ways. */
function contentOf(event: Event): unknown {
  const members = Object.entries(event).filter(([name]) => !['@context', 'eventID', 'recordTime'].includes(name))
  return { ...Object.fromEntries(members), eventTime: Date.parse(event.eventTime) }
}

/** By its id, or by its type and time where it came without one. */
async function stored(event: Event): Promise<Event[]> {
  const secondMs = Math.floor(Date.parse(event.eventTime) / 1_000) * 1_000
  const range = `GE_eventTime=${new Date(secondMs).toISOString()}&LT_eventTime=${new Date(secondMs + 1_000).toISOString()}`
  const path = event.eventID === undefined ? `?eventType=${event.type}&perPage=100&${range}` : `/${encodeURIComponent(event.eventID)}`
  const answer = await product.client.ask(`/epcis/v2/events${path}`)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return eventsOf(answer.body)
}

/** What stands under each eventID; some documents use one id for different events. Error declarations share the id of the event they are about. */
const known = new Map<string, unknown>()

async function capture(file: string): Promise<void> {
  const text = await textOf(file)
  const accepted = await product.client.ask('/epcis/v2/capture', { method: 'POST', body: text })
  assert.equal(accepted.status, 202, `${file}: ${JSON.stringify(accepted.body)}`)
  const job = await waitFor(`the capture of ${file}`, 10_000, async () => {
    const read = jobs.check((await product.client.ask(accepted.headers.get('location') ?? '')).body)
    assert.ok(read.ok)
    return read.value.running ? undefined : read.value
  })
  const events = eventsOf(JSON.parse(text))
  const taken = events.some((event) => {
    const before = event.eventID === undefined || 'errorDeclaration' in event ? undefined : known.get(event.eventID)
    return before !== undefined && !isDeepStrictEqual(before, contentOf(event))
  })
  assert.deepEqual([job.success, job.errors.map(({ code }) => code)], taken ? [false, ['EPCIS_EVENT_EXISTS']] : [true, []], file)
  if (taken) return
  for (const event of events) {
    if (event.eventID !== undefined && !known.has(event.eventID)) known.set(event.eventID, contentOf(event))
    const found = await stored(event)
    assert.ok(
      found.some((one) => isDeepStrictEqual(contentOf(one), contentOf(event))),
      `${file}: wanted ${JSON.stringify(event)}, found ${JSON.stringify(found)}`
    )
  }
}

test('a bare event is created and comes back', vectors, async () => {
  for (const { file } of index.events) {
    const text = await textOf(file)
    const created = await product.client.ask('/epcis/v2/events', { method: 'POST', body: text })
    assert.equal(created.status, 201, `${file}: ${JSON.stringify(created.body)}`)
    const event = singleEvents.check(JSON.parse(text))
    assert.ok(event.ok)
    const found = eventsOf((await product.client.ask(created.headers.get('location') ?? '')).body)
    assert.deepEqual(found.map(contentOf), [contentOf(event.value)], file)
    if (event.value.eventID !== undefined) known.set(event.value.eventID, contentOf(event.value))
    const again = await product.client.ask('/epcis/v2/events', { method: 'POST', body: text })
    assert.equal(again.status, 409, file)
  }
})

test('every valid document is captured, and its events come back with the same content', vectors, async () => {
  for (const { file } of [...index.valid, ...index.queryDocuments]) await capture(file)
  assert.ok(known.size > 20, `${known.size} ids`)
})

test('every invalid document is refused with a pointer to each fault and what was expected', vectors, async () => {
  for (const { file, violations } of [...index.invalid, ...index.queryDocumentsInvalid]) {
    const answer = await product.client.ask('/epcis/v2/capture', { method: 'POST', body: await textOf(file) })
    assert.equal(answer.status, 400, file)
    const refusal = refusals.check(answer.body)
    assert.ok(refusal.ok, `${file}: ${JSON.stringify(answer.body)}`)
    const pointers = refusal.value.findings.map(({ pointer }) => pointer)
    for (const { pointer } of violations)
      assert.ok(
        pointers.some((at) => at === pointer || at.startsWith(`${pointer}/`)),
        `${file}: nothing at ${pointer}, found ${pointers.join(', ')}`
      )
    for (const { message } of refusal.value.findings) assert.match(message, /expected/, file)
  }
})
