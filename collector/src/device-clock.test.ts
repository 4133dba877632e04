/** A clock is judged by what came, in a few numbers, whatever came. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { judgeClock, newClock, noteClock, type DeviceClock } from './device-clock.ts'
import { defaultCollectorLimits as limits } from './limits.ts'

const startMs = Date.UTC(2026, 10, 23)

/** Sends one message a second for so long; `timeOf` gives the device's time for ours. */
function run(seconds: number, timeOf: (nowMs: number, seq: number) => number, clock: DeviceClock = newClock(), from = 0): DeviceClock {
  for (let seq = from; seq < from + seconds; seq += 1) {
    const receivedAtMs = startMs + seq * 1_000
    noteClock(clock, { boot: 'b1', seq, timeMs: timeOf(receivedAtMs, seq), receivedAtMs }, limits)
  }
  return clock
}

const stateOf = (clock: DeviceClock, seconds: number) => judgeClock(clock, startMs + seconds * 1_000, limits).state

describe('the clock of a device', () => {
  it('is unknown before anything came', () => {
    assert.deepEqual(judgeClock(newClock(), startMs, limits), { state: 'unknown', offsetMs: undefined })
  })

  it('is ok when messages come soon after their time, however long some take', () => {
    const clock = newClock()
    // The line is stuck for half a minute, again and again.
    for (let seq = 0; seq < 120; seq += 1) {
      const receivedAtMs = startMs + Math.ceil(seq / 30) * 30_000
      noteClock(clock, { boot: 'b1', seq, timeMs: startMs + seq * 1_000 - 200, receivedAtMs }, limits)
    }
    assert.deepEqual(judgeClock(clock, startMs + 120_000, limits), { state: 'ok', offsetMs: 200 })
  })

  it('is ahead when messages come before their time', () => {
    assert.equal(
      stateOf(
        run(60, (nowMs) => nowMs + 30_000),
        60
      ),
      'ahead'
    )
  })

  it('is behind when it keeps its distance, and unknown while a backlog comes closer', () => {
    const behind = run(60, (nowMs) => nowMs - 3_600_000)
    assert.deepEqual(judgeClock(behind, startMs + 60_000, limits), { state: 'behind', offsetMs: 3_600_000 })
    const backlog = run(60, (_, seq) => startMs - 86_400_000 + seq * 60_000)
    assert.equal(stateOf(backlog, 60), 'unknown')
  })

  it('is jumping after two jumps within an hour, back or ahead, and no longer an hour later', () => {
    const back = run(60, (nowMs, seq) => nowMs - (seq >= 20 ? 10_000 : 0) - (seq >= 40 ? 10_000 : 0))
    assert.equal(stateOf(back, 60), 'jumping')
    const there = run(60, (nowMs, seq) => nowMs + (seq === 20 || seq === 40 ? 60_000 : 0))
    assert.equal(stateOf(there, 60), 'jumping')
    assert.notEqual(stateOf(back, 60 + 3_700), 'jumping')
  })

  it('is not called jumping for messages that come again or late', () => {
    const clock = run(30, (nowMs) => nowMs)
    for (const seq of [3, 7, 2, 1]) {
      const timeMs = startMs + seq * 1_000
      noteClock(clock, { boot: 'b1', seq, timeMs, receivedAtMs: startMs + 31_000 }, limits)
    }
    assert.equal(
      stateOf(
        run(10, (nowMs) => nowMs, clock, 31),
        41
      ),
      'ok'
    )
  })

  it('is found again within twenty minutes of being set right', () => {
    const clock = run(1_200, (nowMs) => nowMs + 30_000)
    assert.equal(stateOf(clock, 1_200), 'ahead')
    assert.equal(
      stateOf(
        run(1_300, (nowMs) => nowMs, clock, 1_200),
        2_500
      ),
      'ok'
    )
  })

  it('takes the same few numbers whatever comes', () => {
    const sample = fc.record({ boot: fc.constantFrom('a', 'b'), seq: fc.nat(), timeMs: fc.nat(), receivedAtMs: fc.nat() })
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 200 }), (samples) => {
        const clock = newClock()
        for (const one of samples) noteClock(clock, one, limits)
        assert.ok(JSON.stringify(clock).length < 600)
        judgeClock(clock, startMs, limits)
      })
    )
  })
})
