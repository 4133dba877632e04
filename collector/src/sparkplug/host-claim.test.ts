/** Who may go by the id of a host application. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHostClaim } from './host-claim.ts'

const state = (online: boolean, timestamp: number) => Buffer.from(JSON.stringify({ online, timestamp }))

function createWorld() {
  let nowMs = 1_000
  const claim = createHostClaim({ nowMs: () => nowMs })
  return { claim, tick: (ms: number) => (nowMs += ms) }
}

test('the last will and the state have the same time, and each connection another one', () => {
  const { claim } = createWorld()
  const first = claim.nextTimestamp()
  assert.equal(Buffer.from(claim.payload(true)).toString(), `{"online":true,"timestamp":${first}}`)
  assert.ok(claim.nextTimestamp() > first)
})

test('whoever says that it is offline is answered; its own words and rubbish kept by the broker are not', () => {
  const { claim } = createWorld()
  const own = claim.nextTimestamp()
  assert.equal(claim.seen(state(false, 5), { retain: false }), 'answer')
  assert.equal(claim.seen(state(false, own), { retain: false }), 'answer')
  assert.equal(claim.seen(state(true, own), { retain: false }), 'nothing')
  assert.equal(claim.seen(state(false, own), { retain: true }), 'nothing')
  assert.equal(claim.seen(Buffer.from('rubbish'), { retain: true }), 'nothing')
  assert.equal(claim.seen(Buffer.from('rubbish'), { retain: false }), 'answer')
})

test('what an earlier run left behind is no takeover', () => {
  const { claim } = createWorld()
  claim.nextTimestamp()
  assert.equal(claim.seen(state(true, 7), { retain: true }), 'nothing')
  assert.equal(claim.takeovers, 0)
})

test('of two that live, the one that came later stops, and the earlier one answers', () => {
  const early = createWorld().claim
  const late = createWorld()
  late.tick(500)
  const earlyTime = early.nextTimestamp()
  const lateTime = late.claim.nextTimestamp()
  assert.equal(early.seen(state(true, lateTime), { retain: false }), 'answer')
  assert.equal(late.claim.seen(state(true, earlyTime), { retain: false }), 'stop')
})

test('the third takeover within a minute stops it, slower ones do not', () => {
  const quick = createWorld()
  const slow = createWorld()
  const steps: string[][] = [[], []]
  for (const [index, { world, everyMs }] of [
    { world: quick, everyMs: 1_000 },
    { world: slow, everyMs: 40_000 }
  ].entries()) {
    world.claim.nextTimestamp()
    for (let turn = 0; turn < 3; turn += 1) {
      world.tick(everyMs)
      world.claim.nextTimestamp()
      steps[index]?.push(world.claim.seen(state(false, turn), { retain: true }))
    }
  }
  assert.deepEqual(steps, [
    ['answer', 'answer', 'stop'],
    ['answer', 'answer', 'answer']
  ])
})
