/** QoS 2 from publishers whose connection ends in the middle of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodePublish, encodeSubscribe, packetTypes } from './raw-client.ts'
import { command, createSink, login, loginTo, start, telemetry, until } from './testing.ts'

const pubrec = 5
const payload = Buffer.from('{"v":1}')
const message = encodePublish({ topic: telemetry, payload, qos: 2, packetId: 9 })

function repeated(): Buffer {
  const packet = Buffer.from(message)
  packet.writeUInt8(packet.readUInt8(0) | 0x08)
  return packet
}

describe('a QoS 2 message that is committed after its connection has gone', () => {
  it('leaves the session alone that the client id has by then', async () => {
    const gate = Promise.withResolvers<void>()
    const sink = createSink(() => gate.promise)
    await using broker = await start({ sink })
    const clean = await login(broker, { clean: true })
    clean.send(message)
    await until(() => sink.messages.length === 1)
    clean.socket.destroy()
    await clean.closed
    const kept = await login(broker, { clean: false })
    kept.send(encodeSubscribe([command]))
    await kept.next(packetTypes.suback)
    gate.resolve()
    await sleep(50)
    kept.socket.destroy()
    await kept.closed
    const { client, sessionPresent } = await loginTo(broker, { clean: false })
    assert.ok(sessionPresent)
    await broker.publisher.publish(command, payload, { qos: 1, retain: false })
    await client.next(packetTypes.publish)
    client.socket.destroy()
  })

  it('is committed once and acknowledged on the connection that sent it again', async () => {
    const gate = Promise.withResolvers<void>()
    const sink = createSink(() => gate.promise)
    await using broker = await start({ sink })
    const first = await login(broker, { clean: false })
    first.send(message)
    await until(() => sink.messages.length === 1)
    first.socket.destroy()
    await first.closed
    await using second = await login(broker, { clean: false })
    second.send(repeated())
    await sleep(50)
    assert.equal(second.packets.length, 0, 'no PUBREC before the commit')
    gate.resolve()
    assert.equal((await second.next(pubrec)).body.readUInt16BE(0), 9)
    assert.equal(sink.messages.length, 1)
  })

  it('sends the connection away that sent it again when it cannot be committed', async () => {
    const gate = Promise.withResolvers<void>()
    const sink = createSink(() => gate.promise)
    await using broker = await start({ sink })
    const first = await login(broker, { clean: false })
    first.send(message)
    await until(() => sink.messages.length === 1)
    first.socket.destroy()
    await first.closed
    await using second = await login(broker, { clean: false })
    second.send(repeated())
    await sleep(50)
    gate.reject(new Error('disk full'))
    await second.closed
    assert.equal(second.packets.length, 0)
  })
})
