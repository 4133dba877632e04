/** SUBSCRIBE packets that name a filter more than once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeSubscribe, packetTypes } from './raw-client.ts'
import { command, login, start } from './testing.ts'

const foreign = 'tg/v1/port-1/probe-2/command'
const committed = 'tg/v1/port-1/probe-1/committed'

describe('a SUBSCRIBE that names a filter twice', () => {
  it('is answered with a code for each place, in order (MQTT 3.1.1 §3.8.4)', async () => {
    await using broker = await start()
    await using client = await login(broker)
    client.send(encodeSubscribe([command, foreign, command, committed, foreign, command], 1, 0x1234))
    const { body } = await client.next(packetTypes.suback)
    assert.deepEqual([...body], [0x12, 0x34, 1, 0x80, 1, 1, 0x80, 1])
  })

  it('is answered so too when the answer needs two bytes for its length', async () => {
    await using broker = await start()
    await using client = await login(broker)
    const filters = Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? command : committed))
    client.send(Buffer.concat([encodeSubscribe(filters, 1, 7), encodeSubscribe([foreign], 1, 8)]))
    const { body } = await client.next(packetTypes.suback)
    assert.deepEqual([body.length, body.readUInt16BE(0), new Set(body.subarray(2))], [402, 7, new Set([1])])
    assert.deepEqual([...(await client.next(packetTypes.suback)).body], [0, 8, 0x80])
  })
})

describe('SUBSCRIBE and UNSUBSCRIBE', () => {
  for (const clean of [true, false])
    it(`that come in one piece take effect in their order, clean session ${clean}`, async () => {
      await using broker = await start()
      await using client = await login(broker, { clean })
      const unsubscribe = encodeSubscribe([command], 1, 8).subarray(0, -1)
      unsubscribe.writeUInt8(0xa2, 0)
      unsubscribe.writeUInt8(unsubscribe.length - 2, 1)
      client.send(Buffer.concat([encodeSubscribe([command], 1, 7), unsubscribe, encodeSubscribe([command], 1, 9)]))
      await client.next(packetTypes.suback)
      await client.next(11)
      await client.next(packetTypes.suback)
      await broker.publisher.publish(command, Buffer.from('{}'), { qos: 1, retain: false })
      await client.next(packetTypes.publish)
    })
})
