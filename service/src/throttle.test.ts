/** Waits after failures, and what counts as one place on the network. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createThrottle, networkOf } from './throttle.ts'

const limits = { freeFailures: 3, baseMs: 1_000, maxMs: 10_000, trackedMax: 4 }

test('the first failures are free, then each wait doubles, up to the longest', () => {
  let nowMs = 0
  const throttle = createThrottle({ ...limits, nowMs: () => nowMs })
  const waits = Array.from({ length: 8 }, () => {
    throttle.failed('a')
    const wait = throttle.waitMs('a')
    nowMs += wait
    return wait
  })
  assert.deepEqual(waits, [0, 0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  assert.equal(throttle.waitMs('b'), 0)
  throttle.succeeded('a')
  throttle.failed('a')
  assert.equal(throttle.waitMs('a'), 0)
})

test('who has not failed for long starts anew', () => {
  let nowMs = 0
  const throttle = createThrottle({ ...limits, nowMs: () => nowMs })
  for (let index = 0; index < 5; index += 1) throttle.failed('a')
  nowMs += 20_001
  throttle.failed('a')
  assert.equal(throttle.waitMs('a'), 0)
})

test('past the bound the one that failed longest ago is forgotten, and no wait passes the longest', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ subject: fc.integer({ min: 0, max: 9 }), afterMs: fc.nat(5_000) }), { maxLength: 200 }),
      (failures) => {
        let nowMs = 0
        const throttle = createThrottle({ ...limits, nowMs: () => nowMs })
        for (const { subject, afterMs } of failures) {
          nowMs += afterMs
          throttle.failed(String(subject))
        }
        const waits = Array.from({ length: 10 }, (_, subject) => throttle.waitMs(String(subject)))
        assert.ok(waits.every((wait) => wait >= 0 && wait <= limits.maxMs))
        assert.ok(waits.filter((wait) => wait > 0).length <= limits.trackedMax)
      }
    )
  )
})

test('an IPv4 address is a place of its own, however it is written, and an IPv6 one stands for its /64', () => {
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1')
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1')
  for (const address of ['2001:db8:0:1::5', '2001:DB8::1:2:3:4:5', '2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:0db8:0000:0001::'])
    assert.equal(networkOf(address), '2001:db8:0:1/64', address)
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0/64')
  assert.equal(networkOf('::1'), '0:0:0:0/64')
  assert.equal(networkOf(''), '')
})
