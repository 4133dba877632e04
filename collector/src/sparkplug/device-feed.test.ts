/** What becomes of readings and ends of devices while the sink stalls or refuses, and what is asked for once it takes messages again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DeviceChange, HostReading } from '@tracegate/model/sparkplug/host/host-types'
import { droppedReadingsMetric } from '@tracegate/model/telemetry'
import type { IncomingMessage, IngestSink } from '@tracegate/service/ingest'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { decode } from '../decode.ts'
import { until } from '../testing.ts'
import { createDeviceFeed } from './device-feed.ts'
import { createSparkplugEvents } from './sparkplug-events.ts'

const node = { group: 'g', node: 'n' }
const startMs = 1_800_000_000_000

interface Stalling extends IngestSink {
  mode: 'ok' | 'stall' | 'reject'
  readonly taken: IncomingMessage[]
}

function createStallingSink(): Stalling {
  let mode: Stalling['mode'] = 'ok'
  let gate = Promise.withResolvers<void>()
  const sink: Stalling = {
    get mode() {
      return mode
    },
    set mode(next) {
      mode = next
      if (next === 'stall') gate = Promise.withResolvers()
      else gate.resolve()
    },
    taken: [],
    async commit(message) {
      if (mode === 'reject') throw new Error('the log is full')
      if (mode === 'stall') await gate.promise
      sink.taken.push(message)
    },
    refuse: (message) => sink.commit(message)
  }
  return sink
}

function createWorld(waitingMessagesMax = 20) {
  const sink = createStallingSink()
  const asked: string[] = []
  let nowMs = startMs
  const feed = createDeviceFeed({
    sink,
    boot: 'b',
    clientId: 'host',
    pointOf: () => 'p',
    events: createSparkplugEvents({ url: 'mqtt://x', hostId: 'h', logger: silentLogger, metrics: createMetrics() }),
    nowMs: () => nowMs,
    waitingMessagesMax,
    waitingBytesMax: 1_000_000,
    askRebirth: (_node, reason) => asked.push(reason),
    onKnownChanged: () => undefined
  })
  const change = (timeMs: number, declared: DeviceChange['declared']): DeviceChange => ({ id: 'd', node, timeMs, declared, reason: 'x' })
  return {
    sink,
    asked,
    feed,
    tick: () => (nowMs += 10),
    birth: () => feed.device(change(nowMs, { kind: 'probe', metrics: [{ metric: 't', unit: 'Cel' }] })),
    death: (timeMs = nowMs) => feed.device(change(timeMs, undefined)),
    give: (value: number, timeMs = nowMs, isBirth = false) => feed.readings([readingOf(value, timeMs)], { node, isBirth }),
    /** What stands in the messages that were taken, in their order. */
    told: () =>
      sink.taken.flatMap((message) => {
        const taken = decode(message, { scanRule: () => undefined, historicalAfterMs: 300_000, behindMs: () => 0 })
        assert.ok(taken.ok, JSON.stringify(taken))
        const { work } = taken
        if (work.type === 'state') return [work.state.online ? 'birth' : 'death']
        return work.type === 'readings' ? work.readings.map(({ metric, value, quality }) => `${metric}=${value} q${quality}`) : []
      })
  }
}

function readingOf(value: number, timeMs: number): HostReading {
  return { device: 'd', metric: 't', unit: 'Cel', timeMs, value, quality: 2 }
}

test('while the sink stalls the queue is bounded; what was dropped is told in the stream, and births are asked for', async () => {
  const { sink, feed, asked, birth, give, told, tick } = createWorld()
  sink.mode = 'stall'
  birth()
  for (let value = 1; value <= 100; value += 1) {
    tick()
    give(value)
  }
  assert.ok(feed.queue.messages <= 20)
  assert.deepEqual(asked, [])
  sink.mode = 'ok'
  await until(() => asked.length === 1)
  assert.equal(await feed.queue.drain(1_000), 0)
  assert.deepEqual(told().slice(-2), ['t=19 q2', `${droppedReadingsMetric}=81 q1`])
  assert.deepEqual(asked, ['readings were dropped'])
  // Nothing is missing in the stream itself.
  const numbers = sink.taken.flatMap(({ payload }) => /"seq":(\d+)/.exec(Buffer.from(payload).toString())?.[1] ?? [])
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => String(index))
  )
})

test('an end is told, however full the queue was: the device is offline and all of it is stale', async () => {
  const { sink, feed, birth, death, give, told, tick, asked } = createWorld()
  birth()
  give(1)
  sink.mode = 'stall'
  for (let value = 2; value <= 100; value += 1) {
    tick()
    give(value)
  }
  tick()
  death()
  sink.mode = 'ok'
  await until(() => told().at(-1) === 't=NaN q9')
  assert.ok(told().includes('death'))
  assert.deepEqual(asked, [])
  assert.equal(await feed.queue.drain(1_000), 0)
})

test('a commit that is refused is tried again in its place: nothing else would bring the message again', async () => {
  const { sink, feed, birth, death, give, told } = createWorld()
  sink.mode = 'reject'
  birth()
  give(1)
  death()
  await until(() => feed.queue.messages === 4)
  sink.mode = 'ok'
  assert.equal(await feed.queue.drain(10_000), 0)
  assert.deepEqual(told(), ['birth', 't=1 q2', 'death', 't=NaN q9'])
})

test('a metric that a new birth does not have any more is stale', async () => {
  const { feed, birth, give, told } = createWorld()
  birth()
  give(1)
  feed.readings([{ ...readingOf(5, startMs), metric: 'old' }], { node, isBirth: false })
  birth()
  assert.equal(await feed.queue.drain(1_000), 0)
  assert.equal(told().at(-1), 'old=NaN q9')
})

test('what the last run knew and this one has not seen born is stale, and is not kept any longer', async () => {
  const { feed, told } = createWorld()
  feed.know([
    { ...node, point: 'p', id: 'd', metrics: { t: 'Cel' } },
    { ...node, point: 'p', id: 'e', metrics: { t: 'Cel' } }
  ])
  feed.device({ id: 'e', node, timeMs: startMs, declared: { kind: 'probe', metrics: [{ metric: 't', unit: 'Cel' }] }, reason: '' })
  feed.giveUpUnborn()
  assert.equal(await feed.queue.drain(1_000), 0)
  assert.deepEqual(told(), ['birth', 'death', 't=NaN q9'])
  assert.deepEqual(
    Array.from(feed.known()).map(({ id }) => id),
    ['e']
  )
})

test('whatever the clocks of births, values and ends say, the newest of a metric is its live value or its mark', async () => {
  const step = fc.record({ type: fc.constantFrom('birth', 'value', 'death'), skewMs: fc.integer({ min: -50_000, max: 50_000 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      const world = createWorld(100_000)
      let last = Number.NaN
      for (const [index, { type, skewMs }] of [{ type: 'birth', skewMs: 0 }, ...steps].entries()) {
        world.tick()
        if (type === 'death') {
          world.death(startMs + skewMs)
          last = Number.NaN
        } else if (type === 'birth') {
          world.birth()
          world.give(index, startMs + skewMs, true)
          last = index
        }
      }
      await world.feed.queue.drain(5_000)
      let newest = { timeMs: -1, value: 0 }
      for (const message of world.sink.taken) {
        const taken = decode(message, { scanRule: () => undefined, historicalAfterMs: 300_000, behindMs: () => 0 })
        if (!taken.ok || taken.work.type !== 'readings') continue
        for (const { timeMs, value } of taken.work.readings) if (timeMs >= newest.timeMs) newest = { timeMs, value }
      }
      assert.ok(Object.is(newest.value, last), `${newest.value} is not ${last}`)
    }),
    { numRuns: 60 }
  )
})
