/** When a collector says that another one has its client id. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLostSession } from './lost-session.ts'

function started() {
  const clock = { nowMs: 0 }
  const lost = createLostSession({ clientId: 'collector', nowMs: () => clock.nowMs })
  const cut = (cause: 'ours' | 'theirs' | 'takenOver', lastedMs: number) => {
    lost.connected()
    clock.nowMs += lastedMs
    return lost.closed(cause)
  }
  return { clock, lost, cut }
}

describe('another client with the same client id', () => {
  it('is suspected once when the broker has ended three short connections in a row', () => {
    const { lost, cut } = started()
    assert.deepEqual(
      [1_000, 500, 2_000, 1_000].map((lastedMs) => cut('theirs', lastedMs)),
      [false, false, true, false]
    )
    assert.match(lost.suspicion() ?? '', /another client may have the client id "collector"/)
  })

  it('is suspected at once when the broker says so (MQTT 5)', () => {
    const { lost, cut } = started()
    assert.ok(cut('takenOver', 60_000))
    assert.notEqual(lost.suspicion(), undefined)
  })

  it('is not suspected when the connection lasted, when we ended it, or when there was none', () => {
    const { lost, cut } = started()
    for (const lastedMs of [1_000, 1_000, 30_000, 1_000, 1_000]) assert.equal(cut('theirs', lastedMs), false)
    assert.equal(cut('ours', 1_000), false)
    for (let index = 0; index < 5; index += 1) assert.equal(lost.closed('theirs'), false)
    assert.equal(lost.suspicion(), undefined)
  })

  it('is suspected no more once a connection has lasted', () => {
    const { clock, lost, cut } = started()
    for (let index = 0; index < 3; index += 1) cut('theirs', 100)
    lost.connected()
    clock.nowMs += 10_000
    assert.notEqual(lost.suspicion(), undefined)
    clock.nowMs += 10_000
    assert.equal(lost.suspicion(), undefined)
  })
})
