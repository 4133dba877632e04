/** Subscriptions over WebSocket with real clients: the handshake, streams and schedules, who may, slow and silent readers. */
import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { key } from '../../harness.ts'
import { idsOf } from './receiver.ts'
import { eventOf, idOf, startWorld, until, type TestWorld } from './test-world.ts'

const authorization = `Bearer ${key}`

interface Client {
  readonly socket: WebSocket
  readonly texts: string[]
  ids(): string[]
  closed: { readonly code: number; readonly reason: string } | undefined
}

async function open(world: TestWorld, path: string, headers: Record<string, string> = { authorization }): Promise<Client> {
  const socket = new WebSocket(`${world.root.replace('http', 'ws')}${path}`, { headers })
  const client: Client = { socket, texts: [], ids: () => client.texts.flatMap(idsOf), closed: undefined }
  socket.addEventListener('message', ({ data }) => client.texts.push(String(data)))
  socket.addEventListener('close', ({ code, reason }) => (client.closed = { code, reason }))
  await until('the socket is open', () => socket.readyState === WebSocket.OPEN)
  return client
}

/** The bare handshake: what the server answers, and the socket when it agreed. */
function handshake(world: TestWorld, path: string, headers: Record<string, string> = { authorization }) {
  const { promise, resolve, reject } = Promise.withResolvers<{ answer: IncomingMessage; socket?: Duplex }>()
  const asked = httpRequest(`${world.root}${path}`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers
    }
  })
  asked.on('upgrade', (answer, socket) => resolve({ answer, socket }))
  asked.on('response', (answer) => resolve({ answer }))
  asked.on('error', reject)
  asked.end()
  return promise
}

async function problemOf(answer: IncomingMessage) {
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  return JSON.parse(text)
}

test('a stream sends what matches as it is stored, from initialRecordTime on where one is given', async () => {
  await using world = await startWorld()
  await world.makeQuery('shipped', { EQ_bizStep: ['shipping'] })
  await world.capture(1)
  const now = await open(world, '/queries/shipped/events?stream=true')
  const all = await open(world, '/queries/shipped/events?stream=true&initialRecordTime=2000-01-01T00:00:00%2B00:00')
  await until('what was there', () => all.ids().length === 1)
  await world.captureEvent(eventOf(2, { bizStep: 'receiving' }))
  await world.capture(3)
  await until('the new one', () => now.ids().length === 1 && all.ids().length === 2)
  assert.deepEqual([now.ids(), all.ids()], [[idOf(3)], [idOf(1), idOf(3)]])
  const document = JSON.parse(now.texts[0] ?? '')
  assert.deepEqual([document.type, document.epcisBody.queryResults.queryName], ['EPCISQueryDocument', 'shipped'])
  now.socket.close()
  all.socket.close()
})

test('a schedule sends by its times, and empty reports where they are asked for', async () => {
  let nowMs = Date.UTC(2026, 10, 23, 8, 0, 30)
  await using world = await startWorld({ nowMs: () => nowMs })
  await world.makeQuery('all')
  const client = await open(world, '/queries/all/events?minute=[0-59]&reportIfEmpty=true&initialRecordTime=2000-01-01T00:00:00Z')
  await world.capture(1)
  await wait(120)
  assert.equal(client.texts.length, 0)
  nowMs += 30_000
  await until('the first run', () => client.texts.length === 1)
  nowMs += 60_000
  await until('the empty report', () => client.texts.length === 2)
  assert.deepEqual(client.texts.map(idsOf), [[idOf(1)], []])
})

test('the handshake tells the record time, and what cannot be had is refused before it', async () => {
  await using world = await startWorld({ socketsPerCallerMax: 1 })
  await world.makeQuery('all')
  const good = await handshake(world, '/queries/all/events?stream=true&initialRecordTime=2026-01-31T00:00:00Z')
  assert.equal(good.answer.statusCode, 101)
  assert.equal(good.answer.headers['gs1-query-min-record-time'], '2026-01-31T00:00:00.000Z')
  const refusals: [string, Record<string, string>, number, string][] = [
    ['/queries/all/events?stream=true', { authorization }, 503, 'ImplementationException'],
    ['/queries/none/events?stream=true', { authorization }, 404, 'NoSuchNameException'],
    ['/queries/all/events', { authorization }, 400, 'SubscriptionControlsException'],
    ['/queries/all/events?stream=true&second=0', { authorization }, 400, 'SubscriptionControlsException'],
    ['/queries/all/events?stream=true&second=0&second=1', { authorization }, 400, 'SubscriptionControlsException'],
    ['/queries/all/events?second=61', { authorization }, 400, 'SubscriptionControlsException'],
    ['/queries/all/events?stream=true&perPage=3', { authorization }, 400, 'SubscriptionControlsException'],
    ['/queries/all/events?stream=true', {}, 401, 'SecurityException'],
    ['/queries/all/events?stream=true', { authorization: 'Bearer wrong' }, 401, 'SecurityException']
  ]
  for (const [path, headers, status, exception] of refusals) {
    const { answer } = await handshake(world, path, headers)
    assert.equal(answer.statusCode, status, path)
    assert.equal((await problemOf(answer)).type, `epcisException:${exception}`, path)
  }
  good.socket?.destroy()
  await until('room again', async () => (await handshake(world, '/queries/all/events?stream=true')).answer.statusCode === 101)
})

test('a session opens a stream from its own origin only, and takes it along when it ends', async () => {
  await using world = await startWorld({ socketPingMs: 100 }, { withAccount: true })
  await world.makeQuery('all')
  const path = '/queries/all/events?stream=true'
  const cookie = await world.signIn()
  const origin = world.api.url
  assert.equal((await handshake(world, path, { cookie: 'tg_session=none', origin })).answer.statusCode, 401)
  assert.equal((await handshake(world, path, { cookie, origin: 'https://elsewhere.example.org' })).answer.statusCode, 403)
  assert.equal((await handshake(world, path, { cookie })).answer.statusCode, 403, 'no origin at all')
  const client = await open(world, path, { cookie, origin })
  assert.ok((await world.call('DELETE', '/api/v1/session', undefined, { cookie, authorization: '', origin })).status < 300)
  await until('it is sent away', () => client.closed !== undefined)
  assert.equal(client.closed?.code, 4401)
})

test('other upgrades are answered as if they were not there, and other paths do not become sockets', async () => {
  await using world = await startWorld()
  const h2c = await handshake(world, '/queries', { authorization, upgrade: 'h2c' })
  assert.equal(h2c.answer.statusCode, 200)
  const list = await handshake(world, '/queries')
  assert.notEqual(list.answer.statusCode, 500)
  list.socket?.destroy()
  h2c.answer.resume()
})

test('deleting the query, a message from the client and the end of the server each close with their code', async () => {
  const world = await startWorld()
  await world.makeQuery('a')
  await world.makeQuery('b')
  const deleted = await open(world, '/queries/a/events?stream=true')
  const chatty = await open(world, '/queries/b/events?stream=true')
  const left = await open(world, '/queries/b/events?stream=true')
  await world.call('DELETE', '/queries/a')
  chatty.socket.send('hello')
  await until('both are closed', () => deleted.closed !== undefined && chatty.closed !== undefined)
  await world[Symbol.asyncDispose]()
  await until('the last, too', () => left.closed !== undefined)
  assert.deepEqual([deleted.closed?.code, chatty.closed?.code, left.closed?.code], [4404, 1003, 1001])
})

test('a client that does not read is bounded and then closed; one that is silent is cut', async () => {
  await using world = await startWorld({ socketSlowAfterMs: 200, socketPingMs: 60_000, batchBytesMax: 4_000_000 })
  await world.makeQuery('all')
  const slow = await handshake(world, '/queries/all/events?stream=true')
  slow.socket?.pause()
  const quick = await open(world, '/queries/all/events?stream=true')
  const large = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`ex:f${index}`, 'x'.repeat(50_000)]))
  for (let number = 1; number <= 8; number += 1)
    await world.captureEvent(eventOf(number, { '@context': [{ ex: 'https://example.org/' }], ...large }))
  await until('the quick one has all', () => quick.ids().length === 8)
  await until('the slow one is gone', () => world.metricOf('tracegate_api_query_sockets').then((value) => value === 1))
  assert.match(await world.metrics.text(), /query_socket_closes_total\{reason="slow"\} 1/)
  slow.socket?.destroy()
})

test('a client that answers no ping is cut', async () => {
  await using world = await startWorld({ socketPingMs: 50 })
  await world.makeQuery('all')
  const mute = await handshake(world, '/queries/all/events?stream=true')
  const alive = await open(world, '/queries/all/events?stream=true')
  await until('the mute one is cut', () => world.metricOf('tracegate_api_query_sockets').then((value) => value === 1))
  await wait(150)
  assert.equal(alive.closed, undefined)
  mute.socket?.destroy()
})
