/** Declarations in and instructions out, against a real partner that fails, with receipts, feedback, replay and repeats. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { readCapFeed } from '@tracegate/model/cap-feed'
import { policyDefaults } from '@tracegate/model/policy/policy'
import { authorization, createWorld } from '../harness.ts'
import { publish, startPublishing, until } from '../publication/test-world.ts'

const key = 'partner-key-0123456789'
const window = { id: 'single-window', kind: 'singleWindow', key } as const

const declaration = {
  messageId: 'SW-1',
  schemaVersion: '1.1',
  sentAt: '2026-11-24T08:00:00+08:00',
  declaration: {
    number: 'DEC-1',
    direction: 'import',
    importer: '9506000134352',
    port: 'CNSHG',
    declaredAt: '2026-11-24T07:59:00+08:00',
    guaranteeRequested: true,
    goods: [{ hsCode: '300220', gtin: '09506000134352', lots: ['LOT-7'], quantity: 5, uom: 'H87' }],
    transportUnits: ['095060001343520005']
  }
}

async function post(url: string, body: unknown, authorized = `Bearer ${key}`) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: authorized, 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  return { status: response.status, json: JSON.parse(await response.text()) }
}

async function startPartner() {
  const bodies: { readonly text: string; readonly message: string; readonly signature: string }[] = []
  let status = 503
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const header = (name: string) => String(request.headers[name] ?? '')
      bodies.push({ text, message: header('tracegate-message'), signature: header('tracegate-signature') })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/in`,
    bodies,
    answer: (next: number) => void (status = next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}

test('a declaration becomes a consignment once; the same message again gets the same receipt, another one under its id does not', async () => {
  await using api = await startPublishing({ exchange: { partners: [window] } })
  const url = `${api.url}/api/v1/exchange/single-window/declarations`
  const first = await post(url, declaration)
  assert.deepEqual([first.status, first.json.status, first.json.consignment, first.json.repeated], [200, 'accepted', 'DEC-1', false])
  const again = await post(url, { ...declaration, declaration: { ...declaration.declaration } })
  assert.deepEqual([again.json.receipt, again.json.repeated], [first.json.receipt, true])
  const other = await post(url, { ...declaration, sentAt: '2026-11-24T09:00:00+08:00' })
  assert.deepEqual([other.status, other.json.code], [409, 'EXCHANGE_CONFLICT'])
  const consignment = JSON.parse(await (await api.get('/api/v1/consignments/DEC-1', { authorization })).text())
  assert.deepEqual(
    [consignment.guaranteeAsked, consignment.goods[0].unit, consignment.units],
    [true, 'H87', ['https://id.gs1.org/00/095060001343520005']]
  )
  assert.ok(consignment.proposal !== undefined)
})

test('a message that breaks its schema is kept with each finding, and is judged again when somebody asks', async () => {
  await using api = await startPublishing({ exchange: { partners: [window] } })
  const url = `${api.url}/api/v1/exchange/single-window/declarations`
  const bad = await post(url, { ...declaration, messageId: 'SW-2', schemaVersion: '1.0' })
  assert.deepEqual([bad.status, bad.json.status], [200, 'rejected'])
  assert.match(bad.json.findings[0].pointer, /declaration/)
  const old = await post(url, { ...declaration, messageId: 'SW-3', schemaVersion: '0.9' })
  assert.equal(old.json.findings[0].code, 'EXCHANGE_VERSION')
  assert.equal((await post(url, { schemaVersion: '1.0' })).json.code, 'EXCHANGE_MESSAGE_ID')
  assert.equal((await post(`${api.url}/api/v1/exchange/other/declarations`, declaration)).status, 404)
  const replayed = await post(`${api.url}/api/v1/exchange/messages/${bad.json.receipt}/replay`, {}, authorization)
  assert.deepEqual([replayed.json.status, replayed.json.replays], ['rejected', 1])
  const open = JSON.parse(await (await api.get('/api/v1/exchange/messages?state=open', { authorization })).text())
  assert.equal(open.items.length, 2)
})

test('the instruction of a bulletin waits until its port takes it, and keeps receipt and feedback', async () => {
  await using partner = await startPartner()
  const world = await createWorld({ withAccount: false })
  const retry = { firstMs: 100, longestMs: 200, deadAfterMs: 60_000 }
  const policy = { ...policyDefaults, exchange: { ...policyDefaults.exchange, retry } }
  await world.cases.put('policies', '2', { version: 2, effectiveFromMs: 1, by: 'test', why: 'quick', policy })
  const port = { id: 'port-shanghai', kind: 'portControl', url: partner.url, ports: ['CNSHG'], key } as const
  const partners = [{ ...port, ports: [...port.ports] }]
  await using api = await startPublishing({ exchange: { partners, lookMs: 50 } }, world)
  const change = { kind: 'bulletin', controlInstruction: { zh: '扣留', en: 'Detain' }, audience: { ports: ['CNSHG'] } } as const
  await publish(world, { id: 'W-1', number: 'TG-2026-0001', change: { ...change, audience: { ports: ['CNSHG'] } } })
  await until('two attempts', async () => partner.bodies.length >= 2)
  partner.answer(202)
  const id = partner.bodies[0]?.message ?? ''
  const message = async () => JSON.parse(await (await api.get(`/api/v1/exchange/messages/${id}`, { authorization })).text())
  await until('it is sent', async () => (await message()).status === 'sent')
  const sent = JSON.parse(partner.bodies.at(-1)?.text ?? '')
  assert.deepEqual([sent.instruction.action, sent.instruction.port, sent.instruction.instruction.en], ['apply', 'CNSHG', 'Detain'])
  assert.match(partner.bodies.at(-1)?.signature ?? '', /^t=\d+,v1=[0-9a-f]{64}$/)
  assert.equal(new Set(partner.bodies.map(({ text }) => text)).size, 1)
  const own = `${api.url}/api/v1/exchange/messages/${id}`
  assert.equal((await post(`${own}/receipt`, { status: 'applied', at: '2026-11-24T08:10:00+08:00' })).json.status, 'applied')
  assert.equal((await post(`${own}/feedback`, { at: '2026-11-24T12:00:00+08:00', held: 3 })).json.feedback[0].held, 3)
  const receipts = JSON.parse(await (await api.get('/api/v1/warnings/W-1/publications', { authorization })).text())
  const channel = receipts.items[0].deliveries.find((one: { channel: string }) => one.channel === 'portControl')
  assert.deepEqual([channel.status, channel.receipt], ['delivered', id])
  assert.ok(readCapFeed(await (await api.get('/feeds/warnings.atom', { authorization })).text()).ok)
})
