/** Sessions over real sockets and a real file: restart, kill -9, order, packet ids, DUP, owners, bounds. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  encodeConnect,
  encodeDisconnect,
  encodePublish,
  encodeSubscribe,
  openRawClient,
  packetTypes,
  type RawClient,
  type RawPacket
} from '../raw-client.ts'
import { command, createSink, login, loginTo, start, telemetry, until } from '../testing.ts'

let dataDir = ''
beforeEach(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'tracegate-sessions-'))))
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const text = (index: number) => Buffer.from(`message ${index}`)
const [pubrec, pubrel, pubcomp] = [5, 6, 7]

interface Received {
  readonly text: string
  readonly packetId: number
  readonly dup: boolean
  readonly qos: number
}

function publishOf({ flags, body }: RawPacket): Received {
  const topicEnd = 2 + body.readUInt16BE(0)
  const qos = (flags >> 1) & 3
  return {
    text: body.toString('utf8', topicEnd + (qos > 0 ? 2 : 0)),
    packetId: qos > 0 ? body.readUInt16BE(topicEnd) : 0,
    dup: (flags & 8) !== 0,
    qos
  }
}

function answer(client: RawClient, type: number, packetId: number): void {
  client.send(Buffer.from([(type << 4) | (type === pubrel ? 2 : 0), 2, packetId >> 8, packetId & 0xff]))
}

/** The next messages; with `acknowledge` each is acknowledged. */
async function take(client: RawClient, count: number, acknowledge = true): Promise<Received[]> {
  const received: Received[] = []
  while (received.length < count) {
    const publish = publishOf(await client.next(packetTypes.publish))
    received.push(publish)
    if (acknowledge && publish.qos === 1) answer(client, packetTypes.puback, publish.packetId)
  }
  return received
}

/** A session of the device with a subscription, whose client is away. */
async function leaveSession(broker: { readonly port: number }, qos: 0 | 1 | 2 = 1): Promise<void> {
  const client = await login(broker, { clean: false })
  const subscribe = encodeSubscribe([command], 1)
  subscribe[subscribe.length - 1] = qos
  client.send(subscribe)
  await client.next(packetTypes.suback)
  client.send(encodeDisconnect())
  await client.closed
  await sleep(50)
}

async function killable(port = 0) {
  const child = fork(fileURLToPath(new URL('session-process.ts', import.meta.url)), [dataDir, String(port)])
  const [listening] = await once(child, 'message')
  return {
    port: Number(listening),
    async kill() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
  }
}

describe('a session after kill -9', () => {
  it('has every message that was acknowledged to its publisher, in order and with DUP where it was sent', async () => {
    const broker = await killable()
    await leaveSession(broker)
    const publisher = await login(broker, { username: 'api' })
    for (let index = 0; index < 500; index += 1)
      publisher.send(encodePublish({ topic: command, payload: text(index), qos: 1, packetId: index + 1 }))
    const acknowledged = () => publisher.packets.filter(({ type }) => type === packetTypes.puback).length
    await until(() => acknowledged() >= 200)
    await broker.kill()
    await publisher.closed
    const promised = acknowledged()
    const ids = publisher.packets.filter(({ type }) => type === packetTypes.puback).map(({ body }) => body.readUInt16BE(0))
    assert.deepEqual(
      ids,
      Array.from({ length: promised }, (_, index) => index + 1),
      'acknowledged in order'
    )

    const again = await killable()
    const { client, sessionPresent } = await loginTo(again, { clean: false })
    assert.ok(sessionPresent)
    const received = await take(client, promised, false)
    assert.deepEqual(
      received.map((one) => one.text),
      Array.from({ length: promised }, (_, index) => `message ${index}`)
    )
    assert.ok(
      received.every(({ dup }) => !dup),
      'sent for the first time'
    )
    await again.kill()

    const third = await killable()
    const { client: resumed } = await loginTo(third, { clean: false })
    const repeated = await take(resumed, promised)
    assert.deepEqual(
      repeated.map((one) => one.text),
      received.map((one) => one.text)
    )
    assert.ok(
      repeated.every(({ dup }) => dup),
      'sent once more'
    )
    await third.kill()
  })

  it('knows the QoS 2 message that it took, and the one that it was sending', async () => {
    const broker = await killable()
    await leaveSession(broker, 2)
    const publisher = await login(broker, { username: 'api', clean: false })
    publisher.send(encodePublish({ topic: command, payload: text(1), qos: 2, packetId: 9 }))
    await publisher.next(pubrec)
    const subscriber = await login(broker, { clean: false })
    const [sent] = await take(subscriber, 1)
    assert.equal(sent?.qos, 2)
    answer(subscriber, pubrec, sent.packetId)
    await subscriber.next(pubrel)
    await broker.kill()

    const again = await killable()
    const samePublisher = await login(again, { username: 'api', clean: false })
    const repeated = encodePublish({ topic: command, payload: text(1), qos: 2, packetId: 9 })
    repeated[0] = (repeated[0] ?? 0) | 8
    samePublisher.send(repeated)
    await samePublisher.next(pubrec)
    answer(samePublisher, pubrel, 9)
    await samePublisher.next(pubcomp)
    const sameSubscriber = await login(again, { clean: false })
    const released = await sameSubscriber.next(pubrel)
    assert.equal(released.body.readUInt16BE(0), sent.packetId, 'PUBREL once more, with its packet id')
    answer(sameSubscriber, pubcomp, sent.packetId)
    await sleep(100)
    assert.equal(sameSubscriber.packets.filter(({ type }) => type === packetTypes.publish).length, 0, 'and no second message')
    await again.kill()
  })
})

describe('a restart', () => {
  it('keeps subscriptions, retained messages and owners', async () => {
    {
      await using broker = await start({ dataDir })
      await leaveSession(broker)
      await broker.publisher.publish('tg/v1/-/recall', Buffer.from('recalled'), { qos: 1, retain: true })
      await broker.publisher.publish('tg/v1/-/anomaly', Buffer.from('gone'), { qos: 1, retain: true })
      await broker.publisher.publish('tg/v1/-/anomaly', Buffer.alloc(0), { qos: 1, retain: true })
    }
    await using broker = await start({ dataDir })
    await using thief = await openRawClient(broker)
    thief.send(encodeConnect({ clientId: 'port-1/probe-1', username: 'port-1/probe-2', password: 'secret' }))
    assert.equal((await thief.next(packetTypes.connack)).body[1], 2, 'the client id has an owner')
    await broker.publisher.publish(command, text(1), { qos: 1, retain: false })
    const { client, sessionPresent } = await loginTo(broker, { clean: false })
    assert.ok(sessionPresent)
    assert.deepEqual(
      (await take(client, 1)).map((one) => one.text),
      ['message 1']
    )
    await client[Symbol.asyncDispose]()
    await using service = await login(broker, { username: 'collector' })
    service.send(encodeSubscribe(['tg/v1/-/#']))
    const [recall] = await take(service, 1)
    assert.equal(recall?.text, 'recalled')
    await sleep(50)
    assert.equal(service.packets.filter(({ type }) => type === packetTypes.publish).length, 0)
  })

  it('keeps nothing of a session that its client began anew', async () => {
    {
      await using broker = await start({ dataDir })
      await leaveSession(broker)
      await broker.publisher.publish(command, text(1), { qos: 1, retain: false })
      const client = await login(broker, { clean: true })
      await client[Symbol.asyncDispose]()
    }
    await using broker = await start({ dataDir })
    const { client, sessionPresent } = await loginTo(broker, { clean: false })
    assert.equal(sessionPresent, false)
    await client[Symbol.asyncDispose]()
    assert.equal(await broker.read('tracegate_broker_session_bytes'), 0)
  })

  it('forgets a session that nobody came back to, and what was queued for it', async () => {
    {
      await using broker = await start({ dataDir })
      await leaveSession(broker)
      await broker.publisher.publish(command, text(1), { qos: 1, retain: false })
    }
    await using broker = await start({ dataDir, limits: { sessionExpiryMs: -1, sessionLookMs: 100 } })
    await until(async () => (await broker.read('tracegate_broker_expired_sessions_total')) === 1)
    assert.equal(await broker.read('tracegate_broker_sessions'), 0)
    assert.equal(await broker.read('tracegate_broker_session_bytes'), 0)
  })

  it('refuses a second broker on the same file', async () => {
    await using first = await start({ dataDir })
    assert.equal(first.connections(), 0)
    await assert.rejects(start({ dataDir }), { code: 'BROKER_SESSION_FILE' })
  })
})

describe('a session', () => {
  it('is resumed in order while new messages come', async () => {
    await using broker = await start({ dataDir, limits: { sendWindowMax: 10 } })
    await leaveSession(broker)
    for (let index = 0; index < 300; index += 1) await broker.publisher.publish(command, text(index), { qos: 1, retain: false })
    await using client = await login(broker, { clean: false })
    const taking = take(client, 600)
    for (let index = 300; index < 600; index += 1) await broker.publisher.publish(command, text(index), { qos: 1, retain: false })
    const received = await taking
    assert.deepEqual(
      received.map((one) => one.text),
      Array.from({ length: 600 }, (_, index) => `message ${index}`)
    )
    assert.ok(received.every(({ dup }) => !dup))
  })

  it('sends no more than its window before an acknowledgement', async () => {
    await using broker = await start({ limits: { sendWindowMax: 10 } })
    await leaveSession(broker)
    for (let index = 0; index < 30; index += 1) await broker.publisher.publish(command, text(index), { qos: 1, retain: false })
    await using client = await login(broker, { clean: false })
    await sleep(100)
    const sent = client.packets.filter(({ type }) => type === packetTypes.publish).map(publishOf)
    assert.equal(sent.length, 10)
    for (const { packetId } of sent) answer(client, packetTypes.puback, packetId)
    await until(() => client.packets.filter(({ type }) => type === packetTypes.publish).length === 20)
  })

  it('is taken over by its own user, with what was not acknowledged sent once more', async () => {
    await using broker = await start({ dataDir })
    await leaveSession(broker)
    await using first = await login(broker, { clean: false })
    await broker.publisher.publish(command, text(1), { qos: 1, retain: false })
    const [once] = await take(first, 1, false)
    await using second = await login(broker, { clean: false })
    await first.closed
    const [twice] = await take(second, 1)
    assert.deepEqual([twice?.text, twice?.packetId, twice?.dup], [once?.text, once?.packetId, true])
    await broker.publisher.publish(command, text(2), { qos: 1, retain: false })
    assert.equal((await take(second, 1))[0]?.text, 'message 2')
  })

  it('writes nothing of what nobody queues', async () => {
    const sink = createSink()
    await using broker = await start({ dataDir, sink })
    await leaveSession(broker)
    await using client = await login(broker, { clientId: 'sender' })
    await sleep(400)
    const before = await broker.read('tracegate_broker_session_commits_total')
    for (let index = 0; index < 200; index += 1)
      client.send(encodePublish({ topic: telemetry, payload: text(index), qos: 1, packetId: index + 1 }))
    await until(() => client.packets.length === 200)
    await sleep(400)
    assert.equal(await broker.read('tracegate_broker_session_commits_total'), before)
  })

  it('has one copy on disk of a message for many', async () => {
    {
      await using broker = await start({ dataDir })
      for (const clientId of ['a', 'b', 'c']) {
        const client = await login(broker, { clientId, clean: false })
        client.send(encodeSubscribe([command]))
        await client.next(packetTypes.suback)
        await client[Symbol.asyncDispose]()
      }
      await broker.publisher.publish(command, Buffer.alloc(10_000, 1), { qos: 1, retain: false })
    }
    const count = (table: string) => {
      const database = new DatabaseSync(join(dataDir, 'broker.db'))
      const row = database.prepare(`SELECT count(*) AS count FROM ${table}`).get()
      database.close()
      return row?.['count']
    }
    assert.equal(count('body'), 1)
    assert.equal(count('entry'), 3)
    {
      await using broker = await start({ dataDir })
      for (const clientId of ['a', 'b', 'c']) {
        await using client = await login(broker, { clientId, clean: false })
        await take(client, 1)
        await sleep(20)
      }
    }
    assert.equal(count('entry'), 0)
    assert.equal(count('body'), 0)
  })
})
