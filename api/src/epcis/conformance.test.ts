/** Documents of others over HTTP, and the conformance requirements TCR-53 (sensor elements) and TCR-54 (association events) of EPCIS 2.0. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { readEpcisXml } from '@tracegate/model/epcis/xml/read'
import { document, event, headers, missing, numbered, start, vectors } from './testing/rest.ts'

const Listed = Type.Object({ file: Type.String(), violations: Type.Optional(Type.Array(Type.Object({ pointer: Type.String() }))) })
const index = compileValidator(
  Type.Object({
    events: Type.Array(Listed),
    queryDocuments: Type.Array(Listed),
    invalid: Type.Array(Listed),
    queryDocumentsInvalid: Type.Array(Listed)
  })
)
const xmlIndex = compileValidator(
  Type.Object({
    documents: Type.Array(Type.Object({ file: Type.String(), events: Type.Integer(), eventTypes: Type.Array(Type.String()) }))
  })
)

function readJson(file: string) {
  return JSON.parse(readFileSync(new URL(file, vectors), 'utf8'))
}

function listed() {
  const checked = index.check(readJson('openepcis/index.json'))
  assert.ok(checked.ok)
  return checked.value
}

test('documents of others are captured and come back with the same content', { skip: missing }, async () => {
  const folder = new URL('openepcis/valid/', vectors)
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  assert.ok(files.length > 0)
  let server = await start()
  let seen = new Set<string>()
  for (const file of files) {
    const body = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    const sent: Record<string, unknown>[] = body.epcisBody.eventList ?? body.epcisBody.queryResults.resultsBody.eventList
    // Some documents share an eventID and not the event; such a one gets a store of its own.
    if (sent.some((one) => seen.has(String(one['eventID'])))) {
      server = await start()
      seen = new Set()
    }
    for (const one of sent) seen.add(String(one['eventID']))
    const before = new Set(contents(await allEvents(server)))
    const { answer, job } = await server.capture(body)
    assert.ok(job?.success === true, `${file}: ${answer.body} ${JSON.stringify(job?.errors)}`)
    const added = contents(await allEvents(server)).filter((content) => !before.has(content))
    assert.deepEqual(
      added,
      [...new Set(contents(sent))].filter((content) => !before.has(content)),
      file
    )
  }
})

async function allEvents({ query }: Awaited<ReturnType<typeof start>>): Promise<Record<string, unknown>[]> {
  return (await query('?perPage=1000')).json().epcisBody.queryResults.resultsBody.eventList
}

test('invalid documents of others are refused, with a finding at every violation', { skip: missing }, async () => {
  const { capture, ids } = await start()
  const { invalid, queryDocumentsInvalid } = listed()
  for (const { file, violations = [] } of [...invalid, ...queryDocumentsInvalid]) {
    const { answer } = await capture(readJson(`openepcis/${file}`))
    assert.equal(answer.statusCode, 400, file)
    const found = new Set<string>(answer.json().findings.map(({ pointer }: { pointer: string }) => pointer))
    for (const { pointer } of violations) assert.ok(found.has(pointer), `${file}: ${pointer} is not among ${[...found].join(' ')}`)
  }
  assert.deepEqual(await ids(''), [])
})

test('bare events and query documents of others are taken', { skip: missing }, async () => {
  const { events, queryDocuments } = listed()
  const { app } = await start()
  for (const { file } of events) {
    const answer = await app.inject({ method: 'POST', url: '/epcis/v2/events', headers, payload: readJson(`openepcis/${file}`) })
    assert.equal(answer.statusCode, 201, `${file}: ${answer.body}`)
  }
  for (const { file } of queryDocuments) {
    const { job, answer } = await (await start()).capture(readJson(`openepcis/${file}`))
    assert.ok(job?.success === true, `${file}: ${answer.body} ${JSON.stringify(job?.errors)}`)
  }
})

test(
  'XML documents of others, 2.0 and 1.2, are captured as the events they list, and are served as XML again',
  { skip: missing },
  async () => {
    const checked = xmlIndex.check(readJson('openepcis-xml/index.json'))
    assert.ok(checked.ok)
    let server = await start()
    let seen = new Set<string>()
    for (const { file, eventTypes } of checked.value.documents.filter(({ events }) => events > 0)) {
      const text = readFileSync(new URL(`openepcis-xml/${file}`, vectors), 'utf8')
      const read = readEpcisXml(text)
      assert.ok(read.ok, file)
      const eventIDs = [...JSON.stringify(read.document).matchAll(/"eventID":"([^"]*)"/g)].map(([, id = '']) => id)
      if (eventIDs.some((id) => seen.has(id))) {
        server = await start()
        seen = new Set()
      }
      for (const id of eventIDs) seen.add(id)
      const type = { 'content-type': 'application/xml' }
      if (String(read.document['type']).endsWith('Event')) {
        const single = await server.app.inject({ method: 'POST', url: '/epcis/v2/events', headers: { ...headers, ...type }, payload: text })
        // 409: by its hash it is the event of a document before.
        assert.ok([201, 409].includes(single.statusCode), `${file}: ${single.body}`)
        continue
      }
      const { answer, job } = await server.capture(text, type)
      assert.ok(job?.success === true, `${file}: ${answer.body} ${JSON.stringify(job?.errors)}`)
      assert.equal(job.progress.events, eventTypes.length, file)
    }
    const answer = await server.query('?perPage=1', { accept: 'application/xml' })
    assert.match(String(answer.headers['content-type']), /^application\/xml/)
    const back = readEpcisXml(answer.body)
    assert.ok(back.ok && back.document['type'] === 'EPCISQueryDocument', answer.body.slice(0, 300))
  }
)

test('a sensor attribute that stands in metadata and in the report is refused (TCR-53 step 29)', async () => {
  const { capture, app, ids } = await start()
  const element = (metadata: object, report: object) =>
    event({ sensorElementList: [{ sensorMetadata: metadata, sensorReport: [{ type: 'Temperature', value: 4, uom: 'CEL', ...report }] }] })
  const both = { deviceID: 'urn:epc:id:giai:9506000.1' }
  const { answer } = await capture(document(element(both, both)))
  assert.equal(answer.statusCode, 400)
  assert.equal(answer.json().type, 'epcisException:ValidationException')
  assert.match(answer.json().findings[0].pointer, /^\/epcisBody\/eventList\/0\/sensorElementList\/0/)
  const single = await app.inject({ method: 'POST', url: '/epcis/v2/events', headers, payload: element(both, both) })
  assert.equal(single.statusCode, 400)
  assert.deepEqual(await ids(''), [])
  // Steps 26 to 28: another unit finds the reading, wherever its device is named.
  await capture(document({ ...element(both, {}), eventID: numbered(1).eventID }, { ...element({}, both), eventID: numbered(2).eventID }))
  assert.equal((await ids('?GE_value_KEL=277.1&LE_value_KEL=277.2')).length, 2)
  assert.equal((await ids(`?EQ_deviceID=${both.deviceID}`)).length, 2)
})

test('an association event without parent or without children is refused (TCR-54 steps 3 and 4)', async () => {
  const { capture, ids } = await start()
  const { epcList: _epcList, ...bare } = event({ type: 'AssociationEvent', action: 'ADD' })
  const parentID = 'urn:epc:id:grai:9506000.12345.1'
  const childEPCs = ['urn:epc:id:giai:9506000.1']
  for (const broken of [
    { ...bare, childEPCs },
    { ...bare, parentID }
  ]) {
    const { answer } = await capture(document(broken))
    assert.equal(answer.statusCode, 400)
    assert.ok(answer.json().findings.length > 0)
  }
  assert.equal((await capture(document({ ...bare, parentID, childEPCs }))).job.success, true)
  assert.equal((await ids('?eventType=AssociationEvent')).length, 1)
})

/** Events without what the server fills in, in an order of their own. */
function contents(events: Record<string, unknown>[]): string[] {
  return events
    .map(({ recordTime: _recordTime, eventID: _eventID, '@context': _context, ...event }) => JSON.stringify(sorted(event)))
    .toSorted()
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const names = Object.keys(value).toSorted()
  const members = new Map<string, unknown>(Object.entries(value))
  return Object.fromEntries(names.map((name) => [name, sorted(members.get(name))]))
}
