/** The memory of answered requests. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIdempotencyMemory } from './idempotency.ts'

test('a key is answered again until it is too old or too many came after it', async () => {
  let nowMs = 0
  const memory = createIdempotencyMemory<string>({ keysMax: 2, ttlMs: 100, nowMs: () => nowMs })
  const first = memory.attempt('a', '1')
  assert.ok(first.type === 'run')
  const meanwhile = memory.attempt('a', '1')
  assert.ok(meanwhile.type === 'again')
  first.done('kept')
  assert.equal(await meanwhile.answer, 'kept')
  assert.equal(memory.attempt('a', '2').type, 'conflict')
  memory.attempt('b', '1')
  memory.attempt('c', '1')
  assert.equal(memory.size, 2)
  assert.equal(memory.attempt('a', '1').type, 'run')
  nowMs = 100
  assert.equal(memory.attempt('c', '1').type, 'run')
})

test('a key whose first try failed is tried again, with what was kept of it', async () => {
  const memory = createIdempotencyMemory<string>({ keysMax: 2, ttlMs: 100, nowMs: () => 0 })
  const first = memory.attempt('a', '1')
  assert.ok(first.type === 'run')
  first.kept.set(0, Promise.resolve())
  const meanwhile = memory.attempt('a', '1')
  assert.ok(meanwhile.type === 'again')
  first.done(undefined)
  assert.equal(await meanwhile.answer, undefined)
  const second = memory.attempt('a', '1')
  assert.ok(second.type === 'run')
  assert.deepEqual([...second.kept.keys()], [0])
})
