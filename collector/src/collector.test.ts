/** The collector with stores in memory: what becomes of each message, also when stores, engine and restarts interfere. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Anomaly } from '@tracegate/model/anomaly'
import { Committed } from '@tracegate/model/committed'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import type { BusMessages } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { CodedError } from '@tracegate/model/errors'
import type { CollectorStats } from './events.ts'
import { birth, createBench, createFaultyStore, messageOf, objectEvent, startMs, storedCount, telemetryMessage, until } from './testing.ts'

const committed = compileValidator(Committed)
const isCoded = (error: unknown, code: string) => error instanceof CodedError && error.code === code

function assertAddsUp(stats: CollectorStats): void {
  const { received, carriedOver, stored, duplicates, deadLettered, inLog, rejected, waiting } = stats
  assert.equal(received + carriedOver, stored + duplicates + deadLettered + inLog + rejected + waiting, JSON.stringify(stats))
}

function recordingPublisher() {
  const told: { device: string; boot: string; upTo: number }[] = []
  return {
    told,
    publisher: {
      async publish(topic: string, payload: Uint8Array) {
        const decoded = decodeMessage(committed, payload)
        assert.ok(decoded.ok)
        told.push({ device: topic.split('/').slice(2, 4).join('/'), boot: decoded.value.boot, upTo: decoded.value.upTo })
      }
    }
  }
}

describe('a message', () => {
  it('is stored, told to the process and judged', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const told: BusMessages['readings'][] = []
    bench.bus.subscribe('readings', (message) => void told.push(message))
    await collector.sink.commit(telemetryMessage({ seq: 0, value: 4.5 }))
    await collector.drain(2_000)
    const [latest] = await bench.telemetry.latest('')
    assert.equal(latest?.value, 4.5)
    assert.equal(told[0]?.readings[0]?.value, 4.5)
    assert.equal(bench.engine.readings.length, 1)
    assertAddsUp(collector.stats())
  })

  it('TG-903: that comes again is acknowledged again and stored once, also after a restart', async () => {
    await using bench = await createBench()
    {
      await using collector = await bench.start()
      for (const seq of [0, 1, 1, 0, 2]) await collector.sink.commit(telemetryMessage({ seq }))
      await collector.drain(2_000)
      assert.equal(collector.stats().duplicates, 2)
    }
    await using again = await bench.start()
    await again.sink.commit(telemetryMessage({ seq: 1 }))
    await again.sink.commit(telemetryMessage({ seq: 3 }))
    await again.sink.commit(telemetryMessage({ seq: 0, boot: 'b2', timeMs: startMs + 100_000 }))
    await again.drain(2_000)
    assert.equal(again.stats().duplicates, 1)
    assert.equal(await storedCount(bench.telemetry), 5)
  })

  it('under a number that another one has already is kept as a dead letter, also after a restart', async () => {
    await using bench = await createBench()
    const codes = async (collector: Awaited<ReturnType<typeof bench.start>>) =>
      (await collector.deadLetters.list({ limit: 10 })).items.map(({ code, pointer }) => `${code} ${pointer}`)
    {
      await using collector = await bench.start()
      for (let seq = 0; seq < 40; seq += 1) await collector.sink.commit(telemetryMessage({ seq }))
      await collector.sink.commit(telemetryMessage({ seq: 39, value: -1 }))
      assert.deepEqual(await codes(collector), ['DUPLICATE_SEQ_CONFLICT /seq'])
      await collector.sink.commit(telemetryMessage({ seq: 39 }))
      assert.equal(await collector.deadLetters.count(), 1, 'the message itself is still a repeat')
      assertAddsUp(collector.stats())
    }
    await using again = await bench.start()
    await again.sink.commit(telemetryMessage({ seq: 0 }))
    assert.equal(await again.deadLetters.count(), 1)
    await again.sink.commit(telemetryMessage({ seq: 0, value: -1 }))
    // Too old to be remembered; the boot id was used again, so it is kept rather than dropped.
    await again.sink.commit(telemetryMessage({ seq: 1, value: -1 }))
    assert.equal(await again.deadLetters.count(), 3)
    assertAddsUp(again.stats())
  })

  it('that only says what had to give way is a repeat of the message it replaces', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const marker = { v: 1, boot: 'b1', seq: 0, timeMs: startMs, timeQuality: 'unknown' }
    await collector.sink.commit(telemetryMessage({ seq: 0 }))
    await collector.sink.commit(
      messageOf('tg/v1/port-1/probe-1/telemetry', {
        ...marker,
        readings: [{ metric: 'edge.droppedReadings', value: 1, unit: '1', quality: 1 }]
      })
    )
    assert.deepEqual([collector.stats().duplicates, await collector.deadLetters.count()], [1, 0])
  })

  it('twice in one group commit is one message', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await Promise.all([telemetryMessage({ seq: 0 }), telemetryMessage({ seq: 0 })].map((message) => collector.sink.commit(message)))
    assert.equal(collector.stats().duplicates, 1)
  })

  it('TG-904: of any kind of nonsense is kept with code, pointer and bytes, then acknowledged', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const bad: [string, Uint8Array | object, string, string][] = [
      ['tg/v1/port-1/probe-1/telemetry', Buffer.from([0xff, 0xfe]), 'PAYLOAD_NOT_UTF8', ''],
      ['tg/v1/port-1/probe-1/telemetry', Buffer.from('{"v":'), 'PAYLOAD_NOT_JSON', ''],
      [
        'tg/v1/port-1/probe-1/scan',
        { v: 1, boot: 'b', seq: 1, timeMs: 1, timeQuality: 'unknown', scans: [{ symbology: ']d2', data: 'x' }] },
        'SCAN_WITHOUT_RULE',
        ''
      ],
      ['tg/v1/port-1/probe-1/event', objectEvent(1, { action: 'LOOK' }), 'SCHEMA_ENUM', '/action'],
      ['tg/v1/port-1/probe-1/command', {}, 'TOPIC_CHANNEL', ''],
      ['other', {}, 'TOPIC_ROOT', '']
    ]
    for (const [topic, payload] of bad) await collector.sink.commit(messageOf(topic, payload))
    await collector.sink.commit(
      messageOf('tg/v1/port-1/probe-1/telemetry', { v: 1, boot: 'b', seq: -1, timeMs: 1, timeQuality: 'unknown', readings: [] })
    )
    const { items } = await collector.deadLetters.list({ limit: 100 })
    assert.equal(await collector.deadLetters.count(), bad.length + 1)
    for (const [index, [topic, payload, code, pointer]] of bad.entries()) {
      const letter = items[bad.length - index]
      assert.equal(letter?.topic, topic)
      if (!code.startsWith('SCHEMA')) assert.equal(letter.code, code)
      assert.equal(letter.pointer, pointer)
      if (payload instanceof Uint8Array) assert.equal(letter.payloadBase64, Buffer.from(payload).toString('base64'))
    }
    assert.match(items[0]?.pointer ?? '', /^\/(seq|readings)$/)
    assert.equal(items[1]?.topic, 'other')
    assertAddsUp(collector.stats())
  })

  it('with an EPCIS event, bare or enveloped, reaches the trace and its history is looked up', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const topic = 'tg/v1/port-1/reader-1/event'
    await collector.sink.commit(messageOf(topic, objectEvent(1)))
    await collector.sink.commit(messageOf(topic, objectEvent(1)))
    await collector.sink.commit(
      messageOf(topic, { v: 1, boot: 'b', seq: 0, timeMs: startMs, timeQuality: 'unknown', epcis: objectEvent(2) })
    )
    await collector.drain(2_000)
    assert.equal((await bench.trace.counts()).events, 2)
    assert.equal(bench.engine.events.length, 2, 'an event that was there is not judged again')
    assert.equal(bench.engine.history, 2)
    assertAddsUp(collector.stats())
  })

  it('from a scanner becomes an event by the rule of its reader', async () => {
    await using bench = await createBench()
    const rule = { readPoint: 'urn:epc:id:sgln:9506000.13433.0', bizStep: 'receiving', action: 'OBSERVE', mode: 'observe' }
    await bench.cases.put('settings', 'scan-rule:port-1/dock-1', rule)
    await using collector = await bench.start()
    const scans = [
      { symbology: ']d2', data: '01095060001343522110' },
      { symbology: ']C0', data: 'nonsense' }
    ]
    await collector.sink.commit(
      messageOf('tg/v1/port-1/dock-1/scan', { v: 1, boot: 'b', seq: 0, timeMs: startMs, timeQuality: 'unknown', scans })
    )
    await collector.drain(2_000)
    assert.equal((await bench.trace.counts()).events, 1)
    const { items } = await collector.deadLetters.list({ limit: 10 })
    assert.equal(items.length, 1, 'the scan that cannot be read is kept')
    assert.match(items[0]?.pointer ?? '', /^\/scans\/1/)
    assertAddsUp(collector.stats())
  })

  it('that its broker refused is kept with the broker’s reason', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const reason = { code: 'TOPIC_FORBIDDEN', pointer: '', message: 'not yours' }
    await collector.sink.refuse?.(telemetryMessage({ seq: 0 }), reason)
    const { items } = await collector.deadLetters.list({ limit: 10 })
    assert.equal(items[0]?.code, 'TOPIC_FORBIDDEN')
    assertAddsUp(collector.stats())
  })
})

describe('dead letters', () => {
  it('are bounded: the oldest go and are counted; pages follow their cursor', async () => {
    await using bench = await createBench()
    await using collector = await bench.start({ limits: { deadLettersMax: 5 } })
    for (let index = 0; index < 8; index += 1) await collector.sink.commit(messageOf(`bad/${index}`, {}))
    assert.equal(await collector.deadLetters.count(), 5)
    assert.equal(collector.stats().deadLettersDropped, 3)
    const first = await collector.deadLetters.list({ limit: 3 })
    assert.deepEqual(
      first.items.map(({ topic }) => topic),
      ['bad/7', 'bad/6', 'bad/5']
    )
    const second = await collector.deadLetters.list({ limit: 3, ...(first.next === undefined ? {} : { cursor: first.next }) })
    assert.deepEqual(
      second.items.map(({ topic }) => topic),
      ['bad/4', 'bad/3']
    )
    assert.equal(second.next, undefined)
    await assert.rejects(collector.deadLetters.list({ limit: 3, cursor: 'x' }), { code: 'COLLECTOR_CURSOR' })
  })

  it('TG-904 TG-907: of one device are not pushed out by the rubbish of another, also after a restart', async () => {
    await using bench = await createBench()
    const rubbish = (device: string) => messageOf(`tg/v1/port-1/${device}/telemetry`, {})
    const devices = async (collector: Awaited<ReturnType<typeof bench.start>>) =>
      (await collector.deadLetters.list({ limit: 100 })).items.map(({ device }) => device?.slice('port-1/'.length)).toReversed()
    {
      await using collector = await bench.start({ limits: { deadLettersMax: 6 } })
      for (const device of ['good-1', 'good-2', ...Array.from({ length: 20 }, () => 'bad')]) await collector.sink.commit(rubbish(device))
      assert.deepEqual(await devices(collector), ['good-1', 'good-2', 'bad', 'bad', 'bad', 'bad'])
      assert.equal(collector.stats().deadLettersDropped, 16)
    }
    await using again = await bench.start({ limits: { deadLettersMax: 6 } })
    for (const device of ['bad', 'bad', 'good-1', 'good-3']) await again.sink.commit(rubbish(device))
    assert.deepEqual(await devices(again), ['good-1', 'good-2', 'bad', 'bad', 'good-1', 'good-3'])
  })
})

describe('the watermark', () => {
  it('TG-902: is told after the commit, not at each message, and again at a birth and a repeat', async () => {
    await using bench = await createBench()
    const { told, publisher } = recordingPublisher()
    await using collector = await bench.start({ publisher })
    await Promise.all(Array.from({ length: 50 }, (_, seq) => collector.sink.commit(telemetryMessage({ seq }))))
    await until(() => told.length > 0)
    assert.ok(told.length <= 2)
    assert.deepEqual(told.at(-1), { device: 'port-1/probe-1', boot: 'b1', upTo: 49 })
    told.length = 0
    await sleep(150)
    assert.equal(told.length, 0)
    await collector.sink.commit(birth('probe-1', 'b1'))
    await until(() => told.length === 1)
    await collector.sink.commit(telemetryMessage({ seq: 3 }))
    await until(() => told.length === 2)
    assert.equal(told[1]?.upTo, 49)
  })

  it('reaches a sender that was met in the middle of its stream and only repeats itself', async () => {
    await using bench = await createBench()
    const { told, publisher } = recordingPublisher()
    await using collector = await bench.start({ publisher, limits: { startGiveUpMs: 20, watermarkIntervalMs: 5 } })
    for (const seq of [7, 8]) await collector.sink.commit(telemetryMessage({ seq }))
    await sleep(30)
    await collector.sink.commit(telemetryMessage({ seq: 7 }))
    await until(() => told.some(({ upTo }) => upTo === 8))
    assert.equal(await storedCount(bench.telemetry), 2)
  })

  it('TG-902: does not pass a gap', async () => {
    await using bench = await createBench()
    const { told, publisher } = recordingPublisher()
    await using collector = await bench.start({ publisher })
    for (const seq of [0, 1, 3, 4]) await collector.sink.commit(telemetryMessage({ seq }))
    await until(() => told.length > 0)
    assert.equal(told.at(-1)?.upTo, 1)
    await collector.sink.commit(telemetryMessage({ seq: 2 }))
    await until(() => told.at(-1)?.upTo === 4)
  })
})

describe('a device', () => {
  it('is online after its birth and offline after its death, but not by the will of an earlier boot', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const told: boolean[] = []
    bench.bus.subscribe('device', ({ device }) => void told.push(device.online))
    const death = (boot: string) => messageOf('tg/v1/port-1/probe-1/state', { v: 1, online: false, boot })
    await collector.sink.commit(birth('probe-1', 'b1'))
    await collector.sink.commit(death('b1'))
    await collector.sink.commit(birth('probe-1', 'b2'))
    await collector.sink.commit(death('b1'))
    await collector.drain(2_000)
    assert.deepEqual(told, [true, false, true])
    assert.ok((await bench.cases.get('devices', 'port-1/probe-1')) !== undefined)
    assertAddsUp(collector.stats())
  })
})

describe('a store', () => {
  it('that fails, stalls or loses its answer delays storing, loses and doubles nothing', async () => {
    await using bench = await createBench()
    const telemetry = createFaultyStore(bench.telemetry)
    await using collector = await bench.start({ telemetry, limits: { retryFirstMs: 5, retryMaxMs: 20, batchMessagesMax: 50 } })
    const modes = ['fail', 'ok', 'stall', 'ok', 'lie', 'fail', 'ok'] as const
    let seq = 0
    for (const mode of modes) {
      telemetry.mode = mode
      for (let index = 0; index < 40; index += 1, seq += 1) await collector.sink.commit(telemetryMessage({ seq }))
      assertAddsUp(collector.stats())
      await sleep(20)
    }
    await collector.drain(5_000)
    assert.equal(await storedCount(bench.telemetry), seq)
    assert.equal(bench.engine.readings.length, seq)
    assert.equal(collector.stats().stored, seq)
    assertAddsUp(collector.stats())
  })

  it('that never takes one message does not hold up the others: it goes to the dead letter', async () => {
    await using bench = await createBench()
    const { storeError } = await import('@tracegate/store/errors')
    const telemetry = {
      ...bench.telemetry,
      async append(...[readings, source]: Parameters<typeof bench.telemetry.append>) {
        if (readings.some(({ value }) => value === 13))
          throw storeError('STORE_TOO_MUCH', { action: 'append', what: 'value', current: 13, wanted: 12 })
        await bench.telemetry.append(readings, source)
      }
    }
    await using collector = await bench.start({ telemetry })
    await Promise.all(Array.from({ length: 20 }, (_, seq) => collector.sink.commit(telemetryMessage({ seq }))))
    await collector.drain(3_000)
    assert.equal(await storedCount(bench.telemetry), 19)
    const { items } = await collector.deadLetters.list({ limit: 10 })
    assert.equal(items[0]?.code, 'STORE_TOO_MUCH')
    assertAddsUp(collector.stats())
  })

  it('that stands still fills the log; past the bound nothing is acknowledged, and it goes on afterwards', async () => {
    await using bench = await createBench()
    const telemetry = createFaultyStore(bench.telemetry)
    telemetry.mode = 'stall'
    await using collector = await bench.start({
      telemetry,
      limits: { logBytesMax: 20_000, commitTimeoutMs: 60_000, batchMessagesMax: 10, tailBytesMax: 2_000 }
    })
    let acknowledged = 0
    const all = Array.from({ length: 400 }, async (_, seq) => {
      await collector.sink.commit(telemetryMessage({ seq }))
      acknowledged += 1
    })
    await sleep(200)
    const before = acknowledged
    assert.ok(before < 400, `${before} acknowledged`)
    assertAddsUp(collector.stats())
    telemetry.mode = 'ok'
    await Promise.all(all)
    await collector.drain(5_000)
    assert.equal(await storedCount(bench.telemetry), 400)
    assertAddsUp(collector.stats())
  })

  it('that stands still for too long makes the senders come again', async () => {
    await using bench = await createBench()
    const telemetry = createFaultyStore(bench.telemetry)
    telemetry.mode = 'stall'
    await using collector = await bench.start({
      telemetry,
      limits: { logBytesMax: 1_000, commitTimeoutMs: 300, groupMessagesMax: 5, groupTakeMax: 5 }
    })
    const answers = await Promise.allSettled(Array.from({ length: 40 }, (_, seq) => collector.sink.commit(telemetryMessage({ seq }))))
    const refused = answers.filter(({ status }) => status === 'rejected')
    assert.ok(refused.length > 0)
    assertAddsUp(collector.stats())
    telemetry.mode = 'ok'
    await collector.drain(2_000)
    for (let seq = 0; seq < 40; seq += 1) await collector.sink.commit(telemetryMessage({ seq }))
    await collector.drain(2_000)
    assert.equal(await storedCount(bench.telemetry), 40)
    assertAddsUp(collector.stats())
  })

  it('that stands still while the disk is full refuses, acknowledges nothing of it, and goes on when there is room', async () => {
    await using bench = await createBench()
    const telemetry = createFaultyStore(bench.telemetry)
    telemetry.mode = 'stall'
    const health = createHealth()
    await using collector = await bench.start({
      telemetry,
      health,
      limits: { filePagesMax: 80, groupMessagesMax: 50, groupTakeMax: 50, commitTimeoutMs: 300 }
    })
    // Also when an assertion fails: a collector whose store never answers does not end.
    using _ = { [Symbol.dispose]: () => (telemetry.mode = 'ok') }
    const missing = new Set(Array.from({ length: 2_000 }, (_, seq) => seq))
    const sendMissing = () =>
      Promise.all(
        [...missing].map((seq) =>
          collector.sink.commit(telemetryMessage({ seq })).then(
            () => missing.delete(seq),
            (error: unknown) => assert.ok(isCoded(error, 'STORE_FULL') || isCoded(error, 'COLLECTOR_LOG_FULL'), String(error))
          )
        )
      )
    // On a busy machine messages are refused for having waited too long before the file is full; they come again.
    for (let round = 0; round < 20 && (await health.check()).ok; round += 1) await sendMissing()
    assert.ok(missing.size > 0 && missing.size < 2_000, `${missing.size} not acknowledged`)
    assertAddsUp(collector.stats())
    const { ok, findings } = await health.check()
    assert.ok(
      !ok && findings.some(({ detail }) => /the log is full|expected free space/.test(detail)),
      'a process that takes nothing is not ready'
    )
    telemetry.mode = 'ok'
    await until(async () => {
      await collector.drain(1_000)
      await sleep(150)
      await sendMissing()
      return missing.size === 0
    })
    await collector.drain(2_000)
    assert.equal(await storedCount(bench.telemetry), 2_000)
    assert.equal((await health.check()).ok, true)
    assertAddsUp(collector.stats())
  })

  it('is not given again what it took before a restart', async () => {
    await using bench = await createBench()
    const telemetry = createFaultyStore(bench.telemetry)
    {
      await using collector = await bench.start({ telemetry, limits: { retryFirstMs: 5, closeTimeoutMs: 200 } })
      telemetry.mode = 'lie'
      for (let seq = 0; seq < 10; seq += 1) await collector.sink.commit(telemetryMessage({ seq }))
      await sleep(50)
    }
    telemetry.mode = 'ok'
    await using again = await bench.start({ telemetry })
    await again.drain(2_000)
    assert.equal(await storedCount(bench.telemetry), 10)
    assert.equal(again.stats().inLog, 0)
    assert.equal(bench.engine.readings.length, 10, 'what was stored and not judged is judged after the restart')
    assertAddsUp(again.stats())
  })
})

const anomaly: Anomaly = {
  id: 'a1',
  type: 'limit',
  category: 'product',
  rule: { id: 'limit', version: 1 },
  status: 'open',
  point: 'port-1',
  goods: [],
  onsetMs: startMs,
  openedMs: startMs,
  lastMs: startMs,
  detectedAtMs: startMs,
  historical: false,
  figures: {},
  witnesses: [],
  proof: { zh: '', en: '' }
}

describe('an anomaly', () => {
  it('is kept once and told once, however often it is seen, also after a restart', async () => {
    await using bench = await createBench()
    const told: string[] = []
    bench.bus.subscribe('anomaly', ({ anomaly }) => void told.push(anomaly.status))
    {
      await using collector = await bench.start()
      bench.engine.answers.push([anomaly], [anomaly])
      for (const seq of [0, 1]) {
        await collector.sink.commit(telemetryMessage({ seq }))
        await collector.drain(2_000)
      }
    }
    await using again = await bench.start()
    bench.engine.answers.push([anomaly], [{ ...anomaly, status: 'closed', closedMs: startMs + 1 }], [anomaly])
    for (const seq of [2, 3, 4]) {
      await again.sink.commit(telemetryMessage({ seq }))
      await again.drain(2_000)
    }
    assert.deepEqual(told, ['open', 'closed'])
    const journal = await bench.cases.journal('anomaly', 'a1')
    assert.deepEqual(
      journal.map(({ action }) => action),
      ['opened', 'closed']
    )
    assert.equal(await bench.cases.count('anomaly', true), 0)
  })

  it('is found in events that the api captured, and never twice in our own', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await collector.sink.commit(messageOf('tg/v1/port-1/reader-1/event', objectEvent(1)))
    await collector.drain(2_000)
    assert.equal(bench.engine.events.length, 1)
    bench.bus.publish('events', { events: bench.engine.events.slice(0, 1), receivedAtMs: startMs })
    await until(() => bench.engine.events.length === 2)
  })
})

describe('a broken engine', () => {
  it('stops nothing and is counted', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    bench.engine.fail = true
    for (let seq = 0; seq < 5; seq += 1) await collector.sink.commit(telemetryMessage({ seq }))
    await collector.drain(2_000)
    assert.equal(await storedCount(bench.telemetry), 5)
    assert.ok(collector.stats().detectionFailures > 0)
  })
})

describe('the state of detection', () => {
  it('is kept at the end and given back at the start', async () => {
    await using bench = await createBench()
    {
      await using collector = await bench.start()
      await collector.sink.commit(telemetryMessage({ seq: 0 }))
    }
    await using again = await bench.start()
    assert.deepEqual(bench.engine.restored, { readings: 1 })
    assert.equal(again.stats().received, 0)
  })
})
