/** The broker over TCP, TLS, WebSocket and secure WebSocket, with ordinary clients, odd ones and rubbish. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { copyFile, writeFile } from 'node:fs/promises'
import { connect as connectTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { connectAsync, type IClientOptions } from 'mqtt'
import { WebSocket } from 'ws'
import type { Broker } from './broker.ts'
import type { ListenerOptions } from './listeners.ts'
import { encodeConnect, encodePublish, encodeSubscribe } from './raw-client.ts'
import { openCertificateOffice, type CertificateOffice, type Pair } from './testing-certificates.ts'
import { createSink, start, until } from './testing.ts'

let office: CertificateOffice | undefined
let authority: Pair | undefined
let server: Pair | undefined
const lacking = 'openssl is not installed'

before(async () => {
  office = await openCertificateOffice()
  authority = office?.authority('Port authority')
  server = issueServer()
})
after(async () => office?.[Symbol.asyncDispose]())

function issueServer(days?: number): Pair | undefined {
  const alternative = 'IP:127.0.0.1,DNS:localhost'
  return office?.issue({
    subject: '/CN=localhost',
    alternative,
    ...(authority === undefined ? {} : { by: authority }),
    ...(days === undefined ? {} : { days })
  })
}

const host = '127.0.0.1'
const telemetry = 'tg/v1/port-1/probe-1/telemetry'
const tls = () => ({ certificate: server?.certificate ?? '', key: server?.key ?? '' })
const ca = () => authority?.certificate ?? ''
const trusting = (): IClientOptions => ({
  ca: ca(),
  username: 'port-1/probe-1',
  password: 'secret',
  reconnectPeriod: 0,
  connectTimeout: 5_000
})
const every = (): ListenerOptions[] => [
  { type: 'tls', port: 0, tls: tls() },
  { type: 'ws', port: 0, origins: ['https://console.example'] },
  { type: 'wss', port: 0, tls: tls() }
]
const portOf = (broker: Broker, name: string) => broker.ports.find((one) => one.name === name)?.port ?? 0
const schemes = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss' } as const
const urlOf = (broker: Broker, name: keyof typeof schemes) => `${schemes[name]}://${host}:${portOf(broker, name)}`

function openWebSocket(broker: Broker, { protocols = ['mqtt'], ...options }: { protocols?: string[]; origin?: string } = {}) {
  const socket = new WebSocket(`ws://${host}:${portOf(broker, 'ws')}`, protocols, options)
  const opened = new Promise<string>((resolve) => {
    socket.once('open', () => resolve(`open ${socket.protocol}`))
    socket.once('unexpected-response', (_request, response) => resolve(`refused ${response.statusCode}`))
    socket.once('error', (error) => resolve(error.message))
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const received: Buffer[] = []
  socket.on('message', (data) => void (Buffer.isBuffer(data) && received.push(data)))
  return { socket, opened, closed, received }
}

async function closing(socket: Socket, limitMs = 5_000): Promise<void> {
  socket.on('error', () => {})
  socket.resume()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`still open after ${limitMs} ms`)), limitMs)
  if (socket.closed) resolve()
  socket.once('close', () => resolve())
  await promise
  clearTimeout(timer)
}

const hello = encodeConnect({ clientId: 'a', username: 'port-1/probe-1', password: 'secret' })

describe('an ordinary client', () => {
  it('publishes and receives over TCP, TLS, WebSocket and secure WebSocket', async (context) => {
    if (office === undefined) return context.skip(lacking)
    const sink = createSink()
    await using broker = await start({ sink, listeners: every() })
    assert.deepEqual(
      broker.ports.map(({ name }) => name),
      ['tcp', 'tls', 'ws', 'wss']
    )
    assert.equal(broker.port, portOf(broker, 'tcp'))
    const service = await connectAsync(urlOf(broker, 'wss'), { ...trusting(), username: 'collector' })
    const received: string[] = []
    service.on('message', (_topic, bytes) => void received.push(bytes.toString().slice(0, 10)))
    await service.subscribeAsync('tg/v1/+/+/telemetry', { qos: 1 })
    for (const name of ['tcp', 'tls', 'ws', 'wss'] as const) {
      const client = await connectAsync(urlOf(broker, name), trusting())
      for (const qos of [0, 1, 2] as const) await client.publishAsync(telemetry, `${name} ${qos}`.padEnd(60_000), { qos })
      await client.endAsync(true)
      assert.equal(await broker.read('tracegate_broker_accepted_connections_total', { listener: name }), name === 'wss' ? 2 : 1)
    }
    await until(() => received.length === 12)
    assert.equal(new Set(received).size, 12)
    assert.equal(sink.messages.length, 12)
    await service.endAsync(true)
    await until(() => broker.connections() === 0)
    assert.equal(await broker.read('tracegate_broker_listener_connections'), 0)
  })

  it('needs no plain listener', async (context) => {
    if (office === undefined) return context.skip(lacking)
    const { createMetrics } = await import('@tracegate/service/metrics')
    const { silentLogger } = await import('@tracegate/service/log')
    const { startBroker } = await import('./broker.ts')
    const { directory } = await import('./testing.ts')
    const options = { host, directory, sink: createSink(), logger: silentLogger, metrics: createMetrics() }
    await using broker = await startBroker({
      ...options,
      listeners: [
        { type: 'tls', port: 0, tls: tls() },
        { type: 'tls', port: 0, tls: tls() }
      ]
    })
    assert.deepEqual(
      broker.ports.map(({ name }) => name),
      ['tls', 'tls-2']
    )
    const client = await connectAsync(`mqtts://${host}:${broker.port}`, trusting())
    await client.endAsync(true)
  })
})

describe('a TLS listener', () => {
  it('speaks TLS 1.2 and later only', async (context) => {
    if (office === undefined) return context.skip(lacking)
    await using broker = await start({ listeners: every() })
    const shake = (options: ConnectionOptions) => {
      const { promise, resolve } = Promise.withResolvers<string>()
      const socket = connectTls({ host, port: portOf(broker, 'tls'), ca: ca(), ...options })
      socket.once('secureConnect', () => resolve(socket.getProtocol() ?? ''))
      socket.once('error', () => resolve('refused'))
      return promise.finally(() => socket.destroy())
    }
    assert.equal(await shake({}), 'TLSv1.3')
    assert.equal(await shake({ maxVersion: 'TLSv1.2' }), 'TLSv1.2')
    const old: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    const refused = () => broker.read('tracegate_broker_refused_connections_total', { reason: 'tlsHandshake', listener: 'tls' })
    const before = await refused()
    assert.equal(await shake(old), 'refused')
    await until(async () => (await refused()) > before)
  })

  it('ends a handshake that hangs, on every kind of listener', async (context) => {
    if (office === undefined) return context.skip(lacking)
    await using broker = await start({ listeners: every(), limits: { handshakeTimeoutMs: 300 } })
    const silent = ['tls', 'ws', 'wss'].map((name) => connectTcp(portOf(broker, name), host))
    const half = connectTls({ host, port: portOf(broker, 'wss'), ca: ca() })
    await Promise.all([...silent, half].map((socket) => closing(socket)))
    const reason = 'handshakeTimeout'
    assert.equal(await broker.read('tracegate_broker_refused_connections_total', { reason, listener: 'wss' }), 2)
    assert.equal(await broker.read('tracegate_broker_refused_connections_total', { reason }), 4)
    await until(async () => (await broker.read('tracegate_broker_listener_connections')) === 0)
  })

  it('takes a new certificate when its files change, loses no connection, and keeps the old one when the new one is bad', async (context) => {
    if (office === undefined || server === undefined) return context.skip(lacking)
    const paths = { certificate: join(office.folder, 'live.pem'), key: join(office.folder, 'live.key') }
    const use = async (pair: Pair | undefined) => {
      await copyFile(pair?.keyPath ?? '', paths.key)
      await copyFile(pair?.certificatePath ?? '', paths.certificate)
    }
    await use(server)
    await using broker = await start({ listeners: [{ type: 'tls', port: 0, tls: { ...paths, reloadEveryMs: 50 } }] })
    const serial = async () => {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const socket = connectTls({ host, port: portOf(broker, 'tls'), ca: ca() })
      socket.once('secureConnect', () => resolve(socket.getPeerX509Certificate()?.serialNumber ?? ''))
      socket.once('error', reject)
      return promise.finally(() => socket.destroy())
    }
    const client = await connectAsync(urlOf(broker, 'tls'), trusting())
    const first = await serial()
    await use(issueServer(60))
    await until(async () => (await broker.read('tracegate_broker_tls_reloads_total', { outcome: 'used' })) === 2)
    const second = await serial()
    assert.notEqual(second, first)
    await writeFile(paths.certificate, 'half a file')
    await until(async () => (await broker.read('tracegate_broker_tls_reloads_total', { outcome: 'kept' })) > 0)
    assert.equal(await serial(), second)
    await assert.rejects(broker.reloadTls(), { code: 'BROKER_TLS_MATERIAL' })
    await client.publishAsync(telemetry, 'still here', { qos: 1 })
    assert.ok(client.connected)
    await client.endAsync(true)
    assert.ok((await broker.read('tracegate_broker_tls_certificate_expiry_seconds')) > Date.now() / 1_000)
  })

  it('does not start with a key that is not its certificate’s, and frees the ports of the others', async (context) => {
    if (office === undefined || authority === undefined) return context.skip(lacking)
    const wrong = { certificate: server?.certificate ?? '', key: authority.key }
    await assert.rejects(
      start({
        listeners: [
          { type: 'ws', port: 0 },
          { type: 'tls', port: 0, tls: wrong }
        ]
      }),
      { code: 'BROKER_TLS_MATERIAL' }
    )
    await assert.rejects(start({ listeners: [{ type: 'tls', port: 0, tls: { ...wrong, key: '/nowhere/key.pem' } }] }), {
      code: 'BROKER_TLS_MATERIAL'
    })
  })
})

describe('a WebSocket', () => {
  it('must offer the subprotocol mqtt, and is given it (MQTT-6.0.0-3, -4)', async () => {
    await using broker = await start({ listeners: [{ type: 'ws', port: 0 }] })
    assert.equal(await openWebSocket(broker, { protocols: [] }).opened, 'refused 400')
    assert.equal(await openWebSocket(broker, { protocols: ['mqttv3.1'] }).opened, 'refused 400')
    const { socket, opened } = openWebSocket(broker, { protocols: ['other', 'mqtt'] })
    assert.equal(await opened, 'open mqtt')
    socket.terminate()
    assert.equal(await broker.read('tracegate_broker_refused_connections_total', { reason: 'subprotocol' }), 2)
  })

  it('of a page comes from an allowed origin; a client without one is no page', async () => {
    await using broker = await start({ listeners: [{ type: 'ws', port: 0, origins: ['https://console.example'] }] })
    assert.equal(await openWebSocket(broker, { origin: 'https://evil.example' }).opened, 'refused 403')
    const allowed = openWebSocket(broker, { origin: 'https://console.example' })
    assert.equal(await allowed.opened, 'open mqtt')
    allowed.socket.terminate()
    await using open = await start({ listeners: [{ type: 'ws', port: 0, origins: ['*'] }] })
    const any = openWebSocket(open, { origin: 'https://evil.example' })
    assert.equal(await any.opened, 'open mqtt')
    any.socket.terminate()
  })

  it('is closed at a text frame (MQTT-6.0.0-1)', async () => {
    await using broker = await start({ listeners: [{ type: 'ws', port: 0 }] })
    const { socket, opened, closed } = openWebSocket(broker)
    await opened
    socket.send('text')
    await closed
    assert.equal(await broker.read('tracegate_broker_refused_connections_total', { reason: 'textFrame', listener: 'ws' }), 1)
  })

  it('may cut and join packets over frames as it likes (MQTT-6.0.0-2)', async () => {
    const sink = createSink()
    await using broker = await start({ sink, listeners: [{ type: 'ws', port: 0 }] })
    const { socket, opened, received } = openWebSocket(broker)
    await opened
    for (const byte of hello) socket.send(Buffer.from([byte]))
    const message = (packetId: number) => encodePublish({ topic: telemetry, payload: Buffer.from('{}'), qos: 1, packetId })
    const joined = Buffer.concat([message(1), message(2), message(3)])
    socket.send(joined.subarray(0, 50))
    socket.send(joined.subarray(50))
    await until(() => Buffer.concat(received).length >= 4 + 3 * 4)
    assert.equal(sink.messages.length, 3)
    socket.terminate()
  })

  it('that sends more than a packet may have in a message, or much before it is known, is closed', async () => {
    await using broker = await start({ listeners: [{ type: 'ws', port: 0 }], limits: { packetBytesMax: 100_000, connectBytesMax: 1_000 } })
    const known = openWebSocket(broker)
    await known.opened
    known.socket.send(hello)
    await until(() => known.received.length === 1)
    known.socket.send(Buffer.alloc(100_001))
    await known.closed
    const stranger = openWebSocket(broker)
    await stranger.opened
    stranger.socket.send(Buffer.alloc(10_000), { fin: false })
    await stranger.closed
    assert.equal(await broker.read('tracegate_broker_refused_connections_total', { reason: 'frame' }), 2)
  })

  it('is read no faster than the sink commits, and loses nothing', async () => {
    const gate = Promise.withResolvers<void>()
    const sink = createSink(() => gate.promise)
    await using broker = await start({ sink, listeners: [{ type: 'ws', port: 0 }], limits: { inFlightPerClientMax: 100 } })
    const { socket, opened, received } = openWebSocket(broker)
    await opened
    socket.send(hello)
    await until(() => received.length === 1)
    const payload = Buffer.alloc(2_000, 0x20)
    const count = 10_000
    for (let index = 0; index < count; index += 1) socket.send(encodePublish({ topic: telemetry, payload, qos: 0 }))
    await sleep(300)
    assert.ok(sink.messages.length <= 100, `${sink.messages.length} in flight`)
    assert.ok(socket.bufferedAmount > 5_000_000, `the sender holds back ${socket.bufferedAmount} bytes`)
    gate.resolve()
    await until(() => sink.messages.length === count, 10_000)
    socket.terminate()
  })

  it('that takes nothing costs itself its connection and nobody else', async () => {
    const sink = createSink()
    const limits = { queuedBytesSoft: 64_000, queuedBytesMax: 512_000, drainTimeoutMs: 300 }
    await using broker = await start({ sink, listeners: [{ type: 'ws', port: 0 }], limits })
    const frozen = openWebSocket(broker)
    await frozen.opened
    frozen.socket.send(encodeConnect({ clientId: 'frozen', username: 'collector', password: 'secret' }))
    frozen.socket.send(encodeSubscribe(['#'], 0))
    await until(() => Buffer.concat(frozen.received).length >= 4 + 5)
    frozen.socket.pause()
    const client = await connectAsync(urlOf(broker, 'tcp'), trusting())
    for (let index = 0; index < 50; index += 1)
      await Promise.all(Array.from({ length: 100 }, () => client.publishAsync(telemetry, Buffer.alloc(2_000), { qos: 1 })))
    assert.equal(sink.messages.length, 5_000)
    await until(() => broker.connections() === 1)
    await client.endAsync(true)
    frozen.socket.terminate()
  })

  it('answers what is no WebSocket with a line and closes', async () => {
    await using broker = await start({ listeners: [{ type: 'ws', port: 0 }] })
    const answer = await fetch(`http://${host}:${portOf(broker, 'ws')}/`, { headers: { connection: 'close' } })
    assert.equal(answer.status, 426)
    assert.equal(await broker.read('tracegate_broker_refused_connections_total', { reason: 'notWebSocket' }), 1)
  })
})

describe('the door', () => {
  it('counts the connections of an address over all listeners, handshakes included', async (context) => {
    if (office === undefined) return context.skip(lacking)
    await using broker = await start({ listeners: every(), limits: { connectionsPerAddressMax: 3 } })
    const silent = ['tcp', 'tls', 'wss'].map((name) => connectTcp(portOf(broker, name), host))
    await until(async () => (await broker.read('tracegate_broker_listener_connections')) === 3)
    const fourth = connectTcp(portOf(broker, 'ws'), host)
    await closing(fourth)
    assert.equal(await broker.read('tracegate_broker_refused_connections_total', { reason: 'connectionsPerAddressMax', listener: 'ws' }), 1)
    for (const socket of silent) socket.destroy()
    await until(async () => (await broker.read('tracegate_broker_listener_connections')) === 0)
  })
})

describe('rubbish', () => {
  it('at every listener leaves the broker alive and empty', async (context) => {
    if (office === undefined) return context.skip(lacking)
    await using broker = await start({ listeners: every(), limits: { handshakeTimeoutMs: 1_000, connectTimeoutMs: 1_000 } })
    const upgrade = 'GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
    const whole = `${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`
    const makers: (() => Buffer)[] = [
      () => randomBytes(2_000),
      () => Buffer.concat([Buffer.from([0x16, 3, 1, 0x40, 0]), randomBytes(3_000)]),
      () => Buffer.concat([Buffer.from(whole), randomBytes(500)]),
      () => Buffer.from(`${upgrade}\r\n`),
      () => Buffer.from(`${upgrade}Sec-WebSocket-Protocol: ${'mqtt,'.repeat(2_000)}\r\n\r\n`),
      () => Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzzz`),
      () => Buffer.concat([Buffer.from(whole), Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])]),
      () => Buffer.concat([Buffer.from(whole), Buffer.from([0x89, 0xfe, 0x01, 0x00]), randomBytes(300)]),
      () => Buffer.alloc(0)
    ]
    const throwAt = (port: number, bytes: Buffer, secure: boolean) => {
      const socket = secure ? connectTls({ host, port, ca: ca() }) : connectTcp(port, host)
      socket.on('error', () => {})
      socket.once(secure ? 'secureConnect' : 'connect', () => socket.write(bytes))
      socket.setTimeout(500, () => socket.destroy())
      return closing(socket)
    }
    for (let round = 0; round < 4; round += 1) {
      const thrown = broker.ports.flatMap(({ type, port }) => [
        ...makers.map((make) => throwAt(port, make(), false)),
        ...(type === 'tls' || type === 'wss' ? makers.map((make) => throwAt(port, make(), true)) : [])
      ])
      await Promise.all(thrown)
    }
    await until(async () => (await broker.read('tracegate_broker_listener_connections')) === 0)
    for (const name of ['tcp', 'tls', 'ws', 'wss'] as const) {
      const client = await connectAsync(urlOf(broker, name), trusting())
      await client.publishAsync(telemetry, 'alive', { qos: 1 })
      await client.endAsync(true)
    }
  })
})
