/** What a person sees of a device: what came of it within the hour, its clock, and what is history. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Reading } from '@tracegate/model/telemetry'
import { createBench, messageOf, telemetryMessage } from './testing.ts'

const dayMs = 86_400_000

describe('the health of a device', () => {
  it('tells what came, what came again, what could not be taken, what is missing, and up to where all is there', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const nowMs = Date.now()
    for (const seq of [0, 1, 1, 4]) await collector.sink.commit(telemetryMessage({ seq, timeMs: nowMs - 100 + seq }))
    await collector.sink.commit(messageOf('tg/v1/port-1/probe-1/telemetry', {}))
    await collector.drain(2_000)
    const health = await collector.deviceHealth.get('port-1', 'probe-1')
    assert.ok(health !== undefined)
    assert.deepEqual(health.lastHour, { messages: 3, readings: 3, events: 0, historicalReadings: 0, duplicates: 1, deadLetters: 1 })
    assert.deepEqual([health.boot, health.watermark?.upTo, health.openGaps], ['b1', 1, 1])
    assert.equal(health.clock.state, 'ok')
    assert.ok((health.lagMs ?? -1) >= 0)
    assert.equal(await collector.deviceHealth.get('port-1', 'probe-2'), undefined)
  })

  it('forgets an hour that has passed', async () => {
    let nowMs = Date.now()
    await using bench = await createBench()
    await using collector = await bench.start({ nowMs: () => nowMs })
    await collector.sink.commit({ ...telemetryMessage({ seq: 0, timeMs: nowMs }), receivedAtMs: nowMs })
    const messages = async () => (await collector.deviceHealth.get('port-1', 'probe-1'))?.lastHour.messages
    assert.equal(await messages(), 1)
    nowMs += 3_600_000
    assert.equal(await messages(), 1)
    nowMs += 600_000
    assert.equal(await messages(), 0)
  })

  it('is listed by page and prefix, of a bounded number of devices', async () => {
    await using bench = await createBench()
    await using collector = await bench.start({ limits: { devicesInMemoryMax: 20 } })
    for (let index = 0; index < 30; index += 1)
      await collector.sink.commit(telemetryMessage({ seq: 0, device: `d-${String(index).padStart(2, '0')}` }))
    const all = await collector.deviceHealth.list({ limit: 100 })
    assert.ok(all.items.length <= 20 && all.items.length >= 15)
    assert.equal(all.items.at(-1)?.device, 'd-29', 'the silent ones are forgotten first')
    const first = await collector.deviceHealth.list({ limit: 5, prefix: 'port-1/d-2' })
    assert.deepEqual(
      first.items.map(({ device }) => device),
      ['d-20', 'd-21', 'd-22', 'd-23', 'd-24']
    )
    const second = await collector.deviceHealth.list({ limit: 5, prefix: 'port-1/d-2', cursor: first.next ?? '' })
    assert.deepEqual([second.items.at(0)?.device, second.next], ['d-25', undefined])
  })
})

describe('a reading', () => {
  it('that comes long after its time is marked as history, one that is live is not, and one from ahead is counted', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const nowMs = Date.now()
    await collector.sink.commit(telemetryMessage({ seq: 0, timeMs: nowMs - dayMs }))
    await collector.sink.commit(telemetryMessage({ seq: 1, timeMs: nowMs }))
    await collector.sink.commit(telemetryMessage({ seq: 2, timeMs: nowMs + dayMs }))
    await collector.drain(2_000)
    assert.deepEqual(
      bench.engine.readings.map(({ historical }: Reading) => historical),
      [true, undefined, undefined]
    )
    const { historicalReadings, aheadReadings, stored } = collector.stats()
    assert.deepEqual([historicalReadings, aheadReadings, stored], [1, 1, 3])
    assert.equal((await collector.deviceHealth.get('port-1', 'probe-1'))?.lastHour.historicalReadings, 1)
  })

  it('of a device whose clock runs behind is live once that is known', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const nowMs = Date.now()
    for (let seq = 0; seq < 60; seq += 1) {
      const receivedAtMs = nowMs + seq * 1_000
      await collector.sink.commit({ ...telemetryMessage({ seq, timeMs: receivedAtMs - 3_600_000 }), receivedAtMs })
    }
    await collector.drain(2_000)
    assert.equal((await collector.deviceHealth.get('port-1', 'probe-1'))?.clock.state, 'behind')
    const marks = bench.engine.readings.map(({ historical }: Reading) => historical)
    assert.deepEqual([marks[0], marks.at(-1)], [true, false])
  })
})
