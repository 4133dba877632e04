/** One timer for two waits: the short one counts, whichever was asked for first. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSoonestTimer } from './soonest-timer.ts'

test('a short wait is not held up by a long one that was asked for before', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let worked = 0
  const timer = createSoonestTimer(() => void (worked += 1))
  timer.within(100)
  timer.within(4)
  context.mock.timers.tick(4)
  assert.equal(worked, 1)
  context.mock.timers.tick(1_000)
  assert.equal(worked, 1, 'the long one is gone with the short one')
})

test('a long wait does not put off a short one, and a cleared timer works no more', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let worked = 0
  const timer = createSoonestTimer(() => void (worked += 1))
  timer.within(4)
  timer.within(100)
  context.mock.timers.tick(4)
  assert.equal(worked, 1)
  timer.within(4)
  timer.clear()
  context.mock.timers.tick(1_000)
  assert.equal(worked, 1)
  timer.within(4)
  context.mock.timers.tick(4)
  assert.equal(worked, 2)
})
