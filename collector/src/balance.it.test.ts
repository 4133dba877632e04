/**
 * Messages, readings and events add up at any time, whatever fails: stores that reject, lie, stall and refuse, messages that come again,
 * numbers used twice, nonsense, and restarts in the middle. Seeded, so that a failure can be run again.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reading } from '@tracegate/model/telemetry'
import type { IncomingMessage } from '@tracegate/service/ingest'
import { refusedReadings, storeError } from '@tracegate/store/errors'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Collector } from './collector.ts'
import type { Balance } from './counters.ts'
import { createBench, messageOf, objectEvent, startMs, storedCount } from './testing.ts'

const runs = 4
const messagesPerRun = 600

function assertAddsUp(collector: Collector): void {
  const stats = collector.stats()
  const all: [string, Balance][] = [
    ['messages', stats],
    ['readings', stats.readings],
    ['events', stats.events]
  ]
  for (const [what, { received, carriedOver, stored, duplicates, deadLettered, inLog, rejected, waiting }] of all) {
    assert.equal(
      received + carriedOver,
      stored + duplicates + deadLettered + inLog + rejected + waiting,
      `${what}: ${JSON.stringify(stats)}`
    )
    for (const part of [stored, duplicates, deadLettered, inLog, rejected, waiting])
      assert.ok(part >= 0, `${what}: ${JSON.stringify(stats)}`)
  }
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const isBad = ({ value }: Reading) => value === -1

function faulty(telemetry: TelemetryStore, random: () => number): TelemetryStore {
  return {
    ...telemetry,
    async append(readings, source) {
      if (random() < 0.1) await sleep(3)
      if (random() < 0.2) throw storeError('STORE_IO', { action: 'append', path: 'test', detail: 'fault' })
      const refused = readings.flatMap((reading, index) => (isBad(reading) ? [{ index }] : []))
      const told = { action: 'append', readings: readings.length, detail: 'bad value' }
      if (refused.length > 0) throw refusedReadings(random() < 0.5 ? { ...told, refused } : told)
      await telemetry.append(readings, source)
      if (random() < 0.1) throw storeError('STORE_IO', { action: 'append', path: 'test', detail: 'answer lost' })
    }
  }
}

function faultyTrace(trace: TraceStore, random: () => number): TraceStore {
  return {
    ...trace,
    async capture(events, source) {
      if (random() < 0.2) throw storeError('STORE_BUSY', { action: 'capture', waiting: 1, waitingMax: 1 })
      return trace.capture(events, source)
    }
  }
}

interface Sent {
  readonly message: IncomingMessage
  /** Readings that a store takes. */
  readonly good: number
  readonly event: boolean
}

/** What a device that misbehaves in every way sends next. */
function messagesOf(run: number, random: () => number): Sent[] {
  const sent: Sent[] = []
  const next = { 'probe-1': 0, 'probe-2': 0, 'probe-3': 0 }
  for (let index = 0; index < messagesPerRun; index += 1) {
    const device = (['probe-1', 'probe-2', 'probe-3'] as const)[Math.floor(random() * 3)] ?? 'probe-1'
    const boot = random() < 0.1 ? `r${run}-a` : `r${run}`
    const seq = next[device]
    next[device] += 1
    const timeMs = startMs + run * 1_000_000 + (boot.endsWith('-a') ? 500_000 : 0) + seq
    const what = random()
    if (what < 0.05) sent.push({ message: messageOf(`tg/v1/port-1/${device}/telemetry`, { v: 1, nonsense: true }), good: 0, event: false })
    else if (what < 0.1)
      sent.push({ message: messageOf(`tg/v1/port-1/${device}/event`, objectEvent(run * 10_000 + index)), good: 0, event: true })
    else {
      const values = Array.from({ length: 1 + Math.floor(random() * 4) }, () => (random() < 0.01 ? -1 : Math.floor(random() * 100)))
      const readings = values.map((value, at) => ({ metric: `t${at}-${boot}`, value, unit: 'Cel', quality: 1 }))
      const telemetry = { v: 1, boot, seq, timeMs, timeQuality: 'unknown', readings }
      const message = messageOf(`tg/v1/port-1/${device}/telemetry`, telemetry)
      sent.push({ message, good: values.filter((value) => value !== -1).length, event: false })
      if (random() < 0.1) sent.push({ message, good: 0, event: false })
      const reused = messageOf(`tg/v1/port-1/${device}/telemetry`, { ...telemetry, timeQuality: 'holdover' })
      if (random() < 0.02) sent.push({ message: reused, good: 0, event: false })
    }
  }
  return sent
}

describe('received = stored + duplicates + dead letters + in the log + rejected + waiting', () => {
  for (const seed of [1, 2, 3])
    it(`of messages, readings and events, over ${runs} runs with faults (seed ${seed})`, { timeout: 40_000 }, async () => {
      const random = randomOf(seed)
      await using bench = await createBench()
      const [telemetry, trace] = [faulty(bench.telemetry, random), faultyTrace(bench.trace, random)]
      let [good, events] = [0, 0]
      let left = { messages: 0, readings: 0, events: 0 }
      for (let run = 0; run < runs; run += 1) {
        const limits = {
          retryFirstMs: 1,
          retryMaxMs: 4,
          batchMessagesMax: 60,
          batchWaitMs: 1,
          closeTimeoutMs: run === runs - 1 ? 20_000 : 30
        }
        const collector = await bench.start({ telemetry, trace, limits })
        const { carriedOver, readings, events: carriedEvents } = collector.stats()
        const carried = { messages: carriedOver, readings: readings.carriedOver, events: carriedEvents.carriedOver }
        // What was stored and not released in time is in the log once more.
        assert.ok(carried.messages >= left.messages && carried.readings >= left.readings && carried.events >= left.events)
        const sent = messagesOf(run, random)
        for (let at = 0; at < sent.length; at += 40) {
          await Promise.all(sent.slice(at, at + 40).map(({ message }) => collector.sink.commit(message)))
          assertAddsUp(collector)
        }
        good += sent.reduce((sum, one) => sum + one.good, 0)
        events += sent.filter((one) => one.event).length
        if (run === runs - 1) await collector.drain(20_000)
        await collector[Symbol.asyncDispose]()
        assertAddsUp(collector)
        const after = collector.stats()
        left = { messages: after.inLog, readings: after.readings.inLog, events: after.events.inLog }
        if (run === runs - 1) assert.deepEqual(left, { messages: 0, readings: 0, events: 0 })
      }
      assert.equal(await storedCount(bench.telemetry), good)
      assert.equal((await bench.trace.counts()).events, events)
    })

  it('of messages that a full log rejects, and that come again', async () => {
    await using bench = await createBench()
    const gate = Promise.withResolvers<void>()
    const telemetry: TelemetryStore = {
      ...bench.telemetry,
      async append(readings, source) {
        await gate.promise
        await bench.telemetry.append(readings, source)
      }
    }
    await using collector = await bench.start({ telemetry, limits: { logMessagesMax: 100, commitTimeoutMs: 100, waitingMax: 150 } })
    const all = messagesOf(0, randomOf(7))
    const send = async (from: number, to: number) => {
      const sent = all.slice(from, to)
      const answers = await Promise.allSettled(sent.map(({ message }) => collector.sink.commit(message)))
      assertAddsUp(collector)
      return answers.filter(({ status }) => status === 'rejected').length
    }
    assert.ok((await send(0, 300)) > 0)
    gate.resolve()
    await collector.drain(2_000)
    // Fewer at a time find room.
    for (let at = 0; at < 300; at += 50) await send(at, at + 50)
    await collector.drain(2_000)
    assert.equal(collector.stats().inLog, 0)
    const rejected = collector.stats().rejected
    assert.ok(rejected > 0)
    assertAddsUp(collector)
  })
})
