/** Dead letters are found, mended, handed in again, let go, and expire. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeMessage } from '@tracegate/model/codec'
import { createBench, messageOf, startMs, storedCount, telemetryMessage, until } from '../testing.ts'

const by = 'inspector'
const dayMs = 86_400_000
const scan = (seq: number) =>
  messageOf('tg/v1/port-1/gate-1/scan', {
    v: 1,
    boot: 'b1',
    seq,
    timeMs: startMs + seq,
    timeQuality: 'synchronized',
    scans: [{ symbology: ']d2', data: `0109506000134352211${seq}` }]
  })

describe('a dead letter', () => {
  it('that was mended goes the way of every message and is closed with the name of who did it', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const wrong = telemetryMessage({ seq: 0 })
    await collector.sink.commit({ ...wrong, payload: encodeMessage({ v: 1, boot: 'b1', seq: 0, timeMs: startMs, readings: [] }) })
    const [letter] = (await collector.deadLetters.list({ limit: 10 })).items
    assert.ok(letter)
    assert.equal((await collector.deadLetters.replay(letter.id, { by })).outcome, 'refused')
    assert.equal((await collector.deadLetters.get(letter.id))?.state, 'open', 'what still cannot be taken stays as it was')
    const fix = { payload: Buffer.from(wrong.payload) }
    assert.deepEqual(await collector.deadLetters.replay(letter.id, { by, fix }), { id: letter.id, outcome: 'replayed' })
    await until(async () => (await storedCount(bench.telemetry)) === 1)
    const closed = await collector.deadLetters.get(letter.id)
    assert.deepEqual([closed?.state, closed?.closedBy], ['replayed', by])
    assert.equal((await collector.deadLetters.replay(letter.id, { by, fix })).outcome, 'gone', 'a second time nothing happens')
    assert.equal(await collector.deadLetters.count(), 0)
    const { received, stored, deadLettered, inLog } = collector.stats()
    assert.deepEqual([received, stored, deadLettered, inLog], [2, 1, 1, 0])
  })

  it('is taken as it is once the rule that it lacked is there, and its number does not count against it', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await collector.sink.commit(scan(0))
    await collector.sink.commit(scan(1))
    const { items } = await collector.deadLetters.list({ limit: 10, code: 'SCAN_WITHOUT_RULE', point: 'port-1' })
    assert.equal(items.length, 2)
    await bench.cases.put('settings', 'scan-rule:port-1/gate-1', { mode: 'observe', readPoint: 'https://id.gs1.org/414/9506000134338' })
    await collector.reconfigure()
    for (const { id } of items) assert.equal((await collector.deadLetters.replay(id, { by })).outcome, 'replayed')
    await until(async () => (await bench.trace.counts()).events === 2)
    assert.equal(collector.stats().duplicates, 0)
  })

  it('is handed in once only when two ask at the same time', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    await collector.sink.commit(messageOf('tg/v1/port-1/probe-1/telemetry', {}))
    const fix = { payload: Buffer.from(telemetryMessage({ seq: 5 }).payload) }
    const answers = await Promise.all([1, 2, 3].map(() => collector.deadLetters.replay(1, { by, fix })))
    assert.deepEqual(answers.map(({ outcome }) => outcome).toSorted(), ['gone', 'gone', 'replayed'])
    await until(() => collector.stats().stored === 1)
    assert.equal(await storedCount(bench.telemetry), 1)
  })

  it('can be found by state, reason, point, device, time and text', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    for (const [at, topic] of ['tg/v1/port-1/a/telemetry', 'tg/v1/port-1/b/telemetry', 'tg/v1/port-10/a/telemetry', 'nonsense'].entries())
      await collector.sink.commit({ ...messageOf(topic, {}), receivedAtMs: startMs + at * 1_000 })
    const topicsOf = async (filter: object) =>
      (await collector.deadLetters.list({ limit: 10, ...filter })).items.map(({ topic }) => topic.replace('tg/v1/', ''))
    assert.deepEqual(await topicsOf({ point: 'port-1' }), ['port-1/b/telemetry', 'port-1/a/telemetry'])
    assert.deepEqual(await topicsOf({ device: 'port-10/a' }), ['port-10/a/telemetry'])
    assert.deepEqual(await topicsOf({ text: 'NONSENSE' }), ['nonsense'])
    assert.deepEqual(await topicsOf({ fromMs: startMs + 1_000, toMs: startMs + 2_000 }), ['port-10/a/telemetry', 'port-1/b/telemetry'])
    assert.equal((await topicsOf({ code: "x' OR 1=1 --" })).length, 0)
    assert.equal(await collector.deadLetters.discard(1, by), true)
    assert.equal(await collector.deadLetters.discard(1, by), false)
    assert.deepEqual(await topicsOf({ state: 'discarded' }), ['port-1/a/telemetry'])
    assert.equal((await topicsOf({ state: 'any' })).length, 4)
    assert.equal(await collector.deadLetters.count(), 3)
    const groups = await collector.deadLetters.groups(10)
    assert.equal(
      groups.reduce((sum, { count }) => sum + count, 0),
      3
    )
  })

  it('of many that are large comes in pages that are small, and none is left out', async () => {
    await using bench = await createBench()
    await using collector = await bench.start()
    const payload = new Uint8Array(250_000)
    for (let index = 0; index < 40; index += 1) await collector.sink.commit({ ...messageOf(`bad/${index}`, {}), payload })
    const ids: number[] = []
    const sizes: number[] = []
    let cursor: string | undefined
    do {
      const page = await collector.deadLetters.list({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
      ids.push(...page.items.map(({ id }) => id))
      sizes.push(page.items.length)
      cursor = page.next
    } while (cursor !== undefined)
    assert.deepEqual(
      ids,
      Array.from({ length: 40 }, (_, index) => 40 - index)
    )
    assert.deepEqual(sizes, [16, 16, 8])
  })

  it('expires by its age and is counted', async () => {
    await using bench = await createBench()
    {
      await using collector = await bench.start()
      await collector.sink.commit({ ...messageOf('bad/old', {}), receivedAtMs: Date.now() - 91 * dayMs })
      await collector.sink.commit(messageOf('bad/new', {}))
    }
    await using again = await bench.start()
    await until(() => again.stats().deadLettersExpired === 1)
    assert.deepEqual(
      (await again.deadLetters.list({ limit: 10 })).items.map(({ topic }) => topic),
      ['bad/new']
    )
  })
})
