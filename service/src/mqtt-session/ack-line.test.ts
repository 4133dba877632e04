/** Which messages of a foreign broker are acknowledged, when, and in which order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createAckLine } from './ack-line.ts'

function createWorld(limits: { readonly messagesMax?: number; readonly bytesMax?: number } = {}) {
  const acknowledged: number[] = []
  const failures: unknown[] = []
  const works: { readonly name: string; readonly settle: PromiseWithResolvers<void> }[] = []
  const acks = createAckLine({
    messagesMax: limits.messagesMax ?? 100,
    bytesMax: limits.bytesMax ?? 1_000,
    acknowledge: (ids) => acknowledged.push(...ids),
    onFailed: (error) => failures.push(error)
  })
  return {
    acks,
    acknowledged,
    failures,
    works,
    take(messageId: number, name: string, { dup = false, qos = 1 }: { readonly dup?: boolean; readonly qos?: 0 | 1 } = {}) {
      return acks.take({ topic: 't', payload: Buffer.from(name), qos, dup, messageId: qos === 0 ? undefined : messageId }, () => {
        const settle = Promise.withResolvers<void>()
        works.push({ name, settle })
        return settle.promise
      })
    },
    async durable(...names: string[]) {
      for (const name of names) works.find((work) => work.name === name)?.settle.resolve()
      await turn()
    }
  }
}

test('messages are worked on at once, and acknowledged in the order of arrival once they are durable', async () => {
  const world = createWorld()
  world.acks.connected(false)
  for (const [id, name] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'c']
  ] as const)
    void world.take(id, name)
  assert.equal(world.works.length, 3)
  await world.durable('b', 'c')
  assert.deepEqual(world.acknowledged, [])
  await world.durable('a')
  assert.deepEqual(world.acknowledged, [1, 2, 3])
})

test('whatever the order of the commits, acknowledgements keep the order of arrival and none comes before its commit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 6, maxLength: 6 }), async (order) => {
      const world = createWorld()
      world.acks.connected(false)
      for (const id of [1, 2, 3, 4, 5, 6]) void world.take(id, String(id))
      const done = new Set<number>()
      for (const id of order) {
        done.add(id)
        await world.durable(String(id))
        assert.deepEqual(world.acknowledged, [1, 2, 3, 4, 5, 6].slice(0, world.acknowledged.length))
        assert.ok(world.acknowledged.every((acknowledged) => done.has(acknowledged)))
      }
      assert.equal(world.acknowledged.length, 6)
    }),
    { numRuns: 30 }
  )
})

test('a message waits for room when too many or too large ones are worked on', async () => {
  for (const limits of [{ messagesMax: 2 }, { bytesMax: 2 }]) {
    const world = createWorld(limits)
    world.acks.connected(false)
    let room = false
    await world.take(1, 'a')
    void world.take(2, 'b').then(() => {
      room = true
    })
    await turn()
    assert.equal(room, false)
    await world.durable('a')
    assert.equal(room, true)
  }
})

test('what comes again in the same session is acknowledged and not worked on twice, durable or not yet', async () => {
  const world = createWorld()
  world.acks.connected(false)
  for (const [id, name] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'c']
  ] as const)
    void world.take(id, name)
  await world.durable('b')
  world.acks.lost()
  await world.durable('c')
  assert.deepEqual(world.acknowledged, [])
  world.acks.connected(true)
  for (const [id, name] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'c']
  ] as const)
    void world.take(id, name, { dup: true })
  assert.equal(world.works.length, 3)
  await world.durable('a')
  assert.deepEqual(world.acknowledged, [1, 2, 3])
  assert.equal(world.acks.repeated, 3)
})

test('a packet identifier means nothing without its session, with another content, without DUP, or once it was acknowledged', async () => {
  const cases = [
    { sessionPresent: false, name: 'a', dup: true },
    { sessionPresent: true, name: 'b', dup: true },
    { sessionPresent: true, name: 'a', dup: false }
  ]
  for (const { sessionPresent, name, dup } of cases) {
    const world = createWorld()
    world.acks.connected(false)
    void world.take(1, 'a')
    world.acks.lost()
    world.acks.connected(sessionPresent)
    void world.take(1, name, { dup })
    assert.equal(world.works.length, 2)
  }
  const world = createWorld()
  world.acks.connected(false)
  void world.take(1, 'a')
  await world.durable('a')
  void world.take(1, 'a', { dup: true })
  assert.equal(world.works.length, 2)
})

test('a message that could not be kept is told after those before it are acknowledged, and is worked on when it comes again', async () => {
  const world = createWorld()
  world.acks.connected(false)
  void world.take(1, 'a')
  void world.take(2, 'b')
  void world.take(3, 'c')
  world.works[1]?.settle.reject(new Error('full'))
  await world.durable('c')
  assert.equal(world.failures.length, 0)
  await world.durable('a')
  assert.deepEqual(world.acknowledged, [1])
  assert.equal(world.failures.length, 1)
  world.acks.lost()
  world.acks.connected(true)
  void world.take(2, 'b', { dup: true })
  void world.take(3, 'c', { dup: true })
  assert.deepEqual(
    world.works.map(({ name }) => name),
    ['a', 'b', 'c', 'b']
  )
  world.works[3]?.settle.resolve()
  await turn()
  assert.deepEqual(world.acknowledged, [1, 2, 3])
})

test('a message without an identifier is worked on and never acknowledged', async () => {
  const world = createWorld()
  world.acks.connected(false)
  void world.take(0, 'a', { qos: 0 })
  void world.take(7, 'b')
  await world.durable('a', 'b')
  assert.deepEqual(world.acknowledged, [7])
})
