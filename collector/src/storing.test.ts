/** What a store refuses is found in few calls, and nothing else is lost with it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { refusedReadings, storeError, type RefusedReading } from '@tracegate/store/errors'
import { storeByHalves, type Answer } from './storing.ts'
import { createBench, messageOf, objectEvent, startMs, storedCount } from './testing.ts'

const reason = { code: 'STORE_QUERY', pointer: '', message: 'no' }

/** A store of numbers that refuses a batch with any of the bad ones. */
function refusing(bad: ReadonlySet<number>, tells = false) {
  const stored: number[] = []
  let calls = 0
  const store = async (items: readonly number[]): Promise<Answer<number>> => {
    calls += 1
    const found = items.flatMap((item, index) => (bad.has(item) ? [{ index, reason }] : []))
    if (found.length > 0) return { type: 'refused', reason, known: tells ? found : undefined }
    stored.push(...items)
    return { type: 'done', result: items.length, attempts: 1 }
  }
  return { stored, store, calls: () => calls }
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
const refusal = { type: 'refused', reason, known: undefined } as const

describe('storeByHalves()', () => {
  it('stores all that can be stored, once and in order, and names exactly the rest', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.nat(299), { maxLength: 20 }),
        fc.boolean(),
        async (count, bad, tells) => {
          const faulty = refusing(new Set(bad), tells)
          const first = await faulty.store(numbers(count))
          const found = first.type === 'refused' ? await storeByHalves(numbers(count), { store: faulty.store, refusal: first }) : undefined
          const wanted = [...new Set(bad)].filter((one) => one < count).toSorted((left, right) => left - right)
          assert.deepEqual(found?.refused.map(({ index }) => index) ?? [], wanted)
          assert.deepEqual(
            faulty.stored,
            numbers(count).filter((one) => !bad.includes(one))
          )
        }
      )
    )
  })

  it('needs two calls for each halving and bad item', async () => {
    for (const bad of [[7], [0, 9_999], [1, 2_000, 5_000, 8_888, 9_000]]) {
      const faulty = refusing(new Set(bad))
      await storeByHalves(numbers(10_000), { store: faulty.store, refusal })
      assert.ok(faulty.calls() <= bad.length * 2 * Math.ceil(Math.log2(10_000)), `${faulty.calls()} calls for ${bad.length}`)
    }
  })

  it('needs one call where the store says which', async () => {
    const faulty = refusing(new Set([3, 5_000]), true)
    const first = await faulty.store(numbers(10_000))
    assert.ok(first.type === 'refused')
    const found = await storeByHalves(numbers(10_000), { store: faulty.store, refusal: first })
    assert.deepEqual([found?.refused.length, faulty.stored.length, faulty.calls()], [2, 9_998, 2])
  })
})

function batch(seq: number, values: readonly number[]) {
  const readings = values.map((value, index) => ({ metric: `t${index}`, value, unit: 'Cel', quality: 1 }))
  return messageOf('tg/v1/port-1/probe-1/telemetry', {
    v: 1,
    boot: 'b1',
    seq,
    timeMs: startMs + seq,
    timeQuality: 'synchronized',
    readings
  })
}

const isBad = ({ value }: Reading) => value === 13

describe('a poison reading', () => {
  for (const tells of [false, true])
    it(`alone goes to the dead letter, the rest of its message is stored, the store ${tells ? 'says which' : 'does not say which'}`, async () => {
      await using bench = await createBench()
      let calls = 0
      const telemetry: typeof bench.telemetry = {
        ...bench.telemetry,
        async append(readings, source) {
          calls += 1
          const refused = readings.flatMap((reading, index): RefusedReading[] => (isBad(reading) ? [{ index }] : []))
          const told = { action: 'append', readings: readings.length, detail: 'field type conflict', dropped: refused.length }
          if (refused.length > 0) throw refusedReadings(tells ? { ...told, refused } : told)
          await bench.telemetry.append(readings, source)
        }
      }
      {
        await using collector = await bench.start({ telemetry })
        const messages = numbers(100).map((seq) => batch(seq, seq === 40 ? [1, 13, 2] : seq === 80 ? [13] : [1, 2, 3]))
        await Promise.all(messages.map((message) => collector.sink.commit(message)))
        await collector.drain(3_000)
        const { stored, deadLettered, readings } = collector.stats()
        assert.deepEqual([stored, deadLettered], [99, 1], 'a message of which a part is stored is stored')
        assert.deepEqual([readings.received, readings.stored, readings.deadLettered, readings.inLog], [298, 296, 2, 0])
        assert.equal(await storedCount(bench.telemetry), 296)
        assert.ok(calls <= 2 * 2 * Math.ceil(Math.log2(298)) + 10, `${calls} calls`)
        const letters = (await collector.deadLetters.list({ limit: 10 })).items.toReversed()
        assert.deepEqual(
          letters.map(({ code, pointer }) => [code, pointer]),
          [
            ['STORE_REFUSED_READINGS', '/readings/1'],
            ['STORE_REFUSED_READINGS', '/readings/0']
          ]
        )
        assert.match(letters[0]?.message ?? '', /field type conflict/, 'what the store said is kept')
        const kept = Buffer.from(letters[0]?.payloadBase64 ?? '', 'base64').toString()
        assert.match(kept, /"readings":\[\{"metric":"t1","value":13,/)
        assert.equal(bench.engine.readings.length, 296, 'what is not stored is not judged')
        const fix = { payload: Buffer.from(kept.replace('13', '12')) }
        assert.equal((await collector.deadLetters.replay(letters[0]?.id ?? 0, { by: 'inspector', fix })).outcome, 'replayed')
        await collector.drain(3_000)
        assert.equal(await storedCount(bench.telemetry), 297)
      }
      await using again = await bench.start({ telemetry })
      await again.drain(1_000)
      assert.equal(again.stats().deadLetters, 2, 'nothing is kept twice after a restart')
    })

  it('is kept once when the process ends before the offset has moved', async () => {
    await using bench = await createBench()
    let isDead = false
    const telemetry: typeof bench.telemetry = {
      ...bench.telemetry,
      async append(readings, source) {
        if (readings.some(isBad)) throw storeError('STORE_TOO_MUCH', { action: 'append', what: 'value', current: 13, wanted: 12 })
        if (readings.length === 0 && isDead) throw storeError('STORE_IO', { action: 'append', path: 'test', detail: 'gone' })
        await bench.telemetry.append(readings, source)
      }
    }
    {
      isDead = true
      await using collector = await bench.start({ telemetry, limits: { closeTimeoutMs: 200, retryFirstMs: 5 } })
      await Promise.all(numbers(20).map((seq) => collector.sink.commit(batch(seq, [seq]))))
      await collector.drain(200)
      assert.equal(collector.stats().deadLetters, 1)
    }
    isDead = false
    await using again = await bench.start({ telemetry })
    await again.drain(2_000)
    const { carriedOver, stored, deadLettered, deadLetters, readings } = again.stats()
    assert.deepEqual([carriedOver, stored, deadLettered, deadLetters], [20, 19, 1, 1])
    assert.deepEqual([readings.carriedOver, readings.stored, readings.deadLettered], [20, 19, 1])
    assert.equal(await storedCount(bench.telemetry), 19)
  })
})

describe('a poison event', () => {
  it('alone goes to the dead letter as the event that it is, the others of its document are captured', async () => {
    await using bench = await createBench()
    const trace: typeof bench.trace = {
      ...bench.trace,
      async capture(events: readonly TraceEvent[], source) {
        if (events.some(({ json }) => json.includes('134352.13"')))
          throw storeError('STORE_QUERY', { member: 'epc', current: 13, wanted: '12' })
        return bench.trace.capture(events, source)
      }
    }
    await using collector = await bench.start({ trace })
    const document = {
      '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
      type: 'EPCISDocument',
      schemaVersion: '2.0',
      creationDate: new Date(startMs).toISOString(),
      epcisBody: { eventList: [12, 13, 14].map((serial) => objectEvent(serial, { '@context': undefined })) }
    }
    await collector.sink.commit(messageOf('tg/v1/port-1/reader-1/event', document))
    await collector.sink.commit(messageOf('tg/v1/port-1/reader-1/event', objectEvent(15)))
    await collector.drain(3_000)
    const { stored, deadLettered, events } = collector.stats()
    assert.deepEqual([stored, deadLettered, events.stored, events.deadLettered], [2, 0, 3, 1])
    assert.equal((await bench.trace.counts()).events, 3)
    const [letter] = (await collector.deadLetters.list({ limit: 10 })).items
    assert.deepEqual([letter?.code, letter?.pointer, letter?.topic], ['STORE_QUERY', '/events/1', 'tg/v1/port-1/reader-1/event'])
    assert.match(Buffer.from(letter?.payloadBase64 ?? '', 'base64').toString(), /134352\.13"/)
    assert.equal(bench.engine.events.length, 3)
  })

  it('hides none of the others from the detectors when the process ends before the offset has moved', async () => {
    await using bench = await createBench()
    let isDead = true
    const trace: typeof bench.trace = {
      ...bench.trace,
      async capture(events: readonly TraceEvent[], source) {
        if (events.some(({ json }) => json.includes('134352.13"')))
          throw storeError('STORE_QUERY', { member: 'epc', current: 13, wanted: '12' })
        if (events.length === 0 && isDead) throw storeError('STORE_IO', { action: 'capture', path: 'test', detail: 'gone' })
        return bench.trace.capture(events, source)
      }
    }
    {
      await using collector = await bench.start({ trace, limits: { closeTimeoutMs: 200, retryFirstMs: 5 } })
      const sent = [12, 13, 14].map((serial) => messageOf('tg/v1/port-1/reader-1/event', objectEvent(serial)))
      await Promise.all(sent.map((message) => collector.sink.commit(message)))
      await collector.drain(200)
    }
    assert.deepEqual([(await bench.trace.counts()).events, bench.engine.events.length], [2, 0])
    isDead = false
    await using again = await bench.start({ trace })
    await again.drain(3_000)
    assert.equal(bench.engine.events.length, 2)
  })
})
