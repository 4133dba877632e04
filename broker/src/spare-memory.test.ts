/** When memory is given back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSpareMemory } from './spare-memory.ts'

test('memory is given back twice after many clients came and no more do, and not for a few', () => {
  let collected = 0
  const memory = createSpareMemory({ connections: 1_000, quietMs: 5_000, collect: () => (collected += 1) })
  let nowMs = 0
  const pass = (connections: number, ms: number) => {
    for (const end = nowMs + ms; nowMs < end; nowMs += 500) memory.look(connections, nowMs)
    return collected
  }
  assert.equal(pass(900, 60_000), 0)
  for (let count = 1_000; count <= 5_000; count += 10) pass(count, 500)
  assert.equal(collected, 0, 'not while they come')
  assert.equal(pass(5_000, 60_000), 2)
  assert.equal(pass(5_500, 60_000), 2)
  assert.equal(pass(6_100, 60_000), 4)
  assert.equal(pass(200, 60_000), 4)
  assert.equal(pass(1_300, 60_000), 6, 'who left and came back is new')
})
