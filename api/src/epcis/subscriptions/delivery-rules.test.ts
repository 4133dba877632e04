/** What follows from outcomes of deliveries: no order of them loses an event, repeats one that was taken, or leaves the bounds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decideDelivery, resumed, type DeliveryLimits, type DeliveryOutcome } from './delivery-rules.ts'
import type { Progress } from './rows.ts'
import { timetableOf } from './schedule.ts'
import { retryAfterOf } from './sender.ts'

const limits: DeliveryLimits = {
  backOff: { minMs: 1_000, maxMs: 60_000 },
  retryAfterMaxMs: 600_000,
  deadAfterMs: 3_600_000,
  batchEventsMax: 50
}
const fresh: Progress = { minRecordMs: 0, batchMax: 50, delivered: 0, attempts: 0 }
const outcome: fc.Arbitrary<DeliveryOutcome> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'delivered' } as const) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('tooLarge' as const), retryAfterMs: fc.nat(1e7) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'gone' } as const) },
  fc.record({ type: fc.constant('failed' as const), code: fc.constant('X'), message: fc.string(), retryAfterMs: fc.nat(1e7) })
)

test('whatever a receiver answers, each event is taken or dead once, in order, and every wait and batch is bounded', () => {
  const steps = fc.array(fc.record({ outcome, random: fc.double({ min: 0, max: 0.999, noNaN: true }), passMs: fc.nat(4e6) }), {
    maxLength: 120
  })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 300 }), (sequence, total) => {
      let progress = fresh
      let nowMs = 0
      const settled: number[] = []
      for (const step of sequence) {
        if (progress.stopped !== undefined) progress = resumed(progress)
        const from = Number(progress.cursor ?? 0)
        if (from === total) break
        nowMs = Math.max(nowMs, progress.retryAtMs ?? 0) + step.passMs
        const count = Math.min(progress.batchMax, total - from)
        assert.ok(count >= 1 && count <= limits.batchEventsMax)
        const pending = progress.pending ?? { id: `d${from}`, next: String(from + count), count, madeAtMs: nowMs }
        const { random } = step
        const decision = decideDelivery({ progress: { ...progress, pending }, outcome: step.outcome, nowMs, random, limits })
        const moved = Number(decision.progress.cursor ?? 0) - from
        assert.ok(moved === 0 || decision.result === 'delivered' || decision.dead?.kind === 'event')
        if (decision.dead?.kind === 'event') assert.equal(moved, 1, 'only one event is left out')
        for (let index = 0; index < moved; index += 1) settled.push(from + index)
        if (decision.result === 'retry') assert.equal(decision.progress.pending?.id, pending.id)
        assert.ok((decision.progress.retryAtMs ?? 0) - nowMs <= Math.max(limits.retryAfterMaxMs, limits.backOff.maxMs))
        progress = decision.progress
      }
      assert.deepEqual(settled, [...settled.keys()])
    })
  )
})

test('waits grow from the least to the most, and jitter spreads them', () => {
  let progress: Progress = { ...fresh, pending: { id: 'd', next: '1', count: 1, madeAtMs: 0 } }
  const waits = Array.from({ length: 9 }, () => {
    const failed: DeliveryOutcome = { type: 'failed', code: 'RECEIVER_500', message: 'no' }
    progress = decideDelivery({ progress, outcome: failed, nowMs: 0, random: 0.5, limits }).progress
    return progress.retryAtMs
  })
  assert.deepEqual(waits, [750, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000, 45_000])
})

test('Retry-After is read as seconds or as a date, and anything else as nothing', () => {
  const nowMs = Date.parse('2026-11-23T08:00:00Z')
  const wanted: [string | undefined, number | undefined][] = [
    ['120', 120_000],
    ['Mon, 23 Nov 2026 08:00:05 GMT', 5_000],
    ['Mon, 23 Nov 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined]
  ]
  for (const [value, waitMs] of wanted) assert.equal(retryAfterOf(value, nowMs), waitMs, value)
})

test('a schedule is due where all of its fields hold, in UTC', () => {
  const from = Date.parse('2026-11-23T08:00:30Z')
  const nextOf = (values: Parameters<typeof timetableOf>[0], afterMs = from) => {
    const ms = timetableOf(values).nextMs(afterMs)
    return ms === undefined ? undefined : new Date(ms).toISOString()
  }
  assert.equal(nextOf({ hour: [1], minute: [5] }), '2026-11-24T01:05:00.000Z')
  assert.equal(nextOf({ second: [0, 45] }), '2026-11-23T08:00:45.000Z')
  assert.equal(nextOf({ dayOfWeek: [7] }), '2026-11-29T00:00:00.000Z', '7 is Sunday')
  assert.equal(nextOf({ dayOfMonth: [13], dayOfWeek: [5] }), '2027-08-13T00:00:00.000Z', 'a Friday the thirteenth: both hold')
  assert.equal(nextOf({ dayOfMonth: [29], month: [2] }), '2028-02-29T00:00:00.000Z')
  assert.equal(nextOf({ dayOfMonth: [30], month: [2] }), undefined)
})
