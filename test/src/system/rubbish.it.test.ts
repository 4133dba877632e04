/** Rubbish from outside: kept and explained, and the process lives. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connectAsync } from 'mqtt'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { DeadLetterPage } from './answers.ts'
import { startProduct, temporaryFolder, waitFor, type RunningProduct } from './product.ts'

const deadLetters = compileValidator(DeadLetterPage)
const secrets = compileValidator(Type.Record(Type.String(), Type.String()))
const problems = compileValidator(Type.Object({ type: Type.String(), title: Type.String() }))

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let product: RunningProduct

before(async () => {
  folder = await temporaryFolder()
  product = await startProduct(folder.path)
})

after(async () => {
  await product[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

async function recorder() {
  const file = secrets.check(JSON.parse(await readFile(join(folder.path, 'sim', 'credentials.json'), 'utf8')))
  assert.ok(file.ok)
  return connectAsync(`mqtt://127.0.0.1:${product.all.ports.mqtt}`, {
    clientId: `rubbish-${Math.random()}`,
    username: 'replay/recorder',
    password: file.value['replay/recorder'] ?? '',
    reconnectPeriod: 0
  })
}

async function deadLetterOf(code: RegExp) {
  return waitFor(`a dead letter ${code.source}`, 10_000, async () => {
    const page = deadLetters.check((await product.client.ask('/api/v1/dead-letters')).body)
    assert.ok(page.ok, page.ok ? '' : page.reason.message)
    return page.value.items.find((letter) => code.test(letter.code))
  })
}

test('TG-904: a payload that is no JSON is acknowledged and kept with its bytes and reason', async () => {
  const client = await recorder()
  await client.publishAsync('tg/v1/replay/d1/telemetry', Buffer.from('{"v":1,'), { qos: 1 })
  const letter = await deadLetterOf(/PAYLOAD_NOT_JSON/)
  assert.equal(Buffer.from(letter.payloadBase64, 'base64').toString(), '{"v":1,')
  assert.equal(letter.topic, 'tg/v1/replay/d1/telemetry')
  await client.endAsync()
})

test('TG-904: a payload that breaks the schema is kept with the JSON pointer to what is wrong', async () => {
  const client = await recorder()
  const payload = {
    v: 1,
    boot: 'b',
    seq: 0,
    timeMs: 1,
    timeQuality: 'unknown',
    readings: [{ metric: 'a b', value: 1, unit: 'Cel', quality: 1 }]
  }
  await client.publishAsync('tg/v1/replay/d1/telemetry', JSON.stringify(payload), { qos: 1 })
  const letter = await deadLetterOf(/^SCHEMA_/)
  assert.equal(letter.pointer, '/readings/0/metric')
  await client.endAsync()
})

test('a dead letter is downloaded, mended and handed in again, and its reading is there', async () => {
  const letter = await deadLetterOf(/^SCHEMA_/)
  const path = `/api/v1/dead-letters/${letter.id}`
  const lines = (await product.client.ask(`/api/v1/dead-letters/export?code=${letter.code}`)).text
  assert.ok(lines.split('\n').some((line) => line.includes(`"id":${letter.id},`)))
  const payload: unknown = JSON.parse((await product.client.ask(`${path}/payload`)).text.replace('"a b"', '"a-b"'))
  const post = (body: object) => product.client.ask(`${path}/replay`, { method: 'POST', body })
  assert.equal((await post({ payload, payloadBase64: '' })).status, 400)
  assert.equal((await post({ payloadBase64: 'bytes!' })).status, 400)
  assert.match(JSON.stringify((await post({})).body), /"outcome":"refused".*\/readings\/0\/metric/)
  assert.match(JSON.stringify((await post({ payload })).body), /"outcome":"replayed"/)
  assert.match(JSON.stringify((await post({ payload })).body), /"outcome":"gone"/)
  await waitFor('the mended reading', 10_000, async () => {
    const { body } = await product.client.ask('/api/v1/series?prefix=replay/d1/')
    return JSON.stringify(body).includes('replay/d1/a-b') ? true : undefined
  })
  const all = await product.client.ask('/api/v1/dead-letters/replay', { method: 'POST', body: { code: 'PAYLOAD_NOT_JSON' } })
  assert.match(JSON.stringify(all.body), /"replayed":0,"refused":1,"left":1/)
  assert.match(JSON.stringify((await product.client.ask('/api/v1/dead-letters/summary')).body), /PAYLOAD_NOT_JSON/)
})

test('TG-905: a topic of another point is refused, kept, and the sender is put out', async () => {
  const client = await recorder()
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.publish('tg/v1/cold-store/plc/telemetry', '{}', { qos: 1 }, () => {})
  await closed
  const letter = await deadLetterOf(/TOPIC_FORBIDDEN/)
  assert.equal(letter.topic, 'tg/v1/cold-store/plc/telemetry')
  client.end(true)
})

test('an EPCIS document that breaks the schema is refused with code and pointer', async () => {
  const document = {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-11-23T00:00:00Z',
    epcisBody: { eventList: [{ type: 'ObjectEvent', action: 'ADD', eventTime: 'yesterday', eventTimeZoneOffset: '+08:00', epcList: [] }] }
  }
  const answer = await product.client.ask('/epcis/v2/capture', { method: 'POST', body: document })
  assert.equal(answer.status, 400)
  assert.match(answer.headers.get('content-type') ?? '', /application\/problem\+json/)
  const problem = problems.check(answer.body)
  assert.ok(problem.ok)
  assert.equal(problem.value.type, 'epcisException:ValidationException')
  assert.match(JSON.stringify(answer.body), /\/epcisBody\/eventList\/0\/eventTime/)
})

test('bytes that are no MQTT, half a packet and an endless line do no harm', async () => {
  const { connect } = await import('node:net')
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0]),
    Buffer.alloc(100_000, 0x41),
    Buffer.from([0x10])
  ]) {
    const socket = connect(product.all.ports.mqtt, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(bytes)
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.destroy()
  }
  assert.equal((await product.client.ask('/health/ready')).status, 200)
})

test('wrong questions over HTTP get problem details with a code', async () => {
  for (const [path, status] of [
    ['/api/v1/points/none', 404],
    ['/api/v1/nothing', 404],
    ['/api/v1/trace/back?of=urn:epc:id:sgtin:bad', 400],
    ['/api/v1/readings?series=a/b/c&from=yesterday&to=now', 400],
    ['/epcis/v2/events?EQ_bizStpe=shipping', 400]
  ] as const) {
    const answer = await product.client.ask(path)
    assert.equal(answer.status, status, path)
    assert.match(answer.headers.get('content-type') ?? '', /application\/problem\+json/, path)
  }
})
