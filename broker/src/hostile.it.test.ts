/** Clients and sinks that do not do what they should harm themselves only: frozen, half-open, greedy and slow ones, and a dead sink. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeConnect, encodePublish, encodeSubscribe, openRawClient, packetTypes, type RawClient } from './raw-client.ts'
import { command, createSink, login, start, telemetry, until } from './testing.ts'

const small = Buffer.from('{}')
const large = Buffer.alloc(2_000, 32)

const burst = (count: number, payload: Buffer, firstId = 1) =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) => encodePublish({ topic: telemetry, payload, qos: 1, packetId: firstId + index }))
  )
const acknowledged = (client: RawClient) =>
  client.packets.filter(({ type }) => type === packetTypes.puback).map(({ body }) => body.readUInt16BE(0))
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Counts messages and acknowledges them as they come. */
async function follow(client: RawClient, filter: string, qos: 0 | 1): Promise<() => number> {
  client.send(encodeSubscribe([filter], qos))
  await client.next(packetTypes.suback)
  let count = 0
  client.socket.on('data', () => {
    for (const { type, body } of client.packets.splice(0)) {
      if (type !== packetTypes.publish) continue
      count += 1
      const at = 2 + body.readUInt16BE(0)
      if (qos === 1) client.send(Buffer.from([0x40, 2, body.readUInt8(at), body.readUInt8(at + 1)]))
    }
  })
  return () => count
}

describe('a subscriber that stops reading', () => {
  for (const qos of [0, 1] as const)
    it(`with QoS ${qos} harms none of 50 publishers and no other subscriber`, async () => {
      await using broker = await start({ limits: { queuedBytesSoft: 200_000, drainTimeoutMs: 3_000 } })
      await using stack = new AsyncDisposableStack()
      const frozen = stack.use(await login(broker, { username: 'collector', clientId: 'frozen' }))
      frozen.send(encodeSubscribe(['tg/v1/#'], qos))
      await frozen.next(packetTypes.suback)
      frozen.socket.pause()
      const other = stack.use(await login(broker, { username: 'collector', clientId: 'other' }))
      const received = await follow(other, 'tg/v1/#', qos)
      const publishers: RawClient[] = []
      for (let index = 0; index < 50; index += 1) publishers.push(stack.use(await login(broker, { clientId: `p${index}` })))
      for (const publisher of publishers) publisher.send(burst(200, large))
      await until(() => publishers.every((publisher) => acknowledged(publisher).length === 200), 30_000)
      for (const publisher of publishers) assert.deepEqual(acknowledged(publisher), upTo(200))
      await until(() => received() === 10_000, 30_000)
      assert.equal(await broker.read('tracegate_broker_dropped_connections_total', { reason: 'slowSubscriber' }), 1)
    })

  it('does not hold back an acknowledgement', async () => {
    await using broker = await start({ limits: { queuedBytesSoft: 50_000, drainTimeoutMs: 60_000 } })
    await using frozen = await login(broker, { username: 'collector' })
    frozen.send(encodeSubscribe(['#'], 0))
    await frozen.next(packetTypes.suback)
    frozen.socket.pause()
    await using flooding = await login(broker, { clientId: 'flooding' })
    for (let round = 0; round < 20; round += 1) flooding.send(burst(250, large, 1 + round * 250))
    await until(async () => (await broker.read('tracegate_broker_subscriber_waits_total')) > 0)
    await using calm = await login(broker, { clientId: 'calm' })
    calm.send(burst(10, small))
    await until(() => acknowledged(calm).length === 10, 1_000)
    assert.equal(broker.connections(), 3, 'while the frozen one is still there')
  })
})

describe('a client that falls silent', () => {
  it('is ended after one and a half of its keep-alive, and its last will is sent (MQTT 3.1.1 §3.1.2.10)', async () => {
    const sink = createSink()
    await using broker = await start({ sink })
    const will = { topic: 'tg/v1/port-1/probe-1/state', payload: Buffer.from('offline'), qos: 1, retain: false } as const
    await using silent = await login(broker, { keepaliveSeconds: 1, will })
    await using patient = await login(broker, { clientId: 'patient', keepaliveSeconds: 0 })
    await silent.closed
    await until(() => sink.messages.length === 1)
    assert.equal(Buffer.from(sink.messages[0]?.payload ?? []).toString(), 'offline')
    assert.equal(await broker.read('tracegate_broker_dropped_connections_total', { reason: 'keepAlive' }), 1)
    assert.equal(patient.socket.destroyed, false)
  })

  it('is left alone while it is the broker that does not read', async () => {
    const gate = Promise.withResolvers<void>()
    await using broker = await start({ sink: createSink(() => gate.promise), limits: { inFlightPerClientMax: 5 } })
    await using client = await login(broker, { keepaliveSeconds: 1 })
    client.send(burst(10, small))
    await sleep(2_500)
    gate.resolve()
    await until(() => acknowledged(client).length === 10)
  })
})

describe('a client that sends and does not read', () => {
  it('is not read either, and gets everything once it reads', async () => {
    const sink = createSink()
    await using broker = await start({ sink, limits: { queuedBytesSoft: 10_000 } })
    await using greedy = await login(broker)
    greedy.socket.pause()
    const count = 60_000
    const pings = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0xc0, 0])))
    for (let round = 0; round < 80; round += 1) greedy.send(pings)
    greedy.send(burst(count, small))
    await until(async () => (await broker.read('tracegate_broker_paused_reads_total', { reason: 'output' })) > 0)
    assert.equal(sink.messages.length, 0, 'what comes after stays in the socket')
    await using other = await login(broker, { clientId: 'other' })
    other.send(burst(5, small))
    await until(() => acknowledged(other).length === 5)
    let bytes = 0
    greedy.socket.removeAllListeners('data')
    greedy.socket.on('data', (chunk) => void (bytes += chunk.length))
    greedy.socket.resume()
    await until(() => bytes === 80 * 100_000 * 2 + count * 4, 10_000)
  })
})

describe('a client that says CONNECT slowly', () => {
  it('is closed at the time limit, whatever it sends until then', async () => {
    await using broker = await start({ limits: { connectTimeoutMs: 300 } })
    await using slow = await openRawClient(broker)
    const bytes = encodeConnect({ clientId: 'a', username: 'port-1/probe-1', password: 'secret' })
    const dripping = (async () => {
      for (const byte of bytes.subarray(0, -1)) {
        slow.send(Buffer.from([byte]))
        await sleep(20)
      }
    })()
    await slow.closed
    await dripping
    assert.equal(slow.packets.length, 0)
    assert.equal(await broker.read('tracegate_broker_dropped_connections_total', { reason: 'connectTimeout' }), 1)
  })
})

describe('a sink', () => {
  it('that is dead stops acknowledgements, holds no more than the bound even of clients that come again, and all goes on by itself', async () => {
    const gate = Promise.withResolvers<void>()
    const sink = createSink(() => gate.promise)
    await using broker = await start({ sink, limits: { inFlightMax: 200, inFlightPerClientMax: 50 } })
    await using stack = new AsyncDisposableStack()
    for (let round = 0; round < 20; round += 1) {
      await using impatient = await login(broker, { clientId: 'impatient' })
      impatient.send(burst(100, small))
      await sleep(5)
    }
    const clients: RawClient[] = []
    for (let index = 0; index < 10; index += 1) clients.push(stack.use(await login(broker, { clientId: `c${index}` })))
    for (const client of clients) client.send(burst(100, small))
    await sleep(200)
    assert.ok(sink.messages.length <= 200, `${sink.messages.length} messages are held`)
    assert.ok(
      clients.every((client) => client.packets.length === 0),
      'nothing is acknowledged'
    )
    clients[0]?.send(Buffer.from([0xc0, 0]))
    gate.resolve()
    for (const client of clients) await until(() => acknowledged(client).length === 100)
    assert.equal(await broker.read('tracegate_broker_in_flight_messages'), 0)
    assert.equal(await broker.read('tracegate_broker_in_flight_bytes'), 0)
  })

  it('that answers out of order has its messages acknowledged in order (MQTT 3.1.1 §4.6)', async () => {
    const answers: (() => void)[] = []
    const sink = createSink(() => {
      const { promise, resolve } = Promise.withResolvers<void>()
      answers.push(resolve)
      return promise
    })
    await using broker = await start({ sink })
    await using client = await login(broker)
    const reply = encodePublish({ topic: 'tg/v1/port-1/probe-1/command/reply', payload: small, qos: 1, packetId: 4 })
    client.send(Buffer.concat([burst(3, small), reply]))
    await until(() => answers.length >= 3)
    for (const answer of answers.toReversed()) {
      await sleep(30)
      answer()
    }
    await until(() => acknowledged(client).length === 4)
    assert.deepEqual(acknowledged(client), upTo(4))
  })

  it('that refuses one message has those before it acknowledged and none after it', async () => {
    let count = 0
    const sink = createSink(async () => {
      count += 1
      if (count === 3) throw new Error('disk full')
    })
    await using broker = await start({ sink })
    await using client = await login(broker)
    client.send(burst(5, small))
    await client.closed
    assert.deepEqual(acknowledged(client), upTo(2))
    assert.equal(await broker.read('tracegate_broker_in_flight_messages'), 0)
  })
})

describe('a client that asks and speaks in one breath', () => {
  it('gets its own message on the subscription that it asked for before', async () => {
    await using broker = await start()
    await using service = await login(broker, { username: 'api' })
    service.send(Buffer.concat([encodeSubscribe([command], 1), encodePublish({ topic: command, payload: small, qos: 0 })]))
    await service.next(packetTypes.publish)
  })
})
