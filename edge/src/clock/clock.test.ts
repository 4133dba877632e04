/** The clock watch as a pure function of wall and monotonic time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ClockReading, type ClockState, readClock, timeQualityOf } from './clock.ts'

/** Reads the clock at each pair; gives the readings. */
function run(inputs: readonly { wallMs: number; steadyMs: number; disciplinedAtMs?: number }[]): ClockReading[] {
  let state: ClockState | undefined
  return inputs.map((input) => {
    const reading = readClock(state, input)
    state = reading.state
    return reading
  })
}

test('readClock() never reports a step while wall and monotonic clock agree', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 })), (passes) => {
      let nowMs = 5
      const inputs = passes.map((pass) => {
        nowMs += pass
        return { wallMs: nowMs + 1_000, steadyMs: nowMs }
      })
      for (const reading of run(inputs)) {
        assert.equal(reading.steppedMs, 0)
        assert.equal(timeQualityOf(reading.state, 'synchronized'), 'synchronized')
      }
    })
  )
})

test('TG-502: whatever the clock does, it is synchronized only within a second of where it was trusted, or after it was set', () => {
  const pass = fc.record({
    steadyMs: fc.integer({ min: 0, max: 10_000 }),
    jumpMs: fc.integer({ min: -5_000, max: 5_000 }),
    isSet: fc.boolean()
  })
  fc.assert(
    fc.property(fc.array(pass), (passes) => {
      let [wallMs, steadyMs, trustedOffsetMs] = [1_000_000, 0, 1_000_000]
      let state: ClockState | undefined = readClock(undefined, { wallMs, steadyMs }).state
      for (const { steadyMs: passed, jumpMs, isSet } of passes) {
        steadyMs += passed
        wallMs += passed + jumpMs
        const before = state
        const reading = readClock(state, { wallMs, steadyMs, ...(isSet ? { disciplinedAtMs: wallMs } : {}) })
        state = reading.state
        const offsetMs = wallMs - steadyMs
        if (timeQualityOf(state, 'synchronized') !== 'synchronized') continue
        if (Math.abs(offsetMs - trustedOffsetMs) >= 1_000) {
          assert.ok(isSet && before.doubtSinceMs !== undefined && wallMs > before.doubtSinceMs)
          trustedOffsetMs = offsetMs
        } else if (isSet && state.offsetMs === offsetMs) trustedOffsetMs = offsetMs
      }
    })
  )
})

test('TG-502 TG-504: a jump forward is doubted too, and ends where the clock is put back', () => {
  const [, jumped, later, back] = run([
    { wallMs: 10_000, steadyMs: 0 },
    { wallMs: 3_611_000, steadyMs: 1_000 },
    { wallMs: 3_612_000, steadyMs: 2_000 },
    { wallMs: 13_000, steadyMs: 3_000 }
  ])
  assert.ok(jumped && later && back)
  assert.deepEqual([jumped.steppedMs, later.steppedMs, back.steppedMs], [3_600_000, 0, -3_600_000])
  assert.deepEqual(
    [jumped, later, back].map(({ state }) => timeQualityOf(state, 'synchronized')),
    ['unsynchronized', 'unsynchronized', 'synchronized']
  )
})

test('TG-502: small steps that add up to a second are a drift, told of once', () => {
  const readings = run(Array.from({ length: 20 }, (_, index) => ({ wallMs: 1_000_000 + index * 1_100, steadyMs: index * 1_000 })))
  assert.deepEqual(
    readings.filter(({ steppedMs }) => steppedMs !== 0).map(({ steppedMs, isDrift }) => [steppedMs, isDrift]),
    [[1_000, true]]
  )
  assert.equal(timeQualityOf(readings.at(-1)?.state ?? assert.fail(), 'synchronized'), 'unsynchronized')
})

test('TG-502: a time service that has confirmed nothing for hours makes it holdover', () => {
  const [reading] = run([{ wallMs: 20_000_000, steadyMs: 0 }])
  assert.ok(reading)
  assert.equal(timeQualityOf(reading.state, 'synchronized', 19_000_000), 'synchronized')
  assert.equal(timeQualityOf(reading.state, 'synchronized', 1_000_000), 'holdover')
  assert.equal(timeQualityOf(reading.state, 'unknown', 1_000_000), 'unknown')
})
