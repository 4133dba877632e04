/** The broker over real sockets: acknowledgement after commit, rights, bounds, floods. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { IngestSink } from '@tracegate/service/ingest'
import { startBroker } from './broker.ts'
import type { BrokerLimits } from './limits.ts'
import { encodeConnect, encodeDisconnect, encodePublish, encodeSubscribe, openRawClient, packetTypes } from './raw-client.ts'
import { createSink, directory, login, start as startWith, telemetry, until } from './testing.ts'

const start = (sink: IngestSink, limits: Partial<BrokerLimits> = {}) => startWith({ sink, limits })
const payload = Buffer.from('{"v":1}')

describe('a message', () => {
  it('TG-901: is acknowledged only after the sink has committed it', async () => {
    const gate = Promise.withResolvers<void>()
    const sink = createSink(() => gate.promise)
    await using broker = await start(sink)
    await using client = await login(broker)
    client.send(encodePublish({ topic: telemetry, payload, qos: 1, packetId: 7 }))
    await sleep(100)
    assert.equal(sink.messages.length, 1)
    assert.equal(client.packets.length, 0, 'no PUBACK before the commit')
    gate.resolve()
    const puback = await client.next(packetTypes.puback)
    assert.equal(puback.body.readUInt16BE(0), 7)
  })

  it('TG-901: that the sink cannot commit is not acknowledged and the client is sent away', async () => {
    const sink = createSink(() => Promise.reject(new Error('disk full')))
    await using broker = await start(sink)
    await using client = await login(broker)
    client.send(encodePublish({ topic: telemetry, payload, qos: 1 }))
    await client.closed
    assert.equal(client.packets.length, 0)
    await using again = await login(broker)
    assert.equal(again.socket.destroyed, false)
  })

  it('of QoS 0 and of QoS 2 is committed as well', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    await using client = await login(broker)
    client.send(encodePublish({ topic: telemetry, payload, qos: 0 }))
    client.send(encodePublish({ topic: telemetry, payload, qos: 2, packetId: 3 }))
    await client.next(5)
    assert.equal(sink.messages.length, 2)
  })

  it('TG-905: on the topic of another device is kept with its reason, not acknowledged, and ends the connection', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    await using client = await login(broker)
    client.send(encodePublish({ topic: 'tg/v1/port-1/probe-2/telemetry', payload, qos: 1 }))
    await client.closed
    assert.equal(client.packets.length, 0)
    assert.equal(sink.messages.length, 0)
    assert.equal(sink.refused[0]?.reason.code, 'TOPIC_FORBIDDEN')
    assert.equal(Buffer.from(sink.refused[0]?.message.payload ?? []).toString(), payload.toString())
  })

  it('is retained only as a state, whatever the device asks for', async () => {
    await using broker = await start(createSink())
    await using client = await login(broker)
    const topics = ['state', 'telemetry', 'command/reply'].map((channel) => `tg/v1/port-1/probe-1/${channel}`)
    for (const [index, topic] of topics.entries()) {
      client.send(encodePublish({ topic, payload, qos: 1, packetId: index + 1, retain: true }))
      await client.next(packetTypes.puback)
    }
    await using service = await login(broker, { username: 'collector' })
    service.send(encodeSubscribe(['tg/v1/port-1/#']))
    const retained = await service.next(packetTypes.publish)
    assert.ok(retained.body.toString().includes('probe-1/state'))
    await sleep(50)
    assert.equal(service.packets.filter((packet) => packet.type === packetTypes.publish).length, 0, 'nothing else is retained')
  })

  it('from an unknown sender is not waited for when it is long', async () => {
    await using broker = await start(createSink())
    await using client = await openRawClient(broker)
    client.send(encodeConnect({ clientId: 'x'.repeat(20_000) }).subarray(0, 100))
    await client.closed
    assert.equal(client.packets.length, 0)
  })

  it('from an edge may come for every device of its point', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    await using client = await login(broker, { username: 'port-1/agent' })
    client.send(encodePublish({ topic: 'tg/v1/port-1/probe-2/event', payload, qos: 1 }))
    await client.next(packetTypes.puback)
    assert.equal(sink.messages[0]?.clientId, 'port-1/agent')
  })

  it('TG-904: that is too long is refused before it is buffered, with its topic and head kept', async () => {
    const sink = createSink()
    await using broker = await start(sink, { packetBytesMax: 10_000 })
    await using client = await login(broker)
    client.send(encodePublish({ topic: telemetry, payload: Buffer.alloc(50_000, 0x20), qos: 1 }))
    await client.closed
    assert.equal(sink.messages.length, 0)
    assert.equal(sink.refused[0]?.reason.code, 'PACKET_TOO_LARGE')
    assert.equal(sink.refused[0]?.message.topic, telemetry)
  })
})

describe('a connection', () => {
  it('with an empty client id that asks for a kept session is refused with code 2', async () => {
    await using broker = await start(createSink())
    await using client = await openRawClient(broker)
    client.send(encodeConnect({ clientId: '', clean: false, username: 'port-1/probe-1', password: 'secret' }))
    const connack = await client.next(packetTypes.connack)
    assert.equal(connack.body[1], 2)
    await client.closed
  })

  it('with a wrong secret is refused with code 4', async () => {
    await using broker = await start(createSink())
    await using client = await openRawClient(broker)
    client.send(encodeConnect({ clientId: 'a', username: 'port-1/probe-1', password: 'wrong' }))
    assert.equal((await client.next(packetTypes.connack)).body[1], 4)
  })

  it('cannot take over the client id of another user', async () => {
    await using broker = await start(createSink())
    await using owner = await login(broker, { clientId: 'shared' })
    await using thief = await openRawClient(broker)
    thief.send(encodeConnect({ clientId: 'shared', username: 'port-1/probe-2', password: 'secret' }))
    assert.equal((await thief.next(packetTypes.connack)).body[1], 2)
    assert.equal(owner.socket.destroyed, false)
  })

  it('past the bound of its address is closed, and room is given back', async () => {
    await using broker = await start(createSink(), { connectionsPerAddressMax: 2 })
    const first = await login(broker, { clientId: 'a' })
    await using second = await login(broker, { clientId: 'b' })
    const third = await openRawClient(broker)
    await third.closed
    assert.equal(broker.connections(), 2)
    await first[Symbol.asyncDispose]()
    await sleep(50)
    await using fourth = await login(broker, { clientId: 'c' })
    assert.equal(fourth.socket.destroyed, false)
    assert.equal(second.socket.destroyed, false)
  })

  it('may send before it was told that it is accepted', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    await using client = await openRawClient(broker)
    const messages = Array.from({ length: 200 }, (_, index) => encodePublish({ topic: telemetry, payload, qos: 1, packetId: index + 1 }))
    client.send(Buffer.concat([encodeConnect({ clientId: 'a', username: 'port-1/probe-1', password: 'secret' }), ...messages]))
    await until(() => client.packets.filter(({ type }) => type === packetTypes.puback).length === 200)
    assert.equal(sink.messages.length, 200)
  })

  it('that is refused has nothing taken from it', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    await using client = await openRawClient(broker)
    const message = encodePublish({ topic: telemetry, payload, qos: 1 })
    client.send(Buffer.concat([encodeConnect({ clientId: 'a', username: 'port-1/probe-1', password: 'wrong' }), message]))
    await client.closed
    assert.equal(sink.messages.length, 0)
  })

  it('is ended by disconnect() of its user', async () => {
    await using broker = await start(createSink())
    await using client = await login(broker)
    broker.disconnect('port-1/probe-1')
    await client.closed
    assert.equal(broker.connections(), 0)
  })
})

describe('a subscription', () => {
  it('is granted for own topics and refused with 0x80 for shared and foreign ones', async () => {
    await using broker = await start(createSink())
    await using client = await login(broker)
    const filters = [
      'tg/v1/port-1/probe-1/committed',
      'tg/v1/port-1/-/control',
      '$share/g/tg/v1/port-1/probe-1/committed',
      'tg/v1/port-1/probe-2/command',
      '#'
    ]
    client.send(encodeSubscribe(filters))
    const suback = await client.next(packetTypes.suback)
    assert.deepEqual([...suback.body.subarray(2)], [1, 1, 0x80, 0x80, 0x80])
  })

  it('past the bound of its client is refused', async () => {
    await using broker = await start(createSink(), { subscriptionsPerClientMax: 1 })
    await using client = await login(broker)
    client.send(encodeSubscribe(['tg/v1/port-1/probe-1/committed', 'tg/v1/port-1/probe-1/command']))
    assert.deepEqual([...(await client.next(packetTypes.suback)).body.subarray(2)], [1, 0x80])
  })

  it('of a kept session collects what was published meanwhile, but nothing for a refused filter beside it', async () => {
    await using broker = await start(createSink())
    const client = await login(broker, { clean: false })
    client.send(encodeSubscribe(['tg/v1/port-1/probe-1/command', 'tg/v1/port-1/probe-2/command']))
    await client.next(packetTypes.suback)
    await client[Symbol.asyncDispose]()
    await broker.publisher.publish('tg/v1/port-1/probe-1/command', Buffer.from('mine'), { qos: 1, retain: false })
    await broker.publisher.publish('tg/v1/port-1/probe-2/command', Buffer.from('theirs'), { qos: 1, retain: false })
    await using again = await login(broker, { clean: false })
    const message = await again.next(packetTypes.publish)
    assert.match(message.body.toString(), /mine/)
    await sleep(100)
    assert.equal(again.packets.filter(({ type }) => type === packetTypes.publish).length, 0)
  })

  it('of a kept session keeps at most its bound', async () => {
    await using broker = await start(createSink(), { queuedMessagesMax: 3 })
    const client = await login(broker, { clean: false })
    client.send(encodeSubscribe(['tg/v1/port-1/probe-1/command']))
    await client.next(packetTypes.suback)
    await client[Symbol.asyncDispose]()
    for (let index = 0; index < 10; index += 1)
      await broker.publisher.publish('tg/v1/port-1/probe-1/command', Buffer.from(String(index)), { qos: 1, retain: false })
    await using again = await login(broker, { clean: false })
    await sleep(200)
    assert.equal(again.packets.filter(({ type }) => type === packetTypes.publish).length, 3)
  })
})

describe('state messages', () => {
  it('are retained, and a last will passes the sink too', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    const state = 'tg/v1/port-1/probe-1/state'
    const client = await login(broker, { will: { topic: state, payload: Buffer.from('offline'), qos: 1, retain: true } })
    client.send(encodePublish({ topic: state, payload: Buffer.from('online'), qos: 1, retain: true }))
    await client.next(packetTypes.puback)
    await client[Symbol.asyncDispose]()
    await using service = await login(broker, { username: 'collector' })
    await sleep(50)
    service.send(encodeSubscribe(['tg/v1/+/+/state']))
    const retained = await service.next(packetTypes.publish)
    assert.match(retained.body.toString(), /offline/)
    assert.equal(retained.flags & 1, 1)
    assert.deepEqual(
      sink.messages.map(({ payload }) => Buffer.from(payload).toString()),
      ['online', 'offline']
    )
  })

  it('of a client that says goodbye have no last will', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    await using client = await login(broker, { will: { topic: 'tg/v1/port-1/probe-1/state', payload, qos: 1, retain: true } })
    client.send(encodeDisconnect())
    await client.closed
    await sleep(50)
    assert.equal(sink.messages.length, 0)
  })

  it('of another device cannot be a last will', async () => {
    await using broker = await start(createSink())
    await using client = await openRawClient(broker)
    const will = { topic: 'tg/v1/port-1/probe-2/state', payload, qos: 1 as const, retain: true }
    client.send(encodeConnect({ clientId: 'a', username: 'port-1/probe-1', password: 'secret', will }))
    assert.equal((await client.next(packetTypes.connack)).body[1], 5)
  })
})

describe('a flood', () => {
  it('TG-907: is read no faster than the sink commits', async () => {
    const gate = Promise.withResolvers<void>()
    const sink = createSink(() => gate.promise)
    await using broker = await start(sink, { inFlightPerClientMax: 100 })
    await using client = await login(broker)
    const burst = Buffer.concat(Array.from({ length: 5_000 }, () => encodePublish({ topic: telemetry, payload, qos: 0 })))
    client.send(burst)
    await sleep(200)
    assert.ok(sink.messages.length <= 100, `${sink.messages.length} in flight`)
    gate.resolve()
    await until(() => sink.messages.length === 5_000)
  })

  it('TG-907: of many clients stays below the bound of the process', async () => {
    const gate = Promise.withResolvers<void>()
    const sink = createSink(() => gate.promise)
    await using broker = await start(sink, { inFlightPerClientMax: 100, inFlightMax: 300 })
    await using clients = new AsyncDisposableStack()
    const burst = Buffer.concat(Array.from({ length: 500 }, () => encodePublish({ topic: telemetry, payload, qos: 0 })))
    for (let index = 0; index < 20; index += 1) clients.use(await login(broker, { clientId: `c${index}` })).send(burst)
    await sleep(200)
    assert.ok(sink.messages.length < 300 + 50, `${sink.messages.length} in flight`)
    gate.resolve()
    await until(() => sink.messages.length === 10_000)
  })

  it('at a subscriber that takes nothing costs that subscriber its connection and nobody else', async () => {
    const sink = createSink()
    await using broker = await start(sink, { queuedBytesSoft: 64_000, queuedBytesMax: 512_000, drainTimeoutMs: 300 })
    await using frozen = await login(broker, { username: 'collector', clientId: 'frozen' })
    frozen.send(encodeSubscribe(['#'], 0))
    await frozen.next(packetTypes.suback)
    frozen.socket.pause()
    await using client = await login(broker)
    const message = encodePublish({ topic: telemetry, payload: Buffer.alloc(2_000, 0x20), qos: 1 })
    for (let index = 0; index < 20; index += 1) client.send(Buffer.concat(Array.from({ length: 250 }, () => message)))
    await until(() => sink.messages.length === 5_000, 8_000)
    await until(() => broker.connections() === 1)
  })

  it('TG-907: of 60,000 QoS 0 messages with a subscriber killed while a queue stands leaves the process alive and small', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    const subscriber = await login(broker, { username: 'collector' })
    subscriber.send(encodeSubscribe(['#'], 0))
    await subscriber.next(packetTypes.suback)
    subscriber.socket.pause()
    await using clients = new AsyncDisposableStack()
    const message = encodePublish({ topic: telemetry, payload: Buffer.alloc(150, 0x20), qos: 0 })
    const burst = Buffer.concat(Array.from({ length: 3_000 }, () => message))
    const before = process.memoryUsage().rss
    for (let index = 0; index < 20; index += 1) clients.use(await login(broker, { clientId: `flood-${index}` })).send(burst)
    await until(() => sink.messages.length > 5_000)
    subscriber.socket.destroy()
    await until(() => sink.messages.length === 60_000, 8_000)
    const grownMiB = (process.memoryUsage().rss - before) / 1_048_576
    assert.ok(grownMiB < 250, `resident memory grew by ${grownMiB.toFixed(0)} MiB`)
    await using alive = await login(broker)
    alive.send(encodePublish({ topic: telemetry, payload, qos: 1 }))
    await alive.next(packetTypes.puback)
  })
})

describe('an ordinary client library', () => {
  it('publishes and receives with QoS 0, 1 and 2', async () => {
    const sink = createSink()
    await using broker = await start(sink)
    const url = `mqtt://127.0.0.1:${broker.port}`
    const service = await connectAsync(url, { username: 'collector', password: 'secret', reconnectPeriod: 0 })
    const device = await connectAsync(url, { username: 'port-1/probe-1', password: 'secret', reconnectPeriod: 0 })
    const received: string[] = []
    service.on('message', (_topic, bytes) => void received.push(bytes.toString()))
    await service.subscribeAsync('tg/v1/+/+/telemetry', { qos: 2 })
    for (const qos of [0, 1, 2] as const) await device.publishAsync(telemetry, `qos ${qos}`, { qos })
    await until(() => received.length === 3)
    assert.deepEqual(received.toSorted(), ['qos 0', 'qos 1', 'qos 2'])
    assert.equal(sink.messages.length, 3)
    await Promise.all([service.endAsync(true), device.endAsync(true)])
  })
})

describe('a port', () => {
  it('that is in use is one clear error', async () => {
    await using broker = await start(createSink())
    const options = { host: '127.0.0.1', port: broker.port, directory, sink: createSink(), logger: silentLogger, metrics: createMetrics() }
    await assert.rejects(startBroker(options), { code: 'BROKER_PORT_IN_USE' })
  })
})
