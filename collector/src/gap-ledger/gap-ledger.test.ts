/** The ledger over a real collector: what it says of a device that loses, drops, goes away, comes back and sends nonsense. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { droppedReadingsMetric } from '@tracegate/model/telemetry'
import type { Collector } from '../collector.ts'
import { birth, createBench, messageOf, startMs, telemetryMessage } from '../testing.ts'

const point = 'port-1'
const device = 'probe-1'
const period = { fromMs: startMs - 3_600_000, toMs: startMs + 86_400_000, limit: 100 }

async function send(collector: Collector, ...numbers: number[]): Promise<void> {
  for (const seq of numbers) await collector.sink.commit(telemetryMessage({ seq }))
}

async function reportOf(collector: Collector, query: Partial<typeof period> = {}) {
  const report = await collector.gaps.report({ point, device, ...period, ...query })
  assert.ok(report !== undefined)
  return report
}

function marker(seq: number, readings: number) {
  const reading = { metric: droppedReadingsMetric, value: readings, unit: '1', quality: 1 }
  const envelope = { v: 1, boot: 'b1', seq, timeMs: startMs + seq * 1_000, timeQuality: 'synchronized' }
  return messageOf(`tg/v1/${point}/${device}/telemetry`, { ...envelope, readings: [reading] })
}

describe('the gap ledger', () => {
  it('TG-906: tells which numbers are missing, since when, and that they may still come', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await collector.sink.commit(birth(device, 'b1'))
    await send(collector, 0, 1, 2, 6, 7)
    const report = await reportOf(collector)
    assert.equal(report.missingMessages, 3)
    assert.equal(report.received.messages, 5)
    const [gap] = report.gaps
    assert.deepEqual(gap?.missing, [[3, 5]])
    assert.equal(gap?.sinceMs, startMs + 2_000)
    assert.equal(gap?.untilMs, startMs + 6_000)
    assert.deepEqual([gap?.cause, gap?.recoverable], ['underWay', 'yes'])
  })

  it('TG-906: keeps the gap when it is filled, with the time, and counts nothing as missing then', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await collector.sink.commit(birth(device, 'b1'))
    await send(collector, 0, 4, 2, 1, 3, 3)
    const report = await reportOf(collector)
    assert.deepEqual([report.missingMessages, report.gaps.length], [0, 1])
    assert.deepEqual([report.gaps[0]?.recoverable, report.gaps[0]?.missing], ['filled', []])
    assert.ok((report.gaps[0]?.filledAtMs ?? 0) > 0)
    assert.deepEqual([report.received.messages, report.received.duplicates], [5, 1])
  })

  it('knows the same after a restart, and goes on with it', async () => {
    await using bench = await createBench()
    {
      await using collector = await bench.start()
      await send(collector, 0, 1, 4)
    }
    await using again = await bench.start()
    assert.deepEqual((await reportOf(again)).gaps[0]?.missing, [[2, 3]])
    await send(again, 2, 9)
    const report = await reportOf(again)
    assert.deepEqual(
      report.gaps.map(({ missing, sinceMs }) => [missing, sinceMs]),
      [
        [[[5, 8]], startMs + 4_000],
        [[[3, 3]], startMs + 1_000]
      ]
    )
  })

  it('says that the device was away, and until when', async () => {
    await using bench = await createBench()
    let nowMs = startMs
    await using collector = await bench.start({ nowMs: () => nowMs })
    const at = (message: ReturnType<typeof birth>, atMs: number) => ({ ...message, receivedAtMs: atMs })
    await collector.sink.commit(at(birth(device, 'b1'), startMs))
    await send(collector, 0)
    const death = messageOf(`tg/v1/${point}/${device}/state`, { v: 1, online: false, boot: 'b1', reason: 'battery' })
    await collector.sink.commit(at(death, startMs + 1_500))
    await collector.sink.commit(at(birth(device, 'b1'), startMs + 4_000))
    nowMs = startMs + 5_000
    await send(collector, 5)
    nowMs = startMs + 600_000
    const report = await reportOf(collector)
    assert.deepEqual(report.offline, [{ fromMs: startMs + 1_500, toMs: startMs + 4_000, reason: 'battery' }])
    assert.deepEqual([report.gaps[0]?.cause, report.gaps[0]?.recoverable], ['offline', 'perhaps'])
    assert.equal(report.online, true)
  })

  it('TG-906 TG-413: tells what the device says it had to drop, as one gap that will not be filled', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await send(collector, 0)
    for (const seq of [1, 2, 3]) await collector.sink.commit(marker(seq, 200))
    await send(collector, 4)
    const report = await reportOf(collector)
    assert.equal(report.received.droppedReadings, 600)
    const [gap, ...others] = report.gaps
    assert.deepEqual(others, [])
    assert.deepEqual([gap?.fromSeq, gap?.toSeq, gap?.readings, gap?.cause, gap?.recoverable], [1, 3, 600, 'droppedAtSource', 'no'])
  })

  it('TG-904: takes no number of dropped readings that no row could hold, and goes on for all devices', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await Promise.all([send(collector, 0), collector.sink.commit(marker(1, 1e300)), send(collector, 2)])
    assert.equal((await reportOf(collector)).received.droppedReadings, 1_000_000_000)
    assert.equal(collector.stats().waiting, 0)
  })

  it('TG-904: a message that is refused is no gap, and the watermark passes it', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await send(collector, 0)
    const wrong = { v: 1, boot: 'b1', seq: 1, timeMs: startMs, timeQuality: 'synchronized', readings: [{ metric: 'temperature' }] }
    const message = messageOf(`tg/v1/${point}/${device}/telemetry`, wrong)
    await collector.sink.commit(message)
    await collector.sink.commit(message)
    await send(collector, 2)
    const report = await reportOf(collector)
    assert.deepEqual(report.gaps, [])
    assert.deepEqual([report.received.messages, report.received.deadLetters, report.received.duplicates], [3, 1, 1])
    assert.equal(report.sequences[0]?.upTo, 2)
    assert.equal(await collector.deadLetters.count(), 1)
  })

  it('counts a message under the hour of its own time, and asks only for the hours of the period', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await collector.sink.commit(telemetryMessage({ seq: 0, timeMs: startMs }))
    await collector.sink.commit(telemetryMessage({ seq: 1, timeMs: startMs + 7_200_000 }))
    assert.equal((await reportOf(collector, { fromMs: startMs + 3_600_000, toMs: startMs + 10_800_000 })).received.messages, 1)
  })

  it('knows nothing of a device that never sent anything', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    assert.equal(await collector.gaps.report({ point, device: 'stranger', ...period }), undefined)
  })

  it('stays within its bounds for a device that leaves every second number out', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await Promise.all(Array.from({ length: 6_000 }, (_, at) => collector.sink.commit(telemetryMessage({ seq: at * 2 }))))
    const report = await reportOf(collector, { limit: 1_000 })
    assert.equal(report.received.messages, 6_000)
    assert.equal(report.gaps.length, 1_000)
    assert.equal(report.gapsTruncated, true)
  })
})
