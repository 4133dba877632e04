/** When the alarm of the uplink is raised and cleared. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AlarmState, stepAlarm } from './uplink-alarm.ts'

test('the alarm is raised once after the time allowed, cleared once, and a short loss tells nothing', () => {
  let state: AlarmState = { downSinceMs: undefined, raised: false }
  const told: string[] = []
  const look = (connected: boolean, nowMs: number) => {
    const step = stepAlarm(state, { connected, nowMs, afterMs: 1_000 })
    state = step.state
    if (step.effect !== undefined) told.push(`${step.effect.type} ${step.effect.downMs}`)
  }
  for (const [connected, nowMs] of [
    [true, 0],
    [false, 100],
    [false, 1_000],
    [true, 1_050],
    [false, 2_000],
    [false, 3_000],
    [false, 9_000],
    [true, 9_500],
    [true, 9_600]
  ] as const)
    look(connected, nowMs)
  assert.deepEqual(told, ['raise 1000', 'clear 7500'])
})
