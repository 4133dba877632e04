/** The reducer of the live stream. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveMessage } from '@tracegate/model/live'
import { applyMessages, connectionAt, emptyLiveState, eventsMax, seriesMax, staleAfterMs } from './live-state.ts'
import { parseMessage } from './live-stream.ts'

const reading = (series: string, timeMs: number, value: number): LiveMessage => ({
  type: 'readings',
  data: { readings: [[series, timeMs, value, 1]] }
})

test('applyMessages() keeps the newest reading of a series, however late another comes', () => {
  const state = applyMessages(emptyLiveState, [reading('a', 2, 20), reading('a', 1, 10)], 100)
  assert.deepEqual(state.latest.get('a'), ['a', 2, 20, 1])
  assert.equal(state.readingsTotal, 2)
  assert.equal(state.connection, 'live')
})

test('applyMessages() leaves the old state as it was', () => {
  const before = applyMessages(emptyLiveState, [reading('a', 1, 10)], 100)
  applyMessages(before, [reading('a', 2, 20)], 200)
  assert.deepEqual(before.latest.get('a'), ['a', 1, 10, 1])
})

test('applyMessages() is bounded in series and events', () => {
  const many = Array.from({ length: seriesMax + 10 }, (_, index) => reading(`s${index}`, 1, 1))
  const events = Array.from(
    { length: eventsMax + 5 },
    (_, index): LiveMessage => ({ type: 'event', data: { eventID: `e${index}`, type: 'ObjectEvent', timeMs: index, count: 1 } })
  )
  const state = applyMessages(emptyLiveState, [...many, ...events], 1)
  assert.equal(state.latest.size, seriesMax)
  assert.equal(state.latest.has('s0'), false)
  assert.equal(state.events.length, eventsMax)
  assert.equal(state.events[0]?.eventID, `e${eventsMax + 4}`)
})

test('connectionAt() calls a silent line stale and a speaking one live', () => {
  const state = applyMessages(emptyLiveState, [reading('a', 1, 10)], 1_000)
  assert.equal(connectionAt(state, 1_000 + staleAfterMs), 'live')
  assert.equal(connectionAt(state, 1_001 + staleAfterMs), 'stale')
  assert.equal(connectionAt(emptyLiveState, 1_000_000), 'connecting')
})

test('parseMessage() leaves out what is not JSON or not of the schema', () => {
  assert.equal(parseMessage('readings', '{'), undefined)
  assert.equal(parseMessage('readings', '{"readings":[["a",1,"x",1]]}'), undefined)
  assert.deepEqual(parseMessage('readings', '{"readings":[["a",1,null,9]]}'), { type: 'readings', data: { readings: [['a', 1, null, 9]] } })
})
