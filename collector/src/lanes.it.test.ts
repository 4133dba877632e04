/** Trace events and alarms do not wait for a backlog of telemetry: not in the stores, and not where the log is full. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reading } from '@tracegate/model/telemetry'
import { createBench, messageOf, objectEvent, startMs, storedCount, telemetryMessage, until } from './testing.ts'

const backlog = 200_000
const alarm = (seq: number) => telemetryMessage({ seq, boot: 'b1-a', device: 'alarm-1', value: 99, timeMs: startMs + seq })
const event = (serial: number) => messageOf('tg/v1/port-1/reader-1/event', objectEvent(serial))

describe('an alarm and an event behind 200,000 messages of telemetry', () => {
  it('are in the stores and judged after a few batches of a slow store', { timeout: 60_000 }, async (context) => {
    await using bench = await createBench()
    let batches = 0
    const gate = Promise.withResolvers<void>()
    let alarmAfter: number | undefined
    const telemetry: typeof bench.telemetry = {
      ...bench.telemetry,
      async append(readings: readonly Reading[], source) {
        // Slow, and one at a time, as a store with one writer is.
        await gate.promise
        await sleep(20)
        batches += 1
        if (readings.some(({ device }) => device === 'alarm-1')) alarmAfter = batches
        await bench.telemetry.append(readings, source)
      }
    }
    await using collector = await bench.start({ telemetry, limits: { batchMessagesMax: 1_000, closeTimeoutMs: 100, judgeItemsMax: 2_000 } })
    for (let at = 0; at < backlog; at += 4_000)
      await Promise.all(Array.from({ length: 4_000 }, (_, more) => collector.sink.commit(telemetryMessage({ seq: at + more }))))
    assert.equal(collector.stats().inLog, backlog)
    await Promise.all([collector.sink.commit(alarm(0)), collector.sink.commit(event(1))])
    gate.resolve()
    await until(() => alarmAfter !== undefined, 20_000)
    assert.ok((alarmAfter ?? Infinity) <= 4, `the alarm was in batch ${alarmAfter}`)
    await until(() => bench.engine.readings.some(({ device }) => device === 'alarm-1'), 20_000)
    await until(async () => (await bench.trace.counts()).events === 1)
    assert.ok(batches < 40, `${batches} batches until all of it was judged`)
    assert.ok(collector.stats().inLog > backlog / 2, 'the backlog is there still')
    context.diagnostic(`the alarm was stored in batch ${alarmAfter}`)
  })
})

describe('a log that is full', () => {
  it('of telemetry still takes alarms and events, and has them stored', async () => {
    await using bench = await createBench()
    const gate = Promise.withResolvers<void>()
    const telemetry: typeof bench.telemetry = {
      ...bench.telemetry,
      async append(readings: readonly Reading[], source) {
        if (readings[0]?.device !== 'alarm-1') await gate.promise
        await bench.telemetry.append(readings, source)
      }
    }
    const limits = { logMessagesMax: 800, commitTimeoutMs: 60_000, reservedShare: 0.125 }
    await using collector = await bench.start({ telemetry, limits })
    let acknowledged = 0
    const flood = Array.from({ length: 2_000 }, (_, seq) =>
      collector.sink.commit(telemetryMessage({ seq })).then(() => (acknowledged += 1))
    )
    await until(() => acknowledged > 0)
    await sleep(50)
    assert.equal(acknowledged, 700, 'telemetry leaves an eighth of the room')
    for (let index = 0; index < 20; index += 1)
      await Promise.all([collector.sink.commit(alarm(index)), collector.sink.commit(event(index))])
    await until(async () => (await bench.trace.counts()).events === 20)
    await until(() => bench.engine.readings.filter(({ device }) => device === 'alarm-1').length === 20)
    assert.equal(acknowledged, 700)
    gate.resolve()
    await Promise.all(flood)
    await collector.drain(5_000)
    assert.equal(await storedCount(bench.telemetry), 2_020)
  })

  it('of alarms too acknowledges nothing until there is room', async () => {
    await using bench = await createBench()
    const gate = Promise.withResolvers<void>()
    const telemetry: typeof bench.telemetry = {
      ...bench.telemetry,
      async append(readings: readonly Reading[], source) {
        await gate.promise
        await bench.telemetry.append(readings, source)
      }
    }
    await using collector = await bench.start({ telemetry, limits: { logMessagesMax: 80, commitTimeoutMs: 60_000 } })
    let acknowledged = 0
    const all = Array.from({ length: 200 }, (_, seq) => collector.sink.commit(alarm(seq)).then(() => (acknowledged += 1)))
    await until(() => acknowledged > 0)
    await sleep(50)
    assert.equal(acknowledged, 80)
    gate.resolve()
    await Promise.all(all)
    await collector.drain(5_000)
    assert.equal(await storedCount(bench.telemetry), 200)
  })
})
